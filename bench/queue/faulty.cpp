// SPDX-License-Identifier: MIT
// Queues with an occasional fault, to show that the checks find it.
#include "harness/faulty.hpp"
#include "measure.hpp"

#include <mutex>

namespace bench
{
namespace
{
template <typename T, Fault fault>
class Faulty
{
public:
    using Element = T;
    using Producer = Faulty&;
    using Consumer = Faulty&;

    explicit Faulty (const Place& place)
    : _capacity (place.capacity)
    {
    }

    bool push (const T& element)
    {
        const std::lock_guard<std::mutex> lock (_mutex);
        if (_elements.size () >= _capacity)
        {
            return false;
        }
        _elements.push (element, true);
        return true;
    }

    bool pop (T& element)
    {
        const std::lock_guard<std::mutex> lock (_mutex);
        if (_elements.size () == 0)
        {
            return false;
        }
        element = _elements.pop ();
        return true;
    }

private:
    const uint64_t _capacity;
    std::mutex _mutex;
    harness::FaultyElements<T, fault> _elements;
};

template <typename T>
using Sound = Faulty<T, Fault::None>;
template <typename T>
using Loses = Faulty<T, Fault::Lost>;
template <typename T>
using Doubles = Faulty<T, Fault::Doubled>;
template <typename T>
using Swaps = Faulty<T, Fault::Disorder>;
template <typename T>
using Alters = Faulty<T, Fault::Corrupted>;
}  // namespace

void addFaulty (Contenders& contenders)
{
    const auto kinds = {Kind::Spsc, Kind::Mpsc, Kind::Mpmc};
    add<Sound> (contenders, {"faulty: never", Group::Baseline}, kinds);
    add<Loses> (contenders, {"faulty: loses", Group::Peer}, kinds);
    add<Doubles> (contenders, {"faulty: doubles", Group::Peer}, kinds);
    add<Swaps> (contenders, {"faulty: swaps", Group::Peer}, kinds);
    add<Alters> (contenders, {"faulty: alters", Group::Peer}, kinds);
}

}  // namespace bench
