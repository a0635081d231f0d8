#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# One thread serves a TCP connection, a timer and two queues in a loop of asyncio. A child process pushes and connects.
import asyncio
import ctypes
import errno
import os
import signal
import socket
import sys

NUMBERS = 1000
SPSC, ELEMENT, END = 1, 1, 4  # JM_SPSC, JM_READY_ELEMENT, JM_READY_END of joinmem.h


class Event(ctypes.Structure):
    _fields_ = [("key", ctypes.c_uint64), ("ready", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


int64, uint64, uint32, pointer = ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p
jm = ctypes.CDLL("libjoinmem.so.1", use_errno=True)
for name, result, arguments in (
        ("jm_queue_open", int64, [uint32, uint64, uint32, ctypes.c_char_p]),
        ("jm_queue_push", ctypes.c_int, [int64, pointer, int64]),
        ("jm_queue_try_pop", ctypes.c_int, [int64, pointer]),
        ("jm_queue_shutdown", ctypes.c_int, [int64]),
        ("jm_last_error_message", ctypes.c_char_p, []),
        ("jm_wait_create", int64, []),
        ("jm_wait_add", ctypes.c_int, [int64, int64, uint32, uint64, uint64]),
        ("jm_wait_fd", ctypes.c_int, [int64]),
        ("jm_wait", int64, [int64, pointer, uint64, int64]),
        ("jm_close", ctypes.c_int, [int64])):
    getattr(jm, name).restype, getattr(jm, name).argtypes = result, arguments


def check(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), jm.jm_last_error_message().decode())
    return result


# [readme]
class Server:
    def __init__(self, *queues):
        self.queues, self.popped = queues, [[] for _ in queues]
        self.set, self.events, self.ended = check(jm.jm_wait_create()), (Event * 16)(), asyncio.Event()
        for key, queue in enumerate(queues):
            check(jm.jm_wait_add(self.set, queue, ELEMENT, key, 1))
        asyncio.get_running_loop().add_reader(check(jm.jm_wait_fd(self.set)), self.serve)
        self.open = len(queues)

    def serve(self):
        """Pops one number for each event."""
        count = jm.jm_wait(self.set, self.events, len(self.events), 0)
        if count == -1 and ctypes.get_errno() != errno.ETIMEDOUT:  # ETIMEDOUT: no queue is ready any more
            check(count)
        number = ctypes.c_int()
        for event in self.events[:max(count, 0)]:
            if jm.jm_queue_try_pop(self.queues[event.key], ctypes.byref(number)) == 0:
                self.popped[event.key].append(number.value)  # the next event reports the rest
            self.open -= 1 if event.ready & END else 0  # once for each queue
        if self.open == 0:
            self.ended.set()

    def close(self):
        asyncio.get_running_loop().remove_reader(jm.jm_wait_fd(self.set))  # first: jm_close() closes the descriptor
        check(jm.jm_close(self.set))
# [/readme]


def open_queues():
    return [check(jm.jm_queue_open(SPSC, 64, 4, name)) for name in (b"/example-loop-prices", b"/example-loop-orders")]


def produce(address):
    queues = open_queues()
    for number in range(1, NUMBERS + 1):
        for queue in queues:
            check(jm.jm_queue_push(queue, ctypes.byref(ctypes.c_int(number)), -1))
    for queue in queues:
        check(jm.jm_queue_shutdown(queue))
    with socket.create_connection(address) as connection:
        connection.sendall(b"hello")


async def consume(listener):
    text = asyncio.get_running_loop().create_future()

    async def receive(reader, writer):
        text.set_result(await reader.read())
        writer.close()

    tcp = await asyncio.start_server(receive, sock=listener)
    server = Server(*open_queues())
    await asyncio.gather(server.ended.wait(), text, asyncio.sleep(0.001))
    for name, popped in zip(("prices", "orders"), server.popped):
        print(f"{name}: {len(popped)} in order" if popped == list(range(1, NUMBERS + 1)) else f"{name}: {popped}")
    print("socket:", text.result().decode())
    print("timer: expired")
    server.close()
    tcp.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()  # before there is a set: sets are not inherited
    if child == 0:
        produce(listener.getsockname())
        return 0
    try:
        asyncio.run(consume(listener))
    except BaseException:
        os.kill(child, signal.SIGKILL)  # the child may be waiting for room
        raise
    for name in (b"/example-loop-prices", b"/example-loop-orders"):
        check(jm.jm_unlink(name))
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    sys.exit(main())
