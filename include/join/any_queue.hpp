// SPDX-License-Identifier: MIT
/// A queue over ShmMem whose kind, element size and capacity are known only at run time: for tools, bridges and
/// bindings. Programs that know the element type use <join/queue.hpp>, which is faster; both open the same queues.
///
///     AnyQueue ticks ("/ticks");                             // attaches to the queue of that name, of any kind
///     std::vector<char> buffer (64 * ticks.elementSize ());
///     int64_t n = ticks.popSome (buffer.data (), 64, 100ms);  // elements without gaps; -1 and Errc::TimedOut
#ifndef JOIN_ANY_QUEUE_HPP
#define JOIN_ANY_QUEUE_HPP

#include <join/detail/blocking.hpp>
#include <join/detail/claim.hpp>
#include <join/detail/queue_base.hpp>
#include <join/detail/spsc.hpp>
#include <join/detail/timeout.hpp>
#include <join/memory.hpp>
#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// A shared queue of any kind. Elements are elementSize () bytes each, at addresses of any alignment, without gaps
/// between them. The other members are in detail/queue_base.hpp.
///
/// Errors of all members: the table of BasicQueue, in <join/queue.hpp>.
///
/// Thread safety: as BasicQueue. Since: 0.1
class AnyQueue : public detail::QueueBase
{
public:
    using Duration = std::chrono::nanoseconds;

    /// Attaches to the existing queue of that name, of whatever kind; ignores memory.mode.
    /// @throw std::system_error ENOENT the name does not exist; EBADMSG it is not a queue, is damaged, or has a format
    ///     that this library does not know; or as ShmMem's constructor
    explicit AnyQueue (const detail::Name& name, const MemOptions& memory = MemOptions (),
                       const QueueOptions& options = QueueOptions ())
    : QueueBase (detail::Ring::open (detail::Shape {detail::Kind (0), 0, 0}, name.text (), openOnly (memory), options))
    {
    }

    /// Creates the queue of that name, or attaches to it. With OpenOnly a kind, capacity or elementSize of 0 takes that
    /// of the queue.
    /// @param capacity elements, rounded up to a power of two
    /// @param elementSize bytes, 1 to 65536
    /// @throw as BasicQueue's constructor; std::system_error EINVAL an invalid kind or element size
    AnyQueue (QueueKind kind, uint64_t capacity, uint32_t elementSize, const detail::Name& name,
              const MemOptions& memory = MemOptions (), const QueueOptions& options = QueueOptions ())
    : QueueBase (detail::Ring::open (detail::Shape {kind, elementSize, capacity}, name.text (), memory, options))
    {
    }

    /// Moves the queue; no call of `other` may be in progress. Afterwards `other` is empty: its calls fail with EBADF.
    AnyQueue (AnyQueue&& other) noexcept = default;
    AnyQueue& operator= (AnyQueue&& other) noexcept = default;
    ~AnyQueue () = default;

    /// Attaches to an existing queue without exceptions.
    /// @return the queue, or an empty object with lastError: as the constructor throws
    static AnyQueue make (const detail::Name& name, const MemOptions& memory = MemOptions (),
                          const QueueOptions& options = QueueOptions ()) noexcept
    {
        const detail::Shape any = {detail::Kind (0), 0, 0};
        return AnyQueue (Made (), detail::Ring::openOrNone (any, name.text (), openOnly (memory), options));
    }

    /// Creates a queue, or attaches to it, without exceptions. @return as above; std::overflow_error is EOVERFLOW
    static AnyQueue make (QueueKind kind, uint64_t capacity, uint32_t elementSize, const detail::Name& name,
                          const MemOptions& memory = MemOptions (),
                          const QueueOptions& options = QueueOptions ()) noexcept
    {
        const detail::Shape shape = {kind, elementSize, capacity};
        return AnyQueue (Made (), detail::Ring::openOrNone (shape, name.text (), memory, options));
    }

    // --- members that do not wait ---

    /// Copies one element into the queue. @return as BasicQueue::tryPush
    int tryPush (const void* element) noexcept
    {
        return element != nullptr ? one (detail::failFull (ByKind::push (*_ring, size (), element, detail::One ())))
                                  : _ring->errorNoElements ();
    }

    /// Copies the oldest element out of the queue. @return as BasicQueue::tryPop
    int tryPop (void* element) noexcept
    {
        return element != nullptr ? one (detail::failEmpty (ByKind::pop (*_ring, size (), element, detail::One ())))
                                  : _ring->errorNoElements ();
    }

    /// Pushes as many of n elements as fit, in order. @return how many, or -1 with lastError as in the table
    int64_t tryPush (const void* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::failFull (ByKind::push (*_ring, size (), elements, detail::Some {n}))
                   : _ring->errorNoElements ();
    }

    /// Pops as many elements as there are, up to n, with BasicQueue's limits for a Mpmc.
    /// @return how many, or -1 with lastError as in the table
    int64_t tryPop (void* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::failEmpty (ByKind::pop (*_ring, size (), elements, detail::Some {n}))
                   : _ring->errorNoElements ();
    }

