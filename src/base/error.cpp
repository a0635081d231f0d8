// SPDX-License-Identifier: MIT
// lastError, and the mapping of errnos to the library's error classes (Errc).
#include <join/error.hpp>

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
__thread LastError lastError;

namespace
{
bool known (int error) noexcept
{
    return error > 0 && error <= EHWPOISON && error != 41 && error != 58;  // Linux does not use 41 and 58
}

Errc classOf (int error) noexcept
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
        default:
            return known (error) ? Errc::OperationFailed : Errc::UnknownError;
    }
}
}  // namespace

std::string detail::classMessage (int code)
{
    switch (static_cast<Errc> (code))
    {
        case Errc::TemporaryError:
            return "temporary error, try again";
        case Errc::TimedOut:
            return "timed out";
        case Errc::InvalidParam:
            return "invalid parameter";
        case Errc::NotFound:
            return "not found";
        case Errc::InUse:
            return "in use";
        case Errc::PermissionDenied:
            return "permission denied";
        case Errc::OutOfMemory:
            return "out of memory or of another resource";
        case Errc::OperationFailed:
            return "operation failed";
        case Errc::ConnectionRefused:
            return "connection refused";
        case Errc::ConnectionClosed:
            return "connection closed";
        case Errc::MessageUnknown:
            return "unknown message";
        case Errc::MessageTooLong:
            return "message too long";
        case Errc::TooManyProducers:
            return "too many producers";
        case Errc::Canceled:
            return "canceled";
        case Errc::Interrupted:
            return "interrupted by a signal";
        case Errc::WouldDeadlock:
            return "would deadlock";
        case Errc::ProducerDied:
            return "a producer died";
        case Errc::UnknownError:
            break;
    }
    return code == 0 ? "success" : "unknown error";
}

bool detail::isErrnoOfClass (int error, int errc) noexcept
{
    return error == 0 ? errc == 0 : static_cast<int> (classOf (error)) == errc;
}

// A program with a C++ library of its own (-static-libstdc++) has categories at other addresses: compare their names.
detail::Sort detail::sortOf (const std::error_category& category) noexcept
{
    if (category == std::generic_category () || category == std::system_category ())
    {
        return Sort::Errno;
    }
    const char* name = category.name ();
    if (std::strcmp (name, "generic") == 0 || std::strcmp (name, "system") == 0)
    {
        return Sort::Errno;
    }
    return std::strcmp (name, "join") == 0 ? Sort::Class : Sort::Other;
}

bool detail::isOfClass (const std::error_code& code, int condition) noexcept
{
    switch (sortOf (code.category ()))
    {
        case Sort::Errno:
            return code.value () != 0 && isErrnoOfClass (code.value (), condition);
        case Sort::Class:
            return code.value () == condition;
        case Sort::Other:
            break;
    }
    return code.value () != 0 && static_cast<Errc> (condition) == Errc::UnknownError;
}

namespace
{
// Initialised statically and never destroyed: no access checks a guard variable, which a forked child could find locked.
union ForEver
{
    ErrorCategory category;

    constexpr ForEver () noexcept
    : category ()
    {
    }

    ~ForEver ()
    {
    }
};

const ForEver forEver;
}  // namespace

const std::error_category& errorCategory () noexcept
{
    return forEver.category;
}

}  // namespace JOIN_ABI
}  // namespace join
