// SPDX-License-Identifier: MIT
// Includes the library's own headers, not copies, over the model's memory: inside namespace join, `std` is a namespace
// with its own atomics and mutexes, which ask the explorer; and each thread of the model has its own lastError. Every
// file that uses these headers must include them through this one.
#ifndef MODEL_SHADOW_HPP
#define MODEL_SHADOW_HPP

#include "machine.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <type_traits>

#include <join/detail/abi.hpp>
#include <join/error.hpp>

namespace model
{
/// Performs an access of the running thread and returns its result. Outside of an exploration it accesses the bytes
/// directly.
uint64_t reach (const void* at, std::size_t size, Access access, const char* file, int line) noexcept;

/// memcpy; its accesses to cells are non-atomic accesses of 8 bytes.
void copy (void* to, const void* from, std::size_t bytes, const char* file = __builtin_FILE(),
           int line = __builtin_LINE()) noexcept;

join::LastError* threadError () noexcept;

/// The running thread has taken a mutex, or is about to release it: what the mutex protects is restored or saved
/// (wait_set.hpp).
void locked (const void* mutex) noexcept;
void unlocks (const void* mutex) noexcept;

constexpr Order orderOf (std::memory_order order) noexcept
{
    return order == std::memory_order_relaxed   ? Order::Relaxed
           : order == std::memory_order_acquire ? Order::Acquire
           : order == std::memory_order_release ? Order::Release
           : order == std::memory_order_acq_rel ? Order::AcqRel
                                                : Order::SeqCst;
}

template <typename T>
uint64_t bitsOf (T value) noexcept
{
    uint64_t bits = 0;
    std::memcpy (&bits, &value, sizeof (value));
    return bits;
}

template <typename T>
T fromBits (uint64_t bits) noexcept
{
    T value;
    std::memcpy (&value, &bits, sizeof (value));
    return value;
}
}  // namespace model

namespace join
{
inline namespace JOIN_ABI
{
namespace std
{
using namespace ::std;
using model::Kind;
using model::Order;

template <typename T>
class atomic
{
public:
    static constexpr bool is_always_lock_free = true;

    atomic () noexcept = default;
    atomic (const atomic&) = delete;
    atomic& operator= (const atomic&) = delete;

    constexpr atomic (T value) noexcept
    : _bytes (value)
    {
    }

    T load (memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
            int line = __builtin_LINE()) const noexcept
    {
        return model::fromBits<T> (ask (Kind::Load, 0, order, file, line));
    }

    void store (T value, memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) noexcept
    {
        ask (Kind::Store, model::bitsOf (value), order, file, line);
    }

    T fetch_add (T by, memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE()) noexcept
    {
        return model::fromBits<T> (ask (Kind::Add, by, order, file, line));
    }

    T fetch_and (T with, memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE()) noexcept
    {
        return model::fromBits<T> (ask (Kind::And, with, order, file, line));
    }

    T fetch_or (T with, memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) noexcept
    {
        return model::fromBits<T> (ask (Kind::Or, with, order, file, line));
    }

    T exchange (T value, memory_order order = memory_order_seq_cst, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) noexcept
    {
        return model::fromBits<T> (ask (Kind::Exchange, model::bitsOf (value), order, file, line));
    }

    bool compare_exchange_strong (T& expected, T value, memory_order success, memory_order failure,
                                  const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept
    {
        const model::Access access = {Kind::Swap, model::orderOf (success), model::orderOf (failure),
                                      0,          model::bitsOf (value),    model::bitsOf (expected),
                                      nullptr};
        const T found = model::fromBits<T> (model::reach (this, sizeof (T), access, file, line));
        const bool swapped = found == expected;
        expected = found;
        return swapped;
    }

    bool compare_exchange_strong (T& expected, T value, memory_order order = memory_order_seq_cst,
                                  const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept
    {
        const memory_order failure = order == memory_order_acq_rel   ? memory_order_acquire
                                     : order == memory_order_release ? memory_order_relaxed
                                                                     : order;
        return compare_exchange_strong (expected, value, order, failure, file, line);
    }

    /// Never fails spuriously: the caller would only repeat the call with the same values.
    bool compare_exchange_weak (T& expected, T value, memory_order success, memory_order failure,
                                const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept
    {
        return compare_exchange_strong (expected, value, success, failure, file, line);
    }

    bool compare_exchange_weak (T& expected, T value, memory_order order = memory_order_seq_cst,
                                const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept
    {
        return compare_exchange_strong (expected, value, order, file, line);
    }

private:
    uint64_t ask (Kind kind, uint64_t value, memory_order order, const char* file, int line) const noexcept
    {
        const Order requested = model::orderOf (order);
        return model::reach (this, sizeof (T), model::Access {kind, requested, requested, 0, value, 0, nullptr}, file,
                             line);
    }

    T _bytes;
};

class mutex
{
public:
    constexpr mutex () noexcept = default;

    void lock () noexcept
    {
        ask (Kind::Lock, Order::Acquire);
        model::locked (this);
    }

    void unlock () noexcept
    {
        model::unlocks (this);
        ask (Kind::Unlock, Order::Release);
    }

private:
    void ask (Kind kind, Order order) noexcept
    {
        model::reach (&_bytes, sizeof (_bytes), model::Access {kind, order, order, 0, 0, 0, nullptr}, nullptr, 0);
    }

    uint32_t _bytes = 0;
};

}  // namespace std
}  // namespace JOIN_ABI
}  // namespace join

#define lastError (*::model::threadError ())
#define __builtin_memcpy ::model::copy
#include <join/detail/copy.hpp>
#undef __builtin_memcpy

#include <join/detail/blocking.hpp>
#include <join/detail/claim.hpp>
#include <join/detail/spsc.hpp>

#endif
