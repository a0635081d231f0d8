// SPDX-License-Identifier: MIT
// The memory of the C++ standard, as a machine: a location is the list of all that was written to it, a thread has a view
// (how old it may read, by location), and a message carries the view that whoever acquires it gets. So a load may be
// stale, or early, as far as its order allows. What is left out: a load that takes place behind a store after it. Elements
// need neither: whoever reads what is written without order is found, in whichever order the two come, as a race (`Reads`).
// So nobody need be let in between accesses to elements.
#ifndef MODEL_MACHINE_HPP
#define MODEL_MACHINE_HPP

#include <array>
#include <cstdint>
#include <vector>

namespace model
{
constexpr unsigned locationsMost = 40;
constexpr unsigned threadsMost = 5;

struct Site;

enum class Order : uint8_t
{
    Plain,  // not atomic: it must not race
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
};

constexpr bool acquires (Order order) noexcept
{
    return order == Order::Acquire || order >= Order::AcqRel;
}

constexpr bool releases (Order order) noexcept
{
    return order == Order::Release || order >= Order::AcqRel;
}

enum class Kind : uint8_t
{
    Load,
    Store,
    Swap,  // compare and swap: to `value` where it is `expected`
    Add,
    And,
    Or,
    Lock,
    Unlock,
    Barrier,  // membarrier (2): of all threads
    Sleep,    // while it is `expected`
    Asleep,
    Wake,
    Yield,  // what was read is not what was waited for
    // A lease, as the kernel keeps it, whose answers are never stale: 0, or the number of the thread that has it, from 1 on.
    Probe,  // who has it; where nobody has, all is seen that its last owner did
    Hold,   // takes it for `value`, where nobody has it
    Drop,
};

/// What a thread is about to do.
struct Access
{
    Kind kind;
    Order order;
    Order failure;  // of a swap
    uint8_t location;
    uint64_t value;
    uint64_t expected;
    const Site* site;
};

struct View
{
    std::array<uint8_t, locationsMost> at = {};

    void join (const View& other) noexcept
    {
        for (unsigned i = 0; i < locationsMost; ++i)
        {
            at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
        }
    }
};

struct Message
{
    uint64_t value;
    View view;
    bool joined;  // by a read-modify-write to the one before: nothing comes between
};

/// What is known of a location, the same in all states.
struct Location
{
    const char* name;
    uint64_t initial;
    bool payload;  // of an element: nobody may read and write it at a time, whatever the value
    bool own;      // one thread's alone: no other is let in between
    bool strong;   // all loads of it are seq_cst
    bool lease = false;
};

/// Copies out of slots: who has read where, and when on his own clock, which is a location that is written at each read.
struct Reads
{
    std::array<std::array<uint8_t, threadsMost>, locationsMost> when = {};  // 0: never, or known to all
    std::array<uint64_t, threadsMost> open = {};                            // by payload location: not yet taken
    std::array<bool, threadsMost> doomed = {};                              // overwritten since
};

class Memory
{
public:
    explicit Memory (const std::vector<Location>& locations, unsigned threads);

    /// Ways in which this may go, of which some may be impossible; 0: not now.
    unsigned choices (unsigned thread, const Access& access) const noexcept;
    bool possible (unsigned thread, const Access& access, unsigned choice) const noexcept;

    /// What is read, or was there before. *fault: why the program is wrong.
    uint64_t perform (unsigned thread, const Access& access, unsigned choice, const char** fault);

    /// The pop of a thread has taken what it copied, or has not.
    void taken (unsigned thread, const char** fault) noexcept;
    void dropped (unsigned thread) noexcept;

    void ended (unsigned thread) noexcept;

    /// Its leases are gone with it.
    void died (unsigned thread);

    uint64_t newest (unsigned location) const noexcept
    {
        return _messages[_begin[location + 1] - 1U].value;
    }

    /// What the thread finds there at worst.
    uint64_t oldest (unsigned thread, unsigned location) const noexcept
    {
        return message (location, _threads[thread].at[location]).value;
    }

    /// Forgets what nobody can read any more, so that the same state looks the same.
    void tidy () noexcept;

    template <typename Hash>
    void hash (Hash& hash) const noexcept;

private:
    const Message& message (unsigned location, unsigned position) const noexcept
    {
        return _messages[_begin[location] + position];
    }

    unsigned count (unsigned location) const noexcept
    {
        return static_cast<unsigned> (_begin[location + 1] - _begin[location]);
    }

    bool splits (unsigned location, unsigned position) const noexcept;
    unsigned lowest (unsigned thread, const Access& access, Order order) const noexcept;
    uint64_t load (unsigned thread, unsigned location, unsigned position, Order order) noexcept;
    void insert (unsigned thread, unsigned location, unsigned position, uint64_t value, Order order, const View* from);
    uint64_t modify (unsigned thread, const Access& access, unsigned position);
    uint64_t swap (unsigned thread, const Access& access, unsigned choice);
    uint64_t copyOut (unsigned thread, const Access& access, const char** fault);
    void copyIn (unsigned thread, const Access& access, const char** fault);

    bool isPayload (unsigned location) const noexcept
    {
        return (_payload >> location & 1) != 0;
    }

    void barrier () noexcept;

    std::vector<Message> _messages;  // by location, oldest first
    std::array<uint8_t, locationsMost + 1> _begin = {};
    std::array<View, threadsMost> _threads = {};
    View _strong;  // the newest that was written by seq_cst
    View _final;   // of the threads that have ended: a barrier finds what they wrote
    Reads _reads;
    uint64_t _payload = 0;  // bits of locations
    uint64_t _strongly = 0;
    uint64_t _leases = 0;
    uint8_t _locations;
    uint8_t _count;
    uint8_t _clock;  // location of the first thread's clock
    uint8_t _over = 0;
};

template <typename Hash>
void Memory::hash (Hash& hash) const noexcept
{
    for (const Message& message : _messages)
    {
        hash.add (&message.value, sizeof (message.value));
        hash.add (&message.view.at, _locations);
        hash.add (&message.joined, sizeof (message.joined));
    }
    hash.add (_begin.data (), _locations);
    for (unsigned i = 0; i < _count; ++i)
    {
        hash.add (&_threads[i].at, _locations);
    }
    hash.add (&_strong.at, _locations);
    hash.add (&_final.at, _locations);
    for (unsigned i = 0; i < _locations; ++i)
    {
        if ((_payload >> i & 1) != 0)
        {
            hash.add (_reads.when[i].data (), threadsMost);
        }
    }
    hash.add (_reads.open.data (), sizeof (_reads.open));
    hash.add (_reads.doomed.data (), sizeof (_reads.doomed));
}

}  // namespace model

#endif
