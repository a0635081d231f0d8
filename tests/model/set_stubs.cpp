// SPDX-License-Identifier: MIT
// The system interface of wait sets, answered by the model.
#include "owned_ring.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include "os/event.hpp"
#include "os/futex.hpp"
#include "os/futex_ring.hpp"
#include "os/threads.hpp"

#include <cstddef>

namespace model
{
KernelRing* kernelRing = nullptr;

namespace
{
uint64_t ask (Kind kind, const void* at, uint64_t value = 0, uint64_t expected = 0) noexcept
{
    const auto location = static_cast<uint8_t> (arena ().locationOf (at));
    return running->ask (Access {kind, Order::SeqCst, Order::SeqCst, location, value, expected, nullptr}, nullptr, 0);
}

// The number of the request for the word at that location; -1: the ring has none for it.
int requestFor (int location) noexcept
{
    const World& world = running->world;
    const int seen = world.setup ().watch == Watch::Element ? world.elementSeen () : world.roomSeen ();
    return location == seen ? 0 : location == world.secondSeen () ? 1 : location == world.call () ? 2 : -1;
}

void end (int number) noexcept
{
    if (ask (Kind::Swap, &kernelRing->requests[number], KernelRing::ended, KernelRing::pending) == KernelRing::pending)
    {
        ask (Kind::Add, &kernelRing->count, 1);
        ask (Kind::Wake, &kernelRing->count, ~0U);
    }
}

// The words that a set-up has, with the number of each in `waits`. Planted mistakes, if requested, change what the
// sleep expects.
Access sleepOn (const join::os::FutexWait* waits, unsigned n, unsigned* numbers) noexcept
{
    Access access = {Kind::SleepAny, Order::SeqCst, Order::SeqCst, 0, 0, 0, nullptr};
    access.many = true;
    unsigned words = 0;
    for (unsigned i = n; i-- > 0;)  // the set's own word, which is the first, exists in all set-ups
    {
        const int location = arena ().locationOf (reinterpret_cast<const void*> (waits[i].address));
        uint64_t expected = waits[i].value;
        const Mistake mistake = running->mutant.mistake;
        if (location >= 0 && i != 0 && (mistake == Mistake::Fresh || mistake == Mistake::Deaf))
        {
            const uint64_t found = running->ask (
                Access {Kind::Load, Order::SeqCst, Order::SeqCst, static_cast<uint8_t> (location), 0, 0, nullptr},
                nullptr, 0);
            if (mistake == Mistake::Deaf && found != expected)
            {
                continue;
            }
            expected = found;
        }
        if (location < 0)
        {
            continue;
        }
        numbers[words] = i;
        if (words == 0)
        {
            access.location = static_cast<uint8_t> (location);
            access.expected = expected;
        }
        else
        {
            access.more |= (expected << 8 | (static_cast<uint64_t> (location) + 1)) << (16 * (words - 1));
        }
        ++words;
    }
    return access;
}
}  // namespace

void locked (const void* mutex) noexcept
{
    if (running != nullptr)
    {
        running->world.lockedMutex (mutex);
    }
}

void unlocks (const void* mutex) noexcept
{
    if (running != nullptr)
    {
        running->world.unlocksMutex (mutex);
    }
}

// The flag that observers set where that is their epoch.
void World::flagOf (unsigned epoch, Access* access) const noexcept
{
    const bool second = static_cast<int> (epoch) == _secondSeen;
    access->location = static_cast<uint8_t> (second ? _secondState : _state);
    access->value =
        second || static_cast<int> (epoch) == _elementSeen ? join::detail::elementWatched : join::detail::roomWatched;
}

// A wake-up of the word ends its request. The kernel does both at one moment; here threads may run in between.
void wakeRing (const void* word) noexcept
{
    const int location = kernelRing != nullptr && running != nullptr ? arena ().locationOf (word) : -1;
    const int number = location < 0 ? -1 : requestFor (location);
    if (number >= 0)
    {
        end (number);
    }
}
}  // namespace model

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
FutexWait::FutexWait (const std::atomic<uint32_t>& word, uint32_t expected, bool) noexcept
: value (expected)
, address (reinterpret_cast<uint64_t> (&word))
, flags (0)
, reserved (0)
{
}

