// SPDX-License-Identifier: MIT
// Slot locks: OFD locks (fcntl(2)), each on an open file description of its own, opened anew or a spare one. A mapping
// keeps the description, and so the lock, until the owner gives the slot back or its address space ends.
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "queue/slots.hpp"
#include "queue/registry.hpp"
#include "queue/table.hpp"

#include <cerrno>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Slot;

void Slots::keepSpares (uint32_t count) noexcept
{
    std::lock_guard<std::mutex> lock (SlotRegistry::lockingMutex ());
    _file.keepSpares (count);
    if (_writers.exists ())
    {
        _writers.locks ().keepSpares (count);
    }
}

void Slots::renewSpares () noexcept
{
    _file.renewSpares ();
    _writers.locks ().renewSpares ();
}

Failure Slots::noneFree () const noexcept
{
    if (_readLocked)
    {
        return Failure (EUSERS,
                        "the free producer slots of segment %.64s are locked by a process that may only read it: take "
                        "the read permission of others away (chmod), or make the queue anew with this library",
                        _name);
    }
    if (_table->held != 0)
    {
        return Failure (
            EUSERS,
            "the producer slots of this process on %.64s cannot be shared: a thread is in the middle of a push by each "
            "of them, and did not finish it within a second; push again, or from fewer threads",
            _name);
    }
    if (_count < detail::maxSlots)
    {
        return Failure (EUSERS,
                        "each of the %u producer slots of %.64s is taken by a live producer: make the queue with more "
                        "(option maxProducers, %u at most), or push from fewer processes",
                        _count, _name, detail::maxSlots);
    }
    return Failure (
        EUSERS,
        "each of the %u producer slots of %.64s is taken by a live producer, and no queue has more: push from "
        "fewer processes, whose threads share slots, or to a second queue",
        _count, _name);
}

// @param number 0: the shared slot. Where the process can open no descriptions, its threads share the slot of the spare
// one. That slot is given back with the process's last object, and not by the end of a thread, after which it could not
// be locked again.
Failure Slots::takeOrShare (bool isFull, bool fences, int64_t until, uint32_t* number) noexcept
{
    _readLocked = false;
    Failure failure = isFull ? Failure () : takeSlot (number);
    if (!failure && *number != 0)
    {
        keepSpares (1);
        return failure;
    }
    if ((failure && shareSpare ()) || shareOne (fences, until))
    {
        return Failure ();
    }
    return failure ? failure : noneFree ();
}

bool Slots::shareSpare () noexcept
{
    bool taken = false;
    for (uint32_t number = 1; number <= _count && !taken && _table->shared.load () == 0; ++number)
    {
        bool spare = false;
        if ((_first[number - 1].state.load (std::memory_order_relaxed) & 1) == 0  // [slot] a hint: lockBy () decides
            && (lockBySpare (number, &spare, &taken) || !spare))
        {
            return false;
        }
        if (taken)
        {
            ++_table->held;
            std::lock_guard<std::mutex> lock (_table->sharing);
            _table->shared.store (number);
        }
    }
    return taken;
}

// Locks the slot in the segment's file; or, where a process that may only read has a lock on that byte, in the second
// file, which such processes cannot open.
Failure Slots::lockSlot (uint32_t number, bool* taken) noexcept
{
    std::lock_guard<std::mutex> lock (SlotRegistry::lockingMutex ());
    File fresh;
    Failure failure = _file.open (&fresh);
    bool byReader = false;
    failure = failure ? failure : lockBy (_file, &fresh, number, taken, &byReader);
    if (failure || !byReader)
    {
        return failure;
    }
    File other;
    _readLocked = _readLocked || !_writers.exists ();
    failure = _writers.exists () ? _writers.locks ().open (&other) : Failure ();
    return failure || other.handle == -1 ? failure : lockBy (_writers.locks (), &other, number, taken, &byReader);
}

