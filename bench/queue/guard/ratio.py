#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our queues keep close to textbook rings on any machine: the best of several interleaved rounds: ratio.py BENCH"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROWS = "spsc 1P1C 8B 1Ki by (1|32)$|spsc alone 8B 1Ki by (1|32)$|mpmc 2P2C 8B 1Ki by 1$"
ROUNDS = 9
# Multiples of the baseline, with a wide margin: other programs may run, and the check is for losses of about half.
LEAST = {"spsc 1P1C 8B 1Ki by 1": 0.7, "spsc 1P1C 8B 1Ki by 32": 0.6, "spsc alone 8B 1Ki by 1": 0.25,
         "spsc alone 8B 1Ki by 32": 0.6, "mpmc 2P2C 8B 1Ki by 1": 0.4}


def best(result):
    """The best of all rounds, at the distance with the most rounds."""
    figures = [result[d]["rounds"] for d in ("sibling", "near", "far") if d in result]
    rounds = max(figures, key=len, default=[])
    return (max if result["unit"] == "M/s" else min)(rounds, default=0)


def ratios(bench):
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name, "queue.json")
        # Accepts any distance and any load: all figures are in one class.
        done = subprocess.run([bench, "--only", ROWS, "--contenders", "^(LocalMem|baseline)$", "--rounds", str(ROUNDS),
                               "--seconds", "0.06", "--tries", "1", "--others", "1", "--drift", "1000", "--sibling", "0",
                               "--near", "1e9", "--json", path], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{bench}: {done.returncode}\n{done.stdout}{done.stderr}")
        data = json.loads(path.read_text())
    found = {(r["row"], r["contender"]): r for r in data["results"]}
    for row in LEAST:
        ours, theirs = best(found[row, "LocalMem"]), best(found[row, "baseline"])
        if not ours or not theirs:
            yield row, 0.0
            continue
        yield row, ours / theirs if found[row, "LocalMem"]["unit"] == "M/s" else theirs / ours


def main(bench):
    if os.cpu_count() < 2:
        print("two processors are needed")
        sys.exit(77)
    wrong = 0
    for row, ratio in ratios(bench):
        behind = ratio < LEAST[row]
        wrong += behind
        print(f"{row}: {ratio:.2f} times the baseline, {LEAST[row]} is the least{': too slow' if behind else ''}")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
