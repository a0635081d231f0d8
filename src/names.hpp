// SPDX-License-Identifier: MIT
// Names of segments, and the folders that they are looked for in.
#ifndef JOIN_SRC_NAMES_HPP
#define JOIN_SRC_NAMES_HPP

#include "failure.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
/// A checked name, with its slash.
struct SegmentName
{
    char text[257] = "";
};

/// EINVAL, ENAMETOOLONG; see shm_overview(7). Names that begin with ".joinmem-" are the library's own.
Failure readName (std::string_view given, SegmentName* name) noexcept;

/// Prefix of files that are on their way to a name, where the kernel has no unnamed ones.
constexpr const char* workingPrefix = ".joinmem-";

struct Folder
{
    char path[232] = "";
    std::size_t hugePage = 0;  ///< bytes, of a hugetlbfs; 0: /dev/shm
};

/// /dev/shm first, then the hugetlbfs mounts.
struct Folders
{
    Folder list[9];
    std::size_t count = 0;
    bool read = false;  ///< false: the list of mounts could not be read, and is to be read again
};

/// As read when the process first asked, or `fresh`: mounts hardly ever change, and reading them costs more than
/// making a small segment.
Folders folders (bool fresh = false) noexcept;

/// Whether an error says that there is no such name: a hugetlbfs that this user may not look into, or that is read-only,
/// has none for him.
bool notThere (const Folder& folder, const char* path, int error) noexcept;

/// Whether the folder of a hugetlbfs is one still, and not what an unmount has laid bare.
bool stillHuge (const Folder& folder) noexcept;

struct SegmentPath
{
    SegmentPath (const Folder& folder, const char* name) noexcept;

    char text[512];
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
