// SPDX-License-Identifier: MIT
/// epoll(7) with numbered descriptors.
#ifndef BENCH_QUEUE_WAITSET_EPOLL_HPP
#define BENCH_QUEUE_WAITSET_EPOLL_HPP

#include "row.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace waitset
{
[[noreturn]] inline void throwErrno (const char* call)
{
    throw std::system_error (errno, std::system_category (), call);
}

class Epoll
{
public:
    Epoll ()
    : _fd (::epoll_create1 (EPOLL_CLOEXEC))
    {
        if (_fd == -1)
        {
            throwErrno ("epoll_create1");
        }
    }

    Epoll (const Epoll&) = delete;
    Epoll& operator= (const Epoll&) = delete;

    ~Epoll ()
    {
        ::close (_fd);
    }

    void add (int fd, unsigned number)
    {
        epoll_event event {};
        event.events = EPOLLIN;
        event.data.u32 = number;
        if (::epoll_ctl (_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        {
            throwErrno ("epoll_ctl");
        }
    }

    void wait ()
    {
        const int n = ::epoll_wait (_fd, _events, maxEvents, -1);
        if (n < 0 && errno != EINTR)
        {
            throwErrno ("epoll_wait");
        }
        _count = n < 0 ? 0 : static_cast<unsigned> (n);
    }

    unsigned count () const
    {
        return _count;
    }

    /// The number of the descriptor of an event.
    unsigned number (unsigned event) const
    {
        return _events[event].data.u32;
    }

private:
    const int _fd;
    epoll_event _events[maxEvents];
    unsigned _count = 0;
};

}  // namespace waitset
}  // namespace bench

#endif
