// SPDX-License-Identifier: MIT
// How far apart two processors are: both write one cache line in turn.
#include "workers.hpp"

#include <algorithm>
#include <thread>

namespace bench
{
namespace
{
constexpr uint32_t trips = 1000;
constexpr int attempts = 5;

struct alignas (128) Ball
{
    std::atomic<uint32_t> turn {0};
};

void play (Ball& ball, uint32_t mine, uint32_t last)
{
    for (uint32_t turn = mine; turn < last; turn += 2)
    {
        while (ball.turn.load (std::memory_order_acquire) != turn)
        {
        }
        ball.turn.store (turn + 1, std::memory_order_release);
    }
}
}  // namespace

double distance (const unsigned (&cpus)[2])
{
    Ball ball;
    constexpr uint32_t part = 2 * trips;
    double least = 0;
    std::thread other ([&] {
        pin (cpus[1]);
        play (ball, 1, part * (attempts + 1));
    });
    std::thread one ([&] {
        pin (cpus[0]);
        play (ball, 0, part);  // until both have started
        for (uint32_t i = 1; i <= attempts; ++i)
        {
            const double start = secondsNow ();
            play (ball, i * part, (i + 1) * part);
            const double taken = (secondsNow () - start) / trips;
            least = i == 1 ? taken : std::min (least, taken);
        }
    });
    one.join ();
    other.join ();
    return least * 1e9;
}

}  // namespace bench
