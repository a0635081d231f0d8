// SPDX-License-Identifier: MIT
#include "owned_ring.hpp"

#include "../../src/queue/entry.cpp"
#include "../../src/queue/eventcount.cpp"
#include "../../src/queue/slots.cpp"
#include "../../src/queue/lock_file.cpp"
#include "../../src/queue/proof.cpp"
#include "../../src/queue/reclaim.cpp"
#include "../../src/queue/readiness.cpp"
#include "../../src/queue/recover.cpp"
#include "../../src/queue/registry.cpp"
#include "../../src/queue/refuse.cpp"
#include "../../src/queue/sharing.cpp"
#include "../../src/queue/slot_lock.cpp"
#include "../../src/queue/table.cpp"
#include "../../src/queue/wait.cpp"
#include "../../src/queue/wait_spin.cpp"
#include "../../src/queue/blocking.cpp"
#include "../../src/queue/publish.cpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include <algorithm>
#include <deque>
#include <new>

namespace model
{
using join::SlotTable;
using join::OwnedRing;
using join::detail::Control;
using join::detail::Slot;

namespace
{
constexpr uint32_t elementSize = 16;
constexpr uint32_t handle = 1000;  // not a real descriptor
constexpr int64_t millisecond = 1000 * 1000;

join::LastError errors[threadsMost];
unsigned caller = 0;  // the thread, outside of an exploration

Control& control () noexcept
{
    return *reinterpret_cast<Control*> (arena ().bytes ());
}

uint64_t* locks = nullptr;  // by slot, from 1 on
uint32_t lockCount = 0;

Slot* slots () noexcept
{
    return reinterpret_cast<Slot*> (&control () + 1);
}

const char* kept (const std::string& name)
{
    static std::deque<std::string> names;
    for (const std::string& known : names)
    {
        if (known == name)
        {
            return known.c_str ();
        }
    }
    names.push_back (name);
    return names.back ().c_str ();
}

join::detail::Kind kindOf (Policy policy) noexcept
{
    return policy == Policy::Spsc   ? join::detail::Kind::Spsc
           : policy == Policy::Mpsc ? join::detail::Kind::Mpsc
                                    : join::detail::Kind::Mpmc;
}

bool waits (const Step& step) noexcept
{
    return step.call == Call::PushWait || step.call == Call::PopWait || step.call == Call::PopToEnd
           || step.call == Call::AwaitElement || step.call == Call::Shutdown || step.call == Call::Serve;
}

template <typename Predicate>
unsigned threadsWith (const Setup& setup, const Predicate& predicate)
{
    unsigned count = 0;
    for (const auto& program : setup.threads)
    {
        count += std::any_of (program.begin (), program.end (), predicate);
    }
    return count;
}
}  // namespace

join::LastError* threadError () noexcept
{
    return &errors[runner ()];
}

void* lockOf (uint32_t number) noexcept
{
    return locks + number - 1;
}

bool isLock (const void* at) noexcept
{
    return locks <= at && at < locks + lockCount;
}

unsigned runner () noexcept
{
    return running != nullptr ? running->thread : caller;
}

World::World (const Setup& setup)
: _setup (setup)
{
    arena ().clear ();
    const uint8_t producers =
        static_cast<uint8_t> (threadsWith (setup, [] (const Step& step) { return pushes (step.call); }));
    _setup.slotCount = setup.slotCount != 0 ? setup.slotCount : producers != 0 ? producers : 1;
    build ();
    fill ();
    if (_setup.watch != Watch::None)
    {
        _set.reset (new SetWorld (_setup, _rings));
    }
    listLocations ();
}

World::~World ()
{
    _set.reset ();
    for (OwnedRing* ring : _rings)
    {
        ring->~OwnedRing ();
    }
}

void World::build ()
{
    const std::size_t slotBytes = _setup.slotCount * sizeof (Slot);
    arena ().carve (sizeof (Control) + slotBytes + _setup.capacity * (elementSize + sizeof (uint64_t)));
    lockCount = _setup.slotCount;
    locks = static_cast<uint64_t*> (arena ().carve (lockCount * sizeof (uint64_t)));
    const auto takesMore = [] (const Step& step) { return step.call == Call::Another; };
    const std::size_t objects = (_setup.oneObject ? 1 : _setup.threads.size ()) + threadsWith (_setup, takesMore);
    for (std::size_t object = 0; object < objects; ++object)
    {
        makeRing ();
    }
}

void World::makeRing ()
{
    OwnedRing& ring = *new (arena ().carve (sizeof (OwnedRing))) OwnedRing;
    _rings.push_back (&ring);
    char* const rest = reinterpret_cast<char*> (slots () + _setup.slotCount);
    const bool beside = !_setup.apart && !spsc ();
    ring.control = &control ();
    ring.words = spsc () ? nullptr : rest;
    ring.elements = spsc () ? rest : rest + (beside ? 8 : 8 * _setup.capacity);
    ring.capacity = _setup.capacity;
    ring.mask = ring.capacity - 1;
    ring.stride = beside ? elementSize + 8 : elementSize;
    ring.wordStride = beside ? ring.stride : 8;
    ring.elementSize = elementSize;
    ring.kind = kindOf (_setup.policy);
    ring.watch (_setup.fences);
    ring.emptyAt.store (~uint64_t (0));
    ring.shared = !_setup.fences;  // publishers of a shared queue may not fence, so its sleeps would need a limit
    ring.settleLooks = 0;
    ring.spin = -1;
    for (auto& sides : ring.histories)
    {
        for (join::WaitHistory& history : sides)
        {
            history.slept (_setup.shortSleeps ? 0 : millisecond);
            history.barrierTook (_setup.dearBarriers ? millisecond : 0);
        }
    }
    if (_setup.slots)
    {
        ring.slots.file ().handle = handle;
        join::Slots& own = ring.slots;
        join::os::FileFacts facts;
        join::os::factsOf (handle, &facts);
        own.find (slots (), _setup.slotCount, 4096, "", facts.device, facts.inode);
        if (join::Failure failure = own.start (false))
        {
            throw std::runtime_error (failure.text ());
        }
    }
    ring.entries = ring.slots.entries ();
    ring.entryMask = join::Slots::entryMask ();
    if (_setup.exclusive)
    {
        ring.tailSeen.store (0 - ring.capacity);  // as start () does
    }
}

// One lap before the start, by each thread that owns a slot then, and the elements that are there at the start.
void World::fill ()
{
    unsigned producer = 0;
    Outcome outcome;
    if (_setup.grave)
    {
        slots ()[0].state.store (1);
        slots ()[0].pid.store (1);
        _account.buried ();
    }
    for (unsigned thread = static_cast<unsigned> (_setup.threads.size ()); thread-- > 0;)
    {
        const auto& program = _setup.threads[thread];
        const bool first = (_setup.late >> thread & 1) != 0;
        const auto needsSlot = [] (const Step& step) { return pushes (step.call) || step.call == Call::Leave; };
        if (!first && std::any_of (program.begin (), program.end (), needsSlot))
        {
            producer = thread;
            call (thread, push, 0, &outcome);
            call (thread, pop, 0, &outcome);
        }
    }
    if (_setup.grave)
    {
        slots ()[0].state.store (2);
    }
    const unsigned shift = spsc () ? 0 : join::detail::ticketShift;
    _base = control ().tail.value.load () >> shift;
    for (uint8_t i = 0; i < _setup.filled; ++i)
    {
        const uint8_t id = static_cast<uint8_t> (200 + i);
        const uint64_t before = control ().head.value.load ();
        call (producer, push, id, &outcome);
        const uint64_t after = control ().head.value.load ();
        _account.filled (id, static_cast<uint8_t> (after & join::detail::slotMask),
                         static_cast<uint8_t> (before & join::detail::slotMask));
    }
}

int World::add (const void* at, std::size_t size, const std::string& name, Sort sort)
{
    uint64_t initial = 0;
    std::memcpy (&initial, at, size);
    const int location = static_cast<int> (_locations.size ());
    _locations.push_back (Location {kept (name), initial, sort == Sort::Payload, sort == Sort::Own,
                                    sort == Sort::Strong, sort == Sort::Lock});
    arena ().locate (at, location);
    return location;
}

void World::listLocations ()
{
    _head = add (&control ().head, 8, "head");
    _tail = add (&control ().tail, 8, "tail");
    for (unsigned i = 0; i < 2 && spsc (); ++i)
    {
        const std::string cell = std::to_string (i);
        add (&control ().head.recent[i][0], 8, "recent " + cell);
        add (&control ().head.recent[i][1], 8, "recent " + cell + " (second half)");
    }
    if (threadsWith (_setup, waits) != 0)
    {
        _state = add (&control ().gate.state, 4, "state");
        add (&control ().gate.pushed, 4, "pushed", Sort::Strong);
        add (&control ().gate.popped, 4, "popped", Sort::Strong);
    }
    if (_setup.counted)
    {
        add (&control ().gate.consumersAsleep, 4, "consumers asleep", Sort::Strong);
        add (&control ().gate.producersAsleep, 4, "producers asleep", Sort::Strong);
    }
    const bool observes = threadsWith (_setup, [] (const Step& step) { return step.call == Call::AwaitElement; }) != 0;
    if (observes || _setup.watch == Watch::Element)
    {
        _elementSeen = add (&control ().gate.elementSeen, 4, "element seen", Sort::Strong);
    }
    if (_setup.watch == Watch::Room)
    {
        _roomSeen = add (&control ().gate.roomSeen, 4, "room seen", Sort::Strong);
    }
    if (_set != nullptr)
    {
        listSet ();
    }
    const bool single = !_setup.oneObject || alone (pushes);
    for (unsigned i = 0; i < _rings.size (); ++i)
    {
        add (&_rings[i]->tailSeen, 8, "tailSeen " + std::to_string (i), single ? Sort::Own : Sort::Usual);
        if (spsc ())
        {
            add (&_rings[i]->spscConsumer.headSeen, 8, "headSeen " + std::to_string (i), Sort::Own);
            add (&_rings[i]->emptyAt, 8, "emptyAt " + std::to_string (i), Sort::Own);
        }
    }
    if (_setup.slots)
    {
        listSlots ();
    }
    listElements ();
}

void World::listElements ()
{
    const OwnedRing& ring = *_rings[0];
    for (unsigned i = 0; i < _setup.capacity; ++i)
    {
        const std::string cell = std::to_string (i);
        if (!spsc ())
        {
            _words.push_back (add (ring.words + i * ring.wordStride, 8, "word " + cell));
        }
        add (ring.elements + i * ring.stride, 8, "element " + cell, Sort::Payload);
        add (ring.elements + i * ring.stride + 8, 8, "element " + cell + " (second half)", Sort::Payload);
    }
}

// The entry of the thread, or the free one that it will take; null: neither.
join::detail::SlotEntry* World::entryOf (unsigned thread) const noexcept
{
    const unsigned before = caller;
    caller = thread;
    const uint32_t first = join::detail::firstEntry ();
    caller = before;
    OwnedRing& ring = ringOf (thread);
    for (uint32_t i = first;; ++i)
    {
        join::detail::SlotEntry& entry = ring.entries[i & ring.entryMask];
        if (entry.thread.load () == &errors[thread])
        {
            return &entry;
        }
        if (entry.thread.load () == nullptr)
        {
            return (_setup.late >> thread & 1) != 0 ? &entry : nullptr;
        }
    }
}

void World::become (unsigned thread) noexcept
{
    caller = thread;
    join::atSlots = 0;  // the previous call was left at its access
    join::firstLink = nullptr;
}

int World::locationOf (const void* at) const noexcept
{
    return arena ().locationOf (at);
}

int World::ticketOf (uint64_t word) const noexcept
{
    const uint64_t ticket = spsc () ? word : word >> join::detail::ticketShift;
    return static_cast<int> (static_cast<int64_t> (ticket - _base));
}

bool World::slotsMove () const noexcept
{
    return _setup.late != 0 || _setup.buries;
}

bool World::asked () const noexcept
{
    return threadsWith (_setup, [] (const Step& step) { return asks (step.call); }) != 0;
}

bool World::observed () const noexcept
{
    return _setup.mortal != 0
           || threadsWith (_setup, [] (const Step& step) { return step.call == Call::Observe; }) != 0;
}

// Whether exactly one thread makes such calls.
bool World::alone (bool (*which) (Call)) const noexcept
{
    return threadsWith (_setup, [&] (const Step& step) { return which (step.call); }) == 1;
}

}  // namespace model
