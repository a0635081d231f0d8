// SPDX-License-Identifier: MIT
// The members that BasicQueue and AnyQueue have in common: shutdown, cancellation, figures
// and pages. Programs call them on objects of these two classes.
#ifndef JOIN_DETAIL_QUEUE_BASE_HPP
#define JOIN_DETAIL_QUEUE_BASE_HPP

#include <join/detail/owner.hpp>
#include <join/detail/timeout.hpp>
#include <join/memory.hpp>
#include <join/queue_options.hpp>

#include <string_view>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// The base of all queue classes; moved, not copied. An object that was moved from is empty, and so is the result of a
/// make () that failed: its capacity () is 0.
///
/// Errors of all members that return -1, in lastError:
///     EBADF  the object is empty
///
/// Thread safety: all members may run at the same time. No call may be in progress while the object is moved, assigned
/// to or destroyed. Since: 0.1
class QueueBase
{
public:
    /// Whether the object has a queue: false for an empty object.
    explicit operator bool () const noexcept
    {
        return !_ring->isNone ();
    }

    /// Shuts the queue down for good and for all processes: later pushes fail with EPIPE, pops take the remaining
    /// elements and then fail with EPIPE, and all sleeping threads wake. Every element whose push succeeded can still
    /// be popped.
    /// @return 0, or -1 with lastError as in the table
    int shutdown () noexcept
    {
        return _ring->shutdown ();
    }

    /// Gives up the roles of this object in a shared exclusive Spsc, so that another object can take them. The next
    /// push or pop of this object takes the role again, if it is free. No push or pop of this object may be in
    /// progress.
    /// @return 0, also for an object without a role, or -1 with lastError as in the table
    int releaseRole () noexcept
    {
        return _ring->releaseRole ();
    }

    /// Ends the waits of this object with ECANCELED: those in progress, and until resume () all later ones. Calls that
    /// need not wait still succeed, and other queue objects are not affected.
    void cancel () noexcept
    {
        _ring->cancel ();
    }

    /// Ends the effect of cancel (). Call it after the cancelled calls have returned, as one that has not noticed the
    /// cancellation by then may wait on.
    void resume () noexcept
    {
        _ring->resume ();
    }

    /// Waits until a pop of n elements would not have to wait, and takes nothing: for peek (), and for programs that
    /// must not pop yet. A queue that is shut down is ready as long as it has any element.
    /// @param n elements, from 1 to the capacity
    /// @return 0, or -1 with lastError as in the table, and EINVAL another n; EPIPE shut down and drained; EBADMSG
    ///     damaged; ECANCELED, EINTR, EOWNERDEAD as pop
    int awaitElement (uint64_t n = 1) noexcept
    {
        return _ring->observeElements (n, noDeadline ());
    }

    /// Does the same up to a timeout: 0 checks once. @return as above, and ETIMEDOUT
    template <typename Rep, typename Period>
    int awaitElement (std::chrono::duration<Rep, Period> timeout, uint64_t n = 1) noexcept
    {
        return _ring->observeElements (n, deadlineIn (timeout));
    }

    /// Waits until a push of n elements would not have to wait, and reserves nothing: for reserve (), and for programs
    /// that make an element only when it can be pushed.
    /// @param n elements, from 1 to the capacity
    /// @return 0, or -1 with lastError as in the table, and EINVAL another n; EPIPE shut down; EBADMSG damaged;
    ///     ECANCELED, EINTR as push
    int awaitRoom (uint64_t n = 1) noexcept
    {
        return _ring->observeRoom (n, noDeadline ());
    }

    /// Does the same up to a timeout: 0 checks once. @return as above, and ETIMEDOUT
    template <typename Rep, typename Period>
    int awaitRoom (std::chrono::duration<Rep, Period> timeout, uint64_t n = 1) noexcept
    {
        return _ring->observeRoom (n, deadlineIn (timeout));
    }

    /// Returns the number of elements in the queue: exact when no call is in progress, never above the capacity.
    uint64_t pending () const noexcept
    {
        return _ring->pending ();
    }

    /// Returns the number of elements that there is room for: exact when no call is in progress.
    uint64_t available () const noexcept
    {
        return capacity () - pending ();
    }

    /// Whether there is no room.
    bool full () const noexcept
    {
        return pending () == capacity ();
    }

    /// Whether there are no elements.
    bool empty () const noexcept
    {
        return pending () == 0;
    }

    /// Returns the maximum number of elements, a power of two; 0 for an empty object.
    uint64_t capacity () const noexcept
    {
        return _ring->capacity;
    }

    /// Binds all pages of the queue to a NUMA node. @return as Memory::mbind ()
    int mbind (int node) const noexcept
    {
        return _ring->mbind (node);
    }

    /// Locks all pages of the queue in RAM. @return as Memory::mlock ()
    int mlock () const noexcept
    {
        return _ring->mlock ();
    }

    /// Reports on the memory of the queue, as Memory::placement (). The program includes <join/placement.hpp>.
    /// @throw std::runtime_error the object is empty; std::bad_alloc
    template <typename Report = Placement>
    Report placement () const
    {
        Report placement;
        _ring->report (detail::ReportReader<Report>::take, &placement);
        return placement;
    }

    /// Returns the name with its leading slash, valid until the object is moved or destroyed; "" for a private queue.
    std::string_view name () const noexcept
    {
        return _ring->name ();
    }

    /// Whether this object created the queue: false when it existed before.
    bool created () const noexcept
    {
        return _ring->created ();
    }

    /// Checks whether the name still refers to this queue. @return as ShmMem::named (); 0 for a private queue
    int named () const noexcept
    {
        return _ring->named ();
    }

    /// Returns the QueueOptions::tag with which the queue was created.
    uint64_t tag () const noexcept
    {
        return _ring->tag ();
    }

    /// Returns the counters of the queue, each read by itself while other threads push and pop.
    QueueStats stats () const noexcept
    {
        QueueStats stats;
        _ring->count (stats);
        return stats;
    }

    /// Lists the producer slots that are taken: those of live producers, and those of killed ones that are not
    /// recovered yet. A private queue has none.
    /// @param n how many fit into `list`; with n = 0 it may be null
    /// @return how many there are, of which the first n are listed; -1 with lastError as in the table, and EINVAL null;
    ///     ENOENT, ENOLCK, EMFILE the slot locks cannot be read
    int64_t producers (Producer* list, uint64_t n) const noexcept
    {
        return _ring->producers (list, n, sizeof (Producer));
    }

protected:
    /// A parameter of the constructors that take a ring.
    struct Made
    {
    };

    explicit QueueBase (Ring* ring) noexcept
    : _ring (ring)
    {
    }

    QueueBase (QueueBase&& other) noexcept = default;
    QueueBase& operator= (QueueBase&& other) noexcept = default;
    ~QueueBase () = default;

    friend class join::WaitSet;

    RingOwner _ring;
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
