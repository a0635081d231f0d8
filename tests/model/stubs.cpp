// SPDX-License-Identifier: MIT
// What the library asks of the system, answered by the model.
#include "owned_ring.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "names.hpp"
#include "os/threads.hpp"

namespace model
{
Arena& arena () noexcept
{
    static Arena only;
    return only;
}

namespace
{
int ask (Kind kind, const void* at, uint64_t expected = 0) noexcept
{
    if (running != nullptr)
    {
        const int location = at != nullptr ? arena ().locationOf (at) : 0;
        running->ask (
            Access {kind, Order::SeqCst, Order::SeqCst, static_cast<uint8_t> (location), 0, expected, nullptr}, nullptr,
            0);
    }
    return 0;
}

uint32_t heldLast = 0;  // what is mapped next keeps it

// Who has it, or had it. Whoever finds it free sees what was done before it was dropped, as the kernel does both under a lock.
// So he does who takes it; that is left out, as the library's own orders are to do without.
uint64_t askLease (Kind kind, const void* at, uint64_t value) noexcept
{
    if (running != nullptr && arena ().locationOf (at) < 0)
    {
        return kind == Kind::Probe;  // where nobody dies the lanes' states are enough
    }
    const Order order = kind == Kind::Drop ? Order::Release : Order::Relaxed;
    return reach (at, sizeof (uint64_t), Access {kind, order, order, 0, value, 0, nullptr}, nullptr, 0);
}

int barrier () noexcept
{
    return running != nullptr && running->mutant.mistake == Mistake::Blind ? 0 : ask (Kind::Barrier, nullptr);
}
}  // namespace
}  // namespace model

namespace join
{
inline namespace JOIN_ABI
{
// Without words: nobody reads them.
Failure::Failure (int error, const char*, ...) noexcept
: _error (error)
{
    _text[0] = '\0';
}

SizeText::SizeText (uint64_t) noexcept
{
    text[0] = '\0';
}

int fail (const Failure& failure) noexcept
{
    lastError.assign (failure.error (), "");
    return -1;
}

int fail (int error, const char*, ...) noexcept
{
    lastError.assign (error, "");
    return -1;
}

// No segment has a name here.
Folders folders (bool) noexcept
{
    return Folders ();
}

SegmentPath::SegmentPath (const Folder&, const char*) noexcept
{
    text[0] = '\0';
}

namespace os
{
int openFile (const char*, bool, int*) noexcept
{
    return 2;
}

void allowCancel (bool, bool* before) noexcept
{
    *before = true;
}

int barrierEverywhere () noexcept
{
    return model::barrier ();
}

int globalBarrier () noexcept
{
    return model::barrier ();
}

int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool, int64_t) noexcept
{
    model::ask (model::Kind::Sleep, &word, value);  // without end: a lost wake-up is to show
    model::running->mark (model::Mark::Woken);
    return 0;
}

// A pause orders nothing here.
int sleepUntil (int64_t) noexcept
{
    return 0;
}

int wakeAll (const std::atomic<uint32_t>& word, bool) noexcept
{
    return model::ask (model::Kind::Wake, &word);
}

void yieldCpu () noexcept
{
    model::ask (model::Kind::Yield, nullptr);
}

int64_t now () noexcept
{
    return -1;  // so a deadline of 0 is none, and nobody spins
}

unsigned usableCpus () noexcept
{
    return 1;
}

int processId () noexcept
{
    return 1;
}

std::size_t basePageSize () noexcept
{
    return 4096;
}

int mapAnonymous (std::size_t bytes, int, void** address) noexcept
{
    *address = model::arena ().carve (bytes);
    return 0;
}

int mapForReading (int, std::size_t, void** address) noexcept
{
    *address = model::leaseOf (model::heldLast);
    return 0;
}

int wipeOnFork (void*, std::size_t) noexcept
{
    return 0;
}

int dropOnFork (void*, std::size_t) noexcept
{
    return 0;
}

int unmap (void* address, std::size_t) noexcept
{
    if (model::isLease (address))
    {
        model::askLease (model::Kind::Drop, address, 0);
    }
    return 0;
}

int aroundFork (void (*) (), void (*) (), void (*) ()) noexcept
{
    return 0;
}

int factsOf (int, FileFacts*) noexcept
{
    return 0;
}

int laneHeld (int, uint32_t number, bool* held) noexcept
{
    if (model::running != nullptr)
    {
        if (model::running->mutant.mistake == model::Mistake::Hasty)
        {
            *held = false;
            return 0;
        }
        if (model::running->foreseen)
        {
            *held = model::running->foresight.at (number) != 0;
            return 0;
        }
    }
    *held = model::askLease (model::Kind::Probe, model::leaseOf (number), 0) != 0;
    return 0;
}

int holdLane (int, uint32_t number) noexcept
{
    model::heldLast = number;
    if (model::askLease (model::Kind::Hold, model::leaseOf (number), model::runner () + 1) == 0)
    {
        return 0;
    }
    if (model::running != nullptr && ++model::running->refused == 2)
    {
        yieldCpu ();  // a lane that is about to be left, or taken: tried again and again until it is
    }
    return EAGAIN;
}

int makeKey (void (*) (void*), unsigned*) noexcept
{
    return 0;
}

int keepBy (unsigned, const void*) noexcept
{
    return 0;
}

int openAgain (int file, int* again) noexcept
{
    *again = file;
    return 0;
}

int closeFile (int) noexcept
{
    return 0;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
