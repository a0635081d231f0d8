// SPDX-License-Identifier: MIT
// atomic_queue: numbers in the atomic array, which 0 marks as free; larger elements beside an array of states.
#include "measure.hpp"

#include <cstring>

#include <atomic_queue/atomic_queue.h>

namespace bench
{
namespace
{
template <typename T, bool Single>
class Queue
{
    static constexpr bool number = sizeof (T) == sizeof (uint64_t);
    using Numbers = atomic_queue::AtomicQueueB<uint64_t, std::allocator<uint64_t>, 0, true, false, Single>;
    using States = atomic_queue::AtomicQueueB2<T, std::allocator<T>, true, false, Single>;

public:
    using Element = T;
    using Producer = Queue&;
    using Consumer = Queue&;

    explicit Queue (const Place& place)
    : _queue (static_cast<unsigned> (place.capacity))
    {
    }

    bool push (const T& element)
    {
        if constexpr (number)
        {
            return _queue.try_push (element.value ());
        }
        else
        {
            return _queue.try_push (element);
        }
    }

    bool pop (T& element)
    {
        if constexpr (number)
        {
            return _queue.try_pop (element.words[0]);
        }
        else
        {
            return _queue.try_pop (element);
        }
    }

private:
    std::conditional_t<number, Numbers, States> _queue;
};

template <typename T>
using Spsc = Queue<T, true>;
template <typename T>
using Many = Queue<T, false>;
}  // namespace

void addAtomicQueue (Contenders& contenders)
{
    const Entry entry {"atomic_queue", Group::Peer};
    add<Spsc> (contenders, entry, {Kind::Spsc});
    add<Many> (contenders, entry, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
