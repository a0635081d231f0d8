// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "failure.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
constexpr uint32_t structMost = 4096;  // beyond this a struct_size is a mistake and not a newer header

const jm_options defaults = {sizeof (jm_options), JM_HUGE_PREFER, 0, -1, 1, 0, JM_CREATE_OR_OPEN, 0, 0};

// An older program's struct ends before a field that came later: any field's end is an end, from `huge` on.
void checkSize (uint32_t size)
{
    const bool known = size >= offsetof (jm_options, huge_page_size) && size <= sizeof (jm_options)
                       && (size == offsetof (jm_options, huge_page_size) || size >= offsetof (jm_options, numa_node))
                       && size % sizeof (uint32_t) == 0;
    const bool newer = size > sizeof (jm_options) && size <= structMost;
    if (!known && !newer)
    {
        raise (Failure (EINVAL,
                        "struct_size %u is the size of no jm_options: call jm_options_init with sizeof (jm_options)",
                        size));
    }
}

bool truth (uint32_t value, const char* field)
{
    if (value > 1)
    {
        raise (Failure (EINVAL, "%s is %u: give 0 or 1", field, value));
    }
    return value == 1;
}

jm_options copyOf (const jm_options* given)
{
    uint32_t size = 0;
    std::memcpy (&size, given, sizeof (size));  // whoever packs the struct by hand may not have aligned it
    checkSize (size);
    const char* bytes = reinterpret_cast<const char*> (given);
    for (uint32_t i = sizeof (jm_options); i < size; ++i)
    {
        if (bytes[i] != 0)
        {
            raise (Failure (EINVAL,
                            "jm_options has a field at byte %u that this library does not know: use a newer one", i));
        }
    }
    jm_options options = defaults;
    std::memcpy (&options, given, size < sizeof (options) ? size : sizeof (options));
    return options;
}
}  // namespace

MemOptions optionsOf (const jm_options* given)
{
    if (given == nullptr)
    {
        raise (Failure (EINVAL, "the jm_options are null: call the function without options for the defaults"));
    }
    const jm_options from = copyOf (given);
    MemOptions options;
    options.huge = static_cast<HugePages> (from.huge);
    options.pageSize = from.huge_page_size;
    options.node = from.numa_node;
    options.prefault = truth (from.prefault, "prefault");
    options.lock = truth (from.lock, "lock");
    options.mode = static_cast<OpenMode> (from.open_mode);
    options.permissions = from.permissions;
    options.readOnly = truth (from.read_only, "read_only");
    return options;
}

void initialise (jm_options* options, uint32_t size)
{
    if (options == nullptr)
    {
        raise (Failure (EINVAL, "the jm_options to initialise is null"));
    }
    checkSize (size);
    std::memcpy (options, &defaults, size < sizeof (defaults) ? size : sizeof (defaults));
    if (size > sizeof (defaults))
    {
        std::memset (reinterpret_cast<char*> (options) + sizeof (defaults), 0, size - sizeof (defaults));
    }
    std::memcpy (options, &size, sizeof (size));
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
