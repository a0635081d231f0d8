// SPDX-License-Identifier: MIT
/// Threads that wait in a set, or in one call, for the tests of wait sets.
#ifndef JOIN_TESTS_WAIT_SUPPORT_HPP
#define JOIN_TESTS_WAIT_SUPPORT_HPP

#include <join/wait_set.hpp>

#include "../asleep.hpp"
#include "../hang.hpp"
#include "../queue/kinds.hpp"

#include <functional>
#include <poll.h>
#include <set>
#include <thread>
#include <unistd.h>

/// Whether the descriptor becomes readable within 30 s, which is enough for any machine.
inline bool isReadable (int fd)
{
    pollfd file = {fd, POLLIN, 0};
    return ::poll (&file, 1, 30000) == 1;
}

/// Runs one call on a thread of its own.
class Call
{
public:
    explicit Call (std::function<int64_t ()> call)
    : _thread ([this, call = std::move (call)] {
        _id.store (static_cast<pid_t> (::syscall (SYS_gettid)));
        const int64_t result = call ();
        _error = join::lastError.value ();
        _result = result;
        _done.store (true);
    })
    {
    }

    ~Call ()
    {
        if (_thread.joinable ())
        {
            _thread.join ();
        }
    }

    /// Returns when the thread sleeps in the kernel.
    void untilSleeping ()
    {
        untilAsleep (_id);
    }

    void untilSleepingOrDone ()
    {
        comesTrue ([this] { return isDone () || isAsleep (_id); });
    }

    bool isDone () const
    {
        return _done.load ();
    }

    /// Returns the result of the call, and fails the test if the call hangs.
    int64_t result ()
    {
        const bool returned = comesTrue ([this] { return isDone (); });
        REQUIRE (returned);
        return _result;
    }

    /// The errno of the failed call, after result ().
    int error () const
    {
        return _error;
    }

private:
    std::atomic<pid_t> _id {0};
    std::atomic<bool> _done {false};
    int64_t _result = 0;
    int _error = 0;
    std::thread _thread;
};

/// Waits in a set without a timeout.
class SetWaiter
{
public:
    explicit SetWaiter (join::WaitSet& set)
    : _set (set)
    {
    }

    void go ()
    {
        _call.reset ();
        _call = std::make_unique<Call> ([this] { return _set.wait (_events, 16); });
    }

    void untilSleeping ()
    {
        _call->untilSleeping ();
    }

    int64_t result ()
    {
        return _call->result ();
    }

    int error () const
    {
        return _call->error ();
    }

    /// The keys of the events that the wait has returned.
    std::vector<uint64_t> events ()
    {
        std::vector<uint64_t> keys;
        const int64_t n = result ();
        for (int64_t i = 0; i < n; ++i)
        {
            keys.push_back (_events[i].key);
        }
        return keys;
    }

private:
    join::WaitSet& _set;
    join::WaitEvent _events[16];
    std::unique_ptr<Call> _call;
};

#endif
