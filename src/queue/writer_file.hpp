// SPDX-License-Identifier: MIT
// The second lock file of a queue that some users may only read: they cannot open it, so they cannot lock its bytes.
#ifndef JOIN_SRC_QUEUE_WRITER_FILE_HPP
#define JOIN_SRC_QUEUE_WRITER_FILE_HPP

#include "segment/names.hpp"
#include "queue/lock_file.hpp"

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Whether a file of that mode can be opened by users who may read it and not write to it.
constexpr bool hasReaders (uint32_t permissions) noexcept
{
    return ((permissions & 0044) >> 1 & ~permissions) != 0;
}

/// Problem: a process that can open a file for reading can take read locks on every byte of it. So a reader could keep
/// producers from locking a slot, and garbage collection from locking the attach byte.
///
/// A queue whose mode has read-only bits has a second, empty file in the same folder, which only users who may write to
/// the queue can open. Invariants:
/// 1. Each process that opens the queue holds the attach lock of both files. Garbage collection locks the second one.
/// 2. A slot is locked in the queue's file, or in this one where a reader has a lock on that byte. So a slot has an
///    owner exactly while its byte is write-locked in one of the two files. Read locks prove nothing.
/// 3. The file's name exists before the queue's name and is removed after it. It
///    consists of lockPrefix, the queue's inode number and a random number that is in
///    the queue's header, so no other user can make a file of that name in advance.
class WriterFile
{
public:
    WriterFile () noexcept = default;
    WriterFile (const WriterFile&) = delete;
    WriterFile& operator= (const WriterFile&) = delete;

    /// Removes the name if the queue did not get its own.
    ~WriterFile ()
    {
        release ();
    }

    /// Makes the file for a queue that is about to be made in `segment`, and holds its attach lock.
    Failure create (const File& segment, const SegmentDir& folder, uint32_t permissions) noexcept;

    /// Opens the file of the queue at `path`, and holds its attach lock. @return EAGAIN: the queue is being removed
    Failure open (const File& segment, const char* path, uint64_t number) noexcept;

    /// The queue has got its name: the name of this file stays as well.
    void publish () noexcept
    {
        _published = true;
    }

    void release () noexcept;

    /// release (), and removes the name: the creator has taken the queue's name back.
    void withdraw () noexcept;

    bool exists () const noexcept
    {
        return _number != 0;
    }

    /// The random number in the queue's header; 0: there is no such file.
    uint64_t number () const noexcept
    {
        return _number;
    }

    /// The descriptors by which its slot locks are taken and read.
    LockFile& locks () noexcept
    {
        return _locks;
    }

private:
    Failure attach (const char* path) noexcept;

    LockFile _locks;
    uint64_t _number = 0;
    void* _attached = nullptr;  // the mapping that keeps the attach lock
    std::size_t _bytes = 0;     // of that mapping
    bool _published = true;
    char _path[300] = "";
};

/// The path of the second file of the queue at `path`.
struct WriterFilePath
{
    WriterFilePath (const char* path, uint64_t inode, uint64_t number) noexcept;

    char text[300];
};

/// Removes second lock files of this user whose queue has no name:
/// its creator was killed, or its name was removed by hand.
void removeLeftWriterFiles (const SegmentDir& folder) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
