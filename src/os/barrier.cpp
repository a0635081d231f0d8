// SPDX-License-Identifier: MIT
// membarrier(2), pthread_atfork(3), pthread_setcancelstate(3) and pthread_key_create(3).
#include "barrier.hpp"

#include "futex.hpp"

#include <atomic>
#include <cerrno>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
std::atomic<uint32_t> forkCount {0};
int countError = 0;

// A function-local static would leave its guard locked in a child that is forked while another thread constructs it.
// The priority is the first one of programs: a static constructor of the program may fork.
__attribute__ ((constructor (101))) void countForks () noexcept
{
    countError = ::pthread_atfork (nullptr, nullptr, [] { forkCount.fetch_add (1); });
}

int membarrier (int command) noexcept
{
    return ::syscall (SYS_membarrier, command, 0U, 0) == -1 ? errno : 0;
}
}  // namespace

int registerBarrier () noexcept
{
    return membarrier (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

int barrierEverywhere () noexcept
{
    return membarrier (MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

int registerGlobalBarrier () noexcept
{
    return membarrier (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

int globalBarrier () noexcept
{
    return membarrier (MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

void drainStoreBuffers (int64_t duration) noexcept
{
    const int64_t end = monotonicNow () + duration;
    while (monotonicNow () < end)
    {
        sleepUntil (end);  // a signal ends it early
    }
}

uint32_t forks () noexcept
{
    return countError == 0 ? forkCount.load () : 0;
}

int aroundFork (void (*before) (), void (*inParent) (), void (*inChild) ()) noexcept
{
    return ::pthread_atfork (before, inParent, inChild);
}

void allowCancel (bool allowed, bool* before) noexcept
{
    int state = PTHREAD_CANCEL_ENABLE;
    ::pthread_setcancelstate (allowed ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE, &state);
    *before = state == PTHREAD_CANCEL_ENABLE;
}

int makeKey (void (*atEnd) (void* kept), unsigned* key) noexcept
{
    return ::pthread_key_create (key, atEnd);
}

int keepBy (unsigned key, const void* what) noexcept
{
    return ::pthread_setspecific (key, what);
}

void dropKey (unsigned key) noexcept
{
    ::pthread_key_delete (key);
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
