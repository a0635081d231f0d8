// SPDX-License-Identifier: MIT
// Wait sets between processes: traffic, fork, filters, closed descriptors, dead peers, signals.
#include "wait_support.hpp"

#include "../queue/forbid.hpp"
#include "../queue/scale.hpp"
#include "../queue/victim.hpp"

#include <cerrno>
#include <csignal>
#include <random>
#include <sys/wait.h>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
using Shared = join::ShmMem::Mpsc::Queue<uint64_t>;

/// Waits for an event by the set's own sleep, or by its descriptor.
int64_t next (WaitSet& set, WaitEvent* events, uint64_t n, bool byDescriptor)
{
    if (!byDescriptor)
    {
        return set.wait (events, n, 30s);
    }
    for (;;)
    {
        const int64_t found = set.wait (events, n, 0s);
        if (found > 0 || !isReadable (set.fd ()))
        {
            return found;
        }
    }
}

/// Pushes numbers to queues that it chooses at random; the upper half of each element is the producer.
int produce (const std::vector<OwnName>& names, uint64_t producer, uint64_t each)
{
    std::vector<Shared> queues;
    for (const OwnName& name : names)
    {
        queues.emplace_back (8, name.text);
    }
    std::minstd_rand random (static_cast<unsigned> (producer + 1));
    for (uint64_t i = 0; i < each; ++i)
    {
        if (queues[random () % queues.size ()].push (producer << 32 | i, 60s) != 0)
        {
            return 1;
        }
        if (random () % 64 == 0)
        {
            std::this_thread::sleep_for (std::chrono::microseconds (random () % 200));  // lets the consumer fall asleep
        }
    }
    return 0;
}

/// Pops one element for each event of the set until it has all that the producers push. @return what is wrong
std::string consume (WaitSet& set, std::vector<Shared>& queues, uint64_t producers, uint64_t each, bool byDescriptor)
{
    std::vector<std::vector<uint64_t>> last (queues.size (), std::vector<uint64_t> (producers, 0));
    WaitEvent events[8];
    for (uint64_t got = 0; got < producers * each;)
    {
        const int64_t n = next (set, events, 8, byDescriptor);
        if (n <= 0)
        {
            return "no event came after " + std::to_string (got) + " elements: " + join::lastError.message ();
        }
        for (int64_t i = 0; i < n; ++i)
        {
            uint64_t element = 0;
            if (queues[events[i].key].tryPop (element) != 0)
            {
                return "an event came for an empty queue, although this is its only consumer";
            }
            uint64_t& before = last[events[i].key][element >> 32];
            const uint64_t now = (element & 0xffffffff) + 1;
            if (now <= before)
            {
                return "an element came twice, or out of order";
            }
            before = now;
            ++got;
        }
    }
    return "";
}

void traffic (bool byDescriptor)
{
    constexpr uint64_t producers = 4;
    const uint64_t each = scaled (2500, 50000, 2500000);
    const std::vector<OwnName> names (64);
    std::vector<Shared> queues;
    WaitSet set;
    for (uint64_t i = 0; i < names.size (); ++i)
    {
        queues.emplace_back (8, names[i].text);
        REQUIRE (set.add (queues.back (), Ready::Element, i) == 0);
    }
    std::vector<pid_t> children;
    for (uint64_t i = 0; i < producers; ++i)
    {
        children.push_back (::fork ());
        if (children.back () == 0)
        {
            ::_exit (produce (names, i, each));
        }
    }
    const std::string fault = consume (set, queues, producers, each, byDescriptor);
    for (pid_t child : children)
    {
        if (!fault.empty ())
        {
            ::kill (child, SIGKILL);
        }
        int status = 0;
        CHECK (::waitpid (child, &status, 0) == child);
        CHECK ((fault.empty () ? status : 0) == 0);
    }
    CHECK (fault == "");
}
}  // namespace

TEST_CASE ("no wake-up is lost between 4 processes and 64 queues", "[traffic]")
{
    traffic (false);
}

