#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the bench of wait sets writes valid JSON, rejects faulty peers and leaves nothing behind, and each
goal is missed where a figure misses it: validate.py BENCH PAGE."""

import json
import pathlib
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parents[1] / "harness"), str(here)]
import artifacts  # noqa: E402
from goals import goals  # noqa: E402
from validation import names, run  # noqa: E402

ROUNDS = 2
ROWS = "wake (1|16) (processes|threads), 200us$|busy 128 (processes|threads), all in use$|idle 128 threads"
FAULTS = {"faulty: loses": {"lost elements"}, "faulty: doubles": {"doubled elements", "broke the order of a producer"},
          "faulty: swaps": {"broke the order of a producer", "corrupted elements"},
          "faulty: alters": {"corrupted elements", "broke the order of a producer"},
          "faulty: misnames": {"corrupted elements", "lost elements"}}
SPINS = "faulty: spins"
CONTENDERS = {"wait", "descriptor", "awaitElement", "poll", "eventfd + epoll", "pipe + epoll"}
OPTIONAL = {"iceoryx WaitSet", "ZeroMQ ipc"}
KEYS = {"wake": ("value", "p99_ns", "push_ns", "line_ns"), "busy": ("value", "line_ns"),
        "idle": ("value", "cpu_percent", "threads", "descriptors")}


def complaints_about(result):
    where = f"{result['contender']}, {result['row']}"
    if result["contender"] in FAULTS:
        if result["fault"] not in FAULTS[result["contender"]]:
            yield f"{where}: fault {result['fault']}, error {result['error']}"
        return
    if result["error"] is not None or result["fault"] is not None:
        yield f"{where}: {result['error'] or result['fault']}"
        return
    for key in KEYS[result["shape"]]:
        if result[key] is None or len(result[key]["rounds"]) != ROUNDS:
            yield f"{where}: {key} is {result[key]}"
    if result["shape"] == "wake" and result["value"]["median"] <= 0:
        yield f"{where}: {result['value']}"
    if result["contender"] == SPINS and result["cpu_percent"]["median"] < 20:
        yield f"{where}: a waiter that spins uses {result['cpu_percent']['median']} % of a CPU"


def made(shape, contender, queues, processes=True, **figures):
    keys = ("value", "p99_ns", "threads", "descriptors")
    result = {key: {"median": figures.get(key, 0), "q1": 0, "q3": 0} for key in keys}
    return {**result, "row": f"{shape} {queues} {processes}", "shape": shape, "contender": contender, "queues": queues,
            "processes": processes, "fault": None, "error": None}


def reached(**changes):
    """Results that just meet every goal; `changes` has other figures: name = (key, value)."""
    results = {
        "few": made("wake", "wait", 127, value=100, p99_ns=1000),
        "few_peer": made("wake", "eventfd + epoll", 127, value=100, p99_ns=1000),
        "many": made("wake", "wait", 4096, value=400, p99_ns=4000),
        "descriptor": made("wake", "descriptor", 4096, value=250, p99_ns=2500),
        "many_peer": made("wake", "eventfd + epoll", 4096, value=100, p99_ns=1000),
        "busy": made("busy", "wait", 128, value=5), "poll": made("busy", "poll", 128, value=10),
        "idle": made("idle", "wait", 4096, value=20, threads=33, descriptors=2),
        "private": made("idle", "wait", 128, False, threads=2),
    }
    for name, (key, value) in changes.items():
        results[name][key]["median"] = value
    return {"results": list(results.values())}


PLANTED = {
    "p50 of `wait ()`, up to": {"few": ("value", 101)}, "p99 of `wait ()`, up to": {"few": ("p99_ns", 1010)},
    "p50 of `wait ()`, more": {"many": ("value", 401)}, "p99 of `wait ()`, more": {"many": ("p99_ns", 4010)},
    "p50 of the descriptor": {"descriptor": ("value", 251)}, "p99 of the descriptor": {"descriptor": ("p99_ns", 2510)},
    "busy set handles": {"busy": ("value", 4.9)}, "wakes at most 20": {"idle": ("value", 21)},
    "private queues does not wake": {"private": ("value", 1)}, "a helper thread for each": {"idle": ("threads", 34)},
    "at most 2 descriptors": {"idle": ("descriptors", 3)},
}


def goal_complaints():
    for goal in goals(reached()):
        if "**met**" not in goal:
            yield f"just reached, and not met: {goal}"
    for words, changes in PLANTED.items():
        missed = [goal for goal in goals(reached(**changes)) if "**missed**" in goal]
        if len(missed) != 1 or words not in missed[0]:
            yield f"planted: {words}; missed: {missed}"


def main(bench, page):
    before = names()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "wait-set.json")
        run(bench, "--faulty", "--rounds", str(ROUNDS), "--seconds", "0.02", "--tries", "1", "--only", ROWS, "--json",
            str(path))
        data = json.loads(path.read_text())
        artifacts.pack(path)
        run(sys.executable, page, folder)
        text = pathlib.Path(folder, "wait-set.md").read_text()
    complaints = [complaint for result in data["results"] for complaint in complaints_about(result)]
    complaints += goal_complaints()
    seen = {result["contender"] for result in data["results"]}
    expected = (CONTENDERS | OPTIONAL | set(FAULTS) | {SPINS}) - set(data["missing"])
    complaints += [f"missing: {name}" for name in sorted(expected - seen)]
    complaints += [f"left over: {name}" for name in names() - before]
    complaints += [f"the page lacks {name}" for name in sorted(seen) if name not in text]
    sys.exit("\n".join(complaints) if complaints else 0)


main(*sys.argv[1:])
