// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <cstdarg>
#include <cstdio>

namespace tool::bench
{
std::string print (const char* format, ...)
{
    char text[512];
    va_list list;
    va_start (list, format);
    std::vsnprintf (text, sizeof (text), format, list);
    va_end (list);
    return text;
}

std::string between (const Plan& plan)
{
    const char* const who = plan.between == Between::Processes ? "processes" : "threads";
    if (plan.oneCpu ())
    {
        return print ("two %s on CPU %u", who, plan.cpus[0]);
    }
    if (plan.between == Between::Nodes)
    {
        return print ("threads on CPU %u of node %d and CPU %u of node %d", plan.cpus[0], plan.nodes[0], plan.cpus[1],
                      plan.nodes[1]);
    }
    return print ("%s on CPU %u and CPU %u", who, plan.cpus[0], plan.cpus[1]);
}

std::string number (double value)
{
    return print (value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
}

std::string duration (double nanos, const char* micro)
{
    if (nanos < 999.5)
    {
        return print ("%.0f ns", nanos);
    }
    if (nanos < 999.5e3)
    {
        return number (nanos * 1e-3) + " " + micro;
    }
    return nanos < 999.5e6 ? number (nanos * 1e-6) + " ms" : number (nanos * 1e-9) + " s";
}

}  // namespace tool::bench
