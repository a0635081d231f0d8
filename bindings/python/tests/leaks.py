#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes each call many times, with success and with every kind of failure, and counts what it leaves behind: leaks.py

Counted are the blocks of Python's allocator, the objects that the collector knows, and the pages of the process.
"""
import array
import ctypes
import gc
import itertools
import os
import pickle
import resource
import struct
import sys

import joinmem

try:
    import numpy
except ImportError:
    numpy = None

ROUNDS, SLOW_ROUNDS = 400, 100
EXPECTED = (ZeroDivisionError, TypeError, ValueError, OverflowError, BufferError, struct.error, joinmem.Error)
MEMORY, QUEUE = f"/test-python-leaks-{os.getpid()}", f"/test-python-leaks-{os.getpid()}-queue"


class Bad:
    """Its conversion fails."""

    def __index__(self):
        raise ZeroDivisionError

    __float__ = __fspath__ = __index__


class Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]


def elements():
    """Pairs of an element and a value."""
    yield from (("d", 1.5), ("Q", 2**60), (8, b"12345678"), (4096, bytes(4096)), ("Qd", (2**40, 1.5)), ("8s", b"abc"),
                (Pair, Pair(1, 2)))
    if numpy:
        dtype = numpy.dtype([("a", "i4"), ("b", "f8")])
        yield from ((dtype, numpy.zeros(1, dtype)[0]), (numpy.float64, 2.5))


def piece(made, fail=False):
    with made:
        if fail:
            raise ZeroDivisionError


def of_queue(queue, value, bad):
    """Calls of a queue that is empty before and after each."""
    many, size = [value] * 10, queue.element_size
    return {
        "push": lambda: (queue.push(value), queue.pop()),
        "try_push": lambda: (queue.try_push(value), queue.try_pop()),
        "push_many": lambda: (queue.push_many(many), queue.pop_many(10)),
        "pop_some": lambda: (queue.push_many(many), queue.pop_some(64)),
        "try_push_many": lambda: (queue.try_push_many(many), queue.try_pop_many(20)),
        "part": lambda: (queue.push_many(many), queue.pop_many(11, 0)),
        "_encode_many": lambda: queue._encode_many(many),
        "pop_into": lambda: (queue.push(value), queue.pop_into(bytearray(3 * size), 0)),
        "pop_some_into": lambda: (queue.push(value), queue.pop_some_into(bytearray(3 * size))),
        "peek": lambda: (queue.push(value), piece(queue.peek())),
        "reserve": lambda: (piece(queue.reserve(2)), queue.pop_many(2)),
        "reserve and raise": lambda: piece(queue.reserve(2), True),
        "no element": lambda: queue.pop(0),
        "no elements": lambda: queue.pop_many(5, 0),
        "no view": lambda: queue.peek(1, 0),
        "empty": lambda: queue.try_pop(),
        "wrong": lambda: queue.push(bad),
        "wrong later": lambda: queue.push_many([value, bad]),
        "wrong sequence": lambda: queue.push_many(bad),
        "wrong buffer": lambda: queue.pop_into(bytearray(size + 1)),
        "wrong count": lambda: queue.pop_many(bad),
        "wrong time": lambda: queue.pop(bad),
        "too many arguments": lambda: queue.push(value, 0, 1),
        "wrong name": lambda: queue.push(value, wrong=3),
    }


def of_others(bad):
    queue, full, ended = joinmem.Queue(None, "d"), joinmem.Queue(None, "d", capacity=1), joinmem.Queue(None, "d")
    named, memory, closed = joinmem.Queue(QUEUE, "d"), joinmem.ShmMem(MEMORY, 4096), joinmem.LocalMem(64)
    waits = joinmem.WaitSet()
    full.push(1)
    ended.shutdown()
    closed.close()
    waits.add(queue)
    waits.add(full, joinmem.Ready.ROOM)
    return {
        "reports": lambda: (queue.stats(), queue.producers(), repr(queue), queue.kind, queue.tag, queue.name),
        "full": lambda: full.try_push(1),
        "full for many": lambda: full.push_many([1, 2], 0),
        "no room": lambda: full.reserve(1, 0),
        "end": lambda: list(ended),
        "after the end": lambda: ended.pop(),
        "await": lambda: (queue.await_room(), queue.await_element(1, 0)),
        "offer": lambda: (queue._offer(1.5), queue._offer_many(bytes(16), 0), queue.pop_many(3)),
        "array": lambda: (queue.push_many(array.array("d", [1] * 5)), queue.pop_many(5)),
        "strides": lambda: (queue.push_many(memoryview(array.array("d", [1] * 6))[::2]), queue.pop_many(3)),
        "set": lambda: (waits.modify(queue, 3, "x"), waits.poll(), waits.remove(queue), waits.add(queue)),
        "wake": lambda: (waits.wake(), waits.wait()),
        "no event": lambda: waits.wait(0),
        "event": lambda: (queue.push(1), waits.modify(queue), waits.wait(), queue.pop()),
        "twice": lambda: waits.add(queue),
        "wrong readiness": lambda: waits.add(named, bad),
        "wrong queue": lambda: waits.remove(1),
        "initialise": lambda: piece(memory.initialise(8)),
        "initialise and raise": lambda: piece(memory.initialise(16), True),
        "closed memory": lambda: memoryview(closed),
    }, {
        "new set": joinmem.WaitSet,
        "new queue": lambda: joinmem.Queue(None, Pair, capacity=2),
        "open": lambda: joinmem.Queue(QUEUE, "d").close(),
        "open wrongly": lambda: joinmem.Queue(QUEUE, "f"),
        "wrong path": lambda: joinmem.Queue(bad, "d"),
        "absent": lambda: joinmem.Queue(QUEUE + "-absent", "d", mode="open"),
        "pickle": lambda: pickle.loads(pickle.dumps(named)).close(),
        "view": lambda: memoryview(joinmem.LocalMem(4096)).release(),
        "memory": lambda: joinmem.ShmMem(MEMORY, 4096).close(),
        "wrong size": lambda: joinmem.LocalMem(bad),
        "placement": lambda: joinmem.LocalMem(4096).placement(),
        "inspect": lambda: (joinmem.inspect(QUEUE), joinmem.inspect_producers(QUEUE)),
        "inspect_pages": lambda: joinmem.inspect_pages(MEMORY),
        "remove wrongly": lambda: joinmem._core.remove_unused(QUEUE, True, bad, 1, 1, 1),
        "segments": joinmem.segments,
    }


def repeat(call, count):
    for _ in itertools.repeat(None, count):
        try:
            call()
        except EXPECTED:
            pass


def counted():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        resident = int(file.read().split()[1]) * resource.getpagesize()
    return sys.getallocatedblocks(), len(gc.get_objects()), resident


def left_behind(call, count):
    """What is left of so many calls: an object for two calls, or 2 MiB, in each of four measurements; else None.

    Python's caches keep objects, too, but not of each measurement.
    """
    left = None
    for _ in range(4):
        before = counted()
        repeat(call, count)
        left = [after - then for after, then in zip(counted(), before)]
        if max(left[:2]) <= count / 2 and left[2] <= 2 << 20:
            return None
    return left


def main():
    bad, calls = Bad(), {}
    for element, value in elements():
        of = of_queue(joinmem.Queue(None, element, capacity=64), value, bad)
        calls.update({f"{name} of {element}": (call, ROUNDS) for name, call in of.items()})
    quick, slow = of_others(bad)
    calls.update({name: (call, 5 * ROUNDS) for name, call in quick.items()})
    calls.update({name: (call, SLOW_ROUNDS) for name, call in slow.items()})
    try:
        leaks = {name: left for name, (call, count) in calls.items() if (left := left_behind(call, count))}
    finally:
        joinmem.unlink(MEMORY)
        joinmem.unlink(QUEUE)
    for name, left in leaks.items():
        print(f"{name}: {left[0]} blocks, {left[1]} objects, {left[2]} bytes")
    print(sum(count for _, count in calls.values()), "calls leave nothing" if not leaks else "calls leave something")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
