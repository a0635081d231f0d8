// SPDX-License-Identifier: MIT
// The producer slots of a shared Mpsc or Mpmc, and the roles of an exclusive Spsc: which thread, or object, of this
// process has which, and the slot locks, by which other processes know that a slot's owner lives.
// 1. A slot is taken only by a thread that holds its lock: no slot is ever taken without one.
// 2. Between two threads that hold a lock of the same slot, in its
//    two lock files, the swap of the slot's state decides.
// 3. A thread has at most one slot on a segment, whatever objects of its process it uses.
// 4. A slot lock lasts as long as its mapping: until the owner gives the slot back, executes a program or ends. No
//    child has it.
#ifndef JOIN_SRC_QUEUE_SLOTS_HPP
#define JOIN_SRC_QUEUE_SLOTS_HPP

#include "base/failure.hpp"
#include "queue/writer_file.hpp"

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
struct SlotTable;

/// A set of slot numbers.
struct SlotSet
{
    bool has (uint32_t number) const noexcept
    {
        return (bits[number / 64] >> number % 64 & 1) != 0;
    }

    void add (uint32_t number) noexcept
    {
        bits[number / 64] |= uint64_t (1) << number % 64;
    }

    void remove (uint32_t number) noexcept
    {
        bits[number / 64] &= ~(uint64_t (1) << number % 64);
    }

    bool isEmpty () const noexcept
    {
        uint64_t any = 0;
        for (const uint64_t word : bits)
        {
            any |= word;
        }
        return any == 0;
    }

    uint64_t bits[detail::maxSlots / 64 + 1];
};

/// The slots as one queue object sees them, a member of its ring. Pushes find their entries without it: it serves the
/// first push of a thread, and its end.
class Slots
{
public:
    Slots () noexcept = default;
    Slots (const Slots&) = delete;
    Slots& operator= (const Slots&) = delete;
    ~Slots ();

    /// Allocates what start () needs. Called before a segment is
    /// made, because the segment would keep its name after a failure.
    Failure prepare () noexcept;

    /// Sets the slots, which are in the segment of the descriptor file ().
    /// @param mappedBytes the size of one page of the file
    /// @param name of the segment, with its slash; it is not copied
    /// @param device, inode of the segment's file
    void find (detail::Slot* first, uint32_t count, std::size_t mappedBytes, const char* name, uint64_t device,
               uint64_t inode) noexcept;

    /// Sets up the table of entries: from here on slots may be taken. Does not fail after prepare ().
    /// @param together the table is shared by all objects of this process on the segment, so that a thread has one slot
    Failure start (bool together) noexcept;

    File& file () noexcept
    {
        return _file.kept ();
    }

    /// The second lock file, which exists where some users may only read the segment.
    WriterFile& writers () noexcept
    {
        return _writers;
    }

    /// Registers the handlers for fork(2), once: before those of code that destroys rings in a child, so that they run
    /// first there. @return 0, or an errno
    static int prepareFork () noexcept;

    detail::SlotEntry* entries () const noexcept;
    static uint32_t entryMask () noexcept;

    /// Makes the calling thread's entry, with a free slot, or with the shared one if no slot is free.
    /// @param isFull no slot is free: do not search
    /// @param until the time (CLOCK_MONOTONIC) until which to wait for a slot to share
    /// @return EUSERS: this process has no slot, or its threads are in pushes that did not end by then
    Failure enter (bool isFull, bool fences, int64_t until, detail::SlotEntry** entry) noexcept;

    /// The calling thread's entry, where entries () had no room for it; or null.
    detail::SlotEntry* furtherEntry () const noexcept;

    uint32_t takeShared (const detail::SlotEntry& entry) noexcept;
    void giveShared () noexcept;

    /// Whether a slot looks free, which another thread may take first.
    /// @param states where none looks free: the sum of their states, which grows when a slot is taken or released
    bool hasFree (uint64_t* states) const noexcept;

