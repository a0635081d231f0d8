// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "failure.hpp"

#include <join/queue.hpp>

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
// Those of the first version, and whatever newer ones have behind them, which is zero.
template <typename Struct>
bool isSize (uint32_t size) noexcept
{
    constexpr uint32_t structMost = 4096;
    return size >= sizeof (Struct) && size <= structMost;
}

template <typename Struct>
void write (void* to, Struct from, uint32_t size) noexcept
{
    from.struct_size = size;
    std::memcpy (to, &from, sizeof (from));
    std::memset (static_cast<char*> (to) + sizeof (from), 0, size - sizeof (from));
}
}  // namespace

int64_t participantsOf (detail::Ring& ring, jm_participant* list, uint64_t count, uint32_t size) noexcept
{
    if (!isSize<jm_participant> (size))
    {
        return fail (EINVAL, "struct_size %u is the size of no jm_participant: give sizeof (jm_participant)", size);
    }
    if (list == nullptr && count != 0)
    {
        return fail (EINVAL, "the list is null: give one, or a count of 0 to be told how many there are");
    }
    Participant all[detail::lanesMost];
    const int64_t found = ring.participants (all, detail::lanesMost, sizeof (Participant));
    for (int64_t i = 0; i < found && static_cast<uint64_t> (i) < count; ++i)
    {
        char* to = reinterpret_cast<char*> (list) + static_cast<uint64_t> (i) * size;
        write (to, jm_participant {size, all[i].place, all[i].pid, all[i].alive ? 1U : 0U}, size);
    }
    return found;
}

int statsOf (const detail::Ring& ring, jm_queue_stats* stats, uint32_t size) noexcept
{
    if (!isSize<jm_queue_stats> (size))
    {
        return fail (EINVAL, "struct_size %u is the size of no jm_queue_stats: give sizeof (jm_queue_stats)", size);
    }
    if (stats == nullptr)
    {
        return fail (EINVAL, "the jm_queue_stats to write are null");
    }
    QueueStats now;
    ring.count (now);
    write (stats, jm_queue_stats {size, now.shutDown ? 1U : 0U, now.pushed, now.popped, now.deaths, now.holes}, size);
    return 0;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
