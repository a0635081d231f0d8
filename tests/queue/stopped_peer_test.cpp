// SPDX-License-Identifier: MIT
// A consumer or producer that is stopped or killed in its sleep, or right after a wake-up, delays the others by at most
// two of their checks.
#include "sleepers.hpp"

#include "../crash/tracer.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fstream>

namespace
{
/// A sleeper needs at most two checks to find what there is: one that was under way, and one more.
constexpr uint64_t mostLooks = 2;
constexpr int64_t lookEvery = 50000000;  // nanoseconds

/// The time-outs and the total sleeping time of a waiter from now on.
class Delay
{
public:
    explicit Delay (const Waiter& waiter)
    : _counters (*waiter.counters ())
    , _looks (_counters.timedOut)
    , _requested (_counters.requested)
    {
    }

    bool isShort () const
    {
        return _counters.timedOut - _looks <= mostLooks
               && _counters.requested - _requested <= static_cast<int64_t> (mostLooks) * lookEvery;
    }

private:
    const Sleeps& _counters;
    const uint64_t _looks;
    const int64_t _requested;
};

int waitOnce (Made<ShmMpmc>& made, bool pushes, const join::QueueOptions& options)
{
    auto own = openQueue<ShmMpmc> (8, made.name.text, join::MemOptions (), options);
    uint64_t got = 0;
    return errorOf ([&] { return pushes ? own.push (2) : own.pop (got); });
}

/// Processes that each sleep in one call, on queue objects of their own.
class Peers
{
public:
    Peers (Made<ShmMpmc>& made, bool pushes, uint32_t count, const join::QueueOptions& options = join::QueueOptions ())
    {
        Raw raw (made.name.text);
        auto& gate = raw.control ().gate;
        const auto& asleep = pushes ? gate.producersAsleep : gate.consumersAsleep;
        for (uint32_t i = 0; i < count; ++i)
        {
            _ids.push_back (crash::start ([&] { return waitOnce (made, pushes, options); }));
            REQUIRE (comesTrue ([&] { return asleep == i + 1; }));
        }
    }

    Peers (const Peers&) = delete;
    Peers& operator= (const Peers&) = delete;

    ~Peers ()
    {
        end (SIGKILL);
    }

    void stop () const
    {
        for (const pid_t id : _ids)
        {
            int status = 0;
            ::kill (id, SIGSTOP);
            REQUIRE (::waitpid (id, &status, WUNTRACED) == id);
            REQUIRE (WIFSTOPPED (status));
        }
    }

    void goOn () const
    {
        for (const pid_t id : _ids)
        {
            ::kill (id, SIGCONT);
        }
    }

    /// Returns the sum of their statuses.
    int await ()
    {
        int sum = 0;
        for (const pid_t id : _ids)
        {
            sum += crash::await (id);
        }
        _ids.clear ();
        return sum;
    }

    void end (int signal)
    {
        for (const pid_t id : _ids)
        {
            ::kill (id, signal);
        }
        await ();
    }

private:
    std::vector<pid_t> _ids;
};

/// Gives an element or room to one waiter, while the peers cannot take it.
void givesInTime (Made<ShmMpmc>& made, const Waiter& waiter, bool pushes)
{
    const Delay delay (waiter);
    REQUIRE (give (made, pushes));
    REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
    CHECK (waiter.result () == 0);
    CHECK (delay.isShort ());
}
}  // namespace

TEST_CASE ("stopped sleepers keep nothing from others", "[queue][peer]")
{
    for (const bool pushes : {false, true})
    {
        for (const uint32_t count : {1U, 4U})
        {
            INFO (count << (pushes ? " producers" : " consumers"));
            Made<ShmMpmc> made (8);
            fillFor (made.queue, pushes);
            Peers peers (made, pushes, count);
            Sleepers waiter;
            REQUIRE (addSleepers (waiter, made.queue, pushes, 1));
            peers.stop ();
            for (int i = 0; i < 3; ++i)
            {
                givesInTime (made, *waiter[0], pushes);
                waiter[0]->go ();
                REQUIRE (comesTrue ([&] { return waiter[0]->isAsleep (); }));
            }
            peers.goOn ();
            for (uint32_t i = 0; i < count + 1; ++i)
            {
                REQUIRE (give (made, pushes));
            }
            CHECK (peers.await () == 0);
            CHECK (comesTrue ([&] { return waiter[0]->hasReturned (); }));
        }
    }
}

TEST_CASE ("killed sleepers keep nothing from others", "[queue][peer]")
{
    for (const bool pushes : {false, true})
    {
        for (const uint32_t count : {1U, 4U})
        {
            INFO (count << (pushes ? " producers" : " consumers"));
            Made<ShmMpmc> made (8);
            fillFor (made.queue, pushes);
            Peers peers (made, pushes, count);
            Sleepers waiter;
            REQUIRE (addSleepers (waiter, made.queue, pushes, 1));
            peers.end (SIGKILL);  // the count of sleepers stays too high
            for (int i = 0; i < 3; ++i)
            {
                givesInTime (made, *waiter[0], pushes);
                waiter[0]->go ();
                REQUIRE (comesTrue ([&] { return waiter[0]->isAsleep (); }));
            }
            REQUIRE (give (made, pushes));
            CHECK (comesTrue ([&] { return waiter[0]->hasReturned (); }));
        }
    }
}

