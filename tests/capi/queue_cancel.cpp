// SPDX-License-Identifier: MIT
// jm_queue_cancel, jm_queue_resume, JM_INTERRUPTIBLE and spin_ns: which waits end, and how.
#include "check.h"

#include "../asleep.hpp"
#include "../hang.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <signal.h>
#include <string>
#include <thread>
#include <vector>

namespace
{
char name[64];
constexpr int64_t anHour = INT64_C (3600) * 1000 * 1000 * 1000;

jm_queue_options defaults ()
{
    jm_queue_options options;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.exclusive = 0;  // two handles of a queue wait at the same time
    return options;
}

jm_handle open (uint32_t kind, bool shared, const jm_queue_options& options = defaults ())
{
    const jm_handle queue =
        shared ? jm_queue_open_with (kind, 4, 8, name, &options) : jm_queue_create_with (kind, 4, 8, &options);
    CHECK (queue > 0);
    return queue;
}

void close (jm_handle queue)
{
    CHECK (jm_close (queue) == 0);
    CHECK (jm_unlink (name) == 0);
}

void forEachKind (const std::function<void (uint32_t kind, bool shared)>& what)
{
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        what (kind, false);
        what (kind, true);
    }
}

struct Form
{
    bool pushes;
    std::function<int64_t (jm_handle)> call;
};

const std::vector<Form>& forms ()
{
    static uint64_t room[8];
    static const std::vector<Form> all {
        {false, [] (jm_handle q) { return int64_t (jm_queue_pop (q, room, -1)); }},
        {false, [] (jm_handle q) { return int64_t (jm_queue_pop (q, room, anHour)); }},
        {false, [] (jm_handle q) { return jm_queue_pop_n (q, room, 2, -1); }},
        {false, [] (jm_handle q) { return jm_queue_pop_some (q, room, 2, anHour); }},
        {false, [] (jm_handle q) { return int64_t (jm_queue_await_element (q, 1, -1)); }},
        {true, [] (jm_handle q) { return int64_t (jm_queue_await_room (q, 2, anHour)); }},
        {true, [] (jm_handle q) { return int64_t (jm_queue_push (q, room, -1)); }},
        {true, [] (jm_handle q) { return int64_t (jm_queue_push (q, room, anHour)); }},
        {true, [] (jm_handle q) { return jm_queue_push_n (q, room, 2, -1); }},
    };
    return all;
}

/// Empties the queue for a pop, and fills it for a push.
void makeWait (jm_handle queue, bool pushes)
{
    uint64_t room[4] = {};
    jm_queue_try_pop_n (queue, room, 4);
    CHECK (!pushes || jm_queue_try_push_n (queue, room, 4) == 4);
}

/// A call by another thread, and its error.
class Call
{
public:
    Call (jm_handle queue, const std::function<int64_t (jm_handle)>& call)
    : _thread ([this, queue, call] {
        _id = ::gettid ();
        _result = call (queue);
        _error = _result == -1 ? jm_last_error () : 0;
        _returned = true;
    })
    {
        CHECK (comesTrue ([&] { return _id != 0; }));
    }

    ~Call ()
    {
        _thread.join ();
    }

    void untilItSleeps () const
    {
        untilAsleep (_id);
    }

    /// It has used a millisecond of CPU time since it announced itself.
    void untilItSpins () const
    {
        clockid_t clock = 0;
        CHECK (::pthread_getcpuclockid (const_cast<std::thread&> (_thread).native_handle (), &clock) == 0);
        const auto used = [&] {
            timespec time = {};
            return ::clock_gettime (clock, &time) == 0 ? time.tv_sec * 1000000000 + time.tv_nsec : 0;
        };
        const int64_t before = used ();
        CHECK (comesTrue ([&] { return used () > before + 1000000; }));
    }

    void disturb () const
    {
        ::pthread_kill (const_cast<std::thread&> (_thread).native_handle (), SIGUSR1);
    }

    bool hasReturned () const
    {
        return _returned;
    }

    int error () const
    {
        CHECK (comesTrue ([&] { return _returned.load (); }));
        return _error;
    }

private:
    std::atomic<pid_t> _id {0};
    std::atomic<int64_t> _result {0};
    std::atomic<int> _error {0};
    std::atomic<bool> _returned {false};
    std::thread _thread;
};

