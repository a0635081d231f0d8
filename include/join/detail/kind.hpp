// SPDX-License-Identifier: MIT
// The properties of each kind of queue, one row for each. Code asks for the property that it depends on, and names a
// kind only where it selects the algorithm of that kind. A new kind gets a row here.
#ifndef JOIN_DETAIL_KIND_HPP
#define JOIN_DETAIL_KIND_HPP

#include <join/queue_options.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// The kind as segments store it, in Identity::kind.
using Kind = QueueKind;

struct KindTraits
{
    const char* name;  // as in messages; null: no kind has this number
    bool oneProducer;  // one thread pushes at a time, and stores head
    bool oneConsumer;  // one thread pops at a time, and stores tail
    /// Producers claim positions by a swap of head, each by a slot of its own; recovery finishes the claims of killed
    /// producers, and a bit of head ends the queue. false: a segment has a slot for each of two roles, nothing needs
    /// recovery, and the consumer ends the queue.
    bool claims;
    bool sequenced;          // a sequence word publishes each cell; false: head publishes, and elements are an array
    unsigned positionShift;  // head and tail are positions, shifted left by so many bits
};

/// The row of a kind. The ring of no queue has the number 0, which is no kind, and a closed head without positions.
constexpr KindTraits traitsOf (Kind kind) noexcept
{
    // name, oneProducer, oneConsumer, claims, sequenced, positionShift
    switch (kind)
    {
        case Kind::Spsc:
            return KindTraits {"Spsc", true, true, false, false, 0};
        case Kind::Mpsc:
            return KindTraits {"Mpsc", false, true, true, true, 12};
        case Kind::Mpmc:
            return KindTraits {"Mpmc", false, false, true, true, 12};
        default:
            return KindTraits {nullptr, false, false, true, true, 12};
    }
}

/// Bits of head and tail below the position.
constexpr uint64_t lowBits (Kind kind) noexcept
{
    return (uint64_t (1) << traitsOf (kind).positionShift) - 1;
}

/// Whether elements can be written and read in place: their cells belong to one producer and one consumer.
constexpr bool hasZeroCopy (Kind kind) noexcept
{
    return traitsOf (kind).oneProducer && traitsOf (kind).oneConsumer && !traitsOf (kind).sequenced;
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
