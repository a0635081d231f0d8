// SPDX-License-Identifier: MIT
/// What the C++ programs of this folder share: a server of two queues, and the process that pushes to them.
#ifndef EXAMPLES_EVENT_LOOPS_SERVER_HPP
#define EXAMPLES_EVENT_LOOPS_SERVER_HPP

#include <join/queue.hpp>
#include <join/wait_set.hpp>

#include <csignal>
#include <iostream>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using Queue = join::ShmMem::Spsc::Queue<int>;
constexpr int numbers = 1000;  // the count that goes through each queue

inline int check (int result)  // of the library
{
    return result != -1 ? result : throw std::runtime_error (join::lastError.message ());
}

// [readme]
class Server
{
public:
    Server ()
    {
        check (_set.add (_prices, join::Ready::Element, 0));  // the key of its events is 0
        check (_set.add (_orders, join::Ready::Element, 1));
    }

    int descriptor ()
    {
        return check (_set.fd ());
    }

    // Call it when the descriptor is readable: pops one number for each event.
    void serve ()
    {
        join::WaitEvent events[16];
        const int64_t n = _set.wait (events, 16, std::chrono::seconds (0));
        if (n == -1 && join::lastError != join::Errc::TimedOut)  // TimedOut: no queue is ready any more
        {
            throw std::runtime_error (join::lastError.message ());
        }
        for (int64_t i = 0; i < n; ++i)
        {
            const uint64_t key = events[i].key;
            int number = 0;
            const bool got = (key == 0 ? _prices : _orders).tryPop (number) == 0;
            if (got && number == popped[key] + 1)
            {
                ++popped[key];  // the rest is reported again
            }
            else if (!got && events[i].has (join::Ready::Element) && join::lastError != join::Errc::TemporaryError)
            {
                throw std::runtime_error (join::lastError.message ());  // otherwise the event comes again and again
            }
            _ended += events[i].has (join::Ready::End) ? 1 : 0;  // once for each queue
        }
    }

    bool hasEnded () const
    {
        return _ended == 2;
    }

    int popped[2] = {0, 0};  // numbers that came in order

private:
    Queue _prices {64, "/example-loop-prices"};
    Queue _orders {64, "/example-loop-orders"};
    join::WaitSet _set;  // leaves the queues before they are destroyed
    int _ended = 0;
};
// [/readme]

inline void push ()
{
    Queue prices (64, "/example-loop-prices");
    Queue orders (64, "/example-loop-orders");
    for (int number = 1; number <= numbers; ++number)
    {
        check (prices.push (number));
        check (orders.push (number));
    }
    check (prices.shutdown ());
    check (orders.shutdown ());
}

inline void report (const Server& server)
{
    std::cout << "prices: " << server.popped[0] << " in order\norders: " << server.popped[1] << " in order\n";
}

/// Runs one function in a child process and the other one here. @return the status of main ()
template <typename Produce, typename Consume>
int runBoth (const Produce& produce, const Consume& consume)
{
    const pid_t child = fork ();  // before there is a set: a child does not inherit it
    try
    {
        if (child == 0)
        {
            prctl (PR_SET_PDEATHSIG, SIGKILL);  // if the consumer fails, no producer waits for room for ever
        }
        child == 0 ? produce () : consume ();
    }
    catch (const std::exception& error)
    {
        std::cerr << (child == 0 ? "producer: " : "consumer: ") << error.what () << "\n";
        return 1;
    }
    if (child == 0)
    {
        return 0;
    }
    join::ShmMem::unlink ("/example-loop-prices");
    join::ShmMem::unlink ("/example-loop-orders");
    int status = 0;
    return waitpid (child, &status, 0) == child && status == 0 ? 0 : 1;
}

#endif