void cancelEndsWaits (uint32_t kind, bool shared)
{
    const jm_handle queue = open (kind, shared);
    for (const Form& form : forms ())
    {
        makeWait (queue, form.pushes);
        {
            const Call call (queue, form.call);
            call.untilItSleeps ();
            CHECK (jm_queue_cancel (queue) == 0);
            CHECK (call.error () == ECANCELED);
        }
        CHECK (jm_queue_cancel (queue) == 0);  // a second call changes nothing
        CHECK_FAILS (form.call (queue), -1, ECANCELED, "cancel");
        CHECK (jm_queue_pending (queue) == (form.pushes ? 4 : 0));
        CHECK (jm_queue_resume (queue) == 0 && jm_queue_resume (queue) == 0);
        uint64_t room[2] = {};
        const Call call (queue, form.call);
        call.untilItSleeps ();
        CHECK ((form.pushes ? jm_queue_pop_n (queue, room, 2, -1) : jm_queue_push_n (queue, room, 2, -1)) == 2);
        CHECK (call.error () == 0);
    }
    close (queue);
}

void callsThatNeedNotWait (uint32_t kind, bool shared)
{
    const jm_handle queue = open (kind, shared);
    uint64_t room[4] = {};
    CHECK (jm_queue_cancel (queue) == 0);
    jm_clear_error ();
    CHECK (jm_queue_push (queue, room, -1) == 0 && jm_queue_push_n (queue, room, 3, -1) == 3);
    CHECK (jm_queue_pop (queue, room, -1) == 0 && jm_queue_pop_some (queue, room, 4, -1) == 3);
    CHECK (jm_queue_push_n (queue, room, 2, anHour) == 2 && jm_queue_try_push (queue, room) == 0);
    CHECK (jm_queue_try_pop_n (queue, room, 4) == 3 && jm_last_error () == 0);
    CHECK_FAILS (jm_queue_try_pop (queue, room), -1, EAGAIN, "empty");
    CHECK_FAILS (jm_queue_pop (queue, room, -1), -1, ECANCELED, "cancel");
    CHECK (jm_queue_push_n (queue, room, 2, 0) == 2);
    CHECK (jm_queue_pop_n (queue, room, 4, -1) == 2);  // the elements that were there
    close (queue);
}

void otherHandlesWaitOn (uint32_t kind)
{
    const jm_handle queue = open (kind, true);
    const jm_handle other = open (kind, true);
    uint64_t element = 3;
    {
        const Call call (queue, forms ()[0].call);
        call.untilItSleeps ();
        CHECK (jm_queue_cancel (other) == 0);
        call.untilItSleeps ();
        CHECK (!call.hasReturned ());
        CHECK (jm_queue_push (other, &element, -1) == 0);
        CHECK (call.error () == 0);
    }
    CHECK (jm_close (other) == 0);
    close (queue);
}

/// A waiter, a thread that cancels and resumes, and one that closes: the waiter returns, however they race.
void resumeRacesClose (uint32_t kind, bool shared)
{
    std::mt19937 random (kind);
    for (int i = 0; i < 300; ++i)
    {
        const jm_handle queue = open (kind, shared);
        std::atomic<bool> resumes {false};
        const Call call (queue, [] (jm_handle q) {
            uint64_t got = 0;
            while (jm_queue_pop (q, &got, -1) == -1 && jm_last_error () == ECANCELED)
            {
            }
            return int64_t (-1);
        });
        std::thread resumer ([&] {
            while (jm_queue_cancel (queue) == 0 && jm_queue_resume (queue) == 0)
            {
                resumes = true;
            }
        });
        CHECK (comesTrue ([&] { return resumes.load (); }));
        // The close comes at another moment in each round; the checks hold at any moment.
        std::this_thread::sleep_for (std::chrono::microseconds (random () % 50));
        close (queue);
        CHECK (call.error () == EBADF);
        resumer.join ();
    }
}

void closeEndsSpins (uint32_t kind, bool shared)
{
    for (const auto& end : {jm_close, jm_queue_cancel, jm_queue_shutdown})
    {
        jm_queue_options options = defaults ();
        options.spin_ns = anHour;
        const jm_handle queue = open (kind, shared, options);
        {
            const Call call (queue, forms ()[0].call);
            call.untilItSpins ();
            CHECK (end (queue) == 0);
            const int error = call.error ();
            CHECK (error == (end == jm_queue_shutdown ? EPIPE : ECANCELED) || (end == jm_close && error == EBADF));
        }
        CHECK (end == jm_close || jm_close (queue) == 0);
        CHECK (jm_unlink (name) == 0);
    }
}

