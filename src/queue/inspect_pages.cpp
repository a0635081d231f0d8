// SPDX-License-Identifier: MIT
// What pages a segment is on: by a mapping for reading of what is there, as the kernel tells that of mappings alone.
#include "binding.hpp"
#include "os/pages.hpp"
#include "placement.hpp"
#include "queue/look.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Pages that are not there are left alone: a touch would make them.
void populateData (const Mapping& mapping, const File& file) noexcept
{
    const std::size_t page = os::basePageSize ();
    uint64_t begin = 0;
    uint64_t end = 0;
    while (begin < mapping.bytes && os::nextData (file.handle, begin, &begin, &end) == 0 && begin < mapping.bytes)
    {
        begin = begin / page * page;
        end = end < mapping.bytes ? end : mapping.bytes;
        const std::size_t length = roundUp (static_cast<std::size_t> (end - begin), page);
        os::populate (mapping.base + begin, length, false);  // cut short meanwhile: what is mapped counts
        begin += length;
    }
}
}  // namespace

void detail::inspectPages (std::string_view name, uint64_t most, SegmentPages& pages)
{
    Look look;
    if (Failure failure = look.open (name))
    {
        raise (failure);
    }
    if (!look.facts.regular || look.facts.size == 0 || most == 0 || look.facts.size > uint64_t (PTRDIFF_MAX) / 2)
    {
        return;
    }
    if (look.folder.hugePage != 0)
    {
        pages.pageSize = look.folder.hugePage;  // and no others; a look at those that are not there would take them
        pages.hugeBytes = look.facts.allocated;
        return;
    }
    os::Room room;
    if (int error = os::roomOf (look.file.handle, &room))
    {
        raise (Failure (error, "%.400s cannot be looked at (fstatfs)", look.path ()));
    }
    Mapping mapping;
    mapping.asked.readOnly = true;
    mapping.shared = true;
    mapping.backing = room.kind == os::FileSystem::Tmpfs ? Backing::Tmpfs : Backing::File;
    mapping.bytes =
        roundUp (static_cast<std::size_t> (look.facts.size < most ? look.facts.size : most), os::basePageSize ());
    if (Failure failure = mapShared (&mapping, look.file, look.folder))
    {
        raise (failure);
    }
    populateData (mapping, look.file);
    const Backed backed = readBacked (mapping);
    pages.pageSize = backed.page;
    pages.hugeBytes = backed.huge;
    pages.nodes = nodesOf (mapping);
}

}  // namespace JOIN_ABI
}  // namespace join
