// SPDX-License-Identifier: MIT
// Arms the words of a set before it sleeps, and makes the periodic checks for what no wake-up announces.
#include "wait/state.hpp"

#include "os/barrier.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr int64_t fillTime = 1000 * 1000;  // nanoseconds until the next check of room that is being freed
}  // namespace

bool WaitSetState::arm (int64_t now) noexcept
{
    _armedNow.clear ();
    WatchedWord* next = nullptr;
    for (WatchedWord* loose = _loose.first (); loose != nullptr; loose = next)
    {
        next = loose->next;
        WatchedWord& word = *loose;
        if (word.entry ().isOver ())
        {
            _loose.remove (word);
            continue;
        }
        if (word.isArmed ())
        {
            continue;
        }
        if (word.naps || (word.side () == Side::Room && word.entry ().growsRoom ()))
        {
            word.naps = true;
            _napsEnd = _napsEnd < now + fillTime ? _napsEnd : now + fillTime;
            continue;
        }
        word.arm ();
        _armedNow.push_back (&word);
    }
    if (!_armedNow.empty () && settle (now))
    {
        return true;
    }
    _armedAt = now;
    callHelpers ();
    return false;
}

bool WaitSetState::settle (int64_t now) noexcept
{
    constexpr std::size_t few = 8;
    bool shared = false;
    bool fences = true;
    int looks = 1;
    for (const WatchedWord* word : _armedNow)
    {
        shared = shared || word->entry ().ring.shared;
        fences = fences && word->entry ().ring.fences;
        looks = word->entry ().ring.settleLooks;
    }
    bool sure = fences && !shared;
    if (!fences && (_armedNow.size () > few || _history.sleepsLong () || _history.chooseBarrier ()))
    {
        sure = barrier (shared);
        looks = 1;
    }
    else if (sure)
    {
        looks = 1;
    }
    for (int i = 0; i < looks && (i == 0 || _candidates.isEmpty ()); ++i)
    {
        for (WatchedWord* word : _armedNow)
        {
            lookAgain (*word, sure);
        }
        detail::cpuPause ();
    }
    const int64_t soon = now + WaitHistory::unsureSleep;
    _checkAt = sure || _checkAt < soon ? _checkAt : soon;
    return !_candidates.isEmpty ();
}

void WaitSetState::lookAgain (WatchedWord& word, bool sure) noexcept
{
    if (sure)
    {
        word.makeSure ();
    }
    if (word.entry ().look () != Ready::Nothing)
    {
        _candidates.pushBack (word.entry ());
    }
}

bool WaitSetState::barrier (bool shared) noexcept
{
    const int64_t start = os::monotonicNow ();
    const bool done = (shared ? os::globalBarrier () : os::barrierEverywhere ()) == 0;
    _history.barrierTook (os::monotonicNow () - start);
    return done;
}

void WaitSetState::check (int64_t now) noexcept
{
    bool shared = false;
    bool unsure = false;
    for (const WatchedWord* word : _words)
    {
        shared = shared || word->isShared ();
        unsure = unsure || (word->wasArmed () && !word->isSure ());
    }
    const bool sure = unsure && barrier (shared);
    for (WatchedWord* word : _words)
    {
        Entry& entry = word->entry ();
        if (entry.isOver ())
        {
            continue;
        }
        word->checkFlag ();
        if (word->isArmed () && entry.isQuiet ())
        {
            if (sure)
            {
                word->makeSure ();
            }
            continue;
        }
        if (word->side () == Side::Element)
        {
            entry.lookForDeaths ();
        }
        if (!word->isArmed () && !word->naps)
        {
            touch (*word);
        }
        lookAgain (*word, sure);
    }
    _polledAt = now;
    _checkAt = shared || (unsure && !sure) ? now + checkEvery : detail::Deadline::never;
}

void WaitSetState::endNaps (int64_t now) noexcept
{
    _napsEnd = detail::Deadline::never;
    _armedNow.clear ();
    for (WatchedWord* word = _loose.first (); word != nullptr; word = word->next)
    {
        if (!word->naps)
        {
            continue;
        }
        if (word->entry ().look () != Ready::Nothing)
        {
            word->naps = false;
            _candidates.pushBack (word->entry ());
        }
        else if (word->entry ().growsRoom ())
        {
            _napsEnd = now + fillTime;
        }
        else
        {
            word->arm ();
            _armedNow.push_back (word);
        }
    }
    if (!_armedNow.empty ())
    {
        settle (now);
    }
}

int64_t WaitSetState::nextCheck () const noexcept
{
    return _checkAt < _napsEnd ? _checkAt : _napsEnd;
}

}  // namespace JOIN_ABI
}  // namespace join