/// A signal handler ends waits of handles with JM_INTERRUPTIBLE, and no others.
void handlersEndWaits (uint32_t kind, bool shared)
{
    for (const int restart : {0, SA_RESTART})
    {
        struct sigaction action = {};
        action.sa_handler = [] (int) {};
        action.sa_flags = restart;
        CHECK (::sigaction (SIGUSR1, &action, nullptr) == 0);
        jm_queue_options options = defaults ();
        options.flags = JM_INTERRUPTIBLE;
        const jm_handle queue = open (kind, shared, options);
        const jm_handle plain = open (kind, shared);
        for (const Form& form : forms ())
        {
            makeWait (queue, form.pushes);
            {
                const Call call (queue, form.call);
                CHECK (comesTrue ([&] { return call.disturb (), call.hasReturned (); }));
                CHECK (call.error () == EINTR);
            }
            CHECK (jm_queue_pending (queue) == (form.pushes ? 4 : 0));
            makeWait (plain, form.pushes);
            const Call call (plain, form.call);
            for (int i = 0; i < 5; ++i)
            {
                call.untilItSleeps ();
                call.disturb ();
            }
            call.untilItSleeps ();
            CHECK (!call.hasReturned () && jm_queue_cancel (plain) == 0 && call.error () == ECANCELED);
            CHECK (jm_queue_resume (plain) == 0);
        }
        CHECK (jm_close (plain) == 0);
        close (queue);
    }
}

void refused (const jm_queue_options& options, const char* what, const char* remedy)
{
    CHECK_FAILS (jm_queue_create_with (JM_MPMC, 4, 8, &options), JM_INVALID_HANDLE, EINVAL, what);
    CHECK_FAILS (jm_queue_open_with (JM_MPMC, 4, 8, name, &options), JM_INVALID_HANDLE, EINVAL, remedy);
}

void badOptions ()
{
    for (const int64_t bad : {INT64_C (-2), INT64_C (-1000), INT64_MIN})
    {
        jm_queue_options options = defaults ();
        options.spin_ns = bad;
        refused (options, ("spin_ns is " + std::to_string (bad)).c_str (), "give 0 to adapt, -1 not to spin");
    }
    for (const uint32_t bad : {2U, 3U, 0x80000000U})
    {
        char text[32];
        std::snprintf (text, sizeof text, "flags is %#x", bad);
        jm_queue_options options = defaults ();
        options.flags = bad;
        refused (options, text, "give JM_INTERRUPTIBLE, 1, or 0");
    }
    jm_queue_options options = defaults ();
    options.reserved = 7;
    refused (options, "reserved is 7", "must be 0");
}

/// Fields past the struct's end are not read.
void olderOptions ()
{
    for (const std::size_t size : {offsetof (jm_queue_options, spin_ns), offsetof (jm_queue_options, flags)})
    {
        jm_queue_options options;
        std::memset (&options, 0xee, sizeof options);
        CHECK (jm_queue_options_init (&options, static_cast<uint32_t> (size)) == 0);
        CHECK (options.struct_size == size && options.flags == 0xeeeeeeeeU);
        const jm_handle queue = jm_queue_create_with (JM_MPMC, 4, 8, &options);
        CHECK (queue > 0 && jm_close (queue) == 0);
    }
    static_assert (offsetof (jm_queue_options, spin_ns) + 8 == offsetof (jm_queue_options, flags), "");
    static_assert (offsetof (jm_queue_options, flags) + 8 == sizeof (jm_queue_options), "");
}
}  // namespace

int main ()
{
    std::snprintf (name, sizeof name, "/joinmem-queue-cancel-%ld", static_cast<long> (::getpid ()));
    forEachKind (cancelEndsWaits);
    forEachKind (callsThatNeedNotWait);
    forEachKind (resumeRacesClose);
    forEachKind (closeEndsSpins);
    forEachKind (handlersEndWaits);
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        otherHandlesWaitOn (kind);
    }
    badOptions ();
    olderOptions ();
    std::puts ("every wait ended as it was to");
    return 0;
}
