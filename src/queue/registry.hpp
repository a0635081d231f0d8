// SPDX-License-Identifier: MIT
// All Lanes of the process: a thread that ends gives back what it has in each of them.
#ifndef JOIN_SRC_QUEUE_REGISTRY_HPP
#define JOIN_SRC_QUEUE_REGISTRY_HPP

#include "queue/lanes.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
/// While one lives its thread may hold a mutex of the lanes. A signal handler that interrupts it finds `isNested ()`, and must
/// not wait for what goes on behind its return only.
class AtLanes
{
public:
    AtLanes () noexcept;
    AtLanes (const AtLanes&) = delete;
    AtLanes& operator= (const AtLanes&) = delete;
    ~AtLanes ();

    bool isNested () const noexcept
    {
        return _nested;
    }

private:
    bool _nested;
};

class LaneRegistry
{
public:
    /// Gives them their table: that of another on the same segment, where both are for that, or a new one.
    static Failure add (Lanes* lanes) noexcept;

    /// Whether its table is nobody's now.
    static bool remove (Lanes* lanes) noexcept;

    /// When the calling thread ends, its lanes go back; also those that it takes while it ends.
    static void leaveAtExit (const void* thread) noexcept;
    static void leave (const void* thread) noexcept;

    /// Held while a lease is taken: a process that forked in the middle would leave it to its child, for ever.
    static std::mutex& leasingMutex () noexcept;

    /// Why the list would not be whole in a forked child; 0.
    static int forkError () noexcept;

private:
    static bool together (const Lanes& a, const Lanes& b) noexcept;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
