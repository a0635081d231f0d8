// SPDX-License-Identifier: MIT
// Who is there, who is not any more, and who is told: participants () and stats (), exclusive sides, EOWNERDEAD.
#include "raw.hpp"
#include "victim.hpp"

#include "../asleep.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace
{
using Shared = ShmSpsc::Queue<uint64_t>;

join::QueueOptions exclusive ()
{
    join::QueueOptions options;
    options.exclusive = true;
    return options;
}

join::QueueOptions ownerDead (bool alsoExclusive)
{
    join::QueueOptions options;
    options.ownerDead = true;
    options.exclusive = alsoExclusive;
    return options;
}

template <typename Queue>
std::vector<join::Participant> participantsOf (const Queue& queue)
{
    std::vector<join::Participant> all (16);
    const int64_t found = queue.participants (all.data (), all.size ());
    REQUIRE (found >= 0);
    all.resize (static_cast<std::size_t> (found));
    return all;
}

/// A process that does its part and waits to be killed.
class Partner
{
public:
    explicit Partner (const std::function<int ()>& part)
    : _pid (::fork ())
    {
        if (_pid == 0)
        {
            const int status = part ();
            if (status != 0)
            {
                ::_exit (status);
            }
            ::raise (SIGSTOP);
            ::pause ();
        }
        int status = 0;
        REQUIRE (::waitpid (_pid, &status, WUNTRACED) == _pid);
        REQUIRE (WIFSTOPPED (status));
    }

    Partner (const Partner&) = delete;
    Partner& operator= (const Partner&) = delete;

    ~Partner ()
    {
        kill ();
    }

    void kill ()
    {
        if (_pid > 0)
        {
            ::kill (_pid, SIGKILL);
            ::waitpid (_pid, nullptr, 0);
            _pid = -1;
        }
    }

    pid_t pid () const
    {
        return _pid;
    }

private:
    pid_t _pid;
};

template <typename Queue>
int pushOne (Queue&& queue, uint64_t value)
{
    return queue.tryPush (value) == 0 ? 0 : 1;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("participants are those who pushed, told apart from the dead", "[queue][sides]",
                         SharedClaimKinds)
{
    Made<TestType> made (8);
    CHECK (participantsOf (made.queue).empty ());
    REQUIRE (made->tryPush (1) == 0);
    Partner partner ([&] { return pushOne (made.queue, 2); });
    auto there = participantsOf (made.queue);
    REQUIRE (there.size () == 2);
    CHECK (there[0].pid == ::getpid ());
    CHECK (there[0].alive);
    CHECK (there[0].place == 1);
    CHECK (there[1].pid == partner.pid ());
    CHECK (there[1].alive);
    CHECK (there[1].place == 2);
    join::Participant first;
    CHECK (made->participants (&first, 1) == 2);
    CHECK (first.place == 1);
    CHECK (made->participants (nullptr, 0) == 2);
    CHECK (errorOf ([&] { return made->participants (nullptr, 1); }) == EINVAL);
    partner.kill ();
    there = participantsOf (made.queue);
    REQUIRE (there.size () == 2);
    CHECK (there[0].alive);
    CHECK_FALSE (there[1].alive);
    // Threads, too, until they end.
    std::thread ([&] { made->tryPush (3); }).join ();
    CHECK (participantsOf (made.queue).size () == 2);
}

TEMPLATE_LIST_TEST_CASE ("stats count what was pushed, popped, and died", "[queue][sides]", AllKinds)
{
    Made<TestType> made (8);
    uint64_t got = 0;
    for (uint64_t i = 0; i < 20; ++i)
    {
        REQUIRE (made->tryPush (i) == 0);
        REQUIRE (made->tryPop (got) == 0);
    }
    REQUIRE (made->tryPush (1) == 0);
    join::QueueStats stats = made->stats ();
    CHECK (stats.structSize == sizeof (stats));
    CHECK (stats.pushed == 21);
    CHECK (stats.popped == 20);
    CHECK (stats.deaths == 0);
    CHECK (stats.holes == 0);
    CHECK_FALSE (stats.shutDown);
    made->shutdown ();
    CHECK (made->stats ().shutDown);
    CHECK (made->stats ().pushed == 21);
    if (!TestType::shared)
    {
        CHECK (participantsOf (made.queue).empty ());
    }
}

TEMPLATE_LIST_TEST_CASE ("stats count the dead and their holes", "[queue][sides]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    uint64_t got = 0;
    CHECK (errorOf ([&] { return made->pop (got, 50ms); }) == ETIMEDOUT);
    const join::QueueStats stats = made->stats ();
    CHECK (stats.pushed == 1);
    CHECK (stats.popped == 1);
    CHECK (stats.deaths == 1);
    CHECK (stats.holes == 1);
}

TEST_CASE ("a second pusher, or popper, of an exclusive queue is refused while the first lives", "[queue][sides]")
{
    OwnName name;
    auto first = std::make_unique<Shared> (8, name.text, join::MemOptions (), exclusive ());
    Shared second (8, name.text, join::MemOptions (), exclusive ());
    uint64_t got = 0;
    REQUIRE (first->tryPush (1) == 0);
    CHECK (errorOf ([&] { return second.tryPush (2); }) == EBUSY);
    CHECK (errorOf ([&] { return second.push (2, 1ms); }) == EBUSY);
    CHECK (errorOf ([&] { return static_cast<int> (second.tryPush (&got, 1)); }) == EBUSY);
    CHECK (second.reserve (1).empty ());
    CHECK (join::lastError.value () == EBUSY);
    CHECK_THAT (join::lastError.message (), Catch::Contains (std::to_string (::getpid ())));
    // The other side is free.
    REQUIRE (second.tryPop (got) == 0);
    CHECK (got == 1);
    CHECK (errorOf ([&] { return first->tryPop (got); }) == EBUSY);
    CHECK (errorOf ([&] { return first->pop (got, 1ms); }) == EBUSY);
    CHECK (first->peek (1).empty ());
    REQUIRE (first->tryPush (3) == 0);
    const auto there = participantsOf (second);
    REQUIRE (there.size () == 2);
    CHECK (there[0].place == 1);
    CHECK (there[1].place == 2);
    // The role passes on.
    first.reset ();
    REQUIRE (second.tryPush (4) == 0);
    REQUIRE ((second.tryPop (got) == 0 && got == 3));
    REQUIRE ((second.tryPop (got) == 0 && got == 4));
}

TEST_CASE ("the side of a killed process is free, and its death counted", "[queue][sides]")
{
    OwnName name;
    Shared mine (8, name.text, join::MemOptions (), exclusive ());
    for (uint64_t round = 1; round <= 5; ++round)
    {
        Partner partner (
            [&] { return pushOne (*new Shared (8, name.text, join::MemOptions (), exclusive ()), round); });
        CHECK (errorOf ([&] { return mine.tryPush (9); }) == EBUSY);
        partner.kill ();
        {
            Shared next (8, name.text, join::MemOptions (), exclusive ());
            REQUIRE (next.tryPush (100) == 0);
        }
        CHECK (mine.stats ().deaths == round);
        uint64_t got[8] = {};
        CHECK (mine.tryPop (got, 8) == 2);
    }
}

namespace
{
constexpr uint64_t each = 50;
constexpr uint64_t lives = 100;

/// Pops so many, as soon as it has the side, and leaves it.
void popSome (const std::string& name, std::vector<uint64_t>& got, const std::atomic<bool>& over)
{
    static std::mutex mutex;
    Shared queue (8, name, join::MemOptions (), exclusive ());
    uint64_t element = 0;
    for (uint64_t i = 0; i < each && !over;)
    {
        if (queue.tryPop (element) == 0)
        {
            std::lock_guard<std::mutex> lock (mutex);
            got.push_back (element);
            ++i;
        }
        else
        {
            std::this_thread::yield ();
        }
    }
}

void pushSome (const std::string& name)
{
    Shared queue (8, name, join::MemOptions (), exclusive ());
    for (uint64_t i = 0; i < each;)
    {
        queue.tryPush (i) == 0 ? (void) ++i : std::this_thread::yield ();
    }
}
}  // namespace

TEST_CASE ("a side that passes on in the middle of traffic loses and doubles nothing", "[queue][sides]")
{
    OwnName name;
    Shared look (8, name.text);  // keeps the queue, and takes no side
    std::vector<uint64_t> got;
    std::atomic<bool> over {false};
    std::vector<std::thread> poppers;
    std::vector<std::thread> pushers;
    for (int i = 0; i < 2; ++i)
    {
        poppers.emplace_back ([&] {
            while (!over)
            {
                popSome (name.text, got, over);
            }
        });
        pushers.emplace_back ([&] {
            for (uint64_t life = 0; life < lives; ++life)
            {
                pushSome (name.text);
            }
        });
    }
    std::for_each (pushers.begin (), pushers.end (), [] (std::thread& thread) { thread.join (); });
    for (const auto start = steady_clock::now (); !look.empty () && steady_clock::now () - start < 10s;)
    {
        std::this_thread::sleep_for (1ms);
    }
    over = true;
    std::for_each (poppers.begin (), poppers.end (), [] (std::thread& thread) { thread.join (); });
    REQUIRE (got.size () == 2 * lives * each);
    CHECK (look.stats ().pushed == got.size ());
    CHECK (look.stats ().deaths == 0);
}

TEST_CASE ("a forked child does not inherit a side", "[queue][sides]")
{
    OwnName name;
    Shared mine (2, name.text, join::MemOptions (), exclusive ());
    uint64_t got = 0;
    REQUIRE ((mine.tryPush (1) == 0 && mine.tryPop (got) == 0));
    REQUIRE ((mine.tryPush (1) == 0 && mine.tryPush (1) == 0));  // so that the child has to look
    CHECK (crash::inChild ([&] { return mine.tryPush (2) == -1 && join::lastError.value () == EBUSY ? 0 : 1; }) == 0);
    CHECK ((mine.tryPop (got) == 0 && mine.tryPush (2) == 0));
}

TEST_CASE ("sides are nobody's where none was asked for", "[queue][sides]")
{
    Made<ShmSpsc> made (8);
    Shared other (8, made.name.text);
    CHECK ((made->tryPush (1) == 0 && other.tryPush (2) == 0));
    CHECK (participantsOf (other).empty ());
}

TEMPLATE_LIST_TEST_CASE ("who asks for it is told that nobody is left who pushes", "[queue][sides]", SharedKinds)
{
    OwnName name;
    auto mine = openQueue<TestType> (8, name.text, join::MemOptions (), ownerDead (false));
    uint64_t got = 0;
    CHECK (errorOf ([&] { return mine.pop (got, 5ms); }) == ETIMEDOUT);  // nobody has been there
    const auto options = TestType::spsc ? exclusive () : join::QueueOptions ();
    Partner partner ([&] {
        return pushOne (*new typename TestType::template Queue<uint64_t> (8, name.text, join::MemOptions (), options),
                        7);
    });
    REQUIRE ((mine.pop (got) == 0 && got == 7));
    CHECK (errorOf ([&] { return mine.pop (got, 60ms); }) == ETIMEDOUT);  // it is stopped, and alive
    int error = 0;
    auto woken = steady_clock::now ();
    std::atomic<pid_t> thread {0};
    std::thread popper ([&] {
        uint64_t none = 0;
        thread = ::gettid ();
        error = errorOf ([&] { return mine.pop (none); });
        woken = steady_clock::now ();
    });
    untilAsleep (thread);
    partner.kill ();
    const auto dead = steady_clock::now ();
    popper.join ();
    CHECK (error == EOWNERDEAD);
    CHECK (woken - dead < (crash::sanitized () ? 1000ms : 100ms));
    CHECK (errorOf ([&] { return mine.pop (got); }) == EOWNERDEAD);
    CHECK (errorOf ([&] { return mine.tryPop (got); }) == EAGAIN);
    // Until another comes.
    auto next = openQueue<TestType> (8, name.text, join::MemOptions (), options);
    REQUIRE (next.tryPush (8) == 0);
    REQUIRE ((mine.pop (got) == 0 && got == 8));
    CHECK (errorOf ([&] { return mine.pop (got, 5ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("what the dead had pushed comes before it is told that they are dead", "[queue][sides]",
                         SharedClaimKinds)
{
    OwnName name;
    auto mine = openQueue<TestType> (8, name.text, join::MemOptions (), ownerDead (false));
    const uint64_t three[3] = {1, 2, 3};
    Victim victim (Victim::End::Killed, three, 2 * sizeof (uint64_t), sizeof (three), [&] (const void* from) {
        return static_cast<int> (mine.tryPush (static_cast<const uint64_t*> (from), 3));
    });
    REQUIRE (victim.isKilled ());
    uint64_t got = 0;
    CHECK ((mine.pop (got) == 0 && got == 1));
    CHECK ((mine.pop (got) == 0 && got == 2));
    CHECK (errorOf ([&] { return mine.pop (got); }) == EOWNERDEAD);
    CHECK (mine.stats ().holes == 1);
}

TEMPLATE_LIST_TEST_CASE ("a pusher who leaves is no dead one", "[queue][sides]", SharedClaimKinds)
{
    OwnName name;
    auto mine = openQueue<TestType> (8, name.text, join::MemOptions (), ownerDead (false));
    uint64_t got = 0;
    CHECK (crash::inChild ([&] {
               std::destroy_at (&mine);  // the child's: a place is given back with the last object of the process
               return pushOne (openQueue<TestType> (8, name.text), 7);
           })
           == 0);
    REQUIRE (mine.pop (got) == 0);
    CHECK (errorOf ([&] { return mine.pop (got, 60ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("who polls seldom is told of the dead at the next poll", "[queue][sides]", SharedClaimKinds)
{
    Made<TestType> made (8);
    uint64_t got = 0;
    for (int i = 0; i < 10; ++i)
    {
        CHECK (errorOf ([&] { return made->tryPop (got); }) == EAGAIN);
        std::this_thread::sleep_for (2ms);  // polls that are so far apart are what this is about
    }
    REQUIRE (dieIn (made.queue));
    REQUIRE (made->tryPush (6) == 0);
    int polls = 0;
    for (; made->tryPop (got) == -1 && polls < 20; ++polls)
    {
        std::this_thread::sleep_for (10ms);
    }
    CHECK (got == 6);
    CHECK (polls <= 3);
}
