// SPDX-License-Identifier: MIT
/// Ways to wait for many queues. Failures are exceptions.
#ifndef BENCH_QUEUE_WAITSET_CONTENDER_HPP
#define BENCH_QUEUE_WAITSET_CONTENDER_HPP

#include "row.hpp"
#include "sink.hpp"

#include <functional>
#include <limits>
#include <memory>

namespace bench
{
namespace waitset
{
constexpr double unknown = std::numeric_limits<double>::quiet_NaN ();

using harness::faultName;

/// The producer's side of all queues.
class Sender
{
public:
    Sender () = default;
    Sender (const Sender&) = delete;
    Sender& operator= (const Sender&) = delete;
    virtual ~Sender () = default;

    /// @return false: that queue is full
    virtual bool tryPush (unsigned queue, const Element& element) = 0;
};

/// The consumer's side of all queues.
class Waiter
{
public:
    Waiter () = default;
    Waiter (const Waiter&) = delete;
    Waiter& operator= (const Waiter&) = delete;
    virtual ~Waiter () = default;

    /// Makes the set of the queues, which are open.
    virtual void makeSet ()
    {
    }

    /// Sleeps until a queue is ready. It may return early.
    virtual void wait () = 0;

    /// Takes up to `visit` elements of each queue that the wait has reported.
    virtual void take (Sink& sink) = 0;
};

/// What an adapter is made from.
struct Setup
{
    Row row;
    std::string name;  // of shared segments; a suffix is added
};

/// The queues. It is made before the fork of the two processes; each of them then makes its side, the waiter
/// first.
class Peer
{
public:
    explicit Peer (const Setup& setup)
    : _setup (setup)
    {
    }

    Peer (const Peer&) = delete;
    Peer& operator= (const Peer&) = delete;
    virtual ~Peer () = default;

    virtual std::unique_ptr<Sender> sender () = 0;
    virtual std::unique_ptr<Waiter> waiter () = 0;

protected:
    const Setup _setup;
};

struct Contender
{
    std::string name;
    bool (*does) (const Row& row) = nullptr;
    std::unique_ptr<Peer> (*make) (const Setup& setup) = nullptr;
};

using Contenders = std::vector<Contender>;

template <typename P>
std::unique_ptr<Peer> makePeer (const Setup& setup)
{
    return std::make_unique<P> (setup);
}

void addOurs (Contenders& contenders);
void addEventfd (Contenders& contenders);
void addPipe (Contenders& contenders);
void addZeromq (Contenders& contenders);
void addIceoryx (Contenders& contenders);
void addFaulty (Contenders& contenders);

/// @param faulty also those that lose, double, swap and alter elements, and report the wrong queue
Contenders allContenders (bool faulty);

/// The names of the peers that were not installed when this program was built.
std::vector<std::string> missingPeers ();

/// One measurement; plain bytes.
struct Sample
{
    double value = 0;                 // see Row::unit (): p50, million elements a second, wake-ups a second
    double p99 = unknown;             // ns; Wake
    double p999 = unknown;            // ns; Wake
    double push = unknown;            // ns, median of the time in the push; Wake
    double elements = 0;              // that were handed over
    double cpu = unknown;             // ns of the waiter's process per element
    double share = unknown;           // of a CPU, in per cent; Idle
    double threads = unknown;         // of the waiter's process beside the one that waits; Idle
    double descriptors = unknown;     // that the set has opened; Idle
    double allDescriptors = unknown;  // of the waiter's process, with those of the queues; Idle
    double before = 0;                // ns: a cache line between the two CPUs and back, right before; 0: not known
    double after = 0;
    double others = 0;  // share of the CPUs that other programs took
    Fault fault = Fault::None;

    double line () const
    {
        return before > 0 && after > 0 ? (before + after) / 2 : unknown;
    }
};

struct Order
{
    Row row;
    double seconds = 0;
    unsigned cpus[2] = {0, 1};
    char name[64] = "";
};

/// Measures a contender in a row.
void measure (const Contender& contender, const Order& order, Sample* sample);

}  // namespace waitset
}  // namespace bench

#endif
