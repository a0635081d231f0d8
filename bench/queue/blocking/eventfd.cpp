// SPDX-License-Identifier: MIT
// Two eventfds as semaphores around a ring: one counts elements, one counts room. With one producer and one consumer each side
// owns its index; otherwise a mutex guards the ring. Every push and pop is two system calls.
#include "loops.hpp"
#include "mapped.hpp"
#include "process_mutex.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace blocking
{
namespace
{
template <typename T>
struct Ring
{
    static constexpr uint64_t most = capacityFor (sizeof (T));

    alignas (128) std::mutex threads;
    ProcessMutex processes;
    alignas (128) uint64_t head = 0;
    alignas (128) uint64_t tail = 0;
    alignas (128) T elements[most];
};

class Semaphore
{
public:
    explicit Semaphore (uint64_t count)
    : _fd (::eventfd (static_cast<unsigned> (count), EFD_SEMAPHORE | EFD_CLOEXEC))
    {
        if (_fd == -1)
        {
            throw std::system_error (errno, std::system_category (), "eventfd");
        }
    }

    Semaphore (const Semaphore&) = delete;
    Semaphore& operator= (const Semaphore&) = delete;

    ~Semaphore ()
    {
        ::close (_fd);
    }

    void take ()
    {
        uint64_t one = 0;
        countSystemCall ();
        while (::read (_fd, &one, sizeof (one)) != sizeof (one))
        {
            if (errno != EINTR)
            {
                throw std::system_error (errno, std::system_category (), "read from an eventfd");
            }
            countSystemCall ();
        }
        std::atomic_thread_fence (std::memory_order_acquire);
    }

    void give ()
    {
        const uint64_t one = 1;
        std::atomic_thread_fence (std::memory_order_release);
        countSystemCall ();
        if (::write (_fd, &one, sizeof (one)) != sizeof (one))
        {
            throw std::system_error (errno, std::system_category (), "write to an eventfd");
        }
    }

private:
    const int _fd;
};

template <typename T>
class Eventfds
{
public:
    using Element = T;
    static constexpr bool inherited = true;

    static bool counted (const Row& row)
    {
        return isPair (row);  // otherwise the mutex makes calls that are not seen
    }

    explicit Eventfds (const Setup& setup)
    : _ring (setup.row.shared)
    , _mask (setup.row.capacity - 1)
    , _pair (isPair (setup.row))
    , _processes (setup.row.processes ())
    , _filled (0)
    , _room (setup.row.capacity)
    {
    }

    void push (const T& element)
    {
        _room.take ();
        guarded ([&] { _ring->elements[_ring->head++ & _mask] = element; });
        _filled.give ();
    }

    void pop (T& element)
    {
        _filled.take ();
        guarded ([&] { element = _ring->elements[_ring->tail++ & _mask]; });
        _room.give ();
    }

private:
    static bool isPair (const Row& row)
    {
        return row.producers == 1 && row.consumers == 1;
    }

    template <typename Copy>
    void guarded (const Copy& copy)
    {
        if (_pair)
        {
            copy ();
        }
        else if (_processes)
        {
            const std::lock_guard<ProcessMutex> lock (_ring->processes);
            copy ();
        }
        else
        {
            const std::lock_guard<std::mutex> lock (_ring->threads);
            copy ();
        }
    }

    Mapped<Ring<T>> _ring;
    const uint64_t _mask;
    const bool _pair;
    const bool _processes;
    Semaphore _filled;
    Semaphore _room;
};

bool does (const Row& row)
{
    return row.shape == Shape::Throughput || row.shape == Shape::Rate || row.shape == Shape::Roundtrip;
}
}  // namespace

void addEventfd (Contenders& contenders)
{
    contenders.push_back ({"eventfd", does, runAny<Eventfds>, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
