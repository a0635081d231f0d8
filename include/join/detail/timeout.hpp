// SPDX-License-Identifier: MIT
// Conversion of std::chrono durations, of any unit and representation, to the deadline of a waiting call.
#ifndef JOIN_DETAIL_TIMEOUT_HPP
#define JOIN_DETAIL_TIMEOUT_HPP

#include <join/detail/ring.hpp>

#include <chrono>
#include <type_traits>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// A duration in nanoseconds, rounded up: 0 where it is negative or NaN, Deadline::never where it does not fit into
/// int64_t. std::chrono's own conversion overflows for such durations, which is undefined behaviour.
template <typename Rep, typename Period>
constexpr int64_t nanosecondsOf (const std::chrono::duration<Rep, Period>& duration) noexcept
{
    constexpr int64_t second = 1000 * 1000 * 1000;
    if (!(duration.count () > Rep (0)))
    {
        return 0;
    }
    if constexpr (std::is_integral<Rep>::value && second % Period::den == 0
                  && Period::num <= Deadline::never / (second / Period::den))
    {
        // the unit is a whole number of nanoseconds
        using Wide = std::common_type_t<Rep, int64_t>;
        constexpr int64_t unit = Period::num * (second / Period::den);
        return static_cast<Wide> (duration.count ()) > static_cast<Wide> (Deadline::never / unit)
                   ? Deadline::never
                   : static_cast<int64_t> (duration.count ()) * unit;
    }
    else
    {
        using Real = std::common_type_t<Rep, double>;
        constexpr Real limit = static_cast<Real> (uint64_t (1) << 63);
        constexpr Real unit = static_cast<Real> (Period::num) / static_cast<Real> (Period::den) * Real (second);
        if (!(static_cast<Real> (duration.count ()) < limit / unit))
        {
            return Deadline::never;
        }
        const Real exact = static_cast<Real> (duration.count ()) * unit;
        if (!(exact < limit))
        {
            return Deadline::never;  // the product was rounded up to the limit
        }
        const int64_t whole = static_cast<int64_t> (exact);
        return static_cast<Real> (whole) < exact ? whole + 1 : whole;
    }
}

template <typename Rep, typename Period>
Deadline deadlineIn (const std::chrono::duration<Rep, Period>& timeout) noexcept
{
    return Ring::deadlineIn (nanosecondsOf (timeout));
}

inline Deadline noDeadline () noexcept
{
    return Deadline {Deadline::never};
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
