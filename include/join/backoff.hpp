// SPDX-License-Identifier: MIT
/// What to do between two tries that fail.
///
///     for (Backoff backoff; queue.tryPop (tick) == -1;) backoff ();
///
/// Twice as many pauses of the processor each time, up to about a microsecond; after some of those the CPU goes to
/// whoever wants it. An object is for one thread. Where seconds may pass, pop () sleeps and costs nothing.
#ifndef JOIN_BACKOFF_HPP
#define JOIN_BACKOFF_HPP

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
class Backoff
{
public:
    /// Waits, longer than the time before.
    void operator() () noexcept
    {
        if (_rounds >= spins)
        {
            detail::Ring::yield ();
            return;
        }
        const unsigned pauses = 1U << (_rounds < doublings ? _rounds : doublings);
        for (unsigned i = 0; i < pauses; ++i)
        {
            detail::relax ();
        }
        ++_rounds;
    }

    /// After a success: the next wait is short again.
    void reset () noexcept
    {
        _rounds = 0;
    }

private:
    static constexpr unsigned doublings = 5;
    static constexpr unsigned spins = 64;

    unsigned _rounds = 0;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
