#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The client in Python with cffi, in ABI mode, from the installed joinmem_ffi.h; record.h says what it does."""
import os
import sys
import zlib

import cffi

SEGMENT, BYTES = 100000, 128

ffi = cffi.FFI()
with open(os.environ["JOINMEM_FFI_H"], encoding="utf-8") as header:
    ffi.cdef(header.read())
ffi.cdef("""typedef struct { uint64_t magic; uint32_t count; int32_t below; double ratio; char text[40]; char reply[64]; }
            record;""")
jm = ffi.dlopen("libjoinmem.so.1")


def error():
    return f"{jm.jm_last_error()} {ffi.string(jm.jm_last_error_message()).decode()}"


def checked(result, failure):
    if result == failure:
        sys.exit(error())
    return result


def open_with(size, name, mode):
    options = ffi.new("jm_options *")
    checked(jm.jm_options_init(options, ffi.sizeof("jm_options")), -1)
    options.open_mode = mode
    return jm.jm_shm_open_with(size, name, options)


def record_of(memory):
    return ffi.cast("record *", checked(jm.jm_get(memory, 0), ffi.NULL))


def view(memory, count):
    return ffi.buffer(checked(jm.jm_get(memory, BYTES), ffi.NULL), count)


def write(name, language):
    memory = checked(open_with(SEGMENT, name, jm.JM_CREATE_ONLY), jm.JM_INVALID_HANDLE)
    record = record_of(memory)
    record.magic, record.count, record.below, record.ratio = 0x1122334455667788, SEGMENT - BYTES, -5, 0.1
    record.text = b"written in " + language
    view(memory, record.count)[:] = bytes((31 * i + 7) % 256 for i in range(record.count))
    print("ready", flush=True)
    sys.stdin.readline()
    print(ffi.string(record.reply).decode())
    checked(jm.jm_unlink(name), -1)
    checked(jm.jm_close(memory), -1)


def read(name, language):
    memory = checked(open_with(0, name, jm.JM_OPEN_ONLY), jm.JM_INVALID_HANDLE)
    record = record_of(memory)
    print(jm.jm_size(memory), f"{record.magic:x}", record.count, record.below, f"{record.ratio:.17g}",
          zlib.adler32(view(memory, record.count)), ffi.string(record.text).decode())
    record.reply = b"read in " + language
    checked(jm.jm_close(memory), -1)


def print_error(failed):
    print(error() if failed else "0")


def errors(name):
    memory = checked(jm.jm_shm_open(4096, name), jm.JM_INVALID_HANDLE)
    print_error(open_with(0, name + b"-absent", jm.JM_OPEN_ONLY) == jm.JM_INVALID_HANDLE)
    print_error(jm.jm_shm_open(3 * 4096, name) == jm.JM_INVALID_HANDLE)
    print_error(jm.jm_get(memory, 54321) == ffi.NULL)
    jm.jm_unlink(name)
    jm.jm_close(memory)
    print_error(jm.jm_mbind(memory, 0) == -1)


{"write": write, "read": read, "errors": errors}[sys.argv[1]](*(text.encode() for text in sys.argv[2:]))
