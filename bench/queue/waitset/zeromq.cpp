// SPDX-License-Identifier: MIT
// A PUSH and a PULL socket of ZeroMQ over ipc for each queue, and zmq_poll.
#include "contender.hpp"
#include "epoll.hpp"

#include <zmq.h>

namespace bench
{
namespace waitset
{
namespace
{
void check (bool good, const char* call)
{
    if (!good)
    {
        throw std::runtime_error (std::string (call) + ": " + ::zmq_strerror (::zmq_errno ()));
    }
}

class Sockets
{
public:
    Sockets (const Setup& setup, int type, int (*join) (void*, const char*))
    : _context (::zmq_ctx_new ())
    {
        check (::zmq_ctx_set (_context, ZMQ_MAX_SOCKETS, static_cast<int> (setup.row.queues) + 8) == 0, "zmq_ctx_set");
        for (uint32_t i = 0; i < setup.row.queues; ++i)
        {
            void* const socket = ::zmq_socket (_context, type);
            check (socket != nullptr, "zmq_socket");
            _all.push_back (socket);
            const int none = 0;
            const int yes = 1;
            const int limit = static_cast<int> (capacity);
            check (::zmq_setsockopt (socket, ZMQ_LINGER, &none, sizeof (none)) == 0, "zmq_setsockopt");
            check (::zmq_setsockopt (socket, ZMQ_SNDHWM, &limit, sizeof (limit)) == 0, "zmq_setsockopt");
            check (::zmq_setsockopt (socket, ZMQ_RCVHWM, &limit, sizeof (limit)) == 0, "zmq_setsockopt");
            check (::zmq_setsockopt (socket, ZMQ_IMMEDIATE, &yes, sizeof (yes)) == 0, "zmq_setsockopt");
            // An abstract name leaves no file.
            check (join (socket, ("ipc://@" + setup.name + "-" + std::to_string (i)).c_str ()) == 0, "zmq_bind");
        }
    }

    Sockets (const Sockets&) = delete;
    Sockets& operator= (const Sockets&) = delete;

    ~Sockets ()
    {
        for (void* socket : _all)
        {
            ::zmq_close (socket);
        }
        ::zmq_ctx_term (_context);
    }

    const std::vector<void*>& all () const
    {
        return _all;
    }

private:
    void* const _context;
    std::vector<void*> _all;
};

class Sends : public Sender
{
public:
    explicit Sends (const Setup& setup)
    : _sockets (setup, ZMQ_PUSH, ::zmq_connect)
    {
        for (void* socket : _sockets.all ())
        {
            zmq_pollitem_t connected {socket, 0, ZMQ_POLLOUT, 0};
            check (::zmq_poll (&connected, 1, -1) == 1, "zmq_poll");
        }
    }

    // What was sent is on its way: sockets that are closed at once would drop it.
    ~Sends () override
    {
        ::usleep (100 * 1000);
    }

    bool tryPush (unsigned queue, const Element& element) override
    {
        const int n = ::zmq_send (_sockets.all ()[queue], &element, sizeof (element), ZMQ_DONTWAIT);
        check (n == sizeof (element) || ::zmq_errno () == EAGAIN, "zmq_send");
        return n == sizeof (element);
    }

private:
    Sockets _sockets;
};

class Polls : public Waiter
{
public:
    explicit Polls (const Setup& setup)
    : _sockets (setup, ZMQ_PULL, ::zmq_bind)
    {
    }

    void makeSet () override
    {
        for (void* socket : _sockets.all ())
        {
            _items.push_back ({socket, 0, ZMQ_POLLIN, 0});
        }
    }

    void wait () override
    {
        check (::zmq_poll (_items.data (), static_cast<int> (_items.size ()), -1) >= 0, "zmq_poll");
    }

    void take (Sink& sink) override
    {
        for (unsigned i = 0; i < _items.size (); ++i)
        {
            Element element;
            for (uint64_t n = 0;
                 _items[i].revents != 0
                 && n<visit&& ::zmq_recv (_items[i].socket, &element, sizeof (element), ZMQ_DONTWAIT)> 0;
                 ++n)
            {
                sink.add (i, element);
            }
        }
    }

private:
    Sockets _sockets;
    std::vector<zmq_pollitem_t> _items;
};

class Zeromq : public Peer
{
public:
    using Peer::Peer;

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<Sends> (_setup);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<Polls> (_setup);
    }
};

bool processes (const Row& row)
{
    return row.shared;
}
}  // namespace

void addZeromq (Contenders& contenders)
{
    contenders.push_back ({"ZeroMQ ipc", processes, makePeer<Zeromq>});
}

}  // namespace waitset
}  // namespace bench
