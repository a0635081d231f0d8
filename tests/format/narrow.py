#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""32-bit processes, with 32-bit and 64-bit time_t, reject what they have no room for, and sleep: narrow.py ROOT COMMAND

COMMAND is a 32-bit compiler with its flags."""

import os
import pathlib
import subprocess
import sys
import tempfile

from builds import build, compilers


def main(root, command):
    failed = []
    with tempfile.TemporaryDirectory(prefix="joinmem-format-") as folder:
        for more in ("", " -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64"):
            for compiler in compilers([command + more], folder):
                name = f"/joinmem-test-{os.getpid()}-narrow"
                done = subprocess.run([*build(root, compiler, folder, "narrow"), name], stdout=subprocess.PIPE, text=True,
                                      timeout=60, check=False)
                pathlib.Path("/dev/shm" + name).unlink(missing_ok=True)
                print(done.stdout, end="")
                failed += [more] if done.returncode != 0 else []
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
