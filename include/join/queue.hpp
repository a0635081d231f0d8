// SPDX-License-Identifier: MIT
/// Bounded lock-free queues of trivially copyable elements, over LocalMem or ShmMem.
///
///     ShmMem::Spsc::Queue<Tick> ticks (1024, "/ticks");  // in both processes, whichever comes first
///     if (ticks.tryPush (tick) == -1) drop (tick);       // full: lastError == Errc::TemporaryError
///     ticks.pop (tick, 5ms);                             // sleeps in the kernel; -1 and Errc::TimedOut
///
/// At a time: Spsc one pusher, one popper; Mpsc many, one; Mpmc many, many; threads and processes alike, each through an
/// object of its own or a common one. For Spsc the pusher is one object, and so is the popper, though threads may take
/// turns on it; the role passes on when that object is destroyed or its process dies.
///
/// What is pushed before another push begins comes out before it. All members but the constructor and the destructor may
/// be called by any thread at any time, within what the policy says; none may be interrupted for good inside a push of a
/// shared Mpsc or Mpmc (longjmp, asynchronous cancellation), nor pushed to by a signal handler that interrupted one.
#ifndef JOIN_QUEUE_HPP
#define JOIN_QUEUE_HPP

#include <join/backoff.hpp>
#include <join/detail/blocking.hpp>
#include <join/detail/claim.hpp>
#include <join/detail/span.hpp>
#include <join/detail/spsc.hpp>
#include <join/memory.hpp>
#include <join/queue_options.hpp>

#include <chrono>

