// SPDX-License-Identifier: MIT
// A process's view of a queue's segment, and the entry points of the slow paths, which are in the library. The library
// constructs a Ring, and programs of any age read its fields: a later library may append fields and change none.
#ifndef JOIN_DETAIL_RING_HPP
#define JOIN_DETAIL_RING_HPP

#include <join/detail/segment.hpp>
#include <join/error.hpp>
#include <join/fwd.hpp>

#include <cerrno>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{

namespace detail
{
/// The queue that a caller requests, by the queue's type and the constructor's arguments.
struct Shape
{
    Kind kind;
    uint32_t elementSize;  // bytes
    uint64_t capacity;     // elements, before it is rounded up
};

/// The producer slot of one thread. Entries form a hash table, keyed by the thread, on pages that a forked child finds
/// empty. All Mpsc and Mpmc objects of a process on one segment share a table; an exclusive Spsc object has its own,
/// with one entry for each role.
struct SlotEntry
{
    std::atomic<const void*> thread;  // an address that is the thread's own; null: free, and a search ends here
    std::atomic<uint32_t> slot;       // the number of its slot; 0: it pushes by the shared slot, under a mutex
    std::atomic<uint32_t> inside;     // 1 while the thread is in the middle of a push
};

/// In place of the gate's state: the state is not known yet, and must be read after a fence.
constexpr uint32_t fenceBit = uint32_t (1) << 31;

/// The time at which a call gives up: nanoseconds of CLOCK_MONOTONIC.
struct Deadline
{
    static constexpr int64_t never = INT64_MAX;

    int64_t at;
};

/// What the waits of one call share. It ends the call in time even when a hostile peer makes the queue look ready again
/// and again, and every attempt fails.
struct Attempts
{
    bool begun = false;    // `cancels` is set
    bool last = false;     // the time is up, and one more attempt was allowed
    uint32_t cancels = 0;  // how often the queue object had been cancelled or resumed when the call began
};

class JOIN_EXPORT Ring
{
public:
    // Fields that only one algorithm uses. Each struct is on the cache line of its role's other fields, below.

    struct SpscProducer
    {
        uint64_t reserved;    // how many elements commit () may publish,
        uint64_t reservedAt;  // while head is this
    };

    struct SpscConsumer
    {
        std::atomic<uint64_t> headSeen;  // the head that the consumer read last: head is never less
        uint64_t peeked;                 // how many elements release () may free,
        uint64_t peekedAt;               // while tail is this
    };

    struct ClaimConsumers
    {
        std::atomic<uint64_t> pollsBeforeRecovery;  // empty polls at emptyAt until looked () is due
    };

    // Copied from the segment's header once, after its checks: a peer that overwrites the header changes no bound here.
    Control* control;
    char* words;     // Mpsc, Mpmc: the sequence word of cell 0
    char* elements;  // the element of cell 0
    uint64_t mask;   // capacity - 1
    uint64_t capacity;
    uint32_t wordStride;  // Mpsc, Mpmc
    uint32_t stride;
    uint32_t elementSize;
    Kind kind;
    SlotEntry* entries;  // null: this queue has no slot locks
    uint32_t entryMask;
    bool fences;                           // membarrier(2) is not available: publishers execute a fence themselves
    std::atomic<uint32_t> always;          // fenceBit
    const std::atomic<uint32_t>* watched;  // what publishers read after a publication: gate ().state, or `always`

    // Used by producers. Spsc: [seen] relaxed, as tail itself was acquired when it was read. Mpsc, Mpmc: [tail] a
    // release and an acquire hand tailSeen from one producer to the next.
    alignas (pad) std::atomic<uint64_t> tailSeen;  // the tail that a producer read last: tail is never less
    std::atomic<uint64_t> fullAt;                  // head when a producer last found the ring full
    SpscProducer spscProducer;

    // Used by consumers. [seen] relaxed: head itself was acquired when it was read, and the others record what
    // consumers of this object saw. tail never returns to an old value, so emptyAt == tail proves that nothing was
    // popped since.
    alignas (pad) std::atomic<uint64_t> emptyAt;  // tail when a consumer last found the ring empty
    SpscConsumer spscConsumer;
    ClaimConsumers claimConsumers;

    std::atomic<uint64_t>& head () const noexcept
    {
        return control->head.value;
    }

