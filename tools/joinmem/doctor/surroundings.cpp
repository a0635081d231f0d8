// SPDX-License-Identifier: MIT
// The surroundings of the process: a container, a virtual machine, a sandbox.
#include "facts.hpp"

#include <cstdio>

#include <sys/prctl.h>

namespace tool::doctor
{
namespace
{
constexpr double muchSteal = 0.05;

// The kernel's numbers for the initial namespaces of a machine.
constexpr const char* firstPids = "pid:[4026531836]";
constexpr const char* firstUsers = "user:[4026531837]";

constexpr Subject containerSubject {"container", "signs of a container", aroundSection};
constexpr Subject hypervisorSubject {"virtual-machine", "signs of a virtual machine", aroundSection};
constexpr Subject seccompSubject {"seccomp", "a seccomp filter", aroundSection};

std::vector<std::string> readContainer (const Source& source)
{
    std::vector<std::string> signs;
    if (source.exists ("/.dockerenv"))
    {
        signs.push_back ("/.dockerenv");
    }
    if (source.exists ("/run/.containerenv"))
    {
        signs.push_back ("/run/.containerenv");
    }
    const std::string manager = source.firstLine ("/run/systemd/container");
    if (!manager.empty ())
    {
        signs.push_back ("/run/systemd/container contains " + manager);
    }
    const std::string groups = source.read ("/proc/1/cgroup").value_or ("");
    for (const char* name : {"docker", "libpod", "kubepods", "containerd", "lxc", "machine.slice"})
    {
        if (groups.find (name) != std::string::npos)
        {
            signs.push_back ("/proc/1/cgroup contains " + std::string (name));
            break;
        }
    }
    return signs;
}

std::optional<bool> otherNamespace (const Source& source, const char* path, const char* first)
{
    const std::string link = source.link (path);
    return link.empty () ? std::nullopt : std::optional<bool> (link != first);
}

std::string readHypervisor (const Source& source)
{
    const std::string type = source.firstLine ("/sys/hypervisor/type");
    if (!type.empty ())
    {
        return type;
    }
    std::string product = source.firstLine ("/sys/class/dmi/id/sys_vendor");
    const std::string name = source.firstLine ("/sys/class/dmi/id/product_name");
    product += (product.empty () || name.empty () ? "" : " ") + name;
    const std::string cpu = source.read ("/proc/cpuinfo").value_or ("");
    const std::size_t flags = cpu.find ("\nflags");
    if (flags != std::string::npos)
    {
        const std::string line = cpu.substr (flags, cpu.find ('\n', flags + 1) - flags);
        return line.find (" hypervisor") == std::string::npos ? "" : product.empty () ? "CPU flag hypervisor" : product;
    }
    for (const char* vendor : {"QEMU", "KVM", "VMware", "Virtual", "Xen", "Firecracker", "OpenStack"})
    {
        if (product.find (vendor) != std::string::npos)
        {
            return product;
        }
    }
    return "";
}

// "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...", where USER includes the time of guests.
std::optional<double> readSteal (const Source& source)
{
    unsigned long long times[8] = {};
    const std::string line = source.firstLine ("/proc/stat");
    if (std::sscanf (line.c_str (), "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &times[0], &times[1], &times[2],
                     &times[3], &times[4], &times[5], &times[6], &times[7])
        != 8)
    {
        return std::nullopt;
    }
    double total = 0;
    for (const unsigned long long time : times)
    {
        total += static_cast<double> (time);
    }
    return total > 0 ? std::optional<double> (static_cast<double> (times[7]) / total) : std::nullopt;
}

void readSandbox (const Source& source, AroundFacts* around)
{
    around->seccomp = source.field ("/proc/self/status", "Seccomp");
    around->filters = source.field ("/proc/self/status", "Seccomp_filters");
    around->noNewPrivileges = source.field ("/proc/self/status", "NoNewPrivs");
    const int privileges = source.live () ? ::prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) : -1;
    if (around->noNewPrivileges.empty () && privileges >= 0)
    {
        around->noNewPrivileges = std::to_string (privileges);
    }
}

Check judgeContainer (const AroundFacts& around)
{
    std::string found;
    for (const std::string& sign : around.containerSigns)
    {
        found += (found.empty () ? "" : ", ") + sign;
    }
    const bool pids = around.ownPids.value_or (false);
    const bool users = around.ownUsers.value_or (false);
    found += pids ? (found.empty () ? "a PID namespace of its own" : ", a PID namespace of its own") : "";
    found += users ? (found.empty () ? "a user namespace of its own" : ", a user namespace of its own") : "";
    if (found.empty ())
    {
        return containerSubject.fine (around.ownPids ? "none" : "none visible", "");
    }
    return containerSubject.fine (
        found, users ? "Processes outside see the same segments if they have the same /dev/shm. Each side is another "
                       "user to the other, so both have to create segments with permissions for others; "
                       "docs/guide/containers.md."
                     : "Processes outside see the same segments if they have the same /dev/shm: --ipc=, or a volume; "
                       "docs/guide/containers.md. Different PIDs do not matter.");
}

Check judgeHypervisor (const AroundFacts& around)
{
    char steal[32] = "";
    if (around.steal)
    {
        std::snprintf (steal, sizeof (steal), "%.1f %%", *around.steal * 100);
    }
    std::string found = around.hypervisor.empty () ? "none visible" : around.hypervisor;
    found += around.steal ? std::string ("; the host took ") + steal + " of the CPU time (steal)" : "";
    if (around.steal.value_or (0) >= muchSteal)
    {
        return hypervisorSubject.worse (
            found,
            "Waits, and pushes that other processes wait for, take longer by the time that the host takes. No data "
            "is lost.",
            "dedicate CPUs of the host to this virtual machine; check with: vmstat 1 (column st)");
    }
    return hypervisorSubject.fine (found, around.hypervisor.empty () ? ""
                                                                     : "Page faults and wake-ups cost more than on "
                                                                       "bare metal. Nothing else is different.");
}

Check judgeSeccomp (const AroundFacts& around)
{
    if (around.seccomp.empty ())
    {
        return seccompSubject.unknown ("not known", "");
    }
    const std::string privileges =
        around.noNewPrivileges == "1" ? "; no_new_privs is set" : "; no_new_privs is not set";
    if (around.seccomp == "0")
    {
        return seccompSubject.fine ("none" + privileges, "No filter refuses system calls.");
    }
    return seccompSubject.fine ("mode " + around.seccomp
                                    + (around.filters.empty () ? "" : ", filters: " + around.filters) + privileges,
                                "The checks of system calls report what the filter refuses.");
}
}  // namespace

AroundFacts readAround (const Source& source)
{
    AroundFacts around;
    around.containerSigns = readContainer (source);
    around.ownPids = otherNamespace (source, "/proc/self/ns/pid", firstPids);
    around.ownUsers = otherNamespace (source, "/proc/self/ns/user", firstUsers);
    around.hypervisor = readHypervisor (source);
    around.steal = readSteal (source);
    around.protectedRegular = source.firstLine ("/proc/sys/fs/protected_regular");
    readSandbox (source, &around);
    return around;
}

void judgeAround (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeContainer (facts.around));
    checks->push_back (judgeHypervisor (facts.around));
    checks->push_back (judgeSeccomp (facts.around));
}

}  // namespace tool::doctor
