// SPDX-License-Identifier: MIT
// iceoryx's FiFo and LockFreeQueue, whose capacities are constants.
#include "measure.hpp"

#include <iceoryx_hoofs/concurrent/lockfree_queue.hpp>
#include <iceoryx_hoofs/internal/concurrent/fifo.hpp>

#include <stdexcept>

namespace bench
{
namespace
{
constexpr uint64_t small = uint64_t (1) << 10;
constexpr uint64_t large = uint64_t (1) << 16;

template <typename T, template <typename, uint64_t> class Queue>
class Sized
{
public:
    using Element = T;

    explicit Sized (const Place& place)
    {
        if (place.capacity == small)
        {
            _small = std::make_unique<Queue<T, small>> ();
        }
        else if (place.capacity == large)
        {
            _large = std::make_unique<Queue<T, large>> ();
        }
        else
        {
            throw std::invalid_argument ("no such capacity");
        }
    }

    bool pop (T& element)
    {
        auto popped = _small ? _small->pop () : _large->pop ();
        if (!popped.has_value ())
        {
            return false;
        }
        element = *popped;
        return true;
    }

protected:
    std::unique_ptr<Queue<T, small>> _small;
    std::unique_ptr<Queue<T, large>> _large;
};

template <typename T>
struct Spsc : Sized<T, iox::concurrent::FiFo>
{
    using Producer = Spsc&;
    using Consumer = Spsc&;

    using Sized<T, iox::concurrent::FiFo>::Sized;

    bool push (const T& element)
    {
        return this->_small ? this->_small->push (element) : this->_large->push (element);
    }
};

template <typename T>
struct Many : Sized<T, iox::concurrent::LockFreeQueue>
{
    using Producer = Many&;
    using Consumer = Many&;

    using Sized<T, iox::concurrent::LockFreeQueue>::Sized;

    bool push (const T& element)
    {
        return this->_small ? this->_small->tryPush (element) : this->_large->tryPush (element);
    }
};
}  // namespace

void addIceoryx (Contenders& contenders)
{
    add<Spsc> (contenders, {"iceoryx FiFo", Group::Peer}, {Kind::Spsc});
    add<Many> (contenders, {"iceoryx LockFreeQueue", Group::Peer}, {Kind::Mpsc, Kind::Mpmc});
}

}  // namespace bench
