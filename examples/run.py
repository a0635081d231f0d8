#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs examples and compares their output with a file: run.py EXPECTED PROGRAM [ARGUMENT...] [-- PROGRAM ...]

In the file "..." stands for any text, as in Python's doctest. Programs after a -- run one after the other; all must
end with 0, write nothing to stderr and leave nothing in /dev/shm. A program that cannot run here prints the reason and
ends with 77, and so does this one: Meson counts the test as skipped.
"""
import difflib
import doctest
import fcntl
import os
import signal
import subprocess
import sys

SHM = "/dev/shm"
NAMES = ("greeting", "example-")
SKIPPED = 77


def left_over():
    return sorted(name for name in os.listdir(SHM) if name.startswith(NAMES))


def clear():
    for name in left_over():
        os.unlink(os.path.join(SHM, name))


def split(arguments):
    """Splits the command lines at each --."""
    commands = [[]]
    for argument in arguments:
        if argument == "--":
            commands.append([])
        else:
            commands[-1].append(argument)
    return commands


def same(expected, printed):
    return doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS)


def run(commands):
    """Returns the output of the programs, and an error text if one failed, else None."""
    printed = ""
    for command in commands:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        printed += done.stdout
        if done.returncode == SKIPPED:
            print(done.stdout, end="")
            sys.exit(SKIPPED)
        if done.returncode != 0 or done.stderr:
            return printed, f"{' '.join(command)}\nended with {done.returncode} and printed:\n{done.stderr}"
    return printed, None


def check(expected, commands):
    printed, wrong = run(commands)
    if wrong:
        return wrong
    if not same(expected, printed):
        return "the output differs from the expected one:\n" + "".join(difflib.unified_diff(
            expected.splitlines(True), printed.splitlines(True), "expected", "printed"))
    if left_over():
        return f"files remain in {SHM}: {' '.join(left_over())}"
    print(printed, end="")
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        expected = file.read()
    # The examples use fixed names: a lock runs one at a time, across all build directories.
    lock = os.open(SHM, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    clear()
    try:
        wrong = check(expected, split(sys.argv[2:]))
    finally:
        clear()
    if wrong:
        sys.exit(wrong)


if __name__ == "__main__":
    main()