TEST_CASE ("stopping and continuing interrupts no wait", "[queue][peer]")
{
    join::QueueOptions options;
    options.interruptible = true;
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (8);
        fillFor (made.queue, pushes);
        Peers peers (made, pushes, 2, options);
        for (int i = 0; i < 5; ++i)
        {
            peers.stop ();
            peers.goOn ();
        }
        REQUIRE (give (made, pushes));
        REQUIRE (give (made, pushes));
        CHECK (peers.await () == 0);
    }
}

namespace
{
constexpr long futexWaitV = 449;

bool isSleep (const crash::SystemCall& call)
{
    const bool isFutex = call.number == SYS_futex;
    return call.number == futexWaitV
           || (isFutex && (static_cast<int> (call.arguments[1]) & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET);
}

/// Whether that process sleeps in the kernel: it is not stopped, and no wake-up has reached it.
bool sleepsInKernel (pid_t id)
{
    std::ifstream file ("/proc/" + std::to_string (id) + "/stat");
    std::string line;
    std::getline (file, line);
    const std::size_t name = line.rfind (") ");
    return name != std::string::npos && line.compare (name, 3, ") S") == 0;
}

/// Gives one element or one free cell after the other, each time both the peer and the waiter sleep, until the peer has
/// been woken or has ended.
void giveUntilOver (Made<ShmMpmc>& made, Waiter& waiter, pid_t peer, bool pushes, const std::atomic<bool>& over)
{
    Raw raw (made.name.text);
    auto& gate = raw.control ().gate;
    const auto& asleep = pushes ? gate.producersAsleep : gate.consumersAsleep;
    const auto orOver = [&] (const auto& condition) {
        return comesTrue ([&] { return over || condition (); }) && !over;
    };
    while (orOver ([&] { return asleep == 2 && waiter.isAsleep () && sleepsInKernel (peer); }))
    {
        give (made, pushes);
        // A waiter that checks by itself may return before the peer that was woken: that peer no longer sleeps.
        if (!orOver ([&] { return waiter.hasReturned (); }) || !orOver ([&] { return sleepsInKernel (peer); }))
        {
            return;
        }
        waiter.go ();
    }
}

/// The peer is woken and does not run afterwards; a waiter of this process sleeps, and the element or free cell is left
/// for it. Returns false if the peer found it without a wake-up, by a check of its own.
bool leaveWoken (bool pushes, bool killed)
{
    Made<ShmMpmc> made (8);
    fillFor (made.queue, pushes);
    crash::Traced peer ([&] {
        crash::mark (1);
        const int error = waitOnce (made, pushes, join::QueueOptions ());
        crash::mark (2);
        return error;
    });
    Sleepers waiter;
    REQUIRE (addSleepers (waiter, made.queue, pushes, 1));
    std::atomic<bool> over {false};
    std::thread giver ([&] { giveUntilOver (made, *waiter[0], peer.pid (), pushes, over); });
    bool caught = false;
    peer.between (1, 2, [&] (crash::Stop stop) {
        caught = stop == crash::Stop::Exit && isSleep (peer.call ()) && peer.call ().result == 0;
        return !caught;
    });
    over = true;
    giver.join ();
    if (!caught)
    {
        CHECK (peer.finish () == 0);
        return false;
    }
    const Delay delay (*waiter[0]);
    CHECK (comesTrue ([&] { return waiter[0]->hasReturned (); }));
    CHECK (delay.isShort ());
    if (killed)
    {
        peer.kill ();
    }
    else
    {
        REQUIRE (give (made, pushes));
        CHECK (peer.finish () == 0);
    }
    waiter[0]->go ();
    REQUIRE (comesTrue ([&] { return waiter[0]->isAsleep (); }));
    givesInTime (made, *waiter[0], pushes);
    return true;
}

void leaveWoken (bool killed)
{
    for (const bool pushes : {false, true})
    {
        INFO ((pushes ? "producers" : "consumers"));
        int attempts = 1;
        while (!leaveWoken (pushes, killed) && attempts < 20)
        {
            ++attempts;
        }
        CHECK (attempts < 20);
    }
}
}  // namespace

TEST_CASE ("stopped waiter after a wake-up delays others little", "[queue][peer][woken][traced][exact]")
{
    leaveWoken (false);
}

TEST_CASE ("killed waiter after a wake-up delays others little", "[queue][peer][woken][traced][exact]")
{
    leaveWoken (true);
}

TEST_CASE ("dead sleepers swallow no wake-up", "[queue][peer][woken][traced][exact]")
{
    for (const bool pushes : {false, true})
    {
        for (const uint32_t dead : {0U, 1U, 5U})
        {
            INFO (dead << (pushes ? " dead producers" : " dead consumers"));
            Made<ShmMpmc> made (8);
            fillFor (made.queue, pushes);
            Raw raw (made.name.text);
            auto& gate = raw.control ().gate;
            (pushes ? gate.producersAsleep : gate.consumersAsleep) = dead;
            crash::Traced peer ([&] {
                crash::mark (1);
                const int error = waitOnce (made, pushes, join::QueueOptions ());
                crash::mark (2);
                return error;
            });
            // The peer has checked for the last time, and the kernel has not put it to sleep yet.
            CHECK (!peer.between (
                1, 2, [&] (crash::Stop stop) { return stop != crash::Stop::Entry || !isSleep (peer.call ()); }));
            REQUIRE (give (made, pushes));
            REQUIRE (peer.toSystemCall () == crash::Stop::Exit);
            CHECK (peer.call ().result == -EAGAIN);
            CHECK (peer.finish () == 0);
        }
    }
}
