// SPDX-License-Identifier: MIT
// Threads that create, move, inspect and destroy memory at the same time; for ThreadSanitizer too.
#include <catch2/catch.hpp>

#include <join/memory.hpp>
#include <join/placement.hpp>

#include "world.hpp"

#include <atomic>
#include <cstring>
#include <thread>

using namespace crash;
using join::LocalMem;
using join::MemOptions;
using join::ShmMem;

namespace
{
const unsigned crowd = 8;

// The first complaint of any thread.
class Complaint
{
public:
    void unless (bool fine, const char* words)
    {
        const char* none = nullptr;
        if (!fine)
        {
            _words.compare_exchange_strong (none, words);
        }
    }

    std::string text () const
    {
        const char* words = _words.load ();
        return words != nullptr ? words : "";
    }

private:
    std::atomic<const char*> _words {nullptr};
};

template <typename Work>
std::string inThreads (Work work)
{
    Complaint complaint;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < crowd; ++i)
    {
        threads.emplace_back ([&, i] {
            try
            {
                work (i, complaint);
            }
            catch (const std::exception& error)
            {
                std::fprintf (stderr, "thread %u: %s\n", i, error.what ());
                complaint.unless (false, "a thread threw");
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    return complaint.text ();
}

void liveLocal (unsigned me, uint64_t size, Complaint& complaint)
{
    LocalMem memory (size);
    LocalMem moved (std::move (memory));
    complaint.unless (filledWith (moved.get (), 4096, 0), "fresh memory is not zero");
    std::memset (moved.get (), static_cast<int> (me + 1), size);
    complaint.unless (moved.placement ().size == size, "placement () reports another size");
    memory = std::move (moved);
    complaint.unless (filledWith (memory.get (), size, static_cast<unsigned char> (me + 1)),
                      "another thread wrote there");
    complaint.unless (memory.mlock () == 0 || join::lastError.value () != 0, "a failure without an error");
}

void liveShared (unsigned me, const std::string& name, Complaint& complaint)
{
    ShmMem segment (16384, name.c_str ());
    ShmMem moved (std::move (segment));
    auto* counters = static_cast<std::atomic<unsigned>*> (moved.get ());
    counters[me * 16].fetch_add (1);
    complaint.unless (moved.placement ().shared, "placement () takes it for private");
    segment = std::move (moved);
    complaint.unless (segment.name () == "/" + name, "it has another name");
}
}  // namespace

TEST_CASE ("threads use separate private memory concurrently", "[threads]")
{
    CHECK (inThreads ([] (unsigned me, Complaint& complaint) {
               for (unsigned i = 0; i < 50; ++i)
               {
                   liveLocal (me, i % 10 == 0 ? 4 << 20 : 4096 << i % 3, complaint);
               }
           })
           == "");
}

TEST_CASE ("threads open and use one segment concurrently", "[threads]")
{
    const unsigned rounds = 100;
    const std::string name = freshName ();
    const ShmMem keeper (16384, name.c_str ());
    CHECK (inThreads ([&] (unsigned me, Complaint& complaint) {
               for (unsigned i = 0; i < rounds; ++i)
               {
                   liveShared (me, name, complaint);
               }
           })
           == "");
    const auto* counters = static_cast<const std::atomic<unsigned>*> (keeper.get ());
    for (unsigned i = 0; i < crowd; ++i)
    {
        CHECK (counters[i * 16].load () == rounds);
    }
    CHECK (ShmMem::unlink (name) == 0);
}

TEST_CASE ("threads create and unlink one name concurrently", "[threads]")
{
    const std::string name = freshName ();
    std::atomic<unsigned> created {0};
    CHECK (inThreads ([&] (unsigned me, Complaint& complaint) {
               for (unsigned i = 0; i < 200; ++i)
               {
                   ShmMem segment (16384, name.c_str ());
                   created += segment.created () ? 1 : 0;
                   complaint.unless (*static_cast<const char*> (segment.get (16383)) == 0, "it is not zero at its end");
                   complaint.unless (i % 4 != me % 4 || ShmMem::unlink (name) == 0, "unlink fails");
               }
           })
           == "");
    CHECK (created >= 1);
    CHECK (ShmMem::unlink (name) == 0);
    CHECK (listOf (names ()) == "nothing");
}

TEST_CASE ("each thread keeps its own lastError", "[threads]")
{
    CHECK (inThreads ([] (unsigned me, Complaint& complaint) {
               const std::string name = me % 2 == 0 ? std::string (300, 'x') : "a/b";
               const int expected = me % 2 == 0 ? ENAMETOOLONG : EINVAL;
               for (unsigned i = 0; i < 2000; ++i)
               {
                   complaint.unless (ShmMem::unlink (name) == -1, "a bad name is unlinked");
                   complaint.unless (join::lastError.value () == expected, "the error of another thread");
               }
           })
           == "");
}
