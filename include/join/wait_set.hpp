// SPDX-License-Identifier: MIT
/// Waiting on many queues at once, and one descriptor for event loops.
///
///     WaitSet set;
///     set.add (orders, Ready::Element, 7);  // 7: its events have this key. Any kind of queue, any element type
///     set.add (replies, Ready::Element, 8);
///     WaitEvent events[16];
///     int64_t n = set.wait (events, 16, 5ms);    // sleeps until a queue is ready; after 5 ms: -1, Errc::TimedOut
///     for (int64_t i = 0; i < n; ++i) serve (events[i].key);
///     epoll_ctl (loop, EPOLL_CTL_ADD, set.fd (), &event);  // or let an event loop wait
///
/// Events are level-triggered: each wait reports a queue as long as it is ready. A set takes no element from a queue,
/// and no role of it, so another consumer may be faster than the one that got the event. A queue that was reported for
/// elements costs its producers nothing: until a wait finds no queue ready, their pushes make no system call for it.
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
    Nothing = 0,  ///< to pause the watching of a queue
    /// A pop of the watched amount need not wait. Once after the death of a producer of a Mpsc or Mpmc, the pop may find
    /// nothing but cells that the dead producer left, which it passes.
    Element = 1 << 0,
    Room = 1 << 1,  ///< a push of the watched amount need not wait
    /// Watched for Element: the queue is shut down and drained, and pops fail with EPIPE. Watched for Room alone: it is
    /// shut down, and pushes fail with EPIPE. Reported once.
    End = 1 << 2,
    /// No live producer remains, and at least one was killed: a waiting pop would fail with EOWNERDEAD. Only of queue
    /// objects with QueueOptions::ownerDead that are watched for Element. Reported once, and again when a later
    /// producer has been killed.
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
    uint64_t key;       ///< the argument of add () or modify ()
    Ready ready;        ///< why the queue is reported: one bit or several
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

/// A set of queues that one thread waits for; moved, not copied. It watches one futex word for each queue and side
/// (elements, room). A set of more than 8 words, an interruptible one, and one whose fd () was called have an io_uring(7),
/// which takes a descriptor; with fd () they have a helper thread too. Where the kernel refuses io_uring, or is older
/// than Linux 6.7, sets of more than 127 words, interruptible ones, and those with fd () have a helper thread for each
/// 127 words instead. Helpers sleep while no queue becomes ready, and block all signals. If different threads wait in
/// turn, each change of the thread costs a system call for each 256 words, and after 16 changes the set has a helper.
/// The end of a set with an io_uring and without fd () may interrupt one epoll_wait(2) of the thread that waited (EINTR).
///
/// Errors of all members that return -1, in lastError:
///     EBADF  the object has no set: it was moved from, or make () failed; or a forked child inherited the object, and
///            the set remains its parent's
///
/// Thread safety: all members may run at the same time, also while wait () sleeps. Exceptions: no other member may run
/// during a move or an assignment, and only wait () during the destructor. Queues may be destroyed or moved at any
/// time: a queue leaves the set when it is destroyed, and no wait () that begins after that reports it. Since: 0.2
class JOIN_EXPORT WaitSet
{
public:
    /// @throw std::bad_alloc; std::system_error EINVAL an unknown option
    explicit WaitSet (const WaitSetOptions& options = WaitSetOptions ());

    /// Makes a set without exceptions. @return the set, or an empty object with lastError: ENOMEM, EINVAL
    static WaitSet make (const WaitSetOptions& options = WaitSetOptions ()) noexcept;

    WaitSet (WaitSet&& other) noexcept;
    WaitSet& operator= (WaitSet&& other) noexcept;

    /// Ends a wait () in progress on another thread with ECANCELED, and waits until it has returned.
    ~WaitSet ();

    /// Whether the object has a set: false for an empty object.
    explicit operator bool () const noexcept
    {
        return _state != nullptr;
    }

    /// Watches a queue, which may be in several sets.
    /// @param ready Element, Room, or both; Nothing reports no event until modify ()
    /// @param key any number that the caller chooses for the queue; WaitEvent::key of its events
    /// @param amount elements that have to be there, or to fit, before an event reports the queue; for both sides
    /// @return 0, or -1 with lastError as in the table, and EEXIST the set has this queue object; EINVAL another bit,
    ///     or an amount of 0 or above the capacity; ENOMEM; EAGAIN no helper thread can be started
    int add (detail::QueueBase& queue, Ready ready, uint64_t key, uint64_t amount = 1) noexcept
    {
        return addRing (ringOf (queue), ready, key, amount);
    }

    /// Replaces ready, key and amount of a queue of the set. Bits that are reported once may be reported once more.
    /// @return 0, or -1 with lastError as for add (), and ENOENT the set does not have this queue
    int modify (detail::QueueBase& queue, Ready ready, uint64_t key, uint64_t amount = 1) noexcept
    {
        return modifyRing (ringOf (queue), ready, key, amount);
    }

    /// Stops watching a queue.
    /// @return 0, or -1 with lastError as in the table, and ENOENT the set does not have this queue
    int remove (const detail::QueueBase& queue) noexcept
    {
        return removeRing (ringOf (queue));
    }

    /// Returns the number of queues in the set; 0 for an empty object, and in a forked child.
    uint64_t size () const noexcept;

    /// Waits until a queue is ready, and writes one event for each ready queue, up to n. Later calls report the others:
    /// all of them within ceil (ready queues / n) calls. A queue that becomes ready while others are is found within
    /// 50 ms, or size () / 127 calls.
    /// @param events room for n events
    /// @return how many, 1 or more; 0 after wake (); or -1 with lastError as in the table, and EINVAL events null or n
    ///     0; EBUSY another thread waits; EINTR a signal handler, with WaitSetOptions::interruptible; ECANCELED the set
    ///     is being destroyed; EAGAIN the kernel refuses io_uring, and no helper thread can be started
    int64_t wait (WaitEvent* events, uint64_t n) noexcept
    {
        return waitUntil (events, n, detail::noDeadline ());
    }

    /// Does the same up to a timeout: 0 checks once. @return as above, and ETIMEDOUT
    template <typename Rep, typename Period>
    int64_t wait (WaitEvent* events, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return waitUntil (events, n, detail::deadlineIn (timeout));
    }

    /// Returns a descriptor for epoll, poll, select, io_uring, asio, libuv, asyncio. It becomes readable when a queue
    /// is ready or wake () is called, and stays readable until a wait () fails with ETIMEDOUT. When it is readable,
    /// call wait (events, n, 0s), serve the events, and return to the event loop. Do not read from it or close it: it
    /// belongs to the set. Every call returns the same descriptor.
    /// @return the descriptor, above 2, or -1 with lastError as in the table, and EMFILE, ENFILE, ENOMEM; EAGAIN no
    ///     helper thread can be started
    int fd () noexcept;

    /// Makes the wait () in progress return 0, or else the next one. Several calls before that count as one. A signal
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
