// SPDX-License-Identifier: MIT
// What must be true of a state, beyond what the account records.
#include "owned_ring.hpp"

#include "world.hpp"

#include <algorithm>

namespace model
{
bool World::mustSucceed (const Memory& memory, const Account& account, unsigned thread, Call call) const noexcept
{
    const bool over = _state != -1 && (memory.newest (static_cast<unsigned> (_state)) & join::detail::endedBit) != 0;
    if (_setup.mortal != 0)
    {
        return false;  // the elements that are left may be skipped cells
    }
    if (pops (call) && alone (pops) && !over)
    {
        const uint64_t cell = (_base + account.popped ()) % _setup.capacity;
        const int known = spsc () ? ticketOf (memory.oldest (thread, static_cast<unsigned> (_head)))
                                  : ticketOf (memory.oldest (thread, static_cast<unsigned> (_words[cell])));
        return known > static_cast<int> (account.popped ());
    }
    if (pushes (call) && alone (pushes))
    {
        const int tail = ticketOf (memory.oldest (thread, static_cast<unsigned> (_tail)));
        return static_cast<int> (account.claimed ()) - tail < _setup.capacity;
    }
    return false;
}

const char* World::moved (Account& account, unsigned thread, const Access& access, uint64_t from,
                          uint64_t to) const noexcept
{
    const int before = ticketOf (from);
    const int after = ticketOf (to);
    if (before == after)
    {
        return nullptr;
    }
    const uint64_t slot = spsc () ? 0 : join::detail::slotMask;
    return isHead (access.location)
               ? account.headMoved (thread, static_cast<unsigned> (before), static_cast<unsigned> (after),
                                    static_cast<unsigned> (to & slot), static_cast<unsigned> (from & slot),
                                    _setup.capacity)
               : account.tailMoved (thread, static_cast<unsigned> (before), static_cast<unsigned> (after));
}

bool World::isWord (unsigned location) const noexcept
{
    return std::find (_words.begin (), _words.end (), static_cast<int> (location)) != _words.end ();
}

const char* World::holed (Account& account, uint64_t word) const noexcept
{
    const bool hole = (word & join::detail::skippedBit) != 0;
    return hole ? account.holed (static_cast<unsigned> (ticketOf (word) - 1))
                : "recovery stores a word that marks no skipped cell";
}

const char* World::atEnd (const Memory& memory, const Account& account) const noexcept
{
    if (account.over () && account.popped () != account.claimed ())
    {
        return "a pop reported the end, and an element was left";
    }
    for (unsigned ticket = account.popped (); ticket < account.claimed () && !spsc (); ++ticket)
    {
        const int word = _words[(_base + ticket) % _setup.capacity];
        if (ticketOf (memory.newest (static_cast<unsigned> (word))) != static_cast<int> (ticket) + 1)
        {
            return "an element that was pushed cannot be popped";
        }
    }
    return nullptr;
}

}  // namespace model
