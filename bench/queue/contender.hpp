// SPDX-License-Identifier: MIT
/// The queues that are compared. A queue takes part through an adapter, a template over the element T:
///
///     template <typename T> struct SomeQueue
///     {
///         using Element = T;
///         using Producer = SomeQueue&;  // or a type made from SomeQueue&: a pushing thread's own object
///         using Consumer = SomeQueue&;
///         explicit SomeQueue (const Place& place);
///         bool push (const T& element);          // tries once
///         bool pop (T& element);
///         uint64_t push (const T* elements, uint64_t n);  // as many as fit; where batch
///         uint64_t pop (T* elements, uint64_t n);
///     };
#ifndef BENCH_QUEUE_CONTENDER_HPP
#define BENCH_QUEUE_CONTENDER_HPP

#include "harness/fault.hpp"
#include "row.hpp"

#include <initializer_list>

namespace bench
{
enum class Group
{
    Ours,
    OursByC,      // through the C ABI
    Unprotected,  // over shared memory, without protection against a dying producer
    Baseline,     // in this tree, textbook
    Peer,
    Limit,  // no queue: what the machine can do
};

using harness::Fault;
using harness::faultName;

/// The result of one measurement; plain bytes.
struct Sample
{
    double value = 0;   // unit as Row::isRate () defines
    double before = 0;  // ns: a cache line between the cores and back, just before; 0: not known
    double after = 0;
    double own = 0;  // its own share of the processor time used
    Fault fault = Fault::None;
};

struct Order
{
    Row row;
    double seconds = 0;
    unsigned cpus[2] = {0, 1};
    char name[64] = "";  // of shared segments; a suffix may be added
};

/// Where a queue is created.
struct Place
{
    uint64_t capacity;
    std::string name;  // if it is shared
};

struct Contender
{
    std::string name;
    Group group = Group::Peer;
    Kind kind = Kind::Spsc;  // the rows in which it takes part
    uint32_t bytes = 0;
    bool batch = false;      // has calls for several elements
    bool processes = false;  // can be in shared memory
    void (*flow) (const Order&, Sample*) = nullptr;
    void (*roundtrip) (const Order&, Sample*) = nullptr;
    void (*alone) (const Order&, Sample*) = nullptr;
    void (*wake) (const Order&, Sample*) = nullptr;

    bool does (const Row& row) const;
    void run (const Order& order, Sample* sample) const;
};

/// Name, group and whether processes may share it: the same for all its element sizes.
struct Entry
{
    const char* name;
    Group group;
    bool processes = false;
};

using Contenders = std::vector<Contender>;

void addOurs (Contenders& contenders);
void addOursByC (Contenders& contenders);
void addFaulty (Contenders& contenders);  // to show that the checks work: in no table of record
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

/// The contenders found when this was built.
/// @param faulty also those that lose, double, swap and alter elements
Contenders allContenders (bool faulty);

const char* groupName (Group group);

}  // namespace bench

#endif
