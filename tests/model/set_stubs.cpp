// SPDX-License-Identifier: MIT
// The system interface of wait sets, answered by the model.
#include "owned_ring.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include "os/event.hpp"
#include "os/futex.hpp"
#include "os/threads.hpp"

namespace model
{
namespace
{
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
