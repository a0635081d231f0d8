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
/// Segments are read by read(2), and their headers are checked before use: a segment that is hostile, or that shrinks
/// during the call, cannot cause a SIGBUS.
///
/// Errors of all functions, thrown as std::system_error or in lastError:
///     EINVAL        the name is invalid, or a list is null and its size is not 0
///     ENAMETOOLONG  the name has more than 255 bytes
///     ENOENT        no segment has this name, or none has it any longer: names may appear and disappear during a call
///     EACCES        this user may not open the segment
///     EMFILE        the process has used up its descriptors
///
/// Thread safety: all functions may run at the same time, in any thread. Since: 0.1
#ifndef JOIN_INSPECT_HPP
#define JOIN_INSPECT_HPP

#include <join/placement.hpp>
#include <join/queue_options.hpp>

#include <optional>
#include <vector>

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
    Unreadable = 6,  ///< this user cannot open it, at all or at present: only the facts of the file system are known
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
    SegmentKind kind = SegmentKind::Other;  ///<
    std::string path;                       ///< path of the file
    std::string fault;                      ///< Damaged, Unreadable: the reason
    uint64_t size = 0;                      ///< bytes of the file
    uint64_t allocated = 0;                 ///< bytes of the file that have pages
    uint64_t hugePage = 0;                  ///< page size of the hugetlbfs that the file is on; 0: it is on none
    uint64_t device = 0;                    ///< device and inode identify the file behind the name
    uint64_t inode = 0;                     ///<
    uint64_t createdAt = 0;                 ///< nanoseconds since 1970, CLOCK_REALTIME; 0: not known
    uint32_t owner = 0;                     ///< user ID
    uint32_t permissions = 0;               ///< up to 0777
    std::optional<bool> inUse;              ///< a process has the segment open, in whichever container
    std::optional<uint32_t> users;          ///< objects, of all processes, that have it open, from /proc/locks
    uint32_t version = 0;                   ///< of the format: major << 16 | minor
    uint32_t compatible = 0;                ///< bits of features that an older library may ignore
    uint32_t incompatible = 0;              ///< bits of features that an older library may not ignore
    uint32_t elementSize = 0;               ///< bytes
    uint32_t stride = 0;                    ///< bytes from one element, or cell, to the next
    uint32_t slotCount = 0;                 ///< producer slots
    uint64_t capacity = 0;                  ///< elements
    uint64_t typeId = 0;                    ///< as QueueOptions
    uint64_t tag = 0;                       ///< as QueueOptions
    uint64_t sequencesOffset = 0;           ///< bytes to the cell sequences; 0: each precedes its element
    uint64_t elementsOffset = 0;            ///< bytes
    uint64_t segmentSize = 0;               ///< bytes, not rounded up to pages
    int32_t creatorPid = 0;                 ///< the process that created it, in its own PID namespace
    bool consumerSleeps = false;            ///< a consumer waits for an element, or has waited since the last push
    bool producerSleeps = false;            ///< a producer waits for room, or has waited since the last pop
    bool shutDown = false;                  ///< shutdown () was called
    uint64_t pending = 0;                   ///< elements in the queue, at most the capacity
    uint64_t pushed = 0;                    ///< this and the next three: as QueueStats
    uint64_t popped = 0;                    ///<
    uint64_t deaths = 0;                    ///<
    uint64_t skipped = 0;                   ///<
    bool elementWatched = false;            ///< a wait set or awaitElement () sleeps, or has slept since the last push
    bool roomWatched = false;               ///< a wait set or awaitRoom () sleeps, or has slept since the last pop

    /// Whether the segment is an undamaged queue, so that the fields from `version` on are set.
    bool isQueue () const noexcept
    {
        return kind == SegmentKind::Spsc || kind == SegmentKind::Mpsc || kind == SegmentKind::Mpmc;
    }
};

/// The result of inspectPages (): the pages of a segment. A field has no value if the kernel does not report it.
struct SegmentPages
{
    std::optional<uint64_t> pageSize;             ///< bytes of the smallest page that backs any part
    std::optional<uint64_t> hugeBytes;            ///< bytes that can be mapped on huge pages
    std::optional<std::vector<NodeBytes>> nodes;  ///< bytes by NUMA node
};

