// SPDX-License-Identifier: MIT
// What a queue object learns from its waits: whether yields pay, and when to try the next one.
#include "../../src/queue/wait_history.hpp"

#include <catch2/catch.hpp>

using join::WaitHistory;

namespace
{
/// The number of short sleeps before a yield is tried, 10^6 at most.
unsigned sleepsUntilTrial (WaitHistory& history)
{
    unsigned sleeps = 0;
    for (; !history.shouldYield () && sleeps < 1000000; ++sleeps)
    {
        history.slept (1000);
    }
    return sleeps;
}
}  // namespace

TEST_CASE ("yield that pays leads to more", "[history]")
{
    WaitHistory history;
    CHECK (sleepsUntilTrial (history) == 16);
    CHECK (history.chooseProof ());
    CHECK (history.yielded (5000, 100));  // 50 ns for each element
    CHECK (history.yieldsPay ());
    unsigned proved = 0;
    for (int i = 0; i < 160; ++i)
    {
        proved += history.chooseProof ();
        CHECK (history.yielded (5000, 100));
        CHECK (history.shouldYield ());
    }
    CHECK (proved == 10);
}

TEST_CASE ("one failed yield is forgiven after many successes", "[history]")
{
    WaitHistory history;
    sleepsUntilTrial (history);
    for (int i = 0; i < 20; ++i)
    {
        history.yielded (5000, 100);
    }
    for (int i = 0; i < 3; ++i)
    {
        history.yielded (3000000, 1);
        CHECK (history.yieldsPay ());
        for (int k = 0; k < 4; ++k)
        {
            history.yielded (5000, 100);
        }
    }
    history.yielded (3000000, 1);
    history.yielded (3000000, 1);
    CHECK_FALSE (history.yieldsPay ());
}

TEST_CASE ("yield that no thread used does not pay", "[history]")
{
    WaitHistory history;
    sleepsUntilTrial (history);
    history.yielded (5000, 100);
    REQUIRE (history.yieldsPay ());
    history.yieldKept (1);  // the other role runs on a CPU of its own
    CHECK_FALSE (history.yieldsPay ());
    unsigned before = sleepsUntilTrial (history);
    CHECK (before == 128);
    for (int i = 0; i < 3; ++i)
    {
        history.yieldKept (1);
        const unsigned sleeps = sleepsUntilTrial (history);
        CHECK (sleeps == 8 * before);  // trials become rarer
        before = sleeps;
    }
}

TEST_CASE ("unused yield without progress teaches nothing", "[history]")
{
    WaitHistory history;
    sleepsUntilTrial (history);
    history.yieldKept (0);
    CHECK_FALSE (history.yieldsPay ());
    CHECK (sleepsUntilTrial (history) == 16);
    CHECK_FALSE (history.yielded (5000, 0));  // another waiter had the CPU for a moment
    CHECK (sleepsUntilTrial (history) == 16);
}

TEST_CASE ("yield to unrelated work does not pay", "[history]")
{
    WaitHistory history;
    sleepsUntilTrial (history);
    CHECK (history.yielded (3000000, 0));
    CHECK_FALSE (history.yieldsPay ());
    CHECK (sleepsUntilTrial (history) == 128);
    CHECK (history.yielded (3000000, 10));  // 300 us for each element
    CHECK_FALSE (history.yieldsPay ());
    CHECK (sleepsUntilTrial (history) == 1024);
}

TEST_CASE ("spin that loses its CPU hastens the next trial", "[history]")
{
    WaitHistory history;
    sleepsUntilTrial (history);
    history.yielded (3000000, 0);
    history.preempted ();
    CHECK (sleepsUntilTrial (history) == 64);
}

TEST_CASE ("spins grow while they win, shrink while losing", "[history]")
{
    WaitHistory history;
    history.spinWon (10000);
    CHECK (history.spinTime () == 20000);
    history.spinWon (10 * WaitHistory::maxSpin);
    CHECK (history.spinTime () == WaitHistory::maxSpin);
    for (int i = 0; i < 100; ++i)
    {
        history.spinLost ();
    }
    CHECK (history.spinTime () < 10);
}
