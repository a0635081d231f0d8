// SPDX-License-Identifier: MIT
// A process is stopped after the k-th instruction of a call; another process makes calls, up to a lap of the ring. Then
// the first process dies or continues. Every element pushed before is popped once and in order, by either process, or
// the dead process held it.
#include "operations.hpp"
#include "scale.hpp"

#include <algorithm>
#include <map>

using crash::Traced;
using namespace operations;

namespace
{
constexpr uint64_t firstOther = 200;  // first element that the second process pushes

/// What all processes pushed, and what this process popped.
struct Ledger
{
    uint64_t next = firstOther;
    std::vector<uint64_t> pushed;
    std::vector<uint64_t> popped;
};

template <typename Queue>
bool pushOne (Queue& queue, Ledger& ledger)
{
    if (queue.tryPush (ledger.next) != 0)
    {
        return false;
    }
    ledger.pushed.push_back (ledger.next++);
    return true;
}

template <typename Queue>
bool popOne (Queue& queue, Ledger& ledger)
{
    uint64_t got = 0;
    if (queue.tryPop (got) != 0)
    {
        return false;
    }
    ledger.popped.push_back (got);
    return true;
}

/// Makes the calls that are allowed beside the first process: the first process's role of a Spsc, and popping beside
/// the consumer of an Mpsc, are not.
template <typename Kind>
void goOn (typename Kind::template Queue<uint64_t>& queue, bool firstPops, uint64_t calls, Ledger& ledger)
{
    const bool mayPush = Kind::manyProducers || firstPops;
    const bool mayPop = Kind::manyConsumers || !firstPops;
    for (uint64_t i = 0; i < calls; ++i)
    {
        if (mayPush)
        {
            pushOne (queue, ledger);
        }
        if (mayPop)
        {
            popOne (queue, ledger);
        }
    }
}

bool ascending (const std::vector<uint64_t>& elements, uint64_t from, uint64_t to)
{
    uint64_t last = 0;
    for (uint64_t element : elements)
    {
        if (element >= from && element < to)
        {
            if (element <= last)
            {
                return false;
            }
            last = element;
        }
    }
    return true;
}

/// Counts how often each element came out in either process. Returns what is wrong.
std::string wrong (const Ledger& ledger, uint64_t filled, int pushes, int pops, const Done& done)
{
    std::map<uint64_t, int> times;
    for (uint64_t element : ledger.popped)
    {
        ++times[element];
    }
    const int64_t count = done.returned && done.count > 0 ? done.count : 0;
    for (int64_t i = 0; pops != 0 && i < count; ++i)
    {
        const uint64_t element = done.elements[i];
        ++times[element];
    }
    std::vector<uint64_t> sure = ledger.pushed;
    for (uint64_t i = 0; i < filled; ++i)
    {
        sure.push_back (i + 1);
    }
    for (int64_t i = 0; pushes != 0 && i < count; ++i)
    {
        sure.push_back (firstPushed + static_cast<uint64_t> (i));
    }
    int lost = 0;
    for (uint64_t element : sure)
    {
        const int seen = times[element];
        if (seen > 1)
        {
            return std::to_string (element) + " came out twice";
        }
        lost += seen == 0;
        times.erase (element);
    }
    for (const auto& other : times)
    {
        const bool mayBe = !done.returned && other.first >= firstPushed
                           && other.first < firstPushed + static_cast<uint64_t> (pushes) && other.second == 1;
        if (!mayBe)
        {
            return std::to_string (other.first) + " was not pushed, or came out twice";
        }
    }
    if (lost > (done.returned ? 0 : pops))
    {
        return std::to_string (lost) + " elements were lost";
    }
    return ascending (ledger.popped, 1, firstPushed) && ascending (ledger.popped, firstPushed, firstOther)
                   && ascending (ledger.popped, firstOther, 10000)
               ? ""
               : "elements came out of order";
}

template <typename Kind>
struct Case
{
    using Queue = typename Kind::template Queue<uint64_t>;

    const Operation<Queue>& operation;
    uint64_t filled;
    int k;
    bool dies;
    uint64_t calls;  // calls of the second process while the first stands still

    /// Returns what is wrong; *ended: the call had returned before its k-th instruction.
    std::string run (bool* ended) const
    {
        Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : withSlots (4));
        Done& done = freshDone ();
        Ledger ledger;
        {
            Traced child ([&] { return callIn<Kind> (made.name.text, filled, operation, done); });
            if (!child.toMark (1))
            {
                return "the child ended early";
            }
            stepTo (child, done, k);
            *ended = done.returned;
            goOn<Kind> (made.queue, operation.pops != 0, calls, ledger);
            if (!dies && !child.toMark (2))
            {
                return "the call did not return";
            }
            child.kill ();
        }
        auto late = openQueue<Kind> (capacity, made.name.text);
        if (!soon ([&] { return late.pending () < capacity || popOne (late, ledger); }))
        {
            return "the queue is full, and no element can be popped";
        }
        const uint64_t last = ledger.next;
        if (!pushOne (late, ledger) || !soon ([&] {
                popOne (late, ledger);
                return !ledger.popped.empty () && ledger.popped.back () == last;
            }))
        {
            return "the queue does not continue: " + listed (ledger.popped);
        }
        const std::string fault = wrong (ledger, filled, operation.pushes, operation.pops, done);
        return !fault.empty ()   ? fault + ": " + listed (ledger.popped)
               : !isWhole (late) ? "the queue holds fewer elements than its capacity"
                                 : "";
    }
};
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("queue survives a stop at any instruction", "[queue][pair][traced][exact]", SharedKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    const int every = static_cast<int> (scaled (401, 167, 1));
    const bool sample = scaled (1, 0, 0) != 0;  // in scale quick, one way for each instruction
    unsigned cases = 0;
    unsigned places = 0;
    for (const auto& operation : all<Queue> ())
    {
        for (uint64_t filled : {uint64_t (0), capacity / 2, capacity - (operation.recovers ? 1 : 0)})
        {
            bool ended = false;
            for (int k = static_cast<int> (cases) % every; !ended; k += every, ++places)
            {
                for (unsigned way = 0; way < 4; ++way)
                {
                    if (sample && way != places % 4)
                    {
                        continue;
                    }
                    ++cases;
                    const bool dies = way % 2 == 0;
                    const uint64_t calls = way < 2 ? 1 : 2 * capacity;
                    const Case<TestType> one = {operation, filled, k, dies, calls};
                    const std::string fault = one.run (&ended);
                    INFO (operation.name << " of a queue with " << filled << " of " << capacity << ", stopped after "
                                         << k << " instructions while another makes " << calls << " calls; then it "
                                         << (dies ? "dies" : "continues"));
                    REQUIRE (fault.empty ());
                    REQUIRE (k < 5000);
                }
            }
        }
    }
    std::printf ("%u cases\n", cases);
}
#endif
