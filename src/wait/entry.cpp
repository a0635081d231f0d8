// SPDX-License-Identifier: MIT
// Checks one queue of a set, and arms its words.
#include "wait/entry.hpp"

#include "queue/producers.hpp"
#include "queue/readiness.hpp"
#include "queue/recover.hpp"
#include "wait/state.hpp"

namespace join
{
inline namespace JOIN_ABI
{
// The epoch is read first. A publisher that comes after this load changes the epoch if it finds the flag; otherwise the
// check after the barrier finds what it published.
void WatchedWord::arm () noexcept
{
    _epoch = _word.load ();
    _state.fetch_or (_flag);
    _sure = false;
    _armed = true;
    naps = false;
}

void WatchedWord::checkFlag () noexcept
{
    _armed = _armed && (_state.load () & _flag) != 0;
}

void Entry::ringCloses () noexcept
{
    _set.forget (*this);
}

void Entry::watch (Ready wanted, uint64_t newKey, uint64_t amount) noexcept
{
    _wanted = wanted;
    key = newKey;
    _amount = amount;
    _reported = Ready::Nothing;
    _abandoned = false;
    elementWord.disarm ();
    roomWord.disarm ();
}

Ready Entry::lookAt (Side side) noexcept
{
    switch (readiness (ring, side, _amount))
    {
        case Readiness::Ready:
            return side == Side::Element ? Ready::Element : Ready::Room;
        case Readiness::Ended:
            return Ready::End;
        case Readiness::Damaged:
            return Ready::Damaged;
        default:
            return Ready::Nothing;
    }
}

// If both sides are watched, End is reported only once the elements have ended.
Ready Entry::look () noexcept
{
    Ready found = Ready::Nothing;
    if (ring.isShut ())
    {
        ring.completeShutdown ();
    }
    if (wants (Ready::Element))
    {
        found = lookAt (Side::Element);
    }
    if (wants (Ready::Room))
    {
        const Ready room = lookAt (Side::Room);
        found = found | (room == Ready::End && wants (Ready::Element) ? Ready::Nothing : room);
    }
    if (_abandoned && (found & (Ready::Element | Ready::End)) == Ready::Nothing)
    {
        found = found | Ready::ProducersDead;
    }
    return found & static_cast<Ready> (~static_cast<uint32_t> (_reported & once));
}

// A Spsc ends when its consumer has found it empty: a push that began before the shutdown may succeed until then.
bool Entry::isOver () const noexcept
{
    if ((_reported & Ready::Damaged) != Ready::Nothing)
    {
        return true;
    }
    return (_reported & Ready::End) != Ready::Nothing
           && (!wants (Ready::Element) || detail::traitsOf (ring.kind).claims
               || (ring.gate ().state.load () & detail::endedBit) != 0);
}

// In an empty queue no element is claimed and not yet published, so recovery has nothing to do.
bool Entry::isQuiet () noexcept
{
    const uint64_t head = ring.head ().load ();
    const uint64_t tail = ring.tail ().load ();
    const bool same = head == _headAtCheck && tail == _tailAtCheck;
    _headAtCheck = head;
    _tailAtCheck = tail;
    const uint64_t low = detail::lowBits (ring.kind);
    const bool isEmpty = (head & ~low) == (tail & ~low);
    return same && !ring.ownerDead && !ring.isShut () && (isEmpty || !wants (Ready::Element));
}

void Entry::lookForDeaths () noexcept
{
    if (!ring.shared || !wants (Ready::Element))
    {
        return;
    }
    if (isStuck (ring))
    {
        recover (ring);
    }
    _abandoned = ring.ownerDead && isAbandoned (ring) && !isStuck (ring);
    const uint64_t taken = _abandoned ? slotsTaken (ring) : _takenAtDeath;
    if (taken != _takenAtDeath)
    {
        _reported = _reported & (Ready::End | Ready::Damaged);  // a later producer has died, too
        _takenAtDeath = taken;
    }
}

bool Entry::growsRoom () noexcept
{
    const uint64_t tail = ring.tail ().load ();
    const bool moved = tail != _tailSeen;
    _tailSeen = tail;
    return _amount > 1 && moved;
}

}  // namespace JOIN_ABI
}  // namespace join
