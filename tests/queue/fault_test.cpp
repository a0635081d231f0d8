// SPDX-License-Identifier: MIT
// The kernel refuses what a queue needs: the queue reports a clear error or uses a documented weaker mode, and is never
// wrong.
#include "forbid.hpp"
#include "raw.hpp"
#include "victim.hpp"
#include "waiting.hpp"

#include "../hang.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

using namespace std::chrono_literals;

namespace
{
/// The number of a failed check, or 0.
int check (bool holds, int number)
{
    return holds ? 0 : number;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("missing locks fail opening and first push", "[queue][fault]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (made->tryPush (1) == 0);
    CHECK (crash::inChild ([&] {
               forbid (SYS_fcntl, ENOLCK, F_OFD_SETLK);
               const int opened = thrownBy ([&] { openQueue<TestType> (8, made.name.text); });
               uint64_t got = 0;
               return check (opened == ENOLCK, 1) + check (errorOf ([&] { return made->tryPush (2); }) == ENOLCK, 2)
                      + check (made->pending () == 1, 4) + check (made->tryPop (got) == 0 && got == 1, 8);
           })
           == 0);
    CHECK (made->empty ());
    CHECK (made->stats ().deaths == 0);
}

TEMPLATE_LIST_TEST_CASE ("unprovable death counts as life", "[queue][fault]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    REQUIRE (made->tryPush (6) == 0);
    CHECK (crash::inChild ([&] {
               forbid (SYS_fcntl, ENOLCK, F_OFD_GETLK);
               uint64_t got = 0;
               const int waited = errorOf ([&] { return made->pop (got, 30ms); });
               const int listed = errorOf ([&] { return static_cast<int> (made->producers (nullptr, 0)); });
               return check (waited == ETIMEDOUT, 1) + check (listed == ENOLCK, 2)
                      + check (made->stats ().skipped == 0, 4);
           })
           == 0);
    uint64_t got = 0;
    CHECK (made->pop (got, hangLimit) == 0);
    CHECK (got == 6);
    CHECK (made->stats ().skipped == 1);
}

TEMPLATE_LIST_TEST_CASE ("first push without a descriptor uses the spare", "[queue][fault]", SharedClaimKinds)
{
    Made<TestType> made (8);
    CHECK (crash::inChild ([&] {
               struct rlimit limit = {};
               ::getrlimit (RLIMIT_NOFILE, &limit);
               const struct rlimit none = {0, limit.rlim_max};
               ::setrlimit (RLIMIT_NOFILE, &none);
               const int first = errorOf ([&] { return made->tryPush (1); });
               ::setrlimit (RLIMIT_NOFILE, &limit);
               return check (first == 0, 1) + check (made->tryPush (2) == 0, 2);
           })
           == 0);
    CHECK (made->pending () == 2);
}

TEMPLATE_LIST_TEST_CASE ("first push without any descriptor fails, later succeed", "[queue][fault]", SharedClaimKinds)
{
    Made<TestType> made (8);
    CHECK (crash::inChild ([&] {
               ::closefrom (3);
               struct rlimit limit = {};
               ::getrlimit (RLIMIT_NOFILE, &limit);
               const struct rlimit none = {0, limit.rlim_max};
               ::setrlimit (RLIMIT_NOFILE, &none);
               const int refused = errorOf ([&] { return made->tryPush (1); });
               const bool unchanged = made->empty ();
               ::setrlimit (RLIMIT_NOFILE, &limit);
               return check (refused == EMFILE, 1) + check (unchanged, 2) + check (made->tryPush (2) == 0, 4);
           })
           == 0);
    CHECK (made->pending () == 1);
}

TEMPLATE_LIST_TEST_CASE ("dead producers are found without a free descriptor", "[queue][fault]", SharedClaimKinds)
{
    Made<TestType> made (8);
    REQUIRE (dieIn (made.queue));
    REQUIRE (made->tryPush (6) == 0);
    CHECK (crash::inChild ([&] {
               const struct rlimit none = {0, 0};
               ::setrlimit (RLIMIT_NOFILE, &none);
               uint64_t got = 0;
               return check (made->pop (got, hangLimit) == 0 && got == 6, 1);
           })
           == 0);
    CHECK (made->stats ().skipped == 1);
}

TEMPLATE_LIST_TEST_CASE ("waits without futexes poll and rest", "[queue][fault]", AllKinds)
{
    Made<TestType> made (8);
    CHECK (crash::inChild ([&] {
               forbid (SYS_futex, EPERM);
               uint64_t got = 0;
               const int waited = errorOf ([&] { return made->pop (got, 200ms); });
               // In 200 ms there are at most 201 rounds of a failing futex and a sleep of 1 ms. Each round reads the
               // clock six times, and the spin before them reads it often.
               const bool rests = sleeps.count <= 2 * 201 && sleeps.clockReads <= 6 * 201 + spinReads;
               return check (waited == ETIMEDOUT, 1) + check (rests, 2)
                      + check (made->push (7, 1s) == 0 && made->pop (got, 1s) == 0 && got == 7, 4);
           })
           == 0);
}

TEMPLATE_LIST_TEST_CASE ("attach works while /dev/shm is full", "[queue][fault]", SharedKinds)
{
    const int status = crash::inChild ([] {
        if (::unshare (CLONE_NEWNS) != 0 || ::mount ("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount ("joinmem-test", "/dev/shm", "tmpfs", 0, "size=1m") != 0)
        {
            return 77;
        }
        using Queue = typename TestType::template Queue<uint64_t>;
        Queue maker (1000, "/full");
        const int file = ::open ("/dev/shm/filler", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        char page[4096] = {};
        while (::write (file, page, sizeof (page)) > 0)
        {
        }
        Queue other (1000, "/full");
        uint64_t got = 0;
        int wrong = check (!other.created (), 1);
        for (uint64_t i = 0; i < 1000; ++i)
        {
            wrong |= check (other.tryPush (i) == 0, 2);
        }
        for (uint64_t i = 0; i < 1000; ++i)
        {
            wrong |= check (maker.tryPop (got) == 0 && got == i, 4);
        }
        return wrong | check (thrownBy ([] { Queue none (100000, "/none"); }) == ENOSPC, 8);
    });
    if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    {
        WARN ("mounting is not allowed here: not tested");
        return;
    }
    CHECK (status == 0);
}

// docs/guide/containers.md documents this.
TEST_CASE ("without madvise only private queues and Spsc work", "[queue][fault]")
{
    const OwnName name;
    CHECK (crash::inChild ([&] {
               forbid (SYS_madvise, EPERM);
               uint64_t got = 0;
               join::LocalMem::Mpmc::Queue<uint64_t> local (8);
               join::QueueOptions exclusive;
               exclusive.exclusive = true;
               const auto refused = [&] (auto make) {
                   return thrownBy (make) == EPERM && ::access (name.path ().c_str (), F_OK) != 0;
               };
               const bool mpsc = refused ([&] { join::ShmMem::Mpsc::Queue<uint64_t> (8, name.text); });
               const bool mpmc = refused ([&] { join::ShmMem::Mpmc::Queue<uint64_t> (8, name.text); });
               const bool alone = refused (
                   [&] { join::ShmMem::Spsc::Queue<uint64_t> (8, name.text, join::MemOptions (), exclusive); });
               join::QueueOptions open;
               open.exclusive = false;
               join::ShmMem::Spsc::Queue<uint64_t> shared (8, name.text, join::MemOptions (), open);
               return check (local.tryPush (7) == 0 && local.tryPop (got) == 0 && got == 7, 1)
                      + check (shared.tryPush (8) == 0 && shared.tryPop (got) == 0 && got == 8, 2) + check (mpsc, 4)
                      + check (mpmc, 8) + check (alone, 16);
           })
           == 0);
}
