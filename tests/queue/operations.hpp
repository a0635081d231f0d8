// SPDX-License-Identifier: MIT
/// The calls in the middle of which tests stop or kill a process, after a chosen instruction.
#ifndef JOIN_TESTS_QUEUE_OPERATIONS_HPP
#define JOIN_TESTS_QUEUE_OPERATIONS_HPP

#include "kinds.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include "../crash/tracer.hpp"
#include "../hang.hpp"

#include <chrono>
#include <functional>
#include <sstream>

namespace operations
{
constexpr uint64_t capacity = 4;
constexpr uint64_t laps = 2 * capacity + 1;  // past ticket 0, where an unused cell looks valid
constexpr uint64_t sentinel = 777;
constexpr uint64_t firstPushed = 50;

/// What a process did, recorded after its call for the test to read.
struct Done
{
    volatile bool returned;
    volatile int64_t count;         // number of elements that the call processed
    volatile uint64_t elements[4];  // elements that the call popped
};

/// One page for all cases, reset to zero.
inline Done& freshDone ()
{
    static Done& done = *static_cast<Done*> (crash::sharedPages (sizeof (Done)));
    ::memset (const_cast<void*> (static_cast<volatile void*> (&done)), 0, sizeof (Done));
    return done;
}

/// A call on a queue that holds elements 1, 2, ...; it pushes 50, 51, ...
template <typename Queue>
struct Operation
{
    const char* name;
    int pushes;  // at most
    int pops;
    // Returns how many elements it processed; the second argument receives popped elements.
    std::function<int64_t (Queue&, uint64_t*)> call;
    bool recovers = false;  // the front of the queue is a dead producer's claim
};

inline int64_t one (int failed)
{
    return failed + 1;
}

template <typename Queue>
std::vector<Operation<Queue>> all ()
{
    static const uint64_t three[3] = {firstPushed, firstPushed + 1, firstPushed + 2};
    constexpr std::chrono::nanoseconds none (0);
    std::vector<Operation<Queue>> list = {
        {"tryPush", 1, 0, [] (Queue& q, uint64_t*) { return one (q.tryPush (firstPushed)); }},
        {"tryPush 3", 3, 0, [] (Queue& q, uint64_t*) { return q.tryPush (three, 3); }},
        {"tryPop", 0, 1, [] (Queue& q, uint64_t* to) { return one (q.tryPop (*to)); }},
        {"tryPop 3", 0, 3, [] (Queue& q, uint64_t* to) { return q.tryPop (to, 3); }},
        {"push", 1, 0, [none] (Queue& q, uint64_t*) { return one (q.push (firstPushed, none)); }},
        {"pop", 0, 1, [none] (Queue& q, uint64_t* to) { return one (q.pop (*to, none)); }},
    };
    if constexpr (std::is_same<Queue, ShmSpsc::Queue<uint64_t>>::value)
    {
        list.push_back ({"reserve, commit", 1, 0, [] (Queue& q, uint64_t*) {
                             const auto room = q.reserve (1);
                             return room.empty () ? 0 : (room[0] = firstPushed, one (q.commit (1)));
                         }});
        list.push_back ({"peek, release", 0, 1, [] (Queue& q, uint64_t* to) {
                             const auto peeked = q.peek (1);
                             return peeked.empty () ? 0 : (*to = peeked[0], one (q.release (1)));
                         }});
    }
    else
    {
        list.push_back (
            {"tryPop that recovers", 0, 1, [] (Queue& q, uint64_t* to) { return one (q.tryPop (*to)); }, true});
    }
    return list;
}

/// Runs in the child: advances past the first lap and pushes `filled` elements. Afterwards the child owns a slot.
template <typename Queue>
void prepare (Queue& queue, uint64_t filled, bool behindTheDead)
{
    uint64_t element = 0;
    for (uint64_t i = 0; i < laps; ++i)
    {
        queue.tryPush (i);
        queue.tryPop (element);
    }
    if (behindTheDead)
    {
        dieIn (queue);
    }
    for (uint64_t i = 0; i < filled; ++i)
    {
        queue.tryPush (i + 1);
    }
}

/// Runs in the child: the call comes between mark (1) and the record that it has returned.
template <typename Kind>
int callIn (const std::string& name, uint64_t filled,
            const Operation<typename Kind::template Queue<uint64_t>>& operation, Done& done)
{
    auto queue = openQueue<Kind> (capacity, name);
    prepare (queue, filled, operation.recovers);
    uint64_t popped[4] = {};
    crash::mark (1);
    done.count = operation.call (queue, popped);
    for (int i = 0; i < 4; ++i)
    {
        done.elements[i] = popped[i];
    }
    done.returned = true;
    crash::mark (2);
    ::pause ();
    return 0;
}

/// Executes up to k instructions of the call.
inline void stepTo (crash::Traced& child, const Done& done, int k)
{
    for (int i = 0; i < k && !done.returned; ++i)
    {
        child.step ();
    }
}

inline std::string listed (const std::vector<uint64_t>& elements)
{
    std::ostringstream text;
    for (uint64_t element : elements)
    {
        text << element << ' ';
    }
    return text.str ();
}

/// The queue holds as many elements as its capacity, in order.
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

/// Whether `what` becomes true: in suite long within the promised time, otherwise within a limit that finds only hangs.
template <typename What>
bool soon (const What& what)
{
    const std::chrono::milliseconds limit = judgesTime () ? std::chrono::milliseconds (100) : hangLimit;
    const auto start = std::chrono::steady_clock::now ();
    bool is = what ();
    while (!is && std::chrono::steady_clock::now () - start < limit)
    {
        is = what ();
    }
    return is;
}

}  // namespace operations

#endif
