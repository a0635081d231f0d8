// SPDX-License-Identifier: MIT
/// Memory that is fast at the first touch: private (LocalMem), or shared between processes by name (ShmMem). Sizes and
/// offsets are bytes; NUMA nodes have the kernel's numbers.
///
///     LocalMem scratch (64 << 20);                       // 64 MiB, on huge pages where the machine has them
///     ShmMem ticks (1 << 20, "/ticks");                  // in both processes: the first one creates the segment
///     auto* book = static_cast<Book*> (ticks.get (64));  // throws past the end; costs a compare and an add
///     if (ticks.mbind (1) == -1) warn (lastError.message ());
///     ShmMem::unlink ("/ticks");                         // until then the name and its bytes stay
#ifndef JOIN_MEMORY_HPP
#define JOIN_MEMORY_HPP

#include <join/detail/name.hpp>
#include <join/error.hpp>
#include <join/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// <join/placement.hpp> specialises it for Placement.
template <typename Report>
struct ReportReader
{
    static_assert (std::is_void<Report>::value, "a program that calls placement () includes <join/placement.hpp>");
};
}  // namespace detail

/// The common base of LocalMem and ShmMem: one mapping, which can be moved and not copied. Programs construct objects
/// of those two classes.
///
/// Errors that several members report through lastError:
///     EBADF   the object is empty: it was moved from, or make () failed
///     ENOMEM  no room on the node, in the machine, in a cgroup or under RLIMIT_MEMLOCK
///     EPERM   the kernel or a seccomp filter forbids the call
///     ENOSYS  the kernel, or this build of the library, has no NUMA support
///
/// Thread safety: that of a container: const members may run at the same time, all others need exclusive access. The
/// program synchronises access to the bytes. Since: 0.1
class JOIN_EXPORT Memory
{
public:
    Memory (const Memory&) = delete;
    Memory& operator= (const Memory&) = delete;

    /// Returns the address of the byte at `offset` (bytes), valid until the object is destroyed or assigned to.
    /// @throw std::runtime_error the object is empty; std::out_of_range `offset` is at or past size ()
    void* get (uint64_t offset = 0)
    {
        return address (offset);
    }

    /// Returns the same address for reading: memory that was opened read-only can be read and not written.
    const void* get (uint64_t offset = 0) const
    {
        return address (offset);
    }

    /// Whether the object has memory: false if it was moved from, or is the result of a make () that failed.
    explicit operator bool () const noexcept
    {
        return _state != nullptr;
    }

    /// Returns the requested bytes, rounded up to base pages whatever page size backs them; 0 for an empty object.
    uint64_t size () const noexcept
    {
        return _size;
    }

    /// Binds the memory to NUMA node `node`: moves the pages that exist, checks where they are, and makes the kernel
    /// place later ones there. On tmpfs the policy belongs to the segment, for all processes. See mbind(2),
    /// move_pages(2).
    /// @return 0, or -1 with lastError as in the table, and:
    ///     EINVAL  the node does not exist, is offline, has no memory or is outside the cpuset; nothing has moved
    ///     EBUSY   some pages could not be moved (the message counts them); the policy stays set
    int mbind (int node) const noexcept;

    /// Locks all pages in RAM, and brings in those that do not exist yet. See mlock(2).
    /// @return 0, or -1 with lastError as in the table, or EAGAIN from the kernel; the message names RLIMIT_MEMLOCK
    int mlock () const noexcept;

    /// Undoes mlock () and MemOptions::lock. @return 0, or -1 with lastError as in the table
    int munlock () const noexcept;

    /// Asks the kernel for the size of the smallest page that now backs any part of the memory. For example, if 3 MiB
    /// are one huge page followed by base pages, the result is 4096, and placement ().hugeBytes reports the huge part.
    /// @return bytes, or 0 with lastError: EBADF; ENODATA no page exists yet, or /proc/self/smaps cannot be read
    uint64_t pageSize () const noexcept;

