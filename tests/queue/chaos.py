#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A producer of chaos_test.cpp: pushes until it is killed, or until the flag at OVER is set.

chaos.py LIBRARY NAME KIND BOOK LIFE OVER RETURNED MOST

BOOK is a descriptor of the record that all processes share; OVER and RETURNED are offsets in it.
"""

import ctypes
import mmap
import struct
import sys
import time

HANG_LIMIT = 30 * 10**9  # ns; a push takes milliseconds at most, so the limit finds only hangs
ELEMENT = struct.Struct("=IIQ")


def check_of(life, number):
    return (life << 32 | number) * 0x9E3779B97F4A7C15 % 2**64


def main(library, name, *numbers):
    kind, book, life, over, returned, most = map(int, numbers)
    jm = ctypes.CDLL(library)
    jm.jm_queue_open.restype = ctypes.c_int64
    jm.jm_queue_open.argtypes = [ctypes.c_uint32, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_char_p]
    jm.jm_queue_push.argtypes = [ctypes.c_int64, ctypes.c_char_p, ctypes.c_int64]
    pages = mmap.mmap(book, 0)
    record = ctypes.c_uint32.from_buffer(pages, returned)
    queue = jm.jm_queue_open(kind, 64, ELEMENT.size, name.encode())
    for number in range(most):
        if pages[over]:
            break
        if jm.jm_queue_push(queue, ELEMENT.pack(life, number, check_of(life, number)), HANG_LIMIT) != 0:
            return 1
        record.value = number + 1  # one store; struct.pack_into () clears the bytes first, and a kill may come in between
        if number % 8 == 0:
            time.sleep(0.001)  # spreads its pushes over several kills; no check depends on the length
    return 0


sys.exit(main(*sys.argv[1:]))
