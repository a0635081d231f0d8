// SPDX-License-Identifier: MIT
// The life of a ring: making, opening and closing a queue, and the simple questions about it.
#include "memory/options.hpp"
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"
#include "memory/placement.hpp"
#include "queue/none.hpp"
#include "queue/options.hpp"
#include "queue/owned.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::Kind;
using detail::Ring;
using detail::traitsOf;

namespace
{
// Registers the process for membarrier(2): a barrier of any process then reaches its publishers. Threads that are here
// first register it twice, which changes nothing.
// @return false: it is not available here
bool registerForBarriers () noexcept
{
    enum : int
    {
        Unknown,
        Reach,
        Refused,
    };
    static std::atomic<int> known {Unknown};
    int state = known.load ();
    if (state == Unknown)
    {
        state = os::registerBarrier () == 0 && os::registerGlobalBarrier () == 0 ? Reach : Refused;
        known.store (state);
    }
    return state == Reach;
}

// The header of a queue as the content of a segment: written into a new one, or read from an existing one.
class QueueContent final : public Content
{
public:
    QueueContent (OwnedRing* ring, const detail::Shape& requested, const QueueOptions& options) noexcept
    : _ring (ring)
    , _requested (requested)
    , _options (options)
    {
        head = sizeof (Control);
    }

    Failure prepare (const File& file, const SegmentDir& folder, uint32_t permissions) noexcept override
    {
        return writers ().create (file, folder, permissions);
    }

    void write (char* base) noexcept override
    {
        made.lockFile = writers ().number ();
        _ring->format = made;
        writeIdentity (made, base);
    }

    Failure examine (const File& file, uint64_t size, const char* path, std::size_t* bytes) noexcept override
    {
        detail::Identity identity = {};
        std::size_t got = 0;
        writers ().release ();
        if (int error = os::readAt (file.handle, 0, &identity, sizeof (identity), &got))
        {
            return Failure (error, "%.300s cannot be read", path);
        }
        if (got < sizeof (identity))
        {
            return Failure (EBADMSG, "%.300s is no queue: it has %zu bytes, and the header alone has %zu", path, got,
                            sizeof (identity));
        }
        if (Failure failure = readIdentity (identity, size, path, &_ring->format))
        {
            return failure;
        }
        *bytes = static_cast<std::size_t> (_ring->format.layout.segmentSize);
        if (Failure failure = compareFormats (_ring->format, _requested, _options, path))
        {
            return failure;
        }
        return _ring->format.lockFile != 0 ? writers ().open (file, path, _ring->format.lockFile) : Failure ();
    }

    void keep (File* file) noexcept override
    {
        std::swap (_ring->slots.file ().handle, file->handle);
        writers ().publish ();
    }

    void withdraw () noexcept override
    {
        writers ().withdraw ();
    }

    QueueFormat made = {};  // the format of the queue that is made if there is none

private:
    WriterFile& writers () noexcept
    {
        return _ring->slots.writers ();
    }

