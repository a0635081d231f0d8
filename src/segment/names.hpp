// SPDX-License-Identifier: MIT
// Names of segments, and the folders in which segments are: /dev/shm and the hugetlbfs mounts.
#ifndef JOIN_SRC_SEGMENT_NAMES_HPP
#define JOIN_SRC_SEGMENT_NAMES_HPP

#include "base/failure.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
/// A valid name, with the leading slash.
struct SegmentName
{
    char text[257] = "";
};

/// Checks a name as shm_overview(7) describes it: EINVAL, ENAMETOOLONG. EINVAL also for names of the library's own
/// files (`isOwnName`).
Failure readName (std::string_view input, SegmentName* name) noexcept;

/// The temporary name of a file that does not have its own name yet, for file systems without unnamed files:
/// ".joinmem-" and 16 hexadecimal digits. For a security module that allows files by name, it begins with the segment's
/// name, which is cut if it is too long.
struct WorkingName
{
    /// Chooses a random one.
    /// @param segment the name that it begins with, with the slash, or ""
    explicit WorkingName (const char* segment) noexcept;

    char prefix[256];  ///< without the digits: left-over files of the same segment begin with it
    char text[256];
};

constexpr const char* workingPrefix = ".joinmem-";

bool isWorkingName (std::string_view name) noexcept;

/// Prefix of the names of lock files: see WriterFile.
constexpr const char* lockPrefix = ".joinmem.lock-";

/// Whether a file of that name, without a slash, is one of the library's own files and not a segment.
bool isOwnName (std::string_view name) noexcept;

struct SegmentDir
{
    char path[232] = "";
    std::size_t hugePage = 0;  ///< page size of a hugetlbfs, bytes; 0: the folder is /dev/shm
};

/// The folders: /dev/shm first, then at most 8 hugetlbfs mounts. The mounts are on the heap, since stacks may be small.
class SegmentDirs
{
public:
    static constexpr std::size_t most = 9;

    SegmentDirs () noexcept = default;

    std::size_t count () const noexcept
    {
        return _count;
    }

    const SegmentDir& operator[] (std::size_t i) const noexcept
    {
        return i == 0 ? shared : _pools[i - 1];
    }

    /// False: the list of mounts could not be read; the next call reads it again.
    bool read = false;

    /// @return false if there is no room, or no memory, for another one
    bool add (const SegmentDir& pool) noexcept;

    /// Returns a copy; without memory it lacks hugetlbfs mounts.
    SegmentDirs copy () const noexcept;

private:
    static const SegmentDir shared;  // /dev/shm

    std::unique_ptr<SegmentDir[]> _pools;
    std::size_t _count = 1;
};

/// The folders as the process first read them: mounts hardly ever change, and reading them costs more than making a
/// small segment.
/// @param fresh read them again
SegmentDirs segmentDirs (bool fresh = false) noexcept;

/// Whether an error means that the name does not exist there. A hugetlbfs that this user may not search has no names
/// for it; nor has a read-only one without that file.
bool notThere (const SegmentDir& folder, const char* path, int error) noexcept;

/// Whether the folder of a hugetlbfs is still one, and not the folder that an unmount has uncovered.
bool stillHuge (const SegmentDir& folder) noexcept;

struct SegmentPath
{
    SegmentPath (const SegmentDir& folder, const char* name) noexcept;

    char text[512];
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
