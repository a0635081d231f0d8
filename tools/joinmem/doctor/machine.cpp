// SPDX-License-Identifier: MIT
// The kernel, its /proc and /sys, and the CPUs.
#include "facts.hpp"

#include <cstdio>

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr Subject kernelSubject {"kernel", "the version of Linux", machineSection};
constexpr Subject procSubject {"proc", "/proc", machineSection};
constexpr Subject sysSubject {"sys", "/sys", machineSection};
constexpr Subject cpuSubject {"cpus", "usable CPUs", machineSection};

unsigned usableCpus ()
{
    cpu_set_t cpus;
    if (::sched_getaffinity (0, sizeof (cpus), &cpus) == 0)
    {
        return static_cast<unsigned> (CPU_COUNT (&cpus));
    }
    const long online = ::sysconf (_SC_NPROCESSORS_ONLN);  // the machine has more CPUs than cpu_set_t has bits
    return online > 0 ? static_cast<unsigned> (online) : 0;
}

void readFromKernel (MachineFacts* machine)
{
    struct utsname name;
    if (::uname (&name) == 0)
    {
        machine->release = name.release;
    }
    struct sysinfo info;
    if (::sysinfo (&info) == 0)
    {
        machine->ram = static_cast<uint64_t> (info.totalram) * info.mem_unit;
    }
    machine->cpus = usableCpus ();
}

void readFromFiles (const Source& source, MachineFacts* machine)
{
    machine->release = source.firstLine ("/proc/sys/kernel/osrelease");
    machine->ram = toNumber (source.field ("/proc/meminfo", "MemTotal")).value_or (0) * 1024;
    machine->cpus = static_cast<unsigned> (numbersOf (source.field ("/proc/self/status", "Cpus_allowed_list")).size ());
}

Check judgeKernel (const MachineFacts& machine, bool collapses)
{
    const std::string found = "Linux " + machine.release;
    const char* const fix = "use Linux 6.1 or later; docs/guide/huge-pages.md, \"Linux before 6.1\"";
    if (machine.release.empty ())
    {
        return kernelSubject.unknown ("not known", "");
    }
    if (machine.isBefore (3, 15))
    {
        return kernelSubject.missing (
            found,
            "Linux before 3.15 has no open file description locks: segments cannot be opened, because "
            "the library could not find out which processes have them open.",
            fix);
    }
    if (machine.isBefore (6, 1) && !collapses)
    {
        const bool populates = !machine.isBefore (5, 14);
        return kernelSubject.worse (
            found,
            std::string ("Linux before 6.1 has no MADV_COLLAPSE: segments are on base pages unless "
                         "/dev/shm is mounted with huge=.")
                + (populates ? ""
                             : " Linux before 5.14 has no MADV_POPULATE_WRITE: if a page cannot be "
                               "allocated when memory is created, the process gets a SIGBUS "
                               "instead of an error."),
            fix);
    }
    return kernelSubject.fine (found, machine.isBefore (6, 7)
                                          ? "It has all that the library uses. With Linux 6.7 or later (PAGEMAP_SCAN), "
                                            "opening a segment that is on huge pages is faster."
                                          : "It has all that the library uses.");
}

Check judgeProc (const MachineFacts& machine)
{
    if (machine.proc)
    {
        return procSubject.fine ("mounted", "The library can read cgroup limits, mounts and placement.");
    }
    return procSubject.worse (
        "/proc/self does not exist",
        "The library cannot read memory limits before it touches pages, pageSize () and placement () report nothing, "
        "segments on a hugetlbfs are not found, and no further thread can push to a queue whose name was removed.",
        "mount -t proc proc /proc");
}

Check judgeSys (const MachineFacts& machine)
{
    if (machine.sys)
    {
        return sysSubject.fine ("mounted", "The library can read the size of huge pages and the nodes.");
    }
    return sysSubject.worse (
        "/sys/kernel/mm does not exist",
        "The library cannot read the size of a transparent huge page, so it uses none: all memory is "
        "on base pages.",
        "mount -t sysfs sysfs /sys");
}

Check judgeCpus (unsigned cpus)
{
    if (cpus == 0)
    {
        return cpuSubject.unknown ("not known", "");
    }
    if (cpus == 1)
    {
        return cpuSubject.fine (
            "1", "A thread that waits yields the CPU at once and does not spin. Use the waiting calls; do not poll.");
    }
    return cpuSubject.fine (std::to_string (cpus), "A thread that waits spins for some microseconds, then sleeps.");
}
}  // namespace

MachineFacts readMachine (const Source& source)
{
    MachineFacts machine;
    if (source.live ())
    {
        readFromKernel (&machine);
    }
    else
    {
        readFromFiles (source, &machine);
    }
    if (std::sscanf (machine.release.c_str (), "%d.%d", &machine.major, &machine.minor) != 2)
    {
        machine.release.clear ();
    }
    machine.proc = source.exists ("/proc/self");
    machine.sys = source.isFolder ("/sys/kernel/mm");
    return machine;
}

void judgeMachine (const Facts& facts, Checks* checks)
{
    const bool collapses = facts.huge.local[LocalCollapse] == 0 && facts.huge.shared[SharedCollapse] == 0;
    checks->push_back (judgeKernel (facts.machine, collapses));
    checks->push_back (judgeProc (facts.machine));
    checks->push_back (judgeSys (facts.machine));
    checks->push_back (judgeCpus (facts.machine.cpus));
}

}  // namespace tool::doctor
