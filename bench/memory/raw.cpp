// SPDX-License-Identifier: MIT
#include "raw.hpp"

#include <cerrno>
#include <system_error>

namespace bench
{
namespace
{
std::string& name ()
{
    static std::string name;
    return name;
}
}  // namespace

void setSharedName (const std::string& to)
{
    name () = to;
    ::shm_unlink (to.c_str ());  // of a process that had the same number, and was killed
}

const std::string& sharedName ()
{
    return name ();
}

void check (bool failed, const char* call)
{
    if (failed)
    {
        throw std::system_error (errno, std::system_category (), call);
    }
}

char* map (void* at, std::size_t bytes, int protection, int flags, int fd)
{
    void* address = ::mmap (at, bytes, protection, flags, fd, 0);
    check (address == MAP_FAILED, "mmap");
    return static_cast<char*> (address);
}

void advise (void* address, std::size_t bytes, int advice, const char* call)
{
    check (::madvise (address, bytes, advice) != 0, call);
}

}  // namespace bench
