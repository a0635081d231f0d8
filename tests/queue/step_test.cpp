// SPDX-License-Identifier: MIT
// A process is killed after the k-th instruction of a call, for every k; one that was attached already and one that attaches
// afterwards go on. What had been pushed is popped once, in order and whole; what was being pushed or popped, or not.
#include "operations.hpp"
#include "scale.hpp"

using crash::Traced;
using std::chrono::steady_clock;
using namespace operations;

namespace
{
/// Pops until the sentinel has come, or the time is up.
template <typename Queue>
std::vector<uint64_t> drain (Queue& queue)
{
    std::vector<uint64_t> got;
    const auto start = steady_clock::now ();
    uint64_t element = 0;
    while (steady_clock::now () - start < std::chrono::milliseconds (100))
    {
        if (queue.tryPop (element) == 0)
        {
            got.push_back (element);
            if (element == sentinel)
            {
                break;
            }
        }
    }
    return got;
}

/// Whether what came out can be: elements from `popped` on, then of the pushed ones the first, then the sentinel.
std::string wrong (const std::vector<uint64_t>& got, uint64_t filled, int pushes, int pops, const Done& done)
{
    for (int popped = 0; popped <= pops && popped <= static_cast<int> (filled); ++popped)
    {
        const int room = static_cast<int> (capacity - filled);
        const int most = pushes < room ? pushes : room;
        for (int pushed = 0; pushed <= most; ++pushed)
        {
            const int64_t told = done.count < 0 ? 0 : done.count;
            if (done.returned && told != (pushes != 0 ? pushed : popped))
            {
                continue;
            }
            std::vector<uint64_t> expected;
            for (uint64_t i = static_cast<uint64_t> (popped); i < filled; ++i)
            {
                expected.push_back (i + 1);
            }
            for (int i = 0; i < pushed; ++i)
            {
                expected.push_back (firstPushed + static_cast<uint64_t> (i));
            }
            expected.push_back (sentinel);
            if (got == expected)
            {
                return "";
            }
        }
    }
    return "popped: " + listed (got) + (done.returned ? "and the call had returned" : "");
}

/// One case. *ended: the call had returned before its k-th instruction.
template <typename Kind, typename Op>
std::string killedAfter (int k, uint64_t filled, const Op& operation, bool* ended)
{
    Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : places (3));
    Done& done = freshDone ();
    {
        Traced child ([&] { return callIn<Kind> (made.name.text, filled, operation, done); });
        if (!child.toMark (1))
        {
            return "the child ended early";
        }
        stepTo (child, done, k);
        *ended = done.returned;
        child.kill ();
    }
    auto late = openQueue<Kind> (capacity, made.name.text);
    std::vector<uint64_t> got;
    if (made->pending () == capacity)
    {
        uint64_t element = 0;
        soon ([&] { return made->tryPop (element) == 0; });
        got.push_back (element);
    }
    if (made->tryPush (sentinel) != 0)
    {
        return "a survivor cannot push: " + std::string (join::lastError.message ());
    }
    for (uint64_t element : drain (made.queue))
    {
        got.push_back (element);
    }
    const std::string fault = wrong (got, filled, operation.pushes, operation.pops, done);
    return !fault.empty () ? fault : isWhole (late) ? "" : "it does not hold what it held";
}
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("whoever dies at any instruction of a call leaves a queue that goes on",
                         "[queue][step][traced][exact]", SharedKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    const int every = static_cast<int> (scaled (61, 7, 1));
    int cases = 0;
    for (const auto& operation : all<Queue> ())
    {
        for (uint64_t filled : {uint64_t (0), capacity / 2, capacity - (operation.recovers ? 1 : 0)})
        {
            bool ended = false;
            for (int k = cases % every; !ended; k += every)
            {
                ++cases;
                const std::string fault = killedAfter<TestType> (k, filled, operation, &ended);
                INFO (operation.name << " of a queue with " << filled << " of " << capacity << ", after " << k
                                     << " instructions");
                REQUIRE (fault.empty ());
                REQUIRE (k < 5000);
            }
        }
    }
    std::printf ("%d cases\n", cases);
}
#endif
