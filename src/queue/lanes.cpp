// SPDX-License-Identifier: MIT
#include "queue/lanes.hpp"

#include "names.hpp"
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "queue/registry.hpp"
#include "queue/table.hpp"

#include <cerrno>
#include <mutex>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Lane;
using detail::LaneEntry;

Failure Lanes::find (Lane* first, uint32_t count, std::size_t leaseBytes, const char* name) noexcept
{
    os::FileFacts facts;
    if (int error = os::factsOf (_file.handle, &facts))
    {
        return Failure (error, "a segment cannot be looked at (fstat)");
    }
    _first = first;
    _count = count;
    _leaseBytes = leaseBytes;
    _name = name;
    _device = facts.device;
    _inode = facts.inode;
    return Failure ();
}

Failure Lanes::start (bool together) noexcept
{
    if (int error = LaneRegistry::forkError ())
    {
        return Failure (error, "the handlers for fork cannot be set");
    }
    _together = together;
    return LaneRegistry::add (this);
}

Lanes::~Lanes ()
{
    if (!isOurs (_file.handle))
    {
        _file.handle = -1;  // closed by somebody, and another's by now: it is not to be closed again
    }
    if (_table != nullptr && LaneRegistry::remove (this))
    {
        giveAll ();
        LaneTable::free (_table);
    }
}

// What other processes of the same fork have is not in the table.
void Lanes::giveAll () noexcept
{
    for (uint32_t number = 1; number <= _count; ++number)
    {
        if (_table->leases[number] != nullptr)
        {
            giveLane (number);
        }
    }
}

LaneEntry* Lanes::entries () const noexcept
{
    return _table != nullptr ? _table->entries : nullptr;
}

uint32_t Lanes::entryMask () noexcept
{
    return LaneTable::entryCount - 1;
}

Failure Lanes::enter (bool fences, LaneEntry** entry) noexcept
{
    LaneRegistry::leaveAtExit (&lastError);
    std::lock_guard<std::mutex> lock (_table->mutex);
    if (_table->threads >= LaneTable::threadsMost)
    {
        return Failure (EUSERS, "%u threads of this process push to one segment: that is the most",
                        LaneTable::threadsMost);
    }
    uint32_t number = 0;
    if (Failure failure = takeLane (&number))
    {
        return failure;
    }
    if (number == 0 && !shareOne (fences))
    {
        return Failure (EUSERS,
                        "no place is left for this process: all %u are taken; make the queue with more participants",
                        _count);
    }
    *entry = freeEntry ();
    ++_table->threads;
    (*entry)->inside.store (0, std::memory_order_relaxed);           // [inside]
    (*entry)->lane.store (number, std::memory_order_relaxed);        // [inside]
    (*entry)->thread.store (&lastError, std::memory_order_relaxed);  // [entry] only this thread looks for it
    return Failure ();
}

// Open addressing, from where the thread will look first.
LaneEntry* Lanes::freeEntry () noexcept
{
    for (uint32_t i = detail::firstEntry ();; ++i)
    {
        LaneEntry& entry = _table->entries[i & (LaneTable::entryCount - 1)];
        const void* there = entry.thread.load (std::memory_order_relaxed);  // [entry] changed under the mutex only
        if (there == nullptr || there == &LaneTable::vacated)
        {
            return &entry;
        }
    }
}

bool Lanes::hasFree () const noexcept
{
    for (uint32_t i = 0; i < _count; ++i)
    {
        if ((_first[i].state.load (std::memory_order_relaxed) & 1) == 0)  // [lane] a look
        {
            return true;
        }
    }
    return false;
}

