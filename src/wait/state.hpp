// SPDX-License-Identifier: MIT
// The state of a wait set: an observer of many eventcounts.
//
// A wait first checks the candidates (the queues that were ready before) and some of the loose words, in turn. If none
// is ready, it arms all words that are not armed, executes one barrier for all of them, checks them once more, and
// sleeps: with futex_waitv(2) on a few words; with requests that stay with the kernel (os::FutexRing) on many, or for
// the descriptor; with helper threads where the kernel has no such requests. A word that stays armed costs one load at
// the next wait, and nothing if a helper or a request sleeps on it.
// Invariants:
// 1. A queue that becomes ready is a candidate, or its word is not armed, or the epoch of its word has changed, or a
//    publisher is about to change it.
// 2. The set sleeps only after it has found no candidate, and all words armed with unchanged epochs. A thread that adds
//    a candidate or an unarmed word meanwhile rings the bell.
// 3. A word that is neither loose nor over is armed, and a helper or a request sleeps on it, or has been woken.
// 4. The descriptor is readable if, since a wait () last found nothing, a wait () has returned an event or the bell has
//    rung.
// docs/design/wait-set.md.
#ifndef JOIN_SRC_WAIT_STATE_HPP
#define JOIN_SRC_WAIT_STATE_HPP

#include "os/event.hpp"
#include "os/futex_ring.hpp"
#include "queue/wait_history.hpp"
#include "wait/entry.hpp"
#include "wait/group.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
class WaitSetState
{
public:
    explicit WaitSetState (const WaitSetOptions& options) noexcept;
    WaitSetState (const WaitSetState&) = delete;
    WaitSetState& operator= (const WaitSetState&) = delete;

    /// Ends a wait in progress with ECANCELED, waits for its return, ends the helpers, and removes all queues.
    ~WaitSetState ();

