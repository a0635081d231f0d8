// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "os/pages.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// A program that is older than a field gives a struct that ends before it: any field's end is an end.
bool endsAtField (uint32_t size) noexcept
{
    static const std::size_t ends[] = {
        offsetof (MemOptions, pageSize),    offsetof (MemOptions, node),     offsetof (MemOptions, mode),
        offsetof (MemOptions, permissions), offsetof (MemOptions, prefault), sizeof (MemOptions),
    };
    for (std::size_t end : ends)
    {
        if (size == end)
        {
            return true;
        }
    }
    return false;
}

Failure copyOptions (const MemOptions& given, MemOptions* options) noexcept
{
    const uint32_t size = given.structSize;
    if (size > sizeof (MemOptions) && size <= 4096)
    {
        const char* bytes = reinterpret_cast<const char*> (&given);
        for (uint32_t i = sizeof (MemOptions); i < size; ++i)
        {
            if (bytes[i] != 0)
            {
                return Failure (
                    EINVAL, "the options have a field at byte %u that this library does not know: use a newer one", i);
            }
        }
    }
    else if (!endsAtField (size))
    {
        return Failure (
            EINVAL, "the options' structSize is %u, which is the size of no MemOptions: leave it as constructed", size);
    }
    const std::size_t known = size < sizeof (MemOptions) ? size : sizeof (MemOptions);
    std::memcpy (static_cast<void*> (options), &given, known);
    options->structSize = sizeof (MemOptions);
    return Failure ();
}

Failure checkShared (const MemOptions& options) noexcept
{
    if (options.mode > OpenMode::OpenOnly)
    {
        return Failure (EINVAL, "open mode %u is none: 0 creates or opens, 1 creates only, 2 opens only",
                        static_cast<unsigned> (options.mode));
    }
    if ((options.permissions & ~0777U) != 0)
    {
        return Failure (EINVAL, "permissions 0%o have bits past 0777", options.permissions);
    }
    if (options.readOnly && options.mode != OpenMode::OpenOnly)
    {
        return Failure (EINVAL, "read-only needs the open mode OpenOnly (JM_OPEN_ONLY): what is made must be written");
    }
    return Failure ();
}
}  // namespace

Failure readOptions (const MemOptions& given, bool shared, MemOptions* options) noexcept
{
    if (Failure failure = copyOptions (given, options))
    {
        return failure;
    }
    if (options->huge > HugePages::Require)
    {
        return Failure (EINVAL, "huge pages %u is none: 0 prefers them, 1 has none, 2 requires them",
                        static_cast<unsigned> (options->huge));
    }
    const uint64_t page = options->pageSize;
    if (page != 0 && ((page & (page - 1)) != 0 || page <= os::basePageSize ()))
    {
        return Failure (EINVAL, "a huge page of %s is none: give 0 or a power of two above %s", SizeText (page).text,
                        SizeText (os::basePageSize ()).text);
    }
    if (options->node < -1)
    {
        return Failure (EINVAL, "node %d is none: give -1 or the number of a node", options->node);
    }
    if (options->reserved != 0)
    {
        return Failure (EINVAL, "the options' reserved byte is %u: it stays 0", options->reserved);
    }
    if (options->permissions == 0)
    {
        options->permissions = 0600;
    }
    if (Failure failure = checkShared (*options))
    {
        return failure;
    }
    if (!shared && options->mode == OpenMode::OpenOnly)
    {
        return Failure (EINVAL, "open mode OpenOnly (JM_OPEN_ONLY) is for segments: private memory is always made");
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
