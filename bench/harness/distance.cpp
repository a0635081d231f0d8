// SPDX-License-Identifier: MIT
// Measures the distance of two CPUs, with two threads that write one cache line in turn.
#include "clock.hpp"
#include "cpus.hpp"

#include <algorithm>
#include <atomic>
#include <sched.h>
#include <thread>

namespace harness
{
namespace
{
constexpr uint64_t nanosOfDistance = 100'000'000;

struct alignas (128) Line
{
    std::atomic<uint32_t> turn {0};
    alignas (128) std::atomic<bool> over {false};
    uint64_t end = 0;
    bool yields = false;
};

// Takes the turns of one side up to `last`. A side that waits yields on one CPU, and retries at once on two.
// @return false: time is up, because other programs use the CPUs and the two sides hardly ever run at the same time
bool takeTurns (Line& line, uint32_t turn, uint32_t last)
{
    for (; turn < last; turn += 2)
    {
        uint32_t polls = 0;
        while (line.turn.load (std::memory_order_acquire) != turn)  // pairs with the release of the other's turn
        {
            if (line.yields)
            {
                ::sched_yield ();
            }
            if (++polls % 256 == 0 && (line.over.load () || nanosNow () > line.end))
            {
                line.over.store (true);
                return false;
            }
        }
        line.turn.store (turn + 1, std::memory_order_release);  // pairs with the acquire of the other
    }
    return true;
}
}  // namespace

double distanceOf (unsigned first, unsigned second, bool yields, Attempts attempts)
{
    Line line;
    line.end = nanosNow () + nanosOfDistance;
    line.yields = yields;
    const uint32_t turns = 2 * attempts.roundtrips;
    uint64_t least = UINT64_MAX;
    std::thread other ([&] {
        pinTo (second);
        takeTurns (line, 1, turns * (attempts.count + 1));
    });
    std::thread one ([&] {
        pinTo (first);
        bool going = takeTurns (line, 0, turns);  // until both threads run
        for (uint32_t i = 1; i <= attempts.count && going; ++i)
        {
            const uint64_t start = nanosNow ();
            going = takeTurns (line, i * turns, (i + 1) * turns);
            least = going ? std::min (least, nanosNow () - start) : least;
        }
    });
    one.join ();
    other.join ();
    return least == UINT64_MAX ? 0 : static_cast<double> (least) / attempts.roundtrips;
}

}  // namespace harness
