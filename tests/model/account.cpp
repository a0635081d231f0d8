// SPDX-License-Identifier: MIT
#include "account.hpp"

#include <cerrno>
#include <stdexcept>

namespace model
{
Account::Account () noexcept = default;

void Account::filled (uint8_t id, uint8_t lane, uint8_t before) noexcept
{
    const uint8_t ticket = _claimed++;
    _tickets[ticket] = Ticket {id, threadsMost, false, Claim {ticket, _claimed, lane, before}};
}

void Account::begins (unsigned thread, bool must) noexcept
{
    Thread& mine = _threads[thread];
    mine.first = nextOf (thread);
    mine.claimed = 0;
    mine.taken = 0;
    mine.must = must;
    _deserted = static_cast<uint8_t> (_deserted & ~(1 << thread));
}

const char* Account::headMoved (unsigned thread, unsigned from, unsigned to, unsigned lane, unsigned laneBefore,
                                unsigned capacity) noexcept
{
    Thread& mine = _threads[thread];
    if (to < from)  // Spsc: too late, taken back
    {
        _claimed = static_cast<uint8_t> (to);
        mine.pushed = static_cast<uint8_t> (mine.pushed - (from - to));
        mine.claimed = static_cast<uint8_t> (mine.claimed - (from - to));
        return _claimed < _popped ? "a push was refused, and what it pushed was popped" : nullptr;
    }
    if (from != _claimed)
    {
        return "a ticket is claimed twice";
    }
    if (to - _popped > capacity)
    {
        return "more elements than the capacity";
    }
    for (unsigned ticket = from; ticket < to; ++ticket)
    {
        if (ticket >= ticketsMost)
        {
            return "more tickets than the model has room for";
        }
        const Claim claim = {static_cast<uint8_t> (from), static_cast<uint8_t> (to), static_cast<uint8_t> (lane),
                             static_cast<uint8_t> (laneBefore)};
        _tickets[ticket] = Ticket {nextOf (thread), static_cast<uint8_t> (thread), false, claim};
        ++mine.pushed;
        ++mine.claimed;
    }
    _claimed = static_cast<uint8_t> (to);
    return nullptr;
}

const char* Account::tailMoved (unsigned thread, unsigned from, unsigned to) noexcept
{
    Thread& mine = _threads[thread];
    if (from != _popped || to <= from)
    {
        return "an element is taken twice, or passed over";
    }
    if (to > _claimed)
    {
        return "an element is taken that was not pushed";
    }
    for (unsigned ticket = from; ticket < to; ++ticket)
    {
        if (mine.taken == batchMost)
        {
            return "a pop takes more than it was asked for";
        }
        mine.tickets[mine.taken++] = static_cast<uint8_t> (ticket);
    }
    _popped = static_cast<uint8_t> (to);
    return nullptr;
}

const char* Account::holed (unsigned ticket) noexcept
{
    if (ticket >= _claimed || ticket >= ticketsMost)
    {
        return "a place that nobody claimed is made a hole";
    }
    Ticket& there = _tickets[ticket];
    if (there.thread == threadsMost || (_dead >> there.thread & 1) == 0)
    {
        return "the place of a living pusher is made a hole";
    }
    there.hole = true;
    return nullptr;
}

// What recovery would believe.
const char* Account::seesClaims (const Outcome& outcome) const noexcept
{
    for (unsigned i = 0; i < outcome.claims; ++i)
    {
        const Claim& seen = outcome.claim[i];
        const Claim& true_ = _tickets[seen.to - 1U].claim;
        if (seen.to > _claimed || seen.from != true_.from || seen.to != true_.to || seen.lane != true_.lane
            || seen.before != true_.before)
        {
            return "recovery takes a ticket for another's than its owner's";
        }
    }
    return nullptr;
}

const char* Account::ends (unsigned thread, Call call, const Outcome& outcome) noexcept
{
    Thread& mine = _threads[thread];
    if (outcome.fault != nullptr)
    {
        return outcome.fault;
    }
    if (outcome.result == -1 && outcome.error != EPIPE && outcome.error != EUSERS && outcome.error != EBUSY)
    {
        return "a call fails without cause";
    }
    if (mine.must && (outcome.result == 0 || (pops (call) && outcome.result == -1)))
    {
        return "a call finds nothing, or no room, where the thread itself knows better";
    }
    const uint64_t done = outcome.result > 0 ? static_cast<uint64_t> (outcome.result) : 0;
    if (pushes (call))
    {
        return mine.claimed != done ? "a push does not return what it pushed" : nullptr;
    }
    if (pops (call))
    {
        _over = _over || (outcome.result == -1 && outcome.error == EPIPE);
        uint64_t got = 0;
        for (unsigned i = 0; i < mine.taken; ++i)
        {
            const Ticket& there = _tickets[mine.tickets[i]];
            if (there.hole)
            {
                continue;
            }
            const auto& element = outcome.elements[got++];
            if (got <= done && (element[0] != firstWord (there.id) || element[1] != secondWord (there.id)))
            {
                return "an element is torn, or another's";
            }
        }
        if (got != done)
        {
            return "a pop does not return what it took";
        }
    }
    return seesClaims (outcome);
}

}  // namespace model
