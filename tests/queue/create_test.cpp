// SPDX-License-Identifier: MIT
// Creating and attaching: races, and death at each system call.
#include "kinds.hpp"
#include "scale.hpp"

#include "../crash/tracer.hpp"

#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using crash::Stop;
using crash::Traced;
using join::OpenMode;

namespace
{
struct Meeting
{
    std::atomic<uint64_t> arrived;
    std::atomic<uint64_t> created;
    std::atomic<uint64_t> wrong;

    // Waits until all `count` processes have arrived for the n-th time.
    void meet (uint64_t n, uint64_t count)
    {
        ++arrived;
        while (arrived < n * count)
        {
            std::this_thread::yield ();
        }
    }
};

template <typename Kind>
int raceOn (Meeting& meeting, const std::string& name, uint64_t me, uint64_t count, uint64_t rounds)
{
    ::alarm (0);
    for (uint64_t round = 0; round < rounds; ++round)
    {
        meeting.meet (round * 3 + 1, count);
        auto queue = openQueue<Kind> (8, name);
        meeting.created += queue.created () ? 1 : 0;
        // Every process pushes if the kind allows it; of Spsc, only the creator.
        if (Kind::manyProducers || queue.created ())
        {
            meeting.wrong += queue.tryPush (me) == 0 ? 0 : 1;
        }
        meeting.meet (round * 3 + 2, count);
        meeting.wrong += queue.pending () == (Kind::manyProducers ? count : 1) ? 0 : 1;
        if (me == 0)
        {
            meeting.wrong += meeting.created == round + 1 ? 0 : 1;
            join::ShmMem::unlink (name);
        }
        meeting.meet (round * 3 + 3, count);
    }
    return 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("racing creators and openers share one complete queue", "[queue][create][race]", SharedKinds)
{
    const uint64_t rounds = scaled (6000, 20000, 1000000) / 3;
    const uint64_t count = 2;
    auto& meeting = *static_cast<Meeting*> (crash::sharedPages (sizeof (Meeting)));
    const OwnName name;
    const pid_t other = crash::start ([&] { return raceOn<TestType> (meeting, name.text, 1, count, rounds); });
    raceOn<TestType> (meeting, name.text, 0, count, rounds);
    CHECK (crash::await (other) == 0);
    CHECK (meeting.created == rounds);
    CHECK (meeting.wrong == 0);
}

namespace
{
// Runs `body` in a child and kills it at that stop. Returns false if `body` ended before the stop.
bool killedAt (unsigned stop, std::string* place, const std::function<void ()>& body)
{
    Traced child ([&] {
        crash::mark (1);
        body ();
        crash::mark (2);
        return 0;
    });
    unsigned seen = 0;
    const bool inside = !child.between (1, 2, [&] (Stop) { return seen++ != stop; });
    *place = "stop " + std::to_string (stop) + " at " + crash::callName (child.call ().number);
    child.kill ();
    return inside;
}

// The next process gets a complete queue with `there` elements, and no other segment is left.
template <typename Kind>
void wholeAfterwards (crash::Verdict& verdict, const std::string& name, uint64_t expected)
{
    const bool visible = crash::exists (name.substr (1));
    if (visible && openQueue<Kind> (0, name, mode (OpenMode::OpenOnly)).capacity () != 8)
    {
        verdict.say ("it has another capacity");
    }
    auto queue = openQueue<Kind> (8, name);
    if (queue.created () == visible || queue.pending () != expected)
    {
        verdict.say ("created () is wrong, or it has " + std::to_string (queue.pending ()) + " elements");
    }
    uint64_t got = 0;
    for (uint64_t i = 0; i < 20; ++i)
    {
        if (queue.tryPush (i) != 0 || queue.tryPop (got) != 0)
        {
            verdict.say ("it does not work as a queue: " + std::string (join::lastError.message ()));
        }
    }
    if (crash::names () != std::vector<std::string> {name.substr (1)})
    {
        verdict.say ("these names are left: " + crash::listOf (crash::names ()));
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("killed creator leaves nothing or a complete queue", "[queue][create][traced][exact]",
                         SharedKinds)
{
    bool inside = true;
    for (unsigned stop = 0; inside; ++stop)
    {
        const OwnName name;
        std::string place;
        inside = killedAt (stop, &place, [&] { openQueue<TestType> (8, name.text); });
        INFO (place);
        REQUIRE (crash::judge ([&] (crash::Verdict& verdict) { wholeAfterwards<TestType> (verdict, name.text, 0); })
                 == "");
    }
}

TEMPLATE_LIST_TEST_CASE ("killed opener leaves the queue unchanged", "[queue][create][traced][exact]", SharedKinds)
{
    bool inside = true;
    for (unsigned stop = 0; inside; ++stop)
    {
        Made<TestType> made (8);
        made->push (7);
        std::string place;
        inside = killedAt (stop, &place, [&] { openQueue<TestType> (8, made.name.text); });
        INFO (place);
        REQUIRE (
            crash::judge ([&] (crash::Verdict& verdict) { wholeAfterwards<TestType> (verdict, made.name.text, 1); })
            == "");
    }
}

TEMPLATE_LIST_TEST_CASE ("killed first push is complete or absent", "[queue][create][traced][exact]", SharedKinds)
{
    bool inside = true;
    for (unsigned stop = 0; inside; ++stop)
    {
        Made<TestType> made (8);
        made->push (7);
        std::string place;
        inside = killedAt (stop, &place, [&] { made->push (8); });
        INFO (place);
        const uint64_t expected = made->pending ();
        REQUIRE ((expected == 1 || expected == 2));
        REQUIRE (crash::judge (
                     [&] (crash::Verdict& verdict) { wholeAfterwards<TestType> (verdict, made.name.text, expected); })
                 == "");
    }
}

TEST_CASE ("next creator removes leftovers of a killed one", "[queue][create][traced][exact]")
{
    join::MemOptions readable;
    readable.permissions = 0644;
    bool inside = true;
    for (unsigned stop = 0; inside; ++stop)
    {
        const OwnName name;
        std::string place;
        inside = killedAt (stop, &place, [&] { openQueue<ShmMpmc> (8, name.text, readable); });
        INFO (place);
        const bool visible = crash::exists (name.text.substr (1));
        const OwnName other;
        {
            auto queue = openQueue<ShmMpmc> (8, name.text, readable);
            auto next = openQueue<ShmMpmc> (8, other.text, readable);
            REQUIRE (queue.created () != visible);
            REQUIRE (queue.tryPush (1) == 0);
            REQUIRE (crash::names ().size () == 4);  // two queues and the lock file of each
        }
        join::ShmMem::unlink (name.text);
        join::ShmMem::unlink (other.text);
        REQUIRE (crash::names ().empty ());
    }
}
