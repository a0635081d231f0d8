// SPDX-License-Identifier: MIT
/// Memory that is fast at the first touch: private (LocalMem), or shared by name between processes (ShmMem).
///
///     LocalMem scratch (64 << 20);                       // 64 MiB, on huge pages where the machine has them
///     ShmMem ticks (1 << 20, "/ticks");                  // in both processes, whichever comes first
///     auto* book = static_cast<Book*> (ticks.get (64));  // throws past the end; a compare and an add
///     if (ticks.mbind (1) == -1) warn (lastError.message ());
///     ShmMem::unlink ("/ticks");                         // until then the name and its bytes stay
///
/// Sizes and offsets are bytes, nodes are the kernel's numbers. One object is for one thread at a time, as a container
/// is: const members may run side by side, and what get () returned is the program's own to synchronise.
#ifndef JOIN_MEMORY_HPP
#define JOIN_MEMORY_HPP

#include <join/detail/array.hpp>
#include <join/detail/maybe.hpp>
#include <join/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
struct MemOptions;
struct Placement;

// The queues of <join/queue.hpp>.
template <typename Memory>
struct BasicSpsc;
template <typename Memory>
struct BasicMpsc;
template <typename Memory>
struct BasicMpmc;

/// What LocalMem and ShmMem have in common: a mapping, moved and never copied. Not made by itself.
class JOIN_EXPORT Memory
{
public:
    Memory (const Memory&) = delete;
    Memory& operator= (const Memory&) = delete;

    /// The address of the byte at `offset`, good until the object is destroyed or assigned to. Inline; any thread.
    /// @throw std::runtime_error nothing is mapped (moved from); std::out_of_range at or past size ()
    void* get (uint64_t offset = 0)
    {
        return address (offset);
    }

    /// The same to read from; the way in where the memory was opened read-only.
    const void* get (uint64_t offset = 0) const
    {
        return address (offset);
    }

    /// Bytes as asked for, rounded up to base pages, whatever backs them; 0 when moved from.
    uint64_t size () const noexcept
    {
        return _size;
    }

    /// Puts every page on NUMA node `node`, those touched before too, and checks that they are there; pages that come
    /// later go there as well. The policy of a segment is everybody's, on tmpfs. See mbind(2), move_pages(2).
    /// @return 0, or -1 with lastError: EINVAL no such node, or without memory, offline or outside the cpuset (nothing
    ///     moved); EBUSY some pages could not be moved, as many as the message says (the policy stays set); ENOMEM no
    ///     room there; EBADF moved from; ENOSYS the kernel or this build has no NUMA; EPERM as a seccomp filter says
    int mbind (int node) noexcept;

    /// Keeps all pages in RAM, see mlock(2). Those not there yet are brought in.
    /// @return 0, or -1 with lastError: ENOMEM, EPERM, EAGAIN as the kernel says, the message naming RLIMIT_MEMLOCK;
    ///     ENOMEM too where the machine has no room; EBADF moved from
    int mlock () noexcept;

    /// Takes mlock () back. @return 0, or -1 with lastError: EBADF moved from
    int munlock () noexcept;

    /// The smallest page that backs any part now, in bytes, read from the kernel. 3 MiB are one huge page and base pages
    /// behind it: so 4096, and placement ().hugeBytes tells the rest.
    /// @return 0 with lastError: EBADF moved from; ENODATA where it cannot be known here
    uint64_t pageSize () const noexcept;

    /// The NUMA node that the page at `offset` is on. Faults nothing in.
    /// @return the node, or -1 with lastError: ENOENT no page there yet; ERANGE past the end; EBADF; ENOSYS; EPERM
    int nodeOf (uint64_t offset = 0) const noexcept;

    /// What was asked for, what was got, and why they differ. Reads /proc: microseconds to milliseconds.
    /// @throw std::runtime_error moved from; std::bad_alloc
    Placement placement () const;

protected:
    struct State;

    Memory () noexcept = default;
    Memory (Memory&& other) noexcept;
    Memory& operator= (Memory&& other) noexcept;
    ~Memory ();

    void* _base = nullptr;
    uint64_t _size = 0;
    State* _state = nullptr;

private:
    void* address (uint64_t offset) const
    {
        if (offset < _size)
        {
            return static_cast<char*> (_base) + offset;
        }
        throwBadOffset (offset);
    }

