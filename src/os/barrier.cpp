// SPDX-License-Identifier: MIT
#include "barrier.hpp"

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

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
