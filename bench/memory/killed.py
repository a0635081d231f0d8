#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The memory bench, killed with a reserved pool and a name in /dev/shm: both are restored. killed.py BENCH"""

import os
import pathlib
import signal
import subprocess
import sys
import time

POOL = pathlib.Path("/proc/sys/vm/nr_hugepages")
PATIENCE = 60  # seconds to wait for a condition before the test fails


def wait_for(condition, words):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"never: {words}")
        time.sleep(0.001)


def kill_once(bench, sent):
    before = int(POOL.read_text())
    child = subprocess.Popen([bench, "--sizes", "4k,2m", "--rounds", "1000", "--accesses", "1000"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    name = pathlib.Path(f"/dev/shm/joinmem-bench.{child.pid}")
    wait_for(lambda: int(POOL.read_text()) > before or child.poll() is not None, "the pool grows")
    wait_for(lambda: name.exists() or child.poll() is not None, "the name is there")
    if child.poll() is not None:
        sys.exit(f"the bench ended by itself with {child.returncode}")
    os.killpg(child.pid, sent)
    child.wait()
    wait_for(lambda: int(POOL.read_text()) == before, f"the pool is as before after {sent.name}")
    wait_for(lambda: not name.exists(), f"the name is gone after {sent.name}")


def main(bench):
    if os.geteuid() != 0 or not os.access(POOL, os.W_OK):
        print("only root may reserve huge pages")
        sys.exit(77)
    free = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
    if not free.exists() or int(free.read_text()) > 0:
        print("no pool of 2 MiB pages, or one that is large enough without a reservation")
        sys.exit(77)
    for sent in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        kill_once(bench, sent)
    print("put back")


main(*sys.argv[1:])
