// SPDX-License-Identifier: MIT
// Checks MemOptions. Their struct may come from a program that was compiled against an older or a newer header.
#include "memory/options.hpp"

#include "base/sized_struct.hpp"
#include "os/pages.hpp"

#include <cerrno>
#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
Failure copyOptions (const MemOptions& input, MemOptions* options) noexcept
{
    constexpr std::size_t ends[] = {
        offsetof (MemOptions, hugePageSize), offsetof (MemOptions, numaNode), offsetof (MemOptions, openMode),
        offsetof (MemOptions, permissions),  offsetof (MemOptions, prefault),
    };
    const uint32_t size = input.structSize;
    if (!isStructSize (size, sizeof (MemOptions), ends))
    {
        return Failure (EINVAL, "the options' structSize is %u, which no MemOptions has: leave it as constructed",
                        size);
    }
    if (const uint32_t byte = unknownField (&input, size, sizeof (MemOptions)))
    {
        return Failure (
            EINVAL, "the options have a field at byte %u that this library does not know: use a newer library", byte);
    }
    readSized (&input, size, options);
    options->structSize = sizeof (MemOptions);
    return Failure ();
}

Failure checkShared (const MemOptions& options) noexcept
{
    if (options.openMode > OpenMode::OpenOnly)
    {
        return Failure (EINVAL, "open mode %u does not exist: 0 creates or opens, 1 creates only, 2 opens only",
                        static_cast<unsigned> (options.openMode));
    }
    if ((options.permissions & ~0777U) != 0)
    {
        return Failure (EINVAL, "permissions 0%o have bits above 0777: give 0 to 0777", options.permissions);
    }
    if (options.readOnly && options.openMode != OpenMode::OpenOnly)
    {
        return Failure (EINVAL,
                        "read-only needs the open mode OpenOnly (JM_OPEN_ONLY): a new segment must be writable");
    }
    return Failure ();
}
}  // namespace

Failure readOptions (const MemOptions& input, bool shared, MemOptions* options) noexcept
{
    if (Failure failure = copyOptions (input, options))
    {
        return failure;
    }
    if (options->huge > HugePages::Require)
    {
        return Failure (EINVAL, "huge pages mode %u does not exist: 0 prefers them, 1 uses none, 2 requires them",
                        static_cast<unsigned> (options->huge));
    }
    const uint64_t page = options->hugePageSize;
    if (page != 0 && ((page & (page - 1)) != 0 || page <= os::basePageSize ()))
    {
        return Failure (EINVAL, "huge pages of %s do not exist: give 0 or a power of two above %s",
                        SizeText (page).text, SizeText (os::basePageSize ()).text);
    }
    if (options->numaNode < -1)
    {
        return Failure (EINVAL, "node %d does not exist: give -1 or the number of a node", options->numaNode);
    }
    unsigned char onlyOurs = 0;
    // The byte of the caller's struct may have any value, which a bool must not have.
    std::memcpy (&onlyOurs, &options->onlyOurs, sizeof (onlyOurs));
    if (onlyOurs > 1)
    {
        return Failure (EINVAL, "the options' onlyOurs is %u: give true or false", onlyOurs);
    }
    if (options->permissions == 0)
    {
        options->permissions = 0600;
    }
    if (Failure failure = checkShared (*options))
    {
        return failure;
    }
    if (!shared && options->openMode == OpenMode::OpenOnly)
    {
        return Failure (EINVAL, "open mode OpenOnly (JM_OPEN_ONLY) is for segments: private memory is always new");
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