/// Lists the names of all files in /dev/shm and in the hugetlbfs mounts, whichever program made them, except for the
/// auxiliary files of this library.
/// @return the names, sorted, with their leading slash
/// @throw std::system_error ENOENT, EACCES, ... /dev/shm cannot be read; std::bad_alloc
std::vector<std::string> segmentNames ();

/// Reads the facts of a segment. A segment that cannot be opened causes no error: its kind is Unreadable.
/// @throw std::system_error as in the table; std::bad_alloc
SegmentInfo inspect (const detail::Name& name);

/// Lists the producer slots of a queue that are taken, as BasicQueue::producers () does.
/// @param n how many fit into `list`; with n = 0 it may be null
/// @return how many there are, of which the first n are listed; -1 with lastError as in the table, or EBADMSG the
///     segment is not a queue, or a damaged one
int64_t inspectProducers (const detail::Name& name, Producer* list, uint64_t n) noexcept;

/// Returns a list of all taken slots, or no value if the function above returns -1. @throw std::bad_alloc
std::optional<std::vector<Producer>> inspectProducers (const detail::Name& name);

/// Examines the existing pages of a segment, through a mapping for reading, which it removes again. This is expensive,
/// because it maps these pages: some 80 ms for 256 MiB on base pages.
/// @param most how many bytes are examined at the most, from the beginning of the segment
/// @throw std::system_error as in the table; std::bad_alloc
SegmentPages inspectPages (const detail::Name& name, uint64_t most = UINT64_MAX);

/// Removes the name of a segment that no process has open, in whichever container. The proof is the attach lock: each
/// process that has the segment open holds it, and this function takes it for an instant. A process that opens the name
/// at that moment either gets the complete segment or creates a new one.
/// @return 0, or -1 with lastError as in the table, or:
///     EBUSY          a process has the segment open
///     EAGAIN         another segment has replaced it meanwhile
///     EINVAL         the file is not a segment of this library
///     EBADMSG        it is a queue of a format that this library does not know
///     EPERM, EROFS   the name may not be removed
int removeUnused (const detail::Name& name) noexcept;

/// Removes the name of a segment if `seen`, which inspect () returned, still describes it. Fails with EAGAIN if another
/// file has the name by now, or if a process has pushed or popped since. @return as above
int removeUnused (const SegmentInfo& seen) noexcept;

// --- The public interface ends here. -------------------------------------------------------------------------

