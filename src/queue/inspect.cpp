// SPDX-License-Identifier: MIT
// Inspection of a segment: its kind, format, counters and users. By pread(2) and not by a mapping, because a touch of a
// mapping is a SIGBUS when the file is cut short, and allocates pages that do not exist.
#include "os/barrier.hpp"
#include "queue/segment_reader.hpp"
#include "queue/users.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::traitsOf;

namespace
{
void tellFile (const SegmentReader& look, SegmentInfo* info)
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
    os::bornAt (look.file.handle, &info->createdAt);
    bool used = false;
    if (os::attachLockOfOthers (look.file.handle, &used) == 0)
    {
        info->inUse = used;
        info->users = used ? countUsers (facts) : std::optional<uint32_t> (0);
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
    info->slotCount = identity.slotCount;
    info->capacity = identity.capacity;
    info->typeId = identity.typeId;
    info->tag = identity.tag;
    info->sequencesOffset = identity.sequencesOffset;
    info->elementsOffset = identity.elementsOffset;
    info->segmentSize = identity.segmentSize;
    info->creatorPid = identity.creatorPid;
    info->createdAt = identity.createdAt;
}

void tellCounters (const SegmentReader& look, const ElementCounts& counts, SegmentInfo* info) noexcept
{
    const uint32_t state = static_cast<uint32_t> (look.word (offsetof (Control, gate)));
    info->popped = counts.popped;
    info->pushed = counts.pushed;
    info->pending = counts.pending;
    info->deaths = look.word (offsetof (Control, counters) + offsetof (detail::Counters, deaths));
    info->skipped = look.word (offsetof (Control, counters) + offsetof (detail::Counters, skipped));
    info->consumerSleeps = (state & detail::consumersWait) != 0;
    info->producerSleeps = (state & detail::producersWait) != 0;
    info->elementWatched = (state & detail::elementWatched) != 0;
    info->roomWatched = (state & detail::roomWatched) != 0;
    info->shutDown = (state & detail::shutBit) != 0;
}

// Reports a queue whose header is good: its contents, or that its counters contradict each other.
void tellQueue (const SegmentReader& look, const QueueFormat& format, SegmentInfo* info)
{
    const ElementCounts counts = countElements (look, format);
    if (counts.difference <= format.capacity)
    {
        tellShape (look.identity, info);
        tellCounters (look, counts, info);
        return;
    }
    const auto wide = [] (uint64_t number) -> unsigned long long { return number; };
    const Failure failure (
        EBADMSG,
        "%.200s is a damaged queue: %llu elements pushed and %llu popped contradict its capacity of %llu%s; remove it "
        "(joinmem rm)",
        look.path (), wide (counts.pushed), wide (counts.popped), wide (format.capacity),
        traitsOf (format.kind).claims ? "" : ", as after two producers or two consumers at once");
    info->kind = SegmentKind::Damaged;
    info->fault = failure.text ();
}

// Errors that say something about this process and nothing about the file.
bool isOurs (int error) noexcept
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

void tellContent (SegmentReader& look, SegmentInfo* info, const std::error_category& errors)
{
    QueueFormat format = {};
    const Failure failure = look.readFormat (&format);
    if (!failure)
    {
        tellQueue (look, format, info);
        bool used = true;
        if (look.openWriterFile (format).handle != -1 && !look.usedByWriters (format, false, &used) && !used)
        {
            info->inUse = false;  // processes that may only read can lock the queue's own file, and are no users
            info->users = 0;
        }
    }
    else if (isOurs (failure.error ()))
    {
        raise (failure, errors);
    }
    else if (look.identity.magic == detail::segmentMagic)
    {
        info->kind = SegmentKind::Damaged;
        info->fault = failure.text ();
    }
    else if (markOf (look) != Mark::None || info->users.value_or (0) != 0)
    {
        // `users` counts attach locks alone, which a lock of a whole file by another program is not.
        info->kind = SegmentKind::Memory;
    }
}

detail::SegmentData dataOf (const SegmentInfo& info) noexcept
{
    detail::SegmentData data = {};
    data.structSize = sizeof (data);
    data.kind = info.kind;
    data.path = {info.path.data (), info.path.size ()};
    data.fault = {info.fault.data (), info.fault.size ()};
    data.size = info.size;
    data.allocated = info.allocated;
    data.hugePage = info.hugePage;
    data.device = info.device;
    data.inode = info.inode;
    data.createdAt = info.createdAt;
    data.owner = info.owner;
    data.permissions = info.permissions;
    data.inUse = {info.inUse.value_or (false), info.inUse.has_value ()};
    data.users = {info.users.value_or (0), info.users.has_value ()};
    data.version = info.version;
    data.compatible = info.compatible;
    data.incompatible = info.incompatible;
    data.elementSize = info.elementSize;
    data.stride = info.stride;
    data.slotCount = info.slotCount;
    data.capacity = info.capacity;
    data.typeId = info.typeId;
    data.tag = info.tag;
    data.sequencesOffset = info.sequencesOffset;
    data.elementsOffset = info.elementsOffset;
    data.segmentSize = info.segmentSize;
    data.creatorPid = info.creatorPid;
    data.consumerSleeps = info.consumerSleeps;
    data.producerSleeps = info.producerSleeps;
    data.shutDown = info.shutDown;
    data.pending = info.pending;
    data.pushed = info.pushed;
    data.popped = info.popped;
    data.deaths = info.deaths;
    data.skipped = info.skipped;
    data.elementWatched = info.elementWatched;
    data.roomWatched = info.roomWatched;
    return data;
}

struct Names
{
    std::vector<std::string> list;
    bool failed = false;
};

void addName (const char* name, void* with) noexcept
{
    Names& names = *static_cast<Names*> (with);
    if (isOwnName (name) || std::strcmp (name, ".") == 0 || std::strcmp (name, "..") == 0)
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

void detail::listSegments (NameReceiver take, void* to, const std::error_category& errors)
{
    const os::NoCancel noCancel;
    Names names;
    const SegmentDirs places = segmentDirs (true);
    for (std::size_t i = 0; i < places.count (); ++i)
    {
        const int error = os::eachName (places[i].path, "", addName, &names);
        if (error != 0 && places[i].hugePage == 0)
        {
            raise (Failure (error, "%s cannot be read", places[i].path), errors);
        }
    }
    if (names.failed)
    {
        throw std::bad_alloc ();
    }
    std::sort (names.list.begin (), names.list.end ());
    names.list.erase (std::unique (names.list.begin (), names.list.end ()), names.list.end ());
    for (const std::string& name : names.list)
    {
        take (name.data (), name.size (), to);
    }
}

void detail::inspect (std::string_view name, SegmentReceiver take, void* to, const std::error_category& errors)
{
    const os::NoCancel noCancel;
    SegmentReader look;
    const Failure failure = look.open (name);
    if (failure && (!look.seen () || isOurs (failure.error ())))
    {
        raise (failure, errors);
    }
    SegmentInfo info;
    tellFile (look, &info);
    if (failure)
    {
        info.kind = SegmentKind::Unreadable;
        info.fault = failure.text ();
    }
    else if (look.file.handle != -1)
    {
        tellContent (look, &info, errors);
    }
    take (dataOf (info), to);
}

}  // namespace JOIN_ABI
}  // namespace join
