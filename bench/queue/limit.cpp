// SPDX-License-Identifier: MIT
// No queue, but the limit of two cores. One writes elements of that size into a plain ring and stores an index every
// `stride` elements, which is a batch but at least a full line; the other reads the elements up to the index in place
// and stores its own index every stride. Nothing is called, refused or copied out.
#include "aligned.hpp"
#include "element.hpp"
#include "workers.hpp"

#include <algorithm>

namespace bench
{
namespace
{
struct Stream
{
    alignas (128) std::atomic<uint64_t> head {0};
    alignas (128) std::atomic<uint64_t> tail {0};
    uint64_t capacity = 0;
    uint64_t stride = 0;
};

template <typename T>
void write (Stream& stream, T* elements, Control& control)
{
    Wait wait (control.yieldAfter);
    uint64_t head = 0;
    T element = T ();
    uint64_t value = firstOf (0);
    control.gathered.fetch_add (1);
    while (control.phase.load (std::memory_order_relaxed) != Stop)
    {
        const uint64_t tail = stream.tail.load (std::memory_order_acquire);
        if (head + stream.stride - tail > stream.capacity)
        {
            wait.failed ();
            continue;
        }
        for (uint64_t end = tail + stream.capacity; head + stream.stride <= end;)
        {
            T* const to = elements + (head & (stream.capacity - 1));
            for (uint64_t i = 0; i < stream.stride; ++i)
            {
                element.set (value++);
                to[i] = element;
            }
            head += stream.stride;
            stream.head.store (head, std::memory_order_release);
        }
    }
    control.pushed[0].done.store (head, std::memory_order_release);
    control.producersDone.fetch_add (1);
}

template <typename T>
void read (Stream& stream, T* elements, Control& control)
{
    Wait wait (control.yieldAfter);
    Tally& tally = control.popped[0];
    uint64_t tail = 0;
    uint64_t sum = 0;
    control.gathered.fetch_add (1);
    for (;;)
    {
        const bool last = control.producersDone.load (std::memory_order_acquire) == 1;
        const uint64_t head = stream.head.load (std::memory_order_acquire);
        while (tail != head)
        {
            T* const from = elements + (tail & (stream.capacity - 1));
            for (uint64_t i = 0; i < stream.stride; ++i)
            {
                arrived (from[i]);
                sum += from[i].value ();
            }
            tail += stream.stride;
            stream.tail.store (tail, std::memory_order_release);
            tally.done.store (tail, std::memory_order_release);
        }
        if (last)
        {
            break;
        }
        wait.failed ();
    }
    tally.sum = sum;
}

template <std::size_t Bytes>
void flow (const Order& order, Sample* sample)
{
    using T = Element<Bytes>;
    const AlignedArray<T> elements = makeAligned<T> (order.row.capacity);
    Stream stream;
    stream.capacity = order.row.capacity;
    stream.stride = std::max<uint64_t> (order.row.batch, 64 / std::min<std::size_t> (Bytes, 64));
    Order pair = order;
    pair.row.producers = pair.row.consumers = 1;
    runFlow (
        pair,
        [&] (Control& control, unsigned worker) {
            worker == 0 ? write<T> (stream, elements.get (), control) : read<T> (stream, elements.get (), control);
        },
        sample);
}
}  // namespace

void addLimit (Contenders& contenders)
{
    for (Kind kind : {Kind::Spsc, Kind::Mpsc, Kind::Mpmc})
    {
        Contender contender;
        contender.name = "limit: a bare stream";
        contender.group = Group::Limit;
        contender.kind = kind;
        contender.batch = true;
        contender.bytes = 8;
        contender.flow = flow<8>;
        contenders.push_back (contender);
        contender.bytes = 64;
        contender.flow = flow<64>;
        contenders.push_back (contender);
        contender.bytes = 1024;
        contender.flow = flow<1024>;
        contenders.push_back (contender);
    }
}

}  // namespace bench
