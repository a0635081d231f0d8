// SPDX-License-Identifier: MIT
/// A set of many private queues, for the tests of rings and helpers.
#ifndef JOIN_TESTS_WAIT_MANY_HPP
#define JOIN_TESTS_WAIT_MANY_HPP

#include "wait_support.hpp"

/// A set of n private queues, whose keys are their numbers.
struct Many
{
    using Queue = join::LocalMem::Mpsc::Queue<uint64_t>;

    explicit Many (uint64_t n)
    {
        grow (n);
    }

    void grow (uint64_t n)
    {
        while (queues.size () < n)
        {
            queues.emplace_back (4);
            REQUIRE (set.add (queues.back (), join::Ready::Element, queues.size () - 1) == 0);
        }
    }

    /// Takes an element from a queue if the set has reported it, and no other queue. @return whether both was so
    bool passes (uint64_t which, int64_t result, const join::WaitEvent& event)
    {
        uint64_t got = 0;
        return result == 1 && event.key == which && event.ready == join::Ready::Element
               && queues[which].tryPop (got) == 0;
    }

    std::vector<Queue> queues;
    join::WaitSet set;
};

#endif