    // --- members that wait, with timeouts as BasicQueue has them ---

    /// Waits for room and pushes one element. @return 0, or -1 with lastError as in the table
    int push (const void* element) noexcept
    {
        return pushOne (element, detail::noDeadline ());
    }

    /// Waits for an element and pops it. @return as BasicQueue::tryPop
    int pop (void* element) noexcept
    {
        return popOne (element, detail::noDeadline ());
    }

    /// Waits for room up to a timeout of any unit. @return 0, or -1 with lastError as in the table
    template <typename Rep, typename Period>
    int push (const void* element, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return pushOne (element, detail::deadlineIn (timeout));
    }

    /// Waits for an element up to a timeout of any unit. @return as BasicQueue::tryPop
    template <typename Rep, typename Period>
    int pop (void* element, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return popOne (element, detail::deadlineIn (timeout));
    }

    /// Waits for room until all n elements are pushed; 0 elements are done at once. @return 0, or -1 with lastError as
    /// in the table: some may have been pushed
    int push (const void* elements, uint64_t n) noexcept
    {
        return all (detail::pushAll<ByKind> (*_ring, size (), elements, n, detail::noDeadline ()), n);
    }

    /// Waits for elements until n are popped; 0 elements are done at once. @return as push
    int pop (void* elements, uint64_t n) noexcept
    {
        return all (detail::popAll<ByKind> (*_ring, size (), elements, n, detail::noDeadline ()), n);
    }

    /// Waits for room until all n elements are pushed or the time is up.
    /// @return how many were pushed, or -1 if none; lastError gives the reason where this is not n
    template <typename Rep, typename Period>
    int64_t push (const void* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return detail::pushAll<ByKind> (*_ring, size (), elements, n, detail::deadlineIn (timeout));
    }

    /// Waits for elements until n are popped or the time is up. @return as push
    template <typename Rep, typename Period>
    int64_t pop (void* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return detail::popAll<ByKind> (*_ring, size (), elements, n, detail::deadlineIn (timeout));
    }

    /// Waits for an element, and then pops as many as there are, up to n.
    /// @return how many, or -1 with lastError as in the table
    int64_t popSome (void* elements, uint64_t n) noexcept
    {
        return detail::popSome<ByKind> (*_ring, size (), elements, n, detail::noDeadline ());
    }

    /// Does the same with a timeout of any unit.
    template <typename Rep, typename Period>
    int64_t popSome (void* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return detail::popSome<ByKind> (*_ring, size (), elements, n, detail::deadlineIn (timeout));
    }

    // --- the shape of the queue ---

    /// Returns the kind of the queue; for an empty object, the number 0, which is no QueueKind.
    QueueKind kind () const noexcept
    {
        return _ring->kind;
    }

    /// Returns the size of an element in bytes; 0 for an empty object.
    uint32_t elementSize () const noexcept
    {
        return _ring->elementSize;
    }

    // --- The public interface ends here. ---

private:
    /// Selects the algorithm of the queue's kind in each call, by a branch that always goes the same way.
    struct ByKind
    {
        template <typename Count>
        static int64_t push (detail::Ring& ring, detail::AnySize size, const void* from, Count n) noexcept
        {
            if (ring.kind == detail::Kind::Spsc)
            {
                return detail::SpscRing::push (ring, size, from, n);
            }
            return ring.kind == detail::Kind::Mpsc ? detail::ClaimRing<false, true>::push (ring, size, from, n)
                                                   : detail::ClaimRing<true, true>::push (ring, size, from, n);
        }

        template <typename Count>
        static int64_t pop (detail::Ring& ring, detail::AnySize size, void* to, Count n) noexcept
        {
            if (ring.kind == detail::Kind::Spsc)
            {
                return detail::SpscRing::pop (ring, size, to, n);
            }
            return ring.kind == detail::Kind::Mpsc ? detail::ClaimRing<false, true>::pop (ring, size, to, n)
                                                   : detail::ClaimRing<true, true>::pop (ring, size, to, n);
        }
    };

    AnyQueue (Made, detail::Ring* ring) noexcept
    : QueueBase (ring)
    {
    }

    static MemOptions openOnly (const MemOptions& input) noexcept
    {
        MemOptions memory = input;
        memory.openMode = OpenMode::OpenOnly;
        return memory;
    }

    detail::AnySize size () const noexcept
    {
        return detail::AnySize {_ring->elementSize};
    }

    int pushOne (const void* element, detail::Deadline deadline) noexcept
    {
        return element != nullptr ? detail::pushOne<ByKind> (*_ring, size (), element, deadline)
                                  : _ring->errorNoElements ();
    }

    int popOne (void* element, detail::Deadline deadline) noexcept
    {
        return element != nullptr ? detail::popOne<ByKind> (*_ring, size (), element, deadline)
                                  : _ring->errorNoElements ();
    }

    static int one (int64_t done) noexcept
    {
        return done == 1 ? 0 : -1;
    }

    static int all (int64_t done, uint64_t n) noexcept
    {
        return done == static_cast<int64_t> (n) ? 0 : -1;
    }
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
