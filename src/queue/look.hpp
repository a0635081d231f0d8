// SPDX-License-Identifier: MIT
// A segment that is looked at and not used: its file, and what is read from it.
#ifndef JOIN_SRC_QUEUE_LOOK_HPP
#define JOIN_SRC_QUEUE_LOOK_HPP

#include "names.hpp"
#include "os/files.hpp"
#include "queue/format.hpp"

#include <join/inspect.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// The file of a segment, open for reading, without a lease.
class Look
{
public:
    /// Of the first folder that has the name. ENOENT; EACCES, EAGAIN (somebody has a lease of fcntl(2) on it), ELOOP, ENXIO,
    /// ...: it is there, and its facts are.
    Failure open (std::string_view name, bool writable = false) noexcept;

    /// Whether what the file system tells of it is known, though it could not be opened.
    bool seen () const noexcept
    {
        return _path[0] != '\0';
    }

    /// The queue's header, checked: EBADMSG it is none, or a damaged one.
    Failure readFormat (QueueFormat* format) noexcept;

    /// Bytes of the file that are all there; EBADMSG it is shorter.
    Failure read (uint64_t offset, void* bytes, std::size_t count) const noexcept;

    /// One word or counter. 0 where the file has been cut short meanwhile.
    uint64_t word (uint64_t offset) const noexcept;

    const char* path () const noexcept
    {
        return _path;
    }

    File file;
    os::FileFacts facts;
    Folder folder;
    detail::Identity identity = {};

private:
    Failure openIn (const Folder& place, const char* name, bool writable) noexcept;

    char _path[512] = "";
};

/// Whether the file has the mark by which ours are known where their bytes do not tell.
bool isMarked (const os::FileFacts& facts) noexcept;

/// Where the word of that ticket is, shifted as in a word.
uint64_t wordOffset (const QueueFormat& format, uint64_t ticket) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
