// SPDX-License-Identifier: MIT
// The waiting calls of a ring, their deadlines, and the calls that cancel them.
#include "os/futex.hpp"
#include "queue/none.hpp"
#include "queue/readiness.hpp"
#include "queue/wait.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::Attempts;
using detail::Deadline;
using detail::Ring;

namespace
{
// Wakes the sleepers of all processes, because they sleep on words of
// the segment. Those of other queue objects sleep again.
void wakeEveryone (OwnedRing& ring) noexcept
{
    EventCount (ring.gate (), Side::Element, ring.shared).wakeAll ();
    EventCount (ring.gate (), Side::Room, ring.shared).wakeAll ();
}
// Waits as an observer until a call for `amount` elements, or free cells, would succeed.
int observe (Ring& ring, Side side, uint64_t amount, Deadline deadline) noexcept
{
    if (ring.isNone ())
    {
        return failNone ();
    }
    if (amount == 0 || amount > ring.capacity)
    {
        return fail (EINVAL, "an amount of %llu cannot be waited for: the queue has room for %llu elements",
                     static_cast<unsigned long long> (amount), static_cast<unsigned long long> (ring.capacity));
    }
    Attempts attempts;
    for (;;)
    {
        own (ring).completeShutdown ();
        switch (readiness (own (ring), side, amount))
        {
            case Readiness::Ready:
                return 0;
            case Readiness::Ended:
                return side == Side::Room ? ring.errorShutDown () : failDrained ();
            case Readiness::Damaged:
                return ring.damaged ();
            case Readiness::Wait:
                break;
        }
        if (Wait (own (ring), side, Role::Observer, deadline, attempts, amount).run () == -1)
        {
            return -1;
        }
    }
}
}  // namespace

int Ring::observeElements (uint64_t amount, Deadline deadline) noexcept
{
    return observe (*this, Side::Element, amount, deadline);
}

int Ring::observeRoom (uint64_t amount, Deadline deadline) noexcept
{
    return observe (*this, Side::Room, amount, deadline);
}

int Ring::awaitElement (Deadline deadline, Attempts& attempts) noexcept
{
    return Wait (own (*this), Side::Element, Role::Taker, deadline, attempts).run ();
}

int Ring::awaitRoom (Deadline deadline, Attempts& attempts) noexcept
{
    return Wait (own (*this), Side::Room, Role::Taker, deadline, attempts).run ();
}

// A call that began while the queue object was cancelled may go on: it fails when it would have to wait.
bool Ring::mayGoOn (Deadline deadline, Attempts& attempts) const noexcept
{
    const uint32_t cancels = own (*this).cancels.load ();
    const bool cancelled = cancels != cancelsBefore (attempts, cancels) || WaitState::isClosed (cancels);
    return !cancelled && (deadline.at == Deadline::never || os::monotonicNow () < deadline.at);
}

Deadline Ring::deadlineIn (int64_t nanoseconds) noexcept
{
    if (nanoseconds <= 0)
    {
        return Deadline {0};
    }
    const int64_t now = os::monotonicNow ();
    return Deadline {nanoseconds > Deadline::never - now ? Deadline::never : now + nanoseconds};
}

void Ring::yield () noexcept
{
    os::yieldCpu ();
}

void Ring::cancel () noexcept
{
    if (!isNone ())
    {
        own (*this).setCancelled (true);
        wakeEveryone (own (*this));
    }
}

void Ring::resume () noexcept
{
    if (!isNone ())
    {
        own (*this).setCancelled (false);
    }
}

void Ring::cancelForGood () noexcept
{
    own (*this).WaitState::cancelForGood ();
    wakeEveryone (own (*this));
}

}  // namespace JOIN_ABI
}  // namespace join
