// SPDX-License-Identifier: MIT
// The file whose bytes are the slot locks of a segment (OFD locks, fcntl(2)), and the descriptors by which they are
// taken and read.
#ifndef JOIN_SRC_QUEUE_LOCK_FILE_HPP
#define JOIN_SRC_QUEUE_LOCK_FILE_HPP

#include "base/failure.hpp"
#include "segment/segment.hpp"

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// An OFD lock belongs to an open file description, so each slot lock needs a description of its own. A process that
/// has dropped its privileges can open none, so the library opens spare ones when it attaches. Invariants:
/// 1. No slot lock is on a description that a child has: a child
///    closes inherited spare ones before anything else runs there.
/// 2. The kept descriptor locks no slot: by it the locks of others are read.
/// 3. A descriptor is used only while it refers to this file, which is checked before and after: the program may close
///    the number, and another file may get it.
///
/// Thread safety: open () and probe () from any thread; spares under SlotRegistry::lockingMutex ().
class LockFile
{
public:
    static constexpr uint32_t maxSpares = 2;

    LockFile () noexcept = default;
    LockFile (const LockFile&) = delete;
    LockFile& operator= (const LockFile&) = delete;

    ~LockFile ()
    {
        release ();
    }

    /// Closes the descriptors that still refer to this file.
    void release () noexcept;

    /// The descriptor that stays open, for reading locks and for opening further descriptions. It locks no slot,
    /// because its description is also the mapping's, which a forked child inherits.
    File& kept () noexcept
    {
        return _kept;
    }

    /// Records which file this is.
    /// @param name with its slash, by which the file is found where the kept descriptor was closed; it is not copied
    void identify (const char* name, uint64_t device, uint64_t inode) noexcept;

    bool isSame (const LockFile& other) const noexcept
    {
        return _device == other._device && _inode == other._inode;
    }

    /// Whether the descriptor refers to this file now.
    bool isOurs (int file) const noexcept;

    /// Opens a new description without a lock.
    /// @return the failure names the step that failed
    Failure open (File* fresh) noexcept;

    /// Whether another description has that slot lock. Read locks do not count, because processes that may only read
    /// the file can take them.
    Failure probe (uint32_t number, bool* held) noexcept;

    /// Opens spare descriptions until there are `count`, or the process may open no more.
    void keepSpares (uint32_t count) noexcept;

    /// Takes a spare description, without a lock. @return false: none is left
    bool takeSpare (File* spare) noexcept;

    /// Gives a spare description back, without a lock.
    void giveSpare (File* spare) noexcept;

    /// In a forked child: replaces the inherited spare descriptions by new ones, as far as the process may open any.
    void renewSpares () noexcept;

private:
    void closeOurs (File* file) noexcept;
    int openByName (File* fresh) const noexcept;

    File _kept;
    File _spares[maxSpares];
    uint32_t _wanted = 0;  // spares
    uint64_t _device = 0;
    uint64_t _inode = 0;
    const char* _name = "";
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
