// SPDX-License-Identifier: MIT
// A queue as the library has it, and the calls of its users, for one exploration at a time.
#ifndef MODEL_WORLD_HPP
#define MODEL_WORLD_HPP

#include "account.hpp"
#include "machine.hpp"
#include "setup.hpp"

#include <join/detail/abi.hpp>

#include <string>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
class OwnedRing;
namespace detail
{
struct Lane;
struct LaneEntry;
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

namespace model
{
/// The lease of a lane, and whether that is one; the thread that is at work.
void* leaseOf (uint32_t number) noexcept;
bool isLease (const void* at) noexcept;
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

    /// Before each run of a call: what the library keeps beside atomics.
    void renew () noexcept;

    /// Memory and account as they are at the start.
    const std::vector<Location>& locations () const noexcept
    {
        return _locations;
    }

    const Account& account () const noexcept
    {
        return _account;
    }

    /// Whether a thread that has seen so much cannot find the queue empty, or full.
    bool mustSucceed (const Memory& memory, const Account& account, unsigned thread, Call call) const noexcept;

    /// Tells the account where head or tail went.
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

    /// A slot's word that recovery has stored.
    const char* holed (Account& account, uint64_t word) const noexcept;

    /// Where somebody asks for that: nobody who lives has a lane.
    bool isDeserted (const Memory& memory) const noexcept;

    /// Why what a call has told is wrong, of lanes and sides.
    const char* told (const Memory& memory, const Account& account, unsigned thread, Call call,
                      const Outcome& outcome) const noexcept;

    /// How many lanes there are.
    uint32_t laneCount () const noexcept
    {
        return _setup.laneCount;
    }

    /// Why the state in which all are done is wrong, or null.
    const char* atEnd (const Memory& memory, const Account& account) const noexcept;

private:
    void build ();
    void makeRing ();
    void fill ();
    void listLocations ();
    void listLanes ();
    void listEntries ();
    void listSides ();
    void listElements ();
    join::detail::LaneEntry* entryOf (unsigned thread) const noexcept;
    join::detail::Lane& laneAt (unsigned index) const noexcept;
    uint32_t sideOf (unsigned thread) const noexcept;
    unsigned threadsOf (uint32_t side) const noexcept;
    static void become (unsigned thread) noexcept;

    enum class Owner : uint8_t
    {
        None,
        Alive,
        Dead,
    };
    Owner ownerOf (const Memory& memory, unsigned lane) const noexcept;
    enum class Sort : uint8_t
    {
        Usual,
        Payload,
        Own,
        Strong,
        Lease,
    };
    int add (const void* at, std::size_t size, const std::string& name, Sort sort = Sort::Usual);

    template <typename Algorithm, typename Size>
    void callBy (unsigned thread, Size size, const Step& step, const void* from, Outcome* outcome) noexcept;
    template <typename Algorithm>
    void callOf (unsigned thread, const Step& step, const void* from, Outcome* outcome) noexcept;
    void run (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept;
    void observe (unsigned thread, Outcome* outcome) noexcept;
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

    bool claimOfSlots (const join::OwnedRing& ring, int low, int end, int* begin, uint64_t* before,
                       Outcome* outcome) const noexcept;

    /// Counted from the start; of head, tail, a word or a lane.
    int ticketOf (uint64_t word) const noexcept;
    bool lanesMove () const noexcept;
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
    std::vector<int> _words;   // by slot
    std::vector<int> _states;  // by lane, as the others
    std::vector<int> _leases;
    std::vector<int> _pids;
};

}  // namespace model

#endif
