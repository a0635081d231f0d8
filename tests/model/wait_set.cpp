// SPDX-License-Identifier: MIT
#include "owned_ring.hpp"

#include "../../src/queue/watchers.cpp"
#include "../../src/wait/arming.cpp"
#include "../../src/wait/entry.cpp"
#include "../../src/wait/group.cpp"
#include "../../src/wait/helpers.cpp"
#include "../../src/wait/ringing.cpp"
#include "../../src/wait/sleeping.cpp"
#include "../../src/wait/state.cpp"
#include "../../src/wait/waiting.cpp"

#include "wait_set.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace model
{
using join::OwnedRing;
using join::Ready;
using join::WaitEvent;
using join::WaitSetState;
using join::detail::Control;
using join::detail::Deadline;

namespace
{
// Private members of the library's classes: an explicit instantiation may name them.
template <typename Tag, auto member>
struct Opened
{
    friend constexpr auto memberOf (Tag) noexcept
    {
        return member;
    }
};

#define OPEN_MEMBER(Tag, member)                       \
    struct Tag                                         \
    {                                                  \
        friend constexpr auto memberOf (Tag) noexcept; \
    };                                                 \
    template struct Opened<Tag, member>;

OPEN_MEMBER (Mutex, &WaitSetState::_mutex)
OPEN_MEMBER (Entries, &WaitSetState::_entries)
OPEN_MEMBER (Groups, &WaitSetState::_groups)
OPEN_MEMBER (History, &WaitSetState::_history)
OPEN_MEMBER (Bell, &WaitSetState::_bell)
OPEN_MEMBER (Sleeps, &WaitSetState::_sleeps)
OPEN_MEMBER (Woken, &WaitSetState::_woken)
OPEN_MEMBER (Signalled, &WaitSetState::_signalled)
OPEN_MEMBER (RingRefused, &WaitSetState::_ringRefused)
OPEN_MEMBER (Calls, &join::Group::_calls)
OPEN_MEMBER (Rang, &join::Group::_rang)
OPEN_MEMBER (Ends, &join::Group::_ends)
OPEN_MEMBER (ServeGroup, &join::Group::serve)

constexpr std::size_t wideElement = 32;  // bytes: wider than the copies beside head
constexpr int64_t millisecond = 1000 * 1000;
constexpr int64_t patience = 125 * millisecond;  // two checks come before
using Wide = join::detail::FixedSize<wideElement>;

bool has (const Setup& setup, Call call) noexcept
{
    return std::any_of (setup.threads.begin (), setup.threads.end (), [=] (const std::vector<Step>& program) {
        return std::any_of (program.begin (), program.end (), [=] (const Step& step) { return step.call == call; });
    });
}

bool has (const Setup& setup, bool (*which) (Call)) noexcept
{
    return std::any_of (setup.threads.begin (), setup.threads.end (), [=] (const std::vector<Step>& program) {
        return std::any_of (program.begin (), program.end (), [=] (const Step& step) { return which (step.call); });
    });
}

unsigned serverOf (const Setup& setup) noexcept
{
    unsigned server = 0;
    for (unsigned i = 0; i < setup.threads.size (); ++i)
    {
        server = setup.threads[i].front ().call == Call::Serve ? i : server;
    }
    return server;
}

Ready readyOf (Watch watch) noexcept
{
    return watch == Watch::Element ? Ready::Element : Ready::Room;
}

join::WaitSetOptions optionsFor (const Setup& setup) noexcept
{
    join::WaitSetOptions options;
    options.interruptible = setup.ring || has (setup, Call::Help);  // then a small set has a ring or a helper, too
    return options;
}

void require (int result)
{
    if (result < 0)
    {
        throw std::runtime_error ("the wait set of the model cannot be made");
    }
}
}  // namespace

SetWorld::SetWorld (const Setup& setup, const std::vector<OwnedRing*>& firstRings)
: set (new WaitSetState (optionsFor (setup)))
{
    kernel = setup.ring ? static_cast<KernelRing*> (arena ().carve (sizeof (KernelRing))) : nullptr;
    kernelRing = kernel;
    control = static_cast<Control*> (arena ().carve (sizeof (Control)));
    elements = static_cast<char*> (arena ().carve (wideElement));
    for (std::size_t i = 0; i < setup.threads.size (); ++i)
    {
        makeRing ();
    }
    const unsigned server = serverOf (setup);
    OwnedRing& first = *firstRings[server];
    first.settleLooks = 1;
    rings[server]->shared = first.shared;
    set->*memberOf (RingRefused ()) = !setup.ring;
    require (set->add (first, readyOf (setup.watch), firstQueue, setup.amount));
    require (set->add (*rings[server], Ready::Element, secondQueue, 1));
    if (setup.ring && has (setup, Call::Help))
    {
        require (set->fd ());  // then the ring is the helper's
    }
    if (setup.dearBarriers)
    {
        (set->*memberOf (History ())).slept (0);
        (set->*memberOf (History ())).barrierTook (millisecond);
    }
    protect (setup);
}

SetWorld::~SetWorld ()
{
    restore (0);
    delete set;
    for (OwnedRing* ring : rings)
    {
        ring->~OwnedRing ();
    }
}

void SetWorld::makeRing ()
{
    OwnedRing& ring = *new (arena ().carve (sizeof (OwnedRing))) OwnedRing;
    rings.push_back (&ring);
    ring.control = control;
    ring.elements = elements;
    ring.capacity = 1;
    ring.stride = wideElement;
    ring.elementSize = wideElement;
    ring.kind = join::detail::Kind::Spsc;
    ring.watch (false);
    ring.emptyAt.store (~uint64_t (0));
    ring.shared = true;
    ring.settleLooks = 1;
}

void SetWorld::protect (const Setup& setup)
{
    _protected.emplace_back (reinterpret_cast<char*> (set), sizeof (*set));
    for (const auto& entry : set->*memberOf (Entries ()))
    {
        _protected.emplace_back (reinterpret_cast<char*> (entry.get ()), sizeof (*entry));
        for (const join::WatchedWord* word : {&entry->elementWord, &entry->roomWord})
        {
            if (word->request != nullptr)
            {
                _protected.emplace_back (reinterpret_cast<char*> (word->request.get ()), sizeof (join::Request));
            }
        }
    }
    for (const auto& group : set->*memberOf (Groups ()))
    {
        _protected.emplace_back (reinterpret_cast<char*> (group.get ()), sizeof (*group));
    }
    if (save () != 0 || setup.threads.size () > threadsMost)
    {
        throw std::logic_error ("the first contents have another number than 0");
    }
}

uint64_t SetWorld::save ()
{
    std::string bytes;
    for (const auto& part : _protected)
    {
        bytes.append (part.first, part.second);
    }
    const auto known = _numbers.emplace (std::move (bytes), _contents.size ());
    if (known.second)
    {
        _contents.push_back (&known.first->first);
    }
    return known.first->second;
}

void SetWorld::restore (uint64_t saved) noexcept
{
    const char* from = _contents[saved]->data ();
    for (const auto& part : _protected)
    {
        std::memcpy (part.first, from, part.second);
        from += part.second;
    }
}

int64_t SetWorld::push (unsigned thread, uint8_t id) noexcept
{
    const uint64_t element[] = {firstWord (id), secondWord (id), 0, 0};
    return join::detail::SpscRing::push (*rings[thread], Wide (), element, join::detail::One ());
}

int64_t SetWorld::pop (unsigned thread, uint64_t* element) noexcept
{
    return join::detail::SpscRing::pop (*rings[thread], Wide (), element, join::detail::One ());
}

void World::listSet ()
{
    const bool helps = has (_setup, Call::Help);
    const bool rings = helps || has (_setup, Call::Wake);
    const auto& gate = _set->control->gate;
    add (&_set->control->head, 8, "second head");
    add (&_set->control->tail, 8, "second tail");
    _secondState = add (&gate.state, 4, "second state");
    _secondSeen = add (&gate.elementSeen, 4, "second element seen", Sort::Strong);
    add (_set->elements, 8, "second element", Sort::Payload);
    add (&(_set->set->*memberOf (Mutex ())), 4, "mutex", helps ? Sort::Usual : Sort::Own);
    add (&_set->number, 8, "protected", Sort::Own);
    _call = add (&(_set->set->*memberOf (Bell ())), 4, "bell", rings ? Sort::Strong : Sort::Own);
    if (rings)
    {
        add (&(_set->set->*memberOf (Sleeps ())), 1, "sleeps", Sort::Strong);
    }
    if (_set->kernel != nullptr)
    {
        add (&_set->kernel->requests[0], 4, "first request");
        add (&_set->kernel->requests[1], 4, "second request");
        add (&_set->kernel->requests[2], 4, "call request", rings ? Sort::Usual : Sort::Own);
        add (&_set->kernel->count, 4, "requests that have ended", Sort::Strong);
    }
    if (has (_setup, Call::Wake))
    {
        add (&(_set->set->*memberOf (Woken ())), 1, "woken", Sort::Strong);
    }
    if (helps && _set->kernel != nullptr)
    {
        add (&(_set->set->*memberOf (Signalled ())), 1, "signalled", Sort::Strong);
    }
    if (helps)
    {
        join::Group& group = *(_set->set->*memberOf (Groups ()))[0];
        const int calls = add (&(group.*memberOf (Calls ())), 4, "calls", Sort::Strong);
        _call = _set->kernel != nullptr ? calls : _call;
        add (&(group.*memberOf (Rang ())), 1, "rang", Sort::Strong);
        add (&(group.*memberOf (Ends ())), 1, "ends", Sort::Strong);
    }
}

void World::lockedMutex (const void* mutex) noexcept
{
    if (_set != nullptr && mutex == &(_set->set->*memberOf (Mutex ())))
    {
        const Access load = {Kind::Load, Order::Relaxed, Order::Relaxed, 0, 0, 0, nullptr};
        _set->restore (reach (&_set->number, sizeof (_set->number), load, nullptr, 0));
    }
}

void World::unlocksMutex (const void* mutex) noexcept
{
    if (_set != nullptr && mutex == &(_set->set->*memberOf (Mutex ())))
    {
        const uint64_t saved = running->repeats () ? 0 : _set->save ();
        const Access store = {Kind::Store, Order::Relaxed, Order::Relaxed, 0, saved, 0, nullptr};
        reach (&_set->number, sizeof (_set->number), store, nullptr, 0);
    }
}

uint64_t World::memo () const noexcept
{
    return _set->done * 16U + _set->filled;
}

void World::callSet (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept
{
    WaitSetState& set = *_set->set;
    switch (step.call)
    {
        case Call::Wake:
            set.wake ();
            return;
        case Call::Help:
            ((set.*memberOf (Groups ()))[0].get ()->*memberOf (ServeGroup ())) ();
            return;
        case Call::EndHelp:
            _set->restore (0);  // an earlier run of this call has changed what no mutex protects
            (set.*memberOf (Groups ()))[0]->stop ();
            return;
        case Call::PushBeside:
            outcome->fault = _set->push (thread, nextElement) == 1 ? nullptr : "the second queue has no room";
            return;
        default:
            return serve (thread, step.n, nextElement, outcome);
    }
}

void World::serve (unsigned thread, uint8_t n, uint8_t nextElement, Outcome* outcome) noexcept
{
    const Deadline deadline = {_setup.givesUp ? patience : Deadline::never};
    _set->done = 0;
    _set->filled = 0;
    while ((_set->done < n || n == 0) && outcome->fault == nullptr)
    {
        running->mark (Mark::Try, memo () << 32 | static_cast<uint64_t> (running->clock / millisecond));
        WaitEvent events[2];
        const int64_t found = _set->set->wait (events, 2, deadline);
        if (found == -1)
        {
            const bool inVain = take (thread, WaitEvent {firstQueue, readyOf (_setup.watch), 0}, nextElement, outcome)
                                    + take (thread, WaitEvent {secondQueue, Ready::Element, 0}, nextElement, outcome)
                                == 0;
            outcome->fault = inVain ? nullptr : "a wait of the set fails although a queue is ready";
            return;
        }
        if (n == 0 && found > 0)
        {
            return;
        }
        _set->done = static_cast<uint8_t> (_set->done + (found == 0));  // woken by wake ()
        for (int64_t i = 0; i < found && outcome->fault == nullptr; ++i)
        {
            const unsigned taken = take (thread, events[i], nextElement, outcome);
            _set->done = static_cast<uint8_t> (_set->done + taken);
            if (taken == 0 && isReliable (events[i]))
            {
                outcome->fault = "an event reports what there is not";
            }
        }
    }
}

// Whether what an event reports stays so until this thread takes it.
bool World::isReliable (const WaitEvent& event) const noexcept
{
    return event.key == secondQueue
           || (_setup.mortal == 0 && !has (_setup, event.ready == Ready::Room ? pushes : pops));
}

/// @return how many elements or cells, at most one of each
unsigned World::take (unsigned thread, const WaitEvent& event, uint8_t nextElement, Outcome* outcome) noexcept
{
    unsigned taken = 0;
    Outcome mine;
    if (event.has (Ready::Element))
    {
        uint64_t wide[wideElement / sizeof (uint64_t)] = {};
        const bool second = event.key == secondQueue;
        if (second)
        {
            mine.result = _set->pop (thread, wide);
        }
        else
        {
            callByPolicy (thread, model::pop, nullptr, &mine);
        }
        const uint64_t* const element = second ? wide : mine.elements[0];
        const bool torn = mine.result == 1 && element[0] == 0;
        outcome->fault = torn ? "an element is torn" : outcome->fault;
        taken += mine.result == 1;
    }
    if (event.has (Ready::Room))
    {
        const uint8_t id = static_cast<uint8_t> (nextElement + _set->filled);
        const uint64_t from[] = {firstWord (id), secondWord (id)};
        callByPolicy (thread, model::push, from, &mine);
        _set->filled = static_cast<uint8_t> (_set->filled + (mine.result == 1));
        taken += mine.result == 1;
    }
    if (!event.has (Ready::Element | Ready::Room))
    {
        outcome->fault = "an event reports an end or damage";
    }
    return taken;
}

}  // namespace model