// The functions above are inline, so that their exceptions have the generic category of the program, and so that the
// library gets no object of the program's std types.
namespace detail
{
struct SegmentData
{
    uint32_t structSize;  // bytes, of the library's struct
    SegmentKind kind;
    TextData path;
    TextData fault;
    uint64_t size;
    uint64_t allocated;
    uint64_t hugePage;
    uint64_t device;
    uint64_t inode;
    uint64_t createdAt;
    uint32_t owner;
    uint32_t permissions;
    NumberData inUse;
    NumberData users;
    uint32_t version;
    uint32_t compatible;
    uint32_t incompatible;
    uint32_t elementSize;
    uint32_t stride;
    uint32_t slotCount;
    uint64_t capacity;
    uint64_t typeId;
    uint64_t tag;
    uint64_t sequencesOffset;
    uint64_t elementsOffset;
    uint64_t segmentSize;
    int32_t creatorPid;
    bool consumerSleeps;
    bool producerSleeps;
    bool shutDown;
    uint64_t pending;
    uint64_t pushed;
    uint64_t popped;
    uint64_t deaths;
    uint64_t skipped;
    bool elementWatched;
    bool roomWatched;
};

struct SegmentPagesData
{
    uint32_t structSize;  // bytes, of the library's struct
    NumberData pageSize;
    NumberData hugeBytes;
    NodesData nodes;
};

/// The identity and the state of a segment that must not have changed since.
struct SegmentVersion
{
    uint64_t device;
    uint64_t inode;
    uint64_t pushed;
    uint64_t popped;
    bool isQueue;
};

using NameReceiver = void (*) (const char* name, uint64_t size, void* to);
using SegmentReceiver = void (*) (const SegmentData& data, void* to);
using SegmentPagesReceiver = void (*) (const SegmentPagesData& data, void* to);

JOIN_EXPORT void listSegments (NameReceiver take, void* to, const std::error_category& errors);
JOIN_EXPORT void inspect (std::string_view name, SegmentReceiver take, void* to, const std::error_category& errors);
JOIN_EXPORT int64_t inspectProducers (std::string_view name, Producer* list, uint64_t n, uint32_t each) noexcept;
JOIN_EXPORT void inspectPages (std::string_view name, uint64_t most, SegmentPagesReceiver take, void* to,
                               const std::error_category& errors);
JOIN_EXPORT int removeUnused (std::string_view name, const SegmentVersion* seen) noexcept;

JOIN_HIDDEN inline void takeFile (const SegmentData& data, SegmentInfo& info)
{
    info.kind = data.kind;
    info.path = data.path.string ();
    info.fault = data.fault.string ();
    info.size = data.size;
    info.allocated = data.allocated;
    info.hugePage = data.hugePage;
    info.device = data.device;
    info.inode = data.inode;
    info.createdAt = data.createdAt;
    info.owner = data.owner;
    info.permissions = data.permissions;
    info.inUse = data.inUse.optional<bool> ();
    info.users = data.users.optional<uint32_t> ();
}

JOIN_HIDDEN inline void takeSegment (const SegmentData& input, void* to)
{
    const SegmentData data = copyKnown (input);
    SegmentInfo& info = *static_cast<SegmentInfo*> (to);
    takeFile (data, info);
    info.version = data.version;
    info.compatible = data.compatible;
    info.incompatible = data.incompatible;
    info.elementSize = data.elementSize;
    info.stride = data.stride;
    info.slotCount = data.slotCount;
    info.capacity = data.capacity;
    info.typeId = data.typeId;
    info.tag = data.tag;
    info.sequencesOffset = data.sequencesOffset;
    info.elementsOffset = data.elementsOffset;
    info.segmentSize = data.segmentSize;
    info.creatorPid = data.creatorPid;
    info.consumerSleeps = data.consumerSleeps;
    info.producerSleeps = data.producerSleeps;
    info.shutDown = data.shutDown;
    info.pending = data.pending;
    info.pushed = data.pushed;
    info.popped = data.popped;
    info.deaths = data.deaths;
    info.skipped = data.skipped;
    info.elementWatched = data.elementWatched;
    info.roomWatched = data.roomWatched;
}

JOIN_HIDDEN inline void takePages (const SegmentPagesData& input, void* to)
{
    const SegmentPagesData data = copyKnown (input);
    SegmentPages& pages = *static_cast<SegmentPages*> (to);
    pages.pageSize = data.pageSize.optional ();
    pages.hugeBytes = data.hugeBytes.optional ();
    pages.nodes = data.nodes.optional ();
}

JOIN_HIDDEN inline void takeName (const char* name, uint64_t size, void* to)
{
    static_cast<std::vector<std::string>*> (to)->emplace_back (name, static_cast<std::size_t> (size));
}
}  // namespace detail

JOIN_HIDDEN inline std::vector<std::string> segmentNames ()
{
    std::vector<std::string> names;
    detail::listSegments (detail::takeName, &names, std::generic_category ());
    return names;
}

JOIN_HIDDEN inline SegmentInfo inspect (const detail::Name& name)
{
    SegmentInfo info;
    detail::inspect (name.text (), detail::takeSegment, &info, std::generic_category ());
    return info;
}

inline int64_t inspectProducers (const detail::Name& name, Producer* list, uint64_t n) noexcept
{
    return detail::inspectProducers (name.text (), list, n, sizeof (Producer));
}

JOIN_HIDDEN inline std::optional<std::vector<Producer>> inspectProducers (const detail::Name& name)
{
    std::vector<Producer> list (1022);  // the maximum of a queue
    const int64_t count = inspectProducers (name, list.data (), list.size ());
    if (count < 0)
    {
        return {};
    }
    list.resize (static_cast<std::size_t> (count) < list.size () ? static_cast<std::size_t> (count) : list.size ());
    return list;
}

JOIN_HIDDEN inline SegmentPages inspectPages (const detail::Name& name, uint64_t most)
{
    SegmentPages pages;
    detail::inspectPages (name.text (), most, detail::takePages, &pages, std::generic_category ());
    return pages;
}

inline int removeUnused (const detail::Name& name) noexcept
{
    return detail::removeUnused (name.text (), nullptr);
}

inline int removeUnused (const SegmentInfo& seen) noexcept
{
    const std::string_view path = seen.path;
    const detail::SegmentVersion version = {seen.device, seen.inode, seen.pushed, seen.popped, seen.isQueue ()};
    return detail::removeUnused (path.substr (path.rfind ('/') + 1), &version);
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
