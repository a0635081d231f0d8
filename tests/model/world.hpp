// SPDX-License-Identifier: MIT
// A queue as the library has it, and the calls of its users, for one exploration at a time.
#ifndef MODEL_WORLD_HPP
#define MODEL_WORLD_HPP

#include "account.hpp"
#include "machine.hpp"
#include "setup.hpp"
#include "wait_set.hpp"

#include <join/detail/abi.hpp>

#include <memory>
#include <string>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing;
struct WaitEvent;
namespace detail
{
struct Slot;
struct SlotEntry;
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

namespace model
{
/// The lock of a slot, and whether an address is one; and the running thread.
void* lockOf (uint32_t number) noexcept;
bool isLock (const void* at) noexcept;
unsigned runner () noexcept;

class World
{
public:
    explicit World (const Setup& setup);
    ~World ();
    World (const World&) = delete;
    World& operator= (const World&) = delete;

    int locationOf (const void* at) const noexcept;

    /// Makes a call of the library for a thread.
    void call (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept;

    /// Before each run of a call: resets what the library keeps outside atomics.
    void renew () noexcept;

    /// Memory and account at the start.
    const std::vector<Location>& locations () const noexcept
    {
        return _locations;
    }

    const Account& account () const noexcept
    {
        return _account;
    }

    /// Whether a thread has seen enough that the call must find an element, or room.
    bool mustSucceed (const Memory& memory, const Account& account, unsigned thread, Call call) const noexcept;

    /// Reports a move of head or tail to the account.
    const char* moved (Account& account, unsigned thread, const Access& access, uint64_t from,
                       uint64_t to) const noexcept;

    bool isTail (unsigned location) const noexcept
    {
        return static_cast<int> (location) == _tail;
    }

    bool isHead (unsigned location) const noexcept
    {
        return static_cast<int> (location) == _head;
    }

    bool isWord (unsigned location) const noexcept;

    // The words that a set sleeps on; -1: the set-up has none.
    int elementSeen () const noexcept
    {
        return _elementSeen;
    }

    int roomSeen () const noexcept
    {
        return _roomSeen;
    }

    int secondSeen () const noexcept
    {
        return _secondSeen;
    }

    int call () const noexcept
    {
        return _call;
    }

    /// Checks a cell's word that recovery has stored.
    const char* holed (Account& account, uint64_t word) const noexcept;

    /// In set-ups that ask for it: whether no live producer owns a slot.
    bool isDeserted (const Memory& memory) const noexcept;

    /// Why the result of a call about slots and roles is wrong, or null.
    const char* told (const Memory& memory, const Account& account, unsigned thread, Call call,
                      const Outcome& outcome) const noexcept;

    /// The number of slots.
    uint32_t slotCount () const noexcept
    {
        return _setup.slotCount;
    }

    const Setup& setup () const noexcept
    {
        return _setup;
    }

    /// A mutex was taken, or is about to be released.
    void lockedMutex (const void* mutex) noexcept;
    void unlocksMutex (const void* mutex) noexcept;

    /// What the call that serves the set remembers between two waits.
    uint64_t memo () const noexcept;

    /// Makes the access the one that sets the flag for that epoch of observers.
    void flagOf (unsigned epoch, Access* access) const noexcept;

    /// Why the state in which all threads have ended is wrong, or null.
    const char* atEnd (const Memory& memory, const Account& account) const noexcept;

private:
    void build ();
    void makeRing ();
    void fill ();
    void listLocations ();
    void listSlots ();
    void listEntries ();
    void listSides ();
    void listElements ();
    join::detail::SlotEntry* entryOf (unsigned thread) const noexcept;
    join::detail::Slot& slotAt (unsigned index) const noexcept;
    uint32_t sideOf (unsigned thread) const noexcept;
    unsigned threadsOf (uint32_t side) const noexcept;
    static void become (unsigned thread) noexcept;

    enum class Owner : uint8_t
    {
        None,
        Alive,
        Dead,
    };
    Owner ownerOf (const Memory& memory, unsigned slot) const noexcept;
    enum class Sort : uint8_t
    {
        Usual,
        Payload,
        Own,
        Strong,
        Lock,
    };
    int add (const void* at, std::size_t size, const std::string& name, Sort sort = Sort::Usual);

    template <typename Algorithm, typename Size>
    void callBy (unsigned thread, Size size, const Step& step, const void* from, Outcome* outcome) noexcept;
    template <typename Algorithm>
    void callOf (unsigned thread, const Step& step, const void* from, Outcome* outcome) noexcept;
    void callByPolicy (unsigned thread, const Step& step, const void* from, Outcome* outcome) noexcept;
    void run (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept;
    void observe (unsigned thread, Outcome* outcome) noexcept;
    void listSet ();
    void callSet (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept;
    void serve (unsigned thread, uint8_t n, uint8_t nextElement, Outcome* outcome) noexcept;
    unsigned take (unsigned thread, const join::WaitEvent& event, uint8_t nextElement, Outcome* outcome) noexcept;
    bool isReliable (const join::WaitEvent& event) const noexcept;
    void leaveBy (unsigned thread, uint32_t side) noexcept;
    int askedBy (unsigned thread, Call call) noexcept;

    join::OwnedRing& ringOf (unsigned thread) const noexcept
    {
        return *_rings[_setup.oneObject ? 0 : thread];
    }

    bool spsc () const noexcept
    {
        return _setup.policy == Policy::Spsc;
    }

    bool claimOfCells (const join::OwnedRing& ring, int low, int end, int* begin, uint64_t* before,
                       Outcome* outcome) const noexcept;

    /// The ticket in head, tail, a word or a slot, counted from the start.
    int ticketOf (uint64_t word) const noexcept;
    bool slotsMove () const noexcept;
    bool observed () const noexcept;
    bool asked () const noexcept;
    bool alone (bool (*which) (Call)) const noexcept;

    Setup _setup;
    std::vector<join::OwnedRing*> _rings;
    std::vector<Location> _locations;
    Account _account;
    uint64_t _base = 0;  // tickets before the start
    int _head = -1;
    int _tail = -1;
    int _state = -1;
    int _elementSeen = -1;
    int _roomSeen = -1;
    int _call = -1;         // that wakes the thread of the ring
    int _secondState = -1;  // of the second queue of a set, as the next one
    int _secondSeen = -1;
    std::unique_ptr<SetWorld> _set;  // null: there is none
    std::vector<int> _words;         // by cell
    std::vector<int> _states;        // by slot, as the next two
    std::vector<int> _locks;
    std::vector<int> _pids;
};

}  // namespace model

#endif
