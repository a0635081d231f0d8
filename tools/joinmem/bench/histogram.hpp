// SPDX-License-Identifier: MIT
// A histogram of nanoseconds. Each power of two has 32 equal buckets: values have a precision of 3 %, and a shift gives
// the bucket. It is a plain array, so that processes can share it, and counting allocates nothing.
#ifndef JOINMEM_TOOL_BENCH_HISTOGRAM_HPP
#define JOINMEM_TOOL_BENCH_HISTOGRAM_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tool::bench
{
class Histogram
{
public:
    static constexpr unsigned partBits = 5;
    static constexpr unsigned parts = 1U << partBits;
    static constexpr unsigned buckets = (64 - partBits + 1) * parts;  // the first 32 have one value each, 0 to 31

    void add (uint64_t value) noexcept
    {
        ++_counts[bucketOf (value)];
        ++_all;
        _most = std::max (_most, value);
    }

    void add (const Histogram& other) noexcept
    {
        for (unsigned i = 0; i < buckets; ++i)
        {
            _counts[i] += other._counts[i];
        }
        _all += other._all;
        _most = std::max (_most, other._most);
    }

    uint64_t count () const noexcept
    {
        return _all;
    }

    uint64_t most () const noexcept
    {
        return _most;
    }

    uint64_t countIn (unsigned bucket) const noexcept
    {
        return _counts[bucket];
    }

    /// The largest possible value among the lowest `share` (0 to 1) of the values; exact at 1.
    uint64_t quantile (double share) const noexcept
    {
        const double rank = std::ceil (share * static_cast<double> (_all));
        const uint64_t wanted = std::max<uint64_t> (1, static_cast<uint64_t> (rank));
        uint64_t seen = 0;
        for (unsigned i = 0; i < buckets; ++i)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return std::min (lastOf (i), _most);
            }
        }
        return _most;
    }

    static unsigned bucketOf (uint64_t value) noexcept
    {
        if (value < parts)
        {
            return static_cast<unsigned> (value);
        }
        const unsigned shift = 63U - static_cast<unsigned> (__builtin_clzll (value)) - partBits;
        return (shift + 1) * parts + static_cast<unsigned> ((value >> shift) & (parts - 1));
    }

    /// The range of values of a bucket, both ends included.
    static uint64_t firstOf (unsigned bucket) noexcept
    {
        const unsigned row = bucket / parts;
        const uint64_t part = bucket % parts;
        return row == 0 ? part : (parts + part) << (row - 1);
    }

    static uint64_t lastOf (unsigned bucket) noexcept
    {
        return bucket + 1 < buckets ? firstOf (bucket + 1) - 1 : UINT64_MAX;
    }

private:
    uint64_t _counts[buckets] = {};
    uint64_t _all = 0;
    uint64_t _most = 0;
};

}  // namespace tool::bench

#endif
