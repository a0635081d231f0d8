// SPDX-License-Identifier: MIT
// One thread serves a TCP connection, a timer and two queues in one epoll loop. A child process pushes and connects.
#include "server.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int checkCall (int64_t result)  // of a system call
{
    return result != -1 ? static_cast<int> (result) : throw std::system_error (errno, std::generic_category ());
}

static void watch (int loop, int descriptor)
{
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    checkCall (epoll_ctl (loop, EPOLL_CTL_ADD, descriptor, &event));
}

// [readme]
static void run (Server& server, int listener, int timer, std::string* text)
{
    const int loop = checkCall (epoll_create1 (EPOLL_CLOEXEC));
    watch (loop, server.descriptor ());
    watch (loop, timer);
    watch (loop, listener);
    bool connected = true;
    uint64_t ticks = 0;
    while (!server.hasEnded () || connected || ticks == 0)
    {
        epoll_event event;
        char bytes[64];
        if (epoll_wait (loop, &event, 1, -1) != 1)  // EINTR
        {
            continue;
        }
        const int descriptor = event.data.fd;
        if (descriptor == server.descriptor ())
        {
            server.serve ();
        }
        else if (descriptor == timer)
        {
            checkCall (read (timer, &ticks, sizeof (ticks)));
        }
        else if (descriptor == listener)
        {
            watch (loop, checkCall (accept4 (listener, nullptr, nullptr, SOCK_CLOEXEC)));
        }
        else
        {
            const int count = checkCall (read (descriptor, bytes, sizeof (bytes)));
            text->append (bytes, static_cast<std::size_t> (count));
            connected = count != 0 || close (descriptor) != 0;
        }
    }
    close (loop);
}
// [/readme]

static void produce (const sockaddr_in& address)
{
    push ();
    const int connection = checkCall (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    checkCall (connect (connection, reinterpret_cast<const sockaddr*> (&address), sizeof (address)));
    checkCall (write (connection, "hello", 5));
    close (connection);
}

static void consume (int listener)
{
    const int timer = checkCall (timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC));
    const itimerspec soon = {{0, 0}, {0, 1000 * 1000}};
    checkCall (timerfd_settime (timer, 0, &soon, nullptr));
    Server server;
    std::string text;
    run (server, listener, timer, &text);
    report (server);
    std::cout << "socket: " << text << "\ntimer: expired\n";
}

int main ()
{
    const int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    socklen_t size = sizeof (address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    if (bind (listener, reinterpret_cast<sockaddr*> (&address), size) == -1 || listen (listener, 1) == -1
        || getsockname (listener, reinterpret_cast<sockaddr*> (&address), &size) == -1)
    {
        std::cerr << "epoll: " << std::generic_category ().message (errno) << "\n";
        return 1;
    }
    return runBoth ([&] { produce (address); }, [&] { consume (listener); });
}
