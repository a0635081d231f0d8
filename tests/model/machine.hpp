// SPDX-License-Identifier: MIT
// The memory of the C++ standard as an operational machine of messages and views: a location is the list of all values
// written to it, a thread has a view (the oldest message that it may read, by location), and a message carries the view
// that an acquire of it adds. So a load may be stale or early, as far as its order allows. A load that takes effect
// after a later store of its thread is left out. For elements, stale and early loads are not modelled: an unordered
// read of a written element is reported as a race (`Reads`), in either order of the two accesses, so no other
// thread has to run between accesses to elements.
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
    Plain,  // not atomic: must not race
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
    Swap,  // compare and swap: stores `value` if it finds `expected`
    Add,
    And,
    Or,
    Exchange,
    Lock,
    Unlock,
    Barrier,   // membarrier (2): orders all threads
    Sleep,     // sleeps while the word is `expected`; `value` 1: the sleep ends by time
    SleepAny,  // sleeps while each of several words has its value; `value`: how it ends by time
    Asleep,
    Wake,
    Yield,  // the value that was read is not the awaited one
    // A lock of the kernel, whose answers are never stale: 0, or the number of its owner, from 1 on.
    Probe,  // reads the owner; if there is none, the last owner's writes become visible
    Hold,   // takes the lock for `value`, if it is free
    Drop,
};

/// The next access of a thread.
struct Access
{
    Kind kind;
    Order order;
    Order failure;  // order of a failed swap
    uint8_t location;
    uint64_t value;
    uint64_t expected;
    const Site* site;
    bool many = false;  // SleepAny, and Asleep after it
    uint64_t more = 0;  // SleepAny: further words, 16 bits each: the location + 1, and the expected value above it
};

constexpr unsigned sleepWordsMost = 5;

// How a sleep on several words ends by time: bits of its `value`.
constexpr uint64_t endsSoon = 1;   // short by design: when no thread can continue
constexpr uint64_t endsLate = 2;   // the same, where set-ups let time pass
constexpr uint64_t endsEarly = 4;  // also at once

/// A word of a SleepAny. The first is its `location`.
struct SleepWord
{
    int location;  // -1: there is no such word
    uint64_t expected;
};

constexpr SleepWord wordOf (const Access& access, unsigned which) noexcept
{
    if (which == 0)
    {
        return SleepWord {access.location, access.expected};
    }
    const uint64_t packed = access.more >> (16 * (which - 1)) & 0xffff;
    return SleepWord {static_cast<int> (packed & 0xff) - 1, packed >> 8};
}

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
    bool joined;  // written by a read-modify-write of the message before: no message comes between
};

/// The constant properties of a location.
struct Location
{
    const char* name;
    uint64_t initial;
    bool payload;  // part of an element: concurrent reads and writes are faults, whatever the values
    bool own;      // used by one thread only: no other thread runs in between
    bool strong;   // all loads of it are seq_cst
    bool lock = false;
};

/// Copies out of cells: which thread has read which location, and when on its own clock, a location that it writes at
/// each read.
struct Reads
{
    std::array<std::array<uint8_t, threadsMost>, locationsMost> when = {};  // 0: never, or known to all threads
    std::array<uint64_t, threadsMost> open = {};  // one bit for each payload location that was read and not yet taken
    std::array<bool, threadsMost> doomed = {};    // overwritten since
};

class Memory
{
public:
    explicit Memory (const std::vector<Location>& locations, unsigned threads);

    /// The number of alternatives of this access, some of which may be impossible; 0: it cannot run now.
    unsigned choices (unsigned thread, const Access& access) const noexcept;
    bool possible (unsigned thread, const Access& access, unsigned choice) const noexcept;

    /// Returns the value that is read, or the previous one. *fault: why the program is wrong.
    uint64_t perform (unsigned thread, const Access& access, unsigned choice, const char** fault);

    /// The thread's pop has taken what it copied, or has discarded it.
    void taken (unsigned thread, const char** fault) noexcept;
    void dropped (unsigned thread) noexcept;

    void ended (unsigned thread) noexcept;

    /// The thread's locks are released.
    void died (unsigned thread);

    uint64_t newest (unsigned location) const noexcept
    {
        return _messages[_begin[location + 1] - 1U].value;
    }

    /// The oldest value that the thread may find there.
    uint64_t oldest (unsigned thread, unsigned location) const noexcept
    {
        return message (location, _threads[thread].at[location]).value;
    }

    /// Whether all words of a sleep have the values that it expects.
    bool sleeps (const Access& access) const noexcept;

    /// Removes messages that no thread can read any more, so that equal states compare equal.
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
    View _strong;  // the newest messages written by seq_cst
    View _final;   // the views of ended threads, for later barriers
    Reads _reads;
    uint64_t _payload = 0;  // one bit for each location
    uint64_t _strongly = 0;
    uint64_t _locks = 0;
    uint8_t _locations;
    uint8_t _count;
    uint8_t _clock;  // the location of the first thread's clock
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
