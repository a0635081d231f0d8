// SPDX-License-Identifier: MIT
// A helper thread of a wait set. It sleeps on up to 127 of the set's words and rings the set's bell when one of them
// changes. Then it rests until the set calls it again.
#ifndef JOIN_SRC_WAIT_GROUP_HPP
#define JOIN_SRC_WAIT_GROUP_HPP

#include "os/futex.hpp"
#include "os/threads.hpp"

#include <join/fwd.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace join
{
inline namespace JOIN_ABI
{
/// The number of queue words that one thread sleeps on: futex_waitv(2) takes 128, and one of them is the thread's own.
constexpr std::size_t groupSize = os::maxFutexWaits - 1;

/// Nanoseconds between two checks of the words where the kernel cannot sleep on several.
constexpr int64_t napTime = 1000 * 1000;

/// The words number*127 to number*127 + 126 of a set. All members but the atomic ones are used under the set's mutex.
class Group
{
public:
    Group (WaitSetState& set, std::size_t which) noexcept
    : number (which)
    , _set (set)
    {
    }

    Group (const Group&) = delete;
    Group& operator= (const Group&) = delete;

    /// Starts the helper thread. @return 0, or an errno
    int start () noexcept;

    /// Wakes the helper: it builds its list of words anew, or ends, after stop ().
    void call () noexcept
    {
        _calls.fetch_add (1);
        os::wake (_calls, 1, false);
    }

    /// Ends the helper, and waits for its end. The caller does not hold the set's mutex.
    void stop () noexcept;

    /// Whether the helper has rung since the last call of takeRing (): one of its words changed.
    bool takeRing () noexcept
    {
        return _rang.load () && _rang.exchange (false);
    }

    std::unique_ptr<Group> next;  // in the list of groups whose helpers are to end
    const std::size_t number;
    bool asleep = false;  // all words are armed, and the helper sleeps on them; otherwise the set checks them itself
    bool listed = false;  // the helper has a list of the words, and may sleep on them still

private:
    static void run (void* group) noexcept;
    void serve () noexcept;
    void nap (uint32_t calls, int64_t until) noexcept;

    WaitSetState& _set;
    os::Thread _thread;
    bool _started = false;
    std::atomic<uint32_t> _calls {0};
    std::atomic<bool> _rang {false};
    std::atomic<bool> _ends {false};
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
