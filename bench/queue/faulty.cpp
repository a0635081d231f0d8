// SPDX-License-Identifier: MIT
// Queues with an occasional fault, to show that the checks find it.
#include "measure.hpp"

#include <deque>
#include <mutex>

namespace bench
{
namespace
{
enum class Deed
{
    None,
    Lose,
    Double,
    Swap,
    Tear,
};

template <typename T, Deed Does>
class Cheat
{
public:
    using Element = T;
    using Producer = Cheat&;
    using Consumer = Cheat&;

    explicit Cheat (const Place& place)
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
        _elements.push_back (element);
        return true;
    }

    bool pop (T& element)
    {
        const std::lock_guard<std::mutex> lock (_mutex);
        if (_elements.empty ())
        {
            return false;
        }
        const bool now = ++_pops % 1000 == 0 && _elements.size () > 1;
        if (now && Does == Deed::Lose)
        {
            _elements.pop_front ();
        }
        if (now && Does == Deed::Swap)
        {
            std::swap (_elements[0], _elements[1]);
        }
        element = _elements.front ();
        if (now && Does == Deed::Tear)
        {
            element.words[sizeof (T) / 8 - 1] ^= 1;
        }
        if (!now || Does != Deed::Double)
        {
            _elements.pop_front ();
        }
        return true;
    }

private:
    const uint64_t _capacity;
    std::mutex _mutex;
    std::deque<T> _elements;
    uint64_t _pops = 0;
};

template <typename T>
using Honest = Cheat<T, Deed::None>;
template <typename T>
using Loses = Cheat<T, Deed::Lose>;
template <typename T>
using Doubles = Cheat<T, Deed::Double>;
template <typename T>
using Swaps = Cheat<T, Deed::Swap>;
template <typename T>
using Tears = Cheat<T, Deed::Tear>;
}  // namespace

void addCheats (Contenders& contenders)
{
    const auto kinds = {Kind::Spsc, Kind::Mpsc, Kind::Mpmc};
    add<Honest> (contenders, {"cheat that does not", Group::Baseline}, kinds);
    add<Loses> (contenders, {"cheat that loses", Group::Peer}, kinds);
    add<Doubles> (contenders, {"cheat that doubles", Group::Peer}, kinds);
    add<Swaps> (contenders, {"cheat that swaps", Group::Peer}, kinds);
    add<Tears> (contenders, {"cheat that tears", Group::Peer}, kinds);
}

}  // namespace bench
