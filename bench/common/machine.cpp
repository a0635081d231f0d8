// SPDX-License-Identifier: MIT
#include "machine.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace bench
{
namespace
{
using Json = nlohmann::ordered_json;

Json lineOf (const std::string& path)
{
    std::ifstream file (path);
    std::string line;
    return std::getline (file, line) ? Json (line) : Json ();
}

// "always [madvise] never": the value in brackets.
Json chosenIn (const std::string& path)
{
    const Json line = lineOf (path);
    if (!line.is_string ())
    {
        return line;
    }
    const std::string text = line.get<std::string> ();
    const std::size_t from = text.find ('[');
    const std::size_t to = text.find (']');
    return from != std::string::npos && to != std::string::npos ? Json (text.substr (from + 1, to - from - 1)) : line;
}

// The value after "key :" in a file of /proc.
Json valueIn (const std::string& path, const std::string& key)
{
    std::ifstream file (path);
    std::string line;
    while (std::getline (file, line))
    {
        const std::size_t colon = line.find (':');
        if (colon != std::string::npos && line.compare (0, key.size (), key) == 0)
        {
            return line.substr (std::min (line.find_first_not_of (" \t", colon + 1), line.size ()));
        }
    }
    return Json ();
}

bool isGuest ()
{
    const Json flags = valueIn ("/proc/cpuinfo", "flags");
    return flags.is_string () && (flags.get<std::string> () + " ").find (" hypervisor ") != std::string::npos;
}

double seconds (const timeval& time)
{
    return static_cast<double> (time.tv_sec) + static_cast<double> (time.tv_usec) * 1e-6;
}

double processorTime (int who)
{
    rusage usage {};
    ::getrusage (who, &usage);
    return seconds (usage.ru_utime) + seconds (usage.ru_stime);
}
}  // namespace

Json machineJson ()
{
    const std::string thp = "/sys/kernel/mm/transparent_hugepage/";
    utsname names {};
    ::uname (&names);
    Json json;
    json["kernel"] = std::string (names.sysname) + " " + names.release + " " + names.machine;
    json["cpu"] = valueIn ("/proc/cpuinfo", "model name");
    json["cpus"] = ::sysconf (_SC_NPROCESSORS_ONLN);
    json["virtual_machine"] = isGuest ();
    json["memory"] = valueIn ("/proc/meminfo", "MemTotal");
    json["governor"] = lineOf ("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    json["thp_enabled"] = chosenIn (thp + "enabled");
    json["thp_defrag"] = chosenIn (thp + "defrag");
    json["thp_shmem_enabled"] = chosenIn (thp + "shmem_enabled");
    json["nr_hugepages"] = lineOf ("/proc/sys/vm/nr_hugepages");
    json["compiler"] = __VERSION__;
    return json;
}

Others::Others ()
: _start (now ())
{
}

Others::Times Others::now ()
{
    std::ifstream file ("/proc/stat");
    std::string cpu;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    file >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    const double tick = static_cast<double> (::sysconf (_SC_CLK_TCK));
    Times times;
    times.busy = (user + nice + system + irq + softirq) / tick;
    times.steal = steal / tick;
    times.all = times.busy + times.steal + (idle + iowait) / tick;
    times.own = processorTime (RUSAGE_SELF) + processorTime (RUSAGE_CHILDREN);
    return times;
}

double Others::programs () const
{
    const Times end = now ();
    const double taken = (end.busy - _start.busy) - (end.own - _start.own);
    return std::max (0.0, taken) / std::max (1e-3, end.all - _start.all);
}

double Others::host () const
{
    const Times end = now ();
    return (end.steal - _start.steal) / std::max (1e-3, end.all - _start.all);
}

}  // namespace bench
