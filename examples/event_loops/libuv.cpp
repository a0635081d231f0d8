// SPDX-License-Identifier: MIT
// One thread serves two queues and a timer in a loop of libuv. A child process pushes.
#include "server.hpp"

#include <uv.h>

static void checkUv (int result)
{
    if (result < 0)
    {
        throw std::runtime_error (uv_strerror (result));
    }
}

static void onTimer (uv_timer_t* timer)
{
    uv_close (reinterpret_cast<uv_handle_t*> (timer), nullptr);
}

// [readme]
static void onReadable (uv_poll_t* poll, int status, int)
{
    Server& server = *static_cast<Server*> (poll->data);
    checkUv (status);
    server.serve ();
    if (server.hasEnded ())
    {
        uv_close (reinterpret_cast<uv_handle_t*> (poll), nullptr);  // leaves the descriptor open: it belongs to the set
    }
}

static void watch (uv_loop_t* loop, uv_poll_t* poll, Server* server)
{
    checkUv (uv_poll_init (loop, poll, server->descriptor ()));
    poll->data = server;
    checkUv (uv_poll_start (poll, UV_READABLE, onReadable));
}
// [/readme]

static void consume ()
{
    Server server;
    uv_loop_t loop;
    uv_poll_t poll;
    uv_timer_t timer;
    checkUv (uv_loop_init (&loop));
    watch (&loop, &poll, &server);
    checkUv (uv_timer_init (&loop, &timer));
    checkUv (uv_timer_start (&timer, onTimer, 1, 0));
    uv_run (&loop, UV_RUN_DEFAULT);  // until both handles are closed
    checkUv (uv_loop_close (&loop));
    report (server);
    std::cout << "timer: expired\n";
}

int main ()
{
    return runBoth (push, consume);
}
