// SPDX-License-Identifier: MIT
// Of the threads of a process that sleep on one side of a shared queue object, one is the watcher: at intervals it
// wakes and checks what the deaths of others have left undone. The rest, its followers, sleep until they are woken;
// when the watcher leaves, one of them takes its role. The words lie in the memory of the process.
#ifndef JOIN_SRC_QUEUE_WATCH_HPP
#define JOIN_SRC_QUEUE_WATCH_HPP

#include "os/barrier.hpp"
#include "os/futex.hpp"

namespace join
{
inline namespace JOIN_ABI
{
class Watch
{
public:
    /// Makes the caller the watcher, unless the process has one:
    /// returns whether it did. No forked child inherits the role.
    bool take () noexcept
    {
        const uint64_t self = process ();
        uint64_t owner = _owner.load ();
        return owner != self && _owner.compare_exchange_strong (owner, self);
    }

    void give () noexcept
    {
        _owner.store (0);
        callFollower ();
    }

    /// A follower registers, and then tries to take the role again:
    /// the watcher may have left before it saw the follower.
    void follow () noexcept
    {
        _followers.fetch_add (1);
    }

    void unfollow () noexcept
    {
        _followers.fetch_add (UINT32_MAX);  // one fewer
    }

    /// Wakes a follower where the process has no watcher.
    void callFollower () noexcept
    {
        if (_followers.load () != 0 && _owner.load () != process ())
        {
            _calls.fetch_add (1);
            os::wake (_calls, 1, false);
        }
    }

    /// The word of the process that followers sleep on, beside the epoch of the queue.
    const std::atomic<uint32_t>& calls () const noexcept
    {
        return _calls;
    }

private:
    // The process ID, and how often the process and its ancestors had forked: a child in a PID namespace of its own may
    // have the same ID as its parent.
    static uint64_t process () noexcept
    {
        return static_cast<uint64_t> (os::forks ()) << 32 | static_cast<uint32_t> (os::processId ());
    }

    std::atomic<uint64_t> _owner {0};  // a process; 0: no watcher
    std::atomic<uint32_t> _followers {0};
    std::atomic<uint32_t> _calls {0};
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