    /// Finds the NUMA node of the page at `offset` (bytes), without faulting a page in.
    /// @return the node, or -1 with lastError as in the table, or: ENOENT no page exists there yet; ERANGE past the end
    int nodeOf (uint64_t offset = 0) const noexcept;

    /// Reports what was requested, what was obtained, and why they differ. Reads /proc: microseconds to milliseconds.
    /// The program includes <join/placement.hpp>.
    /// @throw std::runtime_error the object is empty; std::bad_alloc
    template <typename Report = Placement>
    Report placement () const
    {
        Report placement;
        report (detail::ReportReader<Report>::take, &placement);
        return placement;
    }

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
    void report (detail::PlacementReceiver take, void* to) const;
};

/// Private anonymous memory, all zero at first. After fork (2) the child has a copy of its own, made on write.
///
/// Errors of the constructors and of make (), besides those of mbind () and mlock () where MemOptions requests these:
///     EINVAL  a size of 0, or an invalid option
///     ENOMEM  more than the machine, a cgroup or RLIMIT_AS leaves, or required huge pages are not available
///
/// Thread safety: as Memory. Since: 0.1
class JOIN_EXPORT LocalMem : public Memory
{
public:
    /// Queues over this memory: include <join/queue.hpp> and write LocalMem::Spsc::Queue<T>.
    using Spsc = BasicSpsc<LocalMem>;
    using Mpsc = BasicMpsc<LocalMem>;
    using Mpmc = BasicMpmc<LocalMem>;

    /// Maps `size` bytes, at least 1, rounded up to base pages.
    /// @throw std::system_error as in the table; std::bad_alloc
    JOIN_HIDDEN explicit LocalMem (uint64_t size);
    JOIN_HIDDEN LocalMem (uint64_t size, const MemOptions& options);
    LocalMem (LocalMem&& other) noexcept = default;
    LocalMem& operator= (LocalMem&& other) noexcept = default;
    ~LocalMem () = default;

    /// Does the same without exceptions. @return the memory, or an empty object with lastError
    static LocalMem make (uint64_t size) noexcept;
    static LocalMem make (uint64_t size, const MemOptions& options) noexcept;

private:
    LocalMem () noexcept = default;
    LocalMem (uint64_t size, const MemOptions& options, const std::error_category& errors);
};

/// POSIX shared memory with a name, zero when created; see shm_overview(7). A segment gets its name last, so that no
/// process opens an incomplete one, and has the name until unlink (). Processes that race to create or open a segment
/// all get the same one. A name is 1 to 255 bytes without '/', after an optional leading one: "/ticks" and "ticks" are
/// the same. The library marks its files by the attribute user.joinmem or, if the file system has no attributes, by the
/// mode bit 01000 ("T" in ls -l).
///
/// Errors of the constructors and of make (), besides those of mbind () and mlock () where MemOptions requests these:
///     EINVAL         a size of 0, a bad name or option; the file of that name has another size, is a queue, or is no
///                    regular file
///     ENAMETOOLONG   the name has more than 255 bytes
///     EEXIST         CreateOnly, and the name exists
///     ENOENT         OpenOnly, and the name does not exist; or /dev/shm is missing
///     EACCES         the segment is another user's and MemOptions::permissions excludes it, or the kernel refuses
///     ENOSPC, EFBIG  /dev/shm is too full; the segment is past RLIMIT_FSIZE
///     ENOMEM         as for LocalMem
///     ELOOP, EISDIR  the name is that of a symbolic link; of a directory
///     EROFS, EMFILE  /dev/shm is read-only; the process has used up its descriptors
///     EBUSY          the name keeps appearing and disappearing
///
/// Thread safety: as Memory; unlink () may run in any thread at any time. Since: 0.1
class JOIN_EXPORT ShmMem : public Memory
{
public:
    /// Queues over this memory: include <join/queue.hpp> and write ShmMem::Spsc::Queue<T>.
    using Spsc = BasicSpsc<ShmMem>;
    using Mpsc = BasicMpsc<ShmMem>;
    using Mpmc = BasicMpmc<ShmMem>;

