// SPDX-License-Identifier: MIT
// A ring's life, and what is asked about it.
#include "options.hpp"
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "placement.hpp"
#include "queue/owned.hpp"

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::Kind;
using detail::Ring;

namespace
{
// Registered once a process: a membarrier (2) of anybody reaches its publishers. false: it is forbidden here.
bool barriersReachUs () noexcept
{
    static const bool reach = os::registerBarrier () == 0 && os::registerGlobalBarrier () == 0;
    return reach;
}

// The format on its way into a new segment, or out of one that is there.
class QueueContent final : public Content
{
public:
    QueueContent (OwnedRing* ring, const detail::Shape& asked, const QueueOptions& options) noexcept
    : _ring (ring)
    , _asked (asked)
    , _options (options)
    {
        head = sizeof (Control);
    }

    void write (char* base) noexcept override
    {
        _ring->format = made;
        writeIdentity (made, base);
    }

    Failure examine (const File& file, uint64_t size, const char* path, std::size_t* bytes) noexcept override
    {
        detail::Identity identity = {};
        std::size_t got = 0;
        if (int error = os::readAt (file.handle, 0, &identity, sizeof (identity), &got))
        {
            return Failure (error, "%.300s cannot be read", path);
        }
        if (got < sizeof (identity))
        {
            return Failure (EBADMSG, "%.300s is no queue: it is too short for one", path);
        }
        if (Failure failure = readIdentity (identity, size, path, &_ring->format))
        {
            return failure;
        }
        *bytes = static_cast<std::size_t> (_ring->format.layout.segmentSize);
        return compareFormats (_ring->format, _asked, _options, path);
    }

    void keep (File* file) noexcept override
    {
        std::swap (_ring->lanes.file ().handle, file->handle);
    }

    QueueFormat made = {};  // what is made where there is none

private:
    OwnedRing* _ring;
    detail::Shape _asked;
    QueueOptions _options;
};

QueueOptions optionsOf (const QueueOptions& given)
{
    QueueOptions options;
    if (Failure failure = readQueueOptions (given, &options))
    {
        raise (failure);
    }
    return options;
}

// A private queue has a capacity, and so has a shared one that may have to be made.
detail::Shape withCapacity (const detail::Shape& asked, bool openOnly) noexcept
{
    detail::Shape shape = asked;
    if (!openOnly && shape.capacity == 0)
    {
        shape.capacity = 1;
    }
    return shape;
}
}  // namespace

Failure QueueMemory::make (uint64_t size, const MemOptions& options)
{
    _state = new State;
    if (Failure failure = readOptions (options, false, &_state->asked))
    {
        return failure;
    }
    if (Failure failure = makeLocal (size, _state))
    {
        return failure;
    }
    _base = _state->base;
    _size = _state->bytes;
    return Failure ();
}

Failure QueueMemory::open (uint64_t size, std::string_view name, const MemOptions& options, Content* content)
{
    _state = new State;
    _state->shared = true;
    _state->content = content;
    if (Failure failure = readOptions (options, true, &_state->asked))
    {
        return failure;
    }
    if (_state->asked.readOnly)
    {
        return Failure (EINVAL, "a queue cannot be opened read-only: a pop writes as well");
    }
    Failure failure = makeShared (size, name, _state);
    _state->content = nullptr;
    _base = _state->base;
    _size = _state->bytes;
    return failure;
}

// A Spsc has sides and no lanes that threads take: it is asked for them, or it needs no descriptor.
Failure OwnedRing::startLanes (const QueueOptions& options) noexcept
{
    const std::size_t page = memory.mapping ().pooled () ? memory.mapping ().backed : os::basePageSize ();
    detail::Lane* first = reinterpret_cast<detail::Lane*> (memory.base () + sizeof (Control));
    if (Failure failure = lanes.find (first, format.lanes, page, name ()))
    {
        return failure;
    }
    if (format.kind != Kind::Spsc || options.exclusive)
    {
        return lanes.start (format.kind != Kind::Spsc);  // a side is one object's
    }
    if (!options.ownerDead)
    {
        File done;
        std::swap (done.handle, lanes.file ().handle);
    }
    return Failure ();
}

