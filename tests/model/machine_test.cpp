// SPDX-License-Identifier: MIT
// The model's memory behaves like that of C++, shown by well-known litmus tests.
#include "machine.hpp"

#include <catch2/catch.hpp>

using namespace model;

namespace
{
constexpr unsigned x = 0;
constexpr unsigned y = 1;
constexpr unsigned element = 2;
constexpr unsigned lock = 3;

struct Machine
{
    Memory memory {{{"x", 0, false, false, false},
                    {"y", 0, false, false, false},
                    {"element", 0, true, false, false},
                    {"lock", 0, false, false, false, true}},
                   3};
    const char* fault = nullptr;

    static Access access (Kind kind, unsigned location, Order order, uint64_t value = 0)
    {
        return Access {kind, order, order, static_cast<uint8_t> (location), value, 0, nullptr};
    }

    void store (unsigned thread, unsigned location, uint64_t value, Order order)
    {
        const Access storing = access (Kind::Store, location, order, value);
        memory.perform (thread, storing, memory.choices (thread, storing) - 1, &fault);
    }

    // The number of values that a load may return.
    unsigned values (unsigned thread, unsigned location, Order order = Order::Relaxed)
    {
        return memory.choices (thread, access (Kind::Load, location, order));
    }

    void loadNewest (unsigned thread, unsigned location, Order order)
    {
        memory.perform (thread, access (Kind::Load, location, order), values (thread, location, order) - 1, &fault);
    }

    void add (unsigned thread, unsigned location, Order order)
    {
        const Access adding = access (Kind::Add, location, order, 1);
        memory.perform (thread, adding, memory.choices (thread, adding) - 1, &fault);
    }
};
}  // namespace

TEST_CASE ("release and acquire make earlier writes visible")
{
    const auto after = [] (Order storing, Order loading) {
        Machine machine;
        machine.store (0, x, 1, Order::Relaxed);
        machine.store (0, y, 1, storing);
        machine.loadNewest (1, y, loading);
        return machine.values (1, x);
    };
    CHECK (after (Order::Release, Order::Acquire) == 1);
    CHECK (after (Order::Relaxed, Order::Acquire) == 2);
    CHECK (after (Order::Release, Order::Relaxed) == 2);
}

TEST_CASE ("release sequence continues through read-modify-writes, not stores")
{
    const auto after = [] (bool modify) {
        Machine machine;
        machine.store (0, x, 1, Order::Relaxed);
        machine.store (0, y, 1, Order::Release);
        modify ? machine.add (1, y, Order::Relaxed) : machine.store (1, y, 2, Order::Relaxed);
        machine.loadNewest (2, y, Order::Acquire);
        return machine.values (2, x);
    };
    CHECK (after (true) == 1);
    CHECK (after (false) == 2);
}

TEST_CASE ("store then load needs seq_cst or a barrier")
{
    const auto after = [] (Order storing, Order loading, bool barrier) {
        Machine machine;
        machine.store (0, x, 1, storing);
        machine.store (1, y, 1, storing);
        if (barrier)
        {
            machine.memory.perform (0, Machine::access (Kind::Barrier, x, Order::SeqCst), 0, &machine.fault);
        }
        return machine.values (0, y, loading) * 10 + machine.values (1, x, loading);
    };
    CHECK (after (Order::Release, Order::Acquire, false) == 22);
    CHECK (after (Order::SeqCst, Order::SeqCst, false) == 11);
    CHECK (after (Order::Relaxed, Order::Relaxed, true) == 11);
}

TEST_CASE ("store may overtake a store, not a read-modify-write")
{
    Machine machine;
    machine.store (0, x, 1, Order::Relaxed);
    const Access storing = Machine::access (Kind::Store, x, Order::Relaxed, 2);
    CHECK (machine.memory.choices (1, storing) == 2);
    CHECK (machine.memory.possible (1, storing, 0));
    Machine joined;
    joined.add (0, x, Order::Relaxed);
    CHECK_FALSE (joined.memory.possible (1, storing, 0));
    CHECK (joined.memory.possible (1, storing, 1));
}

TEST_CASE ("unordered read of a written element is found")
{
    Machine reader;
    reader.store (0, element, 1, Order::Plain);
    reader.loadNewest (1, element, Order::Plain);
    CHECK (reader.fault != nullptr);
    Machine writer;
    writer.loadNewest (0, element, Order::Plain);
    writer.store (1, element, 1, Order::Plain);
    CHECK (writer.fault != nullptr);
    Machine ordered;
    ordered.loadNewest (0, element, Order::Plain);
    ordered.store (0, y, 1, Order::Release);
    ordered.loadNewest (1, y, Order::Acquire);
    ordered.store (1, element, 1, Order::Plain);
    CHECK (ordered.fault == nullptr);
}

TEST_CASE ("racing copy is a fault only once taken")
{
    Machine machine;
    machine.loadNewest (0, element, Order::Relaxed);
    machine.store (1, element, 1, Order::Relaxed);
    CHECK (machine.fault == nullptr);
    machine.memory.taken (0, &machine.fault);
    CHECK (machine.fault != nullptr);
}

TEST_CASE ("lock excludes, dies with its thread, and synchronises")
{
    Machine machine;
    const auto ask = [&] (unsigned thread, Kind kind) {
        const Order order = kind == Kind::Drop ? Order::Release : Order::Relaxed;
        const uint64_t value = kind == Kind::Hold ? thread + 1 : 0;
        return machine.memory.perform (thread, Machine::access (kind, lock, order, value), 0, &machine.fault);
    };
    CHECK (ask (0, Kind::Hold) == 0);
    CHECK (ask (1, Kind::Hold) == 1);
    machine.store (0, x, 1, Order::Relaxed);
    CHECK (ask (1, Kind::Probe) == 1);
    CHECK (machine.values (1, x) == 2);
    ask (0, Kind::Drop);
    CHECK (ask (1, Kind::Probe) == 0);
    CHECK (machine.values (1, x) == 1);
    CHECK (ask (1, Kind::Hold) == 0);
    machine.store (1, y, 1, Order::Relaxed);
    machine.memory.died (1);
    CHECK (ask (2, Kind::Probe) == 0);
    CHECK (machine.values (2, y) == 1);
}
