#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the queue bench writes valid JSON, rejects faults and leaves nothing behind: validate.py BENCH PAGE"""

import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import artifacts  # noqa: E402
from validation import names, run  # noqa: E402

ROUNDS = 2
ROWS = "1P1C (8|64)B 1Ki by (1|32)( processes)?$|2P2C 64B 1Ki by 1$|trip 8B|alone 8B|spsc wake"
FAULTY = {"faulty: loses": {"lost elements"}, "faulty: doubles": {"doubled elements"},
          "faulty: swaps": {"broke the order of a producer"},
          "faulty: alters": {"corrupted elements", "broke the order of a producer"}}


def complaints_about(result):
    where = f"{result['contender']}, {result['row']}"
    sound = result["contender"] not in FAULTY
    if result["error"] is not None:
        yield f"{where}: {result['error']}"
    elif result["shape"] == "flow" and not sound:
        if result["fault"] not in FAULTY[result["contender"]]:
            yield f"{where}: {result['fault']}"
    elif result["fault"] is not None and result["group"] != "peer":
        yield f"{where}: {result['fault']}"
    elif result["fault"] is None:
        kept = [result[d] for d in ("sibling", "near", "far") if d in result]
        if sum(len(figure["rounds"]) for figure in kept) + result["unsettled"] != ROUNDS:
            yield f"{where}: {kept} for {ROUNDS} rounds"
        for figure in kept:
            if figure["line_ns"] <= 0 or not min(figure["rounds"]) <= figure["q1"] <= figure["q3"] <= max(figure["rounds"]):
                yield f"{where}: {figure}"


def complaints_about_bar(data):
    medians = {(r["row"], r["contender"], d): r[d]["median"] for r in data["results"]
               for d in ("sibling", "near", "far") if d in r and r["fault"] is None}
    for line in data["bar"]:
        if line["best"] is None or " wake " in line["row"]:
            continue
        ours, best = (medians[line["row"], name, line["distance"]] for name in (line["contender"], line["best"]))
        rate = not any(word in line["row"] for word in (" trip ", " alone "))
        ratio = ours / best if rate else best / ours
        if abs(line["ratio"] - ratio) > 0.01 * ratio + 0.001:
            yield f"the bar of {line['row']}: {line['ratio']} is not {ratio}"
        if line["bar"] is not None and (line["verdict"] == "met") != (line["ratio"] >= line["bar"]):
            if abs(line["ratio"] - line["bar"]) > 0.001:
                yield f"the bar of {line['row']}: {line}"


def complaints(data):
    for key in ("date", "commit", "machine", "plan", "others_share", "host_share", "bar", "results"):
        if key not in data:
            yield f"no {key}"
    for result in data["results"]:
        yield from complaints_about(result)
    yield from complaints_about_bar(data)
    seen = {(r["contender"], r["shape"]) for r in data["results"]}
    for name in ("LocalMem", "ShmMem", "baseline"):
        yield from (f"missing: {name}, {shape}" for shape in ("flow", "trip", "alone") if (name, shape) not in seen)
    yield from (f"missing: {name}" for name in (*FAULTY, "limit: a bare stream", "eventfd")
                if name not in {contender for contender, _ in seen})


def main(bench, page):
    if os.cpu_count() < 2:
        print("two processors are needed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        before = names()
        text = run(bench, "--rounds", str(ROUNDS), "--seconds", "0.02", "--only", ROWS, "--faulty", "--tries", "1",
                   "--others", "1", "--drift", "100", "--commit", "none", "--json", folder / "queue.json")
        data = json.loads((folder / "queue.json").read_text())
        artifacts.pack(folder / "queue.json")
        wrong = list(complaints(data))
        wrong += [f"not printed: {word}" for word in ("LocalMem", "thrown out", "M/s") if word not in text]
        try:
            import matplotlib  # noqa: F401
            run("/usr/bin/python3", page, folder)
            plots = [(folder / f"queue-{plot}.svg").read_text() for plot in ("flow", "latency")]
            names_of = {result["contender"] for result in data["results"]}
            if not all("</svg>" in plot and any(f">{name}<" in plot for name in names_of) for plot in plots):
                wrong.append("a plot is not whole")
            if "## Verdicts" not in (folder / "queue.md").read_text():
                wrong.append("the page is not whole")
            if "## All figures" not in run("/usr/bin/python3", page, "--full", folder):
                wrong.append("the full tables are not whole")
        except ImportError:
            print("no matplotlib: page and plots are not looked at")
        wrong += [f"left in /dev/shm: {entry}" for entry in sorted(names() - before)]
    print("\n".join(wrong) or "whole")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
