// SPDX-License-Identifier: MIT
// A sandbox that forbids membarrier(2) to the calling thread and to threads that it creates afterwards.
#ifndef JOIN_TESTS_CAPI_SANDBOX_HPP
#define JOIN_TESTS_CAPI_SANDBOX_HPP

#include "joinmem.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

inline bool forbidBarrier ()
{
    sock_filter filter[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    return ::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && ::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// The argument: never, late (after the first handles), or none. @return false if membarrier could not be forbidden
inline bool forbidBarrierAsTold (int count, char** words)
{
    const char* when = count > 1 ? words[1] : "";
    if (std::strcmp (when, "late") == 0)
    {
        return jm_close (jm_local_create (1)) == 0 && jm_close (jm_queue_create (JM_MPMC, 1, 1)) == 0
               && forbidBarrier ();
    }
    return std::strcmp (when, "never") != 0 || forbidBarrier ();
}

#endif