namespace join
{
inline namespace JOIN_ABI
{
/// The queue; its users write LocalMem::Spsc::Queue<T>, ShmMem::Mpmc::Queue<T>, ...
template <typename T, typename Memory, typename Algorithm>
class BasicQueue
{
    static_assert (std::is_trivially_copyable<T>::value && std::is_trivially_destructible<T>::value,
                   "elements travel as bytes, between processes too");
    static_assert (sizeof (T) <= detail::elementMost, "an element has 64 KiB at most");
    static_assert (alignof (T) <= detail::pad, "an element is aligned to 128 bytes at most");
    static constexpr bool shared = std::is_same<Memory, ShmMem>::value;

public:
    using Duration = std::chrono::nanoseconds;

    /// A private queue of `capacity` elements, rounded up to a power of two; 0 is 1.
    /// @throw std::system_error EINVAL a capacity past 2^32, options that are none; ENOMEM; std::overflow_error;
    ///     std::bad_alloc
    explicit BasicQueue (uint64_t capacity, const MemOptions& memory = MemOptions (),
                         const QueueOptions& options = QueueOptions ())
    : _ring (makeLocal (capacity, memory, options))
    {
    }

    /// Makes the queue of that name, or attaches to it. With OpenOnly capacity 0 takes the one that it has.
    /// @throw std::system_error EINVAL it has another kind, capacity, element size or type id; EBADMSG it is no queue, is
    ///     damaged, or of a format that this library does not know; as ShmMem's constructor; std::overflow_error
    BasicQueue (uint64_t capacity, std::string_view name, const MemOptions& memory = MemOptions (),
                const QueueOptions& options = QueueOptions ())
    : _ring (open (capacity, name, memory, options))
    {
    }

    BasicQueue (uint64_t capacity, const char* name, const MemOptions& memory = MemOptions (),
                const QueueOptions& options = QueueOptions ())
    : _ring (open (capacity, detail::nameOf (name), memory, options))
    {
    }

    BasicQueue (const BasicQueue&) = delete;
    BasicQueue& operator= (const BasicQueue&) = delete;

    ~BasicQueue ()
    {
        _ring->close ();
    }

    // --- at once ---

    /// @return 0, or -1 with lastError: EAGAIN (Errc::TemporaryError) full; EPIPE shut down; for a shared Mpsc or Mpmc
    ///     EUSERS no place for this process; for an exclusive Spsc EBUSY; EBADMSG the segment is damaged
    int tryPush (const T& element) noexcept
    {
        return one (detail::toldFull (Algorithm::push (*_ring, Size (), &element, detail::One ())));
    }

    /// @return 0, or -1 with lastError: EAGAIN empty; EPIPE shut down and drained; EBADMSG; EBUSY. After -1 the element is
    ///     unspecified
    int tryPop (T& element) noexcept
    {
        return popped (element, detail::toldEmpty (Algorithm::pop (*_ring, Size (), &element, detail::One ())) - 1);
    }

    /// As many of n as fit, in order. @return how many, or -1 as of one, and EINVAL: null, or n = 0
    int64_t tryPush (const T* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::toldFull (Algorithm::push (*_ring, Size (), elements, detail::Some {n}))
                   : _ring->refuseZero ();
    }

    /// As many as there are, up to n. @return how many, or -1 as of one, and EINVAL: null, or n = 0
    int64_t tryPop (T* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::toldEmpty (Algorithm::pop (*_ring, Size (), elements, detail::Some {n}))
                   : _ring->refuseZero ();
    }

    // --- waiting: a few microseconds of spinning, then asleep in the kernel ---

    /// Waits for room. @return 0, or -1 with lastError as of tryPush, but EAGAIN
    int push (const T& element) noexcept
    {
        return detail::pushOne<Algorithm> (*_ring, Size (), &element, forever ());
    }

    int pop (T& element) noexcept
    {
        return popped (element, detail::popOne<Algorithm> (*_ring, Size (), &element, forever ()));
    }

    /// The same with a timeout, counted on CLOCK_MONOTONIC; none or a negative one tries once.
    /// @return 0, or -1 with lastError: ETIMEDOUT (Errc::TimedOut), and as above; a pop also EOWNERDEAD, where asked for
    int push (const T& element, Duration timeout) noexcept
    {
        return detail::pushOne<Algorithm> (*_ring, Size (), &element, in (timeout));
    }

    int pop (T& element, Duration timeout) noexcept
    {
        return popped (element, detail::popOne<Algorithm> (*_ring, Size (), &element, in (timeout)));
    }

    /// Waits until all n are done. @return 0, or -1 with lastError: shut down in the middle is EPIPE, and the form with a
    ///     timeout tells how many were done
    int push (const T* elements, uint64_t n) noexcept
    {
        return all (pushing (elements, n, forever ()), n);
    }

    int pop (T* elements, uint64_t n) noexcept
    {
        return all (popping (elements, n, forever ()), n);
    }

    /// Until all n are done or the time is up. @return how many were done, if any, else -1; lastError tells why it is not n
    int64_t push (const T* elements, uint64_t n, Duration timeout) noexcept
    {
        return pushing (elements, n, in (timeout));
    }

    int64_t pop (T* elements, uint64_t n, Duration timeout) noexcept
    {
        return popping (elements, n, in (timeout));
    }

    /// Waits for the first, then takes what is there up to n, as read(2) does. @return how many, or -1 as of pop
    int64_t popSome (T* elements, uint64_t n, Duration timeout) noexcept
    {
        return some (elements, n, in (timeout));
    }

    int64_t popSome (T* elements, uint64_t n) noexcept
    {
        return some (elements, n, forever ());
    }

    /// For good, and for everybody: from here on pushes are -1 and EPIPE, pops take what is left and are then -1 and
    /// EPIPE, and whoever sleeps wakes. What a push that returned 0 has put in is popped. @return 0
    int shutdown () noexcept
    {
        return _ring->shutdown ();
    }

    // --- zero copy, Spsc ---

    /// Room for up to n elements, to be written in place and then committed; shorter than asked for where the ring ends or
    /// fills, down to one. Empty: lastError as of tryPush.
    template <typename A = Algorithm>
    Span<T> reserve (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        void* place = n != 0 ? A::reserve (*_ring, &n) : (_ring->refuseZero (), nullptr);
        return place != nullptr ? Span<T> (static_cast<T*> (place), n) : Span<T> ();
    }

    /// Publishes the first n of what was reserved. @return 0, or -1 with lastError: EINVAL 0 or more than that, or a push
    ///     has come between; EPIPE
    template <typename A = Algorithm>
    int commit (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        return A::commit (*_ring, n);
    }

    /// Up to n elements to be read in place, and then released. Empty: lastError as of tryPop.
    template <typename A = Algorithm>
    Span<const T> peek (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        const void* place = n != 0 ? A::peek (*_ring, &n) : (_ring->refuseZero (), nullptr);
        return place != nullptr ? Span<const T> (static_cast<const T*> (place), n) : Span<const T> ();
    }

    /// Frees the first n of what was peeked at. @return 0, or -1 with lastError: EINVAL 0 or more than that, or a pop has
    ///     come between
    template <typename A = Algorithm>
    int release (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        return A::release (*_ring, n);
    }

    // --- what there is ---

    /// Elements inside: exact when no call is in flight, never below 0 or above the capacity.
    uint64_t pending () const noexcept
    {
        return _ring->pending ();
    }

    /// Elements that there is room for.
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

    uint64_t capacity () const noexcept
    {
        return _ring->capacity;
    }

    /// As of Memory: all of the queue's pages.
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

    /// With its leading slash; empty where local.
    std::string_view name () const noexcept
    {
        return _ring->name ();
    }

    /// Whether this object made the queue; false when it was there before.
    bool created () const noexcept
    {
        return _ring->created ();
    }

    /// The maker's QueueOptions::tag.
    uint64_t tag () const noexcept
    {
        return _ring->tag ();
    }

    /// What it has seen: each number by itself, as others go on meanwhile. Any thread.
    QueueStats stats () const noexcept
    {
        QueueStats stats;
        _ring->count (stats);
        return stats;
    }

    /// Those who may push, or were killed and have not been replaced; none where local. Any thread; a look, which takes
    /// nothing. @return how many there are, of which the first n are listed; -1 with lastError: ENOENT, ENOLCK, EMFILE
    ///     the kernel cannot be asked; EINVAL null, and n is not 0
    int64_t participants (Participant* list, uint64_t n) const noexcept
    {
        return _ring->participants (list, n, sizeof (Participant));
    }

    // --- The public interface ends here. ---

private:
    using Size = detail::FixedSize<sizeof (T)>;

    template <typename A>
    static void onlySpsc () noexcept
    {
        static_assert (A::kind == detail::Kind::Spsc, "zero copy is for Spsc: others share the slots");
    }

    static detail::Ring* makeLocal (uint64_t capacity, const MemOptions& memory, const QueueOptions& options)
    {
        static_assert (!shared, "a queue over ShmMem has a name");
        return detail::Ring::make (detail::Shape {Algorithm::kind, sizeof (T), capacity}, memory, options);
    }

    static detail::Ring* open (uint64_t capacity, std::string_view name, const MemOptions& memory,
                               const QueueOptions& options)
    {
        static_assert (shared, "a queue over LocalMem has no name");
        return detail::Ring::open (detail::Shape {Algorithm::kind, sizeof (T), capacity}, name, memory, options);
    }

    static detail::Deadline forever () noexcept
    {
        return detail::Deadline {detail::Deadline::never};
    }

    static detail::Deadline in (Duration timeout) noexcept
    {
        return detail::Ring::deadlineIn (timeout.count ());
    }

    /// @param failed 0: the element is there; else it is unspecified, which a compiler takes for uninitialised, and warns.
    static int popped (T& element, int64_t failed) noexcept
    {
        if (failed != 0)
        {
            __asm__("" : "=m"(element));
            return -1;
        }
        return 0;
    }

    static int one (int64_t done) noexcept
    {
        return done == 1 ? 0 : -1;
    }

    static int all (int64_t done, uint64_t n) noexcept
    {
        return done == static_cast<int64_t> (n) ? 0 : -1;
    }

    int64_t pushing (const T* elements, uint64_t n, detail::Deadline deadline) noexcept
    {
        return detail::pushAll<Algorithm> (*_ring, Size (), elements, n, deadline);
    }

    int64_t popping (T* elements, uint64_t n, detail::Deadline deadline) noexcept
    {
        return detail::popAll<Algorithm> (*_ring, Size (), elements, n, deadline);
    }

    int64_t some (T* elements, uint64_t n, detail::Deadline deadline) noexcept
    {
        return detail::popSome<Algorithm> (*_ring, Size (), elements, n, deadline);
    }

    detail::Ring* const _ring;
};

/// The policies, as LocalMem::Spsc, ShmMem::Mpmc, ... name them.
template <typename Memory>
struct BasicSpsc
{
    template <typename T>
    using Queue = BasicQueue<T, Memory, detail::SpscRing>;
};

template <typename Memory>
struct BasicMpsc
{
    template <typename T>
    using Queue = BasicQueue<T, Memory, detail::ClaimRing<false, std::is_same<Memory, ShmMem>::value>>;
};

template <typename Memory>
struct BasicMpmc
{
    template <typename T>
    using Queue = BasicQueue<T, Memory, detail::ClaimRing<true, std::is_same<Memory, ShmMem>::value>>;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
