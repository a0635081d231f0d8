// SPDX-License-Identifier: MIT
// The membership of a wait set: its queues and their words.
#include "wait/state.hpp"

#include "base/failure.hpp"
#include "os/barrier.hpp"
#include "queue/none.hpp"

#include <cerrno>
#include <new>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
WaitSetState::WaitSetState (const WaitSetOptions& options) noexcept
: _interruptible (options.interruptible)
, _forks (os::forks ())
{
}

// A forked child has nothing to end: the helpers, the wait and the lists are the parent's.
WaitSetState::~WaitSetState ()
{
    if (!isForked ())
    {
        interrupt ();
        for (uint32_t waiting = 1; _waiting.compare_exchange_strong (waiting, 2) || waiting == 2; waiting = 1)
        {
            os::sleepOn (_waiting, 2, false, detail::Deadline::never);
        }
        leaveAll ();
        stop (std::move (_retired));
        closeRing ();
    }
    os::closeEvent (&_event);
}

// The queues may end from here on, and a helper may still run: it finds no word.
void WaitSetState::leaveAll () noexcept
{
    std::lock_guard<std::mutex> watchers (watchersMutex ());
    const Lock lock (_mutex);
    for (const std::unique_ptr<Entry>& entry : _entries)
    {
        entry->ring.watchers.remove (entry.get ());
    }
    for (WatchedWord* word : _words)
    {
        endSleeps (*word);
        _loose.remove (*word);
        _candidates.remove (word->entry ());
    }
    _words.clear ();
    retire ();
}

bool WaitSetState::isForked () const noexcept
{
    return _forks != os::forks ();
}

// @return 0, or -1 with lastError
int WaitSetState::usable (OwnedRing& ring) const noexcept
{
    if (isForked ())
    {
        return setError (EBADF, "the wait set is the parent's: a forked child makes one of its own");
    }
    return ring.isNone () ? failNone () : 0;
}

Entry* WaitSetState::find (OwnedRing& ring) const noexcept
{
    for (Watcher* watcher = ring.watchers.first (); watcher != nullptr; watcher = watcher->nextWatcher)
    {
        Entry* entry = static_cast<Entry*> (watcher);  // sets are the only watchers
        if (entry->isOf (*this))
        {
            return entry;
        }
    }
    return nullptr;
}

int WaitSetState::checkWanted (const OwnedRing& ring, Ready wanted, uint64_t amount) noexcept
{
    const uint32_t bits = static_cast<uint32_t> (wanted);
    const uint32_t known = static_cast<uint32_t> (Ready::Element | Ready::Room);
    if ((bits & ~known) != 0)
    {
        return fail (EINVAL, "a queue cannot be watched for the bits 0x%x: give Element (1), Room (2), both (3) or 0",
                     bits);
    }
    if (amount == 0 || amount > ring.capacity)
    {
        return fail (EINVAL, "an amount of %llu cannot be waited for: the queue has room for %llu elements",
                     static_cast<unsigned long long> (amount), static_cast<unsigned long long> (ring.capacity));
    }
    return 0;
}

// Waits for the end of retired helpers once the caller has released its locks.
class WaitSetState::Reaper
{
public:
    explicit Reaper (WaitSetState& set) noexcept
    : _set (set)
    {
    }

    Reaper (const Reaper&) = delete;
    Reaper& operator= (const Reaper&) = delete;

    ~Reaper ()
    {
        Lock lock (_set._mutex);
        _set.reap (lock);
    }

private:
    WaitSetState& _set;
};

int WaitSetState::add (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount) noexcept
{
    const KeptErrno kept;
    if (usable (ring) == -1 || checkWanted (ring, wanted, amount) == -1)
    {
        return -1;
    }
    const Reaper reaper (*this);
    std::lock_guard<std::mutex> watchers (watchersMutex ());
    const Lock lock (_mutex);
    if (find (ring) != nullptr)
    {
        return setError (EEXIST,
                         "the wait set has this queue already: modify what it watches, or remove the queue first");
    }
    try
    {
        return insert (ring, wanted, key, amount);
    }
    catch (const std::bad_alloc&)
    {
        return setError (ENOMEM, "there is no memory for another queue in the wait set");
    }
}

// All steps that can fail come before the first change that would have to be undone. @throw std::bad_alloc
int WaitSetState::insert (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount)
{
    std::unique_ptr<Entry> entry (new Entry (*this, ring));
    if (_entries.capacity () == _entries.size ())
    {
        _entries.reserve (2 * _entries.size () + 1);
    }
    if (watch (*entry, wanted, key, amount) == -1)
    {
        return -1;
    }
    ring.watchers.add (entry.get ());
    entry->place = _entries.size ();
    _entries.push_back (std::move (entry));
    return 0;
}

int WaitSetState::modify (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount) noexcept
{
    const KeptErrno kept;
    if (usable (ring) == -1 || checkWanted (ring, wanted, amount) == -1)
    {
        return -1;
    }
    const Reaper reaper (*this);
    std::lock_guard<std::mutex> watchers (watchersMutex ());
    const Lock lock (_mutex);
    Entry* entry = find (ring);
    if (entry == nullptr)
    {
        return setError (ENOENT, "the wait set does not have this queue: add it first");
    }
    try
    {
        return watch (*entry, wanted, key, amount);
    }
    catch (const std::bad_alloc&)
    {
        return setError (ENOMEM, "there is no memory for another side of the queue in the wait set");
    }
}

