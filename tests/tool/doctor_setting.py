# SPDX-License-Identifier: MIT
"""Machines for the tests of joinmem doctor: simulated file trees, filters that make system calls fail, and roots
without /proc."""
import ctypes
import os
import pathlib
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile

NUMBERS = {
    "x86_64": {"membarrier": 324, "mbind": 237, "move_pages": 279, "futex": 202, "linkat": 265, "madvise": 28,
               "fcntl": 72, "clone": 56, "clone3": 435, "openat": 257, "futex_waitv": 449, "eventfd2": 290,
               "io_uring_setup": 425, "pipe2": 293},
    "aarch64": {"membarrier": 283, "mbind": 235, "move_pages": 239, "futex": 98, "linkat": 37, "madvise": 233,
                "fcntl": 25, "clone": 220, "clone3": 435, "openat": 56, "futex_waitv": 449, "eventfd2": 19,
                "io_uring_setup": 425, "pipe2": 59},
}.get(platform.machine(), {})
EPERM, UNKNOWN, KILL = 0x00050000 | 1, 0x00050000 | 22, 0x80000000  # what a filter does: errno 1, errno 22, or a kill
F_OFD_SETLK, FUTEX_WAIT_BITSET, MADV_COLLAPSE, MADV_POPULATE_WRITE, MADV_WIPEONFORK = 37, 9, 25, 23, 18
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
STATUS = {"fine": 0, "worse": 1, "missing": 2}

# The checks that try system calls.
WITH_CALLS = {"huge-private", "huge-shared", "tmpfile", "linkat", "locks", "futex", "futex-waitv", "io-uring",
              "eventfd", "membarrier", "populate", "fork-advice", "mbind", "move-pages"}

# A machine without any defect.
GOOD = {
    "proc/self/status": "Name:\tdoctor\nCapEff:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n"
                        "THP_enabled:\t1\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0-1\n",
    "proc/self/mountinfo": "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                           "25 20 0:23 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw,size=8388608k,inode64\n"
                           "31 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
    "proc/self/cgroup": "0::/user.slice/box\n",
    "proc/self/limits": "Limit                     Soft Limit           Hard Limit           Units     \n"
                        "Max file size             unlimited            unlimited            bytes     \n"
                        "Max data size             unlimited            unlimited            bytes     \n"
                        "Max open files            1024                 524288               files     \n"
                        "Max locked memory         unlimited            unlimited            bytes     \n"
                        "Max address space         unlimited            unlimited            bytes     \n",
    "proc/meminfo": "MemTotal:       16777216 kB\nHugepagesize:       2048 kB\n",
    "proc/stat": "cpu  100 0 100 800 0 0 0 0 0 0\n",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sse2\n",
    "proc/1/cgroup": "0::/init.scope\n",
    "proc/sys/kernel/osrelease": "6.12.5-amd64\n",
    "proc/sys/fs/protected_regular": "2\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "sys/kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise [madvise] never\n",
    "sys/kernel/mm/transparent_hugepage/shmem_enabled": "always within_size advise [never] deny force\n",
    "sys/kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "0\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "0\n",
    "sys/devices/system/node/has_memory": "0-1\n",
    "sys/fs/cgroup/user.slice/box/memory.max": "max\n",
}


def tree(folder, changes):
    """Writes the good machine to the folder; `changes` replaces a file's content, or leaves it out with None."""
    for path, text in {**GOOD, **changes}.items():
        if text is not None:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


def forbid(*calls, answer=EPERM):
    """A preexec_fn that makes these calls fail: names, or (name, index of an argument, its value)."""
    def step(code, yes, no, value):
        return struct.pack("HBBI", code, yes, no, value)

    load, equal, give = 0x20, 0x15, 0x06
    program = []
    for call in calls:
        name, index, value = call if isinstance(call, tuple) else (call, None, None)
        program += [step(load, 0, 0, 0), step(equal, 0, 1 if index is None else 3, NUMBERS[name])]
        if index is not None:
            program += [step(load, 0, 0, 16 + 8 * index), step(equal, 0, 1, value)]
        program += [step(give, 0, 0, answer)]
    program += [step(give, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(program))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def install():
        if prctl(38, 1, 0, 0, 0) != 0 or prctl(22, 2, ctypes.c_void_p(ctypes.addressof(filter_)), 0, 0) != 0:
            os._exit(99)

    install.keep = (code, filter_)
    return install


def bare_root(folder, program):
    """Copies the program and the libraries that it needs, and nothing else."""
    needed = re.findall(r"(/\S+)", subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout)
    for file in {path.rstrip(":") for path in needed}:
        target = pathlib.Path(folder, file.lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    shutil.copy(program, pathlib.Path(folder, "joinmem"))
    return ":".join(sorted({os.path.dirname(path) for path in needed}))


def scratch():
    return tempfile.TemporaryDirectory(prefix="joinmem-doctor-")


def skip(test, reason):
    sys.stderr.write(f"SKIPPED: {test.shortDescription() or test.id()}: {reason}\n")
    test.skipTest(reason)


def need_root(test):
    if os.geteuid() != 0:
        skip(test, "needs root")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        skip(test, "needs a mount namespace, which is not allowed here")
