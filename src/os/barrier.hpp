// SPDX-License-Identifier: MIT
// Calls with an effect across threads: asymmetric fences by membarrier(2), where one side pays for the barrier of both;
// handlers for fork(2); cancellation; and destructors that run at a thread's end.
#ifndef JOIN_SRC_OS_BARRIER_HPP
#define JOIN_SRC_OS_BARRIER_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Registers the process, once, before the first barrier. ENOSYS, EPERM: membarrier(2) is not available. A forked child
/// inherits the registration.
int registerBarrier () noexcept;

/// Makes every running thread of this process execute a full barrier before this returns.
int barrierEverywhere () noexcept;

/// Do the same for all processes that have registered; the caller of globalBarrier () need not have.
int registerGlobalBarrier () noexcept;
int globalBarrier () noexcept;

/// For callers without a barrier: sleeps until the stores that other threads have executed are surely visible. A store
/// leaves a store buffer within microseconds, and an interrupt or a context switch empties the buffer, but no processor
/// promises a time. Both durations, in nanoseconds, are at least a thousand times as long as a store takes.
/// - longDrain: once in a process, when a sandbox forbids membarrier(2) after its registration.
/// - shortDrain: at the end of each Spsc, in a call that may not wait (tryPop), for processes without membarrier(2).
constexpr int64_t longDrain = 20 * 1000 * 1000;
constexpr int64_t shortDrain = 1000 * 1000;
void drainStoreBuffers (int64_t duration) noexcept;

/// Registers handlers with pthread_atfork(3).
int aroundFork (void (*before) (), void (*inParent) (), void (*inChild) ()) noexcept;

/// The number of forks between the process that loaded the library and the calling one; a child has one more than its
/// parent. 0 if the handler for fork(2) cannot be registered.
uint32_t forks () noexcept;

/// Sets whether this thread can be cancelled, with pthread_setcancelstate(3). *before: the previous state.
void allowCancel (bool allowed, bool* before) noexcept;

/// Disables cancellation until the end of the scope; a pending one acts at the caller's next cancellation point.
/// open(2), read(2) and close(2) are such points, and a cancellation must not unwind a destructor or a noexcept
/// function.
class NoCancel
{
public:
    NoCancel () noexcept
    {
        allowCancel (false, &_before);
    }

    NoCancel (const NoCancel&) = delete;
    NoCancel& operator= (const NoCancel&) = delete;

    ~NoCancel ()
    {
        bool now;
        allowCancel (_before, &now);
    }

private:
    bool _before = true;
};

/// pthread_key_create(3), pthread_setspecific(3), pthread_key_delete(3). When a thread ends, after the destructors of
/// its thread-locals, `atEnd` gets the value that the thread keeps under the key. A value that is kept anew meanwhile
/// is passed in another round, of four at most.
int makeKey (void (*atEnd) (void* kept), unsigned* key) noexcept;
int keepBy (unsigned key, const void* what) noexcept;
void dropKey (unsigned key) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
