// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "failure.hpp"

#include <join/inspect.hpp>
#include <join/queue.hpp>

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
// From the first version on, and whatever newer ones have behind ours, which is zero.
template <typename Struct>
bool isSize (uint32_t size, std::size_t first) noexcept
{
    constexpr uint32_t structMost = 4096;
    return (size >= first && size <= sizeof (Struct) && size % 4 == 0)
           || (size > sizeof (Struct) && size <= structMost);
}

template <typename Struct>
void write (void* to, Struct from, uint32_t size) noexcept
{
    const std::size_t known = size < sizeof (from) ? size : sizeof (from);
    from.struct_size = size;
    std::memcpy (to, &from, known);
    std::memset (static_cast<char*> (to) + known, 0, size - known);
}

template <typename Source>
int64_t list (Source source, jm_participant* to, uint64_t count, uint32_t size) noexcept
{
    if (!isSize<jm_participant> (size, offsetof (jm_participant, inside)))
    {
        return fail (EINVAL, "struct_size %u is the size of no jm_participant: give sizeof (jm_participant)", size);
    }
    if (to == nullptr && count != 0)
    {
        return fail (EINVAL, "the list is null: give one, or a count of 0 to be told how many there are");
    }
    Participant all[detail::lanesMost];
    const int64_t found = source (all, detail::lanesMost);
    for (int64_t i = 0; i < found && static_cast<uint64_t> (i) < count; ++i)
    {
        const Participant& one = all[i];
        write (reinterpret_cast<char*> (to) + static_cast<uint64_t> (i) * size,
               jm_participant {size, one.place, one.pid, one.alive ? 1U : 0U, one.inside ? 1U : 0U}, size);
    }
    return found;
}
}  // namespace

int64_t participantsOf (detail::Ring& ring, jm_participant* to, uint64_t count, uint32_t size) noexcept
{
    return list (
        [&] (Participant* all, uint64_t n) noexcept { return ring.participants (all, n, sizeof (Participant)); }, to,
        count, size);
}

int64_t participantsOf (const char* name, jm_participant* to, uint64_t count, uint32_t size) noexcept
{
    return list (
        [=] (Participant* all, uint64_t n) noexcept { return inspectParticipants (detail::nameOf (name), all, n); }, to,
        count, size);
}

int statsOf (const detail::Ring& ring, jm_queue_stats* stats, uint32_t size) noexcept
{
    if (!isSize<jm_queue_stats> (size, sizeof (jm_queue_stats)))
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
