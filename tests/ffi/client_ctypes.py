#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The client in Python with ctypes; record.h describes what it does."""
import ctypes
import errno
import select
import sys
import zlib
from ctypes import c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p

MAGIC, SEGMENT, BYTES = 0x1122334455667788, 100000, 128
JM_CREATE_ONLY, JM_OPEN_ONLY = 1, 2
JM_SPSC, JM_MPSC, JM_MPMC = 1, 2, 3
JM_READY_ELEMENT, JM_READY_END = 1, 4
CAPACITY, SOME, TIMEOUT, FACTOR = 64, 16, 60 * 10**9, 0x9E3779B97F4A7C15


class Options(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("huge", c_uint32), ("huge_page_size", c_uint64), ("numa_node", c_int32),
                ("prefault", c_uint32), ("lock", c_uint32), ("open_mode", c_uint32), ("permissions", c_uint32),
                ("read_only", c_uint32)]


class Record(ctypes.Structure):
    _fields_ = [("magic", c_uint64), ("count", c_uint32), ("below", c_int32), ("ratio", c_double),
                ("text", c_char * 40), ("reply", c_char * 64)]


class Element(ctypes.Structure):
    _fields_ = [("number", c_uint64), ("check", c_uint64), ("text", c_char * 8)]


class Event(ctypes.Structure):
    _fields_ = [("key", c_uint64), ("ready", c_uint32), ("reserved", c_uint32)]


jm = ctypes.CDLL("libjoinmem.so.1")
for function, result, *arguments in (
        (jm.jm_options_init, c_int, ctypes.POINTER(Options), c_uint32),
        (jm.jm_shm_open, c_int64, c_uint64, c_char_p),
        (jm.jm_shm_open_with, c_int64, c_uint64, c_char_p, ctypes.POINTER(Options)),
        (jm.jm_get, c_void_p, c_int64, c_uint64), (jm.jm_size, c_int64, c_int64), (jm.jm_unlink, c_int, c_char_p),
        (jm.jm_close, c_int, c_int64), (jm.jm_mbind, c_int, c_int64, c_int), (jm.jm_last_error, c_int),
        (jm.jm_last_error_message, c_char_p),
        (jm.jm_queue_open, c_int64, c_uint32, c_uint64, c_uint32, c_char_p),
        (jm.jm_queue_try_push, c_int, c_int64, c_void_p), (jm.jm_queue_push, c_int, c_int64, c_void_p, c_int64),
        (jm.jm_queue_push_n, c_int64, c_int64, c_void_p, c_uint64, c_int64),
        (jm.jm_queue_pop, c_int, c_int64, c_void_p, c_int64),
        (jm.jm_queue_pop_some, c_int64, c_int64, c_void_p, c_uint64, c_int64), (jm.jm_queue_shutdown, c_int, c_int64),
        (jm.jm_wait_create, c_int64), (jm.jm_wait_add, c_int, c_int64, c_int64, c_uint32, c_uint64, c_uint64),
        (jm.jm_wait_fd, c_int, c_int64), (jm.jm_wait_size, c_int64, c_int64),
        (jm.jm_wait, c_int64, c_int64, ctypes.POINTER(Event), c_uint64, c_int64)):
    function.restype, function.argtypes = result, arguments


def error():
    return f"{jm.jm_last_error()} {jm.jm_last_error_message().decode()}"


def checked(result, failure):
    if result == failure:
        sys.exit(error())
    return result


def open_with(size, name, mode):
    options = Options()
    checked(jm.jm_options_init(options, ctypes.sizeof(options)), -1)
    options.open_mode = mode
    return jm.jm_shm_open_with(size, name, options)


def view(memory, count):
    return (ctypes.c_ubyte * count).from_address(checked(jm.jm_get(memory, BYTES), None))


def write(name, language):
    memory = checked(open_with(SEGMENT, name, JM_CREATE_ONLY), -1)
    record = Record.from_address(checked(jm.jm_get(memory, 0), None))
    record.magic, record.count, record.below, record.ratio = MAGIC, SEGMENT - BYTES, -5, 0.1
    record.text = b"written in " + language
    view(memory, record.count)[:] = bytes((31 * i + 7) % 256 for i in range(record.count))
    print("ready", flush=True)
    sys.stdin.readline()
    print(record.reply.decode())
    checked(jm.jm_unlink(name), -1)
    checked(jm.jm_close(memory), -1)


def read(name, language):
    memory = checked(open_with(0, name, JM_OPEN_ONLY), -1)
    record = Record.from_address(checked(jm.jm_get(memory, 0), None))
    print(jm.jm_size(memory), f"{record.magic:x}", record.count, record.below, f"{record.ratio:.17g}",
          zlib.adler32(view(memory, record.count)), record.text.decode())
    record.reply = b"read in " + language
    checked(jm.jm_close(memory), -1)