    /// Creates the segment, or opens the existing one of that name, whichever program made it. Never opens a queue.
    /// @param size bytes, rounded up to base pages; an existing file must have this size, rounded up or not; with
    ///     OpenOnly, 0 takes the size of the file
    /// @throw std::system_error as in the table; std::overflow_error (not a system_error) the size is past
    ///     off_t; std::bad_alloc
    JOIN_HIDDEN ShmMem (uint64_t size, const detail::Name& name);
    JOIN_HIDDEN ShmMem (uint64_t size, const detail::Name& name, const MemOptions& options);
    ShmMem (ShmMem&& other) noexcept = default;
    ShmMem& operator= (ShmMem&& other) noexcept = default;
    ~ShmMem () = default;

    /// Does the same without exceptions. @return the memory, or an empty object with lastError (EOVERFLOW: past off_t)
    static ShmMem make (uint64_t size, const detail::Name& name) noexcept;
    static ShmMem make (uint64_t size, const detail::Name& name, const MemOptions& options) noexcept;

    /// Returns the name with its leading slash, valid until the object is moved or destroyed; "" for an empty object.
    std::string_view name () const noexcept;

    /// Whether this object created the segment: false when it existed before, and for an empty object.
    bool created () const noexcept;

    /// Checks by one lstat (2) whether the name still refers to this segment. Another program may have removed it, as
    /// systemd's RemoveIPC= does at logout; a process that opens the name then creates another segment.
    /// @return 1; 0 the name is gone or refers to another segment; -1 with lastError: EBADF; ENOENT, EACCES its
    ///     directory is out of reach, as after chroot (2)
    int named () const noexcept;

    /// Initialises a segment once: the first process to call this runs `construct ()`, and others wait until that
    /// returns. `construct ()` must not call initialise (). If it throws, or its process dies, the next caller runs
    /// it, on the bytes as they are.
    /// @param ready offset (bytes, a multiple of 4) of 4 bytes that are zero in a new segment, and that the program
    ///     does not use
    /// @return 1 this call ran it; 0 it had run before; -1 with lastError: EBADF; EINVAL, ERANGE a bad offset; ENOENT
    ///     the name was removed; EROFS read-only, and not initialised yet; or an error of opening the segment
    template <typename Construct>
    int initialise (Construct&& construct, uint64_t ready = 0);

    /// Removes the name; processes that have the segment open keep it.
    /// @return 0, also where the name does not exist; -1 with lastError: EINVAL, ENAMETOOLONG; EACCES, EPERM, EROFS
    static int unlink (const detail::Name& name) noexcept;

private:
    ShmMem () noexcept = default;
    ShmMem (uint64_t size, std::string_view name, const MemOptions& options, const std::error_category& errors);
    static ShmMem makeNamed (uint64_t size, std::string_view name, const MemOptions& options) noexcept;
    static int unlinkNamed (std::string_view name) noexcept;

    friend class Initialisation;  // of the C ABI

    int beginInitialise (uint64_t ready) noexcept;
    int endInitialise (uint64_t ready, bool constructed) noexcept;
};

/// Does for any memory of this process what Memory::mbind () does for its own; faults no page in. Any thread.
/// @param ptr an address on a page boundary
/// @param size bytes, rounded up to pages
/// @return as Memory::mbind (), or EFAULT null, or not all mapped; EINVAL not on a page boundary, size 0
JOIN_EXPORT int mbind (void* ptr, uint64_t size, int node) noexcept;

/// Calls mlock(2) for `size` bytes. Any thread. @return as Memory::mlock (), or EFAULT null; EINVAL size 0
JOIN_EXPORT int mlock (void* ptr, uint64_t size) noexcept;