int FutexRing::open (std::size_t) noexcept
{
    _file = model::kernelRing != nullptr ? 3 : -1;
    return isOpen () ? 0 : ENOSYS;
}

void FutexRing::close () noexcept
{
    _file = -1;
}

int FutexRing::bind () noexcept
{
    return 0;
}

// The kernel compares the word and keeps the request at one moment. Here the request is kept first, as the kernel does
// under its lock, and ends if the word has changed.
int FutexRing::add (const FutexWait& wait, uint64_t tag) noexcept
{
    const int location = model::arena ().locationOf (reinterpret_cast<const void*> (wait.address));
    const int number = location < 0 ? -1 : model::requestFor (location);
    if (number < 0)
    {
        return 0;  // no thread of this set-up rings the bell
    }
    const model::Mistake mistake = model::running->mutant.mistake;
    model::kernelRing->tags[number] = tag;
    model::ask (model::Kind::Store, &model::kernelRing->requests[number], model::KernelRing::pending);
    const uint64_t found = model::ask (model::Kind::Load, reinterpret_cast<const void*> (wait.address));
    if (found != wait.value && mistake != model::Mistake::Fresh)
    {
        model::end (number);
    }
    return 0;
}

int FutexRing::submit () noexcept
{
    return 0;
}

bool FutexRing::hasEnded () const noexcept
{
    return model::ask (model::Kind::Load, &model::kernelRing->count) != 0;
}

int FutexRing::take (uint64_t* tag, int* error) noexcept
{
    *error = 0;
    for (int i = 0; hasEnded () && i < 3; ++i)
    {
        if (model::ask (model::Kind::Load, &model::kernelRing->requests[i]) == model::KernelRing::ended)
        {
            model::ask (model::Kind::Store, &model::kernelRing->requests[i], model::KernelRing::none);
            model::ask (model::Kind::Add, &model::kernelRing->count, ~uint64_t (0));
            *tag = model::kernelRing->tags[i];
            return 1;
        }
    }
    return 0;
}

int FutexRing::sleep (int64_t until) noexcept
{
    FutexWait wait = {};
    wait.address = reinterpret_cast<uint64_t> (&model::kernelRing->count);
    unsigned woken = 0;
    const int error = sleepOnAny (&wait, 1, until, &woken);
    return error == EAGAIN ? 0 : error;
}

// As sleepOn (), but a sleep that is short by design may go on until no thread can continue.
int sleepOnAny (const FutexWait* waits, unsigned n, int64_t until, unsigned* woken) noexcept
{
    model::Running& now = *model::running;
    unsigned numbers[model::sleepWordsMost];
    model::Access access = model::sleepOn (waits, n, numbers);
    const bool endless = now.mutant.mistake == model::Mistake::Endless || until == detail::Deadline::never;
    const bool soon = until - monotonicNow () <= WaitHistory::unsureSleep;
    access.value = endless ? 0 : soon ? model::endsSoon : model::endsLate;
    const bool early = !endless && now.clock == 0 && now.world.setup ().early;
    access.value |= early && (soon || now.world.setup ().timeouts) ? model::endsEarly : 0;
    const uint64_t how = now.ask (access, nullptr, 0);
    if (how == model::timedOut)
    {
        now.clock = now.clock < until ? until : now.clock;
    }
    const model::Mark mark = how == model::timedOut      ? model::Mark::TimedOut
                             : how == model::wordChanged ? model::Mark::NotAsleep
                                                         : model::Mark::Woken;
    now.mark (mark, now.world.memo () << 32 | (how & 0xff) << 24 | static_cast<uint64_t> (now.clock / 1'000'000));
    if (mark == model::Mark::Woken)
    {
        *woken = numbers[how];
        return 0;
    }
    return mark == model::Mark::TimedOut ? ETIMEDOUT : EAGAIN;
}

int openEvent (Event* event) noexcept
{
    event->readable = event->writable = 3;
    return 0;
}

void closeEvent (Event*) noexcept
{
}

void signalEvent (const Event&) noexcept
{
}

bool drainEvent (const Event&) noexcept
{
    return true;
}

// The model runs the work of a helper as a thread of the set-up.
int startHelper (void (*) (void*), void*, const char*, Thread*) noexcept
{
    return 0;
}

int joinThread (Thread) noexcept
{
    return 0;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
