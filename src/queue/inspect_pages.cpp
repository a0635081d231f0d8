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
// Pages that are not there are left alone: a touch would make them, and there may be any number. Cut short meanwhile, or in more
// pieces than anybody has a use for: what is mapped counts. 0, or why the nodes cannot be known.
int populateData (const Mapping& mapping, const File& file, NodePages* nodes) noexcept
{
    constexpr unsigned piecesMost = 1 << 16;
    const std::size_t page = os::basePageSize ();
    uint64_t begin = 0;
    uint64_t end = 0;
    int error = 0;
    for (unsigned piece = 0; piece < piecesMost && begin < mapping.bytes; ++piece, begin = end)
    {
        if (os::nextData (file.handle, begin, &begin, &end) != 0 || begin >= mapping.bytes)
        {
            break;
        }
        begin = begin / page * page;
        end = roundUp (static_cast<std::size_t> (end < mapping.bytes ? end : mapping.bytes), page);
        const std::size_t length = static_cast<std::size_t> (end - begin);
        os::populate (mapping.base + begin, length, false);
        error = error != 0 ? error : nodes->add (mapping.base + begin, length);
    }
    return error;
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
    NodePages nodes;
    const int error = populateData (mapping, look.file, &nodes);
    const Backed backed = readBacked (mapping);
    pages.pageSize = backed.page;
    pages.hugeBytes = backed.huge;
    if (error == 0)
    {
        pages.nodes = nodes.list ();
    }
}

}  // namespace JOIN_ABI
}  // namespace join