def print_error(failed):
    print(error() if failed else "0")


def errors(name):
    memory = checked(jm.jm_shm_open(4096, name), -1)
    print_error(open_with(0, name + b"-absent", JM_OPEN_ONLY) == -1)
    print_error(jm.jm_shm_open(3 * 4096, name) == -1)
    print_error(jm.jm_get(memory, 54321) is None)
    jm.jm_unlink(name)
    jm.jm_close(memory)
    print_error(jm.jm_mbind(memory, 0) == -1)
    queue_errors(name)


def queue_errors(name):
    element = ctypes.byref(Element())
    queue = checked(jm.jm_queue_open(JM_MPMC, 2, ctypes.sizeof(Element), name), -1)
    jm.jm_queue_try_push(queue, element)
    jm.jm_queue_try_push(queue, element)
    print_error(jm.jm_queue_try_push(queue, element) == -1)
    print_error(jm.jm_queue_open(JM_MPMC, 2, 16, name) == -1)
    jm.jm_queue_shutdown(queue)
    print_error(jm.jm_queue_try_push(queue, element) == -1)
    jm.jm_unlink(name)
    jm.jm_close(queue)


def open_queue(kind, name):
    number = {b"spsc": JM_SPSC, b"mpsc": JM_MPSC, b"mpmc": JM_MPMC}[kind]
    return checked(jm.jm_queue_open(number, CAPACITY, ctypes.sizeof(Element), name), -1)


def push(kind, name, count, language, shutdown=None):
    queue, number, count, one = open_queue(kind, name), 0, int(count), True
    while number < count:
        numbers = range(number, number + 1 if one else min(number + SOME, count))
        elements = (Element * len(numbers))(*(Element(i, (i + 1) * FACTOR % 2**64, language) for i in numbers))
        if one:
            checked(jm.jm_queue_push(queue, elements, TIMEOUT), -1)
        elif jm.jm_queue_push_n(queue, elements, len(numbers), TIMEOUT) != len(numbers):
            sys.exit(error())
        number, one = numbers.stop, not one
    if shutdown:
        checked(jm.jm_queue_shutdown(queue), -1)
    checked(jm.jm_close(queue), -1)


def take(writers, element):
    text = element.text.decode()
    count, total = writers.get(text, (0, 0))
    if element.number != count or element.check != (count + 1) * FACTOR % 2**64:
        sys.exit(f"{element.number} {element.check:x} of {text} after {count}")
    writers[text] = count + 1, (total + element.check) % 2**64


def pop(kind, name):
    queue, elements, writers, one = open_queue(kind, name), (Element * SOME)(), {}, True
    while True:
        if one:
            count = jm.jm_queue_pop(queue, elements, TIMEOUT) + 1
        else:
            count = jm.jm_queue_pop_some(queue, elements, SOME, TIMEOUT)
        if count <= 0:
            break
        for element in elements[:count]:
            take(writers, element)
        one = not one
    if jm.jm_last_error() != errno.EPIPE:
        sys.exit(error())
    for text, (count, total) in writers.items():
        print(text, count, total)
    checked(jm.jm_close(queue), -1)


def serve(queue, ready, writers):
    """Takes some elements. Returns whether the queue goes on."""
    elements = (Element * SOME)()
    if ready == JM_READY_END:
        return False
    for element in elements[:checked(jm.jm_queue_pop_some(queue, elements, SOME, TIMEOUT), -1)]:
        take(writers, element)
    return True


def wait(*names):
    queues, writers, events = [open_queue(b"mpmc", name) for name in names], [{} for _ in names], (Event * 2)()
    waits = checked(jm.jm_wait_create(), -1)
    for key, queue in enumerate(queues):
        checked(jm.jm_wait_add(waits, queue, JM_READY_ELEMENT, key, 1), -1)
    descriptor = checked(jm.jm_wait_fd(waits), -1)
    while checked(jm.jm_wait_size(waits), -1) > 0:
        if not select.select([descriptor], [], [], TIMEOUT // 10**9)[0]:
            sys.exit("no queue is ready")
        count = jm.jm_wait(waits, events, len(events), 0)
        if count == -1 and jm.jm_last_error() != errno.ETIMEDOUT:
            sys.exit(error())
        for event in events[:max(count, 0)]:
            if not serve(queues[event.key], event.ready, writers[event.key]):
                checked(jm.jm_close(queues[event.key]), -1)  # which removes it from the set
    for name, found in zip(names, writers):
        for text, (count, total) in found.items():
            print(name.decode(), text, count, total)
    checked(jm.jm_close(waits), -1)


CALLS = {"write": write, "read": read, "errors": errors, "push": push, "pop": pop, "wait": wait}
CALLS[sys.argv[1]](*(text.encode() for text in sys.argv[2:]))
