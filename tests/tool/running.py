# SPDX-License-Identifier: MIT
"""Shared by tests of the tool: the tool run or started, queues through the C ABI, names unique to this run."""
import contextlib
import ctypes
import glob
import os
import signal
import subprocess
import sys
import time
import unittest
from ctypes import c_char_p, c_int, c_int64, c_uint32, c_uint64, c_void_p

# nohup ignores SIGHUP, and shells ignore SIGINT in the background; programs would inherit that.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

SPSC, MPSC, MPMC = 1, 2, 3
PREFIX = f"joinmem-tool-{os.getpid()}"
TOOL, LIBRARY = map(os.path.abspath, sys.argv[1:3])
PATIENCE = 30  # seconds, for what takes milliseconds: a watchdog that only finds a hang

jm = ctypes.CDLL(LIBRARY)
for function, result, *arguments in (
        (jm.jm_shm_open, c_int64, c_uint64, c_char_p), (jm.jm_close, c_int, c_int64), (jm.jm_unlink, c_int, c_char_p),
        (jm.jm_last_error_message, c_char_p), (jm.jm_queue_open, c_int64, c_uint32, c_uint64, c_uint32, c_char_p),
        (jm.jm_queue_try_push, c_int, c_int64, c_void_p), (jm.jm_queue_try_pop, c_int, c_int64, c_void_p),
        (jm.jm_queue_pop, c_int, c_int64, c_void_p, c_int64), (jm.jm_queue_pending, c_int64, c_int64),
        (jm.jm_queue_shutdown, c_int, c_int64)):
    function.restype, function.argtypes = result, arguments


class Queue:
    """A queue that another program than the tool uses; removed at the end."""

    def __init__(self, name, kind=MPMC, capacity=64, size=8):
        self.name, self.size = name.encode(), size
        self.handle = jm.jm_queue_open(kind, capacity, size, self.name)
        if self.handle == -1:
            raise OSError(jm.jm_last_error_message().decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        jm.jm_close(self.handle)
        jm.jm_unlink(self.name)

    def push(self, *elements):
        for element in elements:
            if jm.jm_queue_try_push(self.handle, element.ljust(self.size, b"\0")) == -1:
                raise OSError(jm.jm_last_error_message().decode())

    def pop(self):
        """Pops all elements."""
        element, found = ctypes.create_string_buffer(self.size), []
        while jm.jm_queue_try_pop(self.handle, element) == 0:
            found.append(element.raw)
        return found

    def pending(self):
        return jm.jm_queue_pending(self.handle)

    def shutdown(self):
        jm.jm_queue_shutdown(self.handle)


def run(*arguments, given=b"", **options):
    return subprocess.run([TOOL, *map(str, arguments)], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE, check=False, **options)


@contextlib.contextmanager
def started(*arguments, before=(), **options):
    """The running tool, killed at the end; `before` is the command that starts it."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([*before, TOOL, *map(str, arguments)], **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def until(ready, what):
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: in vain for {PATIENCE} s")
        time.sleep(0.002)


def exists(name):
    return os.path.exists(f"/dev/shm/{name}")


def sleeps(process):
    """Whether the process waits in the kernel, by /proc."""
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


class ToolTest(unittest.TestCase):
    count = 0

    def setUp(self):
        ToolTest.count += 1
        self.name = f"{PREFIX}-{ToolTest.count}"

    def tearDown(self):
        left = [os.path.basename(path) for path in glob.glob(f"/dev/shm/{PREFIX}-*")]
        for name in left:
            jm.jm_unlink(name.encode())
        self.assertEqual(left, [], "names are left in /dev/shm")

    def remove(self):
        self.assertTrue(exists(self.name), "the queue is there still")
        jm.jm_unlink(self.name.encode())

    def says(self, done, status, *words):
        """The exit status, and the words of the message on standard error; no words: no message."""
        said = done.stderr if isinstance(done.stderr, bytes) else done.communicate(timeout=PATIENCE)[1]
        self.assertEqual((done.returncode, said != b""), (status, words != ()), said)
        for word in words:
            self.assertIn(word, said.decode())
        if words:
            self.assertTrue(said.startswith(b"joinmem: ") or status == 2, said)
            self.assertEqual(said.count(b"\n"), 1 if said.startswith(b"joinmem: ") else said.count(b"\n"), said)