    [[noreturn]] void throwBadOffset (uint64_t offset) const;
    void report (Placement& placement) const;
};

/// Private anonymous memory, all zero, of this process alone. A forked child has its own copy, made on write.
class JOIN_EXPORT LocalMem : public Memory
{
public:
    /// Queues over this memory: include <join/queue.hpp> and write LocalMem::Spsc::Queue<T>.
    using Spsc = BasicSpsc<LocalMem>;
    using Mpsc = BasicMpsc<LocalMem>;
    using Mpmc = BasicMpmc<LocalMem>;

    /// @param size bytes, rounded up to base pages; at least 1
    /// @throw std::system_error EINVAL size 0 or an option that is none; ENOMEM more than the machine, a cgroup or
    ///     RLIMIT_AS leaves, or huge pages required that cannot be had; std::bad_alloc
    explicit LocalMem (uint64_t size);
    LocalMem (uint64_t size, const MemOptions& options);
    LocalMem (LocalMem&& other) noexcept = default;
    LocalMem& operator= (LocalMem&& other) noexcept = default;
    ~LocalMem () = default;
};

/// POSIX shared memory of a name, zero when made. It is there for others when the constructor returns, whole, and stays
/// until unlink (). Racing creators and openers all get one segment. A name is 1 to 255 bytes without '/', after an
/// optional leading one; "/ticks" and "ticks" are the same. See shm_overview(7). The mode of its file has the bit 01000
/// beside the permissions, by which it is told from others' files ("T" in ls -l).
class JOIN_EXPORT ShmMem : public Memory
{
public:
    /// Queues over this memory: include <join/queue.hpp> and write ShmMem::Spsc::Queue<T>.
    using Spsc = BasicSpsc<ShmMem>;
    using Mpsc = BasicMpsc<ShmMem>;
    using Mpmc = BasicMpmc<ShmMem>;

    /// Creates the segment, or opens the one of that name.
    /// @param size bytes, rounded up to base pages; an existing segment must have it; 0 with OpenOnly: what it has
    /// @throw std::system_error EINVAL size 0, a bad name or option, a segment of another size; ENAMETOOLONG; ENOSPC
    ///     /dev/shm is too full; ENOMEM more than the machine or a cgroup leaves, or huge pages required that cannot be
    ///     had; EACCES somebody else's segment; EEXIST, ENOENT by open mode; ELOOP a symbolic link; EISDIR a folder;
    ///     ENOENT, EROFS no /dev/shm or a read-only one; EMFILE; EFBIG RLIMIT_FSIZE; EBUSY a name that comes and goes;
    ///     as of mbind () and mlock () where a node or a lock is asked for
    /// @throw std::overflow_error a size past off_t (a std::runtime_error, and no std::system_error); std::bad_alloc
    ShmMem (uint64_t size, std::string_view name);
    ShmMem (uint64_t size, std::string_view name, const MemOptions& options);
    ShmMem (uint64_t size, const char* name);
    ShmMem (uint64_t size, const char* name, const MemOptions& options);
    ShmMem (ShmMem&& other) noexcept = default;
    ShmMem& operator= (ShmMem&& other) noexcept = default;
    ~ShmMem () = default;

    /// With its leading slash; empty when moved from. Good until the object is moved or destroyed.
    std::string_view name () const noexcept;

    /// Whether this call made the segment; false when it was there before, or moved from.
    bool created () const noexcept;

    /// Removes the name; those who have the segment open keep it. Any thread.
    /// @return 0, where there is none too, or -1 with lastError: EINVAL, ENAMETOOLONG bad names; EACCES, EPERM, EROFS
    static int unlink (std::string_view name) noexcept;
    static int unlink (const char* name) noexcept;
};

/// mbind (node) for any memory of this process: `ptr` on a page boundary, `size` bytes, rounded up to pages. Touched
/// pages are moved and checked, untouched ones are bound and not faulted in.
/// @return 0, or -1 with lastError: EFAULT null, or not all mapped; EINVAL not on a page boundary, size 0; or as mbind ()
JOIN_EXPORT int mbind (void* ptr, uint64_t size, int node) noexcept;

/// mlock(2) with a message that names the limit. @return 0, or -1 with lastError: EFAULT null; EINVAL size 0; or as mlock ()
JOIN_EXPORT int mlock (const void* ptr, uint64_t size) noexcept;

