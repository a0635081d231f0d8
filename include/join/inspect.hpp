// SPDX-License-Identifier: MIT
/// Inspection of shared memory from outside: it takes no slot, holds no lock and writes nothing.
///
///     for (const std::string& name : join::segmentNames ())
///     {
///         const join::SegmentInfo info = join::inspect (name);
///         std::printf ("%s: %llu waiting\n", name.c_str (), static_cast<unsigned long long> (info.pending));
///     }
///     join::removeUnused ("/ticks");  // -1 and EBUSY while a process has it open
///
/// Segments are read by read(2), and their headers are checked before use: one that is hostile, or that shrinks
/// meanwhile, cannot cause a SIGBUS.
///
/// Errors of all functions, thrown as std::system_error or in lastError:
///     EINVAL        the name is invalid, or a list is null and its size is not 0
///     ENAMETOOLONG  the name has more than 255 bytes
///     ENOENT        no segment has this name, or no longer: names may appear and disappear during a call
///     EACCES        this user may not open the segment
///     EMFILE        the process has used up its descriptors
///
/// Thread safety: all functions may run at the same time, in any thread. Since: 0.1
#ifndef JOIN_INSPECT_HPP
#define JOIN_INSPECT_HPP

#include <join/memory.hpp>
#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// The kinds of file that a name may refer to.
enum class SegmentKind : uint32_t
{
    Other = 0,  ///< a file without a sign that this library made it
    Spsc = 1,
    Mpsc = 2,
    Mpmc = 3,
    Memory = 4,      ///< the memory of a ShmMem
    Damaged = 5,     ///< it begins like a queue, and is damaged or of an unknown format: see SegmentInfo::fault
    Unreadable = 6,  ///< this user cannot open it, or not now: only the facts of the file system are known
};

/// Returns the word for a kind: "spsc", "mpsc", "mpmc", "memory", "damaged", "unreadable" or "other", as in joinmem.h.
inline const char* nameOf (SegmentKind kind) noexcept
{
    constexpr const char* names[] = {"other", "spsc", "mpsc", "mpmc", "memory", "damaged", "unreadable"};
    const uint32_t number = static_cast<uint32_t> (kind);
    return number < sizeof (names) / sizeof (names[0]) ? names[number] : names[0];
}

/// The result of inspect (). Sizes are bytes. All fields from `version` on are zero unless the segment is a queue.
struct SegmentInfo
{
    uint32_t structSize;                    ///< bytes, set by the constructor
    SegmentKind kind = SegmentKind::Other;  ///<
    std::string path;                       ///< path of the file
    std::string fault;                      ///< Damaged, Unreadable: the reason
    uint64_t size = 0;                      ///< bytes of the file
    uint64_t allocated = 0;                 ///< bytes of the file that have pages
    uint64_t hugePage = 0;                  ///< page size of the hugetlbfs that has the file; 0: none has
    uint64_t device = 0;                    ///< device and inode identify the file behind the name
    uint64_t inode = 0;                     ///<
    uint64_t madeAt = 0;                    ///< nanoseconds since 1970, CLOCK_REALTIME; 0: not known
    uint32_t owner = 0;                     ///< user ID
    uint32_t permissions = 0;               ///< up to 0777
    detail::Maybe<bool> inUse;              ///< a process has the segment open, in whichever container
    detail::Maybe<uint32_t> users;          ///< objects, of all processes, that have it open, from /proc/locks
    uint32_t version = 0;                   ///< of the format: major << 16 | minor
    uint32_t compatible = 0;                ///< bits of features that an older library may ignore
    uint32_t incompatible = 0;              ///< bits of features that it may not ignore
    uint32_t elementSize = 0;               ///< bytes
    uint32_t stride = 0;                    ///< bytes from one element, or cell, to the next
    uint32_t slotCount = 0;                 ///< producer slots
    uint64_t capacity = 0;                  ///< elements
    uint64_t typeId = 0;                    ///< as QueueOptions
    uint64_t tag = 0;                       ///< as QueueOptions
    uint64_t wordsOffset = 0;               ///< bytes to the cell sequences; 0: each precedes its element
    uint64_t elementsOffset = 0;            ///< bytes
    uint64_t segmentSize = 0;               ///< bytes, not rounded up to pages
    int32_t maker = 0;                      ///< the process that created it, in its own PID namespace
    bool consumerSleeps = false;            ///< a consumer waits for an element, or has since the last push
    bool producerSleeps = false;            ///< a producer waits for room, or has since the last pop
    bool shutDown = false;                  ///< shutdown () was called
    uint64_t pending = 0;                   ///< elements in the queue, at most the capacity
    uint64_t pushed = 0;                    ///< this and the next three: as QueueStats
    uint64_t popped = 0;                    ///<
    uint64_t deaths = 0;                    ///<
    uint64_t holes = 0;                     ///<

    SegmentInfo () noexcept
    : structSize (sizeof (SegmentInfo))
    {
    }

    /// Whether the segment is an undamaged queue, so that the fields from `version` on are set.
    bool isQueue () const noexcept
    {
        return kind == SegmentKind::Spsc || kind == SegmentKind::Mpsc || kind == SegmentKind::Mpmc;
    }
};

