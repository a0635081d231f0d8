// SPDX-License-Identifier: MIT
/// What is measured: a row of the table. Plain data, as it goes to a forked child.
#ifndef BENCH_QUEUE_ROW_HPP
#define BENCH_QUEUE_ROW_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace bench
{
enum class Kind : uint32_t
{
    Spsc,
    Mpsc,
    Mpmc,
};

enum class Shape : uint32_t
{
    Flow,   // elements a second through one queue
    Trip,   // there and back over two queues, of one element at a time
    Alone,  // push and pop by one thread
    Wake,   // until a popper that sleeps has the element
};

struct Row
{
    Shape shape = Shape::Flow;
    Kind kind = Kind::Spsc;
    uint32_t pushers = 1;
    uint32_t poppers = 1;
    uint32_t bytes = 8;  // an element
    uint32_t batch = 1;
    uint64_t capacity = 1024;
    bool processes = false;  // forked ones in place of threads

    /// As "spsc 1P1C 8B 1Ki by 1": what --only matches, and the key in the JSON.
    std::string name () const;

    /// Million elements a second: more is better. Otherwise nanoseconds.
    bool isRate () const
    {
        return shape == Shape::Flow;
    }
};

constexpr uint32_t batchMost = 32;
constexpr uint32_t workersMost = 8;

const char* kindName (Kind kind);

/// All of them, in the order of the tables.
std::vector<Row> allRows ();

/// Those that --quick takes.
bool isQuick (const Row& row);

}  // namespace bench

#endif
