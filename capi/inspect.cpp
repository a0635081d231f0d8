// SPDX-License-Identifier: MIT
// The C ABI's functions that inspect segments by name, or remove them.
#include "joinmem.h"

#include "base/failure.hpp"
#include "guard.hpp"
#include "json.hpp"
#include "report.hpp"

#include <cerrno>
#include <cstring>

using namespace join;

namespace
{
// Writes whole names only, because a name that is cut could not be recognised as such.
int64_t writeNames (const std::vector<std::string>& names, char* to, uint64_t size) noexcept
{
    uint64_t needed = 0;
    for (const std::string& name : names)
    {
        const uint64_t bytes = name.size () + 1;
        if (needed + bytes <= size)
        {
            std::memcpy (to + needed, name.c_str (), bytes);
        }
        else if (needed < size)
        {
            std::memset (to + needed, 0, static_cast<std::size_t> (size - needed));
            size = needed;
        }
        needed += bytes;
    }
    return static_cast<int64_t> (needed);
}
}  // namespace

JOIN_EXPORT int64_t jm_segment_names (char* names, uint64_t size) noexcept
{
    return capi::guardWhole (int64_t (-1), [&] {
        return names == nullptr && size != 0
                   ? fail (EINVAL, "the names are null, but their size is not 0: give a buffer, or size 0")
                   : writeNames (segmentNames (), names, size);
    });
}

JOIN_EXPORT int64_t jm_inspect (const char* name, char* text, uint64_t size) noexcept
{
    return capi::guardWhole (int64_t (-1), [&] { return capi::writeText (capi::jsonOf (inspect (name)), text, size); });
}

JOIN_EXPORT int64_t jm_inspect_producers (const char* name, jm_producer* list, uint64_t count,
                                          uint32_t struct_size) noexcept
{
    return capi::guardWhole (int64_t (-1), [&] { return capi::producersOf (name, list, count, struct_size); });
}

JOIN_EXPORT int64_t jm_inspect_pages (const char* name, uint64_t most, char* text, uint64_t size) noexcept
{
    return capi::guardWhole (int64_t (-1),
                             [&] { return capi::writeText (capi::jsonOf (inspectPages (name, most)), text, size); });
}

JOIN_EXPORT int jm_remove_unused (const char* name) noexcept
{
    return capi::guardWhole (-1, [&] { return removeUnused (name); });
}

JOIN_EXPORT int jm_remove_unused_if_unchanged (const char* name, uint64_t device, uint64_t inode, uint64_t pushed,
                                               uint64_t popped) noexcept
{
    return capi::guardWhole (-1, [&] {
        const SegmentInfo now = inspect (name);
        if (now.device != device || now.inode != inode || now.pushed != pushed || now.popped != popped)
        {
            return fail (EAGAIN, "%.400s was replaced, or another process used it meanwhile: inspect it again",
                         now.path.c_str ());
        }
        return removeUnused (now);
    });
}
