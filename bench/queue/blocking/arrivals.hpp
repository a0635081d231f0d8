// SPDX-License-Identifier: MIT
/// What a worker needs: the queue, and a check of what arrives. Unlike the check of ../flow.hpp it sees every element.
#ifndef BENCH_QUEUE_BLOCKING_ARRIVALS_HPP
#define BENCH_QUEUE_BLOCKING_ARRIVALS_HPP

#include "workers.hpp"

#include <memory>

namespace bench
{
namespace blocking
{
/// What a consumer has seen: sum, number, and whether the elements of each producer count up.
class Arrivals
{
public:
    void check (uint64_t value) noexcept
    {
        uint64_t& last = _last[value >> 56];
        _disorder |= value <= last;
        last = value;
        _sum += value;
        ++_count;
    }

    uint64_t count () const
    {
        return _count;
    }

    void store (Tally& tally, bool corrupted) const
    {
        tally.sum = _sum;
        tally.fault = static_cast<uint32_t> (corrupted ? Fault::Corrupted : _disorder ? Fault::Disorder : Fault::None);
        tally.done.store (_count);
    }

private:
    uint64_t _last[256] = {};
    uint64_t _sum = 0;
    uint64_t _count = 0;
    bool _disorder = false;
};

/// The queue of all threads, or the one that this process opens.
template <typename Q>
class Access
{
public:
    Access (Q* common, const Setup& setup)
    : _own (common == nullptr ? std::make_unique<Q> (setup) : nullptr)
    , _queue (common != nullptr ? *common : *_own)
    {
    }

    Q& operator* () const
    {
        return _queue;
    }

private:
    std::unique_ptr<Q> _own;
    Q& _queue;
};

/// A queue for all workers, unless each process opens it by name.
template <typename Q>
std::unique_ptr<Q> makeCommon (const Setup& setup)
{
    return setup.row.processes () && !Q::inherited ? nullptr : std::make_unique<Q> (setup);
}

}  // namespace blocking
}  // namespace bench

#endif
