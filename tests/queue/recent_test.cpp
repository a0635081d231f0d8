// SPDX-License-Identifier: MIT
// Spsc: an element that is pushed alone is also copied to the cache line of head, and a consumer that waits only for it
// takes it from there.
#include "raw.hpp"

#include <array>

namespace
{
// Overwrites the cell of element `number` in a queue of 8, so that the test detects where an element was taken from.
template <typename T>
void spoil (Raw& raw, uint64_t number)
{
    const uint64_t elements = raw.control ().identity.elementsOffset;
    std::memset (raw.bytes () + elements + number % 8 * sizeof (T), 0xee, sizeof (T));
}

template <std::size_t Bytes>
using Element = std::array<unsigned char, Bytes>;

template <std::size_t Bytes>
Element<Bytes> filled (unsigned char with)
{
    Element<Bytes> element;
    element.fill (with);
    return element;
}

// Whether a consumer that has found the queue empty takes the next element from the head line.
template <std::size_t Bytes>
bool isTold ()
{
    using T = Element<Bytes>;
    Made<ShmSpsc, T> made (8);
    Raw raw (made.name.text);
    bool told = true;
    for (uint64_t i = 0; i < 20; ++i)
    {
        T got = {};
        REQUIRE (made->tryPop (got) == -1);
        REQUIRE (made->tryPush (filled<Bytes> (static_cast<unsigned char> (i))) == 0);
        spoil<T> (raw, i);
        REQUIRE (made->tryPop (got) == 0);
        told = told && got == filled<Bytes> (static_cast<unsigned char> (i));
    }
    return told;
}
}  // namespace

TEST_CASE ("only elements up to 24 bytes travel beside head", "[queue][recent]")
{
    CHECK (isTold<1> ());
    CHECK (isTold<7> ());
    CHECK (isTold<8> ());
    CHECK (isTold<9> ());
    CHECK (isTold<16> ());
    CHECK (isTold<23> ());
    CHECK (isTold<24> ());
    CHECK (!isTold<25> ());
    CHECK (!isTold<64> ());
}

TEST_CASE ("single-element batches and commits travel beside head", "[queue][recent]")
{
    Made<ShmSpsc> made (8);
    Raw raw (made.name.text);
    uint64_t got[4] = {};
    CHECK (made->tryPop (got, 4) == -1);
    const uint64_t eleven = 11;
    REQUIRE (made->tryPush (&eleven, 1) == 1);
    spoil<uint64_t> (raw, 0);
    CHECK (made->tryPop (got, 4) == 1);
    CHECK (got[0] == 11);
    CHECK (made->tryPop (got[0]) == -1);
    made->reserve (1)[0] = 12;
    REQUIRE (made->commit (1) == 0);
    spoil<uint64_t> (raw, 1);
    CHECK (made->tryPop (got[0]) == 0);
    CHECK (got[0] == 12);
}

TEST_CASE ("leftovers of a batch are not used", "[queue][recent]")
{
    Made<ShmSpsc> made (8);
    uint64_t got = 0;
    const uint64_t two[2] = {2, 3};
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (made->tryPop (got) == -1);
    REQUIRE (made->tryPush (two, 2) == 2);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (got == 2);
    SECTION ("by the first consumer")
    {
        REQUIRE (made->tryPop (got) == 0);
        CHECK (got == 3);
    }
    SECTION ("by a consumer that attaches when one element is left")
    {
        ShmSpsc::Queue<uint64_t> other = openQueue<ShmSpsc> (8, made.name.text);
        REQUIRE (other.tryPop (got) == 0);
        CHECK (got == 3);
        CHECK (other.tryPop (got) == -1);
        REQUIRE (made->tryPush (4) == 0);
        REQUIRE (other.tryPop (got) == 0);
        CHECK (got == 4);
    }
}

TEST_CASE ("element stays right when more were pushed", "[queue][recent]")
{
    Made<ShmSpsc> made (8);
    uint64_t got = 0;
    uint64_t expected = 0;
    uint64_t next = 0;
    for (uint64_t burst = 1; burst <= 8; ++burst)
    {
        for (int round = 0; round < 3; ++round)
        {
            CHECK (made->tryPop (got) == -1);
            for (uint64_t i = 0; i < burst; ++i)
            {
                REQUIRE (made->tryPush (next++) == 0);
            }
            while (made->tryPop (got) == 0)
            {
                CHECK (got == expected++);
            }
        }
    }
    CHECK (expected == next);
}
