// SPDX-License-Identifier: MIT
// A process's view of a queue's segment, and the slow paths, which are in the library. The library makes a Ring and
// programs read it: so a later library may append fields, and change none.
#ifndef JOIN_DETAIL_RING_HPP
#define JOIN_DETAIL_RING_HPP

#include <join/detail/segment.hpp>
#include <join/error.hpp>

#include <cerrno>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
struct MemOptions;
struct Placement;
struct QueueOptions;
struct QueueStats;
struct Participant;

namespace detail
{
/// What is asked for, of the type and of the constructor.
struct Shape
{
    Kind kind;
    uint32_t elementSize;  // bytes
    uint64_t capacity;     // elements, as asked for
};

/// The lane of a thread, found by the thread; on a page that a forked child finds empty. All objects of a process on one
/// segment have the same entries.
struct LaneEntry
{
    std::atomic<const void*> thread;  // null: free from here on; an address that is the thread's own
    std::atomic<uint32_t> lane;       // its number; 0: the thread shares one, under a mutex
    std::atomic<uint32_t> inside;     // 1 while the thread is in the middle of a push
};

/// Behind a publication: the state is not known yet, it is to be looked at behind a fence.
constexpr uint32_t fenceBit = uint32_t (1) << 31;

/// When to give up: nanoseconds of CLOCK_MONOTONIC.
struct Deadline
{
    static constexpr int64_t never = INT64_MAX;

    int64_t at;
};

class JOIN_EXPORT Ring
{
public:
    // Read once from the segment, checked, and from there on only read here: what a peer scribbles hurts nobody.
    Control* control;
    char* words;     // of slot 0
    char* elements;  // of slot 0
    uint64_t mask;   // capacity - 1
    uint64_t capacity;
    uint32_t wordStride;
    uint32_t stride;
    uint32_t elementSize;
    Kind kind;
    LaneEntry* entries;  // null: without leases
    uint32_t entryMask;
    bool fences;                           // membarrier(2) is forbidden: whoever publishes fences himself
    std::atomic<uint32_t> always;          // fenceBit
    const std::atomic<uint32_t>* watched;  // what is looked at behind a publication: gate ().state, or `always`

    // The pushers' own.
    alignas (pad) std::atomic<uint64_t> tailSeen;  // tail as last looked at: it is never less
    std::atomic<uint64_t> fullAt;                  // head when the ring was last found full
    uint64_t reserved;                             // Spsc: elements that may be committed,
    uint64_t reservedAt;                           // while this is head

    // The poppers' own.
    alignas (pad) std::atomic<uint64_t> headSeen;  // Spsc: head as last looked at
    std::atomic<uint64_t> driedAt;                 // tail when it was last found empty
    std::atomic<uint64_t> looksLeft;               // at that tail, until looked () is due
    uint64_t peeked;                               // Spsc: elements that may be released,
    uint64_t peekedAt;                             // while this is tail

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

    /// The word of a ticket, shifted as in a word.
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

    // --- slow paths, cold; those that return int set lastError and return -1 ---

    /// Makes a private queue. @throw as BasicQueue
    static Ring* make (const Shape& shape, const MemOptions& memory, const QueueOptions& options);

    /// Makes the queue of that name, or attaches to it.
    static Ring* open (const Shape& shape, std::string_view name, const MemOptions& memory,
                       const QueueOptions& options);

    void close () noexcept;

    /// After a publication, `state` having been seen not to be 0: wakes who sleeps. 0, or -1: a pusher was too late.
    int published (uint32_t state) noexcept;

    /// The same after a pop.
    void popped (uint32_t state) noexcept;

    int refusePush () noexcept;   // EPIPE
    int refuseZero () noexcept;   // EINVAL: null, or n = 0
    int refuseCount () noexcept;  // EINVAL: more than was reserved or peeked at, or none
    int damaged () noexcept;      // EBADMSG: head and tail are impossible
    int nested () noexcept;       // EDEADLK: a push in the middle of a push of the same thread
    void looked () noexcept;      // it was empty, again and again: unless its front is claimed by somebody who died
    int dry () noexcept;          // shut and empty: EPIPE, or wouldBlock where something may yet come

