// SPDX-License-Identifier: MIT
// The OOM killer of a cgroup kills a process that pushes, between two pushes or in the middle of one. Processes outside
// the group lose nothing that it had pushed, get nothing twice or out of order, and continue. The delay is judged by
// the requested length of sleeps that nothing ended early; by the clock only in suite long.
#include "child.hpp"
#include "guardian.hpp"
#include "kernel_report.hpp"
#include "require.hpp"
#include "setting.hpp"

#include "../hang.hpp"
#include "../queue/scale.hpp"
#include "../queue/waiting.hpp"

#include <join/queue.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>

using std::chrono::steady_clock;

std::string missing ()
{
    return MemoryGroup::missing ();
}

namespace
{
constexpr uint64_t capacity = 16;
constexpr uint64_t allowance = (sanitized ? 64 : 1) * MiB;

/// On an emulated processor everything takes tens of times as long.
bool emulated ()
{
    return std::getenv ("JOINMEM_TEST_EMULATED") != nullptr;
}

// The producers of elements.
constexpr uint64_t victim = 1;
constexpr uint64_t neighbour = 2;
constexpr uint64_t successor = 3;  // pushes once, as soon as the victim has been reaped
constexpr uint64_t last = 4;

struct Element
{
    uint64_t who;
    uint64_t number;
    uint64_t check;
    uint64_t rest[5];  // zeros
};

Element elementOf (uint64_t who, uint64_t number)
{
    return {who, number, (who << 56 | number) * 0x9e3779b97f4a7c15U, {}};
}

/// When the victim touches the page that exceeds the limit.
enum class Eats
{
    Between,  // two pushes
    Within,   // within a push: after its claim, before its publication
};

/// What the victim records before its death.
struct Told
{
    std::atomic<uint64_t> returned;  // pushes
    std::atomic<int> error;          // of a push that failed
};

/// Pages that a process allocates, one with each element.
class Meal
{
public:
    Meal ()
    : _file (::memfd_create ("meal", MFD_CLOEXEC))
    , _window (map (nullptr, 2 * page, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
        if (_file == -1 || ::ftruncate (_file, static_cast<off_t> (16 * allowance)) != 0)
        {
            ::_exit (1);
        }
    }

    /// Returns the element at the address to push it from.
    const Element& next (const Element& element, Eats eats)
    {
        char* at = _window;
        if (eats == Eats::Between)
        {
            *map (nullptr, page, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
        }
        else
        {
            // What follows `check` lies in a hole of a file: reading it allocates a page, which is charged to the
            // reader.
            map (_window + page, page, MAP_SHARED | MAP_FIXED, _file, static_cast<off_t> (_eaten++ * page));
            at += page - offsetof (Element, rest);
        }
        std::memcpy (at, &element, offsetof (Element, rest));
        return *reinterpret_cast<const Element*> (at);
    }

private:
    static constexpr uint64_t page = 4096;

    static char* map (void* where, std::size_t bytes, int flags, int file, off_t offset)
    {
        void* const got = ::mmap (where, bytes, PROT_READ | PROT_WRITE, flags, file, offset);
        if (got == MAP_FAILED)
        {
            ::_exit (1);
        }
        return static_cast<char*> (got);
    }

    int _file;
    char* _window;
    uint64_t _eaten = 0;
};

template <typename Policy>
struct Case
{
    using Queue = typename Policy::template Queue<Element>;
    static constexpr bool spsc = std::is_same<Policy, join::ShmMem::Spsc>::value;

    /// One object has the producer role of a Spsc; other kinds have three slots, so that a dead process's slot is
    /// reused.
    static join::QueueOptions options ()
    {
        join::QueueOptions options;
        options.exclusive = spsc;
        options.maxProducers = spsc ? 0 : 3;
        return options;
    }

    static std::string name ()
    {
        return segmentName ("oom");
    }

    static Queue open ()
    {
        return Queue (capacity, name (), join::MemOptions (), options ());
    }
};

template <typename Policy>
[[noreturn]] void pushUntilKilled (const MemoryGroup& group, Eats eats, Told& told)
{
    ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    guardian::forget ();
    ::alarm (hangLimit.count ());
    preferredVictim ();
    group.join ();
    auto queue = Case<Policy>::open ();
    Meal meal;
    for (uint64_t i = 0;; ++i)
    {
        if (queue.push (meal.next (elementOf (victim, i), eats)) != 0)
        {
            told.error = join::lastError.value ();
            ::_exit (1);
        }
        told.returned = i + 1;
    }
}

/// What the consumer has received, up to the last element.
struct Popped
{
    uint64_t next[last] = {};  // by producer
    uint64_t wrong = 0;
    std::atomic<const Sleeps*> sleeps {nullptr};  // of the consumer's thread, until the last push
    // When the successor's element arrived:
    steady_clock::time_point goesOn;
    int64_t requested = 0;
};

/// How long one death delays the consumer, in milliseconds.
struct Delay
{
    double took;       // by the clock
    double requested;  // by the requested length of sleeps that nothing ended early
};

template <typename Queue>
void popToTheLast (Queue& queue, Popped& popped)
{
    Element element = {};
    popped.sleeps = &sleeps;
    while (queue.pop (element, hangLimit) == 0)
    {
        if (element.who == successor)
        {
            popped.goesOn = steady_clock::now ();
            popped.requested = sleeps.requested;
        }
        if (element.who == last)
        {
            return;
        }
        const uint64_t who = element.who < last ? element.who : 0;
        const Element expected = elementOf (who, popped.next[who]++);
        popped.wrong += who == 0 || std::memcmp (&element, &expected, sizeof (element)) != 0;
    }
    ++popped.wrong;
}

/// Pushes until `over`. @return the number of pushes
template <typename Queue>
uint64_t pushUntil (Queue& queue, const std::atomic<bool>& over)
{
    uint64_t pushed = 0;
    while (!over && queue.push (elementOf (neighbour, pushed), hangLimit) == 0)
    {
        ++pushed;
    }
    return pushed;
}

template <typename Policy>
Delay dies (typename Case<Policy>::Queue& queue, const MemoryGroup& group, Eats eats, Told& told)
{
    told.returned = 0;
    told.error = 0;
    const uint64_t killsBefore = group.kills ();
    const pid_t process = ::fork ();
    if (process == 0)
    {
        pushUntilKilled<Policy> (group, eats, told);
    }
    Popped popped;
    uint64_t pushed = 0;
    std::atomic<bool> over {false};
    std::thread consumer ([&] { popToTheLast (queue, popped); });
    std::thread producer ([&] { pushed = Case<Policy>::spsc ? 0 : pushUntil (queue, over); });
    auto own = Case<Policy>::open ();  // takes the producer role of a Spsc at its first push
    int status = 0;
    const pid_t reaped = ::waitpid (process, &status, 0);
    comesTrue ([&] { return popped.sleeps.load () != nullptr; });
    const int64_t before = popped.sleeps.load ()->requested;
    const auto dead = steady_clock::now ();
    const int goesOn = own.push (elementOf (successor, 0), hangLimit);
    over = true;
    producer.join ();
    const int ends = own.push (elementOf (last, 0), hangLimit);
    consumer.join ();
    CHECK (goesOn == 0);
    CHECK (ends == 0);
    REQUIRE (reaped == process);
    INFO ("wait status " << status << ", error " << told.error);
    REQUIRE ((WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL));
    REQUIRE (group.kills () > killsBefore);
    REQUIRE (told.returned > capacity);
    // The last push had not returned: its element may have arrived.
    CHECK (popped.next[victim] >= told.returned);
    CHECK (popped.next[victim] <= told.returned + 1);
    CHECK (popped.next[neighbour] == pushed);
    CHECK (popped.next[successor] == 1);
    CHECK (popped.wrong == 0);
    return {std::chrono::duration<double, std::milli> (popped.goesOn - dead).count (),
            static_cast<double> (popped.requested - before) / 1e6};
}

/// A process with two more producers: a Mpsc or Mpmc has a slot for both only if the last victim's slot is reused.
template <typename Policy>
std::string takesItsPlace ()
{
    return inChild ([] () -> std::string {
        auto queue = Case<Policy>::open ();
        CLAIM (queue.tryPush (elementOf (last, 1)) == 0);
        bool second = false;
        std::thread ([&] { second = Case<Policy>::spsc || queue.tryPush (elementOf (last, 2)) == 0; }).join ();
        CLAIM (second);
        return "";
    });
}

template <typename Policy>
void survive (const char* kind, Eats eats)
{
    const MemoryGroup group;
    group.limit (allowance);
    Told& told = *static_cast<Told*> (
        ::mmap (nullptr, sizeof (Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    join::ShmMem::unlink (Case<Policy>::name ());
    {
        const int deaths = emulated () ? 1 : 10;
        auto queue = Case<Policy>::open ();
        Delay most = {0, 0};
        for (int i = 0; i < deaths; ++i)
        {
            const Delay delay = dies<Policy> (queue, group, eats, told);
            most = {std::max (most.took, delay.took), std::max (most.requested, delay.requested)};
        }
        const join::QueueStats before = queue.stats ();  // includes the last victim, as its push was in the way
        CHECK (takesItsPlace<Policy> () == "");
        const join::QueueStats stats = queue.stats ();
        std::printf (
            "%s, out of memory %s: %d deaths, %llu of them in a push, delays of %.2f ms at most, %.2f of sleeps\n",
            kind, eats == Eats::Within ? "within a push" : "between two", deaths,
            static_cast<unsigned long long> (stats.skipped), most.took, most.requested);
        CHECK (most.requested < 100);
        CHECK ((!judgesTime () || most.took < 100));
        CHECK (stats.deaths == static_cast<uint64_t> (deaths));
        CHECK (before.skipped == stats.skipped);
        CHECK (stats.skipped <= stats.deaths);
        CHECK ((stats.skipped != 0 || Case<Policy>::spsc || eats == Eats::Between));
    }
    join::ShmMem::unlink (Case<Policy>::name ());
    ::munmap (&told, sizeof (Told));
}
}  // namespace

TEST_CASE ("OOM kill between pushes loses and blocks nothing")
{
    survive<join::ShmMem::Spsc> ("Spsc", Eats::Between);
    survive<join::ShmMem::Mpsc> ("Mpsc", Eats::Between);
    survive<join::ShmMem::Mpmc> ("Mpmc", Eats::Between);
}

TEST_CASE ("OOM kill within a push loses and blocks nothing")
{
    survive<join::ShmMem::Spsc> ("Spsc", Eats::Within);
    survive<join::ShmMem::Mpsc> ("Mpsc", Eats::Within);
    survive<join::ShmMem::Mpmc> ("Mpmc", Eats::Within);
}