    OwnedRing* _ring;
    detail::Shape _requested;
    QueueOptions _options;
};

QueueOptions optionsOf (const QueueOptions& input, const std::error_category& errors)
{
    QueueOptions options;
    if (Failure failure = readQueueOptions (input, &options))
    {
        raise (failure, errors);
    }
    return options;
}

// The capacity 0 means 1, except where a queue is only opened: there it accepts any.
detail::Shape withCapacity (const detail::Shape& requested, bool openOnly) noexcept
{
    detail::Shape shape = requested;
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
    if (Failure failure = readOptions (options, false, &_state->options))
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
    if (Failure failure = readOptions (options, true, &_state->options))
    {
        return failure;
    }
    if (_state->options.readOnly)
    {
        return Failure (EINVAL, "a queue cannot be opened read-only: a pop writes as well");
    }
    Failure failure = makeShared (size, name, _state);
    _state->content = nullptr;
    _base = _state->base;
    _size = _state->bytes;
    return failure;
}

Failure OwnedRing::prepareSlots (Kind of, const QueueOptions& options) noexcept
{
    return traitsOf (of).claims || options.exclusive ? slots.prepare () : Failure ();
}

// A Spsc has roles in place of slots that threads take. Unless they are exclusive, or the consumer reports dead owners,
// it needs no descriptor.
Failure OwnedRing::startSlots (const QueueOptions& options) noexcept
{
    const std::size_t page = memory.mapping ().pooled () ? memory.mapping ().backed : os::basePageSize ();
    detail::Slot* first = reinterpret_cast<detail::Slot*> (memory.base () + sizeof (Control));
    const Mapping& mapping = memory.mapping ();
    slots.find (first, format.slotCount, page, mapping.name.c_str (), mapping.device, mapping.inode);
    const bool claims = traitsOf (format.kind).claims;
    if (claims || options.exclusive)
    {
        return slots.start (claims);  // a role belongs to one object
    }
    if (!options.ownerDead)
    {
        File done;
        File alsoDone;
        std::swap (done.handle, slots.file ().handle);
        std::swap (alsoDone.handle, slots.writers ().locks ().kept ().handle);
    }
    return Failure ();
}

void OwnedRing::start () noexcept
{
    char* base = memory.base ();
    const bool beside = format.layout.sequencesOffset == 0 && traitsOf (format.kind).sequenced;
    control = reinterpret_cast<Control*> (base);
    elements = base + format.layout.elementsOffset + (beside ? 8 : 0);
    words = base + (beside ? format.layout.elementsOffset : format.layout.sequencesOffset);
    capacity = format.capacity;
    mask = capacity - 1;
    stride = detail::strideOf (format.kind, format.elementSize);
    wordStride = beside ? stride : 8;
    elementSize = format.elementSize;
    kind = format.kind;
    entries = slots.entries ();
    entryMask = Slots::entryMask ();
    watch (!registerForBarriers ());
    const uint64_t seen = tail ().load () & ~detail::lowBits (kind);
    tailSeen.store (seen);
    fullAt.store (seen);
    spscConsumer.headSeen.store (seen);
    claimConsumers.pollsBeforeRecovery.store (0);
    emptyAt.store (seen - 1);  // this object has not found the queue empty yet
    if (!traitsOf (kind).claims && entries != nullptr)
    {
        slots.serve (this);
        slots.forgetProgress ();
    }
    spscProducer = {};
    spscConsumer.peeked = 0;
    spscConsumer.peekedAt = 0;
}

Ring* Ring::make (const detail::Shape& requested, const MemOptions& memory, const QueueOptions& input,
                  const std::error_category& errors)
{
    const os::NoCancel noCancel;
    const QueueOptions options = optionsOf (input, errors);
    std::unique_ptr<OwnedRing> ring (new OwnedRing);
    if (Failure failure = shapeFormat (withCapacity (requested, false), options, false, &ring->format))
    {
        raise (failure, errors);
    }
    if (Failure failure = ring->memory.make (ring->format.layout.segmentSize, memory))
    {
        raise (failure, errors);
    }
    writeIdentity (ring->format, ring->memory.base ());
    ring->setWaits (options);
    ring->start ();
    return ring.release ();
}

Ring* Ring::open (const detail::Shape& input, std::string_view name, const MemOptions& memory,
                  const QueueOptions& givenOptions, const std::error_category& errors)
{
    const os::NoCancel noCancel;
    const QueueOptions options = optionsOf (givenOptions, errors);
    const bool openOnly = memory.openMode == OpenMode::OpenOnly;
    const detail::Shape requested = withCapacity (input, openOnly);
    std::unique_ptr<OwnedRing> ring (new OwnedRing);
    ring->shared = true;
    QueueContent content (ring.get (), requested, options);
    if (!openOnly)
    {
        Failure failure = shapeFormat (requested, options, true, &content.made, name);
        // Everything that can fail comes before the segment gets its name. A queue that is only opened may have any
        // kind, and gets no name.
        failure = failure ? failure : ring->prepareSlots (requested.kind, options);
        if (failure)
        {
            raise (failure, errors);
        }
    }
    if (Failure failure = ring->memory.open (content.made.layout.segmentSize, name, memory, &content))
    {
        raise (failure, errors);
    }
    ring->setWaits (options);
    ring->ownerDead = options.ownerDead;
    if (Failure failure = ring->startSlots (options))
    {
        raise (failure, errors);
    }
    ring->start ();
    return ring.release ();
}

void Ring::close () noexcept
{
    const os::NoCancel noCancel;
    if (!isNone ())
    {
        own (*this).watchers.close ();
        delete &own (*this);
    }
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
    return isNone () ? failNone () : own (*this).memory.mbind (node);
}

int Ring::mlock () noexcept
{
    return isNone () ? failNone () : own (*this).memory.mlock ();
}

void Ring::report (detail::PlacementReceiver take, void* to) const
{
    const os::NoCancel noCancel;
    if (isNone ())
    {
        throw std::runtime_error (noQueue);
    }
    reportPlacement (own (*this).memory.mapping (), take, to);
}

const char* Ring::name () const noexcept
{
    return isNone () ? "" : own (*this).memory.mapping ().name.c_str ();
}

int Ring::named () const noexcept
{
    if (isNone ())
    {
        return failNone ();
    }
    return own (*this).shared ? isNamed (own (*this).memory.mapping ()) : 0;
}

bool Ring::created () const noexcept
{
    return !isNone () && own (*this).memory.mapping ().created;
}

int OwnedRing::timedOut (bool full, int64_t slept) const noexcept
{
    if (slept == 0)
    {
        return setError (ETIMEDOUT,
                         full ? "the queue stayed full: the time is up" : "the queue stayed empty: the time is up");
    }
    const std::string_view own = shared ? name () : "the queue";
    char text[400];
    std::snprintf (text, sizeof (text), "%.*s stayed %s for %lld ms: the time is up", static_cast<int> (own.size ()),
                   own.data (), full ? "full" : "empty", static_cast<long long> (slept / 1000000));
    return failWith (std::error_code (ETIMEDOUT, std::generic_category ()), text);
}

}  // namespace JOIN_ABI
}  // namespace join
