// SPDX-License-Identifier: MIT
// The handle table from the inside: what cannot be timed, or would take 2^31 handles, through the C ABI.
#include "handles.hpp"
#include "joinmem.h"
#include "sandbox.hpp"
#include "use.hpp"

#include <join/error.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <pthread.h>
#include <set>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
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
        _record = mine;
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

    const Record& record () const
    {
        return *_record;
    }

private:
    Record* _record = nullptr;
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
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
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

TEST_CASE ("calls inside one another, as those of signal handlers, are EAGAIN past eight, and none is lost")
{
    const Handle handle = openProbe ();
    std::vector<std::unique_ptr<Use>> inside;
    int error = 0;
    while (error == 0 && inside.size () < 20)
    {
        inside.push_back (std::make_unique<Use> (handle));
        error = inside.back ()->error ();
        CHECK ((inside.back ()->object () != nullptr) == (error == 0));
    }
    inside.pop_back ();
    CHECK (error == EAGAIN);
    CHECK (inside.size () == Record::depthMost);
    while (!inside.empty ())
    {
        inside.pop_back ();  // the last one first
    }
    CHECK (isOpen (handle));
    CHECK (closeHandle (handle) == 0);
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

TEST_CASE ("what a C++ program of the same thread has put into lastError is an errno to C")
{
    const std::pair<join::Errc, int> known[] = {
        {join::Errc::TemporaryError, EAGAIN},
        {join::Errc::TimedOut, ETIMEDOUT},
        {join::Errc::InvalidParam, EINVAL},
        {join::Errc::NotFound, ENOENT},
        {join::Errc::InUse, EBUSY},
        {join::Errc::PermissionDenied, EACCES},
        {join::Errc::OutOfMemory, ENOMEM},
        {join::Errc::OperationFailed, ENOTRECOVERABLE},
        {join::Errc::UnknownError, ENOTRECOVERABLE},
    };
    for (const auto& [code, error] : known)
    {
        join::lastError = join::make_error_code (code);
        CHECK (jm_last_error () == error);
    }
    join::lastError = std::make_error_code (std::errc::no_link);
    CHECK (jm_last_error () == ENOLINK);
    join::lastError = std::error_code (7, std::future_category ());
    CHECK (jm_last_error () == ENOTRECOVERABLE);
    jm_clear_error ();
    CHECK (jm_last_error () == 0);
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

TEST_CASE ("where membarrier is forbidden after the first handle, whoever closes waits until all calls have seen it")
{
    using Clock = std::chrono::steady_clock;
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);
        const Handle first = openProbe ();
        const Handle second = openProbe ();
        const bool had = !fencesItself ();
        const bool forbidden = forbidBarrier ();  // before there are threads: each has the filter
        const Clock::time_point from = Clock::now ();
        std::thread other ([=] { closeHandle (first); });
        while (!fencesItself ())
        {
            std::this_thread::yield ();
        }
        closeHandle (second);
        const bool waited = Clock::now () - from >= std::chrono::milliseconds (20);
        other.join ();
        ::_exit (!had || (forbidden && waited) ? 0 : 1);
    }
    CHECK (endOf (child) == 0);
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
    placeOf (closing)->last = lastGeneration;  // it retires, in the child too
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);
        const bool dropped = destroyed == before + 1 && !isOpen (closing);
        const bool closes = isOpen (kept) && closeHandle (kept) == 0 && destroyed == before + 2;
        const bool freed = !inKept.record ().taken && inKept.record ().slots[0].load () == nullptr;
        openProbe ();
        const Handle fresh = openProbe ();
        const bool retired = fresh > 0 && placeOf (fresh) != placeOf (closing);
        ::_exit (dropped && closes && freed && retired && closeHandle (fresh) == 0 ? 0 : 1);
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

TEST_CASE ("threads that come and go use the same record again, also where their destructors have run")
{
    static std::set<const void*> used;
    used.clear ();
    pthread_key_t key;
    REQUIRE (::pthread_key_create (&key,
                                   [] (void*) {
                                       for (int i = 0; i < 3; ++i)
                                       {
                                           std::atomic<Place*>* slot = nullptr;
                                           if (anotherSlot (&slot) == 0)
                                           {
                                               used.insert (slot);
                                               releaseRecord (slot);
                                           }
                                       }
                                   })
             == 0);
    for (int i = 0; i < 100; ++i)
    {
        std::thread ([&] {
            std::atomic<Place*>* slot = nullptr;
            anotherSlot (&slot);
            used.insert (slot);
            ::pthread_setspecific (key, &key);
        }).join ();
    }
    CHECK (used.size () <= 2);
    ::pthread_key_delete (key);
}
