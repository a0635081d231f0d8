// SPDX-License-Identifier: MIT
// The ring of no queue (a null object), and the ways to make a ring without exceptions.
#include "queue/none.hpp"

#include "queue/owned.hpp"

#include <new>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::Ring;

namespace
{
// Shut, closed, without room and without an element: all inline code takes its slow path into the library, which finds
// a capacity of 0 and fails with EBADF. Programs store nothing here but a 0 where there was one.
Control control = {};
detail::SlotEntry entries[2] = {};  // of no thread

alignas (OwnedRing) char place[sizeof (OwnedRing)];
OwnedRing* noRing = nullptr;

// Runs when the library is loaded, before the program's static constructors: a function-local static would leave its
// guard locked in a child that is forked while another thread constructs it.
__attribute__ ((constructor (101))) void startNone () noexcept
{
    control.gate.state.store (detail::shutBit);
    control.head.value.store (detail::closedBit);
    OwnedRing* ring = new (place) OwnedRing;
    ring->control = &control;
    ring->words = reinterpret_cast<char*> (&control.reserved);
    ring->elements = ring->words;
    ring->mask = 0;
    ring->capacity = 0;
    ring->wordStride = 0;
    ring->stride = 0;
    ring->elementSize = 0;
    ring->kind = detail::Kind (0);
    ring->entries = entries;
    ring->entryMask = 0;
    ring->watch (false);
    ring->tailSeen.store (0);
    ring->fullAt.store (0);
    ring->spscProducer = {};
    ring->emptyAt.store (0);
    ring->spscConsumer.headSeen.store (0);
    ring->spscConsumer.peeked = 0;
    ring->spscConsumer.peekedAt = 0;
    ring->claimConsumers.pollsBeforeRecovery.store (0);
    noRing = ring;
}

template <typename Make>
Ring* orNone (Make make) noexcept
{
    try
    {
        return make ();
    }
    catch (...)
    {
        failCaught ();
        return Ring::none ();
    }
}
}  // namespace

// Never destroyed, because queue objects that are destroyed late may have it.
Ring* Ring::none () noexcept
{
    return noRing;
}

Ring* Ring::makeOrNone (const Shape& shape, const MemOptions& memory, const QueueOptions& options) noexcept
{
    return orNone ([&] { return make (shape, memory, options); });
}

Ring* Ring::openOrNone (const Shape& shape, std::string_view name, const MemOptions& memory,
                        const QueueOptions& options) noexcept
{
    return orNone ([&] { return open (shape, name, memory, options); });
}

}  // namespace JOIN_ABI
}  // namespace join
