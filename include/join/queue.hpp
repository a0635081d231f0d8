// SPDX-License-Identifier: MIT
/// Bounded lock-free queues of trivially copyable elements, over LocalMem or ShmMem.
///
///     ShmMem::Spsc::Queue<Tick> ticks (1024, "/ticks");  // in both processes: the first one creates the queue
///     if (ticks.tryPush (tick) == -1) drop (tick);       // full: lastError == Errc::TemporaryError
///     ticks.pop (tick, 5ms);                             // sleeps in the kernel; -1 and Errc::TimedOut
///
/// Producers and consumers are threads, of one process or of several: Spsc has one of each, Mpsc many producers and one
/// consumer, Mpmc many of both. A role of a shared Spsc belongs to one object, until that object is destroyed, calls
/// releaseRole () or dies with its process. Elements are delivered in push order.
#ifndef JOIN_QUEUE_HPP
#define JOIN_QUEUE_HPP

#include <join/backoff.hpp>
#include <join/detail/blocking.hpp>
#include <join/detail/claim.hpp>
#include <join/detail/queue_base.hpp>
#include <join/detail/shareable.hpp>
#include <join/span.hpp>
#include <join/detail/spsc.hpp>
#include <join/detail/timeout.hpp>
#include <join/memory.hpp>
#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// A queue of elements of type T; programs write LocalMem::Spsc::Queue<T>, ShmMem::Mpmc::Queue<T>, ... The members that
/// all queue classes have are in detail/queue_base.hpp: operator bool, shutdown, releaseRole, cancel, resume,
/// awaitElement, awaitRoom, pending, available, full, empty, capacity, mbind, mlock, placement, name, created, named,
/// tag, stats, producers. <join/wait_set.hpp> waits for many queues.
///
/// Errors of all members, in lastError:
///     EAGAIN      (Errc::WouldBlock) a member that does not wait: the queue is full, or empty
///     EPIPE       (Errc::QueueShutDown) a push: the queue is shut down; a pop: it is shut down and drained
///     EINVAL      the pointer to the elements is null, or 0 elements are requested; push and pop of 0 succeed
///     EBADF       the object is empty: it was moved from, or make () failed
///     EBADMSG     (Errc::QueueDamaged) the segment is damaged
///     EBUSY       exclusive Spsc: another object is the producer, or the consumer
///     EUSERS      (Errc::TooManyProducers) a push to a shared Mpsc or Mpmc: no producer slot is left for this process
///     EDEADLK     (Errc::WouldDeadlock) a push of this thread has not ended: a signal handler interrupted it, or a
///                 longjmp left it
///     EMFILE, ENOMEM, ENOENT, EACCES, EPERM  a first push of a thread, or the first use of a role, has to open a file
///                 and cannot; the message names the step
/// Errors of members that wait, in place of EAGAIN:
///     ETIMEDOUT   (Errc::TimedOut) the time is up
///     ECANCELED   (Errc::Canceled) cancel () was called, in any thread
///     EINTR       (Errc::Interrupted) a signal handler interrupted the sleep, and QueueOptions::interruptible is set
///     EOWNERDEAD  (Errc::ProducerDied) a pop with QueueOptions::ownerDead: the queue is empty, no producer is alive,
///                 and at least one was killed
///
/// Thread safety: all members may run at the same time, with as many pushes and pops as the kind has producers and
/// consumers. Constructors, assignment and the destructor need exclusive access. A push to a shared Mpsc or Mpmc must
/// not be abandoned in the middle, by a longjmp for instance: docs/guide/queues.md, "Limits". Since: 0.1
template <typename T, typename Mem, typename Algorithm>
class BasicQueue : public detail::QueueBase
{
    static constexpr bool shared = std::is_same<Mem, ShmMem>::value;
    static_assert (detail::ElementCheck<T, shared>::passed, "another type of element is needed, see above");

public:
    using ValueType = T;
    using Duration = std::chrono::nanoseconds;

    /// Creates a private queue.
    /// @param capacity number of elements, rounded up to a power of two; 0 means 1
    /// @param memory,options how the memory is made, and how the queue behaves
    /// @throw std::system_error EINVAL a capacity past 2^32, an invalid option; or as LocalMem's constructor;
    ///     std::overflow_error the queue needs more bytes than a file can have; std::bad_alloc
    template <typename M = Mem>
    explicit BasicQueue (uint64_t capacity, const MemOptions& memory = MemOptions (),
                         const QueueOptions& options = QueueOptions ())
    : QueueBase (makeLocal<M> (capacity, memory, options))
    {
    }

    /// Creates the shared queue of that name, or attaches to it.
    /// @param capacity elements, as above; with OpenOnly, 0 takes the capacity that the queue has
    /// @param memory,options how the memory is made or opened (never readOnly), and how the queue behaves
    /// @throw std::system_error EINVAL the queue has another kind, capacity, element size or type id; EBADMSG the
    ///     segment is not a queue, is damaged, or has a format that this library does not know; or as above and as
    ///     ShmMem's constructor
    template <typename M = Mem>
    BasicQueue (uint64_t capacity, const detail::Name& name, const MemOptions& memory = MemOptions (),
                const QueueOptions& options = QueueOptions ())
    : QueueBase (open<M> (capacity, name.text (), memory, options))
    {
    }

