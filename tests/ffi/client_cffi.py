#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The client in Python with cffi, in ABI mode, from the installed joinmem_ffi.h; record.h describes what it does."""
import errno
import os
import select
import sys
import zlib

import cffi

SEGMENT, BYTES = 100000, 128
CAPACITY, SOME, TIMEOUT, FACTOR = 64, 16, 60 * 10**9, 0x9E3779B97F4A7C15

ffi = cffi.FFI()
with open(os.environ["JOINMEM_FFI_H"], encoding="utf-8") as header:
    ffi.cdef(header.read())
ffi.cdef("""typedef struct { uint64_t magic; uint32_t count; int32_t below; double ratio; char text[40]; char reply[64]; }
            record;
            typedef struct { uint64_t number; uint64_t check; char text[8]; } element;""")
SIZE = ffi.sizeof("element")
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
    queue_errors(name)


def queue_errors(name):
    element = ffi.new("element *")
    queue = checked(jm.jm_queue_open(jm.JM_MPMC, 2, SIZE, name), jm.JM_INVALID_HANDLE)
    jm.jm_queue_try_push(queue, element)
    jm.jm_queue_try_push(queue, element)
    print_error(jm.jm_queue_try_push(queue, element) == -1)
    print_error(jm.jm_queue_open(jm.JM_MPMC, 2, 16, name) == jm.JM_INVALID_HANDLE)
    jm.jm_queue_shutdown(queue)
    print_error(jm.jm_queue_try_push(queue, element) == -1)
    jm.jm_unlink(name)
    jm.jm_close(queue)


def open_queue(kind, name):
    number = {b"spsc": jm.JM_SPSC, b"mpsc": jm.JM_MPSC, b"mpmc": jm.JM_MPMC}[kind]
    return checked(jm.jm_queue_open(number, CAPACITY, SIZE, name), jm.JM_INVALID_HANDLE)


def push(kind, name, count, language, shutdown=None):
    queue, number, count, one = open_queue(kind, name), 0, int(count), True
    while number < count:
        numbers = range(number, number + 1 if one else min(number + SOME, count))
        elements = ffi.new("element[]", [(i, (i + 1) * FACTOR % 2**64, language) for i in numbers])
        if one:
            checked(jm.jm_queue_push(queue, elements, TIMEOUT), -1)
        elif jm.jm_queue_push_n(queue, elements, len(numbers), TIMEOUT) != len(numbers):
            sys.exit(error())
        number, one = numbers.stop, not one
    if shutdown:
        checked(jm.jm_queue_shutdown(queue), -1)
    checked(jm.jm_close(queue), -1)


def take(writers, element):
    text = ffi.string(element.text).decode()
    count, total = writers.get(text, (0, 0))
    if element.number != count or element.check != (count + 1) * FACTOR % 2**64:
        sys.exit(f"{element.number} {element.check:x} of {text} after {count}")
    writers[text] = count + 1, (total + element.check) % 2**64


def pop(kind, name):
    queue, elements, writers, one = open_queue(kind, name), ffi.new("element[]", SOME), {}, True
    while True:
        if one:
            count = jm.jm_queue_pop(queue, elements, TIMEOUT) + 1
        else:
            count = jm.jm_queue_pop_some(queue, elements, SOME, TIMEOUT)
        if count <= 0:
            break
        for i in range(count):
            take(writers, elements[i])
        one = not one
    if jm.jm_last_error() != errno.EPIPE:
        sys.exit(error())
    for text, (count, total) in writers.items():
        print(text, count, total)
    checked(jm.jm_close(queue), -1)


def serve(queue, ready, writers):
    """Takes some elements. Returns whether the queue goes on."""
    elements = ffi.new("element[]", SOME)
    if ready == jm.JM_READY_END:
        return False
    for i in range(checked(jm.jm_queue_pop_some(queue, elements, SOME, TIMEOUT), -1)):
        take(writers, elements[i])
    return True


def wait(*names):
    queues, writers = [open_queue(b"mpmc", name) for name in names], [{} for _ in names]
    events = ffi.new("jm_wait_event[2]")
    waits = checked(jm.jm_wait_create(), jm.JM_INVALID_HANDLE)
    for key, queue in enumerate(queues):
        checked(jm.jm_wait_add(waits, queue, jm.JM_READY_ELEMENT, key, 1), -1)
    descriptor = checked(jm.jm_wait_fd(waits), -1)
    while checked(jm.jm_wait_size(waits), -1) > 0:
        if not select.select([descriptor], [], [], TIMEOUT // 10**9)[0]:
            sys.exit("no queue is ready")
        count = jm.jm_wait(waits, events, len(events), 0)
        if count == -1 and jm.jm_last_error() != errno.ETIMEDOUT:
            sys.exit(error())
        for i in range(max(count, 0)):
            key = events[i].key
            if not serve(queues[key], events[i].ready, writers[key]):
                checked(jm.jm_close(queues[key]), -1)  # which removes it from the set
    for name, found in zip(names, writers):
        for text, (count, total) in found.items():
            print(name.decode(), text, count, total)
    checked(jm.jm_close(waits), -1)


CALLS = {"write": write, "read": read, "errors": errors, "push": push, "pop": pop, "wait": wait}
CALLS[sys.argv[1]](*(text.encode() for text in sys.argv[2:]))
