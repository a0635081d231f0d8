// SPDX-License-Identifier: MIT
// A segment of a name: found and opened, or made and only then named.
#ifndef JOIN_SRC_SHARED_HPP
#define JOIN_SRC_SHARED_HPP

#include "mapping.hpp"
#include "names.hpp"
#include "os/files.hpp"

#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
/// In a segment's mode: that it is one of ours, where its bytes do not tell. Linux has no use for the bit on a regular file,
/// see inode(7).
constexpr uint32_t ourMark = 01000;

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

/// What a segment holds where it is more than zeros. It is written before the segment has a name, and looked at, without
/// mapping it, before it is used.
class Content
{
public:
    /// The bytes of `head` are there, whatever prefault says.
    virtual void write (char* base) noexcept = 0;

    /// Of a segment that is there. *bytes: what is to be mapped of its `size`.
    virtual Failure examine (const File& file, uint64_t size, const char* path, std::size_t* bytes) noexcept = 0;

    /// May take the descriptor over, of the description that the mapping has.
    virtual void keep (File* file) noexcept = 0;

    std::size_t head = 0;  ///< bytes that `write` writes, from the base on

protected:
    ~Content () = default;
};

/// Opens or makes the segment, until one of the two is done: fills in the mapping, whose `asked` and `content` are set.
/// @throw std::overflow_error, std::bad_alloc
Failure makeShared (uint64_t size, std::string_view name, Mapping* mapping);

/// The last steps before a name: the content, and the lock.
Failure complete (Mapping* mapping);

/// Opens the segment of that name: ENOENT there is none; EAGAIN it is about to go, look again.
Failure openShared (Mapping* mapping, const char* name);

/// Makes the segment, whole, and names it last: EEXIST another was first; EAGAIN likewise, look again.
Failure createShared (Mapping* mapping, const char* name);

/// Maps the file, whose size and folder are known, at a place that suits its pages. Touches nothing.
Failure mapShared (Mapping* mapping, const File& file, const Folder& folder);

/// The attach lease, before anything else is done with the file.
Failure takeLease (const File& file, const char* path) noexcept;

/// The content, if any, may keep the descriptor. No failure.
Failure keepFile (const Mapping& mapping, File* file) noexcept;

/// Whether whole huge pages are to be tried for on this mapping, and how many bytes of them there are.
std::size_t hugePart (const Mapping& mapping) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
