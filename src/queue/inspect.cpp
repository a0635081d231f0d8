// SPDX-License-Identifier: MIT
// What a segment is, read by read(2): a mapping could be cut short under us, and a page that is not there would be made.
#include "os/text.hpp"
#include "queue/look.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::Kind;

namespace
{
// Descriptions that hold the attach lease, which is a lock of nobody's pid: all of the machine, whatever the PID namespace.
// Somebody who has a million locks makes that unknown, and nobody slow.
detail::Maybe<uint32_t> countUsers (const os::FileFacts& facts)
{
    constexpr uint32_t linesMost = 100'000;
    uint32_t count = 0;
    uint32_t lines = 0;
    os::TextFile locks ("/proc/locks");
    while (const char* line = locks.line ())
    {
        if (++lines > linesMost)
        {
            return {};
        }
        unsigned long long last = 0;
        unsigned long long inode = 0;
        unsigned long long first = 0;
        unsigned major = 0;
        unsigned minor = 0;
        if (std::sscanf (line, "%*s OFDLCK %*s READ %*d %x:%x:%llu %llu %llu", &major, &minor, &inode, &first, &last)
                == 5
            && inode == facts.inode && os::isDevice (facts.device, major, minor) && first == os::leaseOffset
            && last == first)
        {
            ++count;
        }
    }
    return locks.error () == 0 ? detail::Maybe<uint32_t> (count) : detail::Maybe<uint32_t> ();
}

void tellFile (const Look& look, SegmentInfo* info)
{
    const os::FileFacts& facts = look.facts;
    info->path = look.path ();
    info->size = facts.size;
    info->allocated = facts.allocated;
    info->hugePage = look.folder.hugePage;
    info->device = facts.device;
    info->inode = facts.inode;
    info->owner = facts.owner;
    info->permissions = facts.mode & 0777;
    if (look.file.handle == -1)
    {
        return;
    }
    os::bornAt (look.file.handle, &info->madeAt);
    bool used = false;
    if (os::leaseOfOthers (look.file.handle, &used) == 0)
    {
        info->inUse = used;
        info->users = used ? countUsers (facts) : detail::Maybe<uint32_t> (0);
    }
}

void tellShape (const detail::Identity& identity, SegmentInfo* info) noexcept
{
    info->kind = static_cast<SegmentKind> (identity.kind);
    info->version = static_cast<uint32_t> (identity.major) << 16 | identity.minor;
    info->compatible = identity.compatible;
    info->incompatible = identity.incompatible;
    info->elementSize = identity.elementSize;
    info->stride = identity.stride;
    info->places = identity.lanes;
    info->capacity = identity.capacity;
    info->typeId = identity.typeId;
    info->tag = identity.tag;
    info->wordsOffset = identity.wordsOffset;
    info->elementsOffset = identity.elementsOffset;
    info->segmentSize = identity.segmentSize;
    info->maker = identity.creatorPid;
    info->madeAt = identity.createdAt;
}

void tellCounters (const Look& look, const QueueFormat& format, SegmentInfo* info) noexcept
{
    const unsigned shift = format.kind == Kind::Spsc ? 0 : detail::ticketShift;
    const uint64_t tail = look.word (offsetof (Control, tail));  // before head: so it is never more
    const uint64_t head = look.word (offsetof (Control, head));
    const uint32_t state = static_cast<uint32_t> (look.word (offsetof (Control, gate)));
    info->popped = tail >> shift;
    info->pushed = head >> shift;
    // Of tickets, which wrap, too; what a hostile one says is not more than fits.
    const uint64_t inside = ((head >> shift << shift) - (tail >> shift << shift)) >> shift;
    info->pending = std::min (inside, format.capacity);
    info->deaths = look.word (offsetof (Control, counters) + offsetof (detail::Counters, deaths));
    info->holes = look.word (offsetof (Control, counters) + offsetof (detail::Counters, holes));
    info->popperSleeps = (state & detail::poppersWait) != 0;
    info->pusherSleeps = (state & detail::pushersWait) != 0;
    info->shutDown = (state & detail::shutBit) != 0;
}

void tellContent (Look& look, SegmentInfo* info)
{
    QueueFormat format = {};
    const Failure failure = look.readFormat (&format);
    if (!failure)
    {
        tellShape (look.identity, info);
        tellCounters (look, format, info);
    }
    else if (look.identity.magic == detail::segmentMagic)
    {
        info->kind = SegmentKind::Damaged;
        info->fault = failure.text ();
    }
    else if (isMarked (look.facts) || info->users.value_or (0) != 0)  // a stranger's lock of the whole file is no lease
    {
        info->kind = SegmentKind::Memory;
    }
}

// What says something of this process, and nothing of the file.
bool isOurs (int error) noexcept
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

struct Names
{
    std::vector<std::string> list;
    bool failed = false;
};

void addName (const char* name, void* with) noexcept
{
    Names& names = *static_cast<Names*> (with);
    const bool own = std::strncmp (name, workingPrefix, std::strlen (workingPrefix)) == 0;
    if (own || std::strcmp (name, ".") == 0 || std::strcmp (name, "..") == 0)
    {
        return;
    }
    try
    {
        names.list.push_back (std::string ("/") + name);
    }
    catch (const std::bad_alloc&)
    {
        names.failed = true;
    }
}
}  // namespace

detail::Array<std::string> segmentNames ()
{
    Names names;
    const Folders places = folders (true);
    for (std::size_t i = 0; i < places.count; ++i)
    {
        const int error = os::eachName (places.list[i].path, "", addName, &names);
        if (error != 0 && places.list[i].hugePage == 0)
        {
            raise (Failure (error, "%s cannot be read", places.list[i].path));
        }
    }
    if (names.failed)
    {
        throw std::bad_alloc ();
    }
    std::sort (names.list.begin (), names.list.end ());
    names.list.erase (std::unique (names.list.begin (), names.list.end ()), names.list.end ());
    detail::Array<std::string> result (names.list.size ());
    std::move (names.list.begin (), names.list.end (), result.begin ());
    return result;
}

void detail::inspect (std::string_view name, SegmentInfo& info)
{
    Look look;
    const Failure failure = look.open (name);
    if (failure && (!look.seen () || isOurs (failure.error ())))
    {
        raise (failure);
    }
    tellFile (look, &info);
    if (failure)
    {
        info.kind = SegmentKind::Unreadable;
        info.fault = failure.text ();
    }
    else if (look.file.handle != -1)
    {
        tellContent (look, &info);
    }
}

}  // namespace JOIN_ABI
}  // namespace join
