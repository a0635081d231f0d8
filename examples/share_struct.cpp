// SPDX-License-Identifier: MIT
// Two processes share a struct: one posts prices, the other reads complete prices. Neither waits for the other to
// start: the first one creates the segment, filled with zeros.
#include <join/memory.hpp>

#include <atomic>
#include <iostream>
#include <thread>
#include <unistd.h>

#include <sys/wait.h>

// Plain data without pointers, because each process maps the segment at another address. Zero is a valid initial value.
struct Board
{
    std::atomic<uint32_t> posted;  // number of valid prices; lock-free, so it works between processes
    double prices[3];
};
static_assert (std::atomic<uint32_t>::is_always_lock_free);

static void post ()
{
    join::ShmMem memory (sizeof (Board), "/example-board");
    Board* board = static_cast<Board*> (memory.get ());
    for (uint32_t i = 0; i < 3; ++i)
    {
        board->prices[i] = 100.5 + i;
        board->posted.store (i + 1, std::memory_order_release);  // a reader that sees i + 1 sees the price as well
    }
}

static void read ()
{
    join::ShmMem memory (sizeof (Board), "/example-board");
    const Board* board = static_cast<const Board*> (memory.get ());
    for (uint32_t i = 0; i < 3; ++i)
    {
        while (board->posted.load (std::memory_order_acquire) <= i)
        {
            std::this_thread::yield ();
        }
        std::cout << "price " << i << ": " << board->prices[i] << "\n";
    }
    join::ShmMem::unlink ("/example-board");
}

int main ()
{
    pid_t poster = fork ();
    try
    {
        poster == 0 ? post () : read ();
    }
    catch (const std::exception& error)
    {
        std::cerr << (poster == 0 ? "poster: " : "reader: ") << error.what () << "\n";
        return 1;
    }
    int status = 0;
    return poster == 0 || (waitpid (poster, &status, 0) == poster && status == 0) ? 0 : 1;
}
