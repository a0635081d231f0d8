// SPDX-License-Identifier: MIT
// What must be true, kept beside the memory: which element has which ticket, who claimed it, who took it.
#ifndef MODEL_ACCOUNT_HPP
#define MODEL_ACCOUNT_HPP

#include "machine.hpp"
#include "setup.hpp"

namespace model
{
constexpr unsigned ticketsMost = 16;
constexpr unsigned batchMost = 4;

/// A claim as an observer has worked it out: tickets [from, to), counted from the start of the exploration.
struct Claim
{
    uint8_t from;
    uint8_t to;
    uint8_t lane;
    uint8_t before;  // the lane of the claimer before
};

/// What a call has come to.
struct Outcome
{
    int64_t result = 0;  // elements, 0: would block, -1
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

    /// A ticket that was there at the start.
    void filled (uint8_t id, uint8_t lane, uint8_t before) noexcept;

    /// The element that a thread pushes next.
    uint8_t nextOf (unsigned thread) const noexcept
    {
        return static_cast<uint8_t> (thread * 16 + _threads[thread].pushed + 1);
    }

    /// The one that the call which the thread has begun pushes first.
    uint8_t nextElement (unsigned thread) const noexcept
    {
        return _threads[thread].first;
    }

    /// The thread begins a call; `must`: by what it knows, it cannot find nothing.
    void begins (unsigned thread, bool must) noexcept;

    /// head, or tail, has been moved, by tickets counted from the start. Why that is wrong, or null.
    const char* headMoved (unsigned thread, unsigned from, unsigned to, unsigned lane, unsigned laneBefore,
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

    /// Nobody who lives has a lane, at this moment.
    void deserted () noexcept
    {
        _deserted = 0xff;
    }

    /// Whether there was such a moment since the thread began its call.
    bool wasDeserted (unsigned thread) const noexcept
    {
        return (_deserted >> thread & 1) != 0;
    }

    /// The ticket's place has been made a hole.
    const char* holed (unsigned ticket) noexcept;

    unsigned claimed () const noexcept
    {
        return _claimed;
    }

    unsigned popped () const noexcept
    {
        return _popped;
    }

    /// Somebody was told that nothing comes any more.
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
        uint8_t pushed;   // elements, ever
        uint8_t first;    // that this call pushes
        uint8_t claimed;  // in this call
        uint8_t taken;    // in this call
        uint8_t must;
        uint8_t tickets[batchMost];
    };

    const char* seesClaims (const Outcome& outcome) const noexcept;

    Ticket _tickets[ticketsMost] = {};
    Thread _threads[threadsMost] = {};
    uint8_t _claimed = 0;
    uint8_t _popped = 0;
    uint8_t _dead = 0;
    uint8_t _deserted = 0;  // bits of threads
    bool _graves = false;
    bool _over = false;
};

}  // namespace model

#endif
