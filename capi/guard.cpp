// SPDX-License-Identifier: MIT
#include "guard.hpp"

#include "failure.hpp"

#include <cerrno>
#include <new>
#include <stdexcept>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
void translate () noexcept
{
    try
    {
        throw;
    }
    catch (const std::system_error& error)
    {
        failWith (error.code (), error.what ());
    }
    catch (const std::out_of_range& error)
    {
        fail (ERANGE, "%s", error.what ());
    }
    catch (const std::overflow_error& error)
    {
        fail (EOVERFLOW, "%s", error.what ());
    }
    catch (const std::bad_alloc&)
    {
        fail (ENOMEM, "the library found no memory for itself");
    }
    catch (const std::exception& error)
    {
        fail (ENOTRECOVERABLE, "%s", error.what ());
    }
    catch (...)
    {
        fail (ENOTRECOVERABLE, "an exception of an unknown type");
    }
}

int errnoOf (const std::error_code& code) noexcept
{
    if (code.value () == 0 || code.category () == std::system_category ()
        || code.category () == std::generic_category ())
    {
        return code.value ();
    }
    if (code.category () != errorCategory ())
    {
        return ENOTRECOVERABLE;
    }
    switch (static_cast<Errc> (code.value ()))
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
        case Errc::OperationFailed:
        case Errc::UnknownError:
            break;
    }
    return ENOTRECOVERABLE;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
