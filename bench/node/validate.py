#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the bench of Node.js has a figure for each contender of each row, rejects faulty contenders and leaves
nothing behind: validate.py BUILD CC CXX"""
import os
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "bindings/node"), str(HERE.parent / "harness")]
import run as binding  # noqa: E402  the paths come first
from validation import run  # noqa: E402

BOTH = {"joinmem, process", "process.send", "Unix socket", "joinmem, worker", "postMessage"}
ROWS = {"One 8-byte number": BOTH | {"joinmem, process, await each"}, "1024 numbers in one message": BOTH,
        "A frame of 8 MiB": BOTH | {"SharedArrayBuffer, postMessage"}, "A round trip of one 8-byte number": BOTH}
FAULTY = {"faulty: loses": "995", "faulty: doubles": "995", "faulty: swaps": "2", "faulty: alters": "1"}  # of 1000
FIGURE = r"\d[\d.]* (?:ns|µs|ms)"
LINE = re.compile(rf"^\| (.*) \| {FIGURE} \| {FIGURE} to {FIGURE} \| \d[\d.e+]* \|$", re.M)


def left_over():
    return {str(path) for folder in ("/dev/shm", "/tmp") for path in pathlib.Path(folder).glob("joinmem-bench-node-*")}


def complaints_about(page, said):
    parts = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    for row in sorted(parts.keys() ^ ROWS.keys()):
        yield f"the rows differ: {row}"
    for row, contenders in ROWS.items():
        for contender in sorted(contenders ^ set(LINE.findall(parts.get(row, "")))):
            yield f"{row}: {contender} is missing, or there for no reason"
    for name, count in FAULTY.items():
        if f"rejected: {name}, one: {count} of 1000 messages are not the expected ones\n" not in said:
            yield f"not rejected for {count} messages: {name}"


def main(build, cc, cxx):
    place, env = binding.prepared(build, cc, cxx)
    with binding.installed.locked(place / "lock"):
        os.environ.update(binding.addon(env, place))
    before = left_over()
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "node.md")
        said = run("node", str(HERE / "bench.mjs"), "--faulty", "--rounds", "2", "--scale", "0.01", "--page", str(page))
        complaints = list(complaints_about(page.read_text(encoding="utf-8"), said))
    complaints += [f"left over: {path}" for path in sorted(left_over() - before)]
    sys.exit("\n".join(complaints) if complaints else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
