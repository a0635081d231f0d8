// SPDX-License-Identifier: MIT
/// What is in shared memory, looked at without taking part in it: no place is taken, no lease is held, nothing is written.
///
///     for (const std::string& name : join::segmentNames ())
///     {
///         const join::SegmentInfo info = join::inspect (name);
///         std::printf ("%s: %llu waiting\n", name.c_str (), static_cast<unsigned long long> (info.pending));
///     }
///     join::removeUnused ("/ticks");  // -1 and EBUSY: somebody has it open
///
/// Any thread. Names may come and go meanwhile: what is gone is ENOENT. What a segment says of itself is checked before it
/// is believed, and read by read(2): a hostile or a shrinking one costs nobody a SIGBUS.
#ifndef JOIN_INSPECT_HPP
#define JOIN_INSPECT_HPP

#include <join/memory.hpp>
#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
enum class SegmentKind : uint32_t
{
    Other = 0,  ///< a file that is none of ours, as far as that can be told
    Spsc = 1,
    Mpsc = 2,
    Mpmc = 3,
    Memory = 4,      ///< of ShmMem
    Damaged = 5,     ///< it begins as a queue does, and is none that this library knows: see `fault`
    Unreadable = 6,  ///< it cannot be opened, by this user or now: only what the file system tells is known
};

/// "spsc", ..., "memory", "other": as in joinmem.h, for people and programs.
inline const char* nameOf (SegmentKind kind) noexcept
{
    switch (kind)
    {
        case SegmentKind::Spsc:
            return "spsc";
        case SegmentKind::Mpsc:
            return "mpsc";
        case SegmentKind::Mpmc:
            return "mpmc";
        case SegmentKind::Memory:
            return "memory";
        case SegmentKind::Damaged:
            return "damaged";
        case SegmentKind::Unreadable:
            return "unreadable";
        case SegmentKind::Other:
            break;
    }
    return "other";
}

/// Sizes in bytes. Of what is no queue, all from `version` on is zero.
struct SegmentInfo
{
    uint32_t structSize;                    ///< bytes, set by the constructor
    SegmentKind kind = SegmentKind::Other;  ///<
    std::string path;                       ///< of the file
    std::string fault;                      ///< Damaged, Unreadable: why
    uint64_t size = 0;                      ///< of the file
    uint64_t allocated = 0;                 ///< that have pages
    uint64_t hugePage = 0;                  ///< the page of the hugetlbfs that it is on; 0: it is on none
    uint64_t device = 0;                    ///< with the inode: another segment of the same name is another file
    uint64_t inode = 0;                     ///<
    uint64_t madeAt = 0;                    ///< nanoseconds since 1970, CLOCK_REALTIME; 0: not known
    uint32_t owner = 0;                     ///< user
    uint32_t permissions = 0;               ///< up to 0777
    detail::Maybe<bool> inUse;              ///< somebody has it open, in whichever container
    detail::Maybe<uint32_t> users;          ///< how many objects of all processes have, where /proc/locks can be read
    uint32_t version = 0;                   ///< of the format: major << 16 | minor
    uint32_t compatible = 0;                ///< features, as bits, that may be ignored
    uint32_t incompatible = 0;              ///< and that may not
    uint32_t elementSize = 0;               ///<
    uint32_t stride = 0;                    ///< from one element, or slot, to the next
    uint32_t places = 0;                    ///< for participants
    uint64_t capacity = 0;                  ///< elements
    uint64_t typeId = 0;                    ///<
    uint64_t tag = 0;                       ///<
    uint64_t wordsOffset = 0;               ///< 0: a word stands before each element
    uint64_t elementsOffset = 0;            ///<
    uint64_t segmentSize = 0;               ///< before it was rounded up to pages
    int32_t maker = 0;                      ///< the process that made it, in its own PID namespace
    bool popperSleeps = false;              ///< somebody waits for an element, in the kernel
    bool pusherSleeps = false;              ///< or for room
    bool shutDown = false;                  ///<
    uint64_t pending = 0;                   ///< elements inside, never more than the capacity
    uint64_t pushed = 0;                    ///< and so on: as of QueueStats
    uint64_t popped = 0;                    ///<
    uint64_t deaths = 0;                    ///<
    uint64_t holes = 0;                     ///<

    SegmentInfo () noexcept
    : structSize (sizeof (SegmentInfo))
    {
    }