    // These are the members of WaitSet.
    int add (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount) noexcept;
    int modify (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount) noexcept;
    int remove (OwnedRing& ring) noexcept;
    uint64_t size () noexcept;
    int64_t wait (WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept;
    int fd () noexcept;
    int wake () noexcept;

    /// Ends the wait in progress, and all later ones, with ECANCELED.
    void interrupt () noexcept;

    /// Removes an entry whose queue is being closed. The caller holds watchersMutex ().
    void forget (Entry& entry) noexcept;

    // --- for the helpers ---

    static constexpr unsigned changedWord = ~0U;

    /// Nanoseconds between two checks for deaths; they also find what a killed producer published.
    static constexpr int64_t checkEvery = 50 * 1000 * 1000;

    /// Makes a wait in progress check the queues again, and makes the descriptor readable. Any thread and any signal
    /// handler may call it.
    void bell () noexcept;

    /// Writes the armed words of a group to `waits`, and the time at which its helper has to check the set to `until`.
    /// @return how many words; 0: the helper rests; changedWord: the epoch of one has changed
    unsigned list (Group& group, os::FutexWait* waits, int64_t* until) noexcept;

    /// One round of the helper that has the ring: takes the requests that have ended, rings the bell if words have been
    /// woken, makes the periodic checks, and sleeps until a word is woken or `calls` is no longer `before`.
    /// @return false: the helper has no ring
    bool serveRing (const std::atomic<uint32_t>& calls, uint32_t before) noexcept;

    /// Closes the ring if it is the helper's, which is about to end.
    void endRing () noexcept;

    /// Makes the periodic checks for a thread that sleeps in its event loop, or in wait ().
    void checkForOwner () noexcept;

private:
    using Lock = std::unique_lock<std::mutex>;
    class Reaper;

    enum class Next : uint8_t
    {
        Check,
        Sleep,
        End,
    };

    bool isForked () const noexcept;
    void leaveAll () noexcept;
    int usable (OwnedRing& ring) const noexcept;
    Entry* find (OwnedRing& ring) const noexcept;
    int watch (Entry& entry, Ready wanted, uint64_t key, uint64_t amount);
    int insert (OwnedRing& ring, Ready wanted, uint64_t key, uint64_t amount);
    void take (WatchedWord& word, std::unique_ptr<Request> request) noexcept;
    void endSleeps (const WatchedWord& word) noexcept;
    void endList (const WatchedWord& word) noexcept;
    void drop (WatchedWord& word) noexcept;
    void touch (WatchedWord& word) noexcept;
    void touchGroup (Group& group) noexcept;
    int cover (bool forEvent) noexcept;
    int startHelpers (std::size_t n);
    void retire () noexcept;
    void reap (Lock& lock) noexcept;
    static void stop (std::unique_ptr<Group> groups) noexcept;
    static int checkWanted (const OwnedRing& ring, Ready wanted, uint64_t amount) noexcept;

    int64_t waitHere (Lock& lock, WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept;
    uint64_t report (WaitEvent* events, uint64_t n, int64_t now, bool slept) noexcept;
    bool hasHelpers () const noexcept;
    bool returnsArmed () const noexcept;
    Next endOrArm (int64_t now, int64_t until, uint32_t rings, bool* last) noexcept;
    void awake (int64_t now) noexcept;
    void poll (std::size_t most) noexcept;
    void pollWord (WatchedWord& word) noexcept;
    uint64_t collect (WaitEvent* events, uint64_t n) noexcept;
    bool arm (int64_t now) noexcept;
    bool settle (int64_t now) noexcept;
    void lookAgain (WatchedWord& word, bool sure) noexcept;
    bool barrier (bool shared) noexcept;
    void check (int64_t now) noexcept;
    void endNaps (int64_t now) noexcept;
    void makeReadable () noexcept;
    void renewReadable () noexcept;
    bool takeChanges () noexcept;
    int64_t nextCheck () const noexcept;
    void callHelpers () noexcept;
    void callHelper (Group& group) noexcept;
    void rest (uint32_t rings) noexcept;
    int sleep (Lock& lock, uint32_t rings, int64_t until) noexcept;
    int sleepOnWords (Lock& lock, uint32_t rings, int64_t until) noexcept;
    int sleepOnBell (Lock& lock, uint32_t rings, int64_t until) noexcept;

    bool wantsRing () const noexcept;
    int tendRing () noexcept;
    bool giveRing () noexcept;
    int keepRing () noexcept;
    int leaveRing () noexcept;
    void closeRing () noexcept;
    void goOnWithoutRing () noexcept;
    int takeEnded () noexcept;
    int request (const std::atomic<uint32_t>& call, uint32_t before) noexcept;
    int sleepOnRing (Lock& lock, uint32_t rings, int64_t until) noexcept;
    void checkNow (int64_t now) noexcept;
    bool hasWork () const noexcept;

    const bool _interruptible;
    const uint32_t _forks;
    std::mutex _mutex;  // protects all members below, except the atomic ones

    std::vector<std::unique_ptr<Entry>> _entries;
    std::vector<WatchedWord*> _words;
    std::vector<WatchedWord*> _armedNow;          // the words that arm () has just armed; has room for all words
    std::vector<std::unique_ptr<Group>> _groups;  // one for each 127 words, or with a ring one for checks, or none
    std::unique_ptr<Group> _retired;              // the list of groups whose helpers are to end
    LinkedList<Entry> _candidates;   // ready at the last check, in the order in which they are to be reported
    LinkedList<WatchedWord> _loose;  // the words that the set has to check, in the order in which it does
    uint64_t _changes = 0;           // the number of changes of _words
    int64_t _polledAt = 0;           // when all loose words were last checked
    int64_t _checkAt = detail::Deadline::never;
    int64_t _napsEnd = detail::Deadline::never;    // when to check the words that nap
    int64_t _checkTold = detail::Deadline::never;  // until when the first helper sleeps
    int64_t _armedAt = 0;                          // when the set last found nothing ready; 0: it has been awake since
    WaitHistory _history;

    os::FutexRing _ring;  // its thread uses it without the mutex while it sleeps
    bool _ringRefused = false;
    bool _ringIsHelpers = false;  // it belongs to the helper, and otherwise to the thread that waits
    bool _ringLost = false;       // another thread waits now, or the kernel refuses a call: a new ring is needed
    unsigned _ringsLost = 0;
    LinkedList<Request> _orphans;                  // requests that the kernel has, for words that have left the set
    Request _callRequest;                          // for the word that calls the ring's thread
    const std::atomic<uint32_t>* _call = nullptr;  // that word

    os::Event _event;
    std::atomic<bool> _hasEvent {false};
    std::atomic<bool> _signalled {false};  // the descriptor is readable, or about to be
    std::atomic<uint32_t> _bell {0};       // futex: how often the bell has rung
    std::atomic<bool> _sleeps {false};     // the thread that waits sleeps, or is about to
    std::atomic<bool> _woken {false};      // wake () was called
    std::atomic<bool> _interrupted {false};
    std::atomic<uint32_t> _waiting {0};  // futex: 1 while a wait is in progress, 2 while the destructor waits for it
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
