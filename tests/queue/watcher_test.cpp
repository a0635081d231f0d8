// SPDX-License-Identifier: MIT
// Of the threads of a process that sleep in one role of a shared queue, one checks every 50 ms: the watcher. Whenever
// it leaves, another thread takes over.
#include "scale.hpp"
#include "sleepers.hpp"
#include "victim.hpp"

#include "../crash/tracer.hpp"

#include <signal.h>
#include <sys/syscall.h>

using namespace std::chrono_literals;

namespace
{
constexpr int followers = 10;

join::MemOptions noOptions ()
{
    return join::MemOptions ();
}

/// Gives an element, or room, without a wake-up; one of the threads that still wait finds it.
template <typename Kind>
bool findsUnseen (Made<Kind>& made, const Sleepers& all, bool pushes)
{
    const std::size_t before = returned (all);
    return giveUnseen (made, pushes) && comesTrue ([&] { return returned (all) == before + 1; });
}
}  // namespace

TEST_CASE ("one of eleven sleepers watches", "[queue][watcher]")
{
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (16, noOptions (), withSlots (16));
        fillFor (made.queue, pushes);
        Sleepers all;
        REQUIRE (addSleepers (all, made.queue, pushes, followers + 1));
        CHECK (comesTrue ([&] { return isWatched (all); }));
        CHECK (findsUnseen (made, all, pushes));
    }
}

TEST_CASE ("follower replaces a watcher that was served", "[queue][watcher]")
{
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (16, noOptions (), withSlots (16));
        fillFor (made.queue, pushes);
        Sleepers all;
        REQUIRE (addSleepers (all, made.queue, pushes, followers + 1));
        int replaced = 0;
        for (std::size_t left = all.size (); left > 2; --left)
        {
            REQUIRE (comesTrue ([&] { return isWatched (all); }));
            const Waiter* watcher = nullptr;
            REQUIRE (comesTrue ([&] { return (watcher = watcherOf (all)) != nullptr; }));
            // Alternates between a normal gift and one that only the watcher can find.
            REQUIRE ((left % 2 == 0 ? give (made, pushes) : giveUnseen (made, pushes)));
            REQUIRE (comesTrue ([&] { return returned (all) == all.size () - left + 1; }));
            replaced += watcher->hasReturned ();
        }
        CHECK (replaced > 0);
        CHECK (comesTrue ([&] { return isWatched (all); }));
        CHECK (findsUnseen (made, all, pushes));
    }
}

TEST_CASE ("follower replaces a watcher that timed out", "[queue][watcher]")
{
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (16, noOptions (), withSlots (16));
        fillFor (made.queue, pushes);
        Sleepers first;
        REQUIRE (addSleeper (first, made.queue, [&] {
            uint64_t got = 0;
            return pushes ? made->push (2, 400ms) : made->pop (got, 400ms);
        }));
        Sleepers all;
        REQUIRE (addSleepers (all, made.queue, pushes, followers));
        REQUIRE (comesTrue ([&] { return first[0]->hasReturned (); }));
        CHECK (first[0]->result () == ETIMEDOUT);
        first.clear ();  // joins its thread
        CHECK (comesTrue ([&] { return isWatched (all); }));
        CHECK (findsUnseen (made, all, pushes));
    }
}

TEST_CASE ("cancelled sleepers have a watcher when they return", "[queue][watcher]")
{
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (16, noOptions (), withSlots (16));
        fillFor (made.queue, pushes);
        Sleepers all;
        REQUIRE (addSleepers (all, made.queue, pushes, followers + 1));
        for (int i = 0; i < 5; ++i)
        {
            REQUIRE (comesTrue ([&] { return isWatched (all); }));
            made->cancel ();
            REQUIRE (comesTrue ([&] { return returned (all) == all.size (); }));
            made->resume ();
            for (const auto& waiter : all)
            {
                CHECK (waiter->result () == ECANCELED);
                waiter->go ();
            }
        }
        CHECK (comesTrue ([&] { return isWatched (all); }));
        CHECK (findsUnseen (made, all, pushes));
    }
}

