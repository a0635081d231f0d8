// SPDX-License-Identifier: MIT
// State that the waiting calls of one queue object share, in the memory of the process: options, histories, watchers,
// and the count of cancellations.
#ifndef JOIN_SRC_QUEUE_WAIT_STATE_HPP
#define JOIN_SRC_QUEUE_WAIT_STATE_HPP

#include "os/threads.hpp"
#include "queue/eventcount.hpp"
#include "queue/wait_history.hpp"
#include "queue/watch.hpp"

#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// How a follower sleeps, which leaves checks to the watcher of its process.
enum class Following : uint32_t
{
    Unknown,
    Sleeps,  // until it is woken: futex(2) and futex_waitv(2) are available
    Checks,  // for 50 ms, and then it checks itself: a filter, or an old kernel, refuses one of the two calls
};

struct WaitState
{
    /// The history of the caller's CPU: it matters whether the other side runs on the same CPU.
    WaitHistory& history (Side side) noexcept
    {
        return histories[static_cast<uint32_t> (side)][os::currentCpu () % historyCount];
    }

    Watch& watchOf (Side side) noexcept
    {
        return watches[static_cast<uint32_t> (side)];
    }

    /// The count is odd while the object is cancelled; each change ends the waits that are in progress.
    void setCancelled (bool cancelled) noexcept
    {
        uint32_t before = cancels.load ();
        while (isCancelled (before) != cancelled && (before & closedFlag) == 0
               && !cancels.compare_exchange_weak (before, (before + 1) & ~closedFlag))
        {
        }
    }

    void cancelForGood () noexcept
    {
        cancels.fetch_or (closedFlag);
    }

    void setWaits (const QueueOptions& options) noexcept
    {
        spin = options.spinNs;
        interruptible = options.interruptible;
    }

    static bool isCancelled (uint32_t cancels) noexcept
    {
        return cancels % 2 != 0 || isClosed (cancels);
    }

    static bool isClosed (uint32_t cancels) noexcept
    {
        return (cancels & closedFlag) != 0;
    }

    static constexpr uint32_t closedFlag = uint32_t (1) << 31;

    static constexpr unsigned historyCount = 8;

    bool shared = false;
    bool ownerDead = false;      // waiting pops report that no live producer is left
    bool interruptible = false;  // signal handlers end waits
    int settleLooks = 64;        // checks before a sleep without a barrier; about a microsecond
    int64_t spin = 0;            // nanoseconds before a sleep; 0: as earlier waits suggest; negative: none
    Hint<uint64_t> wokenAt {uint64_t (0)
                            - (uint64_t (1) << 40)};  // elements popped when a producer was last woken late
    std::atomic<uint32_t> cancels {0};
    std::atomic<Following> following {Following::Unknown};
    WaitHistory histories[2][historyCount];  // by side
    Watch watches[2];                        // by side
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
