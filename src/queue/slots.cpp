// SPDX-License-Identifier: MIT
// Slots of threads and roles of objects: taken, found and given back.
#include "queue/slots.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "queue/registry.hpp"
#include "queue/table.hpp"

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Slot;
using detail::SlotEntry;

namespace
{
constexpr uint32_t sides = 2;  // of an exclusive Spsc
static_assert (sides <= LockFile::maxSpares, "a spare description for each role");
}  // namespace

Failure Slots::prepare () noexcept
{
    if (int error = SlotRegistry::forkError ())
    {
        return Failure (error, "the handlers for fork(2) cannot be registered (pthread_atfork)");
    }
    return _spare == nullptr ? SlotTable::make (&_spare) : Failure ();
}

void Slots::find (Slot* first, uint32_t count, std::size_t mappedBytes, const char* name, uint64_t device,
                  uint64_t inode) noexcept
{
    _first = first;
    _count = count;
    _mappedBytes = mappedBytes;
    _name = name;
    _file.identify (name, device, inode);
}

Failure Slots::start (bool together) noexcept
{
    if (Failure failure = prepare ())
    {
        return failure;
    }
    _together = together;
    const AtSlots here;  // a signal handler must not wait for the registry's mutexes
    SlotRegistry::add (this);
    keepSpares (together ? 1 : sides);
    return Failure ();
}

Slots::~Slots ()
{
    const AtSlots here;  // a signal handler must not wait for the registry's mutexes
    if (_table != nullptr && SlotRegistry::remove (this))
    {
        giveAll ();
        SlotTable::free (_table);
    }
    if (_spare != nullptr)
    {
        SlotTable::free (_spare);
    }
}

// The table has slots of this process alone: a forked child finds it empty.
void Slots::giveAll () noexcept
{
    for (uint32_t number = 1; number <= _count; ++number)
    {
        if (_table->locks[number] != nullptr)
        {
            giveSlot (number);
        }
    }
}

SlotEntry* Slots::entries () const noexcept
{
    return _table != nullptr ? _table->entries : nullptr;
}

uint32_t Slots::entryMask () noexcept
{
    return SlotTable::entryCount - 1;
}

Failure Slots::enter (bool isFull, bool fences, int64_t until, SlotEntry** entry) noexcept
{
    SlotRegistry::leaveAtExit (&lastError);
    std::lock_guard<std::mutex> lock (_table->mutex);
    uint32_t number = 0;
    if (Failure failure = takeOrShare (isFull, fences, until, &number))
    {
        return failure;
    }
    SlotLink* link = nullptr;
    if (Failure failure = _table->addEntry (entry, &link))
    {
        if (number != 0)
        {
            giveSlot (number);
        }
        return failure;
    }
    SlotRegistry::remember (this, link);
    (*entry)->inside.store (0, std::memory_order_relaxed);           // [inside] others read it under the mutex
    (*entry)->slot.store (number, std::memory_order_relaxed);        // [inside] others change it under the mutex
    (*entry)->thread.store (&lastError, std::memory_order_relaxed);  // [entry] only this thread looks for it
    return Failure ();
}

SlotEntry* Slots::furtherEntry () const noexcept
{
    for (MoreEntries* each = _table->more.load (); each != nullptr; each = each->next.load ())
    {
        if (SlotEntry* entry = each->range ().find (&lastError))
        {
            return entry;
        }
    }
    return nullptr;
}

uint32_t Slots::releases () const noexcept
{
    return _table->releases.load ();
}

SlotSet Slots::own () const noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    return _table->own;
}

bool Slots::hasFree (uint64_t* states) const noexcept
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < _count; ++i)
    {
        const uint32_t state = _first[i].state.load (std::memory_order_relaxed);  // [slot] a hint
        if ((state & 1) == 0)
        {
            return true;
        }
        sum += state;
    }
    *states = sum;
    return false;
}

