// SPDX-License-Identifier: MIT
/// A queue over ShmMem whose kind, element size and capacity are known only when the program runs: for tools, bridges and
/// bindings. Who knows the type takes <join/queue.hpp>, which is faster; both see the same queues.
///
///     AnyQueue ticks ("/ticks");                             // attaches to the one that is there, whatever it is
///     std::vector<char> buffer (64 * ticks.elementSize ());
///     int64_t n = ticks.popSome (buffer.data (), 64, 100ms);  // elements, one behind the other; -1 and Errc::TimedOut
///
/// Elements are bytes, elementSize () each, at any address; contracts, threads and errors are those of BasicQueue.
#ifndef JOIN_ANY_QUEUE_HPP
#define JOIN_ANY_QUEUE_HPP

#include <join/detail/blocking.hpp>
#include <join/detail/claim.hpp>
#include <join/detail/spsc.hpp>
#include <join/memory.hpp>
#include <join/queue_options.hpp>

#include <chrono>

namespace join
{
inline namespace JOIN_ABI
{
class AnyQueue
{
public:
    using Duration = std::chrono::nanoseconds;

    /// Attaches to the queue of that name, whatever it is; memory.mode is of no account.
    /// @throw std::system_error ENOENT there is none; EBADMSG it is no queue, is damaged, or of a format that this library
    ///     does not know; as ShmMem's constructor
    explicit AnyQueue (std::string_view name, const MemOptions& memory = MemOptions (),
                       const QueueOptions& options = QueueOptions ())
    : _ring (detail::Ring::open (detail::Shape {detail::Kind (0), 0, 0}, name, openOnly (memory), options))
    {
    }

    explicit AnyQueue (const char* name, const MemOptions& memory = MemOptions (),
                       const QueueOptions& options = QueueOptions ())
    : AnyQueue (detail::nameOf (name), memory, options)
    {
    }

    /// Makes the queue of that name, or attaches to it; capacity in elements, rounded up to a power of two, elementSize in
    /// bytes, 64 KiB at most. With OpenOnly a kind, capacity or size of 0 takes what the queue has.
    /// @throw as BasicQueue's constructor, and std::system_error EINVAL no such kind or size
    AnyQueue (QueueKind kind, uint64_t capacity, uint32_t elementSize, std::string_view name,
              const MemOptions& memory = MemOptions (), const QueueOptions& options = QueueOptions ())
    : _ring (detail::Ring::open (detail::Shape {static_cast<detail::Kind> (kind), elementSize, capacity}, name, memory,
                                 options))
    {
    }

    AnyQueue (QueueKind kind, uint64_t capacity, uint32_t elementSize, const char* name,
              const MemOptions& memory = MemOptions (), const QueueOptions& options = QueueOptions ())
    : AnyQueue (kind, capacity, elementSize, detail::nameOf (name), memory, options)
    {
    }

    AnyQueue (const AnyQueue&) = delete;
    AnyQueue& operator= (const AnyQueue&) = delete;

    ~AnyQueue ()
    {
        _ring->close ();
    }

    // --- at once ---

    /// @return 0, or -1 with lastError as of BasicQueue::tryPush, and EINVAL: null
    int tryPush (const void* element) noexcept
    {
        return element != nullptr ? one (detail::toldFull (ByKind::push (*_ring, size (), element, detail::One ())))
                                  : _ring->refuseZero ();
    }

    int tryPop (void* element) noexcept
    {
        return element != nullptr ? one (detail::toldEmpty (ByKind::pop (*_ring, size (), element, detail::One ())))
                                  : _ring->refuseZero ();
    }

    /// As many of n as fit, or as are there, in order. @return how many, or -1 as of one, and EINVAL: n = 0
    int64_t tryPush (const void* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::toldFull (ByKind::push (*_ring, size (), elements, detail::Some {n}))
                   : _ring->refuseZero ();
    }

    int64_t tryPop (void* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::toldEmpty (ByKind::pop (*_ring, size (), elements, detail::Some {n}))
                   : _ring->refuseZero ();
    }

    // --- waiting ---

    /// @return 0, or -1 with lastError as of BasicQueue::push and pop, and EINVAL: null
    int push (const void* element) noexcept
    {
        return pushOne (element, forever ());
    }

    int pop (void* element) noexcept
    {
        return popOne (element, forever ());
    }

    int push (const void* element, Duration timeout) noexcept
    {
        return pushOne (element, in (timeout));
    }

    int pop (void* element, Duration timeout) noexcept
    {
        return popOne (element, in (timeout));
    }

    /// Waits until all n are done. @return 0, or -1 with lastError
    int push (const void* elements, uint64_t n) noexcept
    {
        return all (detail::pushAll<ByKind> (*_ring, size (), elements, n, forever ()), n);
    }

    int pop (void* elements, uint64_t n) noexcept
    {
        return all (detail::popAll<ByKind> (*_ring, size (), elements, n, forever ()), n);
    }

    /// Until all n are done or the time is up. @return how many were done, if any, else -1; lastError tells why it is not n
    int64_t push (const void* elements, uint64_t n, Duration timeout) noexcept
    {
        return detail::pushAll<ByKind> (*_ring, size (), elements, n, in (timeout));
    }

    int64_t pop (void* elements, uint64_t n, Duration timeout) noexcept
    {
        return detail::popAll<ByKind> (*_ring, size (), elements, n, in (timeout));
    }

    /// Waits for the first, then takes what is there up to n. @return how many, or -1 as of pop
    int64_t popSome (void* elements, uint64_t n) noexcept
    {
        return detail::popSome<ByKind> (*_ring, size (), elements, n, forever ());
    }

    int64_t popSome (void* elements, uint64_t n, Duration timeout) noexcept
    {
        return detail::popSome<ByKind> (*_ring, size (), elements, n, in (timeout));
    }

    /// For good, and for everybody. @return 0
    int shutdown () noexcept
    {
        return _ring->shutdown ();
    }

    // --- what there is, as of BasicQueue ---

    QueueKind kind () const noexcept
    {
        return static_cast<QueueKind> (_ring->kind);
    }

    /// Bytes.
    uint32_t elementSize () const noexcept
    {
        return _ring->elementSize;
    }

    uint64_t capacity () const noexcept
    {
        return _ring->capacity;
    }

    uint64_t pending () const noexcept
    {
        return _ring->pending ();
    }

    uint64_t available () const noexcept
    {
        return capacity () - pending ();
    }

    bool full () const noexcept
    {
        return pending () == capacity ();
    }

    bool empty () const noexcept
    {
        return pending () == 0;
    }

    std::string_view name () const noexcept
    {
        return _ring->name ();
    }

    bool created () const noexcept
    {
        return _ring->created ();
    }

    uint64_t tag () const noexcept
    {
        return _ring->tag ();
    }

    QueueStats stats () const noexcept
    {
        QueueStats stats;
        _ring->count (stats);
        return stats;
    }

    int64_t participants (Participant* list, uint64_t n) const noexcept
    {
        return _ring->participants (list, n, sizeof (Participant));
    }

    int mbind (int node) noexcept
    {
        return _ring->mbind (node);
    }

    int mlock () noexcept
    {
        return _ring->mlock ();
    }

    Placement placement () const
    {
        Placement placement;
        _ring->report (placement);
        return placement;
    }

    // --- The public interface ends here. ---

private:
    /// The algorithm that the queue turns out to have, chosen at each call: a branch that is always the same.
    struct ByKind
    {
        template <typename Count>
        static int64_t push (detail::Ring& ring, detail::AnySize size, const void* from, Count n) noexcept
        {
            switch (ring.kind)
            {
                case detail::Kind::Spsc:
                    return detail::SpscRing::push (ring, size, from, n);
                case detail::Kind::Mpsc:
                    return detail::ClaimRing<false, true>::push (ring, size, from, n);
                case detail::Kind::Mpmc:
                    break;
            }
            return detail::ClaimRing<true, true>::push (ring, size, from, n);
        }

        template <typename Count>
        static int64_t pop (detail::Ring& ring, detail::AnySize size, void* to, Count n) noexcept
        {
            switch (ring.kind)
            {
                case detail::Kind::Spsc:
                    return detail::SpscRing::pop (ring, size, to, n);
                case detail::Kind::Mpsc:
                    return detail::ClaimRing<false, true>::pop (ring, size, to, n);
                case detail::Kind::Mpmc:
                    break;
            }
            return detail::ClaimRing<true, true>::pop (ring, size, to, n);
        }
    };

    static MemOptions openOnly (const MemOptions& given) noexcept
    {
        MemOptions memory = given;
        memory.mode = OpenMode::OpenOnly;
        return memory;
    }

    detail::AnySize size () const noexcept
    {
        return detail::AnySize {_ring->elementSize};
    }

    static detail::Deadline forever () noexcept
    {
        return detail::Deadline {detail::Deadline::never};
    }

    static detail::Deadline in (Duration timeout) noexcept
    {
        return detail::Ring::deadlineIn (timeout.count ());
    }

    int pushOne (const void* element, detail::Deadline deadline) noexcept
    {
        return element != nullptr ? detail::pushOne<ByKind> (*_ring, size (), element, deadline) : _ring->refuseZero ();
    }

    int popOne (void* element, detail::Deadline deadline) noexcept
    {
        return element != nullptr ? detail::popOne<ByKind> (*_ring, size (), element, deadline) : _ring->refuseZero ();
    }

    static int one (int64_t done) noexcept
    {
        return done == 1 ? 0 : -1;
    }

    static int all (int64_t done, uint64_t n) noexcept
    {
        return done == static_cast<int64_t> (n) ? 0 : -1;
    }

    detail::Ring* const _ring;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