// *number 0: none is left.
Failure Lanes::takeLane (uint32_t* number) noexcept
{
    for (uint32_t i = 1; i <= _count; ++i)
    {
        if ((_first[i - 1].state.load (std::memory_order_relaxed) & 1) == 0)  // [lane] a look: lease () decides
        {
            bool taken = false;
            if (Failure failure = lease (i, &taken))
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

// The lease first, the lane behind it: so no lane is ever busy without one.
Failure Lanes::lease (uint32_t number, bool* taken) noexcept
{
    std::lock_guard<std::mutex> lock (LaneRegistry::leasingMutex ());
    File fresh;
    if (Failure failure = openFresh (&fresh))
    {
        return failure;
    }
    switch (const int error = os::holdLane (fresh.handle, number))
    {
        case 0:
            break;
        case EAGAIN:
        case EACCES:
            return Failure ();
        default:
            return Failure (error, "the lease of a place cannot be held (fcntl F_OFD_SETLK)");
    }
    void* address = nullptr;
    if (int error = os::mapForReading (fresh.handle, _leaseBytes, &address))
    {
        return Failure (error, "the lease of a place cannot be kept (mmap)");
    }
    // The mapping keeps the lease; in a forked child it would keep it for the dead.
    if (int error = os::dropOnFork (address, _leaseBytes))
    {
        os::unmap (address, _leaseBytes);
        return Failure (error, "the lease of a place cannot be kept from forked children (MADV_DONTFORK)");
    }
    Lane& lane = _first[number - 1];
    uint32_t state = lane.state.load (std::memory_order_relaxed);  // [lane]
    if ((state & 1) != 0
        // [lane] pairs with giveLane (): what its last owner did comes before.
        || !lane.state.compare_exchange_strong (state, state + 1, std::memory_order_acquire, std::memory_order_relaxed))
    {
        os::unmap (address, _leaseBytes);
        return Failure ();
    }
    lane.pid.store (os::processId (), std::memory_order_release);  // [pid] behind the state, for lifeIn ()
    _table->leases[number] = address;
    *taken = true;
    return Failure ();
}

Failure Lanes::takeSide (uint32_t number) noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    LaneEntry& entry = _table->entries[number - 1];
    if (entry.lane.load () != 0)
    {
        return Failure ();  // another thread was first
    }
    if (lane (number) == nullptr)
    {
        return Failure (EBADMSG, "segment %.64s has no places for a pusher and a popper", _name);
    }
    bool taken = false;
    if (Failure failure = lease (number, &taken))
    {
        return failure;
    }
    if (!taken)
    {
        return Failure (EBUSY, "another queue object %s %.64s, of process %d: it has to be destroyed first, or to die",
                        number == 1 ? "pushes to" : "pops from", _name, _first[number - 1].pid.load ());
    }
    ++_table->held;
    entry.lane.store (number);
    return Failure ();
}

void Lanes::giveLane (uint32_t number) noexcept
{
    Lane& lane = _first[number - 1];
    lane.pid.store (0, std::memory_order_relaxed);                       // [pid] goes out with the state
    const uint32_t state = lane.state.load (std::memory_order_relaxed);  // [lane] ours while it is busy
    lane.state.store (state + 1, std::memory_order_release);  // [lane] pairs with takeLane (): our pushes come before
    os::unmap (_table->leases[number], _leaseBytes);
    _table->leases[number] = nullptr;
    --_table->held;
}

// Takes a lane away from a thread that had it for itself, unless one is shared already. false: this process has none.
bool Lanes::shareOne (bool fences) noexcept
{
    if (_table->shared.load () != 0)
    {
        return true;
    }
    for (LaneEntry& entry : _table->entries)
    {
        const void* thread = entry.thread.load (std::memory_order_relaxed);  // [entry]
        const uint32_t lane = entry.lane.load (std::memory_order_relaxed);   // [inside]
        if (thread == nullptr || thread == &LaneTable::vacated || lane == 0)
        {
            continue;
        }
        // The thread may find its own gone at once, and go for the shared one: nobody else does before this returns.
        share (entry, 0, lane);
        if (takeAway (entry, fences))
        {
            return true;
        }
        share (entry, lane, 0);
    }
    return false;
}

void Lanes::share (LaneEntry& entry, uint32_t own, uint32_t shared) noexcept
{
    std::lock_guard<std::mutex> lock (_table->sharing);
    _table->shared.store (shared);
    entry.lane.store (own);
}

// false: it is in the middle of a push that does not end.
bool Lanes::takeAway (LaneEntry& entry, bool fences) noexcept
{
    constexpr int64_t patience = 1000000000;
    if (!fences && os::barrierEverywhere () != 0)
    {
        // Forbidden since it was registered, by a sandbox: far longer than a store stays in a store buffer.
        os::sleepUntil (os::now () + 20 * 1000 * 1000);
    }
    const int64_t end = os::now () + patience;
    // [inside] acquire: pairs with the end of a push; what it published comes before anything that others do there.
    while (entry.inside.load (std::memory_order_acquire) != 0)
    {
        if (os::now () > end)
        {
            return false;
        }
        os::yieldCpu ();
    }
    return true;
}

uint32_t Lanes::takeShared (const LaneEntry& entry) noexcept
{
    _table->sharing.lock ();
    const uint32_t lane = entry.lane.load ();
    return lane != 0 ? lane : _table->shared.load ();
}

void Lanes::giveShared () noexcept
{
    _table->sharing.unlock ();
}

void Lanes::leave (const void* thread) noexcept
{
    std::lock_guard<std::mutex> lock (_table->mutex);
    for (LaneEntry& entry : _table->entries)
    {
        if (entry.thread.load (std::memory_order_relaxed) == thread)  // [entry]
        {
            const uint32_t lane = entry.lane.load (std::memory_order_relaxed);    // [inside]
            entry.thread.store (&LaneTable::vacated, std::memory_order_relaxed);  // [entry]
            --_table->threads;
            if (lane != 0)
            {
                giveLane (lane);
            }
        }
    }
}

}  // namespace JOIN_ABI
}  // namespace join
