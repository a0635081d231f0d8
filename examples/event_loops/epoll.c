/* SPDX-License-Identifier: MIT */
/* One thread serves a TCP connection, a timer and two queues in one epoll loop. A child process pushes and connects. */
#include <arpa/inet.h>
#include <errno.h>
#include <joinmem.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
    numbers = 1000
};

static int check (int64_t result) /* of a system call */
{
    if (result == -1)
    {
        perror ("epoll");
        _exit (1);
    }
    return (int) result;
}

static int64_t check_jm (int64_t result) /* of the library */
{
    if (result == -1)
    {
        fprintf (stderr, "epoll: %s\n", jm_last_error_message ());
        _exit (1);
    }
    return result;
}

typedef struct
{
    jm_handle queue;
    int popped; /* numbers that came in order */
} source;

/* Pops one number for each event, and returns how many queues have ended. */
static int serve (jm_handle set, source* sources)
{
    jm_wait_event events[16];
    int64_t n = jm_wait (set, events, 16, 0);
    int number, ended = 0;
    if (n == -1 && errno != ETIMEDOUT) /* ETIMEDOUT: no queue is ready any more */
    {
        check_jm (n);
    }
    for (int64_t i = 0; i < n; ++i)
    {
        source* from = &sources[events[i].key];
        const int got = jm_queue_try_pop (from->queue, &number) == 0;
        if (got && number == from->popped + 1)
        {
            ++from->popped; /* the next event reports the rest */
        }
        else if (!got && (events[i].ready & JM_READY_ELEMENT) && errno != EAGAIN)
        {
            check_jm (-1); /* otherwise the event comes again and again */
        }
        ended += events[i].ready & JM_READY_END ? 1 : 0; /* once for each queue */
    }
    return ended;
}

static void watch (int loop, int descriptor)
{
    struct epoll_event event;
    memset (&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    check (epoll_ctl (loop, EPOLL_CTL_ADD, descriptor, &event));
}

static void run (int listener, int timer, source* sources, char* text, size_t size)
{
    int loop = check (epoll_create1 (EPOLL_CLOEXEC)), ended = 0, connected = 1;
    size_t length = 0;
    uint64_t ticks = 0;
    jm_handle set = check_jm (jm_wait_create ());
    check_jm (jm_wait_add (set, sources[0].queue, JM_READY_ELEMENT, 0, 1)); /* the key of its events is 0 */
    check_jm (jm_wait_add (set, sources[1].queue, JM_READY_ELEMENT, 1, 1));
    int queues = (int) check_jm (jm_wait_fd (set));
    watch (loop, queues);
    watch (loop, timer);
    watch (loop, listener);
    while (ended < 2 || connected || ticks == 0)
    {
        struct epoll_event event;
        if (epoll_wait (loop, &event, 1, -1) != 1) /* EINTR */
        {
            continue;
        }
        if (event.data.fd == queues)
        {
            ended += serve (set, sources);
        }
        else if (event.data.fd == timer)
        {
            check (read (timer, &ticks, sizeof ticks));
        }
        else if (event.data.fd == listener)
        {
            watch (loop, check (accept (listener, NULL, NULL)));
        }
        else
        {
            int count = check (read (event.data.fd, text + length, size - length));
            length += (size_t) count;
            connected = count != 0 || close (event.data.fd) != 0;
        }
    }
    jm_close (set);
    close (loop);
}

static void open_queues (source* sources)
{
    sources[0].queue = check_jm (jm_queue_open (JM_SPSC, 64, sizeof (int), "/example-loop-prices"));
    sources[1].queue = check_jm (jm_queue_open (JM_SPSC, 64, sizeof (int), "/example-loop-orders"));
}

static int produce (const struct sockaddr_in* address)
{
    source sources[2] = {{0, 0}, {0, 0}};
    prctl (PR_SET_PDEATHSIG, SIGKILL); /* if the consumer fails, no producer waits for room for ever */
    open_queues (sources);
    for (int number = 1; number <= numbers; ++number)
    {
        check_jm (jm_queue_push (sources[0].queue, &number, -1));
        check_jm (jm_queue_push (sources[1].queue, &number, -1));
    }
    check_jm (jm_queue_shutdown (sources[0].queue));
    check_jm (jm_queue_shutdown (sources[1].queue));
    int connection = check (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    check (connect (connection, (const struct sockaddr*) address, sizeof *address));
    check (write (connection, "hello", 5));
    close (connection);
    return 0;
}

static int consume (int listener, pid_t child)
{
    char text[64] = "";
    int status = 0;
    struct itimerspec soon = {{0, 0}, {0, 1000 * 1000}};
    source sources[2] = {{0, 0}, {0, 0}};
    open_queues (sources);
    int timer = check (timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC));
    check (timerfd_settime (timer, 0, &soon, NULL));
    run (listener, timer, sources, text, sizeof text - 1);
    printf ("prices: %d in order\norders: %d in order\n", sources[0].popped, sources[1].popped);
    printf ("socket: %s\ntimer: expired\n", text);
    check_jm (jm_unlink ("/example-loop-prices"));
    check_jm (jm_unlink ("/example-loop-orders"));
    return waitpid (child, &status, 0) == child ? status : 1;
}

int main (void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int listener = check (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    check (bind (listener, (struct sockaddr*) &address, size));
    check (listen (listener, 1));
    check (getsockname (listener, (struct sockaddr*) &address, &size));
    pid_t child = check (fork ()); /* before there is a set: sets are not inherited */
    return child == 0 ? produce (&address) : consume (listener, child) == 0 ? 0 : 1;
}
