// SPDX-License-Identifier: MIT
// The system interface of the library, answered by the model.
#include "owned_ring.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "segment/names.hpp"
#include "os/threads.hpp"
#include "queue/writer_file.hpp"

namespace model
{
Arena& arena () noexcept
{
    static Arena only;
    return only;
}

namespace
{
uint64_t ask (Kind kind, const void* at, uint64_t expected = 0, uint64_t value = 0) noexcept
{
    if (running == nullptr)
    {
        return 0;
    }
    const int location = at != nullptr ? arena ().locationOf (at) : 0;
    if (location < 0)
    {
        return 0;  // no thread of this set-up sleeps on this word
    }
    return running->ask (
        Access {kind, Order::SeqCst, Order::SeqCst, static_cast<uint8_t> (location), value, expected, nullptr}, nullptr,
        0);
}

uint32_t heldLast = 0;  // the lock that the next mapping keeps

// The owner of a lock, or the last one. A thread that finds the lock free sees the writes before its release, because
// the kernel does both under a lock of its own. The same holds for a thread that takes it; the model leaves that out,
// because the library's own orders must suffice there.
uint64_t askLock (Kind kind, const void* at, uint64_t value) noexcept
{
    if (running != nullptr && arena ().locationOf (at) < 0)
    {
        return kind == Kind::Probe;  // if no thread dies, the states of the slots suffice
    }
    const Order order = kind == Kind::Drop ? Order::Release : Order::Relaxed;
    return reach (at, sizeof (uint64_t), Access {kind, order, order, 0, value, 0, nullptr}, nullptr, 0);
}

int barrier () noexcept
{
    return running != nullptr && running->mutant.mistake == Mistake::Blind
               ? 0
               : static_cast<int> (ask (Kind::Barrier, nullptr));
}
}  // namespace
}  // namespace model

namespace join
{
inline namespace JOIN_ABI
{
// Without text, because no test reads it.
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
const SegmentDir SegmentDirs::shared = {"", 0};

SegmentDirs segmentDirs (bool) noexcept
{
    return SegmentDirs ();
}

SegmentPath::SegmentPath (const SegmentDir&, const char*) noexcept
{
    text[0] = '\0';
}

// No segment has readers here.
void WriterFile::release () noexcept
{
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

// Without end, so that a lost wake-up shows. But sleeps that are short by design end at once, and those of a queue that
// is shut down, which get longer, end when no thread can continue.
int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool, int64_t until) noexcept
{
    constexpr int64_t millisecond = 1000 * 1000;
    const bool endless = model::running != nullptr && model::running->mutant.mistake == model::Mistake::Endless;
    const bool ends =
        !endless && until - monotonicNow () > millisecond && until - monotonicNow () < WaitHistory::unsureSleep;
    if (!endless && !ends && until - monotonicNow () <= WaitHistory::unsureSleep)
    {
        return ETIMEDOUT;
    }
    const uint64_t how = model::ask (model::Kind::Sleep, &word, value, ends ? 1 : 0);
    model::running->mark (how == 0                 ? model::Mark::Woken
                          : how == model::timedOut ? model::Mark::TimedOut
                                                   : model::Mark::NotAsleep);
    return how == 0 ? 0 : how == model::timedOut ? ETIMEDOUT : EAGAIN;
}

int sleepOnEither (const std::atomic<uint32_t>&, uint32_t, bool, const std::atomic<uint32_t>&, uint32_t,
                   int64_t) noexcept
{
    return ENOSYS;
}

bool isRefused (int error) noexcept
{
    return error == ENOSYS;
}

// A pause orders nothing in the model.
int sleepUntil (int64_t) noexcept
{
    return 0;
}

void drainStoreBuffers (int64_t) noexcept
{
}

uint32_t wake (const std::atomic<uint32_t>& word, uint32_t n, bool) noexcept
{
    const bool sparing = model::running != nullptr && model::running->mutant.mistake == model::Mistake::Sparing;
    const uint64_t woken = model::ask (model::Kind::Wake, &word, 0, sparing ? 0 : n);
    if (!sparing)
    {
        model::wakeRing (&word);
    }
    return static_cast<uint32_t> (woken);
}

void yieldCpu () noexcept
{
    model::ask (model::Kind::Yield, nullptr);
}

int64_t monotonicNow () noexcept
{
    return model::running != nullptr ? model::running->clock : 0;
}

int64_t preemptions () noexcept
{
    return -1;
}

unsigned currentCpu () noexcept
{
    return 0;
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
    *address = model::lockOf (model::heldLast);
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
    if (model::isLock (address))
    {
        model::askLock (model::Kind::Drop, address, 0);
    }
    return 0;
}

int aroundFork (void (*) (), void (*) (), void (*) ()) noexcept
{
    return 0;
}

uint32_t forks () noexcept
{
    return 0;
}

int factsOf (int, FileFacts*) noexcept
{
    return 0;
}

int slotHeld (int, uint32_t number, bool* held) noexcept
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
    *held = model::askLock (model::Kind::Probe, model::lockOf (number), 0) != 0;
    return 0;
}

int holdSlot (int, uint32_t number) noexcept
{
    model::heldLast = number;
    if (model::askLock (model::Kind::Hold, model::lockOf (number), model::runner () + 1) == 0)
    {
        return 0;
    }
    if (model::running != nullptr && ++model::running->refused == 3)
    {
        yieldCpu ();  // the slot is about to be freed or taken: the library retries until it is
    }
    return EAGAIN;
}

int freeSlot (int, uint32_t) noexcept
{
    return 0;
}

int makeKey (void (*) (void*), unsigned*) noexcept
{
    return 0;
}

void dropKey (unsigned) noexcept
{
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

Failure noAddresses (int error, std::size_t) noexcept
{
    return Failure (error, "no address space");
}

}  // namespace JOIN_ABI
}  // namespace join
