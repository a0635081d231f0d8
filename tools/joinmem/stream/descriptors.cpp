// SPDX-License-Identifier: MIT
#include "descriptors.hpp"

#include "../command.hpp"
#include "ending.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tool::stream
{
namespace
{
// Enlarges a pipe: with 64 KiB the two processes take turns too often. If the system refuses, the pipe stays as it is.
void widenPipe (int descriptor) noexcept
{
    constexpr int wide = 1 << 20;
    struct stat facts = {};
    if (::fstat (descriptor, &facts) == 0 && S_ISFIFO (facts.st_mode) && ::fcntl (descriptor, F_GETPIPE_SZ) < wide)
    {
        ::fcntl (descriptor, F_SETPIPE_SZ, wide);
    }
}

// Waits until a descriptor is ready that another process has made non-blocking.
void awaitReady (int descriptor, short events) noexcept
{
    pollfd one = {descriptor, events, 0};
    ::poll (&one, 1, -1);
}
}  // namespace

void keepStandardOpen (int needed)
{
    for (int descriptor = 0; descriptor <= 2; ++descriptor)
    {
        if (::fcntl (descriptor, F_GETFD) != -1)
        {
            continue;
        }
        if (descriptor == needed)
        {
            throw Stop (Failed, descriptor == 0 ? "standard input is closed" : "standard output is closed");
        }
        ::open ("/dev/null", O_RDWR);  // returns the lowest free descriptor, which is this one
    }
}

Input::Input (int descriptor) noexcept
: _descriptor (descriptor)
{
    widenPipe (descriptor);
}

std::size_t Input::read (char* to, std::size_t most)
{
    const iovec part = {to, most};
    return read (&part, 1);
}

std::size_t Input::read (const iovec* parts, int count)
{
    for (;;)
    {
        endIfCaught ();
        const ssize_t got = ::readv (_descriptor, parts, count);
        if (got >= 0)
        {
            return static_cast<std::size_t> (got);
        }
        if (errno == EAGAIN)
        {
            awaitReady (_descriptor, POLLIN);
        }
        else if (errno != EINTR)
        {
            throw Stop (Failed, std::string ("standard input cannot be read: ") + std::strerror (errno));
        }
    }
}

Output::Output (int descriptor) noexcept
: _descriptor (descriptor)
{
    widenPipe (descriptor);
}

bool Output::isClosed () const noexcept
{
    pollfd one = {_descriptor, 0, 0};
    return ::poll (&one, 1, 0) == 1 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

void Output::write (const char* from, std::size_t bytes)
{
    iovec part = {const_cast<char*> (from), bytes};
    write (&part, 1);
}

void Output::write (iovec* parts, std::size_t count)
{
    for (std::size_t first = 0; first < count;)
    {
        const int n = static_cast<int> (std::min (count - first, std::size_t (IOV_MAX)));
        const ssize_t done = ::writev (_descriptor, parts + first, n);
        if (done < 0)
        {
            lookAt (errno);
            continue;
        }
        std::size_t left = static_cast<std::size_t> (done);
        while (first < count && left >= parts[first].iov_len)
        {
            left -= parts[first++].iov_len;
        }
        if (first < count)
        {
            parts[first].iov_base = static_cast<char*> (parts[first].iov_base) + left;
            parts[first].iov_len -= left;
        }
    }
}

// Handles a failed write: returns if the write can be tried again, else throws.
void Output::lookAt (int error) const
{
    const std::string lost = ": the elements popped last are lost";
    if (error == EPIPE)
    {
        throw Quiet {statusOfSignal (SIGPIPE)};
    }
    if (error == EAGAIN)
    {
        awaitReady (_descriptor, POLLOUT);
    }
    else if (error != EINTR)
    {
        throw Stop (Failed, std::string ("standard output cannot be written: ") + std::strerror (error) + lost);
    }
    if (caughtSignal () != 0)
    {
        throw Stop (static_cast<Status> (statusOfSignal (caughtSignal ())), "interrupted while writing" + lost);
    }
}

}  // namespace tool::stream
