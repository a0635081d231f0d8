// SPDX-License-Identifier: MIT
// The C ABI's functions for a handle of either sort.
#include "joinmem.h"

#include "failure.hpp"
#include "json.hpp"
#include "objects.hpp"

#include <cerrno>
#include <cstring>

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
        fail (EINVAL, "handle %lld is no %s", number, what);
    }
    else if (error == 0)
    {
        fail (EBADF, "handle %lld is none, or closed", number);
    }
    else
    {
        fail (error,
              "handle %lld cannot be looked at: the library found no memory for itself, or %u calls of this thread are "
              "inside one another, as signal handlers nest too deep",
              number, Record::depthMost);
    }
}
}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

namespace
{
// As snprintf(3): cut to fit, and the whole length.
int64_t write (std::string_view from, char* text, uint64_t size)
{
    if (text == nullptr && size != 0)
    {
        return fail (EINVAL, "the text is null, and its size is %llu: give 0", static_cast<unsigned long long> (size));
    }
    if (size != 0)
    {
        const std::size_t length = from.size () < size ? from.size () : static_cast<std::size_t> (size - 1);
        if (length != 0)  // an empty name has no bytes, and memcpy wants some
        {
            std::memcpy (text, from.data (), length);
        }
        text[length] = '\0';
    }
    return static_cast<int64_t> (from.size ());
}
}  // namespace

JOIN_EXPORT int jm_created (jm_handle memory_or_queue) noexcept
{
    return capi::with<capi::Segment> (memory_or_queue, -1, [&] (capi::Segment& s) { return s.created () ? 1 : 0; });
}

JOIN_EXPORT int64_t jm_name (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return capi::with<capi::Segment> (memory_or_queue, int64_t (-1),
                                      [&] (capi::Segment& s) { return write (s.name (), text, size); });
}

JOIN_EXPORT int64_t jm_placement (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return capi::withLocked<capi::Segment> (memory_or_queue, int64_t (-1), [&] (capi::Segment& s) {
        return write (capi::jsonOf (s.placement ()), text, size);
    });
}

JOIN_EXPORT int jm_close (jm_handle handle) noexcept
{
    return capi::guardWhole (-1, [&] {
        const int error = capi::closeHandle (handle);
        return error != 0 ? fail (error, "handle %lld is none, or closed already", static_cast<long long> (handle)) : 0;
    });
}
