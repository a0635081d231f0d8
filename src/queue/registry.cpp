// SPDX-License-Identifier: MIT
#include "queue/registry.hpp"

#include "os/barrier.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
std::mutex mutex;
Lanes* first = nullptr;

void lock ()
{
    mutex.lock ();
}

void unlock ()
{
    mutex.unlock ();
}

const int atFork = LaneRegistry::forkError ();  // when the library is loaded

struct Leaver
{
    const void* thread = nullptr;

    ~Leaver ()
    {
        if (thread != nullptr)
        {
            LaneRegistry::leave (thread);
        }
    }
};

thread_local Leaver leaver;
}  // namespace

void LaneRegistry::add (Lanes* lanes) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    lanes->_next = first;
    if (first != nullptr)
    {
        first->_previous = lanes;
    }
    first = lanes;
}

void LaneRegistry::remove (Lanes* lanes) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    (lanes->_previous != nullptr ? lanes->_previous->_next : first) = lanes->_next;
    if (lanes->_next != nullptr)
    {
        lanes->_next->_previous = lanes->_previous;
    }
}

void LaneRegistry::leaveAtExit (const void* thread) noexcept
{
    leaver.thread = thread;
}

void LaneRegistry::leave (const void* thread) noexcept
{
    std::lock_guard<std::mutex> guard (mutex);
    for (Lanes* lanes = first; lanes != nullptr; lanes = lanes->_next)
    {
        lanes->leave (thread);
    }
}

int LaneRegistry::forkError () noexcept
{
    // Nobody changes the list while the process forks.
    static const int error = os::aroundFork (lock, unlock, unlock);
    return error;
}

int Lanes::prepareFork () noexcept
{
    return LaneRegistry::forkError ();
}

}  // namespace JOIN_ABI
}  // namespace join
