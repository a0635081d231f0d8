// SPDX-License-Identifier: MIT
// What threads do to one another: the barrier that the other side pays, membarrier(2); fork(2); cancellation; and their end.
#ifndef JOIN_SRC_OS_BARRIER_HPP
#define JOIN_SRC_OS_BARRIER_HPP

#include <join/detail/abi.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Once a process, before the first barrier. ENOSYS, EPERM: there is none here. A forked child has it too.
int registerBarrier () noexcept;

/// Every thread of this process that runs executes a full barrier before this returns.
int barrierEverywhere () noexcept;

/// The same for every process that has registered for it, whoever pays.
int registerGlobalBarrier () noexcept;
int globalBarrier () noexcept;

/// Handlers as of pthread_atfork(3).
int aroundFork (void (*before) (), void (*inParent) (), void (*inChild) ()) noexcept;

/// Whether this thread may be cancelled, pthread_setcancelstate(3); *before: whether it might until now.
void allowCancel (bool allowed, bool* before) noexcept;

/// pthread_key_create(3): what a thread keeps by the key is given to `atEnd` when it ends, behind the destructors of its
/// thread-locals; and in a further round, of four, what has been kept anew meanwhile.
int makeKey (void (*atEnd) (void* kept), unsigned* key) noexcept;
int keepBy (unsigned key, const void* what) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
