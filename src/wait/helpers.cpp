// SPDX-License-Identifier: MIT
// The helpers of a set: their start, when the words need them, and their end.
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

// Whether the thread that waits sleeps on a ring, and not on futexes. An interruptible set always does: io_uring_enter(2)
// is ended by every signal handler, and SA_RESTART restarts futex_waitv(2).
bool WaitSetState::wantsRing () const noexcept
{
    return _interruptible || _words.size () > fewWords;
}

// Starts the helpers that the words need: one for the descriptor; where there is no ring, one for each 127 words. An
// interruptible set without a ring always has one: its thread then sleeps with futex(2). @return 0, or an errno
int WaitSetState::cover (bool forEvent) noexcept
try
{
    const std::size_t covering = (_words.size () + groupSize - 1) / groupSize;
    const std::size_t groups = covering == 0 ? 1 : covering;
    _groups.reserve (groups);  // in add (), as a fork never comes meanwhile: a wait must not move the list
    if (!_ringRefused)
    {
        return startHelpers (forEvent ? 1 : 0);
    }
    const bool helped = _interruptible || forEvent || _words.size () > groupSize || hasHelpers ();
    return helped ? startHelpers (groups) : 0;
}
catch (const std::bad_alloc&)
{
    return ENOMEM;
}

// _groups has room for them. A set that is being destroyed gets no more. @return 0, or an errno. @throw std::bad_alloc
int WaitSetState::startHelpers (std::size_t n)
{
    while (_groups.size () < n && !_interrupted.load ())
    {
        std::unique_ptr<Group> group (new Group (*this, _groups.size ()));
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
        _groups.back ()->asleep = false;
        _groups.back ()->call ();
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
