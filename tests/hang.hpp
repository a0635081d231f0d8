// SPDX-License-Identifier: MIT
/// The watchdog of the tests. No test of the quick or the CI tier judges a time: it waits for a condition, or counts.
#ifndef JOIN_TESTS_HANG_HPP
#define JOIN_TESTS_HANG_HPP

#include <chrono>
#include <sched.h>
#include <thread>

/// How long a test waits for something that takes milliseconds before it reports a hang. Nothing that works takes as
/// long, even on a loaded machine.
constexpr std::chrono::seconds hangLimit {30};

/// Polls until the condition holds, and yields or sleeps between polls: under load a thread that has slept runs again
/// sooner than one that yields. A longer sleep only means fewer polls. Returns false for a hang.
template <typename Condition>
bool comesTrue (const Condition& condition)
{
    const auto start = std::chrono::steady_clock::now ();
    bool holds = condition ();
    for (int polls = 0; !holds && std::chrono::steady_clock::now () - start < hangLimit; ++polls)
    {
        polls < 20 ? static_cast<void> (::sched_yield ())
                   : std::this_thread::sleep_for (std::chrono::microseconds (50));
        holds = condition ();
    }
    return holds;
}

#endif
