// SPDX-License-Identifier: MIT
// Sleeping until a word of memory changes, futex(2), and the clock that sleeps are counted on.
#ifndef JOIN_SRC_OS_FUTEX_HPP
#define JOIN_SRC_OS_FUTEX_HPP

#include <join/detail/abi.hpp>

#include <atomic>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Nanoseconds of CLOCK_MONOTONIC.
int64_t now () noexcept;

/// Nanoseconds since 1970, CLOCK_REALTIME.
int64_t today () noexcept;

/// Sleeps while the word has that value, until woken or until that time of now (). EAGAIN: it has another; ETIMEDOUT;
/// EINTR: a signal. `shared`: the word may be another process's too.
int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool shared, int64_t until) noexcept;

/// Sleeps until that time of now (). EINTR: a signal. No cancellation point.
int sleepUntil (int64_t until) noexcept;

/// Wakes all who sleep on the word.
int wakeAll (const std::atomic<uint32_t>& word, bool shared) noexcept;

/// Gives the CPU to whoever wants it.
void yieldCpu () noexcept;

int processId () noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