TEST_CASE ("followers recover from death without their watcher", "[queue][watcher]")
{
    Made<ShmMpmc> made (16, noOptions (), withSlots (16));
    Sleepers first;
    REQUIRE (addSleeper (first, made.queue, [&] {
        uint64_t got = 0;
        return made->pop (got, 300ms);
    }));
    Sleepers all;
    REQUIRE (addSleepers (all, made.queue, false, followers));
    REQUIRE (comesTrue ([&] { return isWatched (all) || first[0]->hasReturned (); }));
    REQUIRE (dieIn (made.queue));
    REQUIRE (comesTrue ([&] { return first[0]->hasReturned (); }));
    CHECK (first[0]->result () == ETIMEDOUT);
    CHECK (findsUnseen (made, all, false));  // the element lies after the dead producer's claim
    CHECK (made->stats ().skipped == 1);
}

TEST_CASE ("every element of a killed producer is found", "[queue][watcher]")
{
    constexpr uint64_t count = followers + 1;
    Made<ShmMpmc> made (16, noOptions (), withSlots (16));
    Sleepers all;
    REQUIRE (addSleepers (all, made.queue, false, count));
    REQUIRE (comesTrue ([&] { return isWatched (all); }));
    Raw raw (made.name.text);
    const std::vector<uint64_t> in (count, 1);
    forgetSleepers (raw);
    REQUIRE (made->tryPush (in.data (), count) == count);
    CHECK (comesTrue ([&] { return returned (all) == count; }));
    CHECK (made->empty ());
}

TEST_CASE ("no watcher hand-over is lost", "[queue][watcher]")
{
    constexpr unsigned count = 6;
    const uint64_t rounds = scaled (150, 800, 50000);
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (16, noOptions (), withSlots (16));
        fillFor (made.queue, pushes);
        const auto call = [&, pushes] {
            thread_local std::mt19937 random (static_cast<unsigned> (::gettid ()));
            uint64_t got = 0;
            int error = ETIMEDOUT;
            for (unsigned i = 0; i < 5 && error == ETIMEDOUT; ++i)
            {
                const std::chrono::nanoseconds timeout (random () % 1000000);
                error = errorOf ([&] { return pushes ? made->push (2, timeout) : made->pop (got, timeout); });
            }
            return error == ETIMEDOUT ? (pushes ? made->push (2) : made->pop (got)) : error;
        };
        Sleepers all;
        for (unsigned i = 0; i < count; ++i)
        {
            all.push_back (std::make_unique<Waiter> (call, [&] { made->shutdown (); }));
        }
        for (uint64_t i = 0; i < rounds; ++i)
        {
            for (const auto& waiter : all)
            {
                waiter->go ();
            }
            REQUIRE (comesTrue ([&] { return isWatched (all) && returned (all) == 0; }));
            for (unsigned k = 0; k < count; ++k)
            {
                REQUIRE ((k == 0 && i % 20 == 0 ? giveUnseen (made, pushes) : give (made, pushes)));
            }
            REQUIRE (comesTrue ([&] { return returned (all) == count; }));
            fillFor (made.queue, pushes);
        }
    }
}

namespace
{
/// Messages between the test, the parent and the child.
struct Family
{
    std::atomic<bool> parentSleeps;
    std::atomic<bool> childSleeps;
    std::atomic<bool> childWatched;
    std::atomic<int> childGot;
    std::atomic<pid_t> child;
    std::atomic<bool> over;
};

int childOfWatcher (Made<ShmMpmc>& made, Family& family)
{
    Sleepers all;
    family.childSleeps = addSleepers (all, made.queue, false, 3);
    family.childWatched = comesTrue ([&] { return isWatched (all); });
    comesTrue ([&] { return returned (all) == 1; });
    family.childGot = static_cast<int> (returned (all));
    comesTrue ([&] { return family.over.load (); });
    ::_exit (0);
}

int watcherThatForks (Made<ShmMpmc>& made, Family& family)
{
    ::alarm (120);
    Sleepers all;
    family.parentSleeps = addSleepers (all, made.queue, false, 2) && comesTrue ([&] { return isWatched (all); });
    const pid_t child = crash::start ([&] { return childOfWatcher (made, family); });
    family.child = child;
    const int status = crash::await (child);
    ::_exit (WIFEXITED (status) ? WEXITSTATUS (status) : 1);
}
}  // namespace

