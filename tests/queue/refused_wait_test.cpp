// SPDX-License-Identifier: MIT
// Waits in a process whose filter refuses the system calls that they sleep by: futex_waitv(2), membarrier(2), futex(2).
// Each test runs in a process of its own, because a filter cannot be removed.
#include "forbid.hpp"
#include "sleepers.hpp"
#include "victim.hpp"

#include <signal.h>

using namespace std::chrono_literals;

namespace
{
constexpr long futexWaitV = 449;
constexpr int64_t aMillisecond = 1000000;

void require (bool holds, const char* what)
{
    if (!holds)
    {
        throw std::runtime_error (what);  // crash::judge () reports it
    }
}

template <typename Kind>
Sleepers waiters (Made<Kind>& made, bool pushes, int count)
{
    Sleepers all;
    require (addSleepers (all, made.queue, pushes, count), "a waiter does not sleep");
    return all;
}

uint64_t sleepsOf (const Sleepers& all)
{
    uint64_t sum = 0;
    for (const auto& waiter : all)
    {
        sum += waiter->counters ()->count;
    }
    return sum;
}

/// The sleeps of all waiters in `time`, counted once there were at most `most` in a shorter window. Callers expect none,
/// so a window that load makes longer only makes the check stricter.
uint64_t sleepsOnceSettled (const Sleepers& all, std::chrono::nanoseconds time, uint64_t most)
{
    const auto in = [&] (std::chrono::nanoseconds window) {
        const uint64_t before = sleepsOf (all);
        std::this_thread::sleep_for (window);
        return sleepsOf (all) - before;
    };
    for (int i = 0; i < 20 && in (200ms) > most; ++i)
    {
    }
    return in (time);
}

/// Pushes an element for which no sleeper is woken, as if its producer had been killed before the wake-up.
template <typename Kind>
void pushUnseen (Made<Kind>& made)
{
    require (giveUnseen (made, false), "the queue is full");
}

struct TimeOuts
{
    uint64_t count;
    int64_t requested;  // total length in nanoseconds
};

/// Both numbers, read at one moment at which the thread sleeps.
TimeOuts timeOutsOf (const Sleeps& counters)
{
    TimeOuts seen = {};
    require (comesTrue ([&] {
                 seen.count = counters.timedOut;
                 const bool asleep = counters.asleep;  // asleep again, so `requested` includes the last time-out
                 seen.requested = counters.requested;
                 return asleep && counters.timedOut == seen.count;
             }),
             "a sleeper no longer sleeps");
    return seen;
}

/// Every sleeper checks for itself every 50 ms.
void eachLooks (const Sleepers& all)
{
    for (const auto& waiter : all)
    {
        const Sleeps& counters = *waiter->counters ();
        require (comesTrue ([&] { return counters.timedOut >= 3; }), "a sleeper does not check for itself");
        const TimeOuts before = timeOutsOf (counters);
        require (comesTrue ([&] { return counters.timedOut >= before.count + 4; }), "a sleeper stopped checking");
        const TimeOuts after = timeOutsOf (counters);
        const int64_t mean = (after.requested - before.requested) / static_cast<int64_t> (after.count - before.count);
        require (mean <= 50 * aMillisecond, "a sleeper checks less often than every 50 ms");
        require (mean >= 20 * aMillisecond, "a sleeper checks far more often than every 50 ms");
        require (counters.followed <= 1, "a sleeper repeats a refused call");
    }
}

void looksWithoutWaitV (int error, bool pushes)
{
    forbid (futexWaitV, error);
    Made<ShmMpmc> made (8, join::MemOptions (), withSlots (16));
    while (pushes && made->tryPush (1) == 0)
    {
    }
    const Sleepers all = waiters (made, pushes, 5);
    eachLooks (all);
    uint64_t got = 0;
    require ((pushes ? made->tryPop (got) : made->tryPush (1)) == 0, "the queue refuses the call");
    require (comesTrue ([&] { return returned (all) == 1; }), "no sleeper is woken");
    if (!pushes)
    {
        pushUnseen (made);
        require (comesTrue ([&] { return returned (all) == 2; }), "no sleeper finds an element without a wake-up");
        require (dieIn (made.queue), "no producer died");
        pushUnseen (made);
        require (comesTrue ([&] { return returned (all) == 3; }), "no sleeper recovers from a death");
    }
    made->cancel ();
    require (comesTrue ([&] { return returned (all) == 5; }), "not every wait is cancelled");
}
}  // namespace

