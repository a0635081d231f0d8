// SPDX-License-Identifier: MIT
#include "cpus.hpp"

#include <cerrno>
#include <sched.h>

namespace harness
{
std::vector<unsigned> allowedCpus ()
{
    std::vector<unsigned> cpus;
    for (unsigned most = 1024; most <= 1U << 20; most *= 2)
    {
        cpu_set_t* const set = CPU_ALLOC (most);
        const std::size_t bytes = CPU_ALLOC_SIZE (most);
        const bool read = set != nullptr && ::sched_getaffinity (0, bytes, set) == 0;
        for (unsigned cpu = 0; read && cpu < most; ++cpu)
        {
            if (CPU_ISSET_S (cpu, bytes, set))
            {
                cpus.push_back (cpu);
            }
        }
        CPU_FREE (set);
        if (read || errno != EINVAL)  // EINVAL: the kernel's CPU mask is larger
        {
            break;
        }
    }
    return cpus;
}

int pinTo (unsigned cpu, pid_t thread) noexcept
{
    cpu_set_t* const set = CPU_ALLOC (cpu + 1);
    if (set == nullptr)
    {
        return ENOMEM;
    }
    const std::size_t bytes = CPU_ALLOC_SIZE (cpu + 1);
    CPU_ZERO_S (bytes, set);
    CPU_SET_S (cpu, bytes, set);
    const int error = ::sched_setaffinity (thread, bytes, set) == 0 ? 0 : errno;
    CPU_FREE (set);
    return error;
}

}  // namespace harness
