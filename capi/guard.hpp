// SPDX-License-Identifier: MIT
// The boundary for exceptions: none leaves the C ABI. A body that may throw runs inside guard (), which converts the
// exception to an errno and a sentence. Bodies that push, pop or only read a queue throw nothing, which the compiler
// checks, and usually run without guard (): onQueue () in queue_object.hpp.
//
// The cancellation of a thread unwinds its stack as an exception does, and must not be swallowed. So guardWhole ()
// disables cancellation for bodies that make system calls.
#ifndef JOIN_CAPI_GUARD_HPP
#define JOIN_CAPI_GUARD_HPP

#include <join/error.hpp>

#include "os/barrier.hpp"

#include <cerrno>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Sets lastError to the exception that is being handled. Call it inside a catch block.
void translate () noexcept;

/// The errno for an error code of any category; 0 for no error.
int errnoOf (const LastError& error) noexcept;

/// Sets errno to the errno of lastError, for bindings that read errno together with the call (cgo, ctypes, Java's
/// captureCallState). @return `failure`
template <typename Result>
__attribute__ ((cold, noinline)) Result failed (Result failure) noexcept
{
    errno = errnoOf (lastError);
    return failure;
}

/// Runs the body. Sets errno if the result is `failure`; otherwise errno is as it was before.
/// @return the body's result, or `failure` if it throws
template <typename Result, typename Body>
Result guard (Result failure, Body&& body) noexcept
{
    const int before = errno;
    Result result = failure;
    try
    {
        result = std::forward<Body> (body) ();
    }
    catch (...)
    {
        translate ();
    }
    errno = before;
    return result == failure ? failed (failure) : result;
}

/// Does the same with cancellation disabled, for a body that makes system calls.
template <typename Result, typename Body>
Result guardWhole (Result failure, Body&& body) noexcept
{
    const os::NoCancel noCancel;
    return guard (failure, std::forward<Body> (body));
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
