// SPDX-License-Identifier: MIT
#include "waiting.hpp"

#include <cerrno>
#include <cstdarg>
#include <ctime>

#include <dlfcn.h>
#include <linux/futex.h>
#include <sys/syscall.h>

thread_local Sleeps sleeps = {};
thread_local int64_t testClock = 0;
thread_local int64_t testClockStep = 0;

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

constexpr long futexWaitV = 449;  // SYS_futex_waitv, for older headers

bool isFutexWake (long number, long operation)
{
    return number == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAKE;
}

bool isFutexWait (long number, long operation)
{
    const long command = operation & FUTEX_CMD_MASK;
    return number == futexWaitV || (number == SYS_futex && (command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT));
}

int64_t nanoseconds (const struct timespec& time)
{
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int realTime (clockid_t clock, struct timespec* time)
{
    using Function = int (*) (clockid_t, struct timespec*);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "clock_gettime"));
    return next (clock, time);
}

void beginSleep (long number, int64_t now)
{
    if (sleeps.firstAt == 0)
    {
        sleeps.firstReads = sleeps.clockReads.load ();
        sleeps.firstAt = now;
    }
    sleeps.follows = number == futexWaitV;
    sleeps.followed = sleeps.followed + (number == futexWaitV ? 1 : 0);
    sleeps.naps = sleeps.naps + (number == SYS_clock_nanosleep ? 1 : 0);
    sleeps.asleep = true;
}

void endSleep ()
{
    sleeps.asleep = false;
    sleeps.count = sleeps.count + 1;
    if (testClockStep != 0)
    {
        struct timespec now = {};
        realTime (CLOCK_MONOTONIC, &now);
        testClock = nanoseconds (now);
    }
}

// The library passes absolute times.
void countTimeOut (long until, int64_t from)
{
    const int64_t end = until != 0 ? nanoseconds (*reinterpret_cast<const struct timespec*> (until)) : 0;
    sleeps.timedOut = sleeps.timedOut + 1;
    sleeps.until = end;
    sleeps.requested = sleeps.requested + (end > from ? end - from : 0);
}
}  // namespace

// Replaces libc's function, for the library as well.
extern "C" __attribute__ ((visibility ("default"))) int clock_gettime (clockid_t clock, struct timespec* time) noexcept
{
    sleeps.clockReads = sleeps.clockReads + 1;
    if (clock != CLOCK_MONOTONIC || testClock == 0)
    {
        return realTime (clock, time);
    }
    testClock += testClockStep;
    *time = {static_cast<time_t> (testClock / 1000000000), static_cast<long> (testClock % 1000000000)};
    return 0;
}

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
    const bool onFutex = isFutexWait (number, a[1]);
    const bool waits = onFutex || number == SYS_clock_nanosleep;
    struct timespec now = {};
    if (waits)
    {
        realTime (CLOCK_MONOTONIC, &now);
        beginSleep (number, nanoseconds (now));
    }
    sleeps.wakes = sleeps.wakes + (isFutexWake (number, a[1]) ? 1 : 0);
    const long result = enter (number, a);
    if (waits)
    {
        endSleep ();
    }
    if (onFutex)
    {
        sleeps.until = 0;
        if (result == -ETIMEDOUT)
        {
            countTimeOut (a[3], nanoseconds (now));
        }
    }
    if (result < 0 && result >= -4095)
    {
        errno = static_cast<int> (-result);
        return -1;
    }
    return result;
}
