// SPDX-License-Identifier: MIT
// A cancellation that is pending when a function of the library is called acts at the caller's next cancellation point:
// nothing unwinds through the library, which would end the process, and objects are created or destroyed completely.
#include "support.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include "joinmem.h"

#include <functional>
#include <memory>
#include <pthread.h>
#include <string>

using join::LocalMem;
using join::ShmMem;

namespace
{
using Queue = ShmMem::Mpmc::Queue<int>;

// The objects of the calls, created before the cancellation.
struct Things
{
    explicit Things (const char* name)
    : queue (new Queue (8, name))
    , any (new join::AnyQueue (name))
    {
    }

    LocalMem memory {8 << 20};
    LocalMem moved {4096};
    std::unique_ptr<Queue> queue;
    std::unique_ptr<join::AnyQueue> any;
    LocalMem::Spsc::Queue<int> local {8};
};

struct Call
{
    const char* what;
    std::function<void (Things&, const char* name)> run;
};

struct Work
{
    const Call& call;
    const char* name;
    bool returned = false;
    bool pending = false;
};

void* work (void* with)
{
    Work& work = *static_cast<Work*> (with);
    int before = 0;
    ::pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);
    auto* things = new Things (work.name);
    ::pthread_cancel (::pthread_self ());
    ::pthread_setcancelstate (PTHREAD_CANCEL_ENABLE, &before);
    work.call.run (*things, work.name);
    ::pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);
    work.returned = true;
    work.pending = before == PTHREAD_CANCEL_ENABLE;
    delete things;
    ::pthread_setcancelstate (PTHREAD_CANCEL_ENABLE, &before);
    ::pthread_testcancel ();
    return nullptr;
}

const char* const second = "/joinmem-test-pending-second";

const Call calls[] = {
    {"LocalMem", [] (Things&, const char*) { LocalMem (64 << 20); }},
    {"LocalMem, required huge",
     [] (Things&, const char*) {
         join::MemOptions options;
         options.huge = join::HugePages::Require;
         thrown ([&] { LocalMem (4 << 20, options); });
     }},
    {"LocalMem that fails", [] (Things&, const char*) { thrown ([] { LocalMem (uint64_t (1) << 60); }); }},
    {"ShmMem, created", [] (Things&, const char*) { ShmMem (4 << 20, second); }},
    {"ShmMem, refused", [] (Things&, const char* name) { thrown ([=] { ShmMem (4096, name); }); }},
    {"queue, created", [] (Things&, const char*) { ShmMem::Spsc::Queue<int> (8, second); }},
    {"queue, opened", [] (Things&, const char* name) { Queue (8, name); }},
    {"queue, refused", [] (Things&, const char* name) { thrown ([=] { Queue (16, name); }); }},
    {"private queue", [] (Things&, const char*) { LocalMem::Mpsc::Queue<int> (8); }},
    {"AnyQueue", [] (Things&, const char* name) { join::AnyQueue queue (name); }},
    {"~Queue", [] (Things& things, const char*) { things.queue.reset (); }},
    {"~AnyQueue", [] (Things& things, const char*) { things.any.reset (); }},
    {"operator=", [] (Things& things, const char*) { things.moved = LocalMem (8 << 20); }},
    {"mbind", [] (Things& things, const char*) { things.memory.mbind (0); }},
    {"mbind to no node", [] (Things& things, const char*) { things.memory.mbind (77); }},
    {"mlock", [] (Things& things, const char*) { things.memory.mlock (); }},
    {"munlock", [] (Things& things, const char*) { things.memory.munlock (); }},
    {"pageSize", [] (Things& things, const char*) { things.memory.pageSize (); }},
    {"nodeOf", [] (Things& things, const char*) { things.memory.nodeOf (); }},
    {"placement", [] (Things& things, const char*) { things.memory.placement (); }},
    {"free mbind", [] (Things& things, const char*) { join::mbind (things.memory.get (), 8 << 20, 0); }},
    {"free mlock", [] (Things& things, const char*) { join::mlock (things.memory.get (), 8 << 20); }},
    {"queue.mbind", [] (Things& things, const char*) { things.queue->mbind (0); }},
    {"queue.mlock", [] (Things& things, const char*) { things.queue->mlock (); }},
    {"queue.placement", [] (Things& things, const char*) { things.queue->placement (); }},
    {"queue.producers", [] (Things& things, const char*) { things.queue->producers (nullptr, 0); }},
    {"queue.stats", [] (Things& things, const char*) { things.queue->stats (); }},
    {"queue.shutdown", [] (Things& things, const char*) { things.queue->shutdown (); }},
    {"push, first of the thread", [] (Things& things, const char*) { CHECK (things.queue->push (1) == 0); }},
    {"pop in time",
     [] (Things& things, const char*) {
         int element = 0;
         CHECK (things.queue->pop (element, std::chrono::milliseconds (5)) == -1);
     }},
    {"initialise",
     [] (Things&, const char*) {
         ShmMem memory (4096, second);
         CHECK (memory.initialise ([] {}) == 1);
     }},
    {"initialise, not ended",
     [] (Things&, const char*) {
         const jm_handle memory = jm_shm_open (4096, second);
         CHECK (jm_initialise_begin (memory, 0, -1) == 1);
         CHECK (jm_close (memory) == 0);
     }},
    {"named", [] (Things& things, const char*) { CHECK (things.queue->named () == 1); }},
    {"unlink", [] (Things&, const char* name) { CHECK (ShmMem::unlink (name) == 0); }},
    {"inspect", [] (Things&, const char* name) { join::inspect (name); }},
    {"inspect of nothing", [] (Things&, const char*) { thrown ([] { join::inspect ("/joinmem-test-none"); }); }},
    {"inspectPages", [] (Things&, const char* name) { join::inspectPages (name, 1 << 20); }},
    {"inspectProducers", [] (Things&, const char* name) { join::inspectProducers (name, nullptr, 0); }},
    {"segmentNames", [] (Things&, const char*) { join::segmentNames (); }},
    {"removeUnused", [] (Things&, const char* name) { CHECK (join::removeUnused (name) == -1); }},
    {"removeUnused as seen",
     [] (Things&, const char* name) { CHECK (join::removeUnused (join::inspect (name)) == -1); }},
};
}  // namespace

TEST_CASE ("pending cancellation acts after the call")
{
    for (const Call& call : calls)
    {
        INFO (call.what);
        const Name name ("pending");
        Work made {call, name.c_str ()};
        pthread_t thread;
        REQUIRE (::pthread_create (&thread, nullptr, work, &made) == 0);
        void* result = nullptr;
        REQUIRE (::pthread_join (thread, &result) == 0);
        CHECK (made.returned);
        CHECK (made.pending);
        CHECK (result == PTHREAD_CANCELED);
        ShmMem::unlink (second);
    }
}
