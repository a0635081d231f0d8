// SPDX-License-Identifier: MIT
// A process is killed after the k-th instruction of a call, for every k. A process that was attached before and one
// that attaches afterwards continue. Elements pushed before are popped once, in order and whole; those that were being
// pushed or popped may or may not arrive.
#include "scale.hpp"
#include "survivors.hpp"

using crash::Traced;
using namespace operations;

namespace
{
/// Runs one case. *ended: the call had returned before its k-th instruction. `single`: the queue has one slot, which
/// the dead process owned.
template <typename Kind, typename Op>
std::string killedAfter (int k, uint64_t filled, const Op& operation, bool single, bool* ended)
{
    Made<Kind> made (capacity, join::MemOptions (), Kind::spsc ? join::QueueOptions () : withSlots (single ? 1 : 3));
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
    return goesOn (made, filled, operation.pushes, operation.pops, done);
}
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("queue survives death at any instruction", "[queue][step][traced][exact]", SharedKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    const int every = static_cast<int> (scaled (61, 29, 1));
    int cases = 0;
    for (const auto& operation : all<Queue> ())
    {
        for (uint64_t filled : {uint64_t (0), capacity / 2, capacity - (operation.recovers ? 1 : 0)})
        {
            bool ended = false;
            for (int k = cases % every; !ended; k += every)
            {
                ++cases;
                const bool single = !TestType::spsc && !operation.recovers && cases % 2 == 0;
                const std::string fault = killedAfter<TestType> (k, filled, operation, single, &ended);
                INFO (operation.name << " of a queue with " << filled << " of " << capacity << ", after " << k
                                     << " instructions" << (single ? ", with a single slot" : ""));
                REQUIRE (fault.empty ());
                REQUIRE (k < 5000);
            }
        }
    }
    std::printf ("%d cases\n", cases);
}
#endif
