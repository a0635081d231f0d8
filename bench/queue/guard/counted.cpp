// SPDX-License-Identifier: MIT
// Pushes and pops by one thread, for callgrind to count: one dump for each queue, element size, batch and direction,
// named accordingly. Counts only under valgrind. Prints the compiler that built it.
#include <join/queue.hpp>

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include <valgrind/callgrind.h>

namespace
{
constexpr uint64_t capacity = 1024;
constexpr uint64_t elements = 512;

template <std::size_t Bytes>
struct Element
{
    uint64_t words[Bytes / 8];
};

template <typename Queue, typename T>
__attribute__ ((noinline)) uint64_t pushAll (Queue& queue, const std::vector<T>& list, uint64_t batch)
{
    uint64_t done = 0;
    for (uint64_t i = 0; i < elements; i += batch)
    {
        done += batch == 1 ? queue.tryPush (list[i]) == 0 : static_cast<uint64_t> (queue.tryPush (&list[i], batch));
    }
    return done;
}

template <typename Queue, typename T>
__attribute__ ((noinline)) uint64_t popAll (Queue& queue, std::vector<T>& list, uint64_t batch)
{
    uint64_t done = 0;
    for (uint64_t i = 0; i < elements; i += batch)
    {
        done += batch == 1 ? queue.tryPop (list[i]) == 0 : static_cast<uint64_t> (queue.tryPop (&list[i], batch));
    }
    return done;
}

// The cost of a poll that finds no element, or no room, including the message that it leaves in lastError.
template <typename T, typename Queue>
bool countPolls (const std::string& name, Queue& queue)
{
    std::vector<T> list (elements);
    uint64_t done = popAll (queue, list, 1);
    const std::string tail = " " + name + " " + std::to_string (sizeof (T)) + "B by 1";
    const std::string empty = "poll of an empty" + tail;
    const std::string full = "poll of a full" + tail;
    CALLGRIND_ZERO_STATS;
    done += popAll (queue, list, 1);
    CALLGRIND_DUMP_STATS_AT (empty.c_str ());
    while (queue.tryPush (list[0]) == 0)
    {
    }
    CALLGRIND_ZERO_STATS;
    done += pushAll (queue, list, 1);
    CALLGRIND_DUMP_STATS_AT (full.c_str ());
    return done == 0;
}

template <typename T, typename Queue>
bool count (const std::string& name, Queue& queue)
{
    std::vector<T> in (elements);
    std::vector<T> out (elements);
    uint64_t done = 0;
    for (uint64_t batch : {1U, 32U})
    {
        // Once before: symbol binding and setup of the first call.
        done += pushAll (queue, in, batch);
        done += popAll (queue, out, batch);
        for (std::size_t i = 0; i < elements; ++i)
        {
            in[i].words[0] = i + batch;
        }
        const std::string tail = " " + name + " " + std::to_string (sizeof (T)) + "B by " + std::to_string (batch);
        const std::string push = "push" + tail;  // the macros read a name after their argument's end
        const std::string pop = "pop" + tail;
        CALLGRIND_ZERO_STATS;
        done += pushAll (queue, in, batch);
        CALLGRIND_DUMP_STATS_AT (push.c_str ());
        CALLGRIND_ZERO_STATS;
        done += popAll (queue, out, batch);
        CALLGRIND_DUMP_STATS_AT (pop.c_str ());
        for (std::size_t i = 0; i < elements; ++i)
        {
            done += out[i].words[0] == i + batch ? 0U : 1U;
        }
    }
    return done == 8 * elements && countPolls<T> (name, queue);
}

template <template <typename> class Queue, std::size_t Bytes>
bool countLocal (const std::string& name)
{
    Queue<Element<Bytes>> queue (capacity);
    return count<Element<Bytes>> (name, queue);
}

template <template <typename> class Queue, std::size_t Bytes>
bool countShared (const std::string& name)
{
    const std::string segment = "/joinmem-count." + std::to_string (::getpid ());
    Queue<Element<Bytes>> queue (capacity, segment);
    join::ShmMem::unlink (segment);
    return count<Element<Bytes>> (name, queue);
}
}  // namespace

int main ()
{
    using join::LocalMem;
    using join::ShmMem;
    const bool right =
        countLocal<LocalMem::Spsc::Queue, 8> ("local spsc") && countLocal<LocalMem::Spsc::Queue, 64> ("local spsc")
        && countLocal<LocalMem::Mpsc::Queue, 8> ("local mpsc") && countLocal<LocalMem::Mpsc::Queue, 64> ("local mpsc")
        && countLocal<LocalMem::Mpmc::Queue, 8> ("local mpmc") && countLocal<LocalMem::Mpmc::Queue, 64> ("local mpmc")
        && countShared<ShmMem::Spsc::Queue, 8> ("shared spsc") && countShared<ShmMem::Spsc::Queue, 64> ("shared spsc")
        && countShared<ShmMem::Mpsc::Queue, 8> ("shared mpsc") && countShared<ShmMem::Mpsc::Queue, 64> ("shared mpsc")
        && countShared<ShmMem::Mpmc::Queue, 8> ("shared mpmc") && countShared<ShmMem::Mpmc::Queue, 64> ("shared mpmc");
    std::puts (right ? __VERSION__ : "an element was lost or is another");
    return right ? 0 : 1;
}
