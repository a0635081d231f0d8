// SPDX-License-Identifier: MIT
// The files of segments: open(2), linkat(2), fallocate(2); and their locks: OFD locks of fcntl(2), which belong to an
// open file description, and which the kernel releases when its last descriptor and mapping are gone.
//
// Each function makes one system call, not counting those that cannot fail in a way that matters, and returns 0 or an
// errno of that call.
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
/// The offset of the attach lock's byte; the bytes of the slot locks follow it. It is past any size that a file can
/// have, so no read, write or truncation reaches it.
constexpr uint64_t lockOffset = uint64_t (1) << 62;

enum class FileSystem
{
    Tmpfs,
    Hugetlbfs,
    Other,
};

struct FileFacts
{
    bool regular = false;
    bool named = false;  ///< still has a name
    uint32_t owner = 0;
    uint32_t group = 0;
    uint32_t mode = 0;       ///< permissions and the bits above them, up to 07777
    uint64_t size = 0;       ///< bytes
    uint64_t allocated = 0;  ///< bytes that have pages or blocks
    uint64_t blockSize = 0;  ///< bytes; on a hugetlbfs the size of its pages
    uint64_t device = 0;
    uint64_t inode = 0;
};

struct Room
{
    FileSystem kind = FileSystem::Other;
    uint64_t total = 0;  ///< bytes; 0: unlimited
    uint64_t free = 0;   ///< bytes
};

/// Opens an existing file, without creating it, following a symbolic link, or waiting for the other side of a FIFO.
int openFile (const char* path, bool writable, int* file) noexcept;

/// Opens a file with O_PATH, for its facts alone, which needs no permission for the file. A symbolic link succeeds, and
/// is not a regular file.
int openForFacts (const char* path, int* file) noexcept;

/// Creates a file without a name, which vanishes with its last user.
int openUnnamed (const char* folder, int* file) noexcept;

/// Creates a file of that name, which only its owner may open.
int createFile (const char* path, int* file) noexcept;

/// Names an unnamed file. EEXIST: the name is taken. ENOENT: the kernel requires CAP_DAC_READ_SEARCH (before 6.10).
int publish (int file, const char* path) noexcept;

/// Does the same without a capability, but needs /proc.
int publishByProc (int file, const char* path) noexcept;

int addName (const char* path, const char* newPath) noexcept;
int removeName (const char* path) noexcept;
int exists (const char* path) noexcept;
int searchable (const char* folder) noexcept;

/// Whether the folder's mode allows this user to create files in it.
int writable (const char* folder) noexcept;
int closeFile (int file) noexcept;

int factsOf (int file, FileFacts* facts) noexcept;

/// Does the same by name, without following a symbolic link.
int factsAt (const char* path, FileFacts* facts) noexcept;

/// Whether FileFacts::device has that major and minor number, as /proc shows them.
bool isDevice (uint64_t device, unsigned major, unsigned minor) noexcept;

/// The time of creation if the file system records it, else of the last write by a system call: nanoseconds since 1970.
int bornAt (int file, uint64_t* nanoseconds) noexcept;

/// The next range with data from `offset` on, by SEEK_DATA and SEEK_HOLE of lseek(2). ENXIO: there is none.
int nextData (int file, uint64_t offset, uint64_t* begin, uint64_t* end) noexcept;

int roomOf (int file, Room* room) noexcept;
int setMode (int file, uint32_t permissions) noexcept;
int setSize (int file, uint64_t bytes) noexcept;
int allocate (int file, uint64_t offset, uint64_t bytes) noexcept;

/// Takes the attach lock: a shared OFD lock on one byte past any data. It lasts as long as a descriptor or a mapping of
/// this open file description. EAGAIN: another description holds it exclusively.
int holdAttachLock (int file) noexcept;

/// Takes the attach lock exclusively. EAGAIN: another description holds it.
int holdAttachLockAlone (int file) noexcept;

/// Whether another description holds the attach lock. Takes no lock.
int attachLockOfOthers (int file, bool* held) noexcept;

/// Takes the slot lock of that number, 1 or more, exclusively. EAGAIN: another description holds it.
int holdSlot (int file, uint32_t number) noexcept;

/// Releases this description's lock of that slot.
int freeSlot (int file, uint32_t number) noexcept;

/// Whether another description holds that slot lock. Read locks do not count, because a process that may only read the
/// file can take them. Takes no lock.
int slotHeld (int file, uint32_t number, bool* held) noexcept;

/// Opens the same file again, with a description and locks of its own. ENOENT: there is no /proc.
int openAgain (int file, int* again) noexcept;

/// Reads bytes of the file from `offset` on; *got may be fewer. Without a mapping, a truncated file raises no SIGBUS.
int readAt (int file, uint64_t offset, void* bytes, std::size_t count, std::size_t* got) noexcept;

/// Calls visit for each name in the folder that begins with `prefix`.
int eachName (const char* folder, const char* prefix, void (*visit) (const char* name, void* with),
              void* with) noexcept;

/// Whether the folder lists a file with this inode number.
int hasInode (const char* folder, uint64_t inode, bool* found) noexcept;

/// Fails with EPERM unless this user is the owner for the kernel. In a user namespace fstat(2) may show another owner.
int ownedByUs (int file) noexcept;

uint32_t effectiveUser () noexcept;

/// Whether the group is the effective group of the calling thread, or one of its supplementary groups.
bool isInGroup (uint32_t group) noexcept;
int randomBytes (void* bytes, unsigned count) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
