// SPDX-License-Identifier: MIT
// The calls in progress: hazard pointers (Michael 2004) with asymmetric fences. Each thread has a record of hazard
// slots, where its calls store the places that they use, with plain stores. The barrier between that store and the load
// of the place's generation is executed by the thread that closes a handle, with membarrier(2): docs/design/handles.md.
//
// Signal handlers may only push and pop, and only on queues on which their thread has done the same before: these calls
// allocate nothing and never wait for a mutex of their own thread. A call that interrupts another uses the next hazard
// slot; more than `maxDepth` calls inside one another fail with EAGAIN. A push to a shared Mpsc or Mpmc that interrupts
// a push of its thread to the same queue fails with EDEADLK. Otherwise the rule of the queue's kind holds: on a Spsc,
// for example, a push must not interrupt a push. All other functions may lock a mutex that the interrupted thread
// holds, or allocate memory.
#ifndef JOIN_CAPI_RECORDS_HPP
#define JOIN_CAPI_RECORDS_HPP

#include "handles.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
// Aligned to the pair of cache lines that is fetched together, so that calls of one thread do not slow another's.
struct alignas (128) HazardRecord
{
    static constexpr unsigned maxDepth = 8;  // a call, and calls of signal handlers that interrupt it

    std::atomic<HandleSlot*> slots[maxDepth] = {};  // the hazard slots; those in use come first
    std::atomic<bool> taken {false};
    HazardRecord* next = nullptr;
};

/// This thread's record; null: it has none yet, or no longer. Initial-exec makes an access an address instead of a
/// call; it takes a few of the bytes that glibc reserves for libraries loaded with dlopen(3).
extern __attribute__ ((visibility ("hidden"), tls_model ("initial-exec"))) __thread HazardRecord* mine;

/// Whether membarrier(2) is not available.
extern __attribute__ ((visibility ("hidden"))) std::atomic<bool> barrierAbsent;

/// Finds a hazard slot for a call that interrupts another; or for a thread without a record, which gets a new one, or
/// that of a thread that has ended. @return 0; ENOMEM; EAGAIN: too many calls inside one another
int anotherSlot (std::atomic<HandleSlot*>** slot) noexcept;

/// Gives back the record of a thread whose destructors have run, unless another of its calls is in progress.
void releaseRecord (std::atomic<HandleSlot*>* slot) noexcept;

/// Called before the first handle is given out.
void prepareRecords () noexcept;

/// Whether calls execute the barrier themselves.
inline bool fencesItself () noexcept
{
    // Set in prepareRecords (), before any handle is given out; a later change, in awaitQuiet (), may be seen late.
    // [absent] pairs with these stores.
    return barrierAbsent.load (std::memory_order_relaxed);
}

/// Called in a forked child: empties the records of the other threads, which do not exist there.
void forgetOthers () noexcept;

/// Whether a call is using the place.
bool isHeld (const HandleSlot* place) noexcept;

/// Waits until no call is using the place, which has been closed.
void awaitQuiet (HandleSlot* place) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
