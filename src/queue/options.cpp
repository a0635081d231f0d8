// SPDX-License-Identifier: MIT
// Checks the options of a queue object. Their size tells which fields the program knows: a longer struct is accepted as
// long as the fields that this library does not know are zero.
#include "queue/options.hpp"

#include "base/sized_struct.hpp"

#include <join/detail/segment.hpp>

#include <cerrno>
#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
Failure readQueueOptions (const QueueOptions& input, QueueOptions* options) noexcept
{
    constexpr std::size_t ends[] = {
        offsetof (QueueOptions, typeId), offsetof (QueueOptions, tag),           offsetof (QueueOptions, exclusive),
        offsetof (QueueOptions, spinNs), offsetof (QueueOptions, interruptible),
    };
    const uint32_t size = input.structSize;
    if (!isStructSize (size, sizeof (QueueOptions), ends))
    {
        return Failure (EINVAL,
                        "the options' structSize is %u, which is the size of no QueueOptions: leave it as the "
                        "constructor sets it",
                        size);
    }
    if (const uint32_t byte = unknownField (&input, size, sizeof (QueueOptions)))
    {
        return Failure (EINVAL, "the options have a field at byte %u that this library does not know: use a newer one",
                        byte);
    }
    readSized (&input, size, options);
    options->structSize = sizeof (QueueOptions);
    options->exclusive =
        options->exclusive && size > offsetof (QueueOptions, exclusive);  // older programs do not have the option
    if (options->maxProducers > detail::maxSlots)
    {
        return Failure (EINVAL, "%u producers are too many: a queue has slots for %u at most", options->maxProducers,
                        detail::maxSlots);
    }
    if (options->spinNs < QueueOptions::noSpin)
    {
        return Failure (EINVAL, "spin is %lld: give 0 to adapt, -1 not to spin, or nanoseconds",
                        static_cast<long long> (options->spinNs));
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
