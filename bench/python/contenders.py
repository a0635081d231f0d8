# SPDX-License-Identifier: MIT
"""The contenders: each connects a producer to a consumer in another process, which is forked from this one.

A contender is a class. Its constructor runs before the fork; producer () and consumer () run afterwards, in one process
each, and return the object with send (value), or receive (). A value is what the row states: an int, bytes, an array,
or a frame, which the producer copies and the consumer reads.
"""
import importlib.util
import multiprocessing
import os
import time
from multiprocessing import shared_memory

import numpy

import joinmem

CONTEXT = multiprocessing.get_context("fork")
FRAMES = 4       # of a pool
CAPACITY = 1024  # elements of a queue; with batches joinmem has room for four of them


class Link:
    """What one process uses: send (value) or receive (). finish () waits until all is sent."""

    def __init__(self, send=None, receive=None, finish=lambda: None):
        self.send, self.receive, self.finish = send, receive, finish


class Joinmem:
    """Queues of this library; frames are in a ShmMem, and two queues carry their numbers."""

    title = "joinmem"

    def __init__(self, row):
        self.row, self.name = row, f"/bench-python-{os.getpid()}"
        element = "q" if row.frame else row.dtype if row.batch > 1 else row.format
        self.queue = joinmem.Queue(self.name, element, capacity=FRAMES if row.frame else max(4 * row.batch, CAPACITY))
        self.names = [self.name]
        if row.frame:
            self.memory = joinmem.ShmMem(self.name + "-frames", FRAMES * row.frame)
            self.free = joinmem.Queue(self.name + "-free", "q", capacity=FRAMES)
            self.names += [self.name + "-frames", self.name + "-free"]

    def frames(self):
        return self.memory.array("u8", (FRAMES, self.row.frame // 8))

    def producer(self):
        if not self.row.frame:
            return Link(send=self.queue.push if self.row.batch == 1 else self.queue.push_many)
        frames, free, push = self.frames(), self.free, self.queue.push

        def send(frame):
            number = free.pop()
            frames[number] = frame
            push(number)

        return Link(send=send)

    def consumer(self):
        if not self.row.frame:
            pop_many, batch = self.queue.pop_many, self.row.batch
            return Link(receive=self.queue.pop if batch == 1 else lambda: pop_many(batch))
        return Link(receive=from_pool(self.frames(), self.free.push, self.queue.pop))

    def close(self):
        for name in self.names:
            joinmem.unlink(name)


def from_pool(frames, give_back, take):
    """receive () of a pool: reads a frame in place, and gives it back."""
    for number in range(FRAMES):
        give_back(number)

    def receive():
        number = take()
        result = frames[number].max()
        give_back(number)
        return result

    return receive


class Queue:
    """multiprocessing.Queue, which pickles; a thread of the producer writes into a pipe."""

    title = "multiprocessing.Queue"

    def __init__(self, row):
        self.row, self.queue = row, CONTEXT.Queue(FRAMES if row.frame else CAPACITY)

    def producer(self):
        return Link(send=self.queue.put)

    def consumer(self):
        get = self.queue.get
        return Link(receive=get if not self.row.frame else lambda: get().max())

    def close(self):
        self.queue.close()


class Pipe:
    """multiprocessing.Pipe with send_bytes, without pickling."""

    title = "multiprocessing.Pipe"

    def __init__(self, row):
        self.row = row
        self.reader, self.writer = CONTEXT.Pipe(duplex=False)

    def producer(self):
        send = self.writer.send_bytes
        if self.row.batch > 1:
            return Link(send=lambda array: send(array.view("u1")))
        return Link(send=encoded(self.row, send))

    def consumer(self):
        row, receive = self.row, self.reader.recv_bytes
        if row.frame:
            into, frame = self.reader.recv_bytes_into, numpy.empty(row.frame // 8, "u8")

            def receive_frame():
                into(frame)
                return frame.max()

            return Link(receive=receive_frame)
        return Link(receive=decoded(row, receive))

    def close(self):
        self.reader.close()
        self.writer.close()


def encoded(row, send):
    """send () for transports of bytes."""
    return (lambda value: send(value.to_bytes(8, "little"))) if row.format == "Q" else send


def decoded(row, receive):
    """receive () for transports of bytes: what the row's values are."""
    if row.batch > 1:
        return lambda: numpy.frombuffer(receive(), row.dtype)
    return receive if row.format != "Q" else lambda: int.from_bytes(receive(), "little")


class Pool:
    """multiprocessing.shared_memory for the frames, multiprocessing.Queue for their numbers; only for frames."""

    title = "shared_memory + multiprocessing.Queue"

    def __init__(self, row):
        self.row = row
        self.memory = shared_memory.SharedMemory(create=True, size=FRAMES * row.frame)
        self.full, self.free = CONTEXT.Queue(), CONTEXT.Queue()
        self.frames = numpy.ndarray((FRAMES, row.frame // 8), "u8", self.memory.buf)
        self.frames[:] = 0  # the pages exist, as those of joinmem

    def producer(self):
        frames, free, put = self.frames, self.free.get, self.full.put

        def send(frame):
            number = free()
            frames[number] = frame
            put(number)

        return Link(send=send)

    def consumer(self):
        return Link(receive=from_pool(self.frames, self.free.put, self.full.get))

    def close(self):
        del self.frames
        self.memory.close()
        self.memory.unlink()


class SimplePool(Pool):
    """The same with multiprocessing.SimpleQueue, which has no thread."""

    title = "shared_memory + multiprocessing.SimpleQueue"

    def __init__(self, row):
        super().__init__(row)
        self.full, self.free = CONTEXT.SimpleQueue(), CONTEXT.SimpleQueue()


class Zmq:
    """pyzmq: PUSH and PULL over ipc; arrays and frames without a copy where it can."""

    title = "pyzmq"

    def __init__(self, row):
        self.row, self.path = row, f"/tmp/bench-python-{os.getpid()}"
        self.address = "ipc://" + self.path

    def socket(self, kind):
        import zmq
        context = zmq.Context()
        socket = context.socket(kind)
        socket.set_hwm(FRAMES if self.row.frame else CAPACITY)
        return context, socket

    def producer(self):
        import zmq
        context, socket = self.socket(zmq.PUSH)
        while not os.path.exists(self.path):  # otherwise it would find the consumer only at its next attempt
            time.sleep(0.001)
        socket.connect(self.address)
        send = socket.send

        def finish():
            socket.close()
            context.term()

        if self.row.frame or self.row.batch > 1:
            return Link(send=lambda value: send(value, copy=False), finish=finish)
        return Link(send=encoded(self.row, send), finish=finish)

    def consumer(self):
        import zmq
        _, socket = self.socket(zmq.PULL)
        socket.bind(self.address)
        receive = socket.recv
        if self.row.frame:
            return Link(receive=lambda: numpy.frombuffer(receive(copy=False).buffer, "u8").max())
        return Link(receive=decoded(self.row, receive))

    def close(self):
        if os.path.exists(self.path):
            os.unlink(self.path)


CONTENDERS = {"joinmem": Joinmem, "queue": Queue, "pipe": Pipe, "pool": Pool, "simple-pool": SimplePool, "zmq": Zmq}


def contenders_of(row):
    """Their names, in the order of the page; pyzmq only if it is installed."""
    return [name for name in CONTENDERS if (row.frame or "pool" not in name)
            and (name != "zmq" or importlib.util.find_spec("zmq") is not None)]