// Watches the words that `wanted` names, and no others. On failure the entry is as before. @throw std::bad_alloc
int WaitSetState::watch (Entry& entry, Ready wanted, uint64_t key, uint64_t amount)
{
    if (_armedNow.capacity () < _words.size () + 2)
    {
        _words.reserve (2 * _words.size () + 2);
        _armedNow.reserve (2 * _words.size () + 2);
    }
    const bool needs[] = {(wanted & Ready::Element) != Ready::Nothing, (wanted & Ready::Room) != Ready::Nothing};
    const bool has[] = {entry.wants (Ready::Element), entry.wants (Ready::Room)};
    WatchedWord* const words[] = {&entry.elementWord, &entry.roomWord};
    std::unique_ptr<Request> requests[2];
    for (int side = 0; side < 2; ++side)
    {
        requests[side].reset (needs[side] && !has[side] ? new Request : nullptr);
    }
    for (int side = 0; side < 2; ++side)
    {
        if (requests[side] != nullptr)
        {
            take (*words[side], std::move (requests[side]));
        }
    }
    const int error = cover (_hasEvent.load ());
    for (int side = 0; side < 2; ++side)
    {
        if (needs[side] != has[side] && (error != 0) == needs[side])
        {
            drop (*words[side]);
        }
    }
    if (error != 0)
    {
        return fail (error, "a helper thread of the wait set, for each 127 of its %zu words, cannot be started",
                     _words.size ());
    }
    entry.watch (wanted, key, amount);
    retire ();
    for (int side = 0; side < 2; ++side)
    {
        if (needs[side])
        {
            touch (*words[side]);
        }
    }
    if (entry.ring.shared && _checkAt == detail::Deadline::never)
    {
        _checkAt = os::monotonicNow () + checkEvery;
    }
    bell ();
    return 0;
}

void WaitSetState::take (WatchedWord& word, std::unique_ptr<Request> request) noexcept
{
    word.request = std::move (request);
    word.request->word = &word;
    word.index = _words.size ();
    _words.push_back (&word);
    ++_changes;
}

// The last word moves to the index of the dropped word, so the words never need more groups than before.
void WaitSetState::drop (WatchedWord& word) noexcept
{
    WatchedWord* const last = _words.back ();
    touch (word);
    touch (*last);
    endList (*last);
    _words[word.index] = last;
    last->index = word.index;
    touch (*last);
    _words.pop_back ();
    _loose.remove (word);
    word.disarm ();
    if (word.request->pending)
    {
        word.request->word = nullptr;
        _orphans.pushBack (*word.request.release ());
        os::wake (word.word (), UINT32_MAX, word.isShared ());  // ends the request
    }
    word.request.reset ();
    ++_changes;
    endSleeps (word);
}

// Ends the sleeps on a word that leaves the set. The memory of a private queue may soon serve another purpose, and a
// sleeper that is left there would take a wake-up from a thread that waits for it. A thread that has read the word from
// the set, and does not sleep yet, finds that the bell has rung, or its call.
void WaitSetState::endSleeps (const WatchedWord& word) noexcept
{
    if (word.isShared ())
    {
        return;
    }
    if (_sleeps.load ())
    {
        bell ();
    }
    endList (word);
    os::wake (word.word (), UINT32_MAX, false);
}

// Makes the helper that may sleep on the word give up its list.
void WaitSetState::endList (const WatchedWord& word) noexcept
{
    const std::size_t group = word.index / groupSize;
    if (group < _groups.size () && _groups[group]->listed)
    {
        _groups[group]->call ();
    }
}

// Makes the set itself check a changed word, and those of its helper, until the set sleeps again.
void WaitSetState::touch (WatchedWord& word) noexcept
{
    _loose.pushBack (word);
    const std::size_t group = word.index / groupSize;
    if (group < _groups.size () && _groups[group]->asleep)
    {
        touchGroup (*_groups[group]);
    }
}

void WaitSetState::touchGroup (Group& group) noexcept
{
    group.asleep = false;
    const std::size_t begin = group.number * groupSize;
    for (std::size_t i = begin; i < begin + groupSize && i < _words.size (); ++i)
    {
        _loose.pushBack (*_words[i]);
    }
}

int WaitSetState::remove (OwnedRing& ring) noexcept
{
    const KeptErrno kept;
    if (usable (ring) == -1)
    {
        return -1;
    }
    std::unique_lock<std::mutex> watchers (watchersMutex ());
    Entry* entry = find (ring);
    if (entry == nullptr)
    {
        return setError (ENOENT, "the wait set does not have this queue");
    }
    ring.watchers.remove (entry);
    forget (*entry);
    watchers.unlock ();
    Lock lock (_mutex);
    reap (lock);
    return 0;
}

void WaitSetState::forget (Entry& entry) noexcept
{
    const Lock lock (_mutex);
    _candidates.remove (entry);
    for (WatchedWord* word : {&entry.elementWord, &entry.roomWord})
    {
        if (entry.wants (word->side () == Side::Element ? Ready::Element : Ready::Room))
        {
            drop (*word);
        }
    }
    retire ();
    std::swap (_entries[entry.place], _entries.back ());
    _entries[entry.place]->place = entry.place;
    _entries.pop_back ();  // destroys the entry
    if (hasHelpers ())
    {
        bell ();  // a word that moved to a dropped word's index has another helper now
    }
}

uint64_t WaitSetState::size () noexcept
{
    if (isForked ())
    {
        return 0;
    }
    const Lock lock (_mutex);
    return _entries.size ();
}

}  // namespace JOIN_ABI
}  // namespace join
