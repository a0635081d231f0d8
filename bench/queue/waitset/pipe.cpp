// SPDX-License-Identifier: MIT
// A pipe for each queue, and epoll. The elements go through the pipe.
#include "contender.hpp"
#include "epoll.hpp"

#include <fcntl.h>

namespace bench
{
namespace waitset
{
namespace
{
class Pipes : public Peer
{
public:
    explicit Pipes (const Setup& setup)
    : Peer (setup)
    {
        for (uint32_t i = 0; i < setup.row.queues; ++i)
        {
            int ends[2];
            if (::pipe2 (ends, O_NONBLOCK | O_CLOEXEC) != 0)
            {
                throwErrno ("pipe2");
            }
            _readable.push_back (ends[0]);
            _writable.push_back (ends[1]);
            ::fcntl (ends[1], F_SETPIPE_SZ, 4096);  // 256 elements; where the system's pages are larger, more
        }
    }

    ~Pipes () override
    {
        for (const std::vector<int>* fds : {&_readable, &_writable})
        {
            for (int fd : *fds)
            {
                ::close (fd);
            }
        }
    }

    std::unique_ptr<Sender> sender () override
    {
        return std::make_unique<Writes> (_writable);
    }

    std::unique_ptr<Waiter> waiter () override
    {
        return std::make_unique<Waits> (_readable);
    }

private:
    class Writes : public Sender
    {
    public:
        explicit Writes (const std::vector<int>& fds)
        : _fds (fds)
        {
        }

        bool tryPush (unsigned queue, const Element& element) override
        {
            const ssize_t n = ::write (_fds[queue], &element, sizeof (element));
            if (n == sizeof (element) || (n == -1 && errno == EAGAIN))
            {
                return n != -1;
            }
            throwErrno ("write to a pipe");
        }

    private:
        const std::vector<int>& _fds;
    };

    class Waits : public Waiter
    {
    public:
        explicit Waits (const std::vector<int>& fds)
        : _fds (fds)
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
            Element elements[visit];
            for (unsigned i = 0; i < _epoll->count (); ++i)
            {
                const unsigned queue = _epoll->number (i);
                const ssize_t n = ::read (_fds[queue], elements, sizeof (elements));
                if (n > 0)
                {
                    sink.add (queue, elements, static_cast<std::size_t> (n) / sizeof (Element));
                }
            }
        }

    private:
        const std::vector<int>& _fds;
        std::unique_ptr<Epoll> _epoll;
    };

    std::vector<int> _readable;
    std::vector<int> _writable;
};

bool any (const Row&)
{
    return true;
}
}  // namespace

void addPipe (Contenders& contenders)
{
    contenders.push_back ({"pipe + epoll", any, makePeer<Pipes>});
}

}  // namespace waitset
}  // namespace bench