    /// Moves the queue; no call of `other` may be in progress. Afterwards `other` is empty: its calls fail with EBADF.
    BasicQueue (BasicQueue&& other) noexcept = default;
    BasicQueue& operator= (BasicQueue&& other) noexcept = default;
    ~BasicQueue () = default;

    /// Creates a private queue without exceptions.
    /// @return the queue, or an empty object with the errno of the constructor's exception in lastError: EOVERFLOW for
    ///     a std::overflow_error, ENOMEM for a std::bad_alloc
    template <typename M = Mem>
    static BasicQueue make (uint64_t capacity, const MemOptions& memory = MemOptions (),
                            const QueueOptions& options = QueueOptions ()) noexcept
    {
        onlyLocal<M> ();
        return BasicQueue (Made (), detail::Ring::makeOrNone (shape (capacity), memory, options));
    }

    /// Creates a shared queue, or attaches to it, without exceptions. @return as above
    template <typename M = Mem>
    static BasicQueue make (uint64_t capacity, const detail::Name& name, const MemOptions& memory = MemOptions (),
                            const QueueOptions& options = QueueOptions ()) noexcept
    {
        onlyShared<M> ();
        return BasicQueue (Made (), detail::Ring::openOrNone (shape (capacity), name.text (), memory, options));
    }

    // --- members that do not wait ---

    /// Copies one element into the queue. @return 0, or -1 with lastError as in the table
    int tryPush (const T& element) noexcept
    {
        return all (detail::failFull (Algorithm::push (*_ring, Size (), &element, detail::One ())), 1);
    }

    /// Copies the oldest element out of the queue.
    /// @return 0, or -1 with lastError as in the table. After -1 `element` is unchanged, with one exception: if the
    ///     queue is a Mpmc and the element is larger than 64 bytes, it is unspecified
    int tryPop (T& element) noexcept
    {
        return popped (element, detail::failEmpty (Algorithm::pop (*_ring, Size (), &element, detail::One ())) - 1);
    }

    /// Pushes as many of n elements as fit, in order and with no other producer's elements between them.
    /// @return how many, or -1 with lastError as in the table
    int64_t tryPush (const T* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::failFull (Algorithm::push (*_ring, Size (), elements, detail::Some {n}))
                   : _ring->errorNoElements ();
    }

    /// Pops as many elements as there are, up to n. A call takes from a Mpmc at most 64 KiB or 16 elements, whichever
    /// is more, and fewer if other consumers pop at the same time. @return how many, or -1 with lastError as in the
    /// table
    int64_t tryPop (T* elements, uint64_t n) noexcept
    {
        return elements != nullptr && n != 0
                   ? detail::failEmpty (Algorithm::pop (*_ring, Size (), elements, detail::Some {n}))
                   : _ring->errorNoElements ();
    }

    // --- members that wait: they spin for some microseconds where that helps, and then sleep in the kernel ---

    /// Waits for room and pushes one element. @return 0, or -1 with lastError as in the table
    int push (const T& element) noexcept
    {
        return detail::pushOne<Algorithm> (*_ring, Size (), &element, detail::noDeadline ());
    }

    /// Waits for an element and pops it. @return as tryPop
    int pop (T& element) noexcept
    {
        return popped (element, detail::popOne<Algorithm> (*_ring, Size (), &element, detail::noDeadline ()));
    }

    /// Waits for room up to a timeout.
    /// @param timeout in any unit, on CLOCK_MONOTONIC. With 0, a negative value or NaN the call tries once; with a
    ///     value past the range of that clock it waits without limit
    /// @return 0, or -1 with lastError as in the table
    template <typename Rep, typename Period>
    int push (const T& element, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return detail::pushOne<Algorithm> (*_ring, Size (), &element, detail::deadlineIn (timeout));
    }

    /// Waits for an element up to a timeout. @return as tryPop
    template <typename Rep, typename Period>
    int pop (T& element, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return popped (element, detail::popOne<Algorithm> (*_ring, Size (), &element, detail::deadlineIn (timeout)));
    }

    /// Waits for room until all n elements are pushed; with n = 0 it is done at once.
    /// @return 0, or -1 with lastError as in the table. After -1 some elements may have been pushed; the form with a
    ///     timeout returns how many
    int push (const T* elements, uint64_t n) noexcept
    {
        return all (pushing (elements, n, detail::noDeadline ()), n);
    }

    /// Waits for elements until n are popped; with n = 0 it is done at once. @return as push
    int pop (T* elements, uint64_t n) noexcept
    {
        return all (popping (elements, n, detail::noDeadline ()), n);
    }

    /// Waits for room until all n elements are pushed or the time is up. It checks the time every 64 KiB of elements.
    /// @return how many were pushed, or -1 if none; if not all n were, lastError gives the reason
    template <typename Rep, typename Period>
    int64_t push (const T* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return pushing (elements, n, detail::deadlineIn (timeout));
    }

