// SPDX-License-Identifier: MIT
// One thread serves two queues and a timer in an io_context of Boost.Asio. A child process pushes. For asio without
// Boost include <asio.hpp>, and replace boost::asio by asio, and boost::system::error_code by asio::error_code.
#include "server.hpp"

#include <boost/asio.hpp>

#include <fcntl.h>

namespace asio = boost::asio;

// [readme]
static void watch (asio::posix::stream_descriptor& readable, Server& server)
{
    readable.async_wait (asio::posix::stream_descriptor::wait_read, [&] (const boost::system::error_code& error) {
        if (error)
        {
            throw boost::system::system_error (error);
        }
        server.serve ();
        if (!server.hasEnded ())
        {
            watch (readable, server);
        }
    });
}

static void consume ()
{
    Server server;
    asio::io_context context (1);
    // asio closes the descriptor that it gets, and the set closes its own: asio gets a duplicate.
    asio::posix::stream_descriptor readable (context, fcntl (server.descriptor (), F_DUPFD_CLOEXEC, 0));
    watch (readable, server);
    asio::steady_timer timer (context, std::chrono::milliseconds (1));
    bool expired = false;
    timer.async_wait ([&] (const boost::system::error_code& error) { expired = !error; });
    context.run ();  // until both queues have ended and the timer has expired
    report (server);
    std::cout << "timer: " << (expired ? "expired\n" : "failed\n");
}
// [/readme]

int main ()
{
    return runBoth (push, consume);
}
