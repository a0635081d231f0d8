// SPDX-License-Identifier: MIT
// QueueOptions::interruptible: a signal handler ends a sleep with EINTR; without the option no handler ends one.
#include "scale.hpp"
#include "waits.hpp"
#include "wake_count.hpp"

#include <signal.h>
#include <sys/syscall.h>

namespace
{
constexpr uint64_t capacity = 4;

std::atomic<uint64_t> handled {0};

/// While this object lives, SIGUSR1 has a handler installed with these flags.
class Handler
{
public:
    explicit Handler (int flags)
    {
        struct sigaction action = {};
        action.sa_handler = [] (int) { ++handled; };
        action.sa_flags = flags;
        ::sigaction (SIGUSR1, &action, &_before);
    }

    Handler (const Handler&) = delete;
    Handler& operator= (const Handler&) = delete;

    ~Handler ()
    {
        ::sigaction (SIGUSR1, &_before, nullptr);
    }

private:
    struct sigaction _before;
};

void signalTo (pid_t thread)
{
    ::syscall (SYS_tgkill, ::getpid (), thread, SIGUSR1);
}

/// Sends signals until the call returns: a handler that runs just before the sleep has no effect.
bool interrupt (const Waiter& waiter)
{
    return comesTrue ([&] {
        if (waiter.isAsleep ())
        {
            signalTo (waiter.id ());
        }
        return waiter.hasReturned ();
    });
}

/// Sends `times` signals, each while the waiter sleeps. Returns false if the call returned.
bool disturb (const Waiter& waiter, int times)
{
    for (int i = 0; i < times; ++i)
    {
        if (!comesTrue ([&] { return waiter.isAsleep () || waiter.hasReturned (); }) || waiter.hasReturned ())
        {
            return false;
        }
        const uint64_t before = handled;
        signalTo (waiter.id ());
        if (!crash::sanitized ())  // ThreadSanitizer runs the handler only after the wait
        {
            comesTrue ([&] { return handled > before; });
        }
    }
    return comesTrue ([&] { return waiter.isAsleep (); });
}

join::QueueOptions interruptible ()
{
    join::QueueOptions options;
    options.interruptible = true;
    return options;
}

template <typename Queue>
void fill (Queue& queue)
{
    while (queue.tryPush (1) == 0)
    {
    }
}

template <typename Queue>
void empty (Queue& queue)
{
    uint64_t got = 0;
    while (queue.tryPop (got) == 0)
    {
    }
}

/// Threads that all wait in the same call; of a shared queue, one of them is the watcher.
template <typename Kind>
std::vector<std::unique_ptr<Waiter>> waiters (Made<Kind>& made, bool pushes)
{
    std::vector<std::unique_ptr<Waiter>> all;
    const bool many = pushes ? Kind::manyProducers : Kind::manyConsumers;
    for (int i = 0; i < (many ? 4 : 1); ++i)
    {
        all.push_back (std::make_unique<Waiter> (
            [&made, pushes] {
                uint64_t got = 0;
                return errorOf ([&] { return pushes ? made->push (2) : made->pop (got); });
            },
            [&made] { made->shutdown (); }));
        all.back ()->go ();
    }
    for (const auto& waiter : all)
    {
        REQUIRE (comesTrue ([&] { return waiter->isAsleep (); }));
    }
    return all;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("handler ends every kind of sleep", "[queue][interrupt]", AllKinds)
{
    for (const int flags : {0, SA_RESTART})
    {
        const Handler handler (flags);
        Made<TestType> made (capacity, join::MemOptions (), interruptible ());
        for (const auto& form : forms<typename Made<TestType>::Queue> ())
        {
            INFO (form.name << (flags == 0 ? "" : ", SA_RESTART"));
            form.pushes ? fill (made.queue) : empty (made.queue);
            Waiter waiter ([&] { return form.call (made.queue); }, [&] { made->shutdown (); });
            waiter.go ();
            REQUIRE (interrupt (waiter));
            CHECK (waiter.result () == EINTR);
            CHECK (made->pending () == (form.pushes ? capacity : 0));
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("handler ends sleeps of all threads", "[queue][interrupt]", AllKinds)
{
    for (const int flags : {0, SA_RESTART})
    {
        const Handler handler (flags);
        for (const bool pushes : {false, true})
        {
            Made<TestType> made (capacity, join::MemOptions (), interruptible ());
            if (pushes)
            {
                fill (made.queue);
            }
            // The first thread to sleep is the watcher of a shared queue. The signals go in reverse order, so the
            // others have a watcher until they return.
            const auto all = waiters (made, pushes);
            for (const auto& waiter : all)
            {
                // SA_RESTART resumes none of these calls: on a shared queue each sleeps 50 ms at a time.
                REQUIRE ((!TestType::shared || comesTrue ([&] { return waiter->counters ()->count >= 3; })));
                CHECK (waiter->counters ()->followed == 0);
            }
            for (auto waiter = all.rbegin (); waiter != all.rend (); ++waiter)
            {
                REQUIRE (interrupt (**waiter));
                CHECK ((*waiter)->result () == EINTR);
            }
            CHECK (made->pending () == (pushes ? capacity : 0));
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("handler ends no wait without the option", "[queue][interrupt]", AllKinds)
{
    for (const int flags : {0, SA_RESTART})
    {
        const Handler handler (flags);
        for (const bool pushes : {false, true})
        {
            Made<TestType> made (capacity);
            if (pushes)
            {
                fill (made.queue);
            }
            const auto all = waiters (made, pushes);
            for (const auto& waiter : all)
            {
                CHECK (disturb (*waiter, 20));
            }
            uint64_t got = 0;
            for (std::size_t i = 0; i < all.size (); ++i)
            {
                REQUIRE ((pushes ? made->pop (got) : made->push (i)) == 0);
            }
            for (const auto& waiter : all)
            {
                REQUIRE (comesTrue ([&] { return waiter->hasReturned (); }));
                CHECK (waiter->result () == 0);
            }
            CHECK (made->pending () == (pushes ? capacity : 0));
        }
    }
}

namespace
{
/// Producers and consumers that are interrupted all the time and repeat the call; counts what they moved and how often
/// they were interrupted.
struct Traffic
{
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> popped {0};
    std::atomic<uint64_t> difference {0};  // sum of what was pushed minus sum of what was popped
    std::atomic<uint64_t> interrupted {0};
    std::atomic<unsigned> running {0};

    template <typename Queue>
    void produce (Queue& queue, uint64_t from, uint64_t count)
    {
        const uint64_t end = from + count;
        for (uint64_t at = from; at < end;)
        {
            const uint64_t in[2] = {at, at + 1};
            const uint64_t n = end - at < 2 ? 1 : 2;
            const int64_t done = queue.push (in, n, aDay);
            interrupted += done == -1 && join::lastError.value () == EINTR;
            for (int64_t i = 0; i < done; ++i)
            {
                difference += in[i];
            }
            at += done > 0 ? static_cast<uint64_t> (done) : 0;
            pushed += done > 0 ? static_cast<uint64_t> (done) : 0;
        }
        --running;
    }

    template <typename Queue>
    void consume (Queue& queue)
    {
        for (;;)
        {
            uint64_t got = 0;
            if (queue.pop (got) == 0)
            {
                difference -= got;
                ++popped;
            }
            else if (join::lastError.value () != EINTR)
            {
                return;
            }
            else
            {
                ++interrupted;
            }
        }
    }
};
}  // namespace

TEMPLATE_LIST_TEST_CASE ("interrupted calls lose and duplicate no element", "[queue][interrupt]", AllKinds)
{
    const uint64_t each = scaled (20000, 100000, 3000000) / (crash::sanitized () ? 10 : 1);
    const Handler handler (SA_RESTART);
    Made<TestType> made (2, join::MemOptions (), interruptible ());
    Traffic traffic;
    std::vector<std::thread> threads;
    std::vector<pid_t> ids;
    std::mutex mutex;
    const auto start = [&] (std::function<void ()> body) {
        threads.emplace_back ([&, body] {
            {
                const std::lock_guard<std::mutex> lock (mutex);
                ids.push_back (::gettid ());
            }
            body ();
        });
    };
    traffic.running = TestType::manyProducers ? 2 : 1;
    for (uint64_t i = 0; i < (TestType::manyProducers ? 2 : 1); ++i)
    {
        start ([&, i] { traffic.produce (made.queue, i << 40, each); });
    }
    const std::size_t producers = threads.size ();
    for (uint64_t i = 0; i < (TestType::manyConsumers ? 2 : 1); ++i)
    {
        start ([&] { traffic.consume (made.queue); });
    }
    while (traffic.running != 0)
    {
        std::this_thread::sleep_for (std::chrono::microseconds (20));  // decides only how many signals are sent
        const std::lock_guard<std::mutex> lock (mutex);
        for (const pid_t id : ids)
        {
            signalTo (id);  // a thread that has ended gets no signal
        }
    }
    for (std::size_t i = 0; i < producers; ++i)
    {
        threads[i].join ();
    }
    made->shutdown ();
    for (std::size_t i = producers; i < threads.size (); ++i)
    {
        threads[i].join ();
    }
    CHECK (traffic.popped == producers * each);
    CHECK (traffic.pushed == traffic.popped);
    CHECK (traffic.difference == 0);
    std::printf ("%lu elements, %lu calls interrupted\n", traffic.popped.load (), traffic.interrupted.load ());
}
