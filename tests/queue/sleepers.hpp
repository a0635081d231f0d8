// SPDX-License-Identifier: MIT
/// Threads that wait in one role of a shared queue, one of them as the watcher; and elements for which no thread is
/// woken.
#ifndef JOIN_TESTS_QUEUE_SLEEPERS_HPP
#define JOIN_TESTS_QUEUE_SLEEPERS_HPP

#include "raw.hpp"
#include "wake_count.hpp"

using Sleepers = std::vector<std::unique_ptr<Waiter>>;

/// Adds a thread that makes this call; returns when the thread sleeps in it.
template <typename Call, typename Queue>
bool addSleeper (Sleepers& all, Queue& queue, Call call)
{
    all.push_back (std::make_unique<Waiter> ([call] { return errorOf (call); }, [&queue] { queue.shutdown (); }));
    all.back ()->go ();
    return comesTrue ([&] { return all.back ()->isAsleep (); });
}

template <typename Queue>
bool addSleepers (Sleepers& all, Queue& queue, bool pushes, int count)
{
    bool sleep = true;
    for (int i = 0; i < count && sleep; ++i)
    {
        sleep = addSleeper (all, queue, [&queue, pushes] {
            uint64_t got = 0;
            return pushes ? queue.push (2) : queue.pop (got);
        });
    }
    return sleep;
}

inline std::size_t returned (const Sleepers& all)
{
    return static_cast<std::size_t> (
        std::count_if (all.begin (), all.end (), [] (const auto& waiter) { return waiter->hasReturned (); }));
}

inline bool isWatching (const Waiter& waiter)
{
    return waiter.isAsleep () && !waiter.counters ()->follows;
}

/// Whether all threads that still wait sleep, and all but one sleep without a time limit.
inline bool isWatched (const Sleepers& all)
{
    std::size_t watching = 0;
    std::size_t following = 0;
    for (const auto& waiter : all)
    {
        watching += isWatching (*waiter);
        following += waiter->isAsleep () && waiter->counters ()->follows;
    }
    return watching == 1 && watching + following + returned (all) == all.size ();
}

/// The thread that watches; null: none does at the moment.
inline const Waiter* watcherOf (const Sleepers& all)
{
    const auto found =
        std::find_if (all.begin (), all.end (), [] (const auto& waiter) { return isWatching (*waiter); });
    return found != all.end () ? found->get () : nullptr;
}

/// Clears the flags that announce sleepers.
inline void forgetSleepers (Raw& raw)
{
    raw.control ().gate.state.fetch_and (
        ~(join::detail::elementMask | join::detail::roomMask | join::detail::roomUrgent));
}

/// Gives an element, or room, to one sleeper without a wake-up, as if the giving process had been killed before the
/// wake-up.
template <typename Kind>
bool giveUnseen (Made<Kind>& made, bool pushes)
{
    Raw raw (made.name.text);
    forgetSleepers (raw);
    uint64_t got = 0;
    return (pushes ? made->tryPop (got) : made->tryPush (7)) == 0;
}

template <typename Kind>
bool give (Made<Kind>& made, bool pushes)
{
    uint64_t got = 0;
    return (pushes ? made->tryPop (got) : made->tryPush (7)) == 0;
}

template <typename Queue>
void fillFor (Queue& queue, bool pushes)
{
    while (pushes && queue.tryPush (1) == 0)
    {
    }
}

#endif
