// SPDX-License-Identifier: MIT
// The watchers of a queue object: one entry of each wait set that watches the object. A queue object that is being
// closed removes them first.
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

/// An entry in the list of a queue object. Its set adds and removes it, with watchersMutex () held.
class Watcher
{
public:
    Watcher () noexcept = default;
    Watcher (const Watcher&) = delete;
    Watcher& operator= (const Watcher&) = delete;

    /// Called with watchersMutex () held, before the queue object is closed. The watcher is no longer in the list, and
    /// does not use the queue after this call.
    virtual void ringCloses () noexcept = 0;

    Watcher* nextWatcher = nullptr;

protected:
    ~Watcher () = default;
};

/// The list in a queue object. In a forked child the list is empty: sets remain their parent's.
class Watchers
{
public:
    /// The first watcher; null: the list is empty.
    Watcher* first () const noexcept;

    void add (Watcher* watcher) noexcept;
    void remove (Watcher* watcher) noexcept;

    /// Empties the list, and notifies each watcher that the queue object is being closed.
    void close () noexcept;

private:
    Watcher* _first = nullptr;
    uint32_t _forks = 0;  // os::forks () of the process that the list belongs to
};

/// Protects the lists of all queue objects. It is taken before the mutex of a set and the mutexes of slots. fork(2)
/// holds it, so that the lists of a child are complete.
std::mutex& watchersMutex () noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
