// SPDX-License-Identifier: MIT
/// Makes system calls fail by a seccomp filter, as a container's filter does.
#ifndef JOIN_TESTS_QUEUE_FORBID_HPP
#define JOIN_TESTS_QUEUE_FORBID_HPP

#include <cstdint>

#include <stddef.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// From now on `call` fails with `error` in this thread and in threads and processes that it creates; if `argument` is
/// given, only calls with that second argument fail.
inline void forbid (long call, int error, int argument = -1)
{
    const auto number = static_cast<uint32_t> (call);
    const uint32_t skipArgument = argument == -1 ? 1 : 0;
    struct sock_filter program[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[1])),
        BPF_JUMP (BPF_JMP | BPF_JA, skipArgument, 0, 0),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t> (argument), 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<unsigned> (error) & SECCOMP_RET_DATA)),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof (program) / sizeof (program[0]), program};
    if (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    {
        ::_exit (99);
    }
}

#endif
