// SPDX-License-Identifier: MIT
// Lanes: who pushes to a shared Mpsc or Mpmc has one, or shares one, or is told that none is left.
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
join::detail::Lane& laneOf (Raw& raw, uint32_t number)
{
    return *reinterpret_cast<join::detail::Lane*> (raw.bytes () + sizeof (join::detail::Control) + (number - 1) * 128);
}

bool busy (Raw& raw, uint32_t number)
{
    return (laneOf (raw, number).state.load () & 1) != 0;
}

// The errno of a push in a forked child, to the queue that it inherited.
template <typename Queue>
int pushInChild (Queue& queue)
{
    return WEXITSTATUS (crash::inChild ([&] { return errorOf ([&] { return queue.tryPush (1); }); }));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("threads that find no place left share one", "[queue][lanes]", SharedClaimKinds)
{
    Made<TestType> made (1024, join::MemOptions (), places (1));
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

TEMPLATE_LIST_TEST_CASE ("a process that finds no place is EUSERS at its first push, and nothing changed",
                         "[queue][lanes]", SharedClaimKinds)
{
    for (uint32_t participants : {1U, 2U})
    {
        Made<TestType> made (4, join::MemOptions (), places (participants));
        Raw raw (made.name.text);
        std::atomic<bool> done {false};
        std::atomic<uint32_t> there {0};
        std::vector<std::thread> holders;
        for (uint32_t i = 0; i < participants; ++i)
        {
            holders.emplace_back ([&, i] {
                made->push (i);
                ++there;
                while (!done)
                {
                    std::this_thread::yield ();
                }
            });
        }
        while (there != participants)
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
                   const bool pops = own.tryPop (got) == 0 && got < 2;  // which takes no place
                   own.shutdown ();
                   return one == EUSERS && some == EUSERS && pops ? 0 : 1;
               }))
               == 0);
        CHECK (
            before.compare (768, participants * 128, reinterpret_cast<char*> (raw.bytes ()) + 768, participants * 128)
            == 0);
        done = true;
        for (std::thread& holder : holders)
        {
            holder.join ();
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("a refused first push leaves every byte as it was", "[queue][lanes]", SharedClaimKinds)
{
    Made<TestType> made (4, join::MemOptions (), places (1));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    const std::string before (reinterpret_cast<char*> (raw.bytes ()), raw.size ());
    CHECK (pushInChild (made.queue) == EUSERS);
    CHECK (before == std::string (reinterpret_cast<char*> (raw.bytes ()), raw.size ()));
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 1));
}

TEMPLATE_LIST_TEST_CASE ("a thread that ends gives its lane back, and so does an object", "[queue][lanes]",
                         SharedClaimKinds)
{
    Made<TestType> made (64, join::MemOptions (), places (1));
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
                         std::destroy_at (&made.queue);  // the child's: so that the other one is all that it has
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

TEMPLATE_LIST_TEST_CASE ("a place is the process's: all its objects on a segment push by it", "[queue][lanes]",
                         SharedClaimKinds)
{
    Made<TestType> made (64, join::MemOptions (), places (1));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (busy (raw, 1));
    {
        auto other = openQueue<TestType> (64, made.name.text);
        REQUIRE (other.tryPush (2) == 0);
        int byThread = -1;
        std::thread ([&] { byThread = other.tryPush (3); }).join ();  // which shares it
        REQUIRE (byThread == 0);
        REQUIRE (made->tryPush (4) == 0);
        REQUIRE (pushInChild (other) == EUSERS);
    }
    REQUIRE (made->tryPush (5) == 0);
    CHECK (made->participants (nullptr, 0) == 1);
    uint64_t got[5] = {};
    REQUIRE (made->tryPop (got, 5) == 5);
    for (uint64_t i = 0; i < 5; ++i)
    {
        CHECK (got[i] == i + 1);
    }
}

TEMPLATE_LIST_TEST_CASE ("a forked child that pushes takes a lane of its own", "[queue][lanes]", SharedClaimKinds)
{
    Made<TestType> made (8, join::MemOptions (), places (3));
    Raw raw (made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (laneOf (raw, 1).pid == ::getpid ());
    const int status = crash::inChild ([&] {
        const bool first = made->tryPush (2) == 0 && laneOf (raw, 2).pid == ::getpid () && busy (raw, 2);
        bool second = false;
        std::thread ([&] { second = made->tryPush (3) == 0 && busy (raw, 3); }).join ();
        return first && second && !busy (raw, 3) ? 0 : 1;
    });
    CHECK (status == 0);
    CHECK (laneOf (raw, 1).pid == ::getpid ());
    REQUIRE (made->tryPush (4) == 0);
    uint64_t got[5] = {};
    CHECK (made->tryPop (got, 5) == 4);
    CHECK ((got[0] == 1 && got[1] == 2 && got[2] == 3 && got[3] == 4));
}

// What a daemon does. In a child, as the test needs its descriptors.
TEMPLATE_LIST_TEST_CASE ("a thread that pushes first behind closefrom (3) finds the segment by its name",
                         "[queue][lanes]", SharedClaimKinds)
{
    Made<TestType> made (8, join::MemOptions (), places (4));
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
        return before && pushByThread () == ENOENT && made->tryPush (10) == 0 ? 0 : 1;
    });
    CHECK (unlinked == 0);
    CHECK (made->tryPop (got, 3) == 2);
    CHECK ((got[0] == 9 && got[1] == 10));
}

TEMPLATE_LIST_TEST_CASE ("a descriptor that is another's by now is not closed with the queue", "[queue][lanes]",
                         SharedClaimKinds)
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
// Whether anybody holds the lease of a lane.
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

TEMPLATE_LIST_TEST_CASE ("a child that is forked while a thread takes a lane does not hold it", "[queue][lanes]",
                         SharedClaimKinds)
{
    Made<TestType> made (1024, join::MemOptions (), places (4));
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

TEST_CASE ("threads may come and go for ever: the table of lanes does not fill up", "[queue][lanes]")
{
    // Each thread at an address of its own, as the table goes by that.
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
