// SPDX-License-Identifier: MIT
/// Waiting on many queues at once, and one descriptor for event loops.
///
///     WaitSet set;
///     set.add (orders, Ready::Element, 1);  // any kind of queue, any memory, any element type
///     set.add (replies, Ready::Room, 2);
///     WaitEvent events[16];
///     int64_t n = set.wait (events, 16, 5ms);    // sleeps until a queue is ready; -1 and Errc::TimedOut
///     for (int64_t i = 0; i < n; ++i) serve (events[i].key);
///     epoll_ctl (loop, EPOLL_CTL_ADD, set.fd (), &event);  // or let an event loop wait
///
/// Events are level-triggered: a queue is reported by each wait as long as it is ready. A set takes nothing from a queue
/// and no role of it; another consumer may be faster than the one that got the event. Producers pay nothing for a set
/// that is awake: while its thread handles events, a push makes no system call for a queue that was reported.
#ifndef JOIN_WAIT_SET_HPP
#define JOIN_WAIT_SET_HPP

#include <join/detail/queue_base.hpp>
#include <join/detail/timeout.hpp>

#include <chrono>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// What a queue is watched for (Element, Room), and what an event reports. A set of bits. Since: 0.2
enum class Ready : uint32_t
{
    Nothing = 0,
    Element = 1 << 0,  ///< a pop of the watched amount need not wait
    Room = 1 << 1,     ///< a push of the watched amount need not wait
    /// The queue is shut down, and for Element also drained: pops fail with EPIPE; for Room: pushes do. Reported once.
    End = 1 << 2,
    /// As EOWNERDEAD of a pop, for queue objects with QueueOptions::ownerDead. Reported once, and again after a new
    /// producer has been killed, too.
    ProducersDead = 1 << 3,
    Damaged = 1 << 4,  ///< calls fail with EBADMSG. Reported once.
};

constexpr Ready operator| (Ready a, Ready b) noexcept
{
    return static_cast<Ready> (static_cast<uint32_t> (a) | static_cast<uint32_t> (b));
}

constexpr Ready operator& (Ready a, Ready b) noexcept
{
    return static_cast<Ready> (static_cast<uint32_t> (a) & static_cast<uint32_t> (b));
}

/// A queue that is ready. Its 16 bytes never change. Since: 0.2
struct WaitEvent
{
    uint64_t key;       ///< as given to add ()
    Ready ready;        ///< one bit or several
    uint32_t reserved;  ///< 0

    bool has (Ready bits) const noexcept
    {
        return (ready & bits) != Ready::Nothing;
    }
};

/// The properties of a set. Later versions append fields. Since: 0.2
struct WaitSetOptions
{
    uint32_t structSize;         ///< bytes, set by the constructor
    bool interruptible = false;  ///< wait () fails with EINTR when a signal handler has interrupted its sleep

    WaitSetOptions () noexcept
    : structSize (sizeof (WaitSetOptions))
    {
    }
};

/// A set of queues that one thread waits for; moved, not copied. It holds up to 127 futex words, one for each of the
/// two sides of a queue that it watches, without a thread of its own. Larger sets, interruptible ones, and sets whose
/// fd () is in use, have a helper thread for each 127 words, which sleeps while no queue becomes ready, and blocks all
/// signals.
///
/// Errors of all members that return -1, in lastError:
///     EBADF  the set is empty: it was moved from, or make () failed; or a forked child inherited it: the set stays
///            its parent's
///
/// Thread safety: all members may run at the same time, also while wait () sleeps, but for the move, the assignment
/// and the end of the object. Queues may be destroyed or moved at any time: a queue leaves the set when it is
/// destroyed, and no wait () that begins after that reports it. Since: 0.2
class JOIN_EXPORT WaitSet
{
public:
    /// @throw std::bad_alloc; std::system_error EINVAL an unknown option
    explicit WaitSet (const WaitSetOptions& options = WaitSetOptions ());

