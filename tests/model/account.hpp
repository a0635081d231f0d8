// SPDX-License-Identifier: MIT
// What must be true, kept beside the memory: which element has which ticket, and which thread claimed it and took it.
#ifndef MODEL_ACCOUNT_HPP
#define MODEL_ACCOUNT_HPP

#include "machine.hpp"
#include "setup.hpp"

namespace model
{
constexpr unsigned ticketsMost = 16;
constexpr unsigned batchMost = 4;

/// A claim as an observer has reconstructed it: tickets [from, to), counted from the start of the exploration.
struct Claim
{
    uint8_t from;
    uint8_t to;
    uint8_t slot;
    uint8_t before;  // the slot of the previous claim
};

/// The result of a call.
struct Outcome
{
    int64_t result = 0;  // number of elements; 0: would block; -1: error
    int error = 0;
    uint64_t elements[batchMost][2] = {};
    uint8_t claims = 0;
    Claim claim[batchMost] = {};
    const char* fault = nullptr;
};

/// The two words of an element.
constexpr uint64_t firstWord (uint8_t id) noexcept
{
    return id;
}

constexpr uint64_t secondWord (uint8_t id) noexcept
{
    return ~uint64_t (id);
}

class Account
{
public:
    Account () noexcept;

    /// A ticket that exists at the start.
    void filled (uint8_t id, uint8_t slot, uint8_t before) noexcept;

    /// The next element that the thread pushes.
    uint8_t nextOf (unsigned thread) const noexcept
    {
        return static_cast<uint8_t> (thread * 16 + _threads[thread].pushed + 1);
    }

    /// The first element that the current call of the thread pushes.
    uint8_t nextElement (unsigned thread) const noexcept
    {
        return _threads[thread].first;
    }

    /// The thread begins a call; `must`: it has seen enough that the call must find an element, or room.
    void begins (unsigned thread, bool must) noexcept;

    /// head or tail has moved; tickets are counted from the start. Returns why that is wrong, or null.
    const char* headMoved (unsigned thread, unsigned from, unsigned to, unsigned slot, unsigned slotBefore,
                           unsigned capacity) noexcept;
    const char* tailMoved (unsigned thread, unsigned from, unsigned to) noexcept;

    const char* ends (unsigned thread, Call call, const Outcome& outcome) noexcept;

    void died (unsigned thread) noexcept
    {
        _dead = static_cast<uint8_t> (_dead | 1 << thread);
    }

    void buried () noexcept
    {
        _graves = true;
    }

    bool anyDied () const noexcept
    {
        return _dead != 0 || _graves;
    }

    /// At this moment no live producer owns a slot.
    void deserted () noexcept
    {
        _deserted = 0xff;
    }

    /// Whether there was such a moment since the thread began its call.
    bool wasDeserted (unsigned thread) const noexcept
    {
        return (_deserted >> thread & 1) != 0;
    }

    /// The ticket's cell has been marked as skipped. Returns why that is wrong, or null.
    const char* holed (unsigned ticket) noexcept;

    unsigned claimed () const noexcept
    {
        return _claimed;
    }

    unsigned popped () const noexcept
    {
        return _popped;
    }

    /// Whether a pop has reported the end.
    bool over () const noexcept
    {
        return _over;
    }

    template <typename Hash>
    void hash (Hash& hash) const noexcept
    {
        hash.add (this, sizeof (*this));
    }

private:
    struct Ticket
    {
        uint8_t id;
        uint8_t thread;
        bool hole;
        Claim claim;
    };

    struct Thread
    {
        uint8_t pushed;   // elements, in total
        uint8_t first;    // first element of this call
        uint8_t claimed;  // elements claimed by this call
        uint8_t taken;    // elements taken by this call
        uint8_t must;
        uint8_t tickets[batchMost];
    };

    const char* seesClaims (const Outcome& outcome) const noexcept;

    Ticket _tickets[ticketsMost] = {};
    Thread _threads[threadsMost] = {};
    uint8_t _claimed = 0;
    uint8_t _popped = 0;
    uint8_t _dead = 0;
    uint8_t _deserted = 0;  // one bit for each thread
    bool _graves = false;
    bool _over = false;
};

}  // namespace model

#endif