// Locks the slot by a spare description. @param spare whether there was one
Failure Slots::lockBySpare (uint32_t number, bool* spare, bool* taken) noexcept
{
    std::lock_guard<std::mutex> lock (SlotRegistry::lockingMutex ());
    bool byReader = false;
    Failure failure = lockBySpareOf (_file, number, spare, taken, &byReader);
    if (failure || !byReader)
    {
        return failure;
    }
    _readLocked = _readLocked || !_writers.exists ();
    return _writers.exists () ? lockBySpareOf (_writers.locks (), number, spare, taken, &byReader) : Failure ();
}

Failure Slots::lockBySpareOf (LockFile& locks, uint32_t number, bool* spare, bool* taken, bool* byReader) noexcept
{
    File file;
    *spare = locks.takeSpare (&file);
    if (!*spare)
    {
        return Failure ();
    }
    Failure failure = lockBy (locks, &file, number, taken, byReader);
    if (!*taken && file.handle != -1 && os::freeSlot (file.handle, number) == 0)
    {
        locks.giveSpare (&file);
    }
    return failure;
}

namespace
{
// EAGAIN, EACCES: *owned, or a reader has a lock on that byte. Tried again where the owner may have dropped its lock
// between the two system calls.
int holdSlot (int file, uint32_t number, bool* owned) noexcept
{
    constexpr int maxTries = 16;
    int error = 0;
    for (int tries = 1; tries <= maxTries; ++tries)
    {
        error = os::holdSlot (file, number);
        if ((error != EAGAIN && error != EACCES) || os::slotHeld (file, number, owned) != 0 || *owned)
        {
            *owned = true;
            return error;
        }
    }
    return error;
}
}  // namespace

// Takes the lock first and then the slot, so that no slot is ever taken without a lock.
// @param byReader a process that may only read the file has a lock on that byte. It keeps this process from taking its
// own, and does not mean that the slot has an owner.
Failure Slots::lockBy (LockFile& locks, File* fresh, uint32_t number, bool* taken, bool* byReader) noexcept
{
    bool owned = false;
    switch (const int error = holdSlot (fresh->handle, number, &owned))
    {
        case 0:
            break;
        case EAGAIN:
        case EACCES:
            *byReader = !owned;
            return Failure ();
        default:
            return Failure (error, "slot lock %u of segment %.64s cannot be taken (fcntl F_OFD_SETLK)", number, _name);
    }
    void* address = nullptr;
    if (int error = os::mapForReading (fresh->handle, _mappedBytes, &address))
    {
        return Failure (error, "slot lock %u of segment %.64s cannot be kept (mmap of %zu bytes)", number, _name,
                        _mappedBytes);
    }
    // The mapping keeps the lock. A forked child must not have it: it would keep the lock after its parent's death.
    if (int error = os::dropOnFork (address, _mappedBytes))
    {
        os::unmap (address, _mappedBytes);
        return Failure (error,
                        "slot lock %u of segment %.64s cannot be kept from forked children (MADV_DONTFORK): a seccomp "
                        "filter that refuses madvise has to allow it",
                        number, _name);
    }
    // Only this proves that the lock is on the right file: another
    // thread may have closed the number, and opened another file.
    if (!locks.isOurs (fresh->handle))
    {
        fresh->handle = -1;
        os::unmap (address, _mappedBytes);
        return Failure (EBADF,
                        "another thread closed a descriptor of the library while slot %u of segment %.64s was locked "
                        "by it: let it close only those that the program opened",
                        number, _name);
    }
    Slot& slot = _first[number - 1];
    uint32_t state = slot.state.load (std::memory_order_relaxed);  // [slot] a hint: the swap decides
    if ((state & 1) != 0
        // [slot] pairs with giveSlot (): everything that the last owner published comes before
        || !slot.state.compare_exchange_strong (state, state + 1, std::memory_order_acquire, std::memory_order_relaxed))
    {
        os::unmap (address, _mappedBytes);
        return Failure ();
    }
    slot.pid.store (os::processId (), std::memory_order_release);  // [pid] after the state, for lifeIn ()
    _table->locks[number] = address;
    _table->own.add (number);
    *taken = true;
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
