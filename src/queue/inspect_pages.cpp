// SPDX-License-Identifier: MIT
// Inspection of a segment's pages: their size and their nodes. By a read-only mapping of the pages that exist, because
// the kernel reports pages of mappings only.
#include "memory/binding.hpp"
#include "os/barrier.hpp"
#include "os/pages.hpp"
#include "os/scratch.hpp"
#include "memory/placement.hpp"
#include "queue/segment_reader.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Maps the pages that exist. A touch of others would allocate them. Stops early where the file was cut short, or has
// more than 65536 pieces; the pages mapped so far are counted. @return 0, or an errno: why the nodes cannot be known
int populateData (const Mapping& mapping, const File& file, NodePages* nodes) noexcept
{
    constexpr unsigned maxPieces = 1 << 16;
    const std::size_t page = os::basePageSize ();
    uint64_t begin = 0;
    uint64_t end = 0;
    int error = 0;
    for (unsigned piece = 0; piece < maxPieces && begin < mapping.bytes; ++piece, begin = end)
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

SegmentPages examine (std::string_view name, uint64_t most, const std::error_category& errors)
{
    SegmentPages pages;
    SegmentReader look;
    if (Failure failure = look.open (name))
    {
        raise (failure, errors);
    }
    if (!look.facts.regular || look.facts.size == 0 || most == 0 || look.facts.size > uint64_t (PTRDIFF_MAX) / 2)
    {
        return pages;
    }
    if (look.folder.hugePage != 0)
    {
        pages.pageSize = look.folder.hugePage;  // the only size there; a touch would take a page from the hugetlb pool
        pages.hugeBytes = look.facts.allocated;
        return pages;
    }
    os::Room room;
    if (int error = os::roomOf (look.file.handle, &room))
    {
        raise (Failure (error, "%.400s cannot be examined (fstatfs)", look.path ()), errors);
    }
    Mapping mapping;
    mapping.options.readOnly = true;
    mapping.shared = true;
    mapping.backing = room.kind == os::FileSystem::Tmpfs ? Backing::Tmpfs : Backing::File;
    mapping.bytes =
        roundUp (static_cast<std::size_t> (look.facts.size < most ? look.facts.size : most), os::basePageSize ());
    if (Failure failure = mapShared (&mapping, look.file, look.folder))
    {
        raise (failure, errors);
    }
    const os::Scratch<NodePages> nodes;
    if (!nodes)
    {
        throw std::bad_alloc ();
    }
    const int error = populateData (mapping, look.file, &*nodes);
    if (look.facts.size < transparentPage ())
    {
        // No huge page fits, so /proc/self/smaps is not read, which would take longer than everything else here.
        pages.pageSize =
            look.facts.allocated != 0 ? std::optional<uint64_t> (os::basePageSize ()) : std::optional<uint64_t> ();
        pages.hugeBytes = 0;
    }
    else
    {
        const Backed backed = readBacked (mapping);
        pages.pageSize = backed.page;
        pages.hugeBytes = backed.huge;
    }
    if (error == 0)
    {
        pages.nodes = nodes->list ();
    }
    return pages;
}
}  // namespace

void detail::inspectPages (std::string_view name, uint64_t most, SegmentPagesReceiver take, void* to,
                           const std::error_category& errors)
{
    const os::NoCancel noCancel;
    const SegmentPages pages = examine (name, most, errors);
    SegmentPagesData data = {};
    data.structSize = sizeof (data);
    data.pageSize = {pages.pageSize.value_or (0), pages.pageSize.has_value ()};
    data.hugeBytes = {pages.hugeBytes.value_or (0), pages.hugeBytes.has_value ()};
    if (pages.nodes)
    {
        data.nodes = {pages.nodes->data (), pages.nodes->size (), true};
    }
    take (data, to);
}

}  // namespace JOIN_ABI
}  // namespace join
