// SPDX-License-Identifier: MIT
// The C ABI's functions for a handle of memory or of a queue.
#include "joinmem.h"

#include "base/failure.hpp"
#include "json.hpp"
#include "objects.hpp"

using namespace join;

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
void refuseHandle (Handle handle, const Object* found, int error, const char* what) noexcept
{
    const long long number = handle;
    if (found != nullptr)
    {
        fail (EINVAL, "handle %lld is of another kind: this function needs %s", number, what);
    }
    else if (error == 0)
    {
        fail (EBADF, "handle %lld does not exist, or is closed", number);
    }
    else
    {
        fail (
            error,
            "handle %lld cannot be used: the library found no memory for itself, or signal handlers nest too deep: %u "
            "calls of this thread are in progress",
            number, HazardRecord::maxDepth);
    }
}

int refuseTimeout (int64_t timeout) noexcept
{
    return fail (EINVAL, "a timeout of %lld ns is negative: -1 waits without limit, 0 does not wait",
                 static_cast<long long> (timeout));
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

JOIN_EXPORT int jm_created (jm_handle memory_or_queue) noexcept
{
    return capi::onObject<capi::Segment> (memory_or_queue, -1, [&] (capi::Segment& s) { return s.created () ? 1 : 0; });
}

JOIN_EXPORT int jm_named (jm_handle memory_or_queue) noexcept
{
    return capi::onObject<capi::Segment> (memory_or_queue, -1, [&] (capi::Segment& s) { return s.named (); });
}

JOIN_EXPORT int64_t jm_name (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return capi::onObject<capi::Segment> (memory_or_queue, int64_t (-1),
                                          [&] (capi::Segment& s) { return capi::writeText (s.name (), text, size); });
}

JOIN_EXPORT int64_t jm_placement (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return capi::onLockedObject<capi::Segment> (memory_or_queue, int64_t (-1), [&] (capi::Segment& s) {
        return capi::writeText (capi::jsonOf (s.placement ()), text, size);
    });
}

JOIN_EXPORT int jm_close (jm_handle handle) noexcept
{
    return capi::guardWhole (-1, [&] {
        const int error = capi::closeHandle (handle);
        return error != 0
                   ? fail (error, "handle %lld does not exist, or is already closed", static_cast<long long> (handle))
                   : 0;
    });
}
