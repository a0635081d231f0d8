// SPDX-License-Identifier: MIT
// Calls that wait, made of those that do not and of the ring's sleep.
#ifndef JOIN_DETAIL_BLOCKING_HPP
#define JOIN_DETAIL_BLOCKING_HPP

#include <join/detail/copy.hpp>
#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// One, waiting for room. 0, or -1.
template <typename Algorithm, typename Size>
int pushOne (Ring& ring, Size size, const void* from, Deadline deadline) noexcept
{
    for (;;)
    {
        const int64_t now = Algorithm::push (ring, size, from, One ());
        if (now != wouldBlock)
        {
            return now == 1 ? 0 : -1;
        }
        if (ring.awaitRoom (deadline) == -1)
        {
            return -1;
        }
    }
}

template <typename Algorithm, typename Size>
int popOne (Ring& ring, Size size, void* to, Deadline deadline) noexcept
{
    for (;;)
    {
        const int64_t now = Algorithm::pop (ring, size, to, One ());
        if (now != wouldBlock)
        {
            return now == 1 ? 0 : -1;
        }
        if (ring.awaitElement (deadline) == -1)
        {
            return -1;
        }
    }
}

/// The number done, if any, else -1 and why.
template <typename Algorithm, typename Size>
int64_t pushAll (Ring& ring, Size size, const void* from, uint64_t n, Deadline deadline) noexcept
{
    if (from == nullptr || n == 0)
    {
        return ring.refuseZero ();
    }
    uint64_t done = 0;
    for (;;)
    {
        const int64_t now =
            Algorithm::push (ring, size, static_cast<const char*> (from) + done * size.bytes (), Some {n - done});
        done += now > 0 ? static_cast<uint64_t> (now) : 0;
        if (done == n)
        {
            return static_cast<int64_t> (n);
        }
        if (now == -1 || (now == wouldBlock && ring.awaitRoom (deadline) == -1))
        {
            return done != 0 ? static_cast<int64_t> (done) : -1;
        }
    }
}

template <typename Algorithm, typename Size>
int64_t popAll (Ring& ring, Size size, void* to, uint64_t n, Deadline deadline) noexcept
{
    if (to == nullptr || n == 0)
    {
        return ring.refuseZero ();
    }
    uint64_t done = 0;
    for (;;)
    {
        const int64_t now =
            Algorithm::pop (ring, size, static_cast<char*> (to) + done * size.bytes (), Some {n - done});
        done += now > 0 ? static_cast<uint64_t> (now) : 0;
        if (done == n)
        {
            return static_cast<int64_t> (n);
        }
        if (now == -1 || (now == wouldBlock && ring.awaitElement (deadline) == -1))
        {
            return done != 0 ? static_cast<int64_t> (done) : -1;
        }
    }
}

/// Waits for the first, then takes what is there.
template <typename Algorithm, typename Size>
int64_t popSome (Ring& ring, Size size, void* to, uint64_t n, Deadline deadline) noexcept
{
    if (to == nullptr || n == 0)
    {
        return ring.refuseZero ();
    }
    for (;;)
    {
        const int64_t now = Algorithm::pop (ring, size, to, Some {n});
        if (now > 0)
        {
            return now;
        }
        if (now == -1 || ring.awaitElement (deadline) == -1)
        {
            return -1;
        }
    }
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
