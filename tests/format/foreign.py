#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A build for another processor uses every kind of queue: foreign.py ROOT SECONDS EMULATOR COMPILER..."""

import subprocess
import sys
import tempfile

from builds import build, compilers


def main(root, seconds, emulator, *commands):
    with tempfile.TemporaryDirectory(prefix="joinmem-format-") as folder:
        for compiler in compilers(commands, folder):
            program = build(root, compiler, folder, "stress", emulator)
            done = subprocess.run([*program, seconds], stdout=subprocess.PIPE, text=True, check=False)
            print(done.stdout)
            if done.returncode != 0:
                return 1
    return 0


sys.exit(main(*sys.argv[1:]))