    /// Waits for elements until n are popped or the time is up. It checks the time every 64 KiB. @return as push
    template <typename Rep, typename Period>
    int64_t pop (T* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return popping (elements, n, detail::deadlineIn (timeout));
    }

    /// Waits for an element up to a timeout, and then pops as many as there are, up to n, as read(2) does.
    /// @return how many, or -1 with lastError as in the table
    template <typename Rep, typename Period>
    int64_t popSome (T* elements, uint64_t n, std::chrono::duration<Rep, Period> timeout) noexcept
    {
        return some (elements, n, detail::deadlineIn (timeout));
    }

    /// Does the same without a timeout.
    int64_t popSome (T* elements, uint64_t n) noexcept
    {
        return some (elements, n, detail::noDeadline ());
    }

    // --- zero copy, Spsc only; these members do not wait ---

    /// Reserves room for up to n elements in one piece: for fewer if the ring ends, or the queue is full, before the
    /// last one. The producer writes them in place and then calls commit (). The reservation ends with commit (), or
    /// with the next reserve () or push.
    /// @return the elements, or an empty span with lastError as tryPush
    template <typename A = Algorithm>
    Span<T> reserve (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        void* place = n != 0 ? A::reserve (*_ring, &n) : (static_cast<void> (_ring->errorNoElements ()), nullptr);
        return place != nullptr ? Span<T> (static_cast<T*> (place), n) : Span<T> ();
    }

    /// Publishes the first n reserved elements and drops the others.
    /// @return 0, or -1 with lastError as in the table: EINVAL n is 0 or more than was reserved, or a push came between
    ///     reserve () and commit ()
    template <typename A = Algorithm>
    int commit (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        return A::commit (*_ring, n);
    }

    /// Gives access to the oldest elements, up to n in one piece. The consumer reads them in place and then calls
    /// release (). The access ends with release (), or with the next peek () or pop.
    /// @return the elements, or an empty span with lastError as tryPop
    template <typename A = Algorithm>
    Span<const T> peek (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        const void* place = n != 0 ? A::peek (*_ring, &n) : (static_cast<void> (_ring->errorNoElements ()), nullptr);
        return place != nullptr ? Span<const T> (static_cast<const T*> (place), n) : Span<const T> ();
    }

    /// Removes the first n elements that peek () returned.
    /// @return 0, or -1 with lastError as in the table: EINVAL n is 0 or more than peek () returned, or a pop came
    ///     between peek () and release ()
    template <typename A = Algorithm>
    int release (uint64_t n) noexcept
    {
        onlySpsc<A> ();
        return A::release (*_ring, n);
    }

    // --- The public interface ends here. ---

private:
    using Size = detail::FixedSize<sizeof (T)>;

    template <typename A>
    static void onlySpsc () noexcept
    {
        static_assert (detail::hasZeroCopy (A::kind), "zero copy is for Spsc: others share the cells");
    }

    BasicQueue (Made, detail::Ring* ring) noexcept
    : QueueBase (ring)
    {
    }

    static constexpr detail::Shape shape (uint64_t capacity) noexcept
    {
        return detail::Shape {Algorithm::kind, sizeof (T), capacity};
    }

    // Templates, as are their callers, since explicit instantiation compiles all members that are not templates.
    template <typename M>
    static void onlyLocal () noexcept
    {
        static_assert (!std::is_same<M, ShmMem>::value, "a queue over ShmMem has a name");
    }

    template <typename M>
    static void onlyShared () noexcept
    {
        static_assert (std::is_same<M, ShmMem>::value, "a queue over LocalMem has no name");
    }

    template <typename M>
    static detail::Ring* makeLocal (uint64_t capacity, const MemOptions& memory, const QueueOptions& options)
    {
        onlyLocal<M> ();
        return detail::Ring::make (shape (capacity), memory, options);
    }

    template <typename M>
    static detail::Ring* open (uint64_t capacity, std::string_view name, const MemOptions& memory,
                               const QueueOptions& options)
    {
        onlyShared<M> ();
        return detail::Ring::open (shape (capacity), name, memory, options);
    }

    /// The empty asm keeps a compiler from warning that an element which a failed pop left unchanged is uninitialised.
    /// @param failed 0 for a pop that succeeded
    static int popped (T& element, int64_t failed) noexcept
    {
        if (failed != 0)
        {
            __asm__("" : "+m"(element));
            return -1;
        }
        return 0;
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
};

/// The kinds of queue over one sort of memory. LocalMem and ShmMem name them Spsc, Mpsc and Mpmc. Since: 0.1
template <typename Mem>
struct BasicSpsc
{
    template <typename T>
    using Queue = BasicQueue<T, Mem, detail::SpscRing>;
};

template <typename Mem>
struct BasicMpsc
{
    template <typename T>
    using Queue = BasicQueue<T, Mem, detail::ClaimRing<false, std::is_same<Mem, ShmMem>::value>>;
};

template <typename Mem>
struct BasicMpmc
{
    template <typename T>
    using Queue = BasicQueue<T, Mem, detail::ClaimRing<true, std::is_same<Mem, ShmMem>::value>>;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