TEST_CASE ("without futex_waitv every sleeper checks for itself", "[queue][refused]")
{
    for (const int error : {ENOSYS, EPERM})
    {
        for (const bool pushes : {false, true})
        {
            INFO (error << (pushes ? ", producers" : ", consumers"));
            CHECK (crash::judge ([&] (crash::Verdict&) { looksWithoutWaitV (error, pushes); }) == "");
        }
    }
}

TEMPLATE_TEST_CASE ("without membarrier private sleepers never check", "[queue][refused][looks][exact]", LocalSpsc,
                    LocalMpsc, LocalMpmc)
{
    for (const bool pushes : {false, true})
    {
        CHECK (crash::judge ([&] (crash::Verdict&) {
                   forbid (SYS_membarrier, EPERM);
                   Made<TestType> made (1);
                   require (!pushes || made->tryPush (1) == 0, "a new queue is full");
                   const bool many = pushes ? TestType::manyProducers : TestType::manyConsumers;
                   const Sleepers all = waiters (made, pushes, many ? 4 : 1);
                   require (sleepsOnceSettled (all, 400ms, 0) == 0, "an idle sleeper wakes");
                   uint64_t got = 0;
                   require ((pushes ? made->tryPop (got) : made->tryPush (1)) == 0, "the queue refuses the call");
                   require (comesTrue ([&] { return returned (all) == 1; }), "no sleeper is woken");
               })
               == "");
    }
}

TEST_CASE ("without membarrier a process checks 20 times a second", "[queue][refused][looks][exact]")
{
    for (const bool pushes : {false, true})
    {
        CHECK (crash::judge ([&] (crash::Verdict& verdict) {
                   forbid (SYS_membarrier, ENOSYS);
                   Made<ShmMpmc> made (1, join::MemOptions (), withSlots (64));
                   require (!pushes || made->tryPush (1) == 0, "a new queue is full");
                   const Sleepers all = waiters (made, pushes, 20);
                   sleepsOnceSettled (all, 0ns, 5);
                   const auto start = std::chrono::steady_clock::now ();
                   const uint64_t before = sleepsOf (all);
                   std::this_thread::sleep_for (1s);
                   const uint64_t slept = sleepsOf (all) - before;
                   const std::chrono::duration<double> time = std::chrono::steady_clock::now () - start;
                   if (static_cast<double> (slept) > 20 * time.count () + 2)
                   {
                       verdict.say (std::to_string (slept) + " checks in " + std::to_string (time.count ()) + " s");
                   }
                   require (slept > 0 || pushes, "no sleeper checks for dead producers");
               })
               == "");
    }
}

