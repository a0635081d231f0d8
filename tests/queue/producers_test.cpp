// SPDX-License-Identifier: MIT
// Live, departed and dead producers: producers () and stats (), exclusive roles, and EOWNERDEAD.
#include "delay.hpp"
#include "raw.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;

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
std::vector<join::Producer> producersOf (const Queue& queue)
{
    std::vector<join::Producer> all (16);
    const int64_t found = queue.producers (all.data (), all.size ());
    REQUIRE (found >= 0);
    all.resize (static_cast<std::size_t> (found));
    return all;
}

/// A process that runs `part` and then waits to be killed.
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

TEMPLATE_LIST_TEST_CASE ("producers () separates live from dead", "[queue][producers]", SharedClaimKinds)
{
    Made<TestType> made (8);
    CHECK (producersOf (made.queue).empty ());
    REQUIRE (made->tryPush (1) == 0);
    Partner partner ([&] { return pushOne (made.queue, 2); });
    auto listed = producersOf (made.queue);
    REQUIRE (listed.size () == 2);
    CHECK (listed[0].pid == ::getpid ());
    CHECK (listed[0].alive);
    CHECK (listed[0].slot == 1);
    CHECK (listed[1].pid == partner.pid ());
    CHECK (listed[1].alive);
    CHECK (listed[1].slot == 2);
    join::Producer first;
    CHECK (made->producers (&first, 1) == 2);
    CHECK (first.slot == 1);
    CHECK (made->producers (nullptr, 0) == 2);
    CHECK (errorOf ([&] { return made->producers (nullptr, 1); }) == EINVAL);
    partner.kill ();
    listed = producersOf (made.queue);
    REQUIRE (listed.size () == 2);
    CHECK (listed[0].alive);
    CHECK_FALSE (listed[1].alive);
    // Threads of this process count only until they end.
    std::thread ([&] { made->tryPush (3); }).join ();
    CHECK (producersOf (made.queue).size () == 2);
}

TEMPLATE_LIST_TEST_CASE ("stats () counts pushes, pops and deaths", "[queue][producers]", AllKinds)
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
    CHECK (stats.skipped == 0);
    CHECK_FALSE (stats.shutDown);
    made->shutdown ();
    CHECK (made->stats ().shutDown);
    CHECK (made->stats ().pushed == 21);
    if (!TestType::shared)
    {
        CHECK (producersOf (made.queue).empty ());
    }
}

TEMPLATE_LIST_TEST_CASE ("stats () counts dead producers and skipped cells", "[queue][producers]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    uint64_t got = 0;
    CHECK (comesTrue ([&] { return made->pop (got, 50ms) == -1 && made->stats ().deaths == 1; }));
    const join::QueueStats stats = made->stats ();
    CHECK (stats.pushed == 1);
    CHECK (stats.popped == 1);
    CHECK (stats.deaths == 1);
    CHECK (stats.skipped == 1);
}

TEST_CASE ("exclusive queue refuses a second producer or consumer", "[queue][producers]")
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
    // The other role is free.
    REQUIRE (second.tryPop (got) == 0);
    CHECK (got == 1);
    CHECK (errorOf ([&] { return first->tryPop (got); }) == EBUSY);
    CHECK (errorOf ([&] { return first->pop (got, 1ms); }) == EBUSY);
    CHECK (first->peek (1).empty ());
    REQUIRE (first->tryPush (3) == 0);
    const auto listed = producersOf (second);
    REQUIRE (listed.size () == 2);
    CHECK (listed[0].slot == 1);
    CHECK (listed[1].slot == 2);
    // The role passes to the next object.
    first.reset ();
    REQUIRE (second.tryPush (4) == 0);
    REQUIRE ((second.tryPop (got) == 0 && got == 3));
    REQUIRE ((second.tryPop (got) == 0 && got == 4));
}

TEST_CASE ("killed process frees its role, death is counted", "[queue][producers]")
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

/// Pops `each` elements once it has the role, and releases the role.
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

TEST_CASE ("role change amid traffic loses nothing", "[queue][producers]")
{
    OwnName name;
    Shared look (8, name.text);  // keeps the queue alive and takes no role
    std::vector<uint64_t> got;
    std::atomic<bool> over {false};
    std::vector<std::thread> consumers;
    std::vector<std::thread> producers;
    for (int i = 0; i < 2; ++i)
    {
        consumers.emplace_back ([&] {
            while (!over)
            {
                popSome (name.text, got, over);
            }
        });
        producers.emplace_back ([&] {
            for (uint64_t life = 0; life < lives; ++life)
            {
                pushSome (name.text);
            }
        });
    }
    std::for_each (producers.begin (), producers.end (), [] (std::thread& thread) { thread.join (); });
    CHECK (comesTrue ([&] { return look.empty (); }));
    over = true;
    std::for_each (consumers.begin (), consumers.end (), [] (std::thread& thread) { thread.join (); });
    REQUIRE (got.size () == 2 * lives * each);
    CHECK (look.stats ().pushed == got.size ());
    CHECK (look.stats ().deaths == 0);
}

