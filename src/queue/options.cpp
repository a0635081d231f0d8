// SPDX-License-Identifier: MIT
// Checks the options of a queue object. Their size tells which fields the program knows: a longer struct is accepted as
// long as the fields that this library does not know are zero.
#include "queue/options.hpp"

#include <join/detail/segment.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
Failure readQueueOptions (const QueueOptions& given, QueueOptions* options) noexcept
{
    const uint32_t size = given.structSize;
    const bool ends = size == offsetof (QueueOptions, typeId) || size == offsetof (QueueOptions, tag)
                      || size == offsetof (QueueOptions, exclusive) || size == offsetof (QueueOptions, spin)
                      || size == offsetof (QueueOptions, interruptible)
                      || (size >= sizeof (QueueOptions) && size <= 4096);
    if (!ends)
    {
        return Failure (EINVAL,
                        "the options' structSize is %u, which is the size of no QueueOptions: leave it as the "
                        "constructor sets it",
                        size);
    }
    const char* bytes = reinterpret_cast<const char*> (&given);
    for (uint32_t i = sizeof (QueueOptions); i < size; ++i)
    {
        if (bytes[i] != 0)
        {
            return Failure (EINVAL,
                            "the options have a field at byte %u that this library does not know: use a newer one", i);
        }
    }
    std::memcpy (static_cast<void*> (options), &given, size < sizeof (QueueOptions) ? size : sizeof (QueueOptions));
    options->structSize = sizeof (QueueOptions);
    options->exclusive =
        options->exclusive && size > offsetof (QueueOptions, exclusive);  // older programs do not have the option
    if (options->maxProducers > detail::maxSlots)
    {
        return Failure (EINVAL, "%u producers are too many: a queue has slots for %u at most", options->maxProducers,
                        detail::maxSlots);
    }
    if (options->spin < QueueOptions::noSpin)
    {
        return Failure (EINVAL, "spin is %lld: give 0 to adapt, -1 not to spin, or nanoseconds",
                        static_cast<long long> (options->spin));
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
