// SPDX-License-Identifier: MIT
// Queues with a fault, to show that the checks find it: in no table of record.
#include "loops.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace bench
{
namespace blocking
{
namespace
{
enum class Trick
{
    Lose,
    Double,
    Swap,
    Alter,
};

constexpr uint64_t every = 1000;  // elements

template <typename T, Trick trick>
class Faulty
{
public:
    using Element = T;
    static constexpr bool inherited = true;

    static bool counted (const Row&)
    {
        return false;
    }

    explicit Faulty (const Setup& setup)
    : _capacity (setup.row.capacity)
    {
    }

    void push (const T& element)
    {
        std::unique_lock<std::mutex> lock (_mutex);
        _changed.wait (lock, [this] { return _elements.size () < _capacity; });
        _elements.push_back (element);
        if (element.value () != sentinel && ++_count % every == 0)
        {
            spoil ();
        }
        _changed.notify_all ();
    }

    void pop (T& element)
    {
        std::unique_lock<std::mutex> lock (_mutex);
        _changed.wait (lock, [this] { return !_elements.empty (); });
        element = _elements.front ();
        _elements.pop_front ();
        _changed.notify_all ();
    }

private:
    void spoil ()
    {
        switch (trick)
        {
            case Trick::Lose:
                _elements.pop_back ();
                break;
            case Trick::Double:
                _elements.push_back (_elements.back ());
                break;
            case Trick::Swap:
                std::swap (_elements.front (), _elements.back ());
                break;
            case Trick::Alter:
                _elements.back ().set (_elements.back ().value () + every);
                break;
        }
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::deque<T> _elements;
    const uint64_t _capacity;
    uint64_t _count = 0;
};

template <typename T>
using Loses = Faulty<T, Trick::Lose>;
template <typename T>
using Doubles = Faulty<T, Trick::Double>;
template <typename T>
using Swaps = Faulty<T, Trick::Swap>;
template <typename T>
using Alters = Faulty<T, Trick::Alter>;

bool does (const Row& row)
{
    return row.shape == Shape::Throughput && !row.shared && row.bytes <= 64;
}
}  // namespace

void addFaulty (Contenders& contenders)
{
    contenders.push_back ({"faulty: loses", does, runAny<Loses>, Mode::BothBlock, ""});
    contenders.push_back ({"faulty: doubles", does, runAny<Doubles>, Mode::BothBlock, ""});
    contenders.push_back ({"faulty: swaps", does, runAny<Swaps>, Mode::BothBlock, ""});
    contenders.push_back ({"faulty: alters", does, runAny<Alters>, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
