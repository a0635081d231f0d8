// SPDX-License-Identifier: MIT
#include "cores.hpp"

#include "../command.hpp"
#include "harness/cpus.hpp"
#include "harness/system_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace tool::bench
{
namespace
{
const char* const nodeFolder = "/sys/devices/system/node/";

bool has (const std::vector<unsigned>& numbers, unsigned number)
{
    return std::find (numbers.begin (), numbers.end (), number) != numbers.end ();
}

// Parses "A,B". Throws Stop if it is invalid.
std::vector<unsigned> requestedCpus (const std::string& requested, const std::vector<unsigned>& allowed)
{
    std::istringstream in (requested);
    unsigned a = 0;
    unsigned b = 0;
    char comma = 0;
    const bool digits = requested.find_first_not_of ("0123456789,") == std::string::npos;
    if (!digits || !(in >> a >> comma >> b) || comma != ',' || in.peek () != std::istringstream::traits_type::eof ())
    {
        throw Stop (Usage, "bench: --cpus needs two numbers with a comma, such as --cpus 0,1, not '" + requested + "'");
    }
    for (unsigned cpu : {a, b})
    {
        if (!has (allowed, cpu))
        {
            throw Stop (Usage, "bench: --cpus " + requested + ": CPU " + std::to_string (cpu)
                                   + " is not one of those that this program may run on: " + listOf (allowed));
        }
    }
    return {a, b};
}

struct Node
{
    int number = 0;
    std::vector<unsigned> cpus;  // the allowed ones
};

// The nodes that have memory and allowed CPUs.
std::vector<Node> usableNodes (const std::vector<unsigned>& allowed)
{
    std::vector<Node> nodes;
    const std::string folder = nodeFolder;
    for (unsigned number : numbersIn (harness::lineOf (folder + "has_memory")))
    {
        Node node;
        node.number = static_cast<int> (number);
        for (unsigned cpu : numbersIn (harness::lineOf (folder + "node" + std::to_string (number) + "/cpulist")))
        {
            if (has (allowed, cpu))
            {
                node.cpus.push_back (cpu);
            }
        }
        if (!node.cpus.empty ())
        {
            nodes.push_back (node);
        }
    }
    return nodes;
}

void chooseNodes (Plan& plan, const std::string& requested, const std::vector<unsigned>& allowed)
{
    const std::vector<Node> nodes = usableNodes (allowed);
    if (nodes.size () < 2)
    {
        throw Stop (Failed,
                    "bench: --between nodes needs two NUMA nodes with memory and with CPUs that this program may "
                    "run on; this machine has "
                        + std::string (nodes.empty () ? "none" : "one"));
    }
    if (requested.empty ())
    {
        plan.cpus[0] = nodes.front ().cpus.front ();
        plan.cpus[1] = nodes.back ().cpus.back ();
    }
    for (int i = 0; i < 2; ++i)
    {
        const unsigned cpu = plan.cpus[i];
        const auto found =
            std::find_if (nodes.begin (), nodes.end (), [&] (const Node& node) { return has (node.cpus, cpu); });
        if (found == nodes.end ())
        {
            throw Stop (Usage, "bench: CPU " + std::to_string (cpu) + " is on a node without memory");
        }
        plan.nodes[i] = found->number;
    }
    if (plan.nodes[0] == plan.nodes[1])
    {
        throw Stop (Usage, "bench: --cpus " + requested + ": both are on node " + std::to_string (plan.nodes[0]));
    }
}

}  // namespace

std::string listOf (const std::vector<unsigned>& numbers)
{
    std::string list;
    for (std::size_t i = 0; i < numbers.size (); ++i)
    {
        const std::size_t from = i;
        while (i + 1 < numbers.size () && numbers[i + 1] == numbers[i] + 1)
        {
            ++i;
        }
        list += (list.empty () ? "" : ",") + std::to_string (numbers[from]);
        list += i > from ? "-" + std::to_string (numbers[i]) : "";
    }
    return list;
}

std::vector<unsigned> numbersIn (const std::string& list)
{
    std::vector<unsigned> numbers;
    std::istringstream in (list);
    for (std::string part; std::getline (in, part, ',');)
    {
        std::istringstream range (part);
        unsigned from = 0;
        unsigned to = 0;
        char dash = 0;
        if (!(range >> from))
        {
            break;
        }
        to = range >> dash >> to ? to : from;
        for (unsigned number = from; number <= to; ++number)
        {
            numbers.push_back (number);
        }
    }
    return numbers;
}

int nodeOfCpu (unsigned cpu)
{
    const std::string folder = nodeFolder;
    for (unsigned node : numbersIn (harness::lineOf (folder + "online")))
    {
        if (has (numbersIn (harness::lineOf (folder + "node" + std::to_string (node) + "/cpulist")), cpu))
        {
            return static_cast<int> (node);
        }
    }
    return 0;
}

void chooseCpus (Plan& plan, const std::string& requested)
{
    const std::vector<unsigned> allowed = harness::allowedCpus ();
    if (allowed.empty ())
    {
        throw Stop (Failed, std::string ("bench: cannot find out which CPUs are allowed: ") + std::strerror (errno));
    }
    const std::vector<unsigned> pair = requested.empty () ? std::vector<unsigned> {allowed.front (), allowed.back ()}
                                                          : requestedCpus (requested, allowed);
    std::copy (pair.begin (), pair.end (), plan.cpus);
    if (plan.between == Between::Nodes)
    {
        chooseNodes (plan, requested, allowed);
    }
}

Machine machineHere ()
{
    Machine machine;
    machine.kernel = harness::lineOf ("/proc/sys/kernel/ostype") + " " + harness::lineOf ("/proc/sys/kernel/osrelease");
    machine.cpu = harness::valueIn ("/proc/cpuinfo", "model name");
    machine.memory = std::strtoull (harness::valueIn ("/proc/meminfo", "MemTotal").c_str (), nullptr, 10) << 10;
    machine.cpus = static_cast<unsigned> (numbersIn (harness::lineOf ("/sys/devices/system/cpu/online")).size ());
    machine.nodes = static_cast<unsigned> (numbersIn (harness::lineOf (std::string (nodeFolder) + "online")).size ());
    machine.guest = harness::isGuest ();
    return machine;
}

}  // namespace tool::bench
