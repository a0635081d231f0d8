// SPDX-License-Identifier: MIT
// All Lanes of the process: a thread that ends gives back what it has in each of them.
#ifndef JOIN_SRC_QUEUE_REGISTRY_HPP
#define JOIN_SRC_QUEUE_REGISTRY_HPP

#include "queue/lanes.hpp"

namespace join
{
inline namespace JOIN_ABI
{
class LaneRegistry
{
public:
    static void add (Lanes* lanes) noexcept;
    static void remove (Lanes* lanes) noexcept;

    /// When the calling thread ends, its lanes go back.
    static void leaveAtExit (const void* thread) noexcept;
    static void leave (const void* thread) noexcept;

    /// Why the list would not be whole in a forked child; 0.
    static int forkError () noexcept;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
