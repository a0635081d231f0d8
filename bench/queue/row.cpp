// SPDX-License-Identifier: MIT
#include "row.hpp"

namespace bench
{
namespace
{
struct Workers
{
    Kind kind;
    uint32_t producers;
    uint32_t consumers;
};

constexpr Workers workerCounts[] = {
    {Kind::Spsc, 1, 1}, {Kind::Mpsc, 2, 1}, {Kind::Mpsc, 4, 1}, {Kind::Mpmc, 2, 2}, {Kind::Mpmc, 4, 4}};
constexpr Kind kinds[] = {Kind::Spsc, Kind::Mpsc, Kind::Mpmc};

void addFlows (std::vector<Row>& rows, const Workers& workers, bool processes)
{
    for (uint32_t bytes : {8U, 64U, 1024U})
    {
        for (uint64_t capacity : {uint64_t (1) << 10, uint64_t (1) << 16})
        {
            for (uint32_t batch : {1U, batchMost})
            {
                // Only the simplest queue has 64 MiB of ring; processes are compared with threads in some rows.
                const bool huge = bytes * capacity > (1U << 25);
                if (processes ? bytes <= 64 && capacity == 1024 : !huge || workers.kind == Kind::Spsc)
                {
                    rows.push_back ({Shape::Flow, workers.kind, workers.producers, workers.consumers, bytes, batch,
                                     capacity, processes});
                }
            }
        }
    }
}

std::string capacityText (uint64_t capacity)
{
    return capacity >= 1024 ? std::to_string (capacity / 1024) + "Ki" : std::to_string (capacity);
}
}  // namespace

std::string Row::name () const
{
    const std::string element = std::to_string (bytes) + "B ";
    const std::string tail = " by " + std::to_string (batch);
    switch (shape)
    {
        case Shape::Flow:
            break;
        case Shape::Roundtrip:
            return std::string (kindName (kind)) + " trip " + element + capacityText (capacity) + tail
                   + (processes ? " processes" : "");
        case Shape::Alone:
            return std::string (kindName (kind)) + " alone " + element + capacityText (capacity) + tail;
        case Shape::Wake:
            return std::string (kindName (kind)) + " wake " + element + capacityText (capacity) + tail;
    }
    return std::string (kindName (kind)) + " " + std::to_string (producers) + "P" + std::to_string (consumers) + "C "
           + element + capacityText (capacity) + tail + (processes ? " processes" : "");
}

std::vector<Row> allRows ()
{
    std::vector<Row> rows;
    for (const Workers& workers : workerCounts)
    {
        addFlows (rows, workers, false);
    }
    for (Kind kind : kinds)
    {
        for (uint32_t bytes : {8U, 64U})
        {
            rows.push_back ({Shape::Roundtrip, kind, 1, 1, bytes, 1, 1024, false});
        }
    }
    for (Kind kind : kinds)
    {
        for (uint32_t bytes : {8U, 64U})
        {
            for (uint32_t batch : {1U, batchMost})
            {
                rows.push_back ({Shape::Alone, kind, 1, 0, bytes, batch, 1024, false});
            }
        }
    }
    for (Kind kind : kinds)
    {
        rows.push_back ({Shape::Wake, kind, 1, 1, 8, 1, 1024, false});
    }
    for (const Workers& workers : {workerCounts[0], workerCounts[1], workerCounts[3]})
    {
        addFlows (rows, workers, true);
    }
    rows.push_back ({Shape::Roundtrip, Kind::Spsc, 1, 1, 8, 1, 1024, true});
    return rows;
}

bool isQuick (const Row& row)
{
    if (row.processes || row.bytes > 64 || row.producers > 2 || row.shape == Shape::Wake)
    {
        return false;
    }
    return row.kind == Kind::Spsc || row.capacity == 1024;
}

}  // namespace bench
