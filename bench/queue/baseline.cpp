// SPDX-License-Identifier: MIT
// Textbook rings to measure against on any machine. For one pusher and one popper: Lamport's, each side with a copy of the
// other's index. For many: a sequence number a slot, by which a slot tells whether it may be written or read.
#include "aligned.hpp"
#include "measure.hpp"

#include <atomic>

namespace bench
{
namespace
{
template <typename T>
class Lamport
{
public:
    using Element = T;
    using Pusher = Lamport&;
    using Popper = Lamport&;

    explicit Lamport (const Place& place)
    : _mask (place.capacity - 1)
    , _elements (makeAligned<T> (place.capacity))
    {
    }

    bool push (const T& element)
    {
        return push (&element, 1) == 1;
    }

    bool pop (T& element)
    {
        return pop (&element, 1) == 1;
    }

    uint64_t push (const T* elements, uint64_t n)
    {
        const uint64_t head = _head.load (std::memory_order_relaxed);
        if (_mask + 1 - (head - _tailSeen) < n)
        {
            _tailSeen = _tail.load (std::memory_order_acquire);
            n = std::min (n, _mask + 1 - (head - _tailSeen));
        }
        for (uint64_t i = 0; i < n; ++i)
        {
            _elements[(head + i) & _mask] = elements[i];
        }
        if (n != 0)
        {
            _head.store (head + n, std::memory_order_release);
        }
        return n;
    }

    uint64_t pop (T* elements, uint64_t n)
    {
        const uint64_t tail = _tail.load (std::memory_order_relaxed);
        if (_headSeen - tail < n)
        {
            _headSeen = _head.load (std::memory_order_acquire);
            n = std::min (n, _headSeen - tail);
        }
        for (uint64_t i = 0; i < n; ++i)
        {
            elements[i] = _elements[(tail + i) & _mask];
        }
        if (n != 0)
        {
            _tail.store (tail + n, std::memory_order_release);
        }
        return n;
    }

private:
    const uint64_t _mask;
    const AlignedArray<T> _elements;
    alignas (128) std::atomic<uint64_t> _head {0};
    alignas (128) uint64_t _tailSeen = 0;
    alignas (128) std::atomic<uint64_t> _tail {0};
    alignas (128) uint64_t _headSeen = 0;
};

template <typename T>
class Sequenced
{
public:
    using Element = T;
    using Pusher = Sequenced&;
    using Popper = Sequenced&;

    explicit Sequenced (const Place& place)
    : _mask (place.capacity - 1)
    , _slots (makeAligned<Slot> (place.capacity))
    {
        for (uint64_t i = 0; i <= _mask; ++i)
        {
            _slots[i].sequence.store (i, std::memory_order_relaxed);
        }
    }

    bool push (const T& element)
    {
        uint64_t at = 0;
        Slot* const slot = take (_head, 0, &at);
        if (slot == nullptr)
        {
            return false;
        }
        slot->element = element;
        slot->sequence.store (at + 1, std::memory_order_release);
        return true;
    }

    bool pop (T& element)
    {
        uint64_t at = 0;
        Slot* const slot = take (_tail, 1, &at);
        if (slot == nullptr)
        {
            return false;
        }
        element = slot->element;
        slot->sequence.store (at + _mask + 1, std::memory_order_release);
        return true;
    }

private:
    struct alignas (64) Slot
    {
        std::atomic<uint64_t> sequence;
        T element;
    };

    /// The next slot, if its sequence is `ready` past its place; null: not yet.
    Slot* take (std::atomic<uint64_t>& index, uint64_t ready, uint64_t* at)
    {
        *at = index.load (std::memory_order_relaxed);
        for (;;)
        {
            Slot& slot = _slots[*at & _mask];
            const int64_t ahead = static_cast<int64_t> (slot.sequence.load (std::memory_order_acquire) - (*at + ready));
            if (ahead < 0)
            {
                return nullptr;
            }
            if (ahead > 0)
            {
                *at = index.load (std::memory_order_relaxed);
            }
            else if (index.compare_exchange_weak (*at, *at + 1, std::memory_order_relaxed))
            {
                return &slot;
            }
        }
    }

    const uint64_t _mask;
    const AlignedArray<Slot> _slots;
    alignas (128) std::atomic<uint64_t> _head {0};
    alignas (128) std::atomic<uint64_t> _tail {0};
};
}  // namespace

void addBaseline (Contenders& contenders)
{
    const Entry entry {"baseline", Group::Baseline, false};
    add<Lamport> (contenders, entry, {Kind::Spsc});
    add<Sequenced> (contenders, entry, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
