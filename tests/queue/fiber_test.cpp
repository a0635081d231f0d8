// SPDX-License-Identifier: MIT
// Fibers that continue in another thread between two pushes, as docs/guide/queues.md allows.
#include <join/queue.hpp>
#include <joinmem.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

namespace
{
constexpr uint64_t perFiber = 2000;
constexpr uint64_t fiberCount = 8;
constexpr unsigned threadCount = 3;

struct Message
{
    uint64_t fiber;
    uint64_t number;
};

using Queue = join::ShmMem::Mpmc::Queue<Message>;

// Returns 0 or an errno.
using Push = std::function<int (const Message&)>;

struct Fiber
{
    ucontext_t context;
    ucontext_t* scheduler = nullptr;
    uint64_t id = 0;
    bool done = false;
    std::vector<char> stack = std::vector<char> (256 << 10);
};

// State that all threads share.
struct Scheduler
{
    Push push;
    std::mutex mutex;
    std::deque<Fiber*> ready;
    std::atomic<uint64_t> left {fiberCount};
    std::atomic<uint64_t> failures {0};
};

Scheduler* scheduler = nullptr;

void run (unsigned high, unsigned low)
{
    Fiber* self = reinterpret_cast<Fiber*> (static_cast<uintptr_t> ((uint64_t (high) << 32) | low));
    for (uint64_t i = 0; i < perFiber;)
    {
        const int error = scheduler->push (Message {self->id, i});
        i += error == 0 ? 1 : 0;
        scheduler->failures += error != 0 && error != EAGAIN ? 1 : 0;
        ::swapcontext (&self->context, self->scheduler);
    }
    self->done = true;
    ::swapcontext (&self->context, self->scheduler);
}

void start (Fiber& fiber, uint64_t id)
{
    fiber.id = id;
    ::getcontext (&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data ();
    fiber.context.uc_stack.ss_size = fiber.stack.size ();
    fiber.context.uc_link = nullptr;
    const uint64_t address = reinterpret_cast<uintptr_t> (&fiber);
    ::makecontext (&fiber.context, reinterpret_cast<void (*) ()> (run), 2, static_cast<unsigned> (address >> 32),
                   static_cast<unsigned> (address));
}

Fiber* nextFiber ()
{
    std::lock_guard<std::mutex> lock (scheduler->mutex);
    if (scheduler->ready.empty ())
    {
        return nullptr;
    }
    Fiber* fiber = scheduler->ready.front ();
    scheduler->ready.pop_front ();
    return fiber;
}

void schedule ()
{
    ucontext_t here;
    while (scheduler->left > 0)
    {
        Fiber* fiber = nextFiber ();
        if (fiber == nullptr)
        {
            std::this_thread::yield ();
            continue;
        }
        fiber->scheduler = &here;
        ::swapcontext (&here, &fiber->context);
        if (fiber->done)
        {
            --scheduler->left;
            continue;
        }
        std::lock_guard<std::mutex> lock (scheduler->mutex);
        scheduler->ready.push_back (fiber);
    }
}

// Returns the number of elements that are missing or out of order.
uint64_t wrongAfter (Queue& queue, Push push)
{
    Scheduler all;
    all.push = std::move (push);
    scheduler = &all;
    std::vector<std::unique_ptr<Fiber>> fibers;
    for (uint64_t i = 0; i < fiberCount; ++i)
    {
        fibers.emplace_back (new Fiber);
        start (*fibers.back (), i);
        all.ready.push_back (fibers.back ().get ());
    }
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < threadCount; ++i)
    {
        threads.emplace_back (schedule);
    }
    uint64_t next[fiberCount] = {};
    uint64_t wrong = 0;
    Message message = {};
    for (uint64_t i = 0; i < fiberCount * perFiber; ++i)
    {
        const bool popped = queue.pop (message) == 0 && message.fiber < fiberCount;
        wrong += popped && message.number == next[message.fiber]++ ? 0U : 1U;
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    return wrong + all.failures;
}

// Not inlined, so that the compiler computes the address of thread-local data anew in each call.
__attribute__ ((noinline)) int pushAlone (Queue& queue, const Message& message)
{
    return queue.tryPush (message) == 0 ? 0 : join::lastError.value ();
}

std::string segmentName ()
{
    return "/joinmem-fiber." + std::to_string (::getpid ());
}
}  // namespace

TEST_CASE ("migrating fibers push through a function not inlined", "[fiber]")
{
    const std::string name = segmentName ();
    Queue queue (256, name);
    join::ShmMem::unlink (name);
    CHECK (wrongAfter (queue, [&] (const Message& message) { return pushAlone (queue, message); }) == 0);
}

TEST_CASE ("migrating fibers push through the C interface", "[fiber]")
{
    const std::string name = segmentName ();
    Queue queue (256, name);
    const jm_handle handle = jm_queue_open (JM_MPMC, 256, sizeof (Message), name.c_str ());
    join::ShmMem::unlink (name);
    REQUIRE (handle > 0);
    CHECK (wrongAfter (queue,
                       [&] (const Message& message) {
                           return jm_queue_try_push (handle, &message) == 0 ? 0 : jm_last_error ();
                       })
           == 0);
    CHECK (jm_close (handle) == 0);
}
