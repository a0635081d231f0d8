// SPDX-License-Identifier: MIT
// Wait sets of C and their other threads: which end a wait, close a queue of the set or the set itself, or fork.
#include "check.h"

#include "../asleep.hpp"
#include "../hang.hpp"

#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <pthread.h>
#include <random>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

namespace
{
jm_handle setOf (const std::vector<jm_handle>& queues, bool interruptible = false)
{
    jm_wait_options options;
    CHECK (jm_wait_options_init (&options, sizeof options) == 0);
    options.interruptible = interruptible ? 1 : 0;
    const jm_handle set = jm_wait_create_with (&options);
    CHECK (set > 0);
    for (std::size_t i = 0; i < queues.size (); ++i)
    {
        CHECK (jm_wait_add (set, queues[i], JM_READY_ELEMENT, i, 1) == 0);
    }
    return set;
}

jm_handle newQueue ()
{
    const jm_handle queue = jm_queue_create (JM_MPMC, 8, 8);
    CHECK (queue > 0);
    return queue;
}

/// A wait without limit by another thread, and what it returns.
class Waiter
{
public:
    explicit Waiter (jm_handle set)
    : _thread ([this, set] {
        CHECK (jm_last_error () == 0);
        _id = ::gettid ();
        errno = EXFULL;
        _result = jm_wait (set, &_event, 1, -1);
        CHECK (errno == (_result == -1 ? jm_last_error () : EXFULL));
        _error = jm_last_error ();
        _returned = true;
    })
    {
    }

    ~Waiter ()
    {
        if (_thread.joinable ())
        {
            _thread.join ();
        }
    }

    void untilItSleeps () const
    {
        untilAsleep (_id);
    }

    pthread_t thread ()
    {
        return _thread.native_handle ();
    }

    bool hasReturned () const
    {
        return _returned;
    }

    bool returns (int64_t result, int error = 0)
    {
        CHECK (comesTrue ([&] { return _returned.load (); }));
        return _result == result && _error == error;
    }

