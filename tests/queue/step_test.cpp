// SPDX-License-Identifier: MIT
// A process is killed after the k-th instruction of a call, for every k; one that was attached already and one that attaches
// afterwards go on. What had been pushed is popped once, in order and whole; what was being pushed or popped, or not.
#include "raw.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include "../crash/tracer.hpp"

#include <chrono>
#include <functional>
#include <sstream>

using crash::Traced;
using std::chrono::steady_clock;

namespace
{
constexpr uint64_t capacity = 4;
constexpr uint64_t laps = 2 * capacity + 1;  // at ticket 0 a lane that nobody has touched looks right
constexpr uint64_t sentinel = 777;
constexpr uint64_t firstPushed = 50;

/// What a call does to a queue of elements 1, 2, ...; it pushes 50, 51, ...
template <typename Queue>
struct Operation
{
    const char* name;
    int pushes;  // at most
    int pops;
    std::function<void (Queue&)> call;
};

template <typename Queue>
std::vector<Operation<Queue>> operations ()
{
    static uint64_t some[3];
    std::vector<Operation<Queue>> all = {
        {"tryPush", 1, 0, [] (Queue& q) { q.tryPush (firstPushed); }},
        {"tryPush 3", 3, 0,
         [] (Queue& q) {
             const uint64_t three[3] = {firstPushed, firstPushed + 1, firstPushed + 2};
             q.tryPush (three, 3);
         }},
        {"tryPop", 0, 1, [] (Queue& q) { q.tryPop (some[0]); }},
        {"tryPop 3", 0, 3, [] (Queue& q) { q.tryPop (some, 3); }},
        {"push", 1, 0, [] (Queue& q) { q.push (firstPushed, std::chrono::nanoseconds (0)); }},
        {"pop", 0, 1, [] (Queue& q) { q.pop (some[0], std::chrono::nanoseconds (0)); }},
    };
    if constexpr (std::is_same<Queue, ShmSpsc::Queue<uint64_t>>::value)
    {
        all.push_back ({"reserve, commit", 1, 0, [] (Queue& q) {
                            const auto room = q.reserve (1);
                            if (!room.empty ())
                            {
                                room[0] = firstPushed;
                                q.commit (1);
                            }
                        }});
        all.push_back ({"peek, release", 0, 1, [] (Queue& q) {
                            if (!q.peek (1).empty ())
                            {
                                q.release (1);
                            }
                        }});
    }
    return all;
}

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

std::string listed (const std::vector<uint64_t>& elements)
{
    std::ostringstream text;
    for (uint64_t element : elements)
    {
        text << element << ' ';
    }
    return text.str ();
}

/// Whether what came out can be: elements from `popped` on, then of the pushed ones the first, then the sentinel.
std::string wrong (const std::vector<uint64_t>& got, uint64_t filled, int pushes, int pops, bool returned)
{
    for (int popped = 0; popped <= pops && popped <= static_cast<int> (filled); ++popped)
    {
        const int room = static_cast<int> (capacity - filled);
        const int most = pushes < room ? pushes : room;
        for (int pushed = 0; pushed <= most; ++pushed)
        {
            const int allPops = pops < static_cast<int> (filled) ? pops : static_cast<int> (filled);
            if (returned && (pushed != most || popped != allPops))
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
    return "popped: " + listed (got) + (returned ? "and the call had returned" : "");
}

/// The queue holds as many as ever, in order.
template <typename Queue>
bool isWhole (Queue& queue)
{
    uint64_t got = 0;
    for (uint64_t i = 0; i < capacity; ++i)
    {
        if (queue.tryPush (900 + i) != 0)
        {
            return false;
        }
    }
    bool whole = queue.tryPush (0) == -1;
    for (uint64_t i = 0; i < capacity; ++i)
    {
        whole = whole && queue.tryPop (got) == 0 && got == 900 + i;
    }
    return whole && queue.empty ();
}

/// The victim: past the first lap, with so many elements inside, it makes the call.
template <typename Kind, typename Op>
int callIn (const std::string& name, uint64_t filled, const Op& operation)
{
    auto queue = openQueue<Kind> (capacity, name);
    uint64_t element = 0;
    for (uint64_t i = 0; i < laps; ++i)
    {
        queue.tryPush (i);
        queue.tryPop (element);
    }
    for (uint64_t i = 0; i < filled; ++i)
    {
        queue.tryPush (i + 1);
    }
    crash::mark (1);
    operation.call (queue);
    crash::mark (2);
    ::pause ();
    return 0;
}

/// Executes k instructions of the call, and kills the process. Whether the call had returned by then.
bool killAfter (Traced& child, int k)
{
    bool ended = false;
    for (int i = 0; i < k && !ended; ++i)
    {
        const auto* code = reinterpret_cast<const unsigned char*> (child.instructionPointer ());
        ended = code[0] == 0x0f && code[1] == 0x05;  // mark (2): no call here makes a system call
        if (!ended)
        {
            child.step ();
        }
    }
    child.kill ();
    return ended;
}

/// One case. *ended: the call had returned before its k-th instruction.
template <typename Kind, typename Op>
std::string killedAfter (int k, uint64_t filled, const Op& operation, bool* ended)
{
    Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : places (2));
    {
        Traced child ([&] { return callIn<Kind> (made.name.text, filled, operation); });
        if (!child.toMark (1))
        {
            return "the child ended early";
        }
        *ended = killAfter (child, k);
    }
    auto late = openQueue<Kind> (capacity, made.name.text);
    std::vector<uint64_t> got;
    if (made->pending () == capacity)
    {
        uint64_t element = 0;
        const auto start = steady_clock::now ();
        while (made->tryPop (element) == -1 && steady_clock::now () - start < std::chrono::milliseconds (100))
        {
        }
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
    const std::string fault = wrong (got, filled, operation.pushes, operation.pops, *ended);
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
    for (const auto& operation : operations<Queue> ())
    {
        for (uint64_t filled : {uint64_t (0), capacity / 2, capacity})
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