    /// The thread's entry, made at its first push; null: EUSERS, ENOENT, ...
    LaneEntry* enter () noexcept;

    /// Spsc whose sides are exclusive: this one, 1 the pusher's, 2 the popper's, for this object. 0, or -1: EBUSY, ENOENT, ...
    int enterSide (uint32_t side) noexcept;

    /// The lane that threads share, taken until `giveShared`; or the thread's own, where it has one again.
    uint32_t takeShared (const LaneEntry& entry) noexcept;
    void giveShared () noexcept;

    /// Sleep until there may be an element, or room. 0: look again; -1: ETIMEDOUT, EPIPE, ECANCELED.
    int awaitElement (Deadline deadline) noexcept;
    int awaitRoom (Deadline deadline) noexcept;

    static Deadline deadlineIn (int64_t nanoseconds) noexcept;

    static void yield () noexcept;

    int shutdown () noexcept;

    /// Those of this ring that wait come back with ECANCELED, from now on.
    void cancel () noexcept;

    uint64_t pending () const noexcept;

    /// Those who may push, one after the other, `each` bytes apart. How many, or -1.
    int64_t participants (Participant* list, uint64_t n, uint32_t each) noexcept;

    void count (QueueStats& stats) const noexcept;
    bool isShut () const noexcept;
    uint64_t tag () const noexcept;
    uint64_t typeId () const noexcept;

    int mbind (int node) noexcept;
    int mlock () noexcept;
    void report (Placement& placement) const;
    const char* name () const noexcept;
    bool created () const noexcept;

protected:
    Ring () noexcept = default;
    ~Ring () = default;
};

/// What the algorithms return where nothing can be done at once; lastError is not set, as whoever waits may yet succeed.
constexpr int64_t wouldBlock = 0;

inline int64_t toldFull (int64_t done) noexcept
{
    if (done == wouldBlock)
    {
        lastError.assign (EAGAIN, "the queue is full");
        return -1;
    }
    return done;
}

inline int64_t toldEmpty (int64_t done) noexcept
{
    if (done == wouldBlock)
    {
        lastError.assign (EAGAIN, "the queue is empty");
        return -1;
    }
    return done;
}

/// Where the calling thread looks for its lane first. lastError's address is the thread's own.
inline uint32_t firstEntry () noexcept
{
    const uint64_t thread = static_cast<uint64_t> (reinterpret_cast<std::uintptr_t> (&lastError));
    return static_cast<uint32_t> ((thread * 0x9e3779b97f4a7c15U) >> 40);
}

inline void relax () noexcept
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause ();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
}

/// A popper that has run dry looks away for a moment, and a pusher that has filled the ring: looking at once would take the
/// line away from the other side, who is about to write it. About as long as the run of elements took that went before, as
/// more are to come; never shorter than a line is on its way, or longer than a few round trips.
inline void lookAway (uint64_t run) noexcept
{
    constexpr uint64_t least = 4;
    constexpr uint64_t most = 64;
    const uint64_t pauses = run < least ? least : run < most ? run : most;
    for (uint64_t i = 0; i < pauses; ++i)
    {
        relax ();
    }
}

/// Brings a line here to be written: with the other side's copy gone before the store waits for that.
inline void fetchToWrite (const char* place) noexcept
{
#if defined(__x86_64__)
    __asm__ __volatile__("prefetchw %0" : : "m"(*place));  // the builtin fetches to read, unless told -mprfchw
#else
    __builtin_prefetch (place, 1);
#endif
}

/// Not 0: somebody sleeps, or the queue is shut, or that is to be looked at behind a fence.
inline uint32_t stateBehind (const Ring& ring) noexcept
{
    // [sleep] Relaxed, kept behind the publication by the compiler here and by the sleeper's membarrier (2) in the processor.
    std::atomic_signal_fence (std::memory_order_seq_cst);
    return ring.watched->load (std::memory_order_relaxed);  // [sleep]
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
