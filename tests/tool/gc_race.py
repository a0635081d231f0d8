#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""20 users attach in 10 000 rounds while the tool collects garbage: gc_race.py TOOL GC_USERS"""

import os
import subprocess
import sys

import world

world.own_shm()
status = subprocess.run([sys.argv[2], sys.argv[1], "race", "20", "500"]).returncode
subprocess.run([sys.argv[1], "gc"], stdout=subprocess.DEVNULL, check=True)
left = os.listdir("/dev/shm")
if left:
    print("left behind:", *left)
sys.exit(1 if status != 0 or left else 0)
