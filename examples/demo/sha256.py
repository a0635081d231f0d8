#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Opens by name the segment that put created, and prints the SHA-256 of the file in it, hashed in place.

sha256.py NAME; the dynamic linker must find libjoinmem.so.1.
"""
import ctypes
import hashlib
import sys

MAGIC = 0x656C69666D6E696A  # as in file_segment.h
FILE_SEGMENT_BYTES = 64
JM_OPEN_ONLY = 2


class Options(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("huge", ctypes.c_uint32), ("huge_page_size", ctypes.c_uint64),
                ("numa_node", ctypes.c_int32), ("prefault", ctypes.c_uint32), ("lock", ctypes.c_uint32),
                ("open_mode", ctypes.c_uint32), ("permissions", ctypes.c_uint32), ("read_only", ctypes.c_uint32)]


def load():
    jm = ctypes.CDLL("libjoinmem.so.1")
    jm.jm_options_init.argtypes = [ctypes.POINTER(Options), ctypes.c_uint32]
    jm.jm_shm_open_with.argtypes = [ctypes.c_uint64, ctypes.c_char_p, ctypes.POINTER(Options)]
    jm.jm_shm_open_with.restype = ctypes.c_int64
    jm.jm_size.argtypes, jm.jm_size.restype = [ctypes.c_int64], ctypes.c_int64
    jm.jm_get.argtypes, jm.jm_get.restype = [ctypes.c_int64, ctypes.c_uint64], ctypes.c_void_p
    jm.jm_close.argtypes = [ctypes.c_int64]
    jm.jm_last_error_message.restype = ctypes.c_char_p
    return jm


def fail(what):
    sys.exit(f"demo, in Python: {what}")


def open_segment(jm, name):
    options = Options()
    jm.jm_options_init(options, ctypes.sizeof(options))
    options.open_mode = JM_OPEN_ONLY
    options.read_only = 1
    memory = jm.jm_shm_open_with(0, name.encode(), options)
    if memory == -1:
        fail(jm.jm_last_error_message().decode())
    return memory


def main():
    if len(sys.argv) != 2:
        fail("usage: sha256.py NAME")
    jm = load()
    memory = open_segment(jm, sys.argv[1])
    size = jm.jm_size(memory)
    magic, length = (ctypes.c_uint64 * 2).from_address(jm.jm_get(memory, 0))
    if magic != MAGIC or not 0 < length <= size - FILE_SEGMENT_BYTES:
        fail("there is no file in that segment")
    # A view of the segment, not a copy: hashlib reads the bytes that put wrote.
    view = memoryview((ctypes.c_ubyte * length).from_address(jm.jm_get(memory, FILE_SEGMENT_BYTES)))
    print(hashlib.sha256(view).hexdigest(), flush=True)
    view.release()
    jm.jm_close(memory)


if __name__ == "__main__":
    main()