TEST_CASE ("forked child does not inherit a role", "[queue][producers]")
{
    OwnName name;
    Shared mine (2, name.text, join::MemOptions (), exclusive ());
    uint64_t got = 0;
    REQUIRE ((mine.tryPush (1) == 0 && mine.tryPop (got) == 0));
    REQUIRE ((mine.tryPush (1) == 0 && mine.tryPush (1) == 0));  // so that the child has to read the other role's index
    CHECK (crash::inChild ([&] { return mine.tryPush (2) == -1 && join::lastError.value () == EBUSY ? 0 : 1; }) == 0);
    CHECK ((mine.tryPop (got) == 0 && mine.tryPush (2) == 0));
}

TEMPLATE_LIST_TEST_CASE ("pop reports that no producer is left", "[queue][producers]", SharedKinds)
{
    OwnName name;
    auto mine = openQueue<TestType> (8, name.text, join::MemOptions (), ownerDead (false));
    uint64_t got = 0;
    CHECK (errorOf ([&] { return mine.pop (got, 5ms); }) == ETIMEDOUT);  // no producer has attached yet
    const auto options = TestType::spsc ? exclusive () : join::QueueOptions ();
    Partner partner ([&] {
        return pushOne (*new typename TestType::template Queue<uint64_t> (8, name.text, join::MemOptions (), options),
                        7);
    });
    REQUIRE ((mine.pop (got) == 0 && got == 7));
    CHECK (errorOf ([&] { return mine.pop (got, 60ms); }) == ETIMEDOUT);  // the producer is stopped, but alive
    int error = 0;
    uint64_t none = 0;
    const Delay delay =
        delayOf ([&] { error = errorOf ([&] { return mine.pop (none); }); }, [&] { partner.kill (); }, true);
    CHECK (error == EOWNERDEAD);
    CHECK (delay.requested < 100);
    CHECK ((!judgesTime () || delay.took < 100));
    CHECK (errorOf ([&] { return mine.pop (got); }) == EOWNERDEAD);
    CHECK (errorOf ([&] { return mine.tryPop (got); }) == EAGAIN);
    // The next producer ends that state.
    auto next = openQueue<TestType> (8, name.text, join::MemOptions (), options);
    REQUIRE (next.tryPush (8) == 0);
    REQUIRE ((mine.pop (got) == 0 && got == 8));
    CHECK (errorOf ([&] { return mine.pop (got, 5ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("elements of the dead precede EOWNERDEAD", "[queue][producers]", SharedClaimKinds)
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
    CHECK (mine.stats ().skipped == 1);
}

TEMPLATE_LIST_TEST_CASE ("departed producer does not count as dead", "[queue][producers]", SharedClaimKinds)
{
    OwnName name;
    auto mine = openQueue<TestType> (8, name.text, join::MemOptions (), ownerDead (false));
    uint64_t got = 0;
    CHECK (crash::inChild ([&] {
               // The child's object: so the last object of the process is destroyed below, and frees the slot.
               std::destroy_at (&mine);
               return pushOne (openQueue<TestType> (8, name.text), 7);
           })
           == 0);
    REQUIRE (mine.pop (got) == 0);
    CHECK (errorOf ([&] { return mine.pop (got, 60ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("next poll reports death after a long pause", "[queue][producers]", SharedClaimKinds)
{
    Made<TestType> made (8);
    uint64_t got = 0;
    for (int i = 0; i < 10; ++i)
    {
        CHECK (errorOf ([&] { return made->tryPop (got); }) == EAGAIN);
        std::this_thread::sleep_for (2ms);  // the test is about polls that are at least this far apart
    }
    REQUIRE (dieIn (made.queue));
    REQUIRE (made->tryPush (6) == 0);
    int polls = 0;
    for (; made->tryPop (got) == -1 && polls < 20; ++polls)
    {
        std::this_thread::sleep_for (10ms);  // longer under load, which leaves the number of polls as it is
    }
    CHECK (got == 6);
    CHECK (polls <= 3);
}
