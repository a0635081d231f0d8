#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes docs/bench/python.md from the data of bench.py: page.py python.json > python.md"""
import json
import statistics
import sys

HEAD = """<!-- SPDX-License-Identifier: MIT -->
<!-- Written by bench/python/page.py from python.json: edit that program. -->
# Python, measured

How fast two processes in Python pass values to each other, with joinmem and with what else they would use. The package
is [bindings/python](../../bindings/python/README.md).
`PYTHONPATH=build/bindings/python bench/python/bench.py --output docs/bench` repeats the measurements and writes this
page and its data, `python.json`.

## What is measured

One process sends, and its parent receives; nothing is pinned. A measurement takes about {seconds} s after a warm-up of
a tenth of its calls, and the receiver takes the time. A round measures every row with every contender, in random order,
each in processes of its own; the figure is the median of {rounds} rounds, and `±` half of the distance between the
quartiles, in per cent of the median.

- *By 1*: one number of 8 bytes (a Python int), or 64 bytes (a bytes object), for each call.
- *By 1024*: the sender has a numpy array of 1024 elements, and the receiver gets a numpy array of its own, or one that
  it may only read.
- *Frames*: the sender copies a numpy array of 8 MiB into the transport, or hands it over; the receiver reads all of it
  (its maximum). With joinmem and `shared_memory` the frames are in a pool of four, and queues carry their numbers.

The receiver checks the last value of each measurement. A measurement that hangs is repeated once; only pyzmq, by 1, has
ever hung.

## Contenders

- **joinmem**: `Queue` of kind `spsc`, by `push` and `pop`, `push_many` and `pop_many`; frames in a `ShmMem`.
- **multiprocessing.Queue**: pickles, and a thread of the sender writes into a pipe.
- **multiprocessing.Pipe**: `send_bytes` and `recv_bytes`, without pickling; bounded by the pipe's 64 KiB.
- **multiprocessing.shared_memory**: for frames, with a `multiprocessing.Queue` or a `SimpleQueue` for their numbers;
  its pages are touched beforehand.
- **pyzmq**: `PUSH` and `PULL` over `ipc://`; arrays and frames with `copy=False`.

## Figures

"""


def number(value):
    """Three digits, with thousands apart."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def spread(samples):
    if len(samples) < 4:
        return "-"
    low, _, high = statistics.quantiles(samples, n=4)
    return f"{50 * (high - low) / statistics.median(samples):.0f} %"


def table(row):
    """The contenders, the fastest first."""
    each = sorted(row["contenders"], key=lambda contender: contender["median"])
    ours = next(contender["median"] for contender in each if contender["name"] == "joinmem")
    lines = [f"### {row['row']}: {row['title']}", ""]
    rate, scale = ("frames per second", 1) if row["frame"] else ("thousand elements per second", 1000)
    bytes_per_second = " GiB/s |" if row["frame"] else ""
    lines += [f"| contender | {rate} |{bytes_per_second} µs per call | ± | time, of joinmem's |",
              "|---|---|" + ("---|" if row["frame"] else "") + "---|---|---|"]
    for contender in each:
        seconds = contender["median"]
        gib = f" {row['frame'] / seconds / 2**30:.2f} |" if row["frame"] else ""
        title = f"**{contender['title']}**" if contender["name"] == "joinmem" else contender["title"]
        factor = "" if contender["name"] == "joinmem" else f"{seconds / ours:.3g}"
        lines.append(f"| {title} | {number(row['batch'] / seconds / scale)} |{gib} {number(seconds * 1e6)} | "
                     f"{spread(contender['seconds'])} | {factor} |")
    if each[0]["name"] != "joinmem":
        lines += ["", REASONS.get(row["row"], "joinmem is not the first here.")]
    return "\n".join(lines) + "\n"


REASONS = {}  # why a row is lost


def page(result):
    of = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in of["versions"].items())
    best = [min(row["contenders"], key=lambda contender: contender["median"])["name"] for row in result["rows"]]
    first = best.count("joinmem")
    text = HEAD.format(seconds=result["seconds"], rounds=result["rounds"])
    text += f"Machine: {of['cpu']}, {of['cpus']} CPUs, a virtual machine, Linux {of['kernel']}. {versions}.\n"
    text += f"joinmem is the first in {first} of {len(result['rows'])} rows.\n\n"
    return text + "\n".join(map(table, result["rows"]))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as data:
        print(page(json.load(data)), end="")
