// SPDX-License-Identifier: MIT
// The waiting calls: loops over the calls that do not wait (Algorithm) and the ring's sleep, which is an eventcount's.
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
/// pushOne () after a first attempt found no room. It is a separate function so that the fast path saves no registers.
template <typename Algorithm, typename Size>
__attribute__ ((noinline, cold)) int pushOneLate (Ring& ring, Size size, const void* from, Deadline deadline) noexcept
{
    Attempts attempts;
    int64_t now = wouldBlock;
    while (now == wouldBlock)
    {
        if (ring.awaitRoom (deadline, attempts) == -1)
        {
            return -1;
        }
        now = Algorithm::push (ring, size, from, One ());
    }
    return now == 1 ? 0 : -1;
}

/// Pushes one element, and waits for room. @return 0, or -1 and lastError
template <typename Algorithm, typename Size>
int pushOne (Ring& ring, Size size, const void* from, Deadline deadline) noexcept
{
    const int64_t now = Algorithm::push (ring, size, from, One ());
    if (__builtin_expect (now == wouldBlock, 0))
    {
        return pushOneLate<Algorithm> (ring, size, from, deadline);
    }
    return now == 1 ? 0 : -1;
}

template <typename Algorithm, typename Size>
__attribute__ ((noinline, cold)) int popOneLate (Ring& ring, Size size, void* to, Deadline deadline) noexcept
{
    Attempts attempts;
    int64_t now = wouldBlock;
    while (now == wouldBlock)
    {
        if (ring.awaitElement (deadline, attempts) == -1)
        {
            return -1;
        }
        now = Algorithm::pop (ring, size, to, One ());
    }
    return now == 1 ? 0 : -1;
}

template <typename Algorithm, typename Size>
int popOne (Ring& ring, Size size, void* to, Deadline deadline) noexcept
{
    const int64_t now = Algorithm::pop (ring, size, to, One ());
    if (__builtin_expect (now == wouldBlock, 0))
    {
        return popOneLate<Algorithm> (ring, size, to, deadline);
    }
    return now == 1 ? 0 : -1;
}

/// The progress of a batch. A batch is moved in parts of 64 KiB, or of a whole ring where the time is up from the
/// start. Between parts the clock and a cancellation are checked.
class Progress
{
public:
    template <typename Size>
    Progress (Ring& ring, Size size, uint64_t n, Deadline deadline) noexcept
    : _ring (ring)
    , _deadline (deadline)
    , _n (n)
    , _atOnce (deadline.at != 0     ? elementsIn (size, bytesAtOnce)
               : ring.capacity != 0 ? ring.capacity
                                    : 1)
    , _left (_atOnce)
    {
        if (n > _atOnce)
        {
            ring.mayGoOn (deadline, attempts);  // records the count of cancellations: a later one ends the call
        }
    }

    uint64_t done () const noexcept
    {
        return _done;
    }

    /// The number of elements to move next.
    Some part () const noexcept
    {
        return Some {_n - _done < _left ? _n - _done : _left};
    }

    void moved (int64_t now) noexcept
    {
        const uint64_t count = now > 0 ? static_cast<uint64_t> (now) : 0;
        _done += count;
        _left -= count;
    }

    /// Whether the next part may be tried at once.
    bool mayGoOn () noexcept
    {
        if (_left != 0)
        {
            return true;
        }
        _left = _atOnce;
        return _ring.mayGoOn (_deadline, attempts);
    }

    /// The number of elements moved; -1 where it is 0: lastError says why.
    int64_t result () const noexcept
    {
        return _done != 0 ? static_cast<int64_t> (_done) : -1;
    }

    Attempts attempts;

private:
    Ring& _ring;
    const Deadline _deadline;
    const uint64_t _n;
    const uint64_t _atOnce;
    uint64_t _left;  // until the next check
    uint64_t _done = 0;
};

/// Pushes n elements, and waits for room. @return the number pushed; -1 where it is 0: lastError says why
template <typename Algorithm, typename Size>
int64_t pushAll (Ring& ring, Size size, const void* from, uint64_t n, Deadline deadline) noexcept
{
    if (from == nullptr || n == 0)
    {
        return ring.errorBatch (n);
    }
    Progress progress (ring, size, n, deadline);
    for (;;)
    {
        const char* next = static_cast<const char*> (from) + progress.done () * size.bytes ();
        const int64_t now = Algorithm::push (ring, size, next, progress.part ());
        progress.moved (now);
        if (now == -1 || progress.done () == n)
        {
            return progress.result ();
        }
        if ((now == wouldBlock || !progress.mayGoOn ()) && ring.awaitRoom (deadline, progress.attempts) == -1)
        {
            return progress.result ();
        }
    }
}

/// Pops n elements, and waits for them. @return as pushAll ()
template <typename Algorithm, typename Size>
int64_t popAll (Ring& ring, Size size, void* to, uint64_t n, Deadline deadline) noexcept
{
    if (to == nullptr || n == 0)
    {
        return ring.errorBatch (n);
    }
    Progress progress (ring, size, n, deadline);
    for (;;)
    {
        char* next = static_cast<char*> (to) + progress.done () * size.bytes ();
        const int64_t now = Algorithm::pop (ring, size, next, progress.part ());
        progress.moved (now);
        if (now == -1 || progress.done () == n)
        {
            return progress.result ();
        }
        if ((now == wouldBlock || !progress.mayGoOn ()) && ring.awaitElement (deadline, progress.attempts) == -1)
        {
            return progress.result ();
        }
    }
}

/// Waits for the first element, then pops up to n that are in the queue, as long as there is time.
template <typename Algorithm, typename Size>
int64_t popSome (Ring& ring, Size size, void* to, uint64_t n, Deadline deadline) noexcept
{
    if (to == nullptr || n == 0)
    {
        return ring.errorNoElements ();
    }
    Progress progress (ring, size, n, deadline);
    for (;;)
    {
        const Some part = progress.part ();
        char* next = static_cast<char*> (to) + progress.done () * size.bytes ();
        const int64_t now = Algorithm::pop (ring, size, next, part);
        progress.moved (now);
        const bool more = now == static_cast<int64_t> (part.n) && progress.done () != n;
        if (progress.done () != 0 && (!more || !progress.mayGoOn () || ring.pending () == 0))
        {
            return progress.result ();
        }
        if (now == -1 || (now == wouldBlock && ring.awaitElement (deadline, progress.attempts) == -1))
        {
            return -1;
        }
    }
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
