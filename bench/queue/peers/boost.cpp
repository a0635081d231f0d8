// SPDX-License-Identifier: MIT
// Boost.Lockfree.
#include "measure.hpp"

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

namespace bench
{
namespace
{
template <typename T>
class Spsc
{
public:
    using Element = T;
    using Producer = Spsc&;
    using Consumer = Spsc&;

    explicit Spsc (const Place& place)
    : _queue (place.capacity)
    {
    }

    bool push (const T& element)
    {
        return _queue.push (element);
    }

    bool pop (T& element)
    {
        return _queue.pop (element);
    }

    uint64_t push (const T* elements, uint64_t n)
    {
        return _queue.push (elements, n);
    }

    uint64_t pop (T* elements, uint64_t n)
    {
        return _queue.pop (elements, n);
    }

private:
    boost::lockfree::spsc_queue<T> _queue;
};

template <typename T>
class Many
{
public:
    using Element = T;
    using Producer = Many&;
    using Consumer = Many&;

    explicit Many (const Place& place)
    : _queue (place.capacity)
    {
    }

    bool push (const T& element)
    {
        return _queue.bounded_push (element);
    }

    bool pop (T& element)
    {
        return _queue.pop (element);
    }

private:
    boost::lockfree::queue<T> _queue;
};
}  // namespace

void addBoost (Contenders& contenders)
{
    add<Spsc> (contenders, {"Boost spsc_queue", Group::Peer}, {Kind::Spsc});
    add<Many> (contenders, {"Boost queue", Group::Peer}, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
