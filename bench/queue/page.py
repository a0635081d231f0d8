#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the plots and writes the figures into queue.md, from queue.json.gz: page.py FOLDER

    page.py --full FOLDER      prints every figure as tables, and writes nothing
"""

import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import artifacts  # noqa: E402
from tables import (C_ABI, Figures, costs, full_lines, honest, number, python_lines, spread,  # noqa: E402
                    table)

BEGIN = "<!-- figures: scripts/bench-queue writes what follows -->"
END = "<!-- figures end -->"
SHAPES = {"flow": "core to core", "trip": "trip", "alone": "alone", "wake": "wake"}


def machine_lines(data):
    machine, plan = data["machine"], data["plan"]
    said = lambda value: "unknown" if value is None else str(value)
    return [
        f"Taken {data['date'][:10]} at commit {data['commit']}, {plan['rounds']} rounds of {plan['seconds']} s a measurement. "
        f"{machine['kernel']}, {machine['cpus']} CPUs of {said(machine['cpu'])}"
        f"{', a virtual machine' if machine['virtual_machine'] else ''}, {said(machine['memory'])} of memory; governor "
        f"{said(machine['governor'])}; g++ {machine['compiler']}. Meanwhile other programs had "
        f"{100 * data['others_share']:.1f} % of the processors, the host {100 * data['host_share']:.1f} %; a figure was kept "
        f"where they had less than {100 * plan['others']:g} %, the distance of the cores before and after it was of one class "
        f"and within {plan['drift']:g} times; sibling is below {plan['sibling_ns']:g} ns, near up to {plan['near_ns']:g} ns.",
        "",
    ]


def verdict_lines(data, figures):
    """The number of bars that each kind and shape meets, and where it misses by most."""
    groups = {}
    for line in data["bar"]:
        first = figures.rows[line["row"]][0]
        if line["bar"] is not None:
            batch = f" by {first['batch']}" if first["shape"] in ("flow", "alone") else ""
            groups.setdefault(f"{first['kind']}, {SHAPES[first['shape']]}{batch}", []).append(line)
    rows = []
    count = lambda lines, verdict: sum(line["verdict"] == verdict for line in lines)
    for name, lines in groups.items():
        below = [line for line in lines if line["verdict"] not in ("met", "tie")]
        worst = min(below, key=lambda line: line["ratio"] / line["bar"], default=None)
        text = worst and (f"{worst['ratio']:.2f} of {worst['best'] or 'the line itself'} "
                          f"({worst['row']}, {worst['distance']}, {worst['contender']})")
        counts = len(lines), count(lines, "met"), count(lines, "tie"), len(below)
        rows.append([name, *map(str, counts), text or ""])
    bars = [line for lines in groups.values() for line in lines]
    head = ["kind and shape", "bars", "met", "ties", "below", "farthest below its bar"]
    said = f"Of {len(bars)} bars {count(bars, 'met')} are met, {count(bars, 'tie')} more are ties."
    return ["## Verdicts", "", said, ""] + table(head, rows)


def shown(figures):
    """The rows of the page: each kind and shape with 1 Ki elements of 8 bytes; few cores and trips also with 64 bytes."""
    for row, results in figures.rows.items():
        first = results[0]
        most = 8 if first["producers"] > 2 or first["shape"] == "alone" else 64
        if not first["processes"] and first["capacity"] == 1024 and first["bytes"] <= most:
            yield row, results


def row_lines(data, figures):
    distance = figures.main_distance()
    bars = {(line["row"], line["contender"]): line for line in data["bar"] if line["distance"] == distance}
    rows = []
    for row, results in shown(figures):
        cells = {r["contender"]: spread(r[distance]) for r in results if honest(r) and distance in r}
        ours = [bars[row, name] for name in ("LocalMem", "ShmMem") if (row, name) in bars]
        processes = figures.of(row + " processes", "ShmMem", distance)
        best = ours[0]["best"] or "the line itself" if ours else ""
        peer = figures.of(row, best, distance)
        rows.append([f"{row}, {results[0]['unit']}", cells.get("LocalMem", ""), cells.get("ShmMem", ""),
                     number(processes) if processes else "", cells.get(C_ABI, ""),
                     f"{best} {number(peer)}" if peer else best,
                     " / ".join(f"{line['ratio']:.2f}" for line in ours),
                     " / ".join(line["verdict"] for line in ours)])
    head = ["row", "LocalMem", "ShmMem", "processes", "C ABI", "best peer", "times as good", "verdict"]
    said = "The last two columns have LocalMem first, then ShmMem."
    return [f"## Rows, cores {distance}", "", said, ""] + table(head, rows)


def thrown_out(figures):
    faults = {}
    for result in figures.results:
        if not honest(result):
            key = result["contender"], result["fault"] or result["error"]
            faults[key] = faults.get(key, 0) + 1
    lines = [f"Thrown out: {name} in {count} rows ({fault})." for (name, fault), count in faults.items()]
    return lines + [""] * bool(lines)


def cost_summary(figures):
    groups = {}
    for what, row, distance, _, _, times, _, verdict in costs(figures):
        shape = figures.rows[row][0]["shape"]
        batch = f", by {figures.rows[row][0]['batch']}" if shape in ("flow", "alone") else ""
        groups.setdefault(f"{what}: {SHAPES[shape]}{batch}", []).append((times, verdict, f"{row}, {distance}"))
    rows = []
    for name, found in sorted(groups.items()):
        met, unjudged = (sum(verdict == word for _, verdict, _ in found) for word in ("met", "not judged"))
        times, _, where = max(found)
        if unjudged == 0:
            rows.append([name, str(len(found)), str(met), str(len(found) - met),
                         f"{statistics.median(t for t, _, _ in found):.2f}", f"{times:.2f} ({where})"])
    head = ["what it costs, times as long", "rows", "met", "missed", "median", "most"]
    return ["## What processes, the C ABI and crash safety cost", ""] + table(head, rows)


def page_text(text, data):
    """The page, with its figures replaced by those of this data."""
    figures = Figures(data)
    lines = [BEGIN, ""] + machine_lines(data) + verdict_lines(data, figures)
    lines += row_lines(data, figures) + thrown_out(figures)
    lines += ["![Elements a second](queue-flow.svg)", "", "![There and back, and alone](queue-latency.svg)", ""]
    lines += cost_summary(figures) + python_lines(data) + [END]
    before, rest = text.split(BEGIN, 1)
    return before + "\n".join(lines) + rest.split(END, 1)[1]


def bars(axes, groups, colours, label):
    """A group of bars per row, a bar per contender; the limit is a line above its group."""
    for place, (name, results, distance) in enumerate(groups):
        shown = [r for r in results if honest(r) and distance in r]
        queues = [r for r in shown if r["group"] != "limit"]
        width = 0.85 / max(1, len(queues))
        for i, result in enumerate(queues):
            axes.bar(place - 0.425 + (i + 0.5) * width, result[distance]["median"], width, color=colours[result["contender"]],
                     label=result["contender"], edgecolor="black" if result["group"] == "ours" else "none", linewidth=0.8)
        for result in shown:
            if result["group"] == "limit":
                axes.hlines(result[distance]["median"], place - 0.45, place + 0.45, color="red", linestyle=":", label="limit")
    axes.set_xticks(range(len(groups)), [name for name, _, _ in groups], fontsize=7)
    axes.set_ylabel(label, fontsize=8)
    axes.grid(axis="y", alpha=0.3)


def colours_of(figures):
    import matplotlib
    names = list(dict.fromkeys(r["contender"] for r in figures.results if r["group"] != "limit"))
    palette = [colour for i, colour in enumerate(matplotlib.colormaps["tab20"].colors) if i not in (14, 15)]  # no greys
    return {name: "black" if name == "LocalMem" else "dimgrey" if name == "ShmMem" else palette[i % len(palette)]
            for i, name in enumerate(names)}


def save(figure, folder, name):
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="lower center", ncol=5, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    artifacts.save_plot(figure, folder / name, folder / "queue.json.gz")


def drawn(results):
    """The contenders of a plot: two ways to use the same queue would give two bars of nearly the same height."""
    return [r for r in results if r["group"] in ("ours", "peer", "baseline", "limit")]


def draw(folder, data):
    plot = artifacts.plotting("queue")
    figures = Figures(data)
    distance, colours = figures.main_distance(), colours_of(figures)
    flows, latencies = {}, {"trip": [], "alone": []}
    for row, results in shown(figures):
        first = results[0]
        group = [f"{first['bytes']} B by {first['batch']}", drawn(results), distance]
        if first["shape"] == "flow" and first["producers"] <= 2:
            workers = f"{first['kind']} {first['producers']}P{first['consumers']}C"
            flows.setdefault(f"{workers}, M/s, cores {distance}", []).append(group)
        elif first["shape"] in latencies and first["batch"] == 1:
            latencies[first["shape"]].append([f"{first['kind']} {first['bytes']} B", *group[1:]])
    figure, grid = plot.subplots(max(1, len(flows)), 1, figsize=(10, 2.6 * max(1, len(flows)) + 1), squeeze=False)
    for axes, (title, groups) in zip(grid.flat, flows.items()):
        bars(axes, groups, colours, "M/s")
        axes.set_title(title, fontsize=9)
    save(figure, folder, "queue-flow.svg")
    figure, grid = plot.subplots(2, 1, figsize=(10, 6.5))
    for axes, (shape, groups) in zip(grid, latencies.items()):
        bars(axes, groups, colours, "ns")
        title = {"trip": f"there and back, cores {distance}", "alone": "push and pop by one thread"}[shape]
        axes.set_title(title, fontsize=9)
    save(figure, folder, "queue-latency.svg")


def main(*arguments):
    folder = pathlib.Path(arguments[-1])
    data = artifacts.load(folder / "queue.json.gz")
    if arguments[0] == "--full":
        print("\n".join(machine_lines(data) + full_lines(data)))
        return
    page = folder / "queue.md"
    text = page.read_text() if page.exists() else f"# Queues, measured\n\n{BEGIN}\n{END}\n"
    page.write_text(page_text(text, data))
    draw(folder, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