    bool isQueue () const noexcept
    {
        return kind == SegmentKind::Spsc || kind == SegmentKind::Mpsc || kind == SegmentKind::Mpmc;
    }
};

/// What backs a segment. A Maybe without a value: cannot be known here.
struct SegmentPages
{
    uint32_t structSize;                            ///< bytes, set by the constructor
    detail::Maybe<uint64_t> pageSize;               ///< the smallest page that backs any part, bytes
    detail::Maybe<uint64_t> hugeBytes;              ///< that can be mapped on huge pages
    detail::Maybe<detail::Array<NodeBytes>> nodes;  ///< bytes by NUMA node

    SegmentPages () noexcept
    : structSize (sizeof (SegmentPages))
    {
    }
};

/// Names, with their slash, of all files that are where segments are, ours or not: /dev/shm and the hugetlbfs mounts. Sorted.
/// @throw std::system_error ENOENT, EACCES, ... /dev/shm cannot be read; std::bad_alloc
JOIN_EXPORT detail::Array<std::string> segmentNames ();

/// What is known of the segment of that name.
/// @throw std::system_error EINVAL, ENAMETOOLONG bad names; ENOENT there is none; EMFILE; ...; std::bad_alloc
SegmentInfo inspect (std::string_view name);
SegmentInfo inspect (const char* name);

/// Those who may push to the queue of that name, or were killed and have not been replaced: as BasicQueue::participants.
/// @return how many there are, of which the first n are listed; -1 with lastError: as of inspect, EACCES, EBADMSG no queue,
///     EINVAL the list is null and n is not 0
int64_t inspectParticipants (std::string_view name, Participant* list, uint64_t n) noexcept;
int64_t inspectParticipants (const char* name, Participant* list, uint64_t n) noexcept;

/// What pages its bytes are on, as far as there are any, by a mapping for reading, which is gone afterwards. Not cheap: pages
/// are mapped by the way, some 80 ms for 256 MiB on base pages.
/// @param most bytes from the beginning that are looked at
/// @throw std::system_error as of inspect, and EACCES; std::bad_alloc
SegmentPages inspectPages (std::string_view name, uint64_t most = UINT64_MAX);
SegmentPages inspectPages (const char* name, uint64_t most = UINT64_MAX);

/// Removes the name of a segment that nobody has open, in whichever container: the proof is the lease that all users hold, and
/// that is taken here for an instant. Whoever opens it at that moment finds it whole or makes a new one.
/// @return 0, or -1 with lastError: EBUSY somebody has it; EINVAL, ENAMETOOLONG a bad name; EINVAL a file that is no segment;
///     EBADMSG a queue that this library does not know; ENOENT; EACCES, EPERM, EROFS; EMFILE; EAGAIN: it was replaced by
///     another meanwhile
JOIN_EXPORT int removeUnused (std::string_view name) noexcept;
int removeUnused (const char* name) noexcept;

/// The same of what was looked at: another file of that name, or one that was pushed to or popped from since, is EAGAIN and
/// stays.
JOIN_EXPORT int removeUnused (const SegmentInfo& seen) noexcept;

// --- The public interface ends here. -------------------------------------------------------------------------

namespace detail
{
JOIN_EXPORT void inspect (std::string_view name, SegmentInfo& info);
JOIN_EXPORT int64_t inspectParticipants (std::string_view name, Participant* list, uint64_t n, uint32_t each) noexcept;
JOIN_EXPORT void inspectPages (std::string_view name, uint64_t most, SegmentPages& pages);
}  // namespace detail

inline SegmentInfo inspect (std::string_view name)
{
    SegmentInfo info;
    detail::inspect (name, info);
    return info;
}

inline int64_t inspectParticipants (std::string_view name, Participant* list, uint64_t n) noexcept
{
    return detail::inspectParticipants (name, list, n, sizeof (Participant));
}

inline SegmentPages inspectPages (std::string_view name, uint64_t most)
{
    SegmentPages pages;
    detail::inspectPages (name, most, pages);
    return pages;
}

inline SegmentInfo inspect (const char* name)
{
    return inspect (detail::nameOf (name));
}

inline int64_t inspectParticipants (const char* name, Participant* list, uint64_t n) noexcept
{
    return inspectParticipants (detail::nameOf (name), list, n);
}

inline SegmentPages inspectPages (const char* name, uint64_t most)
{
    return inspectPages (detail::nameOf (name), most);
}

inline int removeUnused (const char* name) noexcept
{
    return removeUnused (detail::nameOf (name));
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
