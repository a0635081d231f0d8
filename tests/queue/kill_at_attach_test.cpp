// SPDX-License-Identifier: MIT
// A process is killed while it attaches, pushes for the first time, or detaches: after each system call, and after each
// instruction that changed the segment. Other processes observe nothing else, so these are all the cases.
#include "survivors.hpp"

#include "../segment_file.hpp"

using crash::Traced;
using namespace operations;

namespace
{
/// A point in a child's run: the number of system calls, and the number of instructions after the last of them.
struct Point
{
    unsigned calls;
    unsigned steps;
};

/// The part of the segment that others observe: the header and the slots.
class Seen
{
public:
    explicit Seen (const std::string& name)
    : _memory (name)
    , _size (sizeof (join::detail::Control) + 4 * sizeof (join::detail::Slot))
    , _before (_size)
    {
        changed ();
    }

    bool changed ()
    {
        const bool is = std::memcmp (_before.data (), _memory.get (), _size) != 0;
        std::memcpy (_before.data (), _memory.get (), _size);
        return is;
    }

private:
    SegmentFile _memory;
    std::size_t _size;
    std::vector<char> _before;
};

enum class Act
{
    Attach,
    Detach,
};

/// Runs in the child. Detaching frees a slot, attaching takes one.
template <typename Kind>
int actIn (Act act, const std::string& name, Done& done)
{
    using Queue = typename Kind::template Queue<uint64_t>;
    std::unique_ptr<Queue> queue;
    if (act == Act::Detach)
    {
        queue = std::make_unique<Queue> (capacity, name);
        queue->tryPush (firstPushed);
        crash::mark (1);
        queue.reset ();
    }
    else
    {
        crash::mark (1);
        queue = std::make_unique<Queue> (capacity, name);
        done.count = one (queue->tryPush (firstPushed));
    }
    done.returned = true;
    crash::mark (2);
    ::pause ();
    return 0;
}

bool atSystemCall (const Traced& child)
{
    const auto code = child.instructionPointer ();
    return child.text (code).substr (0, 2) == "\x0f\x05";
}

/// Every point at which others observe a change.
template <typename Kind>
std::vector<Point> pointsOf (Act act)
{
    Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : withSlots (3));
    Done& done = freshDone ();
    Seen seen (made.name.text);
    std::vector<Point> points;
    Traced child ([&] { return actIn<Kind> (act, made.name.text, done); });
    if (!child.toMark (1))
    {
        return points;
    }
    seen.changed ();
    Point here = {0, 0};
    while (!done.returned)
    {
        const bool call = atSystemCall (child);
        child.step ();
        here = call ? Point {here.calls + 1, 0} : Point {here.calls, here.steps + 1};
        if (seen.changed () || call)
        {
            points.push_back (here);
        }
    }
    child.kill ();
    return points;
}

/// Runs the child to the point, or to its end if it needs fewer instructions than the run that gave the point: how often
/// it retries depends on time. Beyond its end it pauses, and a step would wait for ever. @return whether it got there
bool runTo (Traced& child, const Point& point, const Done& done)
{
    for (unsigned i = 0; i < 2 * point.calls && !done.returned; ++i)
    {
        child.toSystemCall ();
    }
    for (unsigned i = 0; i < point.steps && !done.returned; ++i)
    {
        child.step ();
    }
    return !done.returned;
}

/// *arrived: counts the cases in which the child got to the point.
template <typename Kind>
std::string killedAt (Act act, const Point& point, std::size_t* arrived)
{
    Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : withSlots (3));
    Done& done = freshDone ();
    {
        Traced child ([&] { return actIn<Kind> (act, made.name.text, done); });
        if (!child.toMark (1))
        {
            return "the child ended early";
        }
        *arrived += runTo (child, point, done);
        child.kill ();
    }
    // A detaching process has pushed one element before; an attaching one was about to.
    uint64_t got = 0;
    if (act == Act::Detach && (!soon ([&] { return made->tryPop (got) == 0; }) || got != firstPushed))
    {
        return "the element that it had pushed is lost";
    }
    return goesOn (made, 0, act == Act::Attach ? 1 : 0, 0, done);
}
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("queue survives death during attach and detach", "[queue][attach][traced][exact]", SharedKinds)
{
    for (Act act : {Act::Attach, Act::Detach})
    {
        const std::vector<Point> points = pointsOf<TestType> (act);
        REQUIRE (points.size () >= (act == Act::Attach ? 5 : 1));
        std::size_t arrived = 0;
        for (const Point& point : points)
        {
            INFO ((act == Act::Attach ? "attaching" : "detaching")
                  << ", after " << point.calls << " system calls and " << point.steps << " instructions");
            REQUIRE (killedAt<TestType> (act, point, &arrived) == "");
        }
        CHECK (2 * arrived >= points.size ());
        std::printf ("%zu cases of %s, %zu of them got there\n", points.size (),
                     act == Act::Attach ? "attaching" : "detaching", arrived);
    }
}
#endif