    /// How often this process has given a slot back. A thread that found no slot free, and then that its process has
    /// none that it could share, tries again if one was given back in between.
    uint32_t releases () const noexcept;

    /// A slot whose owner is dead, as the kernel reports.
    struct Dead
    {
        detail::Slot* slot;
        uint32_t state;  // as it was before the kernel was asked
    };

    /// Whether the owner of a slot (numbered from 1) is dead. false where the kernel cannot be asked.
    bool isDead (uint32_t number, Dead* dead) noexcept;

    /// Asks the kernel whether any process holds that slot lock.
    Failure probe (uint32_t number, bool* held) noexcept;

    /// Takes a role of an exclusive Spsc for the whole object; its entry is the one of that number.
    /// @return EBUSY: another object has the role
    Failure takeRole (uint32_t number) noexcept;

    /// Gives back the roles of an exclusive Spsc that this object has
    /// taken. None of its pushes or pops may be in progress.
    void giveRoles () noexcept;

    /// Sets the ring of an exclusive Spsc, for forgetProgress ().
    void serve (detail::Ring* ring) noexcept
    {
        _ring = ring;
    }

    /// Resets the cached indices of an exclusive Spsc, so that the next push, or pop, reads the other side's index and
    /// takes its role first. A forked child has inherited the cached indices of its parent, and not the roles.
    void forgetProgress () noexcept;

    /// Releases the slot of a dead producer. Only after a recovery that began when the owner was known to be dead.
    /// @return whether this call released it
    static bool bury (const Dead& dead) noexcept;

    detail::Slot* slot (uint32_t number) const noexcept
    {
        return number >= 1 && number <= _count ? _first + number - 1 : nullptr;
    }

    uint32_t count () const noexcept
    {
        return _count;
    }

    /// Gives back the slot of the calling thread, which is about to end.
    void leave (const void* thread) noexcept;

    /// The slots of this process.
    SlotSet own () const noexcept;

    SlotTable& table () const noexcept
    {
        return *_table;
    }

    /// Gives back all slots of this object's table.
    void giveAll () noexcept;

private:
    Failure takeSlot (uint32_t* number) noexcept;
    Failure roleTaken (uint32_t number) const noexcept;
    Failure lockSlot (uint32_t number, bool* taken) noexcept;
    Failure lockBySpare (uint32_t number, bool* spare, bool* taken) noexcept;
    Failure lockBySpareOf (LockFile& locks, uint32_t number, bool* spare, bool* taken, bool* byReader) noexcept;
    Failure lockBy (LockFile& locks, File* fresh, uint32_t number, bool* taken, bool* byReader) noexcept;
    Failure noneFree () const noexcept;
    void renewSpares () noexcept;
    Failure takeOrShare (bool isFull, bool fences, int64_t until, uint32_t* number) noexcept;
    bool shareSpare () noexcept;
    void keepSpares (uint32_t count) noexcept;
    void giveSlot (uint32_t number) noexcept;
    bool shareOne (bool fences, int64_t until) noexcept;
    void share (detail::SlotEntry& entry, uint32_t own, uint32_t shared) noexcept;
    bool takeAway (detail::SlotEntry& entry, bool fences, int64_t until) noexcept;

    friend class SlotRegistry;

    SlotTable* _spare = nullptr;  // prepared, until start ()
    SlotTable* _table = nullptr;  // on pages that a forked child finds empty
    bool _together = false;
    detail::Ring* _ring = nullptr;  // of an exclusive Spsc
    bool _readLocked = false;       // the search for a slot met a read lock of a process that may only read
    detail::Slot* _first = nullptr;
    uint32_t _count = 0;
    std::size_t _mappedBytes = 0;
    const char* _name = "";
    LockFile _file;
    WriterFile _writers;
    Slots* _next = nullptr;  // in the registry's list
    Slots* _previous = nullptr;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
