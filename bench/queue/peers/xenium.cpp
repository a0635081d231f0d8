// SPDX-License-Identifier: MIT
// xenium's bounded queue, of Vyukov's design.
#include "measure.hpp"

#include <xenium/vyukov_bounded_queue.hpp>

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
    : _queue (place.capacity)
    {
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
    xenium::vyukov_bounded_queue<T> _queue;
};
}  // namespace

void addXenium (Contenders& contenders)
{
    add<Many> (contenders, {"xenium vyukov_bounded_queue", Group::Peer}, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