TEST_CASE ("no wake-up is lost between 4 processes and an event loop", "[traffic]")
{
    traffic (true);
}

TEST_CASE ("a forked child cannot use its parent's set, and does not disturb it", "[fork]")
{
    const bool byDescriptor = GENERATE (false, true);
    const OwnName name;
    Shared queue (8, name.text);
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    REQUIRE ((!byDescriptor || set.fd () > 2));
    REQUIRE (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    const int status = crash::inChild ([&] {
        const bool refused = errorOf ([&] { return set.wait (&event, 1, 0s); }) == EBADF
                             && errorOf ([&] { return set.add (queue, Ready::Element, 2); }) == EBADF
                             && errorOf ([&] { return set.modify (queue, Ready::Room, 2); }) == EBADF
                             && errorOf ([&] { return set.remove (queue); }) == EBADF
                             && errorOf ([&] { return set.fd (); }) == EBADF
                             && errorOf ([&] { return set.wake (); }) == EBADF && set.size () == 0;
        WaitSet own;
        const bool works = own.add (queue, Ready::Room, 3) == 0 && own.wait (&event, 1, 1s) == 1;
        {
            const WaitSet end (std::move (set));
        }
        {
            const Shared end (std::move (queue));
        }
        return !refused ? 1 : !works ? 2 : own.size () != 0 ? 3 : 0;
    });
    CHECK (status == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    REQUIRE (queue.tryPush (1) == 0);
    CHECK (next (set, &event, 1, byDescriptor) == 1);
}

TEST_CASE ("forks while sets change and wait leave whole children", "[fork]")
{
    Shared queue = Shared::make (8, OwnName ().text);
    join::LocalMem::Mpsc::Queue<uint64_t> local (8);
    std::atomic<bool> over {false};
    std::thread other ([&] {
        WaitSet set;
        WaitEvent event;
        while (!over)
        {
            set.add (queue, Ready::Element, 1);
            set.add (local, Ready::Room, 2);
            set.wait (&event, 1, 0s);
            set.remove (queue);
            set.remove (local);
        }
    });
    for (uint64_t i = 0; i < scaled (30, 300, 3000); ++i)
    {
        const int status = crash::inChild ([&] {
            WaitSet set;
            WaitEvent event;
            const bool added = set.add (local, Ready::Room, 1) == 0 && set.add (queue, Ready::Element, 2) == 0;
            const int64_t n = set.wait (&event, 1, 1s);
            {
                const Shared end (std::move (queue));
            }
            return added && n == 1 && set.size () == 1 ? 0 : 1;
        });
        REQUIRE (status == 0);
    }
    over = true;
    other.join ();
}

TEST_CASE ("sets work where system calls are refused", "[refused]")
{
    struct Refusal
    {
        long call;
        int error;
    };
    constexpr long futexWaitv = 449;
    const Refusal refusal = GENERATE (Refusal {futexWaitv, ENOSYS}, Refusal {futexWaitv, EPERM},
                                      Refusal {SYS_eventfd2, EPERM}, Refusal {SYS_membarrier, EPERM},
                                      Refusal {SYS_io_uring_setup, EPERM}, Refusal {SYS_io_uring_setup, ENOSYS},
                                      Refusal {SYS_io_uring_register, EPERM}, Refusal {SYS_io_uring_enter, EPERM});
    INFO ("call " << refusal.call << ", errno " << refusal.error);
    const std::string complaint = crash::judge ([&] (crash::Verdict& verdict) {
        forbid (refusal.call, refusal.error);
        std::vector<join::LocalMem::Mpsc::Queue<uint64_t>> queues;
        WaitSet set;
        const auto grow = [&] (uint64_t size) {
            while (queues.size () < size)
            {
                queues.emplace_back (4);
                if (set.add (queues.back (), Ready::Element, queues.size () - 1) != 0)
                {
                    verdict.say ("a queue cannot be added");
                }
            }
        };
        const auto wakes = [&] (const char* how, bool byDescriptor) {
            WaitEvent event;
            for (uint64_t round = 0; round < 20; ++round)
            {
                const uint64_t which = round * 37 % queues.size ();
                Call call ([&] { return next (set, &event, 1, byDescriptor); });
                std::this_thread::sleep_for (1ms);  // the call is probably asleep now, but the test does not need that
                uint64_t got = 0;
                if (queues[which].tryPush (round) != 0 || call.result () != 1 || event.key != which
                    || queues[which].tryPop (got) != 0)
                {
                    verdict.say (std::string ("a wake-up is missing: ") + how);
                }
            }
        };
        grow (1);
        wakes ("one queue", false);
        grow (100);
        wakes ("100 queues", false);
        grow (300);
        wakes ("300 queues", false);
        if (set.fd () <= 2)
        {
            verdict.say ("there is no descriptor");
        }
        wakes ("descriptor", true);
    });
    CHECK (complaint == "");
}

TEST_CASE ("the descriptor of a set is none of the standard ones", "[closed]")
{
    const int status = crash::inChild ([] {
        for (int file = 0; file < 3; ++file)
        {
            ::close (file);
        }
        join::LocalMem::Mpsc::Queue<uint64_t> queue (4);
        WaitSet set;
        const bool works = set.add (queue, Ready::Element, 1) == 0 && set.fd () > 2 && queue.tryPush (1) == 0
                           && isReadable (set.fd ());
        return works ? 0 : 1;
    });
    CHECK (status == 0);
}

TEST_CASE ("the death of all producers is reported once, and again after a new one", "[deaths]")
{
    const OwnName name;
    join::QueueOptions options;
    options.ownerDead = true;
    Shared queue (8, name.text, join::MemOptions (), options);
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 60ms); }) == ETIMEDOUT);
    for (int round = 0; round < 2; ++round)
    {
        REQUIRE (dieIn (queue));
        REQUIRE (set.wait (&event, 1, 30s) == 1);
        uint64_t none = 0;
        CHECK (event.ready == Ready::Element);  // the cell that the dead producer left: a pop passes it
        CHECK (errorOf ([&] { return queue.tryPop (none); }) == EAGAIN);
        REQUIRE (set.wait (&event, 1, 30s) == 1);
        CHECK (event.ready == Ready::ProducersDead);
        CHECK (errorOf ([&] { return set.wait (&event, 1, 120ms); }) == ETIMEDOUT);
        const int status = crash::inChild ([&] {
            Shared own (8, name.text);
            uint64_t got = 0;
            return own.tryPush (5) == 0 && own.tryPop (got) == 0 ? 0 : 1;
        });
        REQUIRE (status == 0);
        while (set.wait (&event, 1, 60ms) == 1)
        {
        }
    }
}

