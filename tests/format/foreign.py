#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Another processor's build passes elements through every kind of queue: foreign.py ROOT SECONDS EMULATOR COMPILER..."""

import shutil
import subprocess
import sys
import tempfile

from builds import build, compilers, skip


def main(root, seconds, emulator, *commands):
    if shutil.which(emulator) is None:
        skip(f"{emulator} is not installed")
    with tempfile.TemporaryDirectory(prefix="joinmem-format-") as folder:
        for compiler in compilers(commands, folder):
            program = build(root, compiler, folder, "stress")
            done = subprocess.run([emulator, program, seconds], stdout=subprocess.PIPE, text=True, check=False)
            print(done.stdout)
            if done.returncode != 0:
                return 1
    return 0


sys.exit(main(*sys.argv[1:]))
