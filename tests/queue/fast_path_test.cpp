// SPDX-License-Identifier: MIT
// The cost of a call while no thread waits: counts the executed instructions that are full barriers.
#include "kinds.hpp"

#include "../crash/tracer.hpp"

#include <functional>

using crash::Traced;

namespace
{
#if defined(__x86_64__)
bool isSystemCall (const unsigned char* code)
{
    return code[0] == 0x0f && code[1] == 0x05;
}

// lock prefixes, xchg with memory, and mfence, in the encodings that compilers emit, prefixes first.
bool isBarrier (const unsigned char* code)
{
    bool lock = false;
    for (; *code == 0xf0 || *code == 0xf2 || *code == 0xf3 || *code == 0x66 || (*code & 0xf0) == 0x40; ++code)
    {
        lock = lock || *code == 0xf0;
    }
    const bool exchange = (code[0] == 0x86 || code[0] == 0x87) && code[1] < 0xc0;
    return lock || exchange || (code[0] == 0x0f && code[1] == 0xae && code[2] == 0xf0);
}

// Counts the full barriers that `call` executes in a child, up to its first system call. The child's code lies at the
// same addresses as ours.
int barriersOf (
    const std::function<void ()>& call, const std::function<void ()>& before = [] {})
{
    Traced child ([&] {
        before ();
        crash::mark (1);
        call ();
        crash::mark (2);
        return 0;
    });
    REQUIRE (child.toMark (1));
    int barriers = 0;
    for (int steps = 0; steps < 100000; ++steps)
    {
        const auto* code = reinterpret_cast<const unsigned char*> (child.instructionPointer ());
        if (isSystemCall (code))
        {
            return barriers;
        }
        barriers += isBarrier (code) ? 1 : 0;
        child.step ();
    }
    FAIL ("the call does not end");
    return -1;
}
#endif
}  // namespace

#if defined(__x86_64__)
TEMPLATE_LIST_TEST_CASE ("Spsc has no full barrier, other pushes one", "[queue][fast][traced][exact]", AllKinds)
{
    Made<TestType> made (64);
    uint64_t some[8] = {};
    const auto warm = [&] {  // gives the child a slot, and lets it learn the other role's index
        made->tryPush (some[0]);
        made->tryPush (some[0]);
        made->tryPop (some[0]);
    };
    const auto barriers = [&] (const std::function<void ()>& call) { return barriersOf (call, warm); };
    const int push = TestType::spsc ? 0 : 1;
    const int pop = TestType::manyConsumers ? 1 : 0;
    made->tryPush (some[0]);
    CHECK (barriers ([&] { made->tryPush (some[0]); }) == push);
    CHECK (barriers ([&] { made->tryPush (some, 5); }) == push);
    CHECK (barriers ([&] { made->push (some[0]); }) == push);
    CHECK (barriers ([&] { made->tryPop (some[0]); }) == pop);
    CHECK (barriers ([&] { made->tryPop (some, 2); }) == pop);
    CHECK (barriers ([&] { made->pop (some[0]); }) == pop);
}

TEST_CASE ("full barrier in every form is counted", "[queue][fast][traced][exact][planted]")
{
    static std::atomic<uint64_t> word {0};
    CHECK (barriersOf ([] {}) == 0);
    CHECK (barriersOf ([] { word.store (1); }) == 1);
    CHECK (barriersOf ([] { word.fetch_add (1); }) == 1);
    CHECK (barriersOf ([] { std::atomic_thread_fence (std::memory_order_seq_cst); }) == 1);
    CHECK (barriersOf ([] { __asm__ volatile("mfence" : : : "memory"); }) == 1);
    CHECK (barriersOf ([] { word.exchange (2); }) == 1);
}
#endif
