// SPDX-License-Identifier: MIT
#include "row.hpp"

namespace bench
{
namespace waitset
{
namespace
{
constexpr uint64_t shortPeriod = 200 * 1000;
constexpr uint64_t longPeriod = 5 * 1000 * 1000;

// Up to 127 queues fit into one futex_waitv(2); 128 do not.
constexpr uint32_t sizes[] = {1, 16, 127, 128, 1024, 4096};

Row wakeRow (uint32_t queues, uint64_t periodNs)
{
    Row row;
    row.queues = queues;
    row.active = queues;
    row.periodNs = periodNs;
    return row;
}

Row busyRow (uint32_t active)
{
    Row row;
    row.shape = Shape::Busy;
    row.queues = 128;
    row.active = active;
    return row;
}

void addWakes (std::vector<Row>& rows)
{
    for (uint64_t period : {shortPeriod, longPeriod})
    {
        for (uint32_t queues : sizes)
        {
            rows.push_back (wakeRow (queues, period));
        }
    }
    for (uint32_t queues : {16U, 4096U})
    {
        Row row = wakeRow (queues, shortPeriod);
        row.pinned = true;
        rows.push_back (row);
    }
    for (uint32_t queues : sizes)
    {
        Row row = wakeRow (queues, shortPeriod);
        row.shared = false;
        rows.push_back (row);
    }
}

void addOthers (std::vector<Row>& rows)
{
    for (uint32_t active : {128U, 1U})
    {
        rows.push_back (busyRow (active));
        rows.push_back (busyRow (active));
        rows.back ().pinned = true;
    }
    rows.push_back (busyRow (128));
    rows.back ().shared = false;
    for (bool shared : {true, false})
    {
        for (uint32_t queues : {128U, 4096U})
        {
            Row row;
            row.shape = Shape::Idle;
            row.queues = queues;
            row.active = queues;
            row.shared = shared;
            rows.push_back (row);
        }
    }
}
}  // namespace

const char* shapeName (Shape shape)
{
    return shape == Shape::Wake ? "wake" : shape == Shape::Busy ? "busy" : "idle";
}

std::string Row::name () const
{
    std::string text = std::string (shapeName (shape)) + " " + std::to_string (queues);
    text += shared ? " processes" : " threads";
    if (shape == Shape::Wake)
    {
        text += periodNs == shortPeriod ? ", 200us" : ", 5ms";
    }
    if (shape == Shape::Busy)
    {
        text += active == queues ? ", all in use" : ", one in use";
    }
    return text + (pinned ? ", two CPUs" : "");
}

const char* Row::unit () const
{
    return shape == Shape::Wake ? "ns" : shape == Shape::Busy ? "M/s" : "wake-ups/s";
}

std::vector<Row> allRows ()
{
    std::vector<Row> rows;
    addWakes (rows);
    addOthers (rows);
    return rows;
}

}  // namespace waitset
}  // namespace bench
