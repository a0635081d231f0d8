// SPDX-License-Identifier: MIT
// Every kind under load: no element is lost, duplicated, torn or out of order.
#include "scale.hpp"
#include "stress.hpp"

namespace
{
Load drawn (std::mt19937_64& random, bool shared, bool manyProducers, bool manyConsumers)
{
    const uint64_t capacities[] = {1, 2, 3, 64, 64, 65536};
    const uint64_t batches[] = {1, 1, 2, 7, 32, 100};
    Load load = {};
    load.capacity = capacities[random () % 6];
    load.producers = manyProducers ? 1 + static_cast<uint32_t> (random () % 8) : 1;
    load.consumers = manyConsumers ? 1 + static_cast<uint32_t> (random () % 8) : 1;
    load.batchMost = batches[random () % 6];
    load.blocking = random () % 2 == 0;
    load.processes = shared && random () % 2 == 0;
    load.each = (load.capacity < 64 ? 1500 : 8000) / load.producers;
    load.seed = random ();
    load.maxProducers = random () % 4 == 0 ? 16 : 0;
    // ThreadSanitizer takes two mappings of one page for different memory.
    load.oneObject = crash::sanitized () && !load.processes;
    return load;
}

template <typename Kind, std::size_t Bytes>
void loads (uint64_t rounds)
{
    std::mt19937_64 random (Bytes * 8 + Kind::manyProducers * 4 + Kind::manyConsumers * 2 + Kind::shared);
    for (uint64_t round = 0; round < rounds; ++round)
    {
        REQUIRE (stress<Kind, Bytes> (drawn (random, Kind::shared, Kind::manyProducers, Kind::manyConsumers)) == "");
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("load loses, duplicates, tears and reorders nothing", "[queue][stress]", AllKinds)
{
    const uint64_t rounds = scaled (8, 20, 3000);
    loads<TestType, 8> (rounds);
    loads<TestType, 24> (rounds);
    loads<TestType, 64> (rounds);
    loads<TestType, 200> (rounds);
}

TEMPLATE_LIST_TEST_CASE ("more threads than slots lose nothing", "[queue][stress]", SharedClaimKinds)
{
    for (uint32_t producers = 1; producers <= 3; ++producers)
    {
        for (uint64_t round = 0; round < scaled (5, 20, 1000); ++round)
        {
            Load load = {};
            load.capacity = round % 2 == 0 ? 64 : 2;
            load.producers = 5;
            load.consumers = TestType::manyConsumers ? 2 : 1;
            load.each = 500;
            load.batchMost = 1 + round % 3;
            load.blocking = true;
            load.seed = round;
            load.maxProducers = producers;
            load.oneObject = true;  // the threads share the few slots through one object
            REQUIRE (stress<TestType, 24> (load) == "");
        }
    }
}
