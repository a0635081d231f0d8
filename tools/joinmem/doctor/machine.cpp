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
constexpr Subject cpuSubject {"cpus", "CPUs that may be used", machineSection};

unsigned usableCpus ()
{
    cpu_set_t cpus;
    if (::sched_getaffinity (0, sizeof (cpus), &cpus) == 0)
    {
        return static_cast<unsigned> (CPU_COUNT (&cpus));
    }
    const long online = ::sysconf (_SC_NPROCESSORS_ONLN);  // more CPUs than the set has bits for
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
    const char* const mend = "a kernel from 6.1 on; docs/base-pages.md, \"Linux before 6.1\"";
    if (machine.release.empty ())
    {
        return kernelSubject.unknown ("not told", "");
    }
    if (machine.isBefore (3, 15))
    {
        return kernelSubject.missing (found,
                                      "There are no locks of open file descriptions before 3.15: segments cannot be "
                                      "opened, since who has them open could not be known.",
                                      mend);
    }
    if (machine.isBefore (6, 1) && !collapses)
    {
        const bool populates = !machine.isBefore (5, 14);
        return kernelSubject.worse (found,
                                    std::string ("MADV_COLLAPSE came with 6.1: segments are on base pages unless "
                                                 "/dev/shm is mounted with huge=.")
                                        + (populates ? ""
                                                     : " MADV_POPULATE_WRITE came with 5.14: a page that cannot be had "
                                                       "when memory is made is a SIGBUS and no error."),
                                    mend);
    }
    return kernelSubject.fine (found, machine.isBefore (6, 7)
                                          ? "Has what the library uses. From 6.7 on (PAGEMAP_SCAN) opening a segment "
                                            "that is on huge pages already is quicker."
                                          : "Has what the library uses.");
}

Check judgeProc (const MachineFacts& machine)
{
    if (machine.proc)
    {
        return procSubject.fine ("mounted", "Limits of cgroups, mounts and placement can be read.");
    }
    return procSubject.worse (
        "/proc/self is not there",
        "Limits of memory are not seen before pages are touched, pageSize () and placement () do not know, segments "
        "are not found on a hugetlbfs, and no thread can begin to push to a queue whose name was removed.",
        "mount -t proc proc /proc");
}

Check judgeSys (const MachineFacts& machine)
{
    if (machine.sys)
    {
        return sysSubject.fine ("mounted", "The size of huge pages and the nodes can be read.");
    }
    return sysSubject.worse ("/sys/kernel/mm is not there",
                             "The size of a transparent huge page is not told, so none are taken: all memory is on "
                             "base pages.",
                             "mount -t sysfs sysfs /sys");
}

Check judgeCpus (unsigned cpus)
{
    if (cpus == 0)
    {
        return cpuSubject.unknown ("not told", "");
    }
    if (cpus == 1)
    {
        return cpuSubject.fine ("1", "Who waits gives the CPU away at once and does not spin. Wait, do not poll.");
    }
    return cpuSubject.fine (std::to_string (cpus), "Who waits spins for some microseconds before sleeping.");
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
