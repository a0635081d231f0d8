// SPDX-License-Identifier: MIT
/// Threads that wait, and how often the kernel ran them, read from /proc/self/task.
#ifndef JOIN_TESTS_QUEUE_WAKE_COUNT_HPP
#define JOIN_TESTS_QUEUE_WAKE_COUNT_HPP

#include "kinds.hpp"
#include "waiting.hpp"

#include "../hang.hpp"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include <sched.h>
#include <time.h>
#include <unistd.h>

inline int64_t monotonicNow ()
{
    struct timespec time = {};
    ::clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

inline void spinUntil (int64_t time)
{
    while (monotonicNow () < time)
    {
    }
}

/// While this object lives, the thread that created it keeps to its CPU, and threads that call move () keep to the
/// other CPUs, if there are any.
class Apart
{
public:
    Apart ()
    {
        ::sched_getaffinity (0, sizeof (_all), &_all);
        cpu_set_t mine;
        CPU_ZERO (&mine);
        CPU_SET (static_cast<unsigned> (::sched_getcpu ()), &mine);
        CPU_XOR (&_others, &_all, &mine);
        ::sched_setaffinity (0, sizeof (mine), &mine);
    }

    Apart (const Apart&) = delete;
    Apart& operator= (const Apart&) = delete;

    ~Apart ()
    {
        ::sched_setaffinity (0, sizeof (_all), &_all);
    }

    /// Moves the calling thread.
    void move () const
    {
        ::sched_setaffinity (0, sizeof (_others), CPU_COUNT (&_others) != 0 ? &_others : &_all);
    }

private:
    cpu_set_t _all;
    cpu_set_t _others;
};

/// How often a thread gave up the CPU: to wait, and because another thread was scheduled.
struct Switches
{
    uint64_t voluntary = 0;
    uint64_t involuntary = 0;
};

inline Switches switchesOf (pid_t thread)
{
    std::ifstream status ("/proc/self/task/" + std::to_string (thread) + "/status");
    Switches switches;
    bool found = false;
    for (std::string word; status >> word;)
    {
        found = word == "voluntary_ctxt_switches:" ? static_cast<bool> (status >> switches.voluntary) : found;
        found = word == "nonvoluntary_ctxt_switches:" ? static_cast<bool> (status >> switches.involuntary) : found;
    }
    if (!found)
    {
        throw std::runtime_error ("/proc reports no context switches of a thread");
    }
    return switches;
}

/// Threads that all wait on one queue in the same way, until `end` ends their waits.
class Crowd
{
public:
    Crowd (unsigned count, const std::function<void ()>& body, std::function<void ()> end)
    : _members (count)
    , _end (std::move (end))
    {
        for (Member& member : _members)
        {
            member.thread = std::thread ([this, &member, body] {
                member.id = ::gettid ();
                member.sleeps = &sleeps;
                body ();
                // The thread lives until the destructor, so that its counters can be read.
                comesTrue ([this] { return _over.load (); });
            });
        }
        comesTrue ([this] { return allOf ([] (const Member& member) { return member.sleeps != nullptr; }); });
    }

    Crowd (const Crowd&) = delete;
    Crowd& operator= (const Crowd&) = delete;

    ~Crowd ()
    {
        _end ();
        _over = true;
        for (Member& member : _members)
        {
            member.thread.join ();
        }
    }

    bool isAsleep () const
    {
        return allOf ([] (const Member& member) { return member.sleeps.load ()->asleep.load (); });
    }

    /// The number of their waits, summed.
    uint64_t switches () const
    {
        uint64_t sum = 0;
        for (const Member& member : _members)
        {
            sum += switchesOf (member.id).voluntary;
        }
        return sum;
    }

    /// The number of times that the kernel ran them, summed.
    uint64_t runs () const
    {
        uint64_t sum = 0;
        for (const Member& member : _members)
        {
            const Switches switches = switchesOf (member.id);
            sum += switches.voluntary + switches.involuntary;
        }
        return sum;
    }

private:
    struct Member
    {
        std::thread thread;
        std::atomic<pid_t> id {0};
        std::atomic<const Sleeps*> sleeps {nullptr};
    };

    template <typename Test>
    bool allOf (const Test& test) const
    {
        return std::all_of (_members.begin (), _members.end (), test);
    }

    std::vector<Member> _members;
    std::function<void ()> _end;
    std::atomic<bool> _over {false};
};

/// A thread that makes one call at each go ().
class Waiter
{
public:
    /// The destructor calls `end`, which must make a call return that still waits.
    Waiter (std::function<int ()> call, std::function<void ()> end)
    : _call (std::move (call))
    , _end (std::move (end))
    , _thread ([this] { run (); })
    {
    }

    Waiter (const Waiter&) = delete;
    Waiter& operator= (const Waiter&) = delete;

    ~Waiter ()
    {
        {
            const std::lock_guard<std::mutex> lock (_mutex);
            _over = true;
        }
        _told.notify_one ();
        if (!hasReturned ())
        {
            _end ();
        }
        _thread.join ();
    }

    void go ()
    {
        {
            const std::lock_guard<std::mutex> lock (_mutex);
            ++_begun;
        }
        _told.notify_one ();
    }

    bool hasReturned () const
    {
        return _returned == _begun;
    }

    bool isAsleep () const
    {
        const Sleeps* counters = _sleeps;
        return counters != nullptr && counters->asleep;
    }

    /// The counters of its thread; null: the thread has not started.
    const Sleeps* counters () const
    {
        return _sleeps;
    }

    /// 0: the thread has not started.
    pid_t id () const
    {
        return _id;
    }

    /// The result of the call that has returned.
    int result () const
    {
        return _result;
    }

    /// When its last sleep ended by timeout, in nanoseconds of CLOCK_MONOTONIC; 0 if it was woken.
    int64_t until () const
    {
        return _until;
    }

private:
    void run ()
    {
        _id = ::gettid ();
        _sleeps = &sleeps;
        while (isTold ())
        {
            sleeps.until = 0;
            _result = _call ();
            _until = sleeps.until.load ();
            ++_returned;
        }
    }

    /// Returns false once the object is being destroyed.
    bool isTold ()
    {
        std::unique_lock<std::mutex> lock (_mutex);
        _told.wait (lock, [this] { return _over || !hasReturned (); });
        return !_over;
    }

    std::function<int ()> _call;
    std::function<void ()> _end;
    std::mutex _mutex;
    std::condition_variable _told;
    std::atomic<pid_t> _id {0};
    std::atomic<const Sleeps*> _sleeps {nullptr};
    std::atomic<uint64_t> _begun {0};
    std::atomic<uint64_t> _returned {0};
    std::atomic<int> _result {0};
    std::atomic<int64_t> _until {0};
    bool _over = false;
    std::thread _thread;
};

#endif
