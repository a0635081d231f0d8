# SPDX-License-Identifier: MIT
"""What the validate.py of every benchmark needs."""

import os
import subprocess
import sys


def names():
    """The segments of benchmarks in /dev/shm."""
    return {entry for entry in os.listdir("/dev/shm") if entry.startswith("joinmem-bench.")}


def run(*command):
    """What the command writes to its standard output. Exits if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
