#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Processes of different builds exchange elements: exchange.py ROOT COMMAND...

COMMAND is a compiler with its flags. It builds the library and tests/format/exchange.cpp; the program of the first
COMMAND exchanges elements with that of each other COMMAND, both ways, for each kind and three element sizes."""

import os
import pathlib
import subprocess
import sys
import tempfile

from builds import build, compilers

COUNT = "20000"


def exchange(producer, consumer, kind, size):
    name = f"/joinmem-test-{os.getpid()}-exchange"
    sides = [subprocess.Popen([*program, what, kind, size, name, COUNT], stdout=subprocess.PIPE, text=True)
             for program, what in ((producer, "push"), (consumer, "pop"))]
    try:
        said = [side.communicate(timeout=60)[0] for side in sides]
    finally:
        for side in sides:
            side.kill()
        path = pathlib.Path("/dev/shm" + name)
        path.unlink(missing_ok=True)
    return [] if all(side.returncode == 0 for side in sides) else [f"{kind} of {size}: {' '.join(said)}"]


def main(root, *commands):
    with tempfile.TemporaryDirectory(prefix="joinmem-format-") as folder:
        programs = [build(root, compiler, folder, "exchange") for compiler in compilers(commands, folder)]
        faults = []
        pairs = [(programs[0], other) for other in programs[1:]] + [(other, programs[0]) for other in programs[1:]]
        for producer, consumer in pairs:
            for kind in ("spsc", "mpsc", "mpmc"):
                for size in ("8", "12", "200"):
                    faults += exchange(producer, consumer, kind, size)
    print("\n".join(faults))
    print(f"{len(pairs) * 9} exchanges, {len(faults)} failed")
    return 1 if faults or not pairs else 0


sys.exit(main(*sys.argv[1:]))