TEST_CASE ("a signal handler ends the waits of an interruptible set only", "[signals]")
{
    const bool interruptible = GENERATE (false, true);
    struct sigaction action = {};
    action.sa_flags = GENERATE (0, SA_RESTART);
    struct sigaction before = {};
    static std::atomic<int> handled {0};
    handled = 0;
    action.sa_handler = [] (int) { ++handled; };
    ::sigaction (SIGUSR1, &action, &before);
    join::LocalMem::Mpsc::Queue<uint64_t> queue (4);
    join::WaitSetOptions options;
    options.interruptible = interruptible;
    WaitSet set (options);
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    std::atomic<pid_t> thread {0};
    WaitEvent event;
    {
        Call call ([&] {
            thread = ::gettid ();
            return set.wait (&event, 1);
        });
        // A handler that runs just before the sleep has no effect.
        CHECK (comesTrue ([&] {
            ::syscall (SYS_tgkill, ::getpid (), thread.load (), thread.load () != 0 ? SIGUSR1 : 0);
            return interruptible ? call.isDone () : handled > 20;
        }));
        CHECK (queue.tryPush (1) == 0);
        CHECK (call.result () == (interruptible ? -1 : 1));
        CHECK (call.error () == (interruptible ? EINTR : 0));
    }
    ::sigaction (SIGUSR1, &before, nullptr);  // the thread has ended, and its pending signals with it
}