/// The result of inspectPages (): the pages of a segment. A Maybe has no value where it cannot be known.
struct SegmentPages
{
    uint32_t structSize;                            ///< bytes, set by the constructor
    detail::Maybe<uint64_t> pageSize;               ///< bytes of the smallest page that backs any part
    detail::Maybe<uint64_t> hugeBytes;              ///< bytes that can be mapped on huge pages
    detail::Maybe<detail::Array<NodeBytes>> nodes;  ///< bytes by NUMA node

    SegmentPages () noexcept
    : structSize (sizeof (SegmentPages))
    {
    }
};

/// Lists the names of all files in /dev/shm and in the hugetlbfs mounts, whichever program made them, without the
/// library's own auxiliary files.
/// @return the names, sorted, with their leading slash
/// @throw std::system_error ENOENT, EACCES, ... /dev/shm cannot be read; std::bad_alloc
detail::Array<std::string> segmentNames ();

/// Reads the facts of a segment. One that cannot be opened is no error, but has the kind Unreadable.
/// @throw std::system_error as in the table; std::bad_alloc
SegmentInfo inspect (const detail::Name& name);

/// Lists the producer slots of a queue that are taken, as BasicQueue::producers () does.
/// @param n how many fit into `list`; with n = 0 it may be null
/// @return how many there are, of which the first n are listed; -1 with lastError as in the table, or EBADMSG the
///     segment is not a queue, or a damaged one
int64_t inspectProducers (const detail::Name& name, Producer* list, uint64_t n) noexcept;

/// Returns the same as one list of all slots, or no value where the function above returns -1. @throw std::bad_alloc
detail::Maybe<detail::Array<Producer>> inspectProducers (const detail::Name& name);

/// Examines the pages of a segment that exist, through a mapping for reading that it removes again. Expensive: it maps
/// these pages, which takes some 80 ms for 256 MiB on base pages.
/// @param most bytes from the beginning that are examined
/// @throw std::system_error as in the table; std::bad_alloc
SegmentPages inspectPages (const detail::Name& name, uint64_t most = UINT64_MAX);

/// Removes the name of a segment that no process has open, in whichever container. The proof is the attach lock, which
/// each process with the segment open holds, and which this function takes for an instant. A process that opens the
/// name at that moment either gets the complete segment or creates a new one.
/// @return 0, or -1 with lastError as in the table, or:
///     EBUSY          a process has the segment open
///     EAGAIN         another segment has replaced it meanwhile
///     EINVAL         the file is not a segment of this library
///     EBADMSG        it is a queue that this library does not know
///     EPERM, EROFS   the name may not be removed
int removeUnused (const detail::Name& name) noexcept;

/// Removes the name of a segment if it is still as `seen`, which inspect () returned. Fails with EAGAIN if another file
/// has the name by now, or if a process has pushed or popped since. @return as above
JOIN_EXPORT int removeUnused (const SegmentInfo& seen) noexcept;

// --- The public interface ends here. -------------------------------------------------------------------------

// The functions above are inline, so that their exceptions have the generic category of the program.
namespace detail
{
JOIN_EXPORT Array<std::string> listSegments (const std::error_category& errors);
JOIN_EXPORT void inspect (std::string_view name, SegmentInfo& info, const std::error_category& errors);
JOIN_EXPORT int64_t inspectProducers (std::string_view name, Producer* list, uint64_t n, uint32_t each) noexcept;
JOIN_EXPORT void inspectPages (std::string_view name, uint64_t most, SegmentPages& pages,
                               const std::error_category& errors);
JOIN_EXPORT int removeUnused (std::string_view name) noexcept;
}  // namespace detail

JOIN_HIDDEN inline detail::Array<std::string> segmentNames ()
{
    return detail::listSegments (std::generic_category ());
}

JOIN_HIDDEN inline SegmentInfo inspect (const detail::Name& name)
{
    SegmentInfo info;
    detail::inspect (name.text (), info, std::generic_category ());
    return info;
}

inline int64_t inspectProducers (const detail::Name& name, Producer* list, uint64_t n) noexcept
{
    return detail::inspectProducers (name.text (), list, n, sizeof (Producer));
}

JOIN_HIDDEN inline detail::Maybe<detail::Array<Producer>> inspectProducers (const detail::Name& name)
{
    detail::Array<Producer> all (1022);  // the maximum of a queue
    const int64_t count = inspectProducers (name, all.begin (), all.size ());
    if (count < 0)
    {
        return {};
    }
    detail::Array<Producer> list (static_cast<std::size_t> (count) < all.size () ? static_cast<std::size_t> (count)
                                                                                 : all.size ());
    for (std::size_t i = 0; i < list.size (); ++i)
    {
        list[i] = all[i];
    }
    return list;
}

JOIN_HIDDEN inline SegmentPages inspectPages (const detail::Name& name, uint64_t most)
{
    SegmentPages pages;
    detail::inspectPages (name.text (), most, pages, std::generic_category ());
    return pages;
}

inline int removeUnused (const detail::Name& name) noexcept
{
    return detail::removeUnused (name.text ());
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
