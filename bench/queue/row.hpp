// SPDX-License-Identifier: MIT
/// What is measured: a row of the table. Plain data, copied into a forked child.
#ifndef BENCH_QUEUE_ROW_HPP
#define BENCH_QUEUE_ROW_HPP

#include "harness/kind.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench
{
using harness::Kind;
using harness::kindName;

enum class Shape : uint32_t
{
    Flow,       // elements per second through one queue
    Roundtrip,  // "trip" in names; over two queues, one element at a time
    Alone,      // push and pop by one thread
    Wake,       // until a sleeping consumer has the element
};

struct Row
{
    Shape shape = Shape::Flow;
    Kind kind = Kind::Spsc;
    uint32_t producers = 1;
    uint32_t consumers = 1;
    uint32_t bytes = 8;  // per element
    uint32_t batch = 1;
    uint64_t capacity = 1024;
    bool processes = false;  // forked processes instead of threads

    /// The key in the JSON, for example "spsc 1P1C 8B 1Ki by 1". --only matches it.
    std::string name () const;

    /// True: million elements per second, more is better. False: nanoseconds.
    bool isRate () const
    {
        return shape == Shape::Flow;
    }
};

constexpr uint32_t batchMost = 32;
constexpr uint32_t workersMost = 8;

/// All rows, in the order of the tables.
std::vector<Row> allRows ();

/// The rows of --quick.
bool isQuick (const Row& row);

}  // namespace bench

#endif
