// SPDX-License-Identifier: MIT
// The textbook bounded queue: a ring, a mutex, two condition variables. Waiters are counted under the mutex, so that a
// system call is made only for one that waits, and after the mutex is free. The notifier takes the waiter off the count: it
// is not notified again before it runs.
#include "loops.hpp"
#include "mapped.hpp"
#include "process_mutex.hpp"

#include <condition_variable>
#include <mutex>

namespace bench
{
namespace blocking
{
namespace
{
/// In the private or the shared memory of Mapped.
template <typename T, typename Mutex, typename Condition>
class Ring
{
public:
    using Element = T;
    static constexpr uint64_t most = capacityFor (sizeof (T));

    explicit Ring (uint64_t capacity)
    : _mask (capacity - 1)
    {
    }

    void push (const T& element)
    {
        std::unique_lock<Mutex> lock (_mutex);
        while (_head - _tail > _mask)
        {
            ++_waitForRoom;
            _room.wait (lock);
        }
        _elements[_head++ & _mask] = element;
        notifyOne (lock, _waitForElements, _filled);
    }

    void pop (T& element)
    {
        std::unique_lock<Mutex> lock (_mutex);
        while (_head == _tail)
        {
            ++_waitForElements;
            _filled.wait (lock);
        }
        element = _elements[_tail++ & _mask];
        notifyOne (lock, _waitForRoom, _room);
    }

private:
    // A waiter that woke without a notification stays counted: that costs one notification.
    static void notifyOne (std::unique_lock<Mutex>& lock, uint32_t& waiters, Condition& condition)
    {
        const bool waits = waiters != 0;
        waiters -= waits ? 1 : 0;
        lock.unlock ();
        if (waits)
        {
            condition.notify_one ();
        }
    }

    Mutex _mutex;
    Condition _filled;
    Condition _room;
    const uint64_t _mask;
    uint64_t _head = 0;
    uint64_t _tail = 0;
    uint32_t _waitForElements = 0;
    uint32_t _waitForRoom = 0;
    alignas (64) T _elements[most];
};

template <typename T, typename Held>
class Mutexed
{
public:
    using Element = T;
    static constexpr bool inherited = true;
    static bool counted (const Row&)
    {
        return false;  // the futex calls of the C library are not seen
    }

    explicit Mutexed (const Setup& setup)
    : _ring (setup.row.shared, setup.row.capacity)
    {
    }

    void push (const T& element)
    {
        _ring->push (element);
    }

    void pop (T& element)
    {
        _ring->pop (element);
    }

private:
    Mapped<Held> _ring;
};

template <typename T>
using Threads = Mutexed<T, Ring<T, std::mutex, std::condition_variable>>;
template <typename T>
using Processes = Mutexed<T, Ring<T, ProcessMutex, ProcessCondition>>;

bool does (const Row& row)
{
    return row.shape != Shape::Roundtrip;
}

void run (const Contender& self, const Order& order, Sample* sample)
{
    order.row.shared ? runAny<Processes> (self, order, sample) : runAny<Threads> (self, order, sample);
}
}  // namespace

void addMutex (Contenders& contenders)
{
    contenders.push_back ({"mutex", does, run, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
