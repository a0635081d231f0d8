// SPDX-License-Identifier: MIT
/// What surviving processes do after a process was killed in the middle of a call, and whether the elements that they
/// find are possible.
#ifndef JOIN_TESTS_QUEUE_SURVIVORS_HPP
#define JOIN_TESTS_QUEUE_SURVIVORS_HPP

#include "operations.hpp"

namespace operations
{
/// Pops until the sentinel arrives or the limit of soon () ends.
template <typename Queue>
std::vector<uint64_t> drain (Queue& queue)
{
    std::vector<uint64_t> got;
    uint64_t element = 0;
    soon ([&] {
        const bool popped = queue.tryPop (element) == 0;
        if (popped)
        {
            got.push_back (element);
        }
        return popped && element == sentinel;
    });
    return got;
}

/// Whether the popped elements are possible: elements from `popped` on, then the first `pushed` of the pushed ones,
/// then the sentinel.
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
    return "popped: " + listed (got) + (done.returned ? "although the call had returned" : "");
}

/// A process that was attached before pushes and pops everything; one that attaches now fills and empties the queue.
/// Returns what is wrong.
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
    return !fault.empty () ? fault : isWhole (late) ? "" : "the queue holds fewer elements than its capacity";
}

}  // namespace operations

#endif
