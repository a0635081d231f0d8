// SPDX-License-Identifier: MIT
// Queues with a fault, to show that the checks find it: in no table of record.
#include "harness/faulty.hpp"
#include "loops.hpp"

#include <condition_variable>
#include <mutex>

namespace bench
{
namespace blocking
{
namespace
{
template <typename T, Fault fault>
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
        _elements.push (element, element.value () != sentinel);
        _changed.notify_all ();
    }

    void pop (T& element)
    {
        std::unique_lock<std::mutex> lock (_mutex);
        _changed.wait (lock, [this] { return _elements.size () != 0; });
        element = _elements.pop ();
        _changed.notify_all ();
    }

private:
    std::mutex _mutex;
    std::condition_variable _changed;
    harness::FaultyElements<T, fault> _elements;
    const uint64_t _capacity;
};

template <typename T>
using Loses = Faulty<T, Fault::Lost>;
template <typename T>
using Doubles = Faulty<T, Fault::Doubled>;
template <typename T>
using Swaps = Faulty<T, Fault::Disorder>;
template <typename T>
using Alters = Faulty<T, Fault::Corrupted>;

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