    std::atomic<uint64_t>& tail () const noexcept
    {
        return control->tail.value;
    }

    Gate& gate () const noexcept
    {
        return control->gate;
    }

    /// The sequence word of the cell of a ticket, which is shifted as in a word.
    std::atomic<uint64_t>& word (uint64_t ticket) const noexcept
    {
        return *reinterpret_cast<std::atomic<uint64_t>*> (words + ((ticket >> ticketShift) & mask) * wordStride);
    }

    void watch (bool alsoFence) noexcept
    {
        fences = alsoFence;
        always.store (fenceBit);
        watched = alsoFence ? &always : &gate ().state;
    }

    // --- slow paths, in the library; those that return int return -1 on failure and set lastError ---

    /// Makes a private queue.
    /// @param errors the generic category of the calling program
    /// @throw as BasicQueue
    static Ring* make (const Shape& shape, const MemOptions& memory, const QueueOptions& options,
                       const std::error_category& errors = std::generic_category ());

    /// Makes the queue of that name, or attaches to it. Parameters and exceptions as make ().
    static Ring* open (const Shape& shape, std::string_view name, const MemOptions& memory, const QueueOptions& options,
                       const std::error_category& errors = std::generic_category ());

    /// The same without exceptions: on failure they set lastError and return the ring of no queue.
    static Ring* makeOrNone (const Shape& shape, const MemOptions& memory, const QueueOptions& options) noexcept;
    static Ring* openOrNone (const Shape& shape, std::string_view name, const MemOptions& memory,
                             const QueueOptions& options) noexcept;

    /// The ring of no queue (a null object), for queue objects that were moved from: every call fails with EBADF.
    static Ring* none () noexcept;

    bool isNone () const noexcept
    {
        return capacity == 0;
    }

    void close () noexcept;

    /// Wakes sleeping consumers after the publication of n elements at `position` (head before the push) and above,
    /// where `state` was not 0.
    /// @return 0, or -1 and EPIPE: Spsc, the consumer had ended the queue before the publication
    int published (uint32_t state, uint64_t position, uint64_t n) noexcept;

    /// Wakes sleeping producers after n elements, or cells, were popped, where `state` was not 0.
    void popped (uint32_t state, uint64_t n) noexcept;

    int errorShutDown () noexcept;         // EPIPE
    int errorNoElements () noexcept;       // EINVAL: the address is null, or n is 0
    int errorBatch (uint64_t n) noexcept;  // a waiting call: 0 where n is 0; EINVAL: the address is null
    int errorCount () noexcept;            // EINVAL: n is 0, or more than was reserved or peeked at
    int damaged () noexcept;               // EBADMSG: head and tail are further apart than the capacity
    int nested () noexcept;                // EDEADLK: a push inside a push of the same thread
    void looked () noexcept;               // after many empty polls: recovers if a dead producer claimed the front
    int dry () noexcept;                   // shut and empty: EPIPE, or wouldBlock where an element may still come

    /// Makes the calling thread's entry at its first push, with a slot.
    /// @return null: EUSERS, ENOENT, EDEADLK, ...
    SlotEntry* enter () noexcept;

    /// Takes a role of an exclusive Spsc for this object: 1 is the producer's, 2 the consumer's.
    /// @return 0, or -1: EBUSY, ENOENT, EDEADLK, ...
    int enterSide (uint32_t side) noexcept;

    /// Locks the slot that threads of this process share, until giveShared ().
    /// @return its number, or that of the thread's own slot where the thread has one again
    uint32_t takeShared (const SlotEntry& entry) noexcept;
    void giveShared () noexcept;

    /// Wait for an element, or for room. Each call reads the clock and the count of cancellations before it checks the
    /// queue, and allows one attempt after the time is up.
    /// @return 0: try again; -1: ETIMEDOUT, ECANCELED, EINTR, EOWNERDEAD
    int awaitElement (Deadline deadline, Attempts& attempts) noexcept;
    int awaitRoom (Deadline deadline, Attempts& attempts) noexcept;

    /// Wait until `amount` elements, or free cells, are there, and take nothing.
    /// @return 0; -1: as above, and EPIPE, EBADMSG, EBADF; EINVAL: an amount of 0, or above the capacity
    int observeElements (uint64_t amount, Deadline deadline) noexcept;
    int observeRoom (uint64_t amount, Deadline deadline) noexcept;

