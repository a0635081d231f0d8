// SPDX-License-Identifier: MIT
#include "queue/table.hpp"

#include "os/pages.hpp"

namespace join
{
inline namespace JOIN_ABI
{
const char LaneTable::vacated = 0;

namespace
{
constexpr std::size_t tableBytes (std::size_t page) noexcept
{
    return (sizeof (LaneTable) + page - 1) / page * page;
}
}  // namespace

Failure LaneTable::make (LaneTable** made) noexcept
{
    void* table = nullptr;
    const std::size_t bytes = tableBytes (os::basePageSize ());
    if (int error = os::mapAnonymous (bytes, 0, &table))
    {
        return Failure (error, "%s for a queue's lanes cannot be mapped", SizeText (bytes).text);
    }
    if (int error = os::wipeOnFork (table, bytes))
    {
        os::unmap (table, bytes);
        return Failure (error, "pages that a forked child finds empty cannot be had (MADV_WIPEONFORK, Linux 4.14)");
    }
    *made = static_cast<LaneTable*> (table);
    return Failure ();
}

void LaneTable::free (LaneTable* table) noexcept
{
    os::unmap (table, tableBytes (os::basePageSize ()));
}

}  // namespace JOIN_ABI
}  // namespace join
