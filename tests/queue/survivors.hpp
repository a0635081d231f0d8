// SPDX-License-Identifier: MIT
/// What those do who are left when a process was killed in the middle of a call, and whether it can be.
#ifndef JOIN_TESTS_QUEUE_SURVIVORS_HPP
#define JOIN_TESTS_QUEUE_SURVIVORS_HPP

#include "operations.hpp"

namespace operations
{
/// Pops until the sentinel has come, or the time is up.
template <typename Queue>
std::vector<uint64_t> drain (Queue& queue)
{
    std::vector<uint64_t> got;
    const auto start = std::chrono::steady_clock::now ();
    uint64_t element = 0;
    while (std::chrono::steady_clock::now () - start < std::chrono::milliseconds (100))
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
inline std::string wrong (const std::vector<uint64_t>& got, uint64_t filled, int pushes, int pops, const Done& done)
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

/// One that was attached already pushes, and pops all; one that attaches now fills and empties it. What is wrong with that.
template <typename Kind>
std::string goesOn (Made<Kind>& made, uint64_t filled, int pushes, int pops, const Done& done)
{
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
    const std::string fault = wrong (got, filled, pushes, pops, done);
    return !fault.empty () ? fault : isWhole (late) ? "" : "it does not hold what it held";
}

}  // namespace operations

#endif
