# SPDX-License-Identifier: MIT
"""Shared by tests of the tool: a /dev/shm of their own, makers of segments, and a terminal."""

import ctypes
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

SKIPPED = 77
PATIENCE = 30  # seconds, for what takes milliseconds: a watchdog that only finds a hang


def own_shm():
    """Runs the rest in a mount namespace with its own /dev/shm, so that garbage collection affects no other process."""
    if "JOINMEM_OWN_SHM" in os.environ:
        return
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", "/dev/shm"], capture_output=True).returncode != 0:
        print("skipped: this user may make no mount namespace")
        sys.exit(SKIPPED)
    os.environ["JOINMEM_OWN_SHM"] = "root" if os.geteuid() == 0 else "nobody"
    command = 'mount -t tmpfs -o mode=1777,size=256m none /dev/shm && exec "$@"'
    os.execvp("unshare", [*unshare, "sh", "-c", command, "sh", sys.executable, *sys.argv])


def is_root():
    """Whether the user is root of the machine, and not only of a user namespace."""
    return os.environ.get("JOINMEM_OWN_SHM") == "root"


def in_tree(text):
    """The text without what differs between runs."""
    text = re.sub(r"\b\d+(ns|us|ms|s|m|h|d)\b", "AGE", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE", text)
    text = re.sub(r"inode \d+", "inode N", text)
    text = re.sub(r"process \d+", "process PID", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def until(ready, what):
    """Returns when ready () is true; the message of a timeout is what ()."""
    stop = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < stop, what()
        time.sleep(0.02)


class Shm(unittest.TestCase):
    """Removes after each test what it leaves in its own /dev/shm."""

    def tearDown(self):
        for name in os.listdir("/dev/shm"):
            os.unlink("/dev/shm/" + name)

    def names(self):
        return sorted(os.listdir("/dev/shm"))


class Tool:
    def __init__(self, path):
        self.path = path

    def run(self, *words, **more):
        more.setdefault("timeout", PATIENCE)
        return subprocess.run([self.path, *words], capture_output=True, text=True, **more)

    def output(self, *words):
        run = self.run(*words)
        assert run.returncode == 0, f"{words}: {run.returncode}: {run.stderr}"
        return run.stdout


class Maker:
    """A program that creates a segment and keeps it open until its end."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", command

    def tell(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.stdin.close()
            self.process.wait(timeout=PATIENCE)
            self.process.stdout.close()


class Library:
    """joinmem.h as a Python program uses it."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.jm_queue_open.restype = ctypes.c_int64
        self.lib.jm_shm_open.restype = ctypes.c_int64
        self.lib.jm_queue_open.argtypes = [ctypes.c_uint32, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_char_p]
        self.lib.jm_shm_open.argtypes = [ctypes.c_uint64, ctypes.c_char_p]
        self.lib.jm_inspect.restype = self.lib.jm_inspect_pages.restype = ctypes.c_int64
        self.lib.jm_queue_try_push.argtypes = [ctypes.c_int64, ctypes.c_void_p]
        self.lib.jm_close.argtypes = [ctypes.c_int64]
        self.lib.jm_unlink.argtypes = [ctypes.c_char_p]

    def queue(self, name, kind=1, capacity=8, size=4, pushed=0):
        handle = self.lib.jm_queue_open(kind, capacity, size, name.encode())
        assert handle > 0, name
        element = ctypes.create_string_buffer(size)
        for _ in range(pushed):
            assert self.lib.jm_queue_try_push(handle, element) == 0
        return handle

    def memory(self, name, size=4096):
        handle = self.lib.jm_shm_open(size, name.encode())
        assert handle > 0, name
        return handle

    def inspect(self, name):
        text = ctypes.create_string_buffer(8192)
        assert 0 < self.lib.jm_inspect(name.encode(), text, ctypes.c_uint64(len(text))) < len(text), name
        return text.value.decode()

    def inspect_pages(self, name):
        text = ctypes.create_string_buffer(8192)
        length = self.lib.jm_inspect_pages(name.encode(), ctypes.c_uint64(2**64 - 1), text, ctypes.c_uint64(len(text)))
        assert 0 < length < len(text), name
        return text.value.decode()

    def close(self, *handles):
        for handle in handles:
            assert self.lib.jm_close(handle) == 0


class Terminal:
    """A program on a pseudo terminal, and all its output."""

    def __init__(self, *command, environment=None, columns=0, lines=24):
        self.pid, self.end = pty.fork()
        if columns != 0:
            fcntl.ioctl(0 if self.pid == 0 else self.end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if self.pid == 0:
            os.environ.update(environment or {})
            os.execvp(command[0], command)
        self.seen = ""

    def until(self, words):
        stop = time.monotonic() + PATIENCE
        while words not in self.seen:
            ready, _, _ = select.select([self.end], [], [], max(0, stop - time.monotonic()))
            assert ready, f"{words!r} did not come, but {self.seen!r}"
            try:
                self.seen += os.read(self.end, 65536).decode("utf-8", "replace")
            except OSError:
                break
        return self.seen

    def press(self, keys):
        os.write(self.end, keys.encode())

    def hang_up(self):
        """Hangs up the terminal; returns when the program has ended."""
        os.close(self.end)
        try:
            until(lambda: os.waitpid(self.pid, os.WNOHANG)[0] != 0, lambda: "it goes on without a terminal")
        except AssertionError:
            os.kill(self.pid, signal.SIGKILL)
            raise

    def finish(self):
        """The exit status, after all output has been read."""
        while True:
            try:
                data = os.read(self.end, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode("utf-8", "replace")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.end)
        return os.waitstatus_to_exitcode(status)
