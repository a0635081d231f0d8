#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Times the queues in a Python program, by ctypes: one thread pushes and pops. Adds the figures to the data:

    from_python.py LIBJOINMEM QUEUE.JSON.GZ
"""

import collections
import ctypes
import os
import pathlib
import queue
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import artifacts  # noqa: E402

CALLS, ROUNDS = 2000, 9
KINDS = {"spsc": 1, "mpsc": 2, "mpmc": 3}


def nanoseconds(work, elements):
    """The time of one element: the median of the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            work()
        rounds.append((time.perf_counter_ns() - start) / CALLS / elements)
    return statistics.median(rounds[1:])


def declare(jm):
    handle, count, pointer = ctypes.c_int64, ctypes.c_uint64, ctypes.c_void_p
    jm.jm_queue_create.argtypes, jm.jm_queue_create.restype = [ctypes.c_uint32, count, ctypes.c_uint32], handle
    for name in ("jm_queue_try_push", "jm_queue_try_pop"):
        getattr(jm, name).argtypes = [handle, pointer]
        getattr(jm, name + "_n").argtypes, getattr(jm, name + "_n").restype = [handle, pointer, count], ctypes.c_int64


def ours(jm, kind, batch):
    handle = jm.jm_queue_create(KINDS[kind], 1024, 8)
    if handle <= 0:
        sys.exit("jm_queue_create failed")
    put, got = (ctypes.c_uint64 * batch)(*range(7, 7 + batch)), (ctypes.c_uint64 * batch)()
    push, pop, push_n, pop_n = jm.jm_queue_try_push, jm.jm_queue_try_pop, jm.jm_queue_try_push_n, jm.jm_queue_try_pop_n

    def one():
        push(handle, put)
        pop(handle, got)

    def several():
        push_n(handle, put, batch)
        pop_n(handle, got, batch)

    taken = nanoseconds(one if batch == 1 else several, batch)
    if list(got) != list(put):
        sys.exit(f"{kind} by {batch}: what came out is not what went in")
    jm.jm_close(ctypes.c_int64(handle))
    return taken


def others():
    simple, deque, (readable, writable) = queue.SimpleQueue(), collections.deque(), os.pipe()

    def through_simple():
        simple.put(7)
        simple.get()

    def through_deque():
        deque.append(7)
        deque.popleft()

    def through_pipe():
        os.write(writable, b"12345678")
        os.read(readable, 8)

    yield "queue.SimpleQueue, in the process", through_simple
    yield "collections.deque, in the process", through_deque
    yield "os.pipe", through_pipe


def main(library, path):
    data = artifacts.load(path)
    data["python"] = []
    jm = ctypes.CDLL(os.path.abspath(library))
    if hasattr(jm, "jm_queue_create"):
        declare(jm)
        for kind in KINDS:
            for batch in (1, 32, 1024):
                data["python"].append({"queue": f"joinmem {kind}, by {batch}", "ns": round(ours(jm, kind, batch), 2)})
        for name, work in others():
            data["python"].append({"queue": name, "ns": round(nanoseconds(work, 1), 2)})
    else:
        print("from Python: the C ABI has no queues in this build")
    artifacts.store(path, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
