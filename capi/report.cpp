// SPDX-License-Identifier: MIT
// Fills jm_producer and jm_queue_stats, of any struct_size.
#include "report.hpp"

#include "base/failure.hpp"
#include "base/sized_struct.hpp"
#include "os/scratch.hpp"

#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <cerrno>
#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
template <typename Struct>
void write (void* to, Struct from, uint32_t size) noexcept
{
    from.struct_size = size;
    writeSized (to, size, from);
}

template <typename Source>
int64_t list (Source source, jm_producer* to, uint64_t count, uint32_t size) noexcept
{
    if (!isStructSize (size, sizeof (jm_producer), {offsetof (jm_producer, in_push)}))
    {
        return fail (EINVAL, "struct_size %u is not the size of any jm_producer: give sizeof (jm_producer)", size);
    }
    if (to == nullptr && count != 0)
    {
        return fail (EINVAL, "the list is null: give a list, or a count of 0 to get the number of producers");
    }
    struct All
    {
        Producer list[detail::maxSlots];
    };
    const os::Scratch<All> all;
    if (!all)
    {
        return fail (ENOMEM, "the library found no memory for itself");
    }
    const int64_t found = source (all->list, detail::maxSlots);
    for (int64_t i = 0; i < found && static_cast<uint64_t> (i) < count; ++i)
    {
        const Producer& one = all->list[i];
        write (reinterpret_cast<char*> (to) + static_cast<uint64_t> (i) * size,
               jm_producer {size, one.slot, one.pid, one.alive ? 1U : 0U, one.inPush ? 1U : 0U}, size);
    }
    return found;
}
}  // namespace

int64_t producersOf (detail::Ring& ring, jm_producer* to, uint64_t count, uint32_t size) noexcept
{
    return list ([&] (Producer* all, uint64_t n) noexcept { return ring.producers (all, n, sizeof (Producer)); }, to,
                 count, size);
}

int64_t producersOf (const char* name, jm_producer* to, uint64_t count, uint32_t size) noexcept
{
    return list ([=] (Producer* all, uint64_t n) noexcept { return inspectProducers (name, all, n); }, to, count, size);
}

int statsOf (const detail::Ring& ring, jm_queue_stats* stats, uint32_t size) noexcept
{
    if (!isStructSize (size, sizeof (jm_queue_stats), {sizeof (jm_queue_stats)}))
    {
        return fail (EINVAL, "struct_size %u is not the size of any jm_queue_stats: give sizeof (jm_queue_stats)",
                     size);
    }
    if (stats == nullptr)
    {
        return fail (EINVAL, "the jm_queue_stats to write is null");
    }
    QueueStats now;
    ring.count (now);
    write (stats, jm_queue_stats {size, now.shutDown ? 1U : 0U, now.pushed, now.popped, now.deaths, now.skipped}, size);
    return 0;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
