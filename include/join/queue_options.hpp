// SPDX-License-Identifier: MIT
/// The options with which a queue is created or opened, and the figures that it reports. <join/queue.hpp> and
/// <join/any_queue.hpp> include this header.
#ifndef JOIN_QUEUE_OPTIONS_HPP
#define JOIN_QUEUE_OPTIONS_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// The number of producers and consumers of a queue, for programs that learn it at run time. Since: 0.1
enum class QueueKind : uint32_t
{
    Spsc = 1,  ///< one producer, one consumer
    Mpsc = 2,  ///< many producers, one consumer
    Mpmc = 3,  ///< many producers, many consumers
};

/// The properties of a queue besides its element type and capacity. Later versions append fields. maxProducers, typeId
/// and tag are stored in a segment by the object that creates it; all other options belong to the queue object.
/// Since: 0.1
struct QueueOptions
{
    uint32_t structSize;  ///< bytes, set by the constructor
    /// Producer slots of a shared Mpsc or Mpmc. A thread, of any process, takes one at its first push and keeps it until
    /// it ends or its process destroys its last object on the queue. 0 means 256, the maximum is 1022; each takes 128
    /// bytes. Threads that find no free slot share one of their process; if it has none, the push fails with EUSERS.
    uint32_t maxProducers = 0;
    uint64_t typeId = 0;  ///< any number; it must equal the segment's, unless one of the two is 0
    uint64_t tag = 0;     ///< any number, for programs that inspect the segment

    /// Shared Spsc: each role belongs to one object. This object becomes the producer by its first push and the
    /// consumer by its first pop, until it is destroyed or releaseRole () is called; meanwhile other objects fail with
    /// EBUSY. With false nothing checks the roles, and two producers, or two consumers, destroy the queue.
    bool exclusive = true;

    /// Report producer death: a blocking pop on an empty shared queue fails with EOWNERDEAD once no live producer
    /// remains and at least one was killed, whose slot has not been reused. A Spsc needs an exclusive producer for
    /// this, as others take no slot.
    bool ownerDead = false;

    /// Nanoseconds that push and pop spin before they sleep. 0 adapts to earlier waits of this object: up to some tens
    /// of microseconds, and hardly at all where spinning does not help. `noSpin` turns spinning off. With any value, a
    /// thread yields its CPU where the other side needs it.
    int64_t spinNs = 0;
    static constexpr int64_t noSpin = -1;

    /// push and pop fail with EINTR when a signal handler has interrupted their sleep; without this option they sleep
    /// again. A handler that runs before the sleep, for instance while the call spins, does not end the wait.
    bool interruptible = false;

    QueueOptions () noexcept
    : structSize (sizeof (QueueOptions))
    {
    }
};

/// A producer slot of a shared queue that a thread has taken. An exclusive Spsc has slot 1 for its producer and slot 2
/// for its consumer. Since: 0.1
struct Producer
{
    uint32_t slot = 0;    ///< its number, from 1; threads of one process may share a slot
    int32_t pid = 0;      ///< the process, in its own PID namespace
    bool alive = false;   ///< the slot lock is held; false: the producer was killed, and the slot is not recovered yet
    bool inPush = false;  ///< in the middle of a push, for which consumers may have to wait; always false for a Spsc
};

/// Counters of a queue since its creation. Since: 0.1
struct QueueStats
{
    uint32_t structSize;    ///< bytes, set by the constructor
    bool shutDown = false;  ///< shutdown () was called
    uint64_t pushed = 0;    ///< positions that producers claimed, skipped ones included
    uint64_t popped = 0;    ///< positions that consumers passed, skipped ones included
    uint64_t deaths = 0;    ///< recovered slots of killed producers (Spsc: of consumers, too)
    uint64_t skipped = 0;   ///< skipped positions, which a killed producer claimed and did not publish

    QueueStats () noexcept
    : structSize (sizeof (QueueStats))
    {
    }
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
