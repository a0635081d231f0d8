// SPDX-License-Identifier: MIT
#include "waiting.hpp"

#include <cerrno>
#include <cstdarg>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>

thread_local Sleeps sleeps = {0, 0, 0};

namespace
{
#if defined(__x86_64__)
long enter (long number, const long* a)
{
    long result = number;
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
long enter (long number, const long* a)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#endif

bool isWait (long number, long operation)
{
    const long command = operation & FUTEX_CMD_MASK;
    return number == SYS_futex && (command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT);
}
}  // namespace

// In place of libc's, for the library as well.
extern "C" __attribute__ ((visibility ("default"))) long syscall (long number, ...) noexcept
{
    va_list list;
    va_start (list, number);
    long a[6];
    for (long& argument : a)
    {
        argument = va_arg (list, long);
    }
    va_end (list);
    const long result = enter (number, a);
    if (isWait (number, a[1]))
    {
        const bool late = result == -ETIMEDOUT && a[3] != 0;
        const struct timespec* time = reinterpret_cast<const struct timespec*> (a[3]);
        ++sleeps.count;
        sleeps.timedOut += late ? 1 : 0;
        sleeps.until = late ? time->tv_sec * 1000000000LL + time->tv_nsec : 0;
    }
    if (result < 0 && result >= -4095)
    {
        errno = static_cast<int> (-result);
        return -1;
    }
    return result;
}
