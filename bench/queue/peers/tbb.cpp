// SPDX-License-Identifier: MIT
// oneTBB's concurrent_bounded_queue.
#include "measure.hpp"

#include <tbb/concurrent_queue.h>

namespace bench
{
namespace
{
template <typename T>
class Many
{
public:
    using Element = T;
    using Producer = Many&;
    using Consumer = Many&;

    explicit Many (const Place& place)
    {
        _queue.set_capacity (static_cast<std::ptrdiff_t> (place.capacity));
    }

    bool push (const T& element)
    {
        return _queue.try_push (element);
    }

    bool pop (T& element)
    {
        return _queue.try_pop (element);
    }

private:
    tbb::concurrent_bounded_queue<T> _queue;
};
}  // namespace

void addTbb (Contenders& contenders)
{
    add<Many> (contenders, {"oneTBB concurrent_bounded_queue", Group::Peer}, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
