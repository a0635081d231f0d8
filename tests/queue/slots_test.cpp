// SPDX-License-Identifier: MIT
// Slots: each thread that pushes to a shared Mpsc or Mpmc owns one or shares one, or its push fails because none is
// free.
#include "raw.hpp"

#include <thread>

#include <csignal>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{
join::detail::Slot& slotOf (Raw& raw, uint32_t number)
{
    return *reinterpret_cast<join::detail::Slot*> (raw.bytes () + sizeof (join::detail::Control) + (number - 1) * 128);
}

bool busy (Raw& raw, uint32_t number)
{
    return (slotOf (raw, number).state.load () & 1) != 0;
}

// The errno of a push in a forked child to the queue that it inherited.
template <typename Queue>
int pushInChild (Queue& queue)
{
    return WEXITSTATUS (crash::inChild ([&] { return errorOf ([&] { return queue.tryPush (1); }); }));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("threads without a free slot share one", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (1024, join::MemOptions (), withSlots (1));
    Raw raw (made.name.text);
    std::atomic<int> failed {0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
    {
        threads.emplace_back ([&] {
            for (uint64_t i = 0; i < 200; ++i)
            {
                failed += made->tryPush (i) == 0 ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (failed == 0);
    CHECK (made->pending () == 800);
}

TEMPLATE_LIST_TEST_CASE ("ending threads refuse no beginning thread", "[queue][slots]", SharedClaimKinds)
{
    constexpr unsigned rounds = 500;
    Made<TestType> made (4 * rounds, join::MemOptions (), withSlots (1));
    std::atomic<int> failed {0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
    {
        threads.emplace_back ([&] {
            for (unsigned i = 0; i < rounds; ++i)
            {
                std::thread ([&] { failed += made->tryPush (i) == 0 ? 0 : 1; }).join ();
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (failed == 0);
    CHECK (made->pending () == 4 * rounds);
}

TEMPLATE_LIST_TEST_CASE ("first push without free slot gives EUSERS", "[queue][slots]", SharedClaimKinds)
{
    for (uint32_t producers : {1U, 2U})
    {
        Made<TestType> made (4, join::MemOptions (), withSlots (producers));
        Raw raw (made.name.text);
        std::atomic<bool> done {false};
        std::atomic<uint32_t> arrived {0};
        std::vector<std::thread> holders;
        for (uint32_t i = 0; i < producers; ++i)
        {
            holders.emplace_back ([&, i] {
                made->push (i);
                ++arrived;
                while (!done)
                {
                    std::this_thread::yield ();
                }
            });
        }
        while (arrived != producers)
        {
            std::this_thread::yield ();
        }
        const std::string before (reinterpret_cast<char*> (raw.bytes ()), raw.size ());
        CHECK (pushInChild (made.queue) == EUSERS);
        CHECK (WEXITSTATUS (crash::inChild ([&] {
                   auto own = openQueue<TestType> (4, made.name.text);
                   const uint64_t in[2] = {1, 2};
                   const int one = errorOf ([&] { return own.push (1); });
                   const int some = errorOf ([&] { return own.tryPush (in, 2); });
                   uint64_t got = 9;
                   const bool pops = own.tryPop (got) == 0 && got < 2;  // a pop takes no slot
                   own.shutdown ();
                   return one == EUSERS && some == EUSERS && pops ? 0 : 1;
               }))
               == 0);
        CHECK (before.compare (768, producers * 128, reinterpret_cast<char*> (raw.bytes ()) + 768, producers * 128)
               == 0);
        done = true;
        for (std::thread& holder : holders)
        {
            holder.join ();
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("queue has 256 slots by default", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> usual (4);
    CHECK (Raw (usual.name.text).control ().identity.slotCount == 256);
    const auto message = [] (auto& queue) {
        return crash::judge ([&] (crash::Verdict& verdict) {
            verdict.say (queue.tryPush (1) == -1 && join::lastError.value () == EUSERS ? join::lastError.message ()
                                                                                       : "pushed");
        });
    };
    Made<TestType> two (4, join::MemOptions (), withSlots (2));
    REQUIRE (two->tryPush (1) == 0);
    std::atomic<bool> done {false};
    std::atomic<bool> arrived {false};
    std::thread other ([&] {
        two->tryPush (1);
        arrived = true;
        while (!done)
        {
            std::this_thread::yield ();
        }
    });
    while (!arrived)
    {
        std::this_thread::yield ();
    }
    const std::string few = message (two.queue);
    INFO (few);
    done = true;
    other.join ();
    CHECK (few.find ("each of the 2 producer slots") != std::string::npos);
    CHECK (few.find (two.name.text) != std::string::npos);
    CHECK (few.find ("option maxProducers") != std::string::npos);
    CHECK (few.find ("1022 at most") != std::string::npos);
}

TEMPLATE_LIST_TEST_CASE ("refused first push leaves every byte unchanged", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (4, join::MemOptions (), withSlots (1));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    const std::string before (reinterpret_cast<char*> (raw.bytes ()), raw.size ());
    CHECK (pushInChild (made.queue) == EUSERS);
    CHECK (before == std::string (reinterpret_cast<char*> (raw.bytes ()), raw.size ()));
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 1));
}

TEMPLATE_LIST_TEST_CASE ("ending thread and destroyed object free their slots", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (64, join::MemOptions (), withSlots (1));
    Raw raw (made.name.text);
    for (int i = 0; i < 20; ++i)
    {
        std::thread ([&] {
            made->push (1);
            CHECK (busy (raw, 1));
        }).join ();
        REQUIRE (!busy (raw, 1));
        REQUIRE (pushInChild (made.queue) == 0);
        REQUIRE (crash::inChild ([&] {
                     {
                         auto other = openQueue<TestType> (64, made.name.text);
                         std::destroy_at (&made.queue);  // the child's copy, so that `other` is its only object
                         if (other.tryPush (2) != 0 || !busy (raw, 1))
                         {
                             return 1;
                         }
                     }
                     return busy (raw, 1) ? 2 : 0;
                 })
                 == 0);
        REQUIRE (!busy (raw, 1));
        uint64_t got[3];
        REQUIRE (made->tryPop (got, 3) == 3);
    }
}

TEMPLATE_LIST_TEST_CASE ("objects of one process share its slot", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (64, join::MemOptions (), withSlots (1));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (busy (raw, 1));
    {
        auto other = openQueue<TestType> (64, made.name.text);
        REQUIRE (other.tryPush (2) == 0);
        int byThread = -1;
        std::thread ([&] { byThread = other.tryPush (3); }).join ();  // this thread shares the slot
        REQUIRE (byThread == 0);
        REQUIRE (made->tryPush (4) == 0);
        REQUIRE (pushInChild (other) == EUSERS);
    }
    REQUIRE (made->tryPush (5) == 0);
    CHECK (made->producers (nullptr, 0) == 1);
    uint64_t got[5] = {};
    REQUIRE (made->tryPop (got, 5) == 5);
    for (uint64_t i = 0; i < 5; ++i)
    {
        CHECK (got[i] == i + 1);
    }
}

TEMPLATE_LIST_TEST_CASE ("forked child takes a slot of its own", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (8, join::MemOptions (), withSlots (3));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (slotOf (raw, 1).pid == ::getpid ());
    const int status = crash::inChild ([&] {
        const bool first = made->tryPush (2) == 0 && slotOf (raw, 2).pid == ::getpid () && busy (raw, 2);
        bool second = false;
        std::thread ([&] { second = made->tryPush (3) == 0 && busy (raw, 3); }).join ();
        return first && second && !busy (raw, 3) ? 0 : 1;
    });
    CHECK (status == 0);
    CHECK (slotOf (raw, 1).pid == ::getpid ());
    REQUIRE (made->tryPush (4) == 0);
    uint64_t got[5] = {};
    CHECK (made->tryPop (got, 5) == 4);
    CHECK ((got[0] == 1 && got[1] == 2 && got[2] == 3 && got[3] == 4));
}

// Does what a daemon does, in a child, because the test needs its own descriptors.
TEMPLATE_LIST_TEST_CASE ("first push works after closefrom (3)", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (8, join::MemOptions (), withSlots (4));
    const auto pushByThread = [&] {
        int error = 0;
        std::thread ([&] { error = errorOf ([&] { return made->tryPush (7); }); }).join ();
        return error;
    };
    const int named = crash::inChild ([&] {
        ::closefrom (3);
        return pushByThread () == 0 && made->tryPush (8) == 0 ? 0 : 1;
    });
    CHECK (named == 0);
    uint64_t got[3] = {};
    CHECK (made->tryPop (got, 3) == 2);
    CHECK ((got[0] == 7 && got[1] == 8));
    const int unlinked = crash::inChild ([&] {
        const bool before = made->tryPush (9) == 0;
        join::ShmMem::unlink (made.name.text);
        ::closefrom (3);
        return before && pushByThread () == 0 && made->tryPush (10) == 0 ? 0 : 1;
    });
    CHECK (unlinked == 0);
    CHECK (made->tryPop (got, 3) == 3);
    CHECK ((got[0] == 9 && got[1] == 7 && got[2] == 10));
    const int alone = crash::inChild ([&] {
        ::closefrom (3);
        return pushByThread () == ENOENT ? 0 : 1;  // no file is left by which a slot could be locked
    });
    CHECK (alone == 0);
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("reused descriptor is not closed with the queue", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (8);
    CHECK (crash::inChild ([&] {
               auto own = std::make_unique<typename TestType::template Queue<uint64_t>> (8, made.name.text);
               const bool pushed = own->tryPush (1) == 0;
               ::closefrom (3);
               int files[16];
               for (int& file : files)
               {
                   file = ::open ("/dev/null", O_RDONLY | O_CLOEXEC);
               }
               own.reset ();
               int lost = 0;
               for (int file : files)
               {
                   lost += ::fcntl (file, F_GETFD) == -1;
               }
               return pushed && lost == 0 ? 0 : 1;
           })
           == 0);
}

namespace
{
// Whether any process holds the lock of that slot.
bool isHeld (int file, uint32_t number)
{
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = (off_t (1) << 62) + number;
    lock.l_len = 1;
    return ::fcntl (file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("forked child does not hold a slot being taken", "[queue][slots]", SharedClaimKinds)
{
    Made<TestType> made (1024, join::MemOptions (), withSlots (4));
    const int file = ::open (made.name.path ().c_str (), O_RDWR | O_CLOEXEC);
    REQUIRE (file != -1);
    int held = 0;
    for (int round = 0; round < 100; ++round)
    {
        std::atomic<bool> forked {false};
        std::thread comer ([&] {
            while (!forked)
            {
                std::thread ([&] { made->tryPush (1); }).join ();
            }
        });
        // The fork comes at another moment in each round; the checks hold at any moment.
        std::this_thread::sleep_for (std::chrono::microseconds (50 + round));
        const pid_t child = ::fork ();
        if (child == 0)
        {
            ::pause ();
        }
        forked = true;
        comer.join ();
        for (uint32_t number = 1; number <= 4; ++number)
        {
            held += isHeld (file, number);
        }
        ::kill (child, SIGKILL);
        ::waitpid (child, nullptr, 0);
        uint64_t got[1024];
        made->tryPop (got, 1024);
    }
    ::close (file);
    CHECK (held == 0);
}

namespace
{
void* pushOnce (void* queue)
{
    static const auto push = [] (auto& q) { return q.tryPush (1) == 0; };
    return push (*static_cast<join::ShmMem::Mpmc::Queue<uint64_t>*> (queue)) ? queue : nullptr;
}
}  // namespace

TEST_CASE ("slot table survives endless thread turnover", "[queue][slots]")
{
    // Each thread lies at an address of its own, because the table hashes that address.
    constexpr std::size_t stack = 256 << 10;
    constexpr std::size_t stacks = 512;
    constexpr std::size_t step = 1088;
    char* const region = static_cast<char*> (
        ::mmap (nullptr, stack * stacks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    REQUIRE (region != MAP_FAILED);
    Made<ShmMpmc> made (16);
    const std::size_t threads = crash::sanitized () ? 500 : 9000;
    for (std::size_t i = 0; i < threads; ++i)
    {
        pthread_attr_t attributes;
        ::pthread_attr_init (&attributes);
        const std::size_t shift = i / stacks * step / 64 * 64;
        REQUIRE (::pthread_attr_setstack (&attributes, region + i % stacks * stack, stack - shift) == 0);
        pthread_t thread;
        REQUIRE (::pthread_create (&thread, crash::sanitized () ? nullptr : &attributes, pushOnce, &made.queue) == 0);
        void* pushed = nullptr;
        ::pthread_join (thread, &pushed);
        ::pthread_attr_destroy (&attributes);
        REQUIRE (pushed != nullptr);
        uint64_t got = 0;
        REQUIRE (made->tryPop (got) == 0);
    }
    ::munmap (region, stack * stacks);
}
