#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Receives what stream sends, and prints its SHA-256.

receive.py sha256 NAME receives from the queue of that name, without NAME from stdin. The dynamic linker must find
libjoinmem.so.1.
"""
import ctypes
import errno
import hashlib
import sys

CHUNK_BYTES = 65528  # as in chunk.h
CHUNKS = 64
JM_SPSC = 1


class Chunk(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("zero", ctypes.c_uint32), ("bytes", ctypes.c_ubyte * CHUNK_BYTES)]


def load():
    jm = ctypes.CDLL("libjoinmem.so.1")
    jm.jm_queue_open.argtypes = [ctypes.c_uint32, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_char_p]
    jm.jm_queue_open.restype = ctypes.c_int64
    jm.jm_queue_pop.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64]
    jm.jm_queue_peek.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_uint64)]
    jm.jm_queue_peek.restype = ctypes.c_void_p
    jm.jm_queue_release.argtypes = [ctypes.c_int64, ctypes.c_uint64]
    jm.jm_close.argtypes = [ctypes.c_int64]
    jm.jm_last_error_message.restype = ctypes.c_char_p
    return jm


def fail(what):
    sys.exit(f"demo, receiving in Python: {what}")


def view(chunk):
    """Returns the valid bytes of a chunk, without a copy."""
    length = chunk.length
    if length > CHUNK_BYTES:
        fail("this is not a chunk")
    return memoryview(chunk.bytes)[:length]


def from_queue(name):
    jm = load()
    queue = jm.jm_queue_open(JM_SPSC, CHUNKS, ctypes.sizeof(Chunk), name.encode())
    if queue == -1:
        fail(jm.jm_last_error_message().decode())
    own, count = Chunk(), ctypes.c_uint64()
    print("ready", flush=True)
    while True:
        # Reads the chunk where the sender wrote it. If the queue is empty, a pop sleeps until a chunk arrives.
        count.value = 1
        address = jm.jm_queue_peek(queue, ctypes.byref(count))
        if address:
            yield view(Chunk.from_address(address))
            jm.jm_queue_release(queue, 1)
        elif jm.jm_last_error() == errno.EAGAIN and jm.jm_queue_pop(queue, ctypes.byref(own), -1) == 0:
            yield view(own)
        else:
            break
    if jm.jm_last_error() != errno.EPIPE:  # EPIPE: shut down and drained
        fail(jm.jm_last_error_message().decode())
    jm.jm_close(queue)


def from_stdin():
    piece = memoryview(bytearray(CHUNK_BYTES))
    print("ready", flush=True)
    with open(0, "rb", buffering=0) as file:
        while length := file.readinto(piece):
            while length < CHUNK_BYTES and (more := file.readinto(piece[length:])):
                length += more
            yield piece[:length]


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] != "sha256":
        fail("usage: receive.py sha256 [NAME]")
    result = hashlib.sha256()
    for piece in from_queue(sys.argv[2]) if len(sys.argv) == 3 else from_stdin():
        result.update(piece)
    print(result.hexdigest(), flush=True)


if __name__ == "__main__":
    main()
