// SPDX-License-Identifier: MIT
#include "account.hpp"

#include <cerrno>
#include <stdexcept>

namespace model
{
Account::Account () noexcept = default;

void Account::filled (uint8_t id, uint8_t slot, uint8_t before) noexcept
{
    const uint8_t ticket = _claimed++;
    _tickets[ticket] = Ticket {id, threadsMost, false, Claim {ticket, _claimed, slot, before}};
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

const char* Account::headMoved (unsigned thread, unsigned from, unsigned to, unsigned slot, unsigned slotBefore,
                                unsigned capacity) noexcept
{
    Thread& mine = _threads[thread];
    if (to < from)  // Spsc: a push that came too late withdraws its elements
    {
        _claimed = static_cast<uint8_t> (to);
        mine.pushed = static_cast<uint8_t> (mine.pushed - (from - to));
        mine.claimed = static_cast<uint8_t> (mine.claimed - (from - to));
        return _claimed < _popped ? "an element of a refused push was popped" : nullptr;
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
        const Claim claim = {static_cast<uint8_t> (from), static_cast<uint8_t> (to), static_cast<uint8_t> (slot),
                             static_cast<uint8_t> (slotBefore)};
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
        return "an element is taken twice or skipped";
    }
    if (to > _claimed)
    {
        return "an element is taken that was not pushed";
    }
    for (unsigned ticket = from; ticket < to; ++ticket)
    {
        if (mine.taken == batchMost)
        {
            return "a pop takes more elements than requested";
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
        return "an unclaimed cell is skipped";
    }
    Ticket& dead = _tickets[ticket];
    if (dead.thread == threadsMost || (_dead >> dead.thread & 1) == 0)
    {
        return "a live producer's cell is skipped";
    }
    dead.hole = true;
    return nullptr;
}

// Checks what recovery would conclude from these claims.
const char* Account::seesClaims (const Outcome& outcome) const noexcept
{
    for (unsigned i = 0; i < outcome.claims; ++i)
    {
        const Claim& seen = outcome.claim[i];
        const Claim& true_ = _tickets[seen.to - 1U].claim;
        if (seen.to > _claimed || seen.from != true_.from || seen.to != true_.to || seen.slot != true_.slot
            || seen.before != true_.before)
        {
            return "recovery assigns a ticket to the wrong owner";
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
        return "a call finds no element or no room, although its thread has seen some";
    }
    const uint64_t done = outcome.result > 0 ? static_cast<uint64_t> (outcome.result) : 0;
    if (pushes (call))
    {
        return mine.claimed != done ? "a push returns another number than it pushed" : nullptr;
    }
    if (pops (call))
    {
        _over = _over || (outcome.result == -1 && outcome.error == EPIPE);
        uint64_t got = 0;
        for (unsigned i = 0; i < mine.taken; ++i)
        {
            const Ticket& popped = _tickets[mine.tickets[i]];
            if (popped.hole)
            {
                continue;
            }
            const auto& element = outcome.elements[got++];
            if (got <= done && (element[0] != firstWord (popped.id) || element[1] != secondWord (popped.id)))
            {
                return "an element is torn or the wrong one";
            }
        }
        if (got != done)
        {
            return "a pop returns another number than it took";
        }
    }
    return seesClaims (outcome);
}

}  // namespace model