void OwnedRing::start () noexcept
{
    char* base = memory.base ();
    const bool beside = format.layout.wordsOffset == 0 && format.kind != Kind::Spsc;
    control = reinterpret_cast<Control*> (base);
    elements = base + format.layout.elementsOffset + (beside ? 8 : 0);
    words = base + (beside ? format.layout.elementsOffset : format.layout.wordsOffset);
    capacity = format.capacity;
    mask = capacity - 1;
    stride = detail::strideOf (format.kind, format.elementSize);
    wordStride = beside ? stride : 8;
    elementSize = format.elementSize;
    kind = format.kind;
    entries = lanes.entries ();
    entryMask = Lanes::entryMask ();
    watch (!barriersReachUs ());
    const uint64_t low = kind == Kind::Spsc ? 0 : detail::ticketUnit - 1;
    const uint64_t seen = tail ().load () & ~low;
    tailSeen.store (seen);
    fullAt.store (seen);
    headSeen.store (seen);
    looksLeft.store (0);
    driedAt.store (seen - 1);  // it has not been seen to be empty
    if (kind == Kind::Spsc && entries != nullptr)
    {
        tailSeen.store (head ().load () - capacity);  // full, so that the first push looks, and takes the pusher's side
    }
    reserved = 0;
    reservedAt = 0;
    peeked = 0;
    peekedAt = 0;
}

Ring* Ring::make (const detail::Shape& asked, const MemOptions& memory, const QueueOptions& given)
{
    const QueueOptions options = optionsOf (given);
    std::unique_ptr<OwnedRing> ring (new OwnedRing);
    if (Failure failure = shapeFormat (withCapacity (asked, false), options, false, &ring->format))
    {
        raise (failure);
    }
    if (Failure failure = ring->memory.make (ring->format.layout.segmentSize, memory))
    {
        raise (failure);
    }
    writeIdentity (ring->format, ring->memory.base ());
    ring->start ();
    return ring.release ();
}

Ring* Ring::open (const detail::Shape& given, std::string_view name, const MemOptions& memory,
                  const QueueOptions& givenOptions)
{
    const QueueOptions options = optionsOf (givenOptions);
    const bool openOnly = memory.mode == OpenMode::OpenOnly;
    const detail::Shape asked = withCapacity (given, openOnly);
    std::unique_ptr<OwnedRing> ring (new OwnedRing);
    ring->shared = true;
    QueueContent content (ring.get (), asked, options);
    if (!openOnly)
    {
        if (Failure failure = shapeFormat (asked, options, true, &content.made))
        {
            raise (failure);
        }
    }
    if (Failure failure = ring->memory.open (content.made.layout.segmentSize, name, memory, &content))
    {
        raise (failure);
    }
    ring->ownerDead = options.ownerDead;
    if (Failure failure = ring->startLanes (options))
    {
        raise (failure);
    }
    ring->start ();
    return ring.release ();
}

void Ring::close () noexcept
{
    delete &own (*this);
}

uint64_t Ring::pending () const noexcept
{
    const unsigned shift = kind == Kind::Spsc ? 0 : detail::ticketShift;
    const uint64_t low = (uint64_t (1) << shift) - 1;
    // [look] a look from outside: exact when nobody is at work
    const uint64_t from = tail ().load (std::memory_order_acquire) & ~low;
    const uint64_t to = head ().load (std::memory_order_acquire) & ~low;  // [look] pairs with the claims and the pops
    const int64_t there = static_cast<int64_t> (to - from) >> shift;
    return there < 0 ? 0 : static_cast<uint64_t> (there) > capacity ? capacity : static_cast<uint64_t> (there);
}

uint64_t Ring::tag () const noexcept
{
    return own (*this).format.tag;
}

uint64_t Ring::typeId () const noexcept
{
    return own (*this).format.typeId;
}

int Ring::mbind (int node) noexcept
{
    return own (*this).memory.mbind (node);
}

int Ring::mlock () noexcept
{
    return own (*this).memory.mlock ();
}

void Ring::report (Placement& placement) const
{
    fillPlacement (own (*this).memory.mapping (), placement);
}

const char* Ring::name () const noexcept
{
    return own (*this).memory.mapping ().name.c_str ();
}

bool Ring::created () const noexcept
{
    return own (*this).memory.mapping ().created;
}

}  // namespace JOIN_ABI
}  // namespace join
