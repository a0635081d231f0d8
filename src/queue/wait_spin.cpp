// SPDX-License-Identifier: MIT
// The part of a wait before its sleep: competitive spinning, and
// yields of the CPU, for as long as earlier waits suggest.
#include "os/futex.hpp"
#include "os/threads.hpp"
#include "queue/wait.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Spins and yields. @return whether an element, or room, came before it was time to sleep
bool Wait::spinOrYield () noexcept
{
    if (_ring.spin != 0)
    {
        return spin (_ring.spin) || yield ();
    }
    const int64_t time = _history.spinTime ();
    if (!_history.shouldYield ())
    {
        return spin (time);
    }
    return spin (_history.spinBeforeYield (time)) || yield () || (!_history.yieldsPay () && spin (time));
}

/// The number of elements ever pushed (waits for elements), or popped (waits for room).
uint64_t Wait::moved () const noexcept
{
    const uint64_t index = (_side == Side::Element ? _ring.head () : _ring.tail ()).load ();
    return index >> detail::traitsOf (_ring.kind).positionShift;
}

bool Wait::spin (int64_t longest) noexcept
{
    constexpr int looks = 16;
    if (longest <= 0)
    {
        return false;
    }
    const int64_t start = os::monotonicNow ();
    int64_t now = start;
    int64_t checked = start;
    while (now - start < longest && !isOver (now))
    {
        for (int i = 0; i < looks; ++i)
        {
            if (ready ())
            {
                _history.spinWon (now - start);
                gather ();
                return true;
            }
            detail::cpuPause ();
        }
        const int64_t before = now;
        now = os::monotonicNow ();
        if (now - before > WaitHistory::preemption)
        {
            _history.preempted ();
        }
        if (now - checked >= checkEvery)
        {
            checked = now;
            if (checkFront (true) == Front::Abandoned)
            {
                break;  // sleep () reports it
            }
        }
    }
    _history.spinLost ();
    return !isOver (now) && ready ();
}

// A producer that finds one cell free soon needs the next, and takes the line of tail from the consumer each time. So
// it waits for a few more free cells, for less than a microsecond.
void Wait::gather () const noexcept
{
    constexpr int looks = 32;
    constexpr uint64_t most = 64;
    const uint64_t wanted = _ring.capacity / 8 < most ? _ring.capacity / 8 : most;
    for (int i = 0; i < looks && _side == Side::Room && amount () < wanted; ++i)
    {
        detail::cpuPause ();
    }
}

// Yields the CPU. Where both sides share it, the other side now fills, or empties, the queue. Where other threads take
// what it moved, the yield is repeated, for about as long as a sleep would take.
bool Wait::yield () noexcept
{
    constexpr int minTurns = 4;
    const int64_t first = os::monotonicNow ();
    int64_t now = first;
    const auto goesOn = [&] (int turn) {
        return (turn < minTurns || now - first < WaitHistory::maxSpin) && !isOver (now) && _history.shouldYield ();
    };
    for (int turn = 0; goesOn (turn); ++turn)
    {
        const uint64_t before = moved ();
        const int64_t start = now;
        const int64_t lost = _history.chooseProof () ? os::preemptions () : -1;
        os::yieldCpu ();
        now = os::monotonicNow ();
        const uint64_t more = moved () - before;
        const bool kept = lost != -1 && os::preemptions () == lost;
        const bool taken = !kept && _history.yielded (now - start, more);
        if (kept)
        {
            _history.yieldKept (more);
        }
        if (ready ())
        {
            return true;
        }
        if (!taken && turn + 1 >= minTurns)
        {
            _history.yieldedInVain ();
            return false;
        }
    }
    return false;
}

}  // namespace JOIN_ABI
}  // namespace join
