// SPDX-License-Identifier: MIT
/// Replaces syscall(3) of libc, for the library as well: a test sees each system call that the library makes by it, and may
/// make it fail. For one source file of a program that exports its symbols.
#ifndef JOIN_TESTS_WAIT_HOOK_HPP
#define JOIN_TESTS_WAIT_HOOK_HPP

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <dlfcn.h>
#include <functional>
#include <utility>

/// Called before each system call of the library. @return 0, or the errno with which the call fails
using BeforeCall = std::function<int (long number, const long* arguments)>;
inline BeforeCall beforeCall;
inline std::atomic<bool> hooked {false};

/// Sets beforeCall until the end of a scope. No other thread is in a call of the library at its beginning and its end.
class Hook
{
public:
    explicit Hook (BeforeCall call)
    {
        beforeCall = std::move (call);
        hooked = true;
    }

    Hook (const Hook&) = delete;
    Hook& operator= (const Hook&) = delete;

    ~Hook ()
    {
        hooked = false;
    }
};

extern "C" __attribute__ ((visibility ("default"))) long syscall (long number, ...) noexcept
{
    using Function = long (*) (long, ...);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "syscall"));
    va_list list;
    va_start (list, number);
    long a[6];
    for (long& argument : a)
    {
        argument = va_arg (list, long);
    }
    va_end (list);
    const int error = hooked.load () ? beforeCall (number, a) : 0;
    if (error != 0)
    {
        errno = error;
        return -1;
    }
    return next (number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
