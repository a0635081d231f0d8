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

    std::atomic<Place*> slots[depthMost] = {};
    unsigned depth = 0;  // the thread's own
    std::atomic<bool> taken {false};
    Record* next = nullptr;
};

/// This thread's record: made, or taken over from a thread that has ended. Null when there is no memory.
Record* takeRecord () noexcept;

/// Back to the pool, where the thread has no destructors to run any more; else the thread keeps it.
void releaseRecord (Record* record) noexcept;

/// Before the first handle is given out.
void prepareRecords () noexcept;

/// Whether the calling thread pays for barriers itself, as membarrier(2) is not to be had.
bool fencesItself () noexcept;

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
