# SPDX-License-Identifier: MIT
"""What the tests share: names of segments that are removed afterwards, and processes that end in any case."""
import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import threading
import traceback
import unittest

import joinmem

try:
    import numpy
except ImportError:
    numpy = None

needs_numpy = unittest.skipIf(numpy is None, "numpy is not installed")
PATIENCE = 60  # seconds until something that does not happen is a failure
_numbers = itertools.count()


class Case(unittest.TestCase):
    """A test whose segments are removed, and whose processes are ended, in any case."""

    def name(self):
        name = f"/test-python-{os.getpid()}-{next(_numbers)}"
        self.addCleanup(joinmem.unlink, name)
        return name

    def process(self, code, *arguments, **options):
        """Starts a Python program with the words as sys.argv[1:]."""
        process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, **options)
        self.addCleanup(end, process)
        return process

    def finish(self, process, status=0):
        """Waits for the end of a process. Returns its output."""
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, status, output)
        return output

    def raises(self, number, *kinds):
        """A context in which an Error with this errno is raised, which is an instance of all kinds."""
        return Raises(self, number, kinds)

    def until(self, condition):
        """Waits until something is true, as another thread or process makes it."""
        waited = threading.Event()
        for _ in range(PATIENCE * 200):
            if condition():
                return
            waited.wait(0.005)
        self.fail("it did not happen")

    def until_asleep(self, thread, process=None):
        """Waits until a thread, by its native id, sleeps in the kernel, in this process or another one."""
        self.until(lambda: is_asleep(thread, process))

    def forked(self, function):
        """Runs a function in a forked child, which ends after it. Returns once it has returned there."""
        child = os.fork()
        if child == 0:
            try:
                function()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def thread(self, function, *arguments):
        """Starts a thread; result() waits for its end, and returns or raises what the function did."""
        return Thread(function, arguments)


def is_asleep(thread, process=None):
    """Whether a thread sleeps in the kernel: in its wait or, for a moment before, because it needs the GIL."""
    try:
        with open(f"/proc/{process or 'self'}/task/{thread}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "S"  # the name may have brackets
    except FileNotFoundError:
        return False  # it has ended


def at_line(number, action, function, *modules):
    """Calls the function, and the action before it executes its number-th line in the modules, from 1.

    Returns whether the function has executed so many lines.
    """
    files, left = [module.__file__ for module in modules], number

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                action()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return left <= 0


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE))


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink("/proc/self/fd/" + name)
        except FileNotFoundError:
            pass  # that of listdir
    return found


class Raises(contextlib.AbstractContextManager):
    def __init__(self, case, number, kinds):
        self.case, self.number, self.kinds, self.error = case, number, kinds, None

    def __exit__(self, kind, error, trace):
        self.case.assertIsInstance(error, joinmem.Error)
        self.case.assertEqual(error.errno, self.number, str(error))
        self.case.assertRegex(error.strerror, "[a-z]{3}.* .*[a-z]{3}")
        for expected in self.kinds:
            self.case.assertIsInstance(error, expected)
        self.error = error
        return True


class Thread:
    def __init__(self, function, arguments):
        self.value = self.error = None
        self.thread = threading.Thread(target=self.run, args=(function, arguments), daemon=True)
        self.thread.start()

    def run(self, function, arguments):
        try:
            self.value = function(*arguments)
        except BaseException as error:  # result () raises it
            self.error = error

    def result(self):
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            raise AssertionError("the thread does not end")
        if self.error is not None:
            raise self.error
        return self.value


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


def main():
    unittest.main(verbosity=1)
