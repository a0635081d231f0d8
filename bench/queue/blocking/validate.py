#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the bench of blocking calls writes valid JSON, rejects faulty queues, counts system calls and leaves
nothing behind: validate.py BENCH LIBRARY PAGE. The library takes part as its own baseline."""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import artifacts  # noqa: E402
from validation import names, run  # noqa: E402

ROUNDS = 2
ROWS = "spsc 1x1 (8|64)B threads, free|mpmc 2x2 8B processes, free|rate 200us threads, free, idle|roundtrip 2us work, free"
FAULTS = {"faulty: loses": {"lost elements"}, "faulty: doubles": {"doubled elements", "broke the order of a producer"},
          "faulty: swaps": {"broke the order of a producer"},
          "faulty: alters": {"corrupted elements", "broke the order of a producer"}}
CONTENDERS = {"push blocks", "pop blocks", "both block", "yield", "ours", "C ABI", "C ABI both block", "baseline",
              "baseline both block", "mutex", "pipe", "Unix socket", "eventfd", "POSIX mq"}


def complaints_about(result):
    where = f"{result['contender']}, {result['row']}"
    if result["contender"] in FAULTS:
        if result["fault"] not in FAULTS[result["contender"]]:
            yield f"{where}: fault {result['fault']}, error {result['error']}"
        return
    if result["error"] is not None or result["fault"] is not None:
        yield f"{where}: {result['error'] or result['fault']}"
        return
    for key in ("value", "cpu_ns", "voluntary_switches", "line_ns"):
        if result[key] is None or len(result[key]["rounds"]) != ROUNDS:
            yield f"{where}: {key} is {result[key]}"
    if result["value"]["median"] <= 0:
        yield f"{where}: {result['value']}"


def counting_complaints(data):
    """A consumer that sleeps for each element makes a system call for it, in the linked library and in a loaded one."""
    if not data["counts_system_calls"]:
        return
    for result in data["results"]:
        if result["row"].startswith("rate") and result["contender"] in ("ours", "C ABI", "baseline", "pipe"):
            if result["system_calls"] is None or result["system_calls"]["median"] < 1:
                yield f"{result['contender']}, {result['row']}: {result['system_calls']} system calls per element"


def main(bench, library, page):
    before = names()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "blocking.json")
        run(bench, "--all", "--faulty", "--rounds", str(ROUNDS), "--seconds", "0.02", "--tries", "1", "--only", ROWS,
            "--baseline", library, "--json", str(path))
        data = json.loads(path.read_text())
        artifacts.pack(path)
        run(sys.executable, page, folder)
        text = pathlib.Path(folder, "blocking.md").read_text()
    complaints = [text for result in data["results"] for text in complaints_about(result)] + list(counting_complaints(data))
    seen = {result["contender"] for result in data["results"]}
    complaints += [f"missing: {name}" for name in sorted((CONTENDERS | set(FAULTS)) - seen)]
    complaints += [f"left over: {name}" for name in names() - before]
    complaints += [f"the page lacks {row}" for row in {r["row"] for r in data["results"]} if row not in text]
    sys.exit("\n".join(complaints) if complaints else 0)


main(*sys.argv[1:])
