// SPDX-License-Identifier: MIT
// Two pushers, or one, and as many poppers through each kind of queue, private and shared, for SECONDS: stress SECONDS
#include <join/queue.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace join;
using namespace std::chrono_literals;

namespace
{
struct Element
{
    uint32_t pusher;
    uint32_t check;
    uint64_t number;
};

uint32_t checkOf (uint32_t pusher, uint64_t number)
{
    return static_cast<uint32_t> (number * 0x9e3779b97f4a7c15U >> 32) ^ pusher;
}

template <typename Queue>
void push (Queue& queue, uint32_t pusher, uint64_t count)
{
    for (uint64_t i = 0; i < count; ++i)
    {
        if (queue.push (Element {pusher, checkOf (pusher, i), i}) == -1)
        {
            std::printf ("push: %s\n", lastError.message ().c_str ());
            std::exit (1);
        }
    }
}

// Each popper sees each pusher's elements in their order.
template <typename Queue>
void pop (Queue& queue, std::atomic<uint64_t>& popped)
{
    Element element;
    uint64_t next[2] = {0, 0};
    while (queue.pop (element) == 0)
    {
        if (element.pusher > 1 || element.check != checkOf (element.pusher, element.number)
            || element.number < next[element.pusher])
        {
            std::printf ("element %u %llu is torn, doubled or late\n", element.pusher,
                         static_cast<unsigned long long> (element.number));
            std::exit (1);
        }
        next[element.pusher] = element.number + 1;
        ++popped;
    }
}

template <typename Queue>
void round (Queue& queue, uint32_t pushers, uint32_t poppers, uint64_t count)
{
    std::atomic<uint64_t> popped {0};
    std::vector<std::thread> sources;
    std::vector<std::thread> sinks;
    for (uint32_t i = 0; i < pushers; ++i)
    {
        sources.emplace_back ([&, i] { push (queue, i, count); });
    }
    for (uint32_t i = 0; i < poppers; ++i)
    {
        sinks.emplace_back ([&] { pop (queue, popped); });
    }
    for (std::thread& source : sources)
    {
        source.join ();
    }
    queue.shutdown ();
    for (std::thread& sink : sinks)
    {
        sink.join ();
    }
    if (popped != pushers * count)
    {
        std::printf ("%llu of %llu elements came\n", static_cast<unsigned long long> (popped),
                     static_cast<unsigned long long> (pushers * count));
        std::exit (1);
    }
}

template <typename Queue>
void shared (uint32_t pushers, uint32_t poppers, uint64_t count)
{
    const std::string name = "/joinmem-test-" + std::to_string (::getpid ()) + "-stress";
    Queue queue (64, name);
    ShmMem::unlink (name);
    round (queue, pushers, poppers, count);
}

template <typename Queue>
void local (uint32_t pushers, uint32_t poppers, uint64_t count)
{
    Queue queue (64);
    round (queue, pushers, poppers, count);
}
}  // namespace

int main (int count, char** words)
{
    const auto end = std::chrono::steady_clock::now () + std::chrono::seconds (count == 2 ? std::atoi (words[1]) : 1);
    constexpr uint64_t elements = 2000;
    int rounds = 0;
    for (; std::chrono::steady_clock::now () < end; ++rounds)
    {
        local<LocalMem::Spsc::Queue<Element>> (1, 1, elements);
        local<LocalMem::Mpsc::Queue<Element>> (2, 1, elements);
        local<LocalMem::Mpmc::Queue<Element>> (2, 2, elements);
        shared<ShmMem::Spsc::Queue<Element>> (1, 1, elements);
        shared<ShmMem::Mpsc::Queue<Element>> (2, 1, elements);
        shared<ShmMem::Mpmc::Queue<Element>> (2, 2, elements);
    }
    std::printf ("%d rounds of six queues\n", rounds);
    return 0;
}