// @param number 0: no slot is free
Failure Slots::takeSlot (uint32_t* number) noexcept
{
    for (uint32_t i = 1; i <= _count; ++i)
    {
        if ((_first[i - 1].state.load (std::memory_order_relaxed) & 1) == 0)  // [slot] a hint: lockSlot () decides
        {
            bool taken = false;
            if (Failure failure = lockSlot (i, &taken))
            {
                return failure;
            }
            if (taken)
            {
                ++_table->held;
                *number = i;
                return Failure ();
            }
        }
    }
    return Failure ();
}

Failure Slots::takeRole (uint32_t number) noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    SlotEntry& entry = _table->entries[number - 1];
    if (entry.slot.load () != 0)
    {
        return Failure ();  // another thread was first
    }
    if (slot (number) == nullptr)
    {
        return Failure (EBADMSG,
                        "segment %.64s has no slots for a producer and a consumer: remove it (joinmem rm) and make it "
                        "anew",
                        _name);
    }
    bool spare = false;
    bool taken = false;
    _readLocked = false;
    Failure failure = lockBySpare (number, &spare, &taken);
    failure = spare ? failure : lockSlot (number, &taken);
    if (failure)
    {
        return failure;
    }
    if (!taken && _readLocked)
    {
        return noneFree ();
    }
    if (!taken)
    {
        return roleTaken (number);
    }
    ++_table->held;
    entry.slot.store (number);
    keepSpares (sides - _table->held);
    return Failure ();
}

Failure Slots::roleTaken (uint32_t number) const noexcept
{
    const bool first = number == 1;
    const int32_t pid = _first[number - 1].pid.load ();
    char owner[64] = "another object";
    if (pid != 0)
    {
        std::snprintf (owner, sizeof (owner), "process %d (its number in its own PID namespace)", pid);
    }
    return Failure (EBUSY,
                    "a second %s of %.64s is refused: %s %s it, and a Spsc has one; call releaseRole () there, destroy "
                    "that object, or make the queue %s",
                    first ? "producer" : "consumer", _name, owner, first ? "pushes to" : "pops from",
                    first ? "a Mpsc" : "a Mpmc");
}

void Slots::giveRoles () noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    for (uint32_t number = 1; number <= sides; ++number)
    {
        SlotEntry& entry = _table->entries[number - 1];
        if (entry.slot.load () != 0)
        {
            entry.slot.store (0);
            giveSlot (number);
        }
    }
    forgetProgress ();
    keepSpares (sides);
}

void Slots::forgetProgress () noexcept
{
    if (_ring != nullptr)
    {
        // Cached indices that promise no room and no element. The segment is not touched: a forked child may never use it.
        _ring->tailSeen.store (_ring->tailSeen.load () - _ring->capacity);
        std::atomic<uint64_t>& headSeen = _ring->spscConsumer.headSeen;
        headSeen.store (headSeen.load () - _ring->capacity);
        _ring->spscProducer.reserved = 0;
        _ring->spscConsumer.peeked = 0;
    }
}

void Slots::giveSlot (uint32_t number) noexcept
{
    Slot& slot = _first[number - 1];
    slot.pid.store (0, std::memory_order_relaxed);                       // [pid] released with the state
    const uint32_t state = slot.state.load (std::memory_order_relaxed);  // [slot] this process alone changes it
    // [slot] pairs with lockBy (): the next owner's pushes come after everything that was published by this slot
    slot.state.store (state + 1, std::memory_order_release);
    os::unmap (_table->locks[number], _mappedBytes);
    _table->locks[number] = nullptr;
    _table->own.remove (number);
    --_table->held;
    _table->releases.fetch_add (1);
}

void Slots::leave (const void* thread) noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    SlotEntry* entry = nullptr;
    _table->anyRange ([&] (const EntryRange& range) { return (entry = range.find (thread)) != nullptr; });
    if (entry == nullptr)
    {
        return;
    }
    const uint32_t slot = entry->slot.load (std::memory_order_relaxed);  // [inside] changed under the mutex only
    _table->removeEntry (entry);
    if (slot != 0)
    {
        giveSlot (slot);
    }
}

}  // namespace JOIN_ABI
}  // namespace join
