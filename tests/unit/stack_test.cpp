// SPDX-License-Identifier: MIT
// How much stack a call needs: threads may have PTHREAD_STACK_MIN, 16 KiB, and fibers not much more. The test paints
// the stack before the call and counts what the call has overwritten.
#include "support.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include "joinmem.h"

#include <functional>
#include <memory>
#include <pthread.h>
#include <sys/mman.h>

using join::LocalMem;
using join::MemOptions;
using join::ShmMem;

namespace
{
constexpr std::size_t stackBytes = 256 << 10;
constexpr std::size_t most = 12 << 10;
constexpr unsigned char paint = 0xa5;

struct Things
{
    explicit Things (const char* name)
    : queue (8, name)
    , handle (jm_queue_open (JM_MPMC, 8, sizeof (int), name))
    , local (jm_local_create (4096))
    {
    }

    ~Things ()
    {
        jm_close (handle);
        jm_close (local);
    }

    LocalMem memory {8 << 20};
    ShmMem::Mpmc::Queue<int> queue;
    jm_handle handle;
    jm_handle local;
};

struct Call
{
    const char* what;
    void (*run) (Things& things, const char* name);
};

const char* const second = "/joinmem-test-stack-second";

MemOptions requiring ()
{
    MemOptions options;
    options.huge = join::HugePages::Require;
    return options;
}

const Call calls[] = {
    {"LocalMem of a page", [] (Things&, const char*) { LocalMem (4096); }},
    {"LocalMem of 64 MiB", [] (Things&, const char*) { LocalMem (64 << 20); }},
    {"LocalMem, required huge", [] (Things&, const char*) { thrown ([] { LocalMem (4 << 20, requiring ()); }); }},
    {"LocalMem that fails", [] (Things&, const char*) { thrown ([] { LocalMem (uint64_t (1) << 60); }); }},
    {"LocalMem past the machine", [] (Things&, const char*) { thrown ([] { LocalMem (uint64_t (1) << 45); }); }},
    {"ShmMem of a page", [] (Things&, const char*) { ShmMem (4096, second); }},
    {"ShmMem of 64 MiB", [] (Things&, const char*) { ShmMem (64 << 20, second); }},
    {"ShmMem, refused", [] (Things&, const char* name) { thrown ([=] { ShmMem (4096, name); }); }},
    {"Mpmc, created", [] (Things&, const char*) { ShmMem::Mpmc::Queue<int> (8, second); }},
    {"Mpmc, opened", [] (Things&, const char* name) { ShmMem::Mpmc::Queue<int> (8, name); }},
    {"Mpmc, refused", [] (Things&, const char* name) { thrown ([=] { ShmMem::Mpmc::Queue<int> (16, name); }); }},
    {"AnyQueue", [] (Things&, const char* name) { join::AnyQueue queue (name); }},
    {"private queue", [] (Things&, const char*) { LocalMem::Spsc::Queue<int> (8); }},
    {"mbind", [] (Things& things, const char*) { things.memory.mbind (0); }},
    {"mlock", [] (Things& things, const char*) { things.memory.mlock (); }},
    {"pageSize", [] (Things& things, const char*) { things.memory.pageSize (); }},
    {"nodeOf", [] (Things& things, const char*) { things.memory.nodeOf (); }},
    {"placement", [] (Things& things, const char*) { things.memory.placement (); }},
    {"named", [] (Things& things, const char*) { things.queue.named (); }},
    {"first push", [] (Things& things, const char*) { things.queue.push (1); }},
    {"push that fails", [] (Things& things, const char*) { things.queue.tryPush (nullptr, 1); }},
    {"pop in time",
     [] (Things& things, const char*) {
         int element = 0;
         while (things.queue.pop (element, std::chrono::milliseconds (2)) == 0)
         {
         }
     }},
    {"producers", [] (Things& things, const char*) { things.queue.producers (nullptr, 0); }},
    {"unlink", [] (Things&, const char*) { ShmMem::unlink (second); }},
    {"inspect", [] (Things&, const char* name) { join::inspect (name); }},
    {"inspectPages", [] (Things&, const char* name) { join::inspectPages (name, 1 << 20); }},
    {"inspectProducers", [] (Things&, const char* name) { join::inspectProducers (name, nullptr, 0); }},
    {"segmentNames", [] (Things&, const char*) { join::segmentNames (); }},
    {"removeUnused", [] (Things&, const char* name) { join::removeUnused (name); }},
    {"jm_queue_open", [] (Things&, const char* name) { jm_close (jm_queue_open (JM_MPMC, 8, sizeof (int), name)); }},
    {"jm_queue_open, refused", [] (Things&, const char* name) { jm_queue_open (JM_MPMC, 16, sizeof (int), name); }},
    {"jm_local_create", [] (Things&, const char*) { jm_close (jm_local_create (64 << 20)); }},
    {"jm_shm_open", [] (Things&, const char*) { jm_close (jm_shm_open (64 << 20, second)); }},
    {"jm_placement", [] (Things& things, const char*) { jm_placement (things.local, nullptr, 0); }},
    {"jm_queue_producers",
     [] (Things& things, const char*) { jm_queue_producers (things.handle, nullptr, 0, sizeof (jm_producer)); }},
    {"jm_inspect", [] (Things&, const char* name) { jm_inspect (name, nullptr, 0); }},
    {"jm_inspect_pages", [] (Things&, const char* name) { jm_inspect_pages (name, 1 << 20, nullptr, 0); }},
    {"jm_inspect_producers",
     [] (Things&, const char* name) { jm_inspect_producers (name, nullptr, 0, sizeof (jm_producer)); }},
    {"jm_segment_names", [] (Things&, const char*) { jm_segment_names (nullptr, 0); }},
    {"jm_remove_unused", [] (Things&, const char* name) { jm_remove_unused (name); }},
    {"jm_unlink", [] (Things&, const char*) { jm_unlink (second); }},
};

struct Work
{
    const Call& call;
    Things& things;
    const char* name;
    unsigned char* stack;
    std::size_t used = 0;
};

__attribute__ ((noinline)) void* measure (void* with)
{
    Work& work = *static_cast<Work*> (with);
    unsigned char here = 0;
    unsigned char* const top = &here - 1024;  // leaves room for this function itself
    for (volatile unsigned char* at = work.stack; at < top; ++at)
    {
        *at = paint;
    }
    work.call.run (work.things, work.name);
    const unsigned char* at = work.stack;
    while (at < top && *at == paint)
    {
        ++at;
    }
    work.used = static_cast<std::size_t> (&here - at);
    return nullptr;
}

std::size_t stackOf (const Call& call, Things& things, const char* name)
{
    void* stack = ::mmap (nullptr, stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE (stack != MAP_FAILED);
    pthread_attr_t attributes;
    ::pthread_attr_init (&attributes);
    REQUIRE (::pthread_attr_setstack (&attributes, stack, stackBytes) == 0);
    Work work {call, things, name, static_cast<unsigned char*> (stack)};
    pthread_t thread;
    REQUIRE (::pthread_create (&thread, &attributes, measure, &work) == 0);
    ::pthread_join (thread, nullptr);
    ::pthread_attr_destroy (&attributes);
    ::munmap (stack, stackBytes);
    ShmMem::unlink (second);
    return work.used;
}
}  // namespace

TEST_CASE ("no call needs more than 12 KiB of stack")
{
    if (!locksForReal)
    {
        return;  // a sanitizer's frames are larger
    }
    const Name name ("stack");
    Things things (name.c_str ());
    for (const Call& call : calls)
    {
        INFO (call.what);
        const std::size_t used = stackOf (call, things, name.c_str ());
        CHECK (used <= most);
        if (std::getenv ("JOINMEM_TEST_SHOW") != nullptr)
        {
            std::printf ("%6zu %s\n", used, call.what);
        }
    }
}
