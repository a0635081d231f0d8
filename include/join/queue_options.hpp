// SPDX-License-Identifier: MIT
/// What a queue may be told when it is made or opened, and what it tells of itself: a part of <join/queue.hpp> and
/// <join/any_queue.hpp>, which include it.
#ifndef JOIN_QUEUE_OPTIONS_HPP
#define JOIN_QUEUE_OPTIONS_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// How many push and how many pop at a time, where that is known only when the program runs.
enum class QueueKind : uint32_t
{
    Spsc = 1,  ///< one, one
    Mpsc = 2,  ///< many, one
    Mpmc = 3,  ///< many, many
};

/// What a queue is besides its type and capacity. Fields are only ever added at the end.
struct QueueOptions
{
    uint32_t structSize;  ///< bytes, set by the constructor
    /// Threads, of all processes, that may push to a shared Mpsc or Mpmc at a time: 0 is 64, 1022 the most, 128 bytes each.
    /// Threads of one process that find no place left share one.
    uint32_t participants = 0;
    uint64_t typeId = 0;  ///< compared where both sides give one: 0 is none
    uint64_t tag = 0;     ///< the maker's own, for whoever looks at the segment

    /// A shared Spsc: this object is the pusher from its first push on, the popper from its first pop on, and says -1 and
    /// EBUSY instead of being a second one beside another that asked for this. Of the object, not of the segment.
    bool exclusive = false;

    /// A pop that waits on a shared queue says -1 and EOWNERDEAD, instead of waiting on, when the queue is empty, nobody is
    /// left who pushes, and one of them was killed and has no successor. Of a Spsc whose pusher is exclusive.
    bool ownerDead = false;

    QueueOptions () noexcept
    : structSize (sizeof (QueueOptions))
    {
    }
};

/// A thread that may push to a shared queue; of an exclusive Spsc the pusher, 1, or the popper, 2.
struct Participant
{
    uint32_t place = 0;  ///< the number of its lane; threads of one process may share one
    int32_t pid = 0;     ///< in its own PID namespace
    bool alive = false;  ///< as the kernel says, by a lock; false: it was killed, and nobody has needed its place since
    bool inside = false;  ///< in the middle of a push that others may have to wait for; of a Spsc never
};

/// What a queue has seen since it was made.
struct QueueStats
{
    uint32_t structSize;    ///< bytes, set by the constructor
    bool shutDown = false;  ///< by shutdown ()
    uint64_t pushed = 0;    ///< places that were claimed, holes included
    uint64_t popped = 0;    ///< places that were passed, holes included
    uint64_t deaths = 0;    ///< that were recovered from
    uint64_t holes = 0;     ///< places of elements that a dead pusher never finished

    QueueStats () noexcept
    : structSize (sizeof (QueueStats))
    {
    }
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
