// SPDX-License-Identifier: MIT
// A pipe and a Unix socket. A write of at most PIPE_BUF bytes to a pipe is atomic, and so is a read of the same size;
// with larger elements a pipe takes part with one producer and one consumer only. The socket is of type SOCK_SEQPACKET:
// an element is a message. Both have the capacity that the kernel gives them: 64 KiB, and for large elements what they
// request.
#include "loops.hpp"

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace blocking
{
namespace
{
[[noreturn]] void fail (const char* what)
{
    throw std::system_error (errno, std::system_category (), what);
}

template <typename T>
class Descriptors
{
public:
    using Element = T;
    static constexpr bool inherited = true;

    static bool counted (const Row&)
    {
        return true;
    }

    Descriptors () = default;
    Descriptors (const Descriptors&) = delete;
    Descriptors& operator= (const Descriptors&) = delete;

    ~Descriptors ()
    {
        ::close (_ends[0]);
        ::close (_ends[1]);
    }

    void push (const T& element)
    {
        const char* const bytes = reinterpret_cast<const char*> (&element);
        for (std::size_t done = 0; done < sizeof (T);)
        {
            countSystemCall ();
            done += progress (::write (_ends[1], bytes + done, sizeof (T) - done), "write");
        }
    }

    void pop (T& element)
    {
        char* const bytes = reinterpret_cast<char*> (&element);
        for (std::size_t done = 0; done < sizeof (T);)
        {
            countSystemCall ();
            done += progress (::read (_ends[0], bytes + done, sizeof (T) - done), "read");
        }
    }

protected:
    static std::size_t progress (ssize_t n, const char* what)
    {
        if (n <= 0 && errno != EINTR)
        {
            fail (what);
        }
        return n > 0 ? static_cast<std::size_t> (n) : 0;
    }

    int _ends[2] = {-1, -1};
};

template <typename T>
class Pipe : public Descriptors<T>
{
public:
    explicit Pipe (const Setup& setup)
    {
        if (::pipe (this->_ends) != 0)
        {
            fail ("pipe");
        }
        if (sizeof (T) > PIPE_BUF)
        {
            // If this is refused, the pipe keeps its size.
            ::fcntl (this->_ends[1], F_SETPIPE_SZ, static_cast<int> (setup.row.capacity * sizeof (T)));
        }
    }
};

template <typename T>
class Socket : public Descriptors<T>
{
public:
    explicit Socket (const Setup& setup)
    {
        if (::socketpair (AF_UNIX, SOCK_SEQPACKET, 0, this->_ends) != 0)
        {
            fail ("socketpair");
        }
        if (sizeof (T) > PIPE_BUF)
        {
            const int bytes = static_cast<int> (setup.row.capacity * sizeof (T));
            ::setsockopt (this->_ends[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof (bytes));
        }
    }
};

bool doesSocket (const Row& row)
{
    return row.shape == Shape::Throughput || row.shape == Shape::Rate || row.shape == Shape::Roundtrip;
}

bool doesPipe (const Row& row)
{
    return doesSocket (row) && (row.bytes <= PIPE_BUF || (row.producers == 1 && row.consumers == 1));
}
}  // namespace

void addPipe (Contenders& contenders)
{
    contenders.push_back ({"pipe", doesPipe, runAny<Pipe>, Mode::BothBlock, ""});
}

void addSocket (Contenders& contenders)
{
    contenders.push_back ({"Unix socket", doesSocket, runAny<Socket>, Mode::BothBlock, ""});
}

}  // namespace blocking
}  // namespace bench
