// SPDX-License-Identifier: MIT
// Files that memory lives in: open(2), linkat(2), fallocate(2), and the attach lease, a lock of fcntl(2).
//
// One call a function (those that cannot fail in a way that matters aside); 0 or an errno comes back.
#ifndef JOIN_SRC_OS_FILES_HPP
#define JOIN_SRC_OS_FILES_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Where the lease of attachment is locked, one byte; those of lanes come behind it. Past any size that a file can have: no
/// read, write or truncation comes near.
constexpr uint64_t leaseOffset = uint64_t (1) << 62;

enum class FileSystem
{
    Tmpfs,
    Hugetlbfs,
    Other,
};

struct FileFacts
{
    bool regular = false;
    bool named = false;  ///< has a name still
    uint32_t owner = 0;
    uint32_t mode = 0;       ///< permissions, and the bits above them, up to 07777
    uint64_t size = 0;       ///< bytes
    uint64_t allocated = 0;  ///< bytes that have pages or blocks
    uint64_t blockSize = 0;  ///< bytes; the huge page of a hugetlbfs
    uint64_t device = 0;
    uint64_t inode = 0;
};

struct Room
{
    FileSystem kind = FileSystem::Other;
    uint64_t total = 0;  ///< bytes; 0: unlimited
    uint64_t free = 0;   ///< bytes
};

/// What is there, without creating, following a link, or waiting for the other side of a FIFO.
int openFile (const char* path, bool writable, int* file) noexcept;

/// The same for its facts alone: what may not be opened is told, too. A symbolic link is no failure, and no regular file.
int openForFacts (const char* path, int* file) noexcept;

/// A file without a name: it vanishes with its last user.
int openUnnamed (const char* folder, int* file) noexcept;

/// A new file of that name, for its owner alone.
int createFile (const char* path, int* file) noexcept;

/// Gives the unnamed file its name; EEXIST when taken. ENOENT where the kernel wants CAP_DAC_READ_SEARCH (before 6.10).
int publish (int file, const char* path) noexcept;

/// The same for everybody, where there is a /proc.
int publishByProc (int file, const char* path) noexcept;

int addName (const char* path, const char* newPath) noexcept;
int removeName (const char* path) noexcept;
int exists (const char* path) noexcept;
int searchable (const char* folder) noexcept;
int closeFile (int file) noexcept;

int factsOf (int file, FileFacts* facts) noexcept;

/// Whether FileFacts::device is that one, as /proc has it.
bool isDevice (uint64_t device, unsigned major, unsigned minor) noexcept;

/// When it was made, where the file system knows that, else when it was last written to by a call: nanoseconds since 1970.
int bornAt (int file, uint64_t* nanoseconds) noexcept;

/// Where there is something from `offset` on: as of SEEK_DATA and SEEK_HOLE of lseek(2). ENXIO: nothing is left.
int nextData (int file, uint64_t offset, uint64_t* begin, uint64_t* end) noexcept;

int roomOf (int file, Room* room) noexcept;
int setMode (int file, uint32_t permissions) noexcept;
int setSize (int file, uint64_t bytes) noexcept;
int allocate (int file, uint64_t offset, uint64_t bytes) noexcept;

/// The attach lease: a shared lock on one byte past any data, on this open file description. It lasts as long as a
/// descriptor or a mapping of the description does. EAGAIN: somebody holds it exclusively.
int holdLease (int file) noexcept;

/// Takes the lease for itself alone; EAGAIN while anybody else is attached.
int holdLeaseAlone (int file) noexcept;

/// Whether the lease is held by anybody but this description. Takes nothing.
int leaseOfOthers (int file, bool* held) noexcept;

/// The lease of a lane, 1 and up, for this description alone; EAGAIN: somebody has it.
int holdLane (int file, uint32_t number) noexcept;

/// Whether anybody has that lease, but by this description. Takes nothing.
int laneHeld (int file, uint32_t number, bool* held) noexcept;

/// The same file by another description, whose locks are its own. ENOENT where there is no /proc.
int openAgain (int file, int* again) noexcept;

/// Bytes of the file from offset on; *got may be fewer. Nothing is mapped, so a hole or an end is no SIGBUS.
int readAt (int file, uint64_t offset, void* bytes, std::size_t count, std::size_t* got) noexcept;

/// Calls visit for each name in the folder that begins with `prefix`.
int eachName (const char* folder, const char* prefix, void (*visit) (const char* name, void* with),
              void* with) noexcept;

/// Whether the kernel takes this user for the owner, whom fstat may show as somebody else in a user namespace: EPERM.
int ownedByUs (int file) noexcept;

uint32_t effectiveUser () noexcept;
int randomBytes (void* bytes, unsigned count) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
