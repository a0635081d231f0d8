// SPDX-License-Identifier: MIT
#include "control.hpp"

#include "harness/clock.hpp"
#include "harness/system_files.hpp"

#include <climits>
#include <ctime>
#include <filesystem>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bench
{
namespace waitset
{
namespace
{
std::string folderOf (pid_t process, const char* name)
{
    return "/proc/" + std::to_string (process) + "/" + name;
}
}  // namespace

void Control::enter (Phase next)
{
    phase.store (next);
    ::syscall (SYS_futex, &phase, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void Control::gather ()
{
    gathered.fetch_add (1);
    sleepUntil (Run);
}

void Control::sleepUntil (Phase begun) const
{
    for (uint32_t now = phase.load (); now < begun; now = phase.load ())
    {
        ::syscall (SYS_futex, &phase, FUTEX_WAIT, now, nullptr, nullptr, 0);
    }
}

double descriptorsOf (pid_t process)
{
    double count = 0;
    for (const auto& entry : std::filesystem::directory_iterator (folderOf (process, "fd")))
    {
        static_cast<void> (entry);
        ++count;
    }
    return count;
}

Sleeps Sleeps::of (pid_t process)
{
    Sleeps all;
    for (const auto& entry : std::filesystem::directory_iterator (folderOf (process, "task")))
    {
        const std::string status = entry.path ().string () + "/status";
        all.count += std::strtod (harness::valueIn (status, "voluntary_ctxt_switches").c_str (), nullptr);
        ++all.threads;
    }
    return all;
}

double cpuOf (pid_t process)
{
    clockid_t clock {};
    ::clock_getcpuclockid (process, &clock);
    return static_cast<double> (harness::nanosOf (clock));
}

}  // namespace waitset
}  // namespace bench
