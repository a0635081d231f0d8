// SPDX-License-Identifier: MIT
#include "compare.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <cerrno>
#include <cstdio>
#include <unistd.h>

using join::Errc;
using join::lastError;

namespace
{
constexpr int lastErrno = EHWPOISON;
constexpr int lastClass = static_cast<int> (Errc::ProducerDied);
constexpr int complaintsShown = 10;

const char* object = "";
int complaints = 0;

void expect (bool right, const char* what, int error, int other)
{
    if (!right && ++complaints <= complaintsShown)
    {
        std::printf ("%s: errno %d and %d: %s\n", object, error, other, what);
    }
}

// The table of error.hpp, repeated independently.
Errc classOf (int error)
{
    switch (error)
    {
        case EAGAIN:
            return Errc::TemporaryError;
        case ETIMEDOUT:
            return Errc::TimedOut;
        case EINVAL:
        case EFAULT:
            return Errc::InvalidParam;
        case ENOENT:
            return Errc::NotFound;
        case EEXIST:
        case EBUSY:
            return Errc::InUse;
        case EACCES:
        case EPERM:
            return Errc::PermissionDenied;
        case ENOMEM:
        case ENOSPC:
        case EMFILE:
        case ENFILE:
        case ENOLCK:
            return Errc::OutOfMemory;
        case ECONNREFUSED:
        case ENETUNREACH:
            return Errc::ConnectionRefused;
        case EPIPE:
        case ECONNRESET:
        case ENOTCONN:
            return Errc::ConnectionClosed;
        case EBADMSG:
        case ENOMSG:
        case ENODATA:
            return Errc::MessageUnknown;
        case EMSGSIZE:
            return Errc::MessageTooLong;
        case EUSERS:
            return Errc::TooManyProducers;
        case ECANCELED:
            return Errc::Canceled;
        case EINTR:
            return Errc::Interrupted;
        case EDEADLK:
            return Errc::WouldDeadlock;
        case EOWNERDEAD:
            return Errc::ProducerDied;
        case 41:
        case 58:
            return Errc::UnknownError;  // belongs to no error on Linux
        default:
            return error > 0 && error <= lastErrno ? Errc::OperationFailed : Errc::UnknownError;
    }
}

// Both operands in both orders, by == and by !=.
template <typename A, typename B>
bool same (const A& a, const B& b, bool wanted)
{
    return (a == b) == wanted && (b == a) == wanted && (a != b) != wanted && (b != a) != wanted;
}

template <typename Error>
void compareClasses (const Error& error, int value)
{
    for (int i = 1; i <= lastClass; ++i)
    {
        const Errc errc = static_cast<Errc> (i);
        const bool wanted = value != 0 && classOf (value) == errc;
        expect (same (error, errc, wanted), "compared with Errc", value, i);
        expect (same (error, make_error_code (errc), wanted), "compared with a code made of Errc", value, i);
        expect (same (error, make_error_condition (errc), wanted), "compared with a condition made of Errc", value, i);
    }
}

template <typename Error>
void compareErrnos (const Error& error, int value)
{
    for (int i = 1; i <= lastErrno; ++i)
    {
        const std::errc errc = static_cast<std::errc> (i);
        expect (same (error, errc, i == value), "compared with std::errc", value, i);
        expect (same (error, std::make_error_code (errc), i == value), "compared with a code made of std::errc", value,
                i);
        expect (same (error, std::error_code (i, std::generic_category ()), i == value), "compared with a generic code",
                value, i);
        expect (same (error, std::make_error_condition (errc), i == value), "compared with a condition", value, i);
    }
}

void compareLastError (int error)
{
    compareClasses (lastError, error);
    compareErrnos (lastError, error);
    const join::LastError copy = lastError;
    compareClasses (copy, error);
    compareErrnos (copy, error);
    const std::error_code code = lastError;
    compareClasses (code, error);
    compareErrnos (code, error);
    expect (same (lastError, std::error_code (error, std::system_category ()), true), "compared with a system code",
            error, error);
    expect (same (lastError, code, true) && same (lastError, copy, true), "compared with its copies", error, error);
    expect (lastError.category () == std::generic_category (), "its category is generic", error, 0);
    expect (static_cast<bool> (lastError) == (error != 0), "whether it is one", error, 0);
}

template <typename Throwing>
void compareThrown (int error, Throwing throwing)
{
    try
    {
        throwing ();
        expect (false, "nothing is thrown", error, 0);
    }
    catch (const std::system_error& caught)
    {
        expect (caught.code ().value () == error, "what is thrown", error, caught.code ().value ());
        expect (caught.code ().category () == std::generic_category (), "the category of what is thrown", error, 0);
        compareClasses (caught.code (), error);
        compareErrnos (caught.code (), error);
        expect (*caught.what () != '\0', "the sentence of what is thrown", error, 0);
    }
}

void compareAllThrown ()
{
    using join::LocalMem;
    using join::ShmMem;
    char name[64];
    std::snprintf (name, sizeof (name), "/joinmem-none.%d", static_cast<int> (::getpid ()));
    const std::string_view view = name;
    join::MemOptions openOnly;
    openOnly.openMode = join::OpenMode::OpenOnly;
    join::QueueOptions wrong;
    wrong.maxProducers = 1 << 20;
    compareThrown (EINVAL, [] { LocalMem (0); });
    compareThrown (EINVAL, [] { LocalMem (0, join::MemOptions ()); });
    compareThrown (EINVAL, [] { ShmMem (1, ""); });
    compareThrown (EINVAL, [] { ShmMem (1, std::string_view ()); });
    compareThrown (ENOENT, [&] { ShmMem (1, name, openOnly); });
    compareThrown (ENOENT, [&] { ShmMem (1, view, openOnly); });
    compareThrown (EINVAL, [] { LocalMem::Mpmc::Queue<int> (uint64_t (1) << 40); });
    compareThrown (EINVAL, [&] { ShmMem::Mpmc::Queue<int> (8, name, join::MemOptions (), wrong); });
    compareThrown (ENOENT, [&] { ShmMem::Spsc::Queue<int> (8, name, openOnly); });
    compareThrown (ENOENT, [&] { join::AnyQueue any (name); });
    compareThrown (ENOENT, [&] { join::inspect (name); });
    compareThrown (ENOENT, [&] { join::inspectPages (name); });
}

// As a poll does: the library creates these errors.
void compareFailures ()
{
    join::LocalMem::Spsc::Queue<int> queue (4);
    int element = 0;
    expect (queue.tryPop (element) == -1, "an empty queue", EAGAIN, 0);
    compareLastError (EAGAIN);
    expect (queue.pop (element, std::chrono::milliseconds (1)) == -1, "a wait", ETIMEDOUT, 0);
    compareLastError (ETIMEDOUT);
    expect (join::ShmMem::unlink ("") == -1, "an empty name", EINVAL, 0);
    compareLastError (EINVAL);
    queue.shutdown ();
    expect (queue.tryPush (element) == -1, "a queue that is shut down", EPIPE, 0);
    compareLastError (EPIPE);
}
}  // namespace

extern "C" __attribute__ ((visibility ("default"))) int compareErrors (const char* name)
{
    object = name;
    for (int error = -1; error <= lastErrno + 2; ++error)
    {
        lastError.assign (error, "a sentence of the library");
        compareLastError (error);
        lastError.assign (error, std::generic_category ());
        compareLastError (error);
        lastError = std::error_code (error, std::system_category ());
        compareLastError (error);
    }
    compareFailures ();
    compareAllThrown ();
    std::printf ("%s: %d comparisons are wrong\n", object, complaints);
    return complaints;
}
