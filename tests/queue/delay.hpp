// SPDX-License-Identifier: MIT
/// Measures how long the death of a producer delays a consumer that sleeps or polls in a call.
#ifndef JOIN_TESTS_QUEUE_DELAY_HPP
#define JOIN_TESTS_QUEUE_DELAY_HPP

#include "waiting.hpp"

#include "../asleep.hpp"
#include "../hang.hpp"

#include <chrono>
#include <functional>
#include <thread>

#include <unistd.h>

/// Milliseconds from the producer's death until the call returns.
struct Delay
{
    double took;       ///< by the clock, which includes the effects of other programs
    double requested;  ///< total length of the sleeps that ran to their end, which depends on the library alone
};

/// Runs `call` in a thread of its own; calls `kill` once that thread sleeps, or, if it polls, once it has started.
/// `kill` returns when the producer is dead.
inline Delay delayOf (const std::function<void ()>& call, const std::function<void ()>& kill, bool sleeping)
{
    using std::chrono::steady_clock;
    std::atomic<pid_t> thread {0};
    std::atomic<const Sleeps*> counters {nullptr};
    std::atomic<bool> read {false};
    steady_clock::time_point returned;
    int64_t requested = 0;
    std::thread consumer ([&] {
        counters = &sleeps;
        thread = ::gettid ();
        call ();
        returned = steady_clock::now ();
        requested = sleeps.requested;
        comesTrue ([&] { return read.load (); });  // the main thread reads this thread's counters until then
    });
    comesTrue ([&] { return thread != 0; });
    if (sleeping)
    {
        untilAsleep (thread);
    }
    kill ();
    const int64_t before = counters.load ()->requested;
    const auto dead = steady_clock::now ();
    read = true;
    consumer.join ();
    const double took = std::chrono::duration<double, std::milli> (returned - dead).count ();
    return {took, static_cast<double> (requested - before) / 1e6};
}

#endif
