// SPDX-License-Identifier: MIT
// Up to two producers and as many consumers use each kind of queue, private and shared, for SECONDS: stress SECONDS
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
    uint32_t producer;
    uint32_t check;
    uint64_t number;
};

uint32_t checkOf (uint32_t producer, uint64_t number)
{
    return static_cast<uint32_t> (number * 0x9e3779b97f4a7c15U >> 32) ^ producer;
}

template <typename Queue>
void push (Queue& queue, uint32_t producer, uint64_t count)
{
    for (uint64_t i = 0; i < count; ++i)
    {
        if (queue.push (Element {producer, checkOf (producer, i), i}) == -1)
        {
            std::printf ("push: %s\n", lastError.message ().c_str ());
            std::exit (1);
        }
    }
}

// Each consumer gets each producer's elements in order.
template <typename Queue>
void pop (Queue& queue, std::atomic<uint64_t>& popped)
{
    Element element;
    uint64_t next[2] = {0, 0};
    while (queue.pop (element) == 0)
    {
        if (element.producer > 1 || element.check != checkOf (element.producer, element.number)
            || element.number < next[element.producer])
        {
            std::printf ("element %u %llu is torn, doubled or late\n", element.producer,
                         static_cast<unsigned long long> (element.number));
            std::exit (1);
        }
        next[element.producer] = element.number + 1;
        ++popped;
    }
}

template <typename Queue>
void round (Queue& queue, uint32_t producers, uint32_t consumers, uint64_t count)
{
    std::atomic<uint64_t> popped {0};
    std::vector<std::thread> sources;
    std::vector<std::thread> sinks;
    for (uint32_t i = 0; i < producers; ++i)
    {
        sources.emplace_back ([&, i] { push (queue, i, count); });
    }
    for (uint32_t i = 0; i < consumers; ++i)
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
    if (popped != producers * count)
    {
        std::printf ("%llu of %llu elements came\n", static_cast<unsigned long long> (popped),
                     static_cast<unsigned long long> (producers * count));
        std::exit (1);
    }
}

template <typename Queue>
void shared (uint32_t producers, uint32_t consumers, uint64_t count)
{
    const std::string name = "/joinmem-test-" + std::to_string (::getpid ()) + "-stress";
    Queue queue (64, name);
    ShmMem::unlink (name);
    round (queue, producers, consumers, count);
}

template <typename Queue>
void local (uint32_t producers, uint32_t consumers, uint64_t count)
{
    Queue queue (64);
    round (queue, producers, consumers, count);
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
