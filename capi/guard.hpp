// SPDX-License-Identifier: MIT
// Nothing thrown leaves the C ABI: every function's body runs in guard (), and translate () is the one place where an
// exception becomes an errno and a sentence.
//
// Cancelling a thread unwinds it as an exception does, which may not be swallowed: so a call that makes system calls is no
// cancellation point.
#ifndef JOIN_CAPI_GUARD_HPP
#define JOIN_CAPI_GUARD_HPP

#include <join/error.hpp>

#include "os/barrier.hpp"

#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Called in a catch block: sets this thread's last error to what was caught.
void translate () noexcept;

/// The errno that stands for a code of any category; 0 for none.
int errnoOf (const std::error_code& code) noexcept;

/// What the body returns, or `failure` where it throws.
template <typename Result, typename Body>
Result guard (Result failure, Body&& body) noexcept
{
    try
    {
        return std::forward<Body> (body) ();
    }
    catch (...)
    {
        translate ();
        return failure;
    }
}

class NoCancel
{
public:
    NoCancel () noexcept
    {
        os::allowCancel (false, &_before);
    }

    NoCancel (const NoCancel&) = delete;
    NoCancel& operator= (const NoCancel&) = delete;

    ~NoCancel ()
    {
        bool now;
        os::allowCancel (_before, &now);
    }

private:
    bool _before;
};

/// The same for what makes system calls.
template <typename Result, typename Body>
Result guardWhole (Result failure, Body&& body) noexcept
{
    const NoCancel noCancel;
    return guard (failure, std::forward<Body> (body));
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
