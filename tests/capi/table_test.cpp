// SPDX-License-Identifier: MIT
// The handle table from the inside: what cannot be timed, or would take 2^31 handles, through the C ABI.
#include "handle_guard.hpp"
#include "joinmem.h"
#include "sandbox.hpp"

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
// Counts its destruction; it is not a memory.
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
    Reservation slot;
    return slot.open (new Probe (destroyed));
}

bool isOpen (Handle handle)
{
    return HandleGuard (handle).object () != nullptr;
}

// A thread that stays inside a call on the handle until it is released.
class Inside
{
public:
    explicit Inside (Handle handle)
    : _thread ([this, handle] {
        const HandleGuard held (handle);
        _record = ownRecord;
        _entered.set_value (held.object () != nullptr);
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

    const HazardRecord& record () const
    {
        return *_record;
    }

private:
    HazardRecord* _record = nullptr;
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

TEST_CASE ("close waits until running calls have ended")
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

TEST_CASE ("calls on other handles do not delay close")
{
    const Handle busy = openProbe ();
    Inside inside (busy);
    const Handle handle = openProbe ();
    CHECK (closeHandle (handle) == 0);
    inside.leave ();
    CHECK (closeHandle (busy) == 0);
}

TEST_CASE ("more than eight nested calls fail with EAGAIN")
{
    const Handle handle = openProbe ();
    std::vector<std::unique_ptr<HandleGuard>> inside;
    int error = 0;
    while (error == 0 && inside.size () < 20)
    {
        inside.push_back (std::make_unique<HandleGuard> (handle));
        error = inside.back ()->error ();
        CHECK ((inside.back ()->object () != nullptr) == (error == 0));
    }
    inside.pop_back ();
    CHECK (error == EAGAIN);
    CHECK (inside.size () == HazardRecord::maxDepth);
    while (!inside.empty ())
    {
        inside.pop_back ();  // the last one first
    }
    CHECK (isOpen (handle));
    CHECK (closeHandle (handle) == 0);
}

TEST_CASE ("handle slot retires after its last generation")
{
    const Handle first = openProbe ();
    HandleSlot* slot = handleSlotOf (first);
    REQUIRE (closeHandle (first) == 0);
    slot->last = lastGeneration - 1;
    const Handle last = openProbe ();
    REQUIRE (handleSlotOf (last) == slot);
    CHECK (last > 0);
    CHECK (static_cast<uint64_t> (last) >> 32 == lastGeneration);
    REQUIRE (closeHandle (last) == 0);
    const Handle next = openProbe ();
    CHECK (handleSlotOf (next) != slot);
    CHECK_FALSE (isOpen (last));
    CHECK_FALSE (isOpen (first));
    CHECK (closeHandle (next) == 0);
}

TEST_CASE ("lookup accepts any bit pattern")
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

TEST_CASE ("memory functions reject handles of other types")
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

TEST_CASE ("jm_last_error translates C++ errors to errno")
{
    const std::pair<join::Errc, int> known[] = {
        {join::Errc::TemporaryError, EAGAIN},
        {join::Errc::TimedOut, ETIMEDOUT},
        {join::Errc::InvalidParam, EINVAL},
        {join::Errc::NotFound, ENOENT},
        {join::Errc::InUse, EBUSY},
        {join::Errc::PermissionDenied, EACCES},
        {join::Errc::OutOfMemory, ENOMEM},
        {join::Errc::ConnectionRefused, ECONNREFUSED},
        {join::Errc::ConnectionClosed, EPIPE},
        {join::Errc::MessageUnknown, EBADMSG},
        {join::Errc::MessageTooLong, EMSGSIZE},
        {join::Errc::TooManyProducers, EUSERS},
        {join::Errc::Canceled, ECANCELED},
        {join::Errc::Interrupted, EINTR},
        {join::Errc::WouldDeadlock, EDEADLK},
        {join::Errc::ProducerDied, EOWNERDEAD},
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

TEST_CASE ("opening past the handle limit fails with EMFILE")
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

TEST_CASE ("close waits longer once membarrier is forbidden")
{
    using Clock = std::chrono::steady_clock;
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);
        const Handle first = openProbe ();
        const Handle second = openProbe ();
        const bool had = !callsFence ();
        const bool forbidden = forbidBarrier ();  // before threads start: each has the filter
        const Clock::time_point from = Clock::now ();
        std::thread other ([=] { closeHandle (first); });
        while (!callsFence ())
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

TEST_CASE ("child forked during calls inherits none of them")
{
    if (sanitized ())
    {
        return;  // ThreadSanitizer does not support a fork with many threads
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
    handleSlotOf (closing)->last = lastGeneration;  // it retires, in the child too
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);
        const bool dropped = destroyed == before + 1 && !isOpen (closing);
        const bool closes = isOpen (kept) && closeHandle (kept) == 0 && destroyed == before + 2;
        const bool freed = !inKept.record ().taken && inKept.record ().slots[0].isEmpty ();
        openProbe ();
        const Handle fresh = openProbe ();
        const bool retired = fresh > 0 && handleSlotOf (fresh) != handleSlotOf (closing);
        ::_exit (dropped && closes && freed && retired && closeHandle (fresh) == 0 ? 0 : 1);
    }
    CHECK (endOf (child) == 0);
    CHECK (destroyed == before);
    inClosing.leave ();
    CHECK (closed.get () == 0);
    inKept.leave ();
    CHECK (closeHandle (kept) == 0);
}

TEST_CASE ("calls after thread destructors do not block close")
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

TEST_CASE ("hazard records are reused after thread exit")
{
    static std::set<const void*> used;
    used.clear ();
    pthread_key_t key;
    REQUIRE (::pthread_key_create (&key,
                                   [] (void*) {
                                       for (int i = 0; i < 3; ++i)
                                       {
                                           HazardSlot* hazard = nullptr;
                                           if (findHazardSlot (&hazard) == 0)
                                           {
                                               used.insert (hazard);
                                               returnRecord (hazard);
                                           }
                                       }
                                   })
             == 0);
    for (int i = 0; i < 100; ++i)
    {
        std::thread ([&] {
            HazardSlot* hazard = nullptr;
            findHazardSlot (&hazard);
            used.insert (hazard);
            ::pthread_setspecific (key, &key);
        }).join ();
    }
    CHECK (used.size () <= 2);
    ::pthread_key_delete (key);
}
