// SPDX-License-Identifier: MIT
// A thread of the model is a call of the library that is made again from its start for each of its accesses: those that
// it has made before are answered from its history, the next one leaves the call.
#ifndef MODEL_RUNNING_HPP
#define MODEL_RUNNING_HPP

#include "machine.hpp"
#include "site.hpp"

#include <csetjmp>

namespace model
{
class World;

/// Where a call may be.
enum class Mark : uint8_t
{
    Begin,
    Try,    // all over
    Tried,  // in vain
    Woken,
    Overtaken,  // by another's swap of head, or tail: what that has read is the first that counts
};

class Running
{
public:
    Running (World& where, const Mutant& what) noexcept
    : world (where)
    , mutant (what)
    {
    }

    /// The access's result; or does not return, when it is the first that is not in the history.
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
        mark (Mark::Begin);
    }

    /// What the call has read before decides nothing any more, but the place where it is: states that differ in that alone
    /// are one.
    void mark (Mark place) noexcept
    {
        marked = _next;
        at = place;
    }

    World& world;
    const Mutant& mutant;
    std::size_t marked = 0;  // accesses before
    Mark at = Mark::Begin;
    unsigned thread = 0;
    Access pending = {};
    std::jmp_buf out;
    unsigned refused = 0;                    // leases, in this call
    bool foreseen = false;                   // by mistake: who is dead is
    std::array<uint64_t, 4> foresight = {};  // answers, by lane

private:
    uint64_t believe (const Access& access, const char* file, int line) noexcept;
    uint64_t answer (const Access& access, const char* file, int line) noexcept;

    const std::vector<uint64_t>* _history = nullptr;
    std::size_t _next = 0;
    std::array<Access, 8> _late = {};  // stores that are yet to come, by mistake
    unsigned _lates = 0;
    uint64_t _known = 0;  // bits of locations that this call has read
    std::array<uint64_t, locationsMost> _read = {};
};

/// The one that runs; null: accesses go to the bytes themselves.
extern Running* running;

}  // namespace model

#endif
