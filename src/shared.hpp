// SPDX-License-Identifier: MIT
// A segment of a name: found and opened, or made and only then named.
#ifndef JOIN_SRC_SHARED_HPP
#define JOIN_SRC_SHARED_HPP

#include "mapping.hpp"
#include "names.hpp"
#include "os/files.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// A descriptor, closed at the end of its scope: a mapping keeps the file, and the lease, without one.
class File
{
public:
    File () noexcept = default;
    File (const File&) = delete;
    File& operator= (const File&) = delete;

    ~File ()
    {
        if (handle != -1)
        {
            os::closeFile (handle);
        }
    }

    int handle = -1;
};

/// Opens the segment of that name: ENOENT there is none; EAGAIN it is about to go, look again.
Failure openShared (Mapping* mapping, const char* name);

/// Makes the segment, whole, and names it last: EEXIST another was first; EAGAIN likewise, look again.
Failure createShared (Mapping* mapping, const char* name);

/// Maps the file, whose size and folder are known, at a place that suits its pages. Touches nothing.
Failure mapShared (Mapping* mapping, const File& file, const Folder& folder);

/// The attach lease, before anything else is done with the file.
Failure takeLease (const File& file, const char* path) noexcept;

/// Whether whole huge pages are to be tried for on this mapping, and how many bytes of them there are.
std::size_t hugePart (const Mapping& mapping) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
