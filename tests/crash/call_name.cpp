// SPDX-License-Identifier: MIT
#include "tracer.hpp"

#include <sys/syscall.h>

#include <map>

namespace crash
{
std::string callName (long number)
{
    static const std::map<long, const char*> names = {
        // clang-format off
        {SYS_openat, "openat"},
        {SYS_close, "close"},
        {SYS_read, "read"},
        {SYS_mmap, "mmap"},
        {SYS_munmap, "munmap"},
        {SYS_mremap, "mremap"},
        {SYS_madvise, "madvise"},
        {SYS_mprotect, "mprotect"},
        {SYS_mlock, "mlock"},
        {SYS_munlock, "munlock"},
        {SYS_mbind, "mbind"},
        {SYS_move_pages, "move_pages"},
        {SYS_set_mempolicy, "set_mempolicy"},
        {SYS_get_mempolicy, "get_mempolicy"},
        {SYS_fcntl, "fcntl"},
        {SYS_fallocate, "fallocate"},
        {SYS_ftruncate, "ftruncate"},
        {SYS_fchmod, "fchmod"},
        {SYS_linkat, "linkat"},
        {SYS_unlinkat, "unlinkat"},
        {SYS_renameat2, "renameat2"},
        {SYS_statfs, "statfs"},
        {SYS_fstatfs, "fstatfs"},
        {SYS_newfstatat, "newfstatat"},
        {SYS_fstat, "fstat"},
        {SYS_statx, "statx"},
        {SYS_faccessat, "faccessat"},
        {SYS_faccessat2, "faccessat2"},
        {SYS_readlinkat, "readlinkat"},
        {SYS_lseek, "lseek"},
        {SYS_pread64, "pread64"},
        {SYS_getdents64, "getdents64"},
        {SYS_getrandom, "getrandom"},
        {SYS_geteuid, "geteuid"},
        {SYS_prlimit64, "prlimit64"},
        {SYS_sched_getaffinity, "sched_getaffinity"},
        {SYS_mincore, "mincore"},
        {SYS_brk, "brk"},
        {SYS_clone3, "clone3"},
#ifdef SYS_open
        {SYS_open, "open"},
        {SYS_link, "link"},
        {SYS_unlink, "unlink"},
        {SYS_stat, "stat"},
        {SYS_access, "access"},
        {SYS_getdents, "getdents"},
#endif
        // clang-format on
    };
    const auto known = names.find (number);
    return (known != names.end () ? known->second : "call") + (" (" + std::to_string (number) + ")");
}

}  // namespace crash
