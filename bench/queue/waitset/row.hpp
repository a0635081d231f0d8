// SPDX-License-Identifier: MIT
/// The rows of the benchmark of wait sets. Plain data, copied into a forked child.
#ifndef BENCH_QUEUE_WAITSET_ROW_HPP
#define BENCH_QUEUE_WAITSET_ROW_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace bench
{
namespace waitset
{
enum class Shape : uint32_t
{
    Wake,  // one element at a time, in a random queue, after a pause; the latency from push to the end of the wait
    Busy,  // a producer pushes as fast as it can
    Idle,  // no element arrives
};

struct Row
{
    Shape shape = Shape::Wake;
    uint32_t queues = 1;
    uint32_t active = 1;    // queues that elements are pushed to: the first ones
    bool shared = true;     // the producer and the waiter are processes; false: threads
    bool pinned = false;    // the producer to one CPU, the waiter to another one
    uint64_t periodNs = 0;  // Wake: from one push to the next

    /// The key in tables and in the JSON, for example "wake 128 processes, 200us". --only matches it.
    std::string name () const;

    /// The unit of Sample::value.
    const char* unit () const;
};

/// Elements that a queue holds, in every row.
constexpr uint64_t capacity = 64;

/// Elements that a consumer takes from a queue before it turns to the next one.
constexpr uint64_t visit = 16;

/// Events of one wait, at most.
constexpr unsigned maxEvents = 128;

const char* shapeName (Shape shape);

/// All rows, in the order of the tables.
std::vector<Row> allRows ();

}  // namespace waitset
}  // namespace bench

#endif
