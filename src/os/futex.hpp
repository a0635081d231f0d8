// SPDX-License-Identifier: MIT
// Sleeping until a word of memory changes, with futex(2) and futex_waitv(2), and the clocks for deadlines.
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
/// The current time on CLOCK_MONOTONIC, nanoseconds.
int64_t monotonicNow () noexcept;

/// The current time on CLOCK_REALTIME, nanoseconds since 1970.
int64_t realtimeNow () noexcept;

/// Sleeps while the word has that value, until it is woken or monotonicNow () reaches `until`. EAGAIN: the word has
/// another value. ETIMEDOUT. EINTR: a signal.
/// @param shared other processes use the word too
int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool shared, int64_t until) noexcept;

/// Sleeps on two words, the second of them private, with futex_waitv(2), Linux 5.16. 0: woken by the first word.
/// EAGAIN: one of them has another value, or the sleeper was woken by `other`. ENOSYS, EPERM, ...: the system call is
/// not available.
int sleepOnEither (const std::atomic<uint32_t>& word, uint32_t value, bool shared, const std::atomic<uint32_t>& other,
                   uint32_t otherValue, int64_t until) noexcept;

/// A word to sleep on beside others, as futex_waitv(2) reads it: struct futex_waitv of linux/futex.h.
struct FutexWait
{
    FutexWait () noexcept = default;

    /// @param shared other processes use the word too
    FutexWait (const std::atomic<uint32_t>& word, uint32_t expected, bool shared) noexcept;

    uint64_t value;    // sleep while the word has this value
    uint64_t address;  // of the word
    uint32_t flags;
    uint32_t reserved;
};

constexpr unsigned maxFutexWaits = 128;  // FUTEX_WAITV_MAX

/// Sleeps on up to maxFutexWaits words with futex_waitv(2), Linux 5.16. 0: woken by the word waits[*woken]. EAGAIN: one
/// of them has another value. ETIMEDOUT, EINTR. ENOSYS, EPERM, ...: the system call is not available.
int sleepOnAny (const FutexWait* waits, unsigned n, int64_t until, unsigned* woken) noexcept;

/// Whether a sleep failed because the system call is not available: an old kernel, or a filter.
bool isRefused (int error) noexcept;

/// Sleeps until monotonicNow () reaches `until`. EINTR: a signal. It is not a cancellation point.
int sleepUntil (int64_t until) noexcept;

/// Wakes up to n threads that sleep on the word, the longest sleeper first. @return how many
uint32_t wake (const std::atomic<uint32_t>& word, uint32_t n, bool shared) noexcept;

/// Yields the CPU to another runnable thread, if there is one: sched_yield(2).
void yieldCpu () noexcept;

int processId () noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
