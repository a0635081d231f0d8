// SPDX-License-Identifier: MIT
#include <join/error.hpp>

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
__thread LastError lastError;

namespace
{
bool known (int error) noexcept
{
    return error > 0 && error <= EHWPOISON && error != 41 && error != 58;  // 41, 58: never given out on Linux
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
        default:
            return known (error) ? Errc::OperationFailed : Errc::UnknownError;
    }
}

class Category final : public std::error_category
{
public:
    const char* name () const noexcept override
    {
        return "join";
    }

    std::string message (int code) const override
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
            case Errc::UnknownError:
                break;
        }
        return code == 0 ? "success" : "unknown error";
    }

    bool equivalent (const std::error_code& code, int condition) const noexcept override
    {
        if (code.category () == *this)
        {
            return code.value () == condition;
        }
        if (code.category () == std::system_category () || code.category () == std::generic_category ())
        {
            return code.value () != 0 && static_cast<int> (classOf (code.value ())) == condition;
        }
        return code.value () != 0 && static_cast<Errc> (condition) == Errc::UnknownError;
    }

    using std::error_category::equivalent;
};
}  // namespace

const std::error_category& errorCategory () noexcept
{
    static const Category category;
    return category;
}

std::error_code make_error_code (Errc code) noexcept
{
    return std::error_code (static_cast<int> (code), errorCategory ());
}

std::error_condition make_error_condition (Errc code) noexcept
{
    return std::error_condition (static_cast<int> (code), errorCategory ());
}

}  // namespace JOIN_ABI
}  // namespace join
