// SPDX-License-Identifier: MIT
#include "counting.hpp"

#include <cerrno>
#include <cstdarg>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>

namespace bench
{
namespace blocking
{
namespace
{
thread_local SystemCalls unused;
thread_local SystemCalls* current = nullptr;

#if defined(__x86_64__) || defined(__aarch64__)
SystemCalls& calls () noexcept
{
    return current != nullptr ? *current : unused;
}

constexpr long futexWaitv = 449;  // SYS_futex_waitv, which older headers lack

void count (long number, long operation) noexcept
{
    SystemCalls& to = calls ();
    if (number == SYS_futex)
    {
        const bool waits =
            (operation & FUTEX_CMD_MASK) == FUTEX_WAIT || (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
        (waits ? to.futexWaits : to.futexWakes).add ();
    }
    else if (number == futexWaitv)
    {
        to.futexWaits.add ();
    }
    else if (number == SYS_membarrier)
    {
        to.membarriers.add ();
    }
    else
    {
        to.others.add ();
    }
}

long enterKernel (long number, const long (&a)[6]) noexcept
{
#if defined(__x86_64__)
    long result = number;
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    __asm__ __volatile__("syscall"
                         : "+a"(result)
                         : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];
    __asm__ __volatile__("svc 0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory");
    return x0;
#endif
}

long forward (long number, const long (&arguments)[6]) noexcept
{
    const long result = enterKernel (number, arguments);
    if (result < 0 && result > -4096)
    {
        errno = static_cast<int> (-result);
        return -1;
    }
    return result;
}
#endif
}  // namespace

SystemCalls& SystemCalls::operator+= (const SystemCalls& more)
{
    futexWaits.add (more.futexWaits.value ());
    futexWakes.add (more.futexWakes.value ());
    membarriers.add (more.membarriers.value ());
    yields.add (more.yields.value ());
    others.add (more.others.value ());
    return *this;
}

void countInto (SystemCalls* to) noexcept
{
    current = to;
}

void countSystemCall () noexcept
{
    if (current != nullptr)
    {
        current->others.add ();
    }
}

bool countsSystemCalls () noexcept
{
#if defined(__x86_64__) || defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

}  // namespace blocking
}  // namespace bench

#if defined(__x86_64__) || defined(__aarch64__)
// The system call takes six words. The kernel ignores those that the caller did not pass.
extern "C" __attribute__ ((visibility ("default"))) long syscall (long number, ...) noexcept
{
    long arguments[6];
    va_list list;
    va_start (list, number);
    for (long& argument : arguments)
    {
        argument = va_arg (list, long);
    }
    va_end (list);
    bench::blocking::count (number, arguments[1]);
    return bench::blocking::forward (number, arguments);
}

extern "C" __attribute__ ((visibility ("default"))) int sched_yield () noexcept
{
    bench::blocking::calls ().yields.add ();
    return static_cast<int> (bench::blocking::forward (SYS_sched_yield, {0, 0, 0, 0, 0, 0}));
}
#endif
