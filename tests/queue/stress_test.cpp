// SPDX-License-Identifier: MIT
// Every kind under load: nothing is lost, doubled, torn or out of order.
#include "scale.hpp"
#include "stress.hpp"

namespace
{
Load drawn (std::mt19937_64& random, bool shared, bool manyPushers, bool manyPoppers)
{
    const uint64_t capacities[] = {1, 2, 3, 64, 64, 65536};
    const uint64_t batches[] = {1, 1, 2, 7, 32, 100};
    Load load = {};
    load.capacity = capacities[random () % 6];
    load.pushers = manyPushers ? 1 + static_cast<uint32_t> (random () % 8) : 1;
    load.poppers = manyPoppers ? 1 + static_cast<uint32_t> (random () % 8) : 1;
    load.batchMost = batches[random () % 6];
    load.blocking = random () % 2 == 0;
    load.processes = shared && random () % 2 == 0;
    load.each = (load.capacity < 64 ? 1500 : 8000) / load.pushers;
    load.seed = random ();
    load.participants = random () % 4 == 0 ? 16 : 0;
    load.oneObject = crash::sanitized () && !load.processes;  // two mappings of one page are two to ThreadSanitizer
    return load;
}

template <typename Kind, std::size_t Bytes>
void loads (uint64_t rounds)
{
    std::mt19937_64 random (Bytes * 8 + Kind::manyPushers * 4 + Kind::manyPoppers * 2 + Kind::shared);
    for (uint64_t round = 0; round < rounds; ++round)
    {
        REQUIRE (stress<Kind, Bytes> (drawn (random, Kind::shared, Kind::manyPushers, Kind::manyPoppers)) == "");
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("under load nothing is lost, doubled, torn or out of order", "[queue][stress]", AllKinds)
{
    const uint64_t rounds = scaled (8, 45, 3000);
    loads<TestType, 8> (rounds);
    loads<TestType, 24> (rounds);
    loads<TestType, 64> (rounds);
    loads<TestType, 200> (rounds);
}

TEMPLATE_LIST_TEST_CASE ("more threads than lanes share them, and nothing is lost", "[queue][stress]", SharedClaimKinds)
{
    for (uint32_t participants = 1; participants <= 3; ++participants)
    {
        for (uint64_t round = 0; round < scaled (5, 40, 1000); ++round)
        {
            Load load = {};
            load.capacity = round % 2 == 0 ? 64 : 2;
            load.pushers = 5;
            load.poppers = TestType::manyPoppers ? 2 : 1;
            load.each = 500;
            load.batchMost = 1 + round % 3;
            load.blocking = true;
            load.seed = round;
            load.participants = participants;
            load.oneObject = true;  // each object has lanes of its own, or finds none
            REQUIRE (stress<TestType, 24> (load) == "");
        }
    }
}