namespace
{
/// The waiting threads have no futexes; the other threads have them.
template <typename Kind>
void passWithoutFutex (crash::Verdict& verdict)
{
    constexpr uint64_t each = 60;
    join::QueueOptions options;
    options.spinNs = join::QueueOptions::noSpin;
    options.exclusive = false;  // two first calls would contend for a mutex, too: see below
    Made<Kind> made (1, join::MemOptions (), options);
    std::atomic<uint64_t> sum {0};
    std::atomic<uint64_t> naps {0};
    std::vector<std::thread> threads;
    // Two concurrent first pushes to a shared queue may contend for a mutex, and libc aborts if that mutex cannot
    // sleep.
    const uint64_t producers = Kind::manyProducers && !Kind::shared ? 2 : 1;
    const uint64_t consumers = Kind::manyConsumers ? 2 : 1;
    for (uint64_t p = 0; p < producers; ++p)
    {
        threads.emplace_back ([&] {
            forbid (SYS_futex, EPERM);
            for (uint64_t i = 1; i <= each; ++i)
            {
                made->push (i);
            }
            naps += sleeps.naps;
        });
    }
    for (uint64_t c = 0; c < consumers; ++c)
    {
        threads.emplace_back ([&] {
            forbid (SYS_futex, EPERM);
            for (uint64_t i = 0; i < producers * each / consumers; ++i)
            {
                uint64_t got = 0;
                made->pop (got);
                sum += got;
            }
            naps += sleeps.naps;
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    require (naps > 0, "no thread napped");
    verdict.say (sum == producers * each * (each + 1) / 2 ? "" : "elements are lost");
}

/// The call of a thread without futexes naps; `end` ends the nap.
template <typename Kind>
int endOfNap (const std::function<void (Made<Kind>&, pid_t)>& end)
{
    join::QueueOptions options;
    options.interruptible = true;
    Made<Kind> made (1, join::MemOptions (), options);
    std::atomic<const Sleeps*> counters {nullptr};
    std::atomic<pid_t> id {0};
    std::atomic<int> error {-1};
    std::thread waiter ([&] {
        forbid (SYS_futex, EPERM);
        uint64_t got = 0;
        id = ::gettid ();
        counters = &sleeps;
        error = errorOf ([&] { return made->pop (got); });
        comesTrue ([&] { return counters == nullptr; });
    });
    bool napped = comesTrue ([&] { return counters != nullptr && counters.load ()->naps >= 2; });
    napped = napped && comesTrue ([&] { return end (made, id), error != -1; });
    made->shutdown ();
    counters = nullptr;
    waiter.join ();
    require (napped, "a nap does not end");
    return error;
}

/// A sanitizer's runtime needs futexes for its locks: a thread without them hangs.
bool lacksFutexes ()
{
    if (crash::sanitized ())
    {
        WARN ("a sanitizer needs futexes itself: not tested");
    }
    return crash::sanitized ();
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("without futexes waits nap and everything arrives", "[queue][refused]", AllKinds)
{
    if (lacksFutexes ())
    {
        return;
    }
    CHECK (crash::judge (passWithoutFutex<TestType>) == "");
}

TEST_CASE ("without futexes no follower sleeps on", "[queue][refused]")
{
    if (lacksFutexes ())
    {
        return;
    }
    CHECK (crash::judge ([] (crash::Verdict&) {
               Made<ShmMpmc> made (4);
               std::atomic<uint64_t> longNaps {0};
               std::atomic<int> popped {0};
               std::vector<std::thread> threads;
               for (int i = 0; i < 3; ++i)
               {
                   threads.emplace_back ([&] {
                       forbid (SYS_futex, EPERM);
                       uint64_t got = 0;
                       // After this sleep the history expects long ones, and the thread rechecks before each.
                       made->pop (got, 200ms);
                       ++longNaps;
                       popped += made->pop (got) == 0;
                   });
               }
               comesTrue ([&] { return longNaps == 3; });
               std::this_thread::sleep_for (200ms);  // all three nap, or one naps and two sleep as its followers
               for (int i = 0; i < 3; ++i)
               {
                   require (giveUnseen (made, false), "the queue is full");  // this thread has futexes
                   require (comesTrue ([&] { return popped == i + 1; }), "a consumer does not wake");
               }
               for (std::thread& thread : threads)
               {
                   thread.join ();
               }
           })
           == "");
}

TEMPLATE_LIST_TEST_CASE ("cancel and handlers end naps", "[queue][refused]", AllKinds)
{
    if (lacksFutexes ())
    {
        return;
    }
    CHECK (crash::judge ([] (crash::Verdict&) {
               struct sigaction action = {};
               action.sa_handler = [] (int) {};
               action.sa_flags = SA_RESTART;
               ::sigaction (SIGUSR1, &action, nullptr);
               require (endOfNap<TestType> ([] (Made<TestType>& made, pid_t) { made->cancel (); }) == ECANCELED,
                        "no ECANCELED");
               require (endOfNap<TestType> ([] (Made<TestType>&, pid_t id) {
                            ::syscall (SYS_tgkill, ::getpid (), id, SIGUSR1);
                        }) == EINTR,
                        "no EINTR");
           })
           == "");
}
