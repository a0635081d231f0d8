// SPDX-License-Identifier: MIT
// What a set sleeps with: a ring or helpers, when its words need them; and their end.
#include "wait/state.hpp"

#include "os/barrier.hpp"

#include <cerrno>
#include <new>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// A thread sleeps on that many words with futex_waitv(2). On more words a ring is faster: futex_waitv(2) takes 0.1 us
// for each, on its way out of the sleep (docs/bench/wait-set.md).
constexpr std::size_t fewWords = 8;
}  // namespace

// Opens the ring, or starts the helpers, that the words need. An interruptible set always has one or the other: its
// thread then sleeps with io_uring_enter(2) or futex(2), which every signal handler ends, and not with futex_waitv(2),
// which SA_RESTART restarts. @return 0, or an errno
int WaitSetState::cover (bool forEvent) noexcept
try
{
    const bool helped = _interruptible || forEvent || _words.size () > groupSize || hasHelpers ();
    if ((helped || _words.size () > fewWords) && !_ring.isOpen () && !_ringRefused)
    {
        _ringRefused = _ring.open (2 * _words.size ()) != 0;
    }
    if (_ring.isOpen ())
    {
        return startHelpers (forEvent ? 1 : 0);
    }
    const std::size_t groups = (_words.size () + groupSize - 1) / groupSize;
    return helped ? startHelpers (groups == 0 ? 1 : groups) : 0;
}
catch (const std::bad_alloc&)
{
    return ENOMEM;
}

// @return 0, or an errno. @throw std::bad_alloc
int WaitSetState::startHelpers (std::size_t n)
{
    while (_groups.size () < n)
    {
        std::unique_ptr<Group> group (new Group (*this, _groups.size ()));
        _groups.reserve (_groups.size () + 1);
        const int error = group->start ();
        if (error != 0)
        {
            return error;
        }
        _groups.push_back (std::move (group));
    }
    return 0;
}

// Retires the helpers that the words no longer need.
void WaitSetState::retire () noexcept
{
    const std::size_t covering = (_words.size () + groupSize - 1) / groupSize;
    const std::size_t needed = covering == 0 && !_interrupted.load () ? 1 : covering;
    while (_groups.size () > needed)
    {
        _groups.back ()->next = std::move (_retired);
        _retired = std::move (_groups.back ());
        _groups.pop_back ();
    }
}

void WaitSetState::stop (std::unique_ptr<Group> groups) noexcept
{
    const os::NoCancel noCancel;  // a join is a cancellation point
    while (groups != nullptr)
    {
        groups->stop ();
        groups = std::move (groups->next);
    }
}

// Waits for the end of the retired helpers. They may need the mutex, so it is unlocked meanwhile.
void WaitSetState::reap (Lock& lock) noexcept
{
    if (_retired != nullptr)
    {
        std::unique_ptr<Group> retired = std::move (_retired);
        lock.unlock ();
        stop (std::move (retired));
        lock.lock ();
    }
}

}  // namespace JOIN_ABI
}  // namespace join
