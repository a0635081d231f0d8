// SPDX-License-Identifier: MIT
// Waking by kernel primitives: an eventfd, a pipe, a condition variable, a bare futex. One element at a time.
#include "wake.hpp"

#include "harness/clock.hpp"
#include "harness/cpus.hpp"
#include "harness/figure.hpp"

#include <cerrno>
#include <climits>
#include <condition_variable>
#include <linux/futex.h>
#include <mutex>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace bench
{
namespace
{
// Longer than any contender spins before it sleeps.
constexpr double pauseBetween = 200e-6;

[[noreturn]] void fail (const char* what)
{
    throw std::system_error (errno, std::system_category (), what);
}

struct Eventfd
{
    using Element = bench::Element<8>;

    explicit Eventfd (const Place&)
    : fd (::eventfd (0, EFD_CLOEXEC))
    {
        if (fd == -1)
        {
            fail ("eventfd");
        }
    }

    ~Eventfd ()
    {
        ::close (fd);
    }

    bool push (const Element& element)
    {
        slot = element;
        return ::eventfd_write (fd, 1) == 0;
    }

    void await (Element& element)
    {
        eventfd_t count = 0;
        ::eventfd_read (fd, &count);
        element = slot;
    }

    const int fd;
    Element slot = {};
};

struct Pipe
{
    using Element = bench::Element<8>;

    explicit Pipe (const Place&)
    {
        if (::pipe (ends) != 0)
        {
            fail ("pipe");
        }
    }

    ~Pipe ()
    {
        ::close (ends[0]);
        ::close (ends[1]);
    }

    bool push (const Element& element)
    {
        return ::write (ends[1], &element, sizeof (element)) == sizeof (element);
    }

    void await (Element& element)
    {
        if (::read (ends[0], &element, sizeof (element)) != sizeof (element))
        {
            element = Element ();
        }
    }

    int ends[2] = {-1, -1};
};

struct Condition
{
    using Element = bench::Element<8>;

    explicit Condition (const Place&)
    {
    }

    bool push (const Element& element)
    {
        {
            const std::lock_guard<std::mutex> lock (mutex);
            slot = element;
            full = true;
        }
        condition.notify_one ();
        return true;
    }

    void await (Element& element)
    {
        std::unique_lock<std::mutex> lock (mutex);
        condition.wait (lock, [this] { return full; });
        full = false;
        element = slot;
    }

    std::mutex mutex;
    std::condition_variable condition;
    bool full = false;
    Element slot = {};
};

struct Futex
{
    using Element = bench::Element<8>;

    explicit Futex (const Place&)
    {
    }

    bool push (const Element& element)
    {
        slot = element;
        full.store (1, std::memory_order_release);
        ::syscall (SYS_futex, &full, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
        return true;
    }

    void await (Element& element)
    {
        while (full.load (std::memory_order_acquire) == 0)
        {
            ::syscall (SYS_futex, &full, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
        }
        element = slot;
        full.store (0, std::memory_order_relaxed);
    }

    std::atomic<uint32_t> full {0};
    Element slot = {};
};
}  // namespace

void runWake (const Order& order, const std::function<void (uint64_t)>& push, const std::function<uint64_t ()>& await,
              Sample* sample)
{
    const std::size_t times = std::max<std::size_t> (10, static_cast<std::size_t> (order.seconds / pauseBetween));
    std::vector<double> pushed (times);
    std::vector<double> awake (times);
    std::atomic<std::size_t> done {0};
    std::atomic<bool> wrong {false};
    std::thread consumer ([&] {
        harness::pinTo (order.cpus[1]);
        for (std::size_t i = 0; i < times; ++i)
        {
            const uint64_t value = await ();
            awake[i] = harness::secondsNow ();
            if (value != firstOf (0) + i)
            {
                wrong.store (true);
            }
            done.store (i + 1, std::memory_order_release);
        }
    });
    harness::pinTo (order.cpus[0]);
    const double usedBefore = harness::secondsOf (CLOCK_THREAD_CPUTIME_ID);
    const double start = harness::secondsNow ();
    for (std::size_t i = 0; i < times; ++i)
    {
        while (done.load (std::memory_order_acquire) != i)
        {
        }
        for (const double from = harness::secondsNow (); harness::secondsNow () < from + pauseBetween;)
        {
        }
        pushed[i] = harness::secondsNow ();
        push (firstOf (0) + i);
    }
    const double time = harness::secondsNow () - start;
    const double used = harness::secondsOf (CLOCK_THREAD_CPUTIME_ID) - usedBefore;
    consumer.join ();
    for (std::size_t i = 0; i < times; ++i)
    {
        awake[i] -= pushed[i];
    }
    sample->value = harness::median (awake) * 1e9;
    sample->own = used / time;
    sample->fault = wrong.load () ? Fault::Corrupted : Fault::None;
}

void addWakers (Contenders& contenders)
{
    addWaker<Eventfd> (contenders, {"eventfd", Group::Peer}, Kind::Spsc);
    addWaker<Pipe> (contenders, {"pipe", Group::Peer}, Kind::Spsc);
    addWaker<Condition> (contenders, {"condition variable", Group::Peer}, Kind::Spsc);
    addWaker<Futex> (contenders, {"futex", Group::Peer}, Kind::Spsc);
}

}  // namespace bench
