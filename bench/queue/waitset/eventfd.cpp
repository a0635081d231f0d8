// SPDX-License-Identifier: MIT
// A ring and an eventfd for each queue, and epoll: what a program writes by hand. Each push is a write(2).
#include "contender.hpp"
#include "epoll.hpp"
#include "harness/shared_object.hpp"

#include <sys/eventfd.h>

namespace bench
{
namespace waitset
{
namespace
{
struct Ring
{
    alignas (128) std::atomic<uint64_t> head {0};
    alignas (128) std::atomic<uint64_t> tail {0};
    alignas (128) Element elements[capacity];
};

struct Rings
{
    alignas (128) uint64_t count = 0;

    Ring& at (unsigned queue)
    {
        return reinterpret_cast<Ring*> (this + 1)[queue];  // its memory is zero, as an empty ring is
    }
};

class Eventfds : public Peer
{
public:
    explicit Eventfds (const Setup& setup)
    : Peer (setup)
    , _rings (setup.row.queues * sizeof (Ring))
    {
        for (uint32_t i = 0; i < setup.row.queues; ++i)
        {
            const int fd = ::eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
            if (fd == -1)
            {
                throwErrno ("eventfd");
            }
            _fds.push_back (fd);
        }
    }

    ~Eventfds () override
    {
        for (int fd : _fds)
        {
            ::close (fd);
        }
    }

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<Writes> (*_rings, _fds);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<Waits> (*_rings, _fds);
    }

private:
    class Writes : public Sender
    {
    public:
        Writes (Rings& rings, const std::vector<int>& fds)
        : _rings (rings)
        , _fds (fds)
        {
        }

        bool tryPush (unsigned queue, const Element& element) override
        {
            Ring& ring = _rings.at (queue);
            const uint64_t head = ring.head.load (std::memory_order_relaxed);
            if (head - ring.tail.load (std::memory_order_acquire) == capacity)
            {
                return false;
            }
            ring.elements[head % capacity] = element;
            ring.head.store (head + 1, std::memory_order_release);
            const uint64_t count = 1;
            if (::write (_fds[queue], &count, sizeof (count)) != sizeof (count))
            {
                throwErrno ("write to an eventfd");
            }
            return true;
        }

    private:
        Rings& _rings;
        const std::vector<int>& _fds;
    };

    class Waits : public Waiter
    {
    public:
        Waits (Rings& rings, const std::vector<int>& fds)
        : _rings (rings)
        , _fds (fds)
        {
        }

        void makeSet () override
        {
            _epoll = std::make_unique<Epoll> ();
            for (unsigned i = 0; i < _fds.size (); ++i)
            {
                _epoll->add (_fds[i], i);
            }
        }

        void wait () override
        {
            _epoll->wait ();
        }

        void take (Sink& sink) override
        {
            for (unsigned i = 0; i < _epoll->count (); ++i)
            {
                visitQueue (_epoll->number (i), sink);
            }
        }

    private:
        // A queue with more elements stays readable. Elements that are pushed after the counter was read make it
        // readable again.
        void visitQueue (unsigned queue, Sink& sink)
        {
            Ring& ring = _rings.at (queue);
            uint64_t tail = ring.tail.load (std::memory_order_relaxed);
            uint64_t head = tail + visit;
            if (ring.head.load (std::memory_order_acquire) < head)
            {
                uint64_t count = 0;
                const ssize_t got = ::read (_fds[queue], &count, sizeof (count));
                static_cast<void> (got);
                head = ring.head.load (std::memory_order_acquire);
            }
            for (; tail != head; ++tail)
            {
                sink.add (queue, ring.elements[tail % capacity]);
            }
            ring.tail.store (tail, std::memory_order_release);
        }

        Rings& _rings;
        const std::vector<int>& _fds;
        std::unique_ptr<Epoll> _epoll;
    };

    harness::SharedObject<Rings> _rings;
    std::vector<int> _fds;
};

bool any (const Row&)
{
    return true;
}
}  // namespace

void addEventfd (Contenders& contenders)
{
    contenders.push_back ({"eventfd + epoll", any, makePeer<Eventfds>});
}

}  // namespace waitset
}  // namespace bench