/// Accepts a pointer of any type, so that after `using namespace join` a call is not ambiguous with mlock(2). Arguments
/// that are exactly a const void* and a size_t still call mlock(2).
template <typename T, typename Size, typename = std::enable_if_t<std::is_integral<Size>::value>>
int mlock (T* ptr, Size size) noexcept
{
    return mlock (const_cast<void*> (static_cast<const void*> (ptr)), static_cast<uint64_t> (size));
}

/// Whether memory is backed by huge pages.
enum class HugePages : uint32_t
{
    Prefer = 0,   ///< where they cost no extra memory: for memory of at least one huge page
    Never = 1,    ///< base pages only
    Require = 2,  ///< all of the memory, or an error; a small segment is backed by a whole huge page
};

/// Whether a name is created, opened, or either.
enum class OpenMode : uint32_t
{
    CreateOrOpen = 0,
    CreateOnly = 1,
    OpenOnly = 2,
};

/// How memory is created or opened. Later versions append fields; structSize states which of them a program has.
/// Since: 0.1
struct MemOptions
{
    uint32_t structSize;                 ///< bytes, set by the constructor
    HugePages huge = HugePages::Prefer;  ///< whether to use huge pages
    uint64_t hugePageSize = 0;           ///< size of a huge page in bytes: 0 the system's default, else 2 MiB, ...
    int32_t numaNode = -1;               ///< NUMA node, bound before the first touch; -1: not bound
    OpenMode openMode = OpenMode::CreateOrOpen;  ///< ShmMem
    /// ShmMem: mode of a new segment, regardless of the umask; 0 means 0600. It also decides which existing segments can be
    /// opened: always those of this user; with bits for others, those of any user; with bits for the group alone, also
    /// those that belong to a group of this user and admit no more users than these bits do.
    uint32_t permissions = 0600;
    bool prefault = true;   ///< all pages exist when the constructor returns; false: a page is made when it is first
                            ///< touched. A segment may then be larger than its file system has room for, and a touch
                            ///< raises SIGBUS once that is full
    bool lock = false;      ///< lock the pages in RAM, or fail
    bool readOnly = false;  ///< ShmMem with OpenOnly: map for reading
    bool onlyOurs = false;  ///< ShmMem: fail with EINVAL for a file that another program made

    MemOptions () noexcept
    : structSize (sizeof (MemOptions))
    {
    }
};

// --- The public interface ends here. -------------------------------------------------------------------------

// Inline, so that the exception of a constructor has the generic category of the program and not that of the library.
inline LocalMem::LocalMem (uint64_t size)
: LocalMem (size, MemOptions (), std::generic_category ())
{
}

inline LocalMem::LocalMem (uint64_t size, const MemOptions& options)
: LocalMem (size, options, std::generic_category ())
{
}

inline ShmMem::ShmMem (uint64_t size, const detail::Name& name)
: ShmMem (size, name.text (), MemOptions (), std::generic_category ())
{
}

inline ShmMem::ShmMem (uint64_t size, const detail::Name& name, const MemOptions& options)
: ShmMem (size, name.text (), options, std::generic_category ())
{
}

inline ShmMem ShmMem::make (uint64_t size, const detail::Name& name) noexcept
{
    return makeNamed (size, name.text (), MemOptions ());
}

inline ShmMem ShmMem::make (uint64_t size, const detail::Name& name, const MemOptions& options) noexcept
{
    return makeNamed (size, name.text (), options);
}

template <typename Construct>
int ShmMem::initialise (Construct&& construct, uint64_t ready)
{
    struct End
    {
        ShmMem& memory;
        uint64_t ready;
        bool constructed;

        ~End ()
        {
            memory.endInitialise (ready, constructed);
        }
    };
    const int first = beginInitialise (ready);
    if (first == 1)
    {
        End end {*this, ready, false};
        construct ();
        end.constructed = true;
    }
    return first;
}

inline int ShmMem::unlink (const detail::Name& name) noexcept
{
    return unlinkNamed (name.text ());
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
