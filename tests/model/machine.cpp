// SPDX-License-Identifier: MIT
#include "machine.hpp"

#include <algorithm>
#include <stdexcept>

namespace model
{
// The locations, followed by one clock for each thread.
Memory::Memory (const std::vector<Location>& locations, unsigned threads)
: _locations (static_cast<uint8_t> (locations.size () + threads))
, _count (static_cast<uint8_t> (threads))
, _clock (static_cast<uint8_t> (locations.size ()))
{
    if (_locations > locationsMost)
    {
        throw std::length_error ("more locations than the model has room for");
    }
    for (unsigned i = 0; i < _locations; ++i)
    {
        _begin[i] = static_cast<uint8_t> (i);
        _messages.push_back (Message {i < _clock ? locations[i].initial : 0, View (), false});
        _payload |= i < _clock && locations[i].payload ? uint64_t (1) << i : 0;
        _strongly |= i < _clock && locations[i].strong ? uint64_t (1) << i : 0;
        _locks |= i < _clock && locations[i].lock ? uint64_t (1) << i : 0;
    }
    std::fill (_begin.begin () + _locations, _begin.end (), _locations);
}

// Whether a message inserted after `position` would separate a read-modify-write from the message it read.
bool Memory::splits (unsigned location, unsigned position) const noexcept
{
    return position + 1 < count (location) && message (location, position + 1).joined;
}

// The oldest message that the thread may read.
unsigned Memory::lowest (unsigned thread, const Access& access, Order order) const noexcept
{
    const unsigned seen = _threads[thread].at[access.location];
    const unsigned strong = _strong.at[access.location];
    return order == Order::SeqCst ? std::max (seen, strong) : seen;
}

unsigned Memory::choices (unsigned thread, const Access& access) const noexcept
{
    const unsigned from = lowest (thread, access, access.order);
    const unsigned all = count (access.location) - from;
    switch (access.kind)
    {
        case Kind::Load:
        case Kind::Store:
            return isPayload (access.location) ? 1 : all;
        case Kind::Add:
        case Kind::And:
        case Kind::Or:
        case Kind::Exchange:
        case Kind::Swap:
            return all;
        case Kind::Lock:
            return newest (access.location) == 0 ? 1 : 0;
        case Kind::Asleep:
        case Kind::Yield:
            return 0;
        default:
            return 1;
    }
}

bool Memory::possible (unsigned thread, const Access& access, unsigned choice) const noexcept
{
    const unsigned position = lowest (thread, access, access.order) + choice;
    switch (access.kind)
    {
        case Kind::Swap:
            return message (access.location, position).value != access.expected || !splits (access.location, position);
        case Kind::Store:
        case Kind::Add:
        case Kind::And:
        case Kind::Or:
        case Kind::Exchange:
            return isPayload (access.location) || !splits (access.location, position);
        default:
            return true;
    }
}

uint64_t Memory::load (unsigned thread, unsigned location, unsigned position, Order order) noexcept
{
    View& view = _threads[thread];
    const Message& from = message (location, position);
    view.at[location] = std::max (view.at[location], static_cast<uint8_t> (position));
    if (acquires (order))
    {
        view.join (from.view);
    }
    return from.value;
}

// Inserts a message after `position`; from: the view of the message that a read-modify-write has read.
void Memory::insert (unsigned thread, unsigned location, unsigned position, uint64_t value, Order order,
                     const View* from)
{
    const uint8_t at = static_cast<uint8_t> (position + 1);
    Message fresh = {value, from != nullptr ? *from : View (), from != nullptr};
    const auto moved = [&] (View& view) {
        view.at[location] = static_cast<uint8_t> (view.at[location] + (view.at[location] >= at));
    };
    if (at < count (location))
    {
        std::for_each (_messages.begin (), _messages.end (), [&] (Message& message) { moved (message.view); });
        std::for_each (_threads.begin (), _threads.end (), moved);
        moved (_strong);
        moved (_final);
    }
    View& view = _threads[thread];
    view.at[location] = std::max (view.at[location], at);
    fresh.view.at[location] = std::max (fresh.view.at[location], at);
    if (releases (order))
    {
        fresh.view.join (view);
    }
    if (order == Order::SeqCst)
    {
        _strong.at[location] = std::max (_strong.at[location], at);
    }
    _messages.insert (_messages.begin () + _begin[location] + at, fresh);
    if (_messages.size () > 250)
    {
        throw std::length_error ("more messages than the model has room for");
    }
    for (unsigned i = location + 1; i <= locationsMost; ++i)
    {
        ++_begin[i];
    }
}

uint64_t Memory::modify (unsigned thread, const Access& access, unsigned position)
{
    const uint64_t before = load (thread, access.location, position, access.order);
    const View from = message (access.location, position).view;
    const uint64_t after = access.kind == Kind::Add   ? before + access.value
                           : access.kind == Kind::And ? before & access.value
                           : access.kind == Kind::Or  ? before | access.value
                                                      : access.value;
    insert (thread, access.location, position, after, access.order, &from);
    return before;
}

uint64_t Memory::swap (unsigned thread, const Access& access, unsigned position)
{
    const uint64_t found = message (access.location, position).value;
    if (found == access.expected)
    {
        return modify (thread, access, position);
    }
    return load (thread, access.location, position, access.failure);
}

// If the read is not atomic, a race is forbidden; if it is atomic, the pop must not take the element.
uint64_t Memory::copyOut (unsigned thread, const Access& access, const char** fault)
{
    const unsigned clock = _clock + thread;
    const unsigned known = _threads[thread].at[access.location];
    const bool races = known != count (access.location) - 1;
    insert (thread, clock, count (clock) - 1, 0, Order::Relaxed, nullptr);
    _reads.when[access.location][thread] = _threads[thread].at[clock];
    if (access.order != Order::Plain)
    {
        _reads.open[thread] |= uint64_t (1) << access.location;
        _reads.doomed[thread] = _reads.doomed[thread] || races;
    }
    else if (races)
    {
        *fault = "an element is read while it is written";
    }
    return message (access.location, known).value;
}

void Memory::copyIn (unsigned thread, const Access& access, const char** fault)
{
    const unsigned last = count (access.location) - 1;
    if (_threads[thread].at[access.location] != last)
    {
        *fault = "two threads write an element at the same time";
    }
    for (unsigned reader = 0; reader < _count; ++reader)
    {
        uint8_t& when = _reads.when[access.location][reader];
        if (when > _threads[thread].at[_clock + reader] && reader != thread)
        {
            if ((_reads.open[reader] >> access.location & 1) != 0)
            {
                _reads.doomed[reader] = true;
            }
            else
            {
                *fault = "an element is overwritten while it is read";
            }
        }
        when = 0;
    }
    insert (thread, access.location, last, access.value, access.order, nullptr);
}

void Memory::taken (unsigned thread, const char** fault) noexcept
{
    if (_reads.doomed[thread])
    {
        *fault = "an element was overwritten while it was read, and the pop takes it";
    }
    _reads.open[thread] = 0;
    _reads.doomed[thread] = false;
}

void Memory::dropped (unsigned thread) noexcept
{
    for (unsigned i = 0; i < _clock; ++i)
    {
        if ((_reads.open[thread] >> i & 1) != 0)
        {
            _reads.when[i][thread] = 0;
        }
    }
    _reads.open[thread] = 0;
    _reads.doomed[thread] = false;
}

void Memory::barrier () noexcept
{
    View all = _final;
    for (unsigned i = 0; i < _count; ++i)
    {
        if ((_over >> i & 1) == 0)
        {
            all.join (_threads[i]);
        }
    }
    for (unsigned i = 0; i < _count; ++i)
    {
        if ((_over >> i & 1) == 0)
        {
            _threads[i] = all;
        }
    }
}

uint64_t Memory::perform (unsigned thread, const Access& access, unsigned choice, const char** fault)
{
    const unsigned location = access.location;
    const unsigned position = lowest (thread, access, access.order) + choice;
    switch (access.kind)
    {
        case Kind::Load:
            return isPayload (location) ? copyOut (thread, access, fault)
                                        : load (thread, location, position, access.order);
        case Kind::Store:
            isPayload (location) ? copyIn (thread, access, fault)
                                 : insert (thread, location, position, access.value, access.order, nullptr);
            return 0;
        case Kind::Swap:
            return swap (thread, access, position);
        case Kind::Add:
        case Kind::And:
        case Kind::Or:
        case Kind::Exchange:
            return modify (thread, access, position);
        case Kind::Lock:
        case Kind::Unlock:
        {
            Access locking = access;
            locking.value = access.kind == Kind::Lock ? 1 : 0;
            return modify (thread, locking, count (location) - 1);
        }
        case Kind::Barrier:
            barrier ();
            return 0;
        case Kind::Probe:
            return load (thread, location, count (location) - 1, Order::Acquire);
        case Kind::Hold:
            return newest (location) == 0 ? modify (thread, access, count (location) - 1) : newest (location);
        case Kind::Drop:
            return modify (thread, access, count (location) - 1);
        case Kind::Sleep:  // the word had another value, and the kernel has read it
            return load (thread, location, count (location) - 1, Order::Relaxed);
        default:
            return 0;
    }
}

bool Memory::sleeps (const Access& access) const noexcept
{
    bool unchanged = true;
    for (unsigned i = 0; i < sleepWordsMost; ++i)
    {
        const SleepWord word = wordOf (access, i);
        unchanged = unchanged && (word.location < 0 || newest (static_cast<unsigned> (word.location)) == word.expected);
    }
    return unchanged;
}

void Memory::ended (unsigned thread) noexcept
{
    _final.join (_threads[thread]);
    _threads[thread] = View ();
    _over = static_cast<uint8_t> (_over | 1 << thread);
}

void Memory::died (unsigned thread)
{
    dropped (thread);
    for (unsigned location = 0; location < _clock; ++location)
    {
        if ((_locks >> location & 1) != 0 && newest (location) == thread + 1U)
        {
            insert (thread, location, count (location) - 1, 0, Order::Release, nullptr);
        }
    }
    ended (thread);
}

void Memory::tidy () noexcept
{
    for (unsigned location = 0; location < _locations; ++location)
    {
        const unsigned strong = (_strongly >> location & 1) != 0 ? _strong.at[location] : 0;
        unsigned least = count (location) - 1;
        for (unsigned i = 0; i < _count && least != 0; ++i)
        {
            least = (_over >> i & 1) != 0 ? least : std::min<unsigned> (least, _threads[i].at[location]);
        }
        least = std::max (least, strong);
        if (least == 0)
        {
            continue;
        }
        const auto lower = [&] (uint8_t& at) { at = static_cast<uint8_t> (at > least ? at - least : 0); };
        _messages.erase (_messages.begin () + _begin[location], _messages.begin () + _begin[location] + least);
        for (unsigned i = location + 1; i <= locationsMost; ++i)
        {
            _begin[i] = static_cast<uint8_t> (_begin[i] - least);
        }
        std::for_each (_messages.begin (), _messages.end (),
                       [&] (Message& message) { lower (message.view.at[location]); });
        std::for_each (_threads.begin (), _threads.end (), [&] (View& view) { lower (view.at[location]); });
        lower (_strong.at[location]);
        lower (_final.at[location]);
        _messages[_begin[location]].joined = false;
        if (location >= _clock)
        {
            for (unsigned i = 0; i < _clock; ++i)
            {
                lower (_reads.when[i][location - _clock]);
            }
        }
    }
}

}  // namespace model
