// SPDX-License-Identifier: MIT
#include "machine.hpp"

#include "system_files.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace harness
{
namespace
{
using Json = nlohmann::ordered_json;

Json orNull (const std::string& text)
{
    return text.empty () ? Json () : Json (text);
}

// "always [madvise] never": the value in brackets.
Json chosenIn (const std::string& path)
{
    const std::string line = lineOf (path);
    const std::size_t from = line.find ('[');
    const std::size_t to = line.find (']');
    return orNull (from != std::string::npos && to != std::string::npos ? line.substr (from + 1, to - from - 1) : line);
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
    json["cpu"] = orNull (valueIn ("/proc/cpuinfo", "model name"));
    json["cpus"] = ::sysconf (_SC_NPROCESSORS_ONLN);
    json["virtual_machine"] = isGuest ();
    json["memory"] = orNull (valueIn ("/proc/meminfo", "MemTotal"));
    json["governor"] = orNull (lineOf ("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    json["thp_enabled"] = chosenIn (thp + "enabled");
    json["thp_defrag"] = chosenIn (thp + "defrag");
    json["thp_shmem_enabled"] = chosenIn (thp + "shmem_enabled");
    json["nr_hugepages"] = orNull (lineOf ("/proc/sys/vm/nr_hugepages"));
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

}  // namespace harness
