// SPDX-License-Identifier: MIT
// Textbook rings to measure against on any machine. For one producer and one consumer: Lamport's, each side with a copy
// of the other's index. For many: Vyukov's, with a sequence number in each cell that shows whether it may be written or
// read.
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
    using Producer = Lamport&;
    using Consumer = Lamport&;

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
    using Producer = Sequenced&;
    using Consumer = Sequenced&;

    explicit Sequenced (const Place& place)
    : _mask (place.capacity - 1)
    , _cells (makeAligned<Cell> (place.capacity))
    {
        for (uint64_t i = 0; i <= _mask; ++i)
        {
            _cells[i].sequence.store (i, std::memory_order_relaxed);
        }
    }

    bool push (const T& element)
    {
        uint64_t at = 0;
        Cell* const cell = take (_head, 0, &at);
        if (cell == nullptr)
        {
            return false;
        }
        cell->element = element;
        cell->sequence.store (at + 1, std::memory_order_release);
        return true;
    }

    bool pop (T& element)
    {
        uint64_t at = 0;
        Cell* const cell = take (_tail, 1, &at);
        if (cell == nullptr)
        {
            return false;
        }
        element = cell->element;
        cell->sequence.store (at + _mask + 1, std::memory_order_release);
        return true;
    }

private:
    struct alignas (64) Cell
    {
        std::atomic<uint64_t> sequence;
        T element;
    };

    /// The next cell, if its sequence is its position plus `ready`; null: not yet.
    Cell* take (std::atomic<uint64_t>& index, uint64_t ready, uint64_t* at)
    {
        *at = index.load (std::memory_order_relaxed);
        for (;;)
        {
            Cell& cell = _cells[*at & _mask];
            const int64_t ahead = static_cast<int64_t> (cell.sequence.load (std::memory_order_acquire) - (*at + ready));
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
                return &cell;
            }
        }
    }

    const uint64_t _mask;
    const AlignedArray<Cell> _cells;
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