    const jm_wait_event& event () const
    {
        return _event;
    }

private:
    std::atomic<pid_t> _id {0};
    std::atomic<bool> _returned {false};
    int64_t _result = 0;
    int _error = 0;
    jm_wait_event _event = {};
    std::thread _thread;
};

void push (jm_handle queue)
{
    const uint64_t value = 1;
    CHECK (jm_queue_try_push (queue, &value) == 0);
}

void pushWakes ()
{
    const std::vector<jm_handle> queues {newQueue (), newQueue ()};
    const jm_handle set = setOf (queues);
    for (std::size_t i = 0; i < queues.size (); ++i)
    {
        uint64_t got = 0;
        Waiter waiter (set);
        waiter.untilItSleeps ();
        push (queues[i]);
        CHECK (waiter.returns (1) && waiter.event ().key == i && waiter.event ().ready == JM_READY_ELEMENT);
        CHECK (jm_queue_try_pop (queues[i], &got) == 0);
    }
    CHECK (jm_close (set) == 0 && jm_close (queues[0]) == 0 && jm_close (queues[1]) == 0);
}

void wakeEndsWait ()
{
    const jm_handle set = setOf ({});
    Waiter waiter (set);
    waiter.untilItSleeps ();
    jm_wait_event event;
    CHECK_FAILS (jm_wait (set, &event, 1, 0), -1, EBUSY, "another thread waits");
    CHECK (jm_wait_wake (set) == 0 && waiter.returns (0));
    CHECK (jm_close (set) == 0);
}

std::atomic<jm_handle> wokenByHandler {0};

void signalsAndSets ()
{
    struct sigaction action = {};
    action.sa_handler = [] (int) {
        const int before = errno;
        CHECK (wokenByHandler == 0 || jm_wait_wake (wokenByHandler) == 0);
        CHECK (errno == before);
    };
    CHECK (::sigaction (SIGUSR1, &action, nullptr) == 0);
    wokenByHandler = 0;
    {
        const jm_handle set = setOf ({}, true);
        Waiter waiter (set);
        CHECK (comesTrue ([&] { return ::pthread_kill (waiter.thread (), SIGUSR1), waiter.hasReturned (); }));
        CHECK (waiter.returns (-1, EINTR) && jm_close (set) == 0);
    }
    const jm_handle set = setOf ({});
    Waiter waiter (set);
    for (int i = 0; i < 5; ++i)
    {
        waiter.untilItSleeps ();
        ::pthread_kill (waiter.thread (), SIGUSR1);
    }
    waiter.untilItSleeps ();
    CHECK (!waiter.hasReturned ());
    wokenByHandler = set;  // the handler runs inside jm_wait () of the same set
    ::pthread_kill (waiter.thread (), SIGUSR1);
    CHECK (waiter.returns (0) && jm_close (set) == 0);
}

void closingTheSet (bool withDescriptor)
{
    const jm_handle queue = newQueue ();
    const jm_handle set = setOf ({queue});
    const int descriptor = withDescriptor ? jm_wait_fd (set) : -1;
    CHECK (withDescriptor == (descriptor > 2));
    Waiter waiter (set);
    waiter.untilItSleeps ();
    CHECK (jm_close (set) == 0 && waiter.returns (-1, ECANCELED));
    CHECK (!withDescriptor || (::fcntl (descriptor, F_GETFD) == -1 && errno == EBADF));
    push (queue);  // notices no set
    CHECK (jm_close (queue) == 0);
}

void closingAQueue ()
{
    const jm_handle queue = newQueue ();
    const jm_handle other = newQueue ();
    const jm_handle set = setOf ({queue, other});
    const jm_handle second = setOf ({queue});
    Waiter waiter (set);
    waiter.untilItSleeps ();
    CHECK (jm_close (queue) == 0);
    CHECK (jm_wait_size (set) == 1 && jm_wait_size (second) == 0);
    CHECK (!waiter.hasReturned ());
    push (other);
    CHECK (waiter.returns (1) && waiter.event ().key == 1);
    CHECK (jm_close (set) == 0 && jm_close (second) == 0 && jm_close (other) == 0);
}

/// All calls on the handles of one set and some queues race with their closing.
void callsRaceCloses ()
{
    std::mt19937 random (7);
    for (int round = 0; round < 200; ++round)
    {
        const std::vector<jm_handle> queues {newQueue (), newQueue (), newQueue ()};
        const jm_handle set = setOf (queues, round % 2 == 0);
        CHECK (round % 4 != 0 || jm_wait_fd (set) > 2);
        Waiter waiter (set);
        std::thread changer ([&] {
            for (uint64_t i = 0; jm_wait_size (set) != -1; ++i)
            {
                const jm_handle queue = queues[i % 3];
                const int done = i % 2 == 0 ? jm_wait_remove (set, queue)
                                            : jm_wait_add (set, queue, JM_READY_ELEMENT | JM_READY_ROOM, i, 8);
                CHECK (done == 0 || jm_last_error () == EBADF || jm_last_error () == ENOENT
                       || jm_last_error () == EEXIST);
            }
            CHECK (jm_last_error () == EBADF);
        });
        std::thread closer ([&] {
            for (const jm_handle queue : queues)
            {
                CHECK (jm_close (queue) == 0);
            }
        });
        // The close comes at another moment in each round; the checks hold at any moment.
        std::this_thread::sleep_for (std::chrono::microseconds (random () % 100));
        CHECK (jm_close (set) == 0);
        CHECK (waiter.returns (-1, ECANCELED) || waiter.returns (-1, EBADF) || waiter.returns (1));
        changer.join ();
        closer.join ();
    }
}

/// A cancelled thread ends between its calls, and the set is whole.
void cancelledThread ()
{
    const jm_handle queue = newQueue ();
    const jm_handle set = setOf ({queue});
    CHECK (jm_wait_fd (set) > 2);
    std::atomic<pid_t> id {0};
    std::atomic<bool> returned {false};
    std::thread waiter ([&] {
        id = ::gettid ();
        jm_wait_event event;
        CHECK (jm_wait (set, &event, 1, -1) == 1);
        CHECK (jm_wait_wake (set) == 0 && jm_wait_remove (set, queue) == 0 && jm_wait_fd (set) > 2);
        returned = true;
        ::pthread_testcancel ();
        CHECK (false);
    });
    untilAsleep (id);
    CHECK (::pthread_cancel (waiter.native_handle ()) == 0);
    push (queue);
    waiter.join ();
    CHECK (returned && jm_wait_size (set) == 0);
    CHECK (jm_close (set) == 0 && jm_close (queue) == 0);
}

void onlyCloses (jm_handle set, jm_handle queue)
{
    jm_wait_event event;
    CHECK_FAILS (jm_wait_add (set, queue, JM_READY_ROOM, 1, 1), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait_modify (set, queue, JM_READY_ROOM, 1, 1), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait_remove (set, queue), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait_size (set), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait (set, &event, 1, -1), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait_fd (set), -1, EBADF, "parent");
    CHECK_FAILS (jm_wait_wake (set), -1, EBADF, "parent");
    const jm_handle own = setOf ({queue});
    push (queue);  // a private queue: the child's copy
    CHECK (jm_wait (own, &event, 1, -1) == 1 && event.key == 0);
    CHECK (jm_close (queue) == 0 && jm_wait_size (own) == 0);
    CHECK (jm_close (set) == 0 && jm_close (own) == 0);
}

void forkedChild ()
{
    const jm_handle queue = newQueue ();
    const jm_handle set = setOf ({queue});
    const int descriptor = jm_wait_fd (set);
    jm_wait_event event;
    CHECK_FAILS (jm_wait (set, &event, 1, 0), -1, ETIMEDOUT, "time is up");
    jm_clear_error ();
    Waiter waiter (set);
    for (int i = 0; i < 20; ++i)
    {
        waiter.untilItSleeps ();
        const pid_t child = ::fork ();
        if (child == 0)
        {
            ::alarm (20);  // ends a child that waits for a thread that it lacks
            onlyCloses (set, queue);
            ::_exit (0);
        }
        int status = 0;
        CHECK (::waitpid (child, &status, 0) == child && status == 0);
    }
    CHECK (!waiter.hasReturned () && jm_wait_size (set) == 1);
    pollfd entry = {descriptor, POLLIN, 0};
    CHECK (::poll (&entry, 1, 0) == 0);  // no child has signalled it
    push (queue);
    CHECK (waiter.returns (1) && waiter.event ().key == 0);
    CHECK (jm_close (set) == 0 && jm_close (queue) == 0);
}
}  // namespace

int main ()
{
    pushWakes ();
    wakeEndsWait ();
    signalsAndSets ();
    closingTheSet (false);
    closingTheSet (true);
    closingAQueue ();
    callsRaceCloses ();
    cancelledThread ();
    forkedChild ();
    std::puts ("every wait ended as it was to");
    return 0;
}
