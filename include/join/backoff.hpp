// SPDX-License-Identifier: MIT
/// Exponential backoff between attempts that fail, for a thread that polls a queue.
///
///     for (Backoff backoff; queue.tryPop (tick) == -1;) backoff ();
///
/// Where a wait may last for seconds, use pop () instead: it sleeps in the kernel and takes no CPU time.
#ifndef JOIN_BACKOFF_HPP
#define JOIN_BACKOFF_HPP

#include <join/detail/ring.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
/// A wait that doubles: each one has twice as many pause instructions as the one before, up to about a microsecond;
/// after `spins` of them, each wait yields the CPU instead.
///
/// Thread safety: an object is for one thread. Since: 0.1
class Backoff
{
public:
    /// Makes an object whose next wait is the shortest one.
    /// @param spins the number of waits that pause the processor, before waits yield the CPU
    explicit Backoff (std::size_t spins = defaultSpins) noexcept
    : _spins (spins)
    {
    }

    /// Waits, longer than the call before did.
    void operator() () noexcept
    {
        if (_rounds >= _spins)
        {
            detail::Ring::yield ();
            return;
        }
        const unsigned pauses = 1U << (_rounds < doublings ? _rounds : doublings);
        for (unsigned i = 0; i < pauses; ++i)
        {
            detail::cpuPause ();
        }
        ++_rounds;
    }

    /// Makes the next wait the shortest one again: for use after a success.
    void reset () noexcept
    {
        _rounds = 0;
    }

private:
    static constexpr std::size_t doublings = 5;
    static constexpr std::size_t defaultSpins = 64;

    std::size_t _spins;
    std::size_t _rounds = 0;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
