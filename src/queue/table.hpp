// SPDX-License-Identifier: MIT
// Which thread of this process has which lane of a segment.
#ifndef JOIN_SRC_QUEUE_TABLE_HPP
#define JOIN_SRC_QUEUE_TABLE_HPP

#include "failure.hpp"

#include <join/detail/ring.hpp>

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
// All zero at first, and again in a forked child, whose lanes are its parent's: mutexes of zeros are free ones.
struct LaneTable
{
    static constexpr uint32_t entryCount = 1024;
    static constexpr uint32_t threadsMost = entryCount - 64;  // some stay free, so that every search ends

    // Where an entry's thread has ended: searches go on past it.
    static const char vacated;

    static Failure make (LaneTable** made) noexcept;
    static void free (LaneTable* table) noexcept;

    detail::LaneEntry entries[entryCount];
    std::mutex mutex;                     // for changes
    std::mutex sharing;                   // held by the thread that pushes by the shared lane
    std::atomic<uint32_t> shared;         // its number; 0: none is
    uint32_t held;                        // lanes that this process has
    uint32_t threads;                     // entries in use
    void* leases[detail::lanesMost + 1];  // by the lane's number
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
