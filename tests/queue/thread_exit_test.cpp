// SPDX-License-Identifier: MIT
// Pushes at unusual moments: while a thread or a process ends, and in a signal handler that interrupts a first push.
#include "operations.hpp"
#include "raw.hpp"
#include "scale.hpp"

#include <csignal>
#include <cstdlib>
#include <limits.h>
#include <pthread.h>
#include <thread>

namespace
{
/// An object whose destructor pushes.
template <typename Queue>
struct Late
{
    Queue* queue = nullptr;
    std::atomic<int>* pushed = nullptr;

    ~Late ()
    {
        if (queue != nullptr)
        {
            *pushed += queue->tryPush (2) == 0;
        }
    }
};

template <typename Queue>
Late<Queue>& late ()
{
    static thread_local Late<Queue> mine;
    return mine;
}

/// The argument of a key's destructor, which pushes in `left` rounds.
template <typename Queue>
struct Rounds
{
    Queue* queue;
    pthread_key_t key;
    int left;
    int pushed;

    static void end (void* kept)
    {
        Rounds& rounds = *static_cast<Rounds*> (kept);
        rounds.pushed += rounds.queue->tryPush (3) == 0;
        if (--rounds.left > 0)
        {
            ::pthread_setspecific (rounds.key, kept);
        }
    }
};

/// A thread ends, and its key's destructor pushes. Returns the number of pushes.
template <typename Queue>
int pushInRounds (Queue& queue, pthread_key_t key, int rounds)
{
    Rounds<Queue> each = {&queue, key, rounds, 0};
    std::thread ([&] {
        queue.tryPush (1);
        ::pthread_setspecific (key, &each);
    }).join ();
    return each.pushed;
}

template <typename Queue>
void drain (Queue& queue)
{
    uint64_t got = 0;
    while (queue.tryPop (got) == 0)
    {
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("push in a thread-local destructor leaks no slot", "[queue][moments]", SharedClaimKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    Made<TestType> made (8, join::MemOptions (), withSlots (1));
    std::atomic<int> pushed {0};
    for (int i = 0; i < 3; ++i)
    {
        std::thread ([&] {
            // Constructed before the library's thread-local data, and so destroyed after it.
            Late<Queue>& mine = late<Queue> ();
            mine.queue = &made.queue;
            mine.pushed = &pushed;
            made->tryPush (1);
        }).join ();
        CHECK (pushed == i + 1);
        CHECK (made->producers (nullptr, 0) == 0);
        drain (made.queue);
    }
}

TEMPLATE_LIST_TEST_CASE ("push in a key destructor leaks no slot", "[queue][moments]", SharedClaimKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    Made<TestType> made (8, join::MemOptions (), withSlots (1));
    pthread_key_t key;
    REQUIRE (::pthread_key_create (&key, Rounds<Queue>::end) == 0);
    // A sanitizer's own key destructor ends in the last round.
    const int most = PTHREAD_DESTRUCTOR_ITERATIONS - (crash::sanitized () ? 2 : 1);
    for (int rounds = 1; rounds <= most; ++rounds)
    {
        CHECK (pushInRounds (made.queue, key, rounds) == rounds);
        CHECK (made->producers (nullptr, 0) == 0);
        drain (made.queue);
    }
    ::pthread_key_delete (key);
}

namespace
{
template <typename Queue>
Queue* atEnd = nullptr;

template <typename Queue>
[[noreturn]] void exitWithPush (const std::string& name)
{
    atEnd<Queue> = new Queue (8, name);
    atEnd<Queue>->tryPush (1);
    std::atexit ([] { atEnd<Queue>->tryPush (2); });  // runs after the destructors of thread-locals
    std::exit (0);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("push in an exit handler counts as departure", "[queue][moments]", SharedClaimKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    Made<TestType> made (8);
    const pid_t process = ::fork ();
    if (process == 0)
    {
        ::alarm (20);
        exitWithPush<Queue> (made.name.text);
    }
    int status = 0;
    REQUIRE (::waitpid (process, &status, 0) == process);
    CHECK (status == 0);
    CHECK (made->pending () == 2);
    CHECK (made->producers (nullptr, 0) == 0);
}

namespace
{
using namespace operations;

/// What the handler of SIGUSR1 did, for the parent to read.
struct Handled
{
    std::atomic<int> times;
    std::atomic<int> error;  // errno of its push; 0: none
    std::atomic<int> wrong;  // the interrupted push or the next one failed
};

template <typename Queue>
struct Interrupted
{
    static Queue* queue;
    static Handled* handled;

    static void push (int)
    {
        ++handled->times;
        handled->error = errorOf ([] { return queue->tryPush (2); });
    }

    /// Runs in the child: a first push between marks.
    static int run (const std::string& name, Handled& told)
    {
        ::alarm (20);  // a handler that waits for the push it has interrupted never returns
        queue = new Queue (8, name);
        handled = &told;
        ::signal (SIGUSR1, push);
        crash::mark (1);
        const int first = queue->tryPush (1);
        crash::mark (2);
        told.wrong = first != 0 || queue->tryPush (3) != 0;
        return 0;
    }
};

template <typename Queue>
Queue* Interrupted<Queue>::queue = nullptr;
template <typename Queue>
Handled* Interrupted<Queue>::handled = nullptr;

/// Interrupts a first push after `stops` entries to and exits from system calls and then `steps` instructions. Returns
/// what is wrong.
template <typename Kind>
std::string interruptedAt (unsigned stops, unsigned steps, Handled& handled)
{
    using Queue = typename Kind::template Queue<uint64_t>;
    Made<Kind> made (8, join::MemOptions (), withSlots (2));
    handled.times = handled.error = handled.wrong = 0;
    crash::Traced child ([&] { return Interrupted<Queue>::run (made.name.text, handled); });
    if (!child.toMark (1))
    {
        return "the child ended early";
    }
    for (unsigned i = 0; i < stops; ++i)
    {
        child.toSystemCall ();
    }
    for (unsigned i = 0; i < steps; ++i)
    {
        child.step ();
    }
    ::kill (child.pid (), SIGUSR1);
    const int status = child.finish ();
    if (status != 0)
    {
        return crash::describe (status);
    }
    if (handled.times != 1 || handled.wrong != 0 || (handled.error != 0 && handled.error != EDEADLK))
    {
        return "handled " + std::to_string (handled.times) + " times, error " + std::to_string (handled.error)
               + ", wrong " + std::to_string (handled.wrong);
    }
    uint64_t sum = 0;
    uint64_t got = 0;
    while (made->tryPop (got) == 0)
    {
        sum += got;
    }
    return sum == (handled.error == 0 ? 6 : 4) ? "" : "the popped elements differ from the pushed ones";
}

/// The number of stops, or of instructions, of a first push.
template <typename Kind>
unsigned lengthOf (bool inSteps, Handled& handled)
{
    using Queue = typename Kind::template Queue<uint64_t>;
    Made<Kind> made (8, join::MemOptions (), withSlots (2));
    crash::Traced child ([&] { return Interrupted<Queue>::run (made.name.text, handled); });
    unsigned count = 0;
    if (!inSteps)
    {
        child.between (1, 2, [&] (crash::Stop) { return ++count != 0; });
    }
    else if (child.toMark (1))
    {
        while (made->empty () && child.step () != crash::Stop::Gone)
        {
            ++count;
        }
    }
    child.kill ();
    return count;
}
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("signal handler in a first push never waits", "[queue][moments][traced][exact]",
                         SharedClaimKinds)
{
    Handled& handled = *static_cast<Handled*> (crash::sharedPages (sizeof (Handled)));
    const unsigned stops = lengthOf<TestType> (false, handled);
    const unsigned steps = lengthOf<TestType> (true, handled);
    REQUIRE (stops > 10);
    REQUIRE (steps > 1000);
    unsigned refused = 0;
    unsigned done = 0;
    const auto tryAt = [&] (unsigned stop, unsigned step) {
        INFO ("after " << stop << " system call entries and exits and " << step << " instructions");
        REQUIRE (interruptedAt<TestType> (stop, step, handled) == "");
        ++(handled.error == 0 ? done : refused);
    };
    for (unsigned stop = 0; stop < stops; ++stop)
    {
        tryAt (stop, 0);
    }
    const unsigned cases = static_cast<unsigned> (scaled (40, 150, 4000));
    for (unsigned i = 1; i <= cases; ++i)
    {
        tryAt (0, static_cast<unsigned> (uint64_t (steps) * i / cases));
    }
    CHECK (refused != 0);
    CHECK (done != 0);
    std::printf ("%u stops, %u instructions: %u nested pushes refused, %u done\n", stops, steps, refused, done);
}
#endif