    /// Checks the clock and cancellation between the parts of a large batch.
    /// @return false: the time is up, or the call was cancelled after it began
    bool mayGoOn (Deadline deadline, Attempts& attempts) const noexcept;

    static Deadline deadlineIn (int64_t nanoseconds) noexcept;

    static void yield () noexcept;

    int shutdown () noexcept;

    /// Gives back the roles of an exclusive Spsc that this object holds.
    int releaseRole () noexcept;

    /// cancel () makes the waiting calls of this queue object fail with ECANCELED until resume ();
    /// cancelForGood () for ever, before the object is closed.
    void cancel () noexcept;
    void resume () noexcept;
    void cancelForGood () noexcept;

    uint64_t pending () const noexcept;

    /// Lists the producers: live ones, and killed ones whose slot has not been released.
    /// @param each bytes from one element of the list to the next
    /// @return how many there are, or -1
    int64_t producers (Producer* list, uint64_t n, uint32_t each) noexcept;

    void count (QueueStats& stats) const noexcept;
    bool isShut () const noexcept;
    uint64_t tag () const noexcept;
    uint64_t typeId () const noexcept;

    int mbind (int node) noexcept;
    int mlock () noexcept;
    void report (PlacementReceiver take, void* to) const;
    const char* name () const noexcept;
    bool created () const noexcept;
    int named () const noexcept;

protected:
    Ring () noexcept = default;
    ~Ring () = default;
};

/// The algorithms return this where they can do nothing now. They leave lastError alone, as a waiting call may succeed.
constexpr int64_t wouldBlock = 0;

/// What a side finds when it reads the other side's index, because its cached copy does not suffice.
enum class Refill
{
    Ok,          // room for at least one element; or at least one element
    WouldBlock,  // no room, or no element, now
    Error,       // lastError is set: another object has the role, or head and tail are damaged
};

/// Ends a reservation, or a peek. Stores nothing where there is none, because all threads share the ring of no queue.
inline void forget (uint64_t& count) noexcept
{
    if (count != 0)
    {
        count = 0;
    }
}

inline int64_t failFull (int64_t done) noexcept
{
    if (done == wouldBlock)
    {
        lastError.assign (EAGAIN, "the queue is full");
        return -1;
    }
    return done;
}

inline int64_t failEmpty (int64_t done) noexcept
{
    if (done == wouldBlock)
    {
        lastError.assign (EAGAIN, "the queue is empty");
        return -1;
    }
    return done;
}

/// Where the search for the calling thread's entry begins: a hash of lastError's address, which is the thread's own.
inline uint32_t firstEntry () noexcept
{
    const uint64_t thread = reinterpret_cast<std::uintptr_t> (&lastError);
    return static_cast<uint32_t> ((thread * 0x9e3779b97f4a7c15U) >> 40);
}

inline void cpuPause () noexcept
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause ();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
}

/// The pause of a consumer that has emptied the ring, or of a producer that has filled it. Reading the other side's
/// index at once would take its line away while the other side is about to write it. The pause grows with `run`, the
/// elements moved since the last one, as more are likely to follow: at least as long as a line takes from one core to
/// another, at most a few round trips.
inline void adaptivePause (uint64_t run) noexcept
{
    constexpr uint64_t least = 4;
    constexpr uint64_t most = 64;
    const uint64_t pauses = run < least ? least : run < most ? run : most;
    for (uint64_t i = 0; i < pauses; ++i)
    {
        cpuPause ();
    }
}

/// Prefetches a line for writing, so that the other core's copy is invalidated before the store needs the line.
inline void fetchToWrite (const char* place) noexcept
{
#if defined(__x86_64__)
    __asm__ __volatile__("prefetchw %0" : : "m"(*place));  // the builtin prefetches for reading without -mprfchw
#else
    __builtin_prefetch (place, 1);
#endif
}

/// The gate's state after a publication or a pop. Not 0: threads sleep, the queue is shut, or fenceBit.
inline uint32_t stateAfter (const Ring& ring) noexcept
{
    // An asymmetric fence: the compiler keeps this load after the publication, and the sleeper's membarrier(2) makes
    // the processor do so. [sleep] pairs with OwnedRing::barrier () in Wait::settle ().
    std::atomic_signal_fence (std::memory_order_seq_cst);
    return ring.watched->load (std::memory_order_relaxed);  // [sleep]
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
