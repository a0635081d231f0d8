// SPDX-License-Identifier: MIT
// A queue in a wait set, and the futex words that the set watches for it: one for elements, one for room.
#ifndef JOIN_SRC_WAIT_ENTRY_HPP
#define JOIN_SRC_WAIT_ENTRY_HPP

#include "base/linked_list.hpp"
#include "queue/eventcount.hpp"
#include "queue/owned.hpp"
#include "queue/watchers.hpp"

#include <join/wait_set.hpp>

#include <memory>

namespace join
{
inline namespace JOIN_ABI
{
class Entry;
class WatchedWord;

/// A request of the set's os::FutexRing for one word. The kernel keeps it until the word is woken, also where the word
/// has left the set.
struct Request final : Link<Request>
{
    WatchedWord* word = nullptr;  // null: it has left the set, or the request calls the thread
    bool pending = false;         // the kernel has the request, or gets it next
};

/// The eventcount of one side of a queue, for the set as its observer. An armed word has its flag set and its epoch
/// recorded, so the next publication increments the epoch and wakes the threads that sleep on it. A word is loose if the
/// set has to check it: if it is not armed, or if nobody sleeps on it yet. All members are used under the set's mutex;
/// the words in the segment are atomic.
class WatchedWord final : public Link<WatchedWord>
{
public:
    WatchedWord (Entry& entry, OwnedRing& ring, Side side) noexcept
    : _entry (entry)
    , _state (ring.gate ().state)
    , _word (EventCount (ring.gate (), side, ring.shared).epoch (Role::Observer))
    , _flag (EventCount (ring.gate (), side, ring.shared).flag (Role::Observer))
    , _side (side)
    , _shared (ring.shared)
    {
    }

    Entry& entry () const noexcept
    {
        return _entry;
    }

    Side side () const noexcept
    {
        return _side;
    }

    /// Whether the word is armed and nothing was published since. Otherwise disarms it. Costs one load.
    bool isArmed () noexcept
    {
        _armed = _armed && _word.load () == _epoch;
        return _armed;
    }

    /// Whether the word is armed, as far as the set knows: does not read the epoch.
    bool wasArmed () const noexcept
    {
        return _armed;
    }

    /// Whether the word was armed and something was published since. Changes nothing.
    bool hasChanged () const noexcept
    {
        return _armed && _word.load () != _epoch;
    }

    void arm () noexcept;

    void disarm () noexcept
    {
        _armed = false;
    }

    /// Disarms the word if its flag is no longer set although the epoch is unchanged: a peer died between the two steps
    /// of a wake-up.
    void checkFlag () noexcept;

    /// Whether a barrier has ordered the flag before every publication that the set has not read.
    bool isSure () const noexcept
    {
        return _sure;
    }

    void makeSure () noexcept
    {
        _sure = true;
    }

    const std::atomic<uint32_t>& word () const noexcept
    {
        return _word;
    }

    uint32_t epoch () const noexcept
    {
        return _epoch;
    }

    bool isShared () const noexcept
    {
        return _shared;
    }

    bool isLoose () const noexcept
    {
        return isLinked;
    }

    std::size_t index = 0;             // in the set's list of words
    bool naps = false;                 // not armed: the set checks it again after a millisecond
    std::unique_ptr<Request> request;  // exists while the set has the word

private:
    Entry& _entry;
    std::atomic<uint32_t>& _state;  // of the queue's gate
    std::atomic<uint32_t>& _word;   // the epoch of its observers
    const uint32_t _flag;
    const Side _side;
    const bool _shared;
    bool _armed = false;
    bool _sure = false;
    uint32_t _epoch = 0;  // the value of the epoch when the word was armed
};

/// A queue object in a set. It is linked while it is a candidate. All members are used under the set's mutex.
class Entry final
: public Watcher
, public Link<Entry>
{
public:
    Entry (WaitSetState& set, OwnedRing& watched) noexcept
    : ring (watched)
    , elementWord (*this, watched, Side::Element)
    , roomWord (*this, watched, Side::Room)
    , _set (set)
    {
    }

    void ringCloses () noexcept override;

    /// Returns the bits to report now.
    Ready look () noexcept;

    /// Whether nothing can have become ready since the last call: then a check of a large set may skip this queue.
    /// Costs three loads. Always false with QueueOptions::ownerDead.
    bool isQuiet () noexcept;

    /// Finds what no wake-up announces: finishes the claims of killed producers, and checks whether all producers are
    /// dead.
    void lookForDeaths () noexcept;

    /// Records that `found` was reported: some bits are reported only once.
    void report (Ready found) noexcept
    {
        _reported = _reported | (found & once);
    }

    /// Whether no further event can come, because the end or damage was reported.
    bool isOver () const noexcept;

    bool wants (Ready bits) const noexcept
    {
        return (_wanted & bits) != Ready::Nothing;
    }

    void watch (Ready wanted, uint64_t newKey, uint64_t amount) noexcept;

    /// Whether the set waits for room for several elements, and consumers have freed cells since the last call. Then
    /// the set checks again after a millisecond and does not arm the word: each pop would wake it in vain.
    bool growsRoom () noexcept;

    bool isOf (const WaitSetState& set) const noexcept
    {
        return &set == &_set;
    }

    OwnedRing& ring;
    uint64_t key = 0;
    WatchedWord elementWord;
    WatchedWord roomWord;
    std::size_t place = 0;  // in the set's list of entries

private:
    static constexpr Ready once = Ready::End | Ready::ProducersDead | Ready::Damaged;

    Ready lookAt (Side side) noexcept;

    WaitSetState& _set;
    Ready _wanted = Ready::Nothing;
    Ready _reported = Ready::Nothing;
    uint64_t _headAtCheck = ~uint64_t (0);  // at the last isQuiet ()
    uint64_t _tailAtCheck = ~uint64_t (0);
    uint64_t _takenAtDeath = 0;  // slotsTaken () when all producers were last found dead
    bool _abandoned = false;     // no live producer was left at the last check
    uint64_t _amount = 1;        // elements, or free cells
    uint64_t _tailSeen = 0;      // at the last growsRoom ()
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
