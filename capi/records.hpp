// SPDX-License-Identifier: MIT
// Who is inside a call: a record a thread, with the places that its calls use. A call writes its own record with plain
// stores; the barrier between that and the look at the place is paid by whoever closes (asymmetric, membarrier(2)).
#ifndef JOIN_CAPI_RECORDS_HPP
#define JOIN_CAPI_RECORDS_HPP

#include "handles.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
// On lines of its own, and of the pair that is fetched together: no call of one thread slows another's.
struct alignas (128) Record
{
    static constexpr unsigned depthMost = 8;  // a call, and signal handlers that call in the middle of it

    std::atomic<Place*> slots[depthMost] = {};  // those in use come first
    std::atomic<bool> taken {false};
    Record* next = nullptr;
};

/// This thread's record; null: none yet, or not any more. Initial-exec: an address and not a call; a few bytes, which glibc
/// keeps spare for libraries that come by dlopen.
extern __attribute__ ((visibility ("hidden"), tls_model ("initial-exec"))) __thread Record* mine;

/// Whether membarrier(2) is not to be had.
extern __attribute__ ((visibility ("hidden"))) std::atomic<bool> barrierAbsent;

/// A slot for a call of a thread that has no record, which is made, or taken over from a thread that has ended; or for a call
/// in the middle of another. 0, ENOMEM, or EAGAIN: too deep.
int anotherSlot (std::atomic<Place*>** slot) noexcept;

/// Of a thread that has no destructors to run any more: gives the slot's record back, unless another call is inside.
void releaseRecord (std::atomic<Place*>* slot) noexcept;

/// Before the first handle is given out.
void prepareRecords () noexcept;

/// Whether the calling thread pays for barriers itself.
inline bool fencesItself () noexcept
{
    // [absent] pairs with the stores in prepareRecords (), before any handle is given out, and in awaitQuiet (), seen late
    return barrierAbsent.load (std::memory_order_relaxed);
}

/// In a forked child: the other threads, and the calls that they were in, are gone.
void forgetOthers () noexcept;

/// Whether a call is inside the place.
bool isHeld (const Place* place) noexcept;

/// Waits until no call is inside the place, which has been closed.
void awaitQuiet (Place* place) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
