// SPDX-License-Identifier: MIT
// getrlimit(2) and sysinfo(2).
#include "limits.hpp"

#include <sys/resource.h>
#include <sys/sysinfo.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
uint64_t softLimit (__rlimit_resource resource) noexcept
{
    struct rlimit limit;
    if (::getrlimit (resource, &limit) == -1 || limit.rlim_cur == RLIM_INFINITY)
    {
        return unlimited;
    }
    return limit.rlim_cur;
}
}  // namespace

uint64_t lockLimit () noexcept
{
    return softLimit (RLIMIT_MEMLOCK);
}

uint64_t fileLimit () noexcept
{
    return softLimit (RLIMIT_FSIZE);
}

uint64_t dataLimit () noexcept
{
    return softLimit (RLIMIT_DATA);
}

uint64_t addressLimit () noexcept
{
    return softLimit (RLIMIT_AS);
}

uint64_t fileCountLimit () noexcept
{
    return softLimit (RLIMIT_NOFILE);
}

uint64_t freeRam () noexcept
{
    struct sysinfo info;
    return ::sysinfo (&info) == 0 ? static_cast<uint64_t> (info.freeram) * info.mem_unit : 0;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
