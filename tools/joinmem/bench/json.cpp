// SPDX-License-Identifier: MIT
// The JSON document: every figure with its rounds, and the histograms bucket by bucket.
#include "report.hpp"

namespace tool::bench
{
namespace
{
using Json = nlohmann::ordered_json;

Json jsonOfFigure (const Figure& figure)
{
    Json json;
    json["median"] = harness::rounded (figure.median ());
    json["least"] = harness::rounded (figure.least ());
    json["most"] = harness::rounded (figure.most ());
    json["half_range"] = harness::rounded (figure.halfRange ());
    json["rounds"] = Json::array ();
    for (double value : figure.rounds)
    {
        json["rounds"].push_back (harness::rounded (value));
    }
    return json;
}

Json jsonOfDistances (const Distances& distances)
{
    Json json;
    const bool known = !distances.all.rounds.empty ();
    json["median_ns"] = known ? Json (harness::rounded (distances.all.median ())) : Json ();
    json["least_ns"] = known ? Json (harness::rounded (distances.all.least ())) : Json ();
    json["most_ns"] = known ? Json (harness::rounded (distances.all.most ())) : Json ();
    json["moved"] = distances.moved;
    return json;
}

Json jsonOfThroughput (const Row& row)
{
    Json json;
    json["kind"] = nameOf (row.kind);
    json["bytes"] = row.bytes;
    json["batch"] = row.batch;
    json["million_elements_per_s"] = jsonOfFigure (row.figure);
    json["gb_per_s"] = harness::rounded (row.figure.median () * row.bytes * 1e-3);
    if (waits (row.what))
    {
        json["producer_cpu_ns"] = jsonOfFigure (row.cpu[0]);
        json["consumer_cpu_ns"] = jsonOfFigure (row.cpu[1]);
    }
    json["distance"] = jsonOfDistances (row.distances);
    json["mixed"] = row.distances.mixed ();
    return json;
}

Json jsonOfRoundtrip (const Row& row)
{
    Json json;
    json["kind"] = nameOf (row.kind);
    json["bytes"] = row.bytes;
    json["round_trip_ns"] = jsonOfFigure (row.figure);
    json["one_way_ns"] = harness::rounded (row.figure.median () / 2);
    if (waits (row.what))
    {
        json["asking_cpu_ns"] = jsonOfFigure (row.cpu[0]);
        json["answering_cpu_ns"] = jsonOfFigure (row.cpu[1]);
    }
    json["distance"] = jsonOfDistances (row.distances);
    json["mixed"] = row.distances.mixed ();
    return json;
}

Json jsonOfLatency (const Row& row)
{
    Json json;
    json["kind"] = nameOf (row.kind);
    json["bytes"] = row.bytes;
    json["how"] = row.what == What::Paced ? "paced" : "half round trip";
    json["count"] = row.latencies.count ();
    for (const Share& share : shares)
    {
        json["percentiles_ns"][share.name] = row.latencies.quantile (share.share);
    }
    json["buckets"] = Json::array ();
    for (unsigned i = 0; i < Histogram::buckets; ++i)
    {
        if (row.latencies.countIn (i) != 0)
        {
            json["buckets"].push_back ({{"from_ns", Histogram::firstOf (i)},
                                        {"to_ns", Histogram::lastOf (i)},
                                        {"count", row.latencies.countIn (i)}});
        }
    }
    json["distance"] = jsonOfDistances (row.distances);
    json["mixed"] = row.distances.mixed ();
    return json;
}

Json jsonOfMemory (const MemoryRow& row)
{
    Json json;
    json["memory"] = row.shared ? "ShmMem" : "LocalMem";
    json["bytes"] = row.bytes;
    json["ready_us"] = row.error.empty () ? jsonOfFigure (row.ready) : Json ();
    json["plain_us"] = row.plainError.empty () ? jsonOfFigure (row.plain) : Json ();
    json["page_size"] = row.pageSize != 0 ? Json (row.pageSize) : Json ();
    json["error"] = row.error.empty () ? Json () : Json (row.error);
    json["plain_error"] = row.plainError.empty () ? Json () : Json (row.plainError);
    return json;
}

Json jsonOfPlan (const Plan& plan)
{
    static const char* const names[] = {"cores", "nodes", "processes"};
    Json json;
    json["between"] = names[static_cast<unsigned> (plan.between)];
    json["cpus"] = {plan.cpus[0], plan.cpus[1]};
    json["nodes"] = plan.nodes[0] == -1 ? Json () : Json {plan.nodes[0], plan.nodes[1]};
    json["one_cpu"] = plan.oneCpu ();
    json["seconds"] = plan.seconds;
    json["round_count"] = plan.rounds;
    json["capacity"] = Plan::capacity;
    json["pace_ns"] = Plan::periodNanos;
    return json;
}
}  // namespace

Json jsonOf (const Results& results)
{
    const Machine& machine = results.machine;
    Json json;
    json["joinmem"] = JOINMEM_TOOL_VERSION;
    json.update (jsonOfPlan (results.plan));
    json["machine"] = {{"kernel", machine.kernel}, {"cpu", machine.cpu},       {"cpus", machine.cpus},
                       {"nodes", machine.nodes},   {"memory", machine.memory}, {"virtual_machine", machine.guest}};
    json["clock_ns"] = harness::rounded (results.clock);
    json["others_share"] = harness::rounded (results.others);
    json["distance"] = jsonOfDistances (results.distances);
    for (const char* list :
         {"throughput", "waiting_throughput", "round_trip", "waiting_round_trip", "latency", "memory"})
    {
        json[list] = Json::array ();
    }
    for (const Row& row : results.rows)
    {
        switch (row.what)
        {
            case What::Throughput:
            case What::WaitingThroughput:
                json[waits (row.what) ? "waiting_throughput" : "throughput"].push_back (jsonOfThroughput (row));
                break;
            case What::Roundtrip:
            case What::WaitingRoundtrip:
                json[waits (row.what) ? "waiting_round_trip" : "round_trip"].push_back (jsonOfRoundtrip (row));
                break;
            case What::HalfRoundtrip:
            case What::Paced:
                json["latency"].push_back (jsonOfLatency (row));
                break;
        }
    }
    for (const MemoryRow& row : results.memory)
    {
        json["memory"].push_back (jsonOfMemory (row));
    }
    return json;
}

}  // namespace tool::bench
