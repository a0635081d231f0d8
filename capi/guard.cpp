// SPDX-License-Identifier: MIT
// Converts caught exceptions and error classes to errnos.
#include "guard.hpp"

#include "base/failure.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
void translate () noexcept
{
    failCaught ();
}

int errnoOf (const LastError& error) noexcept
{
    const detail::Comparand code = detail::comparand (error);
    if (code.value == 0 || code.sort == detail::Sort::Errno)
    {
        return code.value;
    }
    if (code.sort == detail::Sort::Other)
    {
        return ENOTRECOVERABLE;
    }
    switch (static_cast<Errc> (code.value))
    {
        case Errc::TemporaryError:
            return EAGAIN;
        case Errc::TimedOut:
            return ETIMEDOUT;
        case Errc::InvalidParam:
            return EINVAL;
        case Errc::NotFound:
            return ENOENT;
        case Errc::InUse:
            return EBUSY;
        case Errc::PermissionDenied:
            return EACCES;
        case Errc::OutOfMemory:
            return ENOMEM;
        case Errc::ConnectionRefused:
            return ECONNREFUSED;
        case Errc::ConnectionClosed:
            return EPIPE;
        case Errc::MessageUnknown:
            return EBADMSG;
        case Errc::MessageTooLong:
            return EMSGSIZE;
        case Errc::TooManyProducers:
            return EUSERS;
        case Errc::Canceled:
            return ECANCELED;
        case Errc::Interrupted:
            return EINTR;
        case Errc::WouldDeadlock:
            return EDEADLK;
        case Errc::ProducerDied:
            return EOWNERDEAD;
        case Errc::OperationFailed:
        case Errc::UnknownError:
            break;
    }
    return ENOTRECOVERABLE;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
