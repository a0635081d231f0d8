// SPDX-License-Identifier: MIT
// The handle table from the inside: what cannot be timed, or would take 2^31 handles, through the C ABI.
#include "handles.hpp"
#include "joinmem.h"
#include "use.hpp"

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <cerrno>
#include <future>
#include <memory>
#include <pthread.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace join::capi;

namespace
{
// Tells when it is destroyed; of a sort that is no memory.
class Probe : public Object
{
public:
    explicit Probe (std::atomic<int>& destroyed)
    : Object (static_cast<Sort> (99))
    , _destroyed (destroyed)
    {
    }

    ~Probe () override
    {
        ++_destroyed;
    }

private:
    std::atomic<int>& _destroyed;
};

std::atomic<int> destroyed {0};

Handle openProbe ()
{
    Reservation place;
    return place.open (new Probe (destroyed));
}

bool isOpen (Handle handle)
{
    return Use (handle).object () != nullptr;
}

// A thread that is inside a call on the handle until it is let go.
class Inside
{
public:
    explicit Inside (Handle handle)
    : _thread ([this, handle] {
        const Use use (handle);
        _entered.set_value (use.object () != nullptr);
        _leave.get_future ().wait ();
    })
    {
        REQUIRE (_entered.get_future ().get ());
    }

    ~Inside ()
    {
        leave ();
    }

    void leave ()
    {
        if (_thread.joinable ())
        {
            _leave.set_value ();
            _thread.join ();
        }
    }

private:
    std::promise<bool> _entered;
    std::promise<void> _leave;
    std::thread _thread;
};

int endOf (pid_t child)
{
    int status = 0;
    REQUIRE (::waitpid (child, &status, 0) == child);
    return WIFEXITED (status) ? WEXITSTATUS (status) : 1000 + WTERMSIG (status);
}

bool sanitized ()
{
#if defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}
}  // namespace

TEST_CASE ("a handle that is being closed is closed for all, and its object lives until the last call inside ends")
{
    const Handle handle = openProbe ();
    const int before = destroyed;
    Inside inside (handle);
    std::future<int> closing = std::async (std::launch::async, [=] { return closeHandle (handle); });
    while (isOpen (handle))
    {
        std::this_thread::yield ();
    }
    CHECK (closeHandle (handle) == EBADF);
    CHECK (closing.wait_for (std::chrono::milliseconds (20)) == std::future_status::timeout);
    CHECK (destroyed == before);
    inside.leave ();
    CHECK (closing.get () == 0);
    CHECK (destroyed == before + 1);
}

TEST_CASE ("calls inside other handles do not hold a close up")
{
    const Handle busy = openProbe ();
    Inside inside (busy);
    const Handle handle = openProbe ();
    CHECK (closeHandle (handle) == 0);
    inside.leave ();
    CHECK (closeHandle (busy) == 0);
}

TEST_CASE ("a place whose generations are used up retires")
{
    const Handle first = openProbe ();
    Place* place = placeOf (first);
    REQUIRE (closeHandle (first) == 0);
    place->last = lastGeneration - 1;
    const Handle last = openProbe ();
    REQUIRE (placeOf (last) == place);
    CHECK (last > 0);
    CHECK (static_cast<uint64_t> (last) >> 32 == lastGeneration);
    REQUIRE (closeHandle (last) == 0);
    const Handle next = openProbe ();
    CHECK (placeOf (next) != place);
    CHECK_FALSE (isOpen (last));
    CHECK_FALSE (isOpen (first));
    CHECK (closeHandle (next) == 0);
}

TEST_CASE ("any bit pattern is safe to look up")
{
    const Handle handle = openProbe ();
    for (int bit = 0; bit < 64; ++bit)
    {
        const Handle forged = static_cast<Handle> (static_cast<uint64_t> (handle) ^ (uint64_t (1) << bit));
        CHECK_FALSE (isOpen (forged));
        CHECK (closeHandle (forged) == EBADF);
    }
    for (Handle odd :
         {Handle (0), Handle (-1), INT64_MAX, INT64_MIN, handle & 0xffffffff, Handle (1048576) | (Handle (1) << 32)})
    {
        CHECK_FALSE (isOpen (odd));
    }
    CHECK (closeHandle (handle) == 0);
}

TEST_CASE ("a handle of another sort is EINVAL for the memory functions, and closes")
{
    const jm_handle handle = openProbe ();
    jm_clear_error ();
    CHECK (jm_size (handle) == -1);
    CHECK (jm_last_error () == EINVAL);
    CHECK (jm_get (handle, 0) == nullptr);
    CHECK (jm_placement (handle, nullptr, 0) == -1);
    CHECK (jm_last_error () == EINVAL);
    CHECK (jm_close (handle) == 0);
}

TEST_CASE ("past the last handle there is EMFILE, and room again after a close")
{
    std::vector<Handle> open;
    int error = 0;
    try
    {
        while (open.size () <= 1048576)
        {
            open.push_back (openProbe ());
        }
    }
    catch (const std::system_error& failure)
    {
        error = failure.code ().value ();
    }
    CHECK (error == EMFILE);
    CHECK (open.size () > 1048000);
    REQUIRE (closeHandle (open.back ()) == 0);
    open.back () = openProbe ();
    CHECK (isOpen (open.back ()));
    for (Handle handle : open)
    {
        closeHandle (handle);
    }
}

TEST_CASE ("a child forked while threads are inside a call and inside a close has neither, and keeps nothing")
{
    if (sanitized ())
    {
        return;  // ThreadSanitizer's runtime does not follow a fork of many threads
    }
    const Handle closing = openProbe ();
    const Handle kept = openProbe ();
    Inside inClosing (closing);
    Inside inKept (kept);
    std::future<int> closed = std::async (std::launch::async, [=] { return closeHandle (closing); });
    while (isOpen (closing))
    {
        std::this_thread::yield ();
    }
    const int before = destroyed;
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);
        const bool dropped = destroyed == before + 1 && !isOpen (closing);
        const bool closes = isOpen (kept) && closeHandle (kept) == 0 && destroyed == before + 2;
        const Handle fresh = openProbe ();
        ::_exit (dropped && closes && closeHandle (fresh) == 0 ? 0 : 1);
    }
    CHECK (endOf (child) == 0);
    CHECK (destroyed == before);
    inClosing.leave ();
    CHECK (closed.get () == 0);
    inKept.leave ();
    CHECK (closeHandle (kept) == 0);
}

TEST_CASE ("calls after a thread's destructors have run are safe, and a close does not wait for them")
{
    const Handle handle = openProbe ();
    static Handle seen;
    static std::atomic<int> found;
    seen = handle;
    found = 0;
    pthread_key_t key;
    REQUIRE (::pthread_key_create (&key, [] (void*) { found += isOpen (seen) ? 1 : 0; }) == 0);
    for (int i = 0; i < 100; ++i)
    {
        std::thread ([&] {
            isOpen (handle);
            ::pthread_setspecific (key, &key);
        }).join ();
    }
    CHECK (found == 100);
    CHECK (closeHandle (handle) == 0);
    ::pthread_key_delete (key);
}
