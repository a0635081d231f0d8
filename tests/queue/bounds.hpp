// SPDX-License-Identifier: MIT
/// Helpers for tests of cost: many threads, processes that hold slots, and the instructions and system calls of a call.
#ifndef JOIN_TESTS_QUEUE_BOUNDS_HPP
#define JOIN_TESTS_QUEUE_BOUNDS_HPP

#include "raw.hpp"

#include "../crash/tracer.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>

#include <csignal>
#include <pthread.h>
#include <unistd.h>

constexpr uint32_t allSlots = join::detail::maxSlots;
constexpr uint64_t million = uint64_t (1) << 20;
constexpr uint64_t mostInstructions = 200000;  // the count stops here

/// Threads of this process that call `push` and stay, each with a small stack. right () is true if every push
/// succeeded.
class Threads
{
public:
    Threads (uint32_t count, const std::function<bool ()>& push)
    : _count (count)
    , _push (push)
    {
        pthread_attr_t attributes;
        ::pthread_attr_init (&attributes);
        ::pthread_attr_setstacksize (&attributes, 256 << 10);
        for (uint32_t i = 0; i < count; ++i)
        {
            pthread_t thread;
            REQUIRE (::pthread_create (&thread, &attributes, run, this) == 0);
            _threads.push_back (thread);
        }
        ::pthread_attr_destroy (&attributes);
        std::unique_lock<std::mutex> lock (_mutex);
        _changed.wait (lock, [&] { return _done + _failed == _threads.size (); });
        _right = _failed == 0;
    }

    Threads (const Threads&) = delete;
    Threads& operator= (const Threads&) = delete;

    ~Threads ()
    {
        {
            const std::lock_guard<std::mutex> lock (_mutex);
            _end = true;
        }
        _changed.notify_all ();
        for (const pthread_t thread : _threads)
        {
            ::pthread_join (thread, nullptr);
        }
    }

    bool right () const
    {
        return _right;
    }

private:
    static void* run (void* threads)
    {
        Threads& self = *static_cast<Threads*> (threads);
        const bool pushed = self._push ();
        std::unique_lock<std::mutex> lock (self._mutex);
        ++(pushed ? self._done : self._failed);
        if (self._done + self._failed >= self._count)
        {
            self._changed.notify_all ();
        }
        self._changed.wait (lock, [&] { return self._end; });
        return nullptr;
    }

    const uint32_t _count;
    const std::function<bool ()> _push;
    std::vector<pthread_t> _threads;
    std::mutex _mutex;
    std::condition_variable _changed;
    uint32_t _done = 0;
    uint32_t _failed = 0;
    bool _end = false;
    bool _right = false;
};

/// A process that takes `slots` slots of the queue that it inherits, pushes one element by each, and lives until it is
/// killed.
class Holder
{
public:
    template <typename Queue>
    Holder (Queue& queue, uint32_t slots)
    : _pid (crash::start ([&queue, slots, this] {
        const Threads threads (slots, [&] { return queue.tryPush (1) == 0; });
        if (threads.right ())
        {
            _ready.open ();
        }
        ::pause ();
        return 0;
    }))
    {
        _ready.wait ();
    }

    Holder (const Holder&) = delete;
    Holder& operator= (const Holder&) = delete;

    ~Holder ()
    {
        kill ();
    }

    void kill ()
    {
        if (_pid > 0)
        {
            ::kill (_pid, SIGKILL);
            crash::await (_pid);
        }
        _pid = -1;
    }

private:
    crash::Gate _ready;
    pid_t _pid;
};

struct Cost
{
    uint64_t instructions = 0;
    uint64_t systemCalls = 0;
};

/// The instructions of `call` in a child, which runs `before` first; the count stops at `most`.
inline Cost costOf (uint64_t most, const std::function<void ()>& before, const std::function<void ()>& call)
{
    crash::Traced child ([&] {
        before ();
        crash::mark (1);
        call ();
        crash::mark (2);
        return 0;
    });
    Cost cost;
    REQUIRE (child.toMark (1));
    while (cost.instructions < most && child.step () == crash::Stop::Instruction)
    {
        ++cost.instructions;
    }
    return cost;
}

/// The system calls of `call` in such a child.
inline uint64_t callsOf (uint64_t most, const std::function<void ()>& before, const std::function<void ()>& call)
{
    uint64_t calls = 0;
    crash::Traced child ([&] {
        before ();
        crash::mark (1);
        call ();
        crash::mark (2);
        return 0;
    });
    child.between (1, 2, [&] (crash::Stop stop) {
        calls += stop == crash::Stop::Entry ? 1 : 0;
        return calls < most;
    });
    return calls;
}

#endif