enum class HugePages : uint32_t
{
    Prefer = 0,   ///< wherever they cost no memory: from one huge page upwards
    Never = 1,    ///< base pages
    Require = 2,  ///< all of it, or the constructor throws; a small segment is backed by a whole huge page
};

enum class OpenMode : uint32_t
{
    CreateOrOpen = 0,
    CreateOnly = 1,
    OpenOnly = 2,
};

/// How memory is made. Fields are only ever added at the end; structSize tells an old program's from a new one's.
struct MemOptions
{
    uint32_t structSize;                     ///< bytes, set by the constructor
    HugePages huge = HugePages::Prefer;      ///< whether to be on huge pages
    uint64_t pageSize = 0;                   ///< which, bytes: 0 the system's default, else 2 MiB, 1 GiB, ...
    int32_t node = -1;                       ///< NUMA node, bound before the first touch; -1: not bound
    OpenMode mode = OpenMode::CreateOrOpen;  ///< ShmMem
    uint32_t permissions = 0600;             ///< ShmMem: of a segment that is made, whatever the umask; 0: 0600.
                                             ///< Bits for group or others let a segment of another user be opened
    bool prefault = true;                    ///< every page is there when the constructor returns
    bool lock = false;                       ///< mlock, or throw
    bool readOnly = false;                   ///< ShmMem with OpenOnly: map for reading
    uint8_t reserved = 0;                    ///< stays 0

    MemOptions () noexcept
    : structSize (sizeof (MemOptions))
    {
    }
};

/// A step that was tried and failed: why memory is not as it was asked for.
struct Fallback
{
    int error = 0;       ///< errno; 0 where it was a decision
    std::string reason;  ///< a sentence
};

struct NodeBytes
{
    int node = 0;
    uint64_t bytes = 0;
};

/// What placement () reports; moved, not copied. A Maybe without a value (has_value (), *): cannot be known here. nodes and fallbacks
/// are ranges: begin (), end (), size (), [].
struct Placement
{
    uint32_t structSize;                            ///< bytes, set by the constructor
    HugePages askedHuge = HugePages::Prefer;        ///< as in MemOptions, and so the next four
    uint64_t askedPageSize = 0;                     ///<
    int32_t askedNode = -1;                         ///< mbind () changes it
    bool askedPrefault = true;                      ///<
    bool askedLock = false;                         ///< mlock (), munlock () change it
    bool shared = false;                            ///< ShmMem
    bool created = true;                            ///< this object made the memory
    uint64_t size = 0;                              ///< bytes, size ()
    std::string name;                               ///< with its slash; empty where local
    std::string backing;                            ///< "anonymous", "pool", "tmpfs", "hugetlbfs" or "file"
    detail::Maybe<uint64_t> pageSize;               ///< the smallest page that backs any part, bytes
    detail::Maybe<uint64_t> hugeBytes;              ///< on huge pages as this process maps them, bytes
    detail::Maybe<uint64_t> residentBytes;          ///< in RAM and mapped by this process, bytes
    detail::Maybe<uint64_t> lockedBytes;            ///< kept there by mlock, bytes
    detail::Maybe<detail::Array<NodeBytes>> nodes;  ///< resident bytes by NUMA node; nodes with none are left out
    detail::Array<Fallback> fallbacks;              ///< as they happened; empty: what was asked was got

    Placement () noexcept
    : structSize (sizeof (Placement))
    {
    }
};

// --- The public interface ends here. -------------------------------------------------------------------------

inline Placement Memory::placement () const
{
    Placement placement;
    report (placement);
    return placement;
}

namespace detail
{
// A null name is as good as an empty one: both are refused with EINVAL.
inline std::string_view nameOf (const char* name) noexcept
{
    return name != nullptr ? std::string_view (name) : std::string_view ();
}
}  // namespace detail

inline ShmMem::ShmMem (uint64_t size, const char* name)
: ShmMem (size, detail::nameOf (name))
{
}

inline ShmMem::ShmMem (uint64_t size, const char* name, const MemOptions& options)
: ShmMem (size, detail::nameOf (name), options)
{
}

inline int ShmMem::unlink (const char* name) noexcept
{
    return unlink (detail::nameOf (name));
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
