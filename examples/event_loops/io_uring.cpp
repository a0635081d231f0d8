// SPDX-License-Identifier: MIT
// One thread serves two queues and a timer in an io_uring. A child process pushes. It ends with 77 where the kernel or
// a filter refuses io_uring.
#include "server.hpp"

#include <cstring>
#include <system_error>

#include <liburing.h>
#include <poll.h>

static void checkUring (int result)
{
    if (result < 0)
    {
        throw std::system_error (-result, std::generic_category ());
    }
}

// [readme]
// A poll request completes once; a new one completes at once if the descriptor is still readable.
static void watch (io_uring* ring, Server* server)
{
    io_uring_sqe* request = io_uring_get_sqe (ring);
    io_uring_prep_poll_add (request, server->descriptor (), POLLIN);
    io_uring_sqe_set_data (request, server);
}

static void run (io_uring* ring, Server* server)
{
    watch (ring, server);
    __kernel_timespec soon = {0, 1000 * 1000};
    io_uring_sqe* request = io_uring_get_sqe (ring);
    io_uring_prep_timeout (request, &soon, 0, 0);
    io_uring_sqe_set_data (request, nullptr);
    for (bool expired = false; !server->hasEnded () || !expired;)
    {
        checkUring (io_uring_submit_and_wait (ring, 1));
        io_uring_cqe* done = nullptr;
        while (io_uring_peek_cqe (ring, &done) == 0)
        {
            const bool isTimer = io_uring_cqe_get_data (done) == nullptr;
            io_uring_cqe_seen (ring, done);
            expired = expired || isTimer;
            if (!isTimer)
            {
                server->serve ();
                watch (ring, server);
            }
        }
    }
}
// [/readme]

int main ()
{
    io_uring ring;
    if (const int refused = io_uring_queue_init (8, &ring, 0))
    {
        std::cout << "io_uring is refused here: " << std::strerror (-refused) << "\n";
        return 77;
    }
    return runBoth (push, [&ring] {
        Server server;
        run (&ring, &server);
        io_uring_queue_exit (&ring);  // ends the last poll request, before the set closes its descriptor
        report (server);
        std::cout << "timer: expired\n";
    });
}