    /// Makes a set without exceptions. @return the set, or an empty object with lastError: ENOMEM, EINVAL
    static WaitSet make (const WaitSetOptions& options = WaitSetOptions ()) noexcept;

    WaitSet (WaitSet&& other) noexcept;
    WaitSet& operator= (WaitSet&& other) noexcept;

    /// A wait () in progress on another thread returns ECANCELED, and the destructor waits for that.
    ~WaitSet ();

    /// Whether the object has a set: false for an empty object.
    explicit operator bool () const noexcept
    {
        return _state != nullptr;
    }

    /// Watches a queue, which may be in several sets.
    /// @param ready Element, Room, or both
    /// @param key the caller's own number for the queue, which its events have
    /// @param amount elements that have to be there, or to fit, before an event reports the queue
    /// @return 0, or -1 with lastError as in the table, and EEXIST the set has this queue object; EINVAL another bit, or
    ///     an amount of 0 or above the capacity; ENOMEM; EAGAIN no helper thread can be started
    int add (detail::QueueBase& queue, Ready ready, uint64_t key, uint64_t amount = 1) noexcept
    {
        return addRing (ringOf (queue), ready, key, amount);
    }

    /// Watches a queue of the set for other bits or another amount; what was reported once is reported again.
    /// @return 0, or -1 with lastError as for add (), and ENOENT the set does not have this queue
    int modify (detail::QueueBase& queue, Ready ready, uint64_t key, uint64_t amount = 1) noexcept
    {
        return modifyRing (ringOf (queue), ready, key, amount);
    }

    /// @return 0, or -1 with lastError as in the table, and ENOENT the set does not have this queue
    int remove (const detail::QueueBase& queue) noexcept
    {
        return removeRing (ringOf (queue));
    }

    /// Returns the number of queues in the set; 0 for an empty object, and in a forked child.
    uint64_t size () const noexcept;

    /// Waits until a queue is ready, and reports ready queues: all of them within ceil (ready queues / n) calls.
    /// @param events room for n events
    /// @return how many, 1 or more; 0 after wake (); or -1 with lastError as in the table, and EINVAL events null or n 0;
    ///     EBUSY another thread waits; EINTR WaitSetOptions::interruptible; ECANCELED the set is being destroyed
    int64_t wait (WaitEvent* events, uint64_t n) noexcept
    {
        return waitUntil (events, n, detail::noDeadline ());
    }

    /// Does the same up to a timeout, as BasicQueue::push. @return as above, and ETIMEDOUT
    template <typename Rep, typename Period>
    int64_t wait (WaitEvent* events, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return waitUntil (events, n, detail::deadlineIn (timeout));
    }

    /// Returns a descriptor for epoll, poll, select, io_uring, asio, libuv, asyncio: readable from the moment a queue is
    /// ready, or wake () is called, until a wait () returns -1 and ETIMEDOUT. So call wait (events, n, 0s) when it is
    /// readable, serve the events, and return to the event loop; do not read it. It belongs to the set, and is the same
    /// at each call.
    /// @return the descriptor, above 2, or -1 with lastError as in the table, and EMFILE, ENFILE, ENOMEM; EAGAIN no
    ///     helper thread can be started
    int fd () noexcept;

    /// Makes the wait () in progress return 0, or else the next one. Repeated calls in between count as one. A signal
    /// handler may call it.
    /// @return 0, or -1 with lastError as in the table
    int wake () noexcept;

private:
    explicit WaitSet (WaitSetState* state) noexcept
    : _state (state)
    {
    }

    static detail::Ring& ringOf (const detail::QueueBase& queue) noexcept
    {
        return *queue._ring;
    }

    int addRing (detail::Ring& ring, Ready ready, uint64_t key, uint64_t amount) noexcept;
    int modifyRing (detail::Ring& ring, Ready ready, uint64_t key, uint64_t amount) noexcept;
    int removeRing (detail::Ring& ring) noexcept;
    int64_t waitUntil (WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept;

    WaitSetState* _state;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
