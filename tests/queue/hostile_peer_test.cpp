// SPDX-License-Identifier: MIT
// A hostile peer overwrites everything while others push and pop: no process crashes, every call returns, and no byte
// outside the segment changes.
#include "raw.hpp"
#include "scale.hpp"

#include <random>
#include <thread>

#include <signal.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{
struct Large
{
    unsigned char bytes[64];
};

// Writes until it is killed: most often to the words that others read most often, and often values that are nearly
// right.
[[noreturn]] void scribble (const std::string& name, uint64_t end, unsigned seed, std::atomic<uint64_t>& writes)
{
    Raw raw (name);
    std::mt19937_64 random (seed);
    ::alarm (0);
    for (;;)
    {
        const uint64_t places[] = {384, 512, 640, 644, 648, 768, 776, 896, 904};
        const uint64_t what = random () % 10;
        const uint64_t offset = what < 6   ? places[random () % 9]
                                : what < 7 ? random () % 128
                                           : 768 + random () % (end - 768 - 8);
        uint64_t value = random ();
        switch (random () % 4)
        {
            case 0:
                value = raw.at<uint64_t> (384) + (random () % 40 - 20) * (random () % 2 == 0 ? 1 : 4096);
                break;
            case 1:
                value = raw.at<uint64_t> (512) ^ (uint64_t (1) << random () % 64);
                break;
            case 2:
                value = uint64_t (1) << random () % 64;
                break;
            default:
                break;
        }
        if (random () % 2 == 0)
        {
            raw.put (offset, static_cast<unsigned char> (value));
        }
        else
        {
            raw.put (offset & ~uint64_t (3), offset + 8 <= end ? value : 0);
        }
        ++writes;
        for (uint64_t wait = random () % 300; wait > 0; --wait)
        {
            join::detail::cpuPause ();
        }
    }
}

template <typename Kind, typename T>
void suffer (crash::Verdict& verdict, uint64_t rounds)
{
    using Queue = typename Kind::template Queue<T>;
    ::alarm (static_cast<unsigned> (scaled (50, 280, 3000)));
    join::QueueOptions options;
    options.maxProducers = 3;
    const OwnName name;
    auto first = std::make_unique<Queue> (16, name.text, join::MemOptions (), options);
    Raw raw (name.text);
    const join::detail::Identity right = raw.control ().identity;
    auto& writes = *static_cast<std::atomic<uint64_t>*> (crash::sharedPages (sizeof (uint64_t)));
    const pid_t hostile = crash::start ([&] () -> int { scribble (name.text, right.segmentSize, 5, writes); });
    while (writes == 0)
    {
        std::this_thread::yield ();
    }
    std::unique_ptr<Queue> queue;
    for (uint64_t round = 0; round < rounds; ++round)
    {
        if (round % 8 == 0)
        {
            queue.reset ();
            if (round % 32 == 0)
            {
                raw.control ().identity = right;
                raw.renew ();
            }
            const int error = thrownBy ([&] { queue = std::make_unique<Queue> (16, name.text); });
            if (error != 0 && error != EBADMSG && error != EINVAL)
            {
                verdict.say ("an attach failed with errno " + std::to_string (error));
                break;
            }
            fenceIn (name.path ());
        }
        const std::string complaint = everyCall<Kind, T> (queue != nullptr ? *queue : *first, 1us);
        if (!complaint.empty ())
        {
            verdict.say (complaint);
            break;
        }
    }
    ::kill (hostile, SIGKILL);
    crash::await (hostile);
    if (writes < rounds / 4)
    {
        verdict.say ("the hostile peer wrote nothing");
    }
    if (!untouchedBeyond (raw, right.segmentSize))
    {
        verdict.say ("bytes beyond the segment were written");
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("hostile peer harms no process", "[queue][scribble]", SharedKinds)
{
    const uint64_t rounds = scaled (60000, 200000, 10000000) / 6;
    CHECK (crash::judge ([&] (crash::Verdict& verdict) { suffer<TestType, uint64_t> (verdict, rounds); }) == "");
    CHECK (crash::judge ([&] (crash::Verdict& verdict) { suffer<TestType, Large> (verdict, rounds); }) == "");
}
