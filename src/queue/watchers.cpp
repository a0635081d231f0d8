// SPDX-License-Identifier: MIT
// The lists of watchers, and the mutex that protects them.
#include "queue/watchers.hpp"

#include "os/barrier.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
std::mutex mutex;

// Runs after the registration of the slots' handlers. pthread_atfork(3) calls the handlers that were registered last
// first, so a fork takes this mutex before those of the slots, as all other threads do. If the registration fails, only
// a fork during a change of a list does harm.
__attribute__ ((constructor (102))) void startWatchers () noexcept
{
    os::aroundFork ([] { mutex.lock (); }, [] { mutex.unlock (); }, [] { mutex.unlock (); });
}
}  // namespace

std::mutex& watchersMutex () noexcept
{
    return mutex;
}

Watcher* Watchers::first () const noexcept
{
    return _forks == os::forks () ? _first : nullptr;
}

void Watchers::add (Watcher* watcher) noexcept
{
    watcher->nextWatcher = first ();
    _first = watcher;
    _forks = os::forks ();
}

void Watchers::remove (Watcher* watcher) noexcept
{
    if (first () == watcher)
    {
        _first = watcher->nextWatcher;
        return;
    }
    for (Watcher* at = first (); at != nullptr; at = at->nextWatcher)
    {
        if (at->nextWatcher == watcher)
        {
            at->nextWatcher = watcher->nextWatcher;
            return;
        }
    }
}

void Watchers::close () noexcept
{
    std::lock_guard<std::mutex> lock (mutex);
    while (Watcher* watcher = first ())
    {
        _first = watcher->nextWatcher;
        watcher->ringCloses ();
    }
}

}  // namespace JOIN_ABI
}  // namespace join