TEST_CASE ("forked child has its own watcher", "[queue][watcher]")
{
    if (crash::sanitized ())
    {
        WARN ("ThreadSanitizer allows no new threads in a forked child: not tested");
        return;
    }
    auto& family = *new (crash::sharedPages (sizeof (Family))) Family ();
    Made<ShmMpmc> made (16, noOptions (), withSlots (16));
    const pid_t parent = crash::start ([&] { return watcherThatForks (made, family); });
    CHECK (comesTrue ([&] { return family.childWatched.load (); }));
    CHECK (family.parentSleeps);
    CHECK (family.childSleeps);
    ::kill (parent, SIGSTOP);
    int status = 0;
    REQUIRE (::waitpid (parent, &status, WUNTRACED) == parent);
    CHECK (giveUnseen (made, false));
    CHECK (comesTrue ([&] { return family.childGot == 1; }));
    family.over = true;
    ::kill (parent, SIGCONT);
    CHECK (crash::await (parent) == 0);
}

namespace
{
/// A watcher times out while the main thread of the process begins to wait.
int waitAsWatcherLeaves (Made<ShmMpmc>& made, bool pushes, std::atomic<bool>& left)
{
    const auto call = [&] (std::chrono::nanoseconds timeout) {
        uint64_t got = 0;
        return pushes ? made->push (2, timeout) : made->pop (got, timeout);
    };
    std::atomic<const Sleeps*> watcher {nullptr};
    std::thread thread ([&] {
        watcher = &sleeps;
        call (400ms);
        left = true;
        comesTrue ([&] { return watcher == nullptr; });
    });
    comesTrue ([&] { return watcher != nullptr && watcher.load ()->count >= 2; });  // the thread sleeps long by now
    crash::mark (1);
    const int result = call (24h);
    crash::mark (2);
    watcher = nullptr;
    thread.join ();
    return result == 0 ? 0 : 1;
}

/// Returns false if the watcher left too early to reach that moment.
bool leaveUnseen (bool pushes)
{
    auto& left = *new (crash::sharedPages (sizeof (std::atomic<bool>))) std::atomic<bool> (false);
    Made<ShmMpmc> made (16, noOptions (), withSlots (16));
    fillFor (made.queue, pushes);
    crash::Traced child ([&] { return waitAsWatcherLeaves (made, pushes, left); });
    // After its barrier, the main thread has found that there is a watcher, which cannot know of it yet.
    const bool passed = child.between (
        1, 2, [&] (crash::Stop stop) { return stop != crash::Stop::Exit || child.call ().number != SYS_membarrier; });
    REQUIRE (!passed);
    if (left)
    {
        return false;  // the process was too slow to reach this point
    }
    REQUIRE (comesTrue ([&] { return left.load (); }));
    Raw raw (made.name.text);
    auto& gate = raw.control ().gate;
    std::atomic<bool> ended {false};
    std::atomic<bool> given {false};
    std::thread giver ([&] {
        given = comesTrue ([&] { return (pushes ? gate.producersAsleep : gate.consumersAsleep) == 1; })
                && giveUnseen (made, pushes);
        if (!comesTrue ([&] { return ended.load (); }))
        {
            ::kill (child.pid (), SIGKILL);
        }
    });
    CHECK (child.toMark (2));
    ended = true;
    giver.join ();
    CHECK (given);
    CHECK (child.finish () == 0);
    return true;
}
}  // namespace

TEST_CASE ("watcher that leaves unnoticed is replaced", "[queue][watcher][handover][traced][exact]")
{
    for (const bool pushes : {false, true})
    {
        bool unseen = false;
        for (int tries = 0; tries < 20 && !unseen; ++tries)
        {
            unseen = leaveUnseen (pushes);
        }
        CHECK (unseen);
    }
}
