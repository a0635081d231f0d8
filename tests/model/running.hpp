// SPDX-License-Identifier: MIT
// A thread of the model is a call of the library that is repeated from its start for each of its accesses: accesses
// that it has made before are answered from its history, and the next one leaves the call.
#ifndef MODEL_RUNNING_HPP
#define MODEL_RUNNING_HPP

#include "machine.hpp"
#include "site.hpp"

#include <csetjmp>

namespace model
{
class World;

// Results of a sleep; on several words, otherwise the number of the word that woke it.
constexpr uint64_t timedOut = ~uint64_t (0);
constexpr uint64_t wordChanged = timedOut - 1;

/// The progress of a call.
enum class Mark : uint8_t
{
    Begin,
    Try,    // an attempt starts afresh
    Tried,  // an attempt failed
    Woken,
    NotAsleep,  // the word had changed
    TimedOut,
    Overtaken,  // another thread swapped head or tail; the value found there is the first that matters
};

class Running
{
public:
    Running (World& where, const Mutant& what) noexcept
    : world (where)
    , mutant (what)
    {
    }

    /// Returns the access's result, or leaves the call if the access is the first that is not in the history.
    uint64_t ask (Access access, const char* file, int line) noexcept;

    void start (unsigned runner, const std::vector<uint64_t>& answers) noexcept
    {
        thread = runner;
        _history = &answers;
        _next = 0;
        _lates = 0;
        _known = 0;
        foreseen = false;
        refused = 0;
        clock = 0;
        mark (Mark::Begin);
    }

    /// The values that the call has read so far no longer matter, only its progress does: states that differ only in
    /// these values are the same.
    /// @param remembered what still matters of these values
    void mark (Mark place, uint64_t remembered = 0) noexcept
    {
        marked = _next;
        at = place;
        memo = remembered;
    }

    /// Whether the next access has been made before.
    bool repeats () const noexcept
    {
        return _next < _history->size ();
    }

    World& world;
    const Mutant& mutant;
    std::size_t marked = 0;  // number of accesses before the mark
    Mark at = Mark::Begin;
    uint64_t memo = 0;
    int64_t clock = 0;  // nanoseconds that sleeps of this call have taken
    unsigned thread = 0;
    Access pending = {};
    std::jmp_buf out;
    unsigned refused = 0;                    // locks refused in this call
    bool foreseen = false;                   // a planted mistake: the answers below are used
    std::array<uint64_t, 4> foresight = {};  // whether each slot's lock is held

private:
    uint64_t flagFirst (Access access, const char* file, int line) noexcept;
    uint64_t believe (const Access& access, const char* file, int line) noexcept;
    uint64_t answer (const Access& access, const char* file, int line) noexcept;

    const std::vector<uint64_t>* _history = nullptr;
    std::size_t _next = 0;
    std::array<Access, 8> _late = {};  // a planted mistake: stores that are still to come
    unsigned _lates = 0;
    uint64_t _known = 0;  // one bit for each location that this call has read
    std::array<uint64_t, locationsMost> _read = {};
};

/// The running call; null: accesses go directly to the bytes.
extern Running* running;

}  // namespace model

#endif
