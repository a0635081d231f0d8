// SPDX-License-Identifier: MIT
// The watchers of a queue object: each entry of a wait set that watches it. A queue object that is closed takes leave of
// them first.
#ifndef JOIN_SRC_QUEUE_WATCHERS_HPP
#define JOIN_SRC_QUEUE_WATCHERS_HPP

#include <join/detail/abi.hpp>

#include <cstdint>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing;

/// An entry in the list of a queue object. Its owner adds and removes it while it holds watchersMutex ().
class Watcher
{
public:
    Watcher () noexcept = default;
    Watcher (const Watcher&) = delete;
    Watcher& operator= (const Watcher&) = delete;

    /// Called with watchersMutex () held, before the queue object is closed; the watcher is no longer in the list, and
    /// does not use the queue after it has returned.
    virtual void ringCloses () noexcept = 0;

    Watcher* nextWatcher = nullptr;

protected:
    ~Watcher () = default;
};

/// The list in a queue object. A forked child inherits none: sets stay their parent's.
class Watchers
{
public:
    /// The first of the list; null: there is none.
    Watcher* first () const noexcept;

    void add (Watcher* watcher) noexcept;
    void remove (Watcher* watcher) noexcept;

    /// Empties the list, and tells each watcher that the queue object is being closed.
    void close () noexcept;

private:
    Watcher* _first = nullptr;
    uint32_t _forks = 0;  // os::forks () of the process that the list belongs to
};

/// Protects the lists of all queue objects. Taken before the mutex of a set and the mutexes of slots. fork(2) holds it,
/// so that a child finds whole lists.
std::mutex& watchersMutex () noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
