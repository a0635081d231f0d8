// SPDX-License-Identifier: MIT
// Two processes pass large frames without a copy: the frames stay in a pool in shared memory, and queues carry their
// numbers.
#include <join/queue.hpp>

#include <cstring>
#include <iostream>
#include <stdexcept>
#include <unistd.h>

#include <sys/wait.h>

// [readme]
constexpr uint64_t frames = 4, frameSize = 1 << 20, header = 4096;
const auto check = [] (int result) {
    return result != -1 ? result : throw std::runtime_error (join::lastError.message ());
};

struct Pool
{
    join::ShmMem memory {header + frames * frameSize, "/example-frames"};
    join::ShmMem::Spsc::Queue<uint64_t> empty {frames, "/example-frames-empty"};
    join::ShmMem::Spsc::Queue<uint64_t> full {frames, "/example-frames-full"};

    Pool ()
    {
        check (memory.initialise ([this] {  // once, in the first process
            for (uint64_t number = empty.pending (); number < frames; ++number)
            {
                check (empty.push (number));
            }
            check (empty.releaseRole ());  // from now on the consumer pushes to this queue
        }));
    }
};

static void produce (Pool& pool, char content)
{
    uint64_t number = 0;
    check (pool.empty.pop (number));  // waits while no frame is free
    std::memset (pool.memory.get (header + number * frameSize), content, frameSize);
    check (pool.full.push (number));  // never waits: there is room for all numbers
}

static void consume (Pool& pool)
{
    for (uint64_t number = 0; pool.full.pop (number) == 0; check (pool.empty.push (number)))
    {
        const char* frame = static_cast<const char*> (pool.memory.get (header + number * frameSize));
        std::cout << "frame " << number << " is full of " << frame[frameSize - 1] << "\n";
    }
    check (join::lastError == join::Errc::ConnectionClosed ? 0 : -1);  // shut down and drained, or an error
}
// [/readme]

static int run (Pool& pool, bool producer)
try
{
    for (char content = 'a'; producer && content <= 'f'; ++content)
    {
        produce (pool, content);
    }
    return producer ? pool.full.shutdown () : (consume (pool), 0);
}
catch (const std::exception& error)
{
    std::cerr << "frames, " << (producer ? "producer: " : "consumer: ") << error.what () << "\n";
    pool.full.shutdown ();  // so that the other process does not wait for this one
    pool.empty.shutdown ();
    return 1;
}

int main ()
{
    int failed = 1;
    int childFailed = 1;
    try
    {
        Pool pool;
        const pid_t child = fork ();  // may go on to use what it inherits; another program constructs its own Pool
        if (child == 0)
        {
            return run (pool, true);
        }
        failed = child > 0 ? run (pool, false) : 1;
        childFailed = waitpid (child, &childFailed, 0) == child ? childFailed : 1;
    }
    catch (const std::exception& error)
    {
        std::cerr << "frames: " << error.what () << "\n";
    }
    for (const char* name : {"/example-frames", "/example-frames-empty", "/example-frames-full"})
    {
        join::ShmMem::unlink (name);
    }
    return failed != 0 || childFailed != 0 ? 1 : 0;
}
