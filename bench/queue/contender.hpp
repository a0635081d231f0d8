// SPDX-License-Identifier: MIT
/// The queues that are compared. A queue takes part by an adapter, a template over the element T:
///
///     template <typename T> struct SomeQueue
///     {
///         using Element = T;
///         using Pusher = SomeQueue&;  // or a type made from SomeQueue&: what a pushing thread has for itself
///         using Popper = SomeQueue&;
///         explicit SomeQueue (const Place& place);
///         bool push (const T& element);          // tries once
///         bool pop (T& element);
///         uint64_t push (const T* elements, uint64_t n);  // as many as fit; where batch
///         uint64_t pop (T* elements, uint64_t n);
///     };
#ifndef BENCH_QUEUE_CONTENDER_HPP
#define BENCH_QUEUE_CONTENDER_HPP

#include "row.hpp"

#include <initializer_list>

namespace bench
{
enum class Group
{
    Ours,
    OursByC,      // through the C ABI
    Unprotected,  // over shared memory, without what survives the death of a pusher
    Baseline,     // in this tree, textbook
    Peer,
    Limit,  // no queue: what the machine gives
};

/// What a measurement found.
enum class Fault : uint32_t
{
    None,
    Lost,       // fewer came out than went in
    Doubled,    // more came out
    Disorder,   // of one pusher, out of order
    Corrupted,  // others than went in
};

/// Of one measurement; plain bytes.
struct Sample
{
    double value = 0;   // as Row::isRate () tells
    double before = 0;  // ns, a line between the cores and back, right before
    double after = 0;
    double own = 0;  // share of the processors that it used which was its own
    Fault fault = Fault::None;
};

struct Order
{
    Row row;
    double seconds = 0;
    unsigned cpus[2] = {0, 1};
    char name[64] = "";  // of shared segments; a suffix may be added
};

/// Where a queue is made.
struct Place
{
    uint64_t capacity;
    std::string name;  // where it is shared
};

struct Contender
{
    std::string name;
    Group group = Group::Peer;
    Kind kind = Kind::Spsc;  // the rows that it takes part in
    uint32_t bytes = 0;
    bool batch = false;      // has calls for several elements
    bool processes = false;  // may be in shared memory
    void (*flow) (const Order&, Sample*) = nullptr;
    void (*trip) (const Order&, Sample*) = nullptr;
    void (*alone) (const Order&, Sample*) = nullptr;
    void (*wake) (const Order&, Sample*) = nullptr;

    bool does (const Row& row) const;
    void run (const Order& order, Sample* sample) const;
};

/// Name, group and whether processes may share it: what is the same for all its sizes.
struct Entry
{
    const char* name;
    Group group;
    bool processes = false;
};

using Contenders = std::vector<Contender>;

void addOurs (Contenders& contenders);
void addOursByC (Contenders& contenders);
void addCheats (Contenders& contenders);  // to see that the checks work: in no table of record
void addBaseline (Contenders& contenders);
void addLimit (Contenders& contenders);
void addWakers (Contenders& contenders);
void addAtomicQueue (Contenders& contenders);
void addBoost (Contenders& contenders);
void addCk (Contenders& contenders);
void addDpdk (Contenders& contenders);
void addIceoryx (Contenders& contenders);
void addMoodycamel (Contenders& contenders);
void addTbb (Contenders& contenders);
void addXenium (Contenders& contenders);

/// Those that were found when this was built.
Contenders allContenders (bool cheats);

const char* groupName (Group group);
const char* faultName (Fault fault);

}  // namespace bench

#endif
