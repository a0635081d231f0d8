#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the memory bench writes valid JSON, a page and a plot: validate.py BENCH PAGE"""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import artifacts  # noqa: E402
from validation import names, run  # noqa: E402

SIZES = {4096: "4k", 2 << 20: "2m"}
ROUNDS = 3
FIGURES = ("ready_ns", "free_ns", "first_ready_ns", "latency_ns", "writes_per_s")
LEAST = {"LocalMem", "ShmMem", "mmap, touch", "mmap MAP_POPULATE", "malloc", "shm_open, ftruncate, mmap, touch"}


def complaints_about_figure(where, figure, rounds):
    if len(figure["rounds"]) != rounds or min(figure["rounds"]) <= 0:
        yield f"{where}: {figure['rounds']} for {rounds} rounds"
    if not min(figure["rounds"]) <= figure["q1"] <= figure["median"] <= figure["q3"] <= max(figure["rounds"]):
        yield f"{where}: the quartiles are out of order"
    if abs(figure["half_range"] - (max(figure["rounds"]) - min(figure["rounds"])) / 2) > 0.002 * max(figure["rounds"]):
        yield f"{where}: half_range is not half the range"


def complaints_about_results(data):
    seen = {(r["contender"], r["bytes"]) for r in data["results"]}
    for missing in sorted({(name, count) for name in LEAST for count in SIZES} - seen):
        yield f"missing: {missing}"
    for r in data["results"]:
        where = f"{r['contender']} at {r['bytes']}"
        if r["error"] is not None:
            if "MAP_HUGETLB" not in r["contender"] and "MADV_" not in r["contender"]:
                yield f"{where}: {r['error']}"
            continue
        for name in FIGURES:
            yield from complaints_about_figure(f"{where}, {name}", r[name], ROUNDS)
        if not 0 <= r["huge_share"] <= 1:
            yield f"{where}: a share of {r['huge_share']} on huge pages"


def complaints_about_bar(data):
    lines = {(b["shared"], b["bytes"]): b for b in data["bar"]}
    if set(lines) != {(shared, count) for shared in (False, True) for count in SIZES}:
        yield f"the bar has {sorted(lines)}"
    results = {(r["shared"], r["bytes"], r["contender"]): r for r in data["results"]}
    for (shared, count), line in lines.items():
        ours = results[(shared, count, "ShmMem" if shared else "LocalMem")]
        best = results[(shared, count, line["best_raw"])]
        life = lambda r: r["ready_ns"]["median"] + r["free_ns"]["median"]
        if best["group"] != "raw" or abs(line["ratio"] - life(ours) / life(best)) > 0.01 * line["ratio"]:
            yield f"the bar at {count}: {line['ratio']} is not ours by {line['best_raw']}"
        if any(life(r) < 0.999 * life(best) for r in data["results"]
               if r["group"] == "raw" and r["shared"] == shared and r["bytes"] == count and r["error"] is None):
            yield f"the bar at {count}: {line['best_raw']} is not the best"
        if line["bar"] != (2 if count == 4096 else 1.25) or line["passed"] != (line["ratio"] <= line["bar"]):
            yield f"the bar at {count}: {line}"


def complaints(data):
    for key in ("date", "commit", "machine", "rounds", "seed", "others_share", "host_share", "bar", "results"):
        if key not in data:
            yield f"no {key}"
    for key in ("kernel", "cpu", "cpus", "memory", "governor", "thp_enabled", "thp_defrag", "thp_shmem_enabled"):
        if key not in data["machine"]:
            yield f"no {key} of the machine"
    yield from complaints_about_results(data)
    yield from complaints_about_bar(data)


def main(bench, page):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        before = names()
        common = ("--rounds", str(ROUNDS), "--accesses", "2000", "--pool", "asis", "--commit", "none")
        text = run(bench, *common, "--sizes", ",".join(SIZES.values()), "--json", folder / "memory.json")
        run(bench, "--threads", *common, "--sizes", "4m", "--json", folder / "memory-threads.json")
        data = json.loads((folder / "memory.json").read_text())
        threads = json.loads((folder / "memory-threads.json").read_text())
        for file in ("memory.json", "memory-threads.json"):
            artifacts.pack(folder / file)
        wrong = list(complaints(data))
        for r in threads["results"]:
            for key in ("one_ns", "several_ns"):
                if not r["error"]:
                    wrong += complaints_about_figure(f"{r['pages']}, {key}", r[key], ROUNDS)
        if len(threads["results"]) != 4:
            wrong.append(f"{len(threads['results'])} lines on threads")
        wrong += [f"not printed: {word}" for word in (*LEAST, "The bar") if word not in text]
        try:
            import matplotlib  # noqa: F401
            run("/usr/bin/python3", page, folder)
            plot = (folder / "memory.svg").read_text()
            if not all(f">{name}<" in plot for name in LEAST) or "## The bar" not in (folder / "memory.md").read_text():
                wrong.append("the page or the plot is not whole")
        except ImportError:
            print("no matplotlib: page and plot are not looked at")
        wrong += [f"left in /dev/shm: {entry}" for entry in sorted(names() - before)]
    print("\n".join(wrong) or "whole")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
