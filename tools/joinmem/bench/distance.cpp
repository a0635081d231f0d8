// SPDX-License-Identifier: MIT
// Measures the distance of two CPUs, with two threads that write one cache line in turn, and the cost of a clock read.
#include "clock.hpp"
#include "cores.hpp"

#include <algorithm>
#include <atomic>
#include <sched.h>
#include <thread>

namespace tool::bench
{
namespace
{
constexpr uint32_t tripsOfAttempt = 200;
constexpr uint32_t attemptsOfDistance = 10;
constexpr uint64_t nanosOfDistance = 100'000'000;

struct alignas (128) Ball
{
    std::atomic<uint32_t> turn {0};
    alignas (128) std::atomic<bool> over {false};
    uint64_t end = 0;
    bool giveWay = false;
};

// Plays the turns of one side up to `last`. A side that waits yields on one CPU, and retries at once on two.
// @return false: time is up, because other programs use the CPUs and the two sides hardly ever run at the same time
bool play (Ball& ball, uint32_t turn, uint32_t last)
{
    for (; turn < last; turn += 2)
    {
        uint32_t looks = 0;
        while (ball.turn.load (std::memory_order_acquire) != turn)  // pairs with the release of the other's turn
        {
            if (ball.giveWay)
            {
                ::sched_yield ();
            }
            if (++looks % 256 == 0 && (ball.over.load () || nanosNow () > ball.end))
            {
                ball.over.store (true);
                return false;
            }
        }
        ball.turn.store (turn + 1, std::memory_order_release);  // pairs with the acquire of the other
    }
    return true;
}
}  // namespace

double distanceOf (const Plan& plan)
{
    Ball ball;
    ball.end = nanosNow () + nanosOfDistance;
    ball.giveWay = plan.oneCpu ();
    constexpr uint32_t turns = 2 * tripsOfAttempt;
    uint64_t least = UINT64_MAX;
    std::thread other ([&] {
        pinTo (plan.cpus[1]);
        play (ball, 1, turns * (attemptsOfDistance + 1));
    });
    std::thread one ([&] {
        pinTo (plan.cpus[0]);
        bool going = play (ball, 0, turns);  // until both threads run
        for (uint32_t i = 1; i <= attemptsOfDistance && going; ++i)
        {
            const uint64_t start = nanosNow ();
            going = play (ball, i * turns, (i + 1) * turns);
            least = going ? std::min (least, nanosNow () - start) : least;
        }
    });
    one.join ();
    other.join ();
    return least == UINT64_MAX ? 0 : static_cast<double> (least) / tripsOfAttempt;
}

double clockCost ()
{
    constexpr int looks = 1000;
    uint64_t least = UINT64_MAX;
    for (int attempt = 0; attempt < 5; ++attempt)
    {
        const uint64_t start = nanosNow ();
        for (int i = 1; i < looks; ++i)
        {
            nanosNow ();
        }
        least = std::min (least, nanosNow () - start);
    }
    return static_cast<double> (least) / looks;
}

}  // namespace tool::bench
