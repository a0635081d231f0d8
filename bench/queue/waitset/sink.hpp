// SPDX-License-Identifier: MIT
/// What a consumer does with the elements it takes: it checks them, and keeps their latencies.
#ifndef BENCH_QUEUE_WAITSET_SINK_HPP
#define BENCH_QUEUE_WAITSET_SINK_HPP

#include "harness/clock.hpp"
#include "harness/fault.hpp"
#include "harness/figure.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench
{
namespace waitset
{
using harness::Fault;

/// 16 bytes: when the push began, and which element of which queue it is.
struct Element
{
    uint64_t sent = 0;
    uint64_t value = 0;

    static constexpr unsigned queueBits = 16;

    static Element of (uint64_t sequence, unsigned queue) noexcept
    {
        return {0, sequence << queueBits | queue};
    }

    unsigned queue () const noexcept
    {
        return static_cast<unsigned> (value & ((1U << queueBits) - 1));
    }
};

/// Ends the consumer that takes it.
constexpr uint64_t sentinel = ~uint64_t (0);

/// Latencies of a measurement, without those of the first few elements.
class Latencies
{
public:
    void reserve (std::size_t most)
    {
        _most = most;
        _values.reserve (most);
    }

    void add (uint64_t ns)
    {
        if (_values.size () < _most)
        {
            _values.push_back (static_cast<double> (ns));
        }
    }

    double quantile (double share) const
    {
        const std::size_t skipped = std::min (_values.size (), 5 + _values.size () / 50);
        return harness::quantile ({_values.begin () + static_cast<std::ptrdiff_t> (skipped), _values.end ()}, share);
    }

private:
    std::vector<double> _values;
    std::size_t _most = 0;
};

class Sink
{
public:
    /// @param latencies how many to keep
    Sink (unsigned queues, std::size_t latencies)
    : _last (queues, 0)
    {
        _latencies.reserve (latencies);
        _keeps = latencies != 0;
    }

    /// Begins the elements of one wait. @param now when the wait returned
    void begin (uint64_t now) noexcept
    {
        _now = now;
    }

    /// Takes elements that came out of that queue.
    void add (unsigned queue, const Element* elements, std::size_t n)
    {
        for (std::size_t i = 0; i < n; ++i)
        {
            add (queue, elements[i]);
        }
    }

    void add (unsigned queue, const Element& element)
    {
        if (element.value == sentinel)
        {
            _ended = true;
            return;
        }
        if (element.queue () != queue)
        {
            _fault = Fault::Corrupted;
            return;
        }
        _fault = element.value > _last[queue] ? _fault : Fault::Disorder;
        _last[queue] = element.value;
        _sum += element.value;
        ++_count;
        if (_keeps)
        {
            // An element that was pushed after the end of the wait, and taken at once, was not waited for.
            _latencies.add (element.sent <= _now ? _now - element.sent : harness::nanosNow () - element.sent);
        }
    }

    bool ended () const
    {
        return _ended;
    }

    uint64_t count () const
    {
        return _count;
    }

    uint64_t sum () const
    {
        return _sum;
    }

    Fault fault () const
    {
        return _fault;
    }

    const Latencies& latencies () const
    {
        return _latencies;
    }

private:
    std::vector<uint64_t> _last;  // value per queue
    Latencies _latencies;
    uint64_t _now = 0;
    uint64_t _count = 0;
    uint64_t _sum = 0;
    Fault _fault = Fault::None;
    bool _ended = false;
    bool _keeps = false;
};

}  // namespace waitset
}  // namespace bench

#endif
