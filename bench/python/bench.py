#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares joinmem for Python with what else Python has between two processes: bench.py [--rounds N] [--output FOLDER]

Writes python.json and python.md into the folder. PYTHONPATH has the package, as BUILD/bindings/python. A round measures
every row with every contender, in random order, each in processes of its own: so a change of the machine's speed meets
all of them. Takes about two minutes.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import random
import signal
import statistics
import subprocess
import sys
import time

import numpy

import joinmem
import page
from contenders import CONTENDERS, CONTEXT, contenders_of


@dataclasses.dataclass(frozen=True)
class Row:
    """What is sent: elements one by one, batches of them as an array, or frames."""

    title: str
    format: object = None   # of an element that is sent alone, as joinmem.Queue takes it
    batch: int = 1          # elements of a call
    dtype: object = None    # of an element of a batch
    frame: int = 0          # bytes of a frame; 0: no frames

    def value(self):
        """What the producer sends, each time."""
        if self.frame:
            return numpy.full(self.frame // 8, 7, "u8")
        if self.batch > 1:
            return numpy.full(self.batch * numpy.dtype(self.dtype).itemsize // 8, 7, "u8").view(self.dtype)
        return 7 if self.format == "Q" else b"x" * self.format

    def check(self, value):
        """Whether the consumer got it."""
        if self.frame:
            return value == 7
        if self.batch > 1:
            return value.shape == (self.batch,) and value.dtype == self.dtype and value.view("u8")[-1] == 7
        return value == self.value()


ROWS = {
    "8 B by 1": Row("8-byte numbers, one per call", "Q"),
    "64 B by 1": Row("64-byte elements, one per call", 64),
    "8 B by 1024": Row("arrays of 1024 numbers of 8 bytes", "Q", 1024, numpy.dtype("u8")),
    "64 B by 1024": Row("arrays of 1024 records of 64 bytes", 64, 1024, numpy.dtype([("x", "u8", 8)])),
    "8 MiB": Row("frames of 8 MiB: filled by the producer, read by the consumer", frame=8 << 20),
}


def produce(contender, row, calls):
    link, value = contender.producer(), row.value()
    send = link.send
    for _ in range(calls):
        send(value)
    link.finish()


def consume(receive, calls):
    for _ in range(calls - 1):
        receive()
    return receive()


def measure(name, row, calls):
    """Returns seconds per call, without the first tenth of the calls."""
    contender = CONTENDERS[name](row)
    try:
        first = max(1, calls // 10)
        process = CONTEXT.Process(target=produce, args=(contender, row, first + calls))
        process.start()
        receive = contender.consumer().receive
        consume(receive, first)
        start = time.perf_counter()
        last = consume(receive, calls)
        seconds = time.perf_counter() - start
        process.join()
        if process.exitcode != 0 or not row.check(last):
            sys.exit(f"{name}: {row.title}: the producer ended with {process.exitcode}, the last value is {last!r}")
        return seconds / calls
    finally:
        contender.close()


def one(row, name, calls):
    """Measures in a process of its own; twice if the first one hangs, which must not end the other rows."""
    for _ in range(2):
        with subprocess.Popen([sys.executable, __file__, "--one", row, name, str(calls)], stdout=subprocess.PIPE,
                              text=True, start_new_session=True) as process:
            try:
                output, _ = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                print(f"{name}: {row}: {calls} calls hang", file=sys.stderr, flush=True)
                continue
            if process.returncode == 0:
                return float(output)
            sys.exit(f"{name}: {row}: ended with {process.returncode}")
    sys.exit(f"{name}: {row}: hangs")


def calls_for(row, name, seconds):
    """How many calls take about that long."""
    calls = 10 if ROWS[row].frame else 200
    while True:
        each = one(row, name, calls)
        if each * calls >= seconds / 5:
            return max(calls // 2, int(seconds / each))
        calls *= 5


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    versions = {"Python": platform.python_version(), "numpy": numpy.__version__}
    try:
        import zmq
        versions["pyzmq"] = f"{zmq.__version__} with libzmq {zmq.zmq_version()}"
    except ImportError:
        pass
    return {"cpu": models[0] if models else platform.machine(), "cpus": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "versions": versions}


def run(rounds, seconds):
    plan = [(row, name) for row in ROWS for name in contenders_of(ROWS[row])]
    calls = {each: calls_for(*each, seconds) for each in plan}
    samples = {each: [] for each in plan}
    for number in range(rounds):
        random.shuffle(plan)
        for each in plan:
            samples[each].append(one(*each, calls[each]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    rows = []
    for key, row in ROWS.items():
        each = [{"name": name, "title": CONTENDERS[name].title, "calls": calls[key, name],
                 "seconds": samples[key, name], "median": statistics.median(samples[key, name])}
                for name in contenders_of(row)]
        rows.append({"row": key, "title": row.title, "batch": row.batch, "frame": row.frame, "contenders": each})
    return {"machine": machine(), "rounds": rounds, "seconds": seconds, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each measurement")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--one", nargs=3, metavar=("ROW", "CONTENDER", "CALLS"),
                        help="measures once, and prints seconds per call")
    options = parser.parse_args()
    if options.one:
        row, name, calls = options.one
        print(measure(name, ROWS[row], int(calls)))
        return
    result = run(options.rounds, options.seconds)
    (options.output / "python.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (options.output / "python.md").write_text(page.page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
