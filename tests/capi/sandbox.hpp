// SPDX-License-Identifier: MIT
// A sandbox that forbids membarrier(2), from the start or after the first handle.
#ifndef JOIN_TESTS_CAPI_SANDBOX_HPP
#define JOIN_TESTS_CAPI_SANDBOX_HPP

#include "check.h"

#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>

inline void forbidBarrier ()
{
    sock_filter filter[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK (::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

// The word behind the program's name: never, late, or none.
inline void forbidBarrierAsTold (int count, char** words)
{
    const std::string barrier = count > 1 ? words[1] : "";
    if (barrier == "never")
    {
        forbidBarrier ();
    }
    else if (barrier == "late")
    {
        CHECK (jm_close (jm_local_create (1)) == 0);
        CHECK (jm_close (jm_queue_create (JM_MPMC, 1, 1)) == 0);
        forbidBarrier ();
    }
}

#endif
