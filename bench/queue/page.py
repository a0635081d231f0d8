#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the plots and writes the figures into queue.md, from queue.json: page.py FOLDER"""

import json
import math
import pathlib
import sys

BEGIN = "<!-- figures: scripts/bench-queue writes what follows -->"
END = "<!-- figures end -->"
DISTANCES = ("sibling", "near", "far")
OURS = ("LocalMem", "ShmMem")
C_ABI = "LocalMem, C ABI"
UNPROTECTED = "ShmMem, unprotected"


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def spread(figure):
    """The median, half of what lies between the quartiles in per cent of it, and the number of rounds."""
    half = 50 * (figure["q3"] - figure["q1"]) / (figure["median"] or 1)
    return f"{number(figure['median'])} ±{half:.0f} % ({len(figure['rounds'])})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def honest(result):
    return result["fault"] is None and result["error"] is None


class Figures:
    """Medians by row, contender and distance."""

    def __init__(self, data):
        self.results = data["results"]
        self.rows = {}
        for result in self.results:
            self.rows.setdefault(result["row"], []).append(result)

    def of(self, row, contender, distance):
        for result in self.rows.get(row, []):
            if result["contender"] == contender and honest(result) and distance in result:
                return result[distance]["median"]
        return None

    def main_distance(self):
        """The one with the most figures."""
        return max(DISTANCES, key=lambda d: sum(len(r[d]["rounds"]) for r in self.results if d in r))


def lines_moved(result):
    """Lines of the cache that go from core to core per element, by the format: where the popper stays behind, and where it
    keeps up with the pushers. See queue.md, "Lines moved"."""
    size, batch = result["bytes"], result["batch"]
    if result["kind"] == "spsc":
        least, words, claims = size / 64, 0, 1
    else:
        least, words = (size + 8) / 64, 0 if size <= 56 else 1
        claims = 2 if result["kind"] == "mpmc" else 1
    call = max(1, math.ceil(batch * (least * 64 - 8 * words) / 64)) + words * max(1, math.ceil(batch * 8 / 64)) + claims
    if result["kind"] == "spsc" and size <= 24 and batch == 1:
        call = claims  # the element is on the line of head
    return least, call / batch


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


def bar_lines(data, figures):
    rows = []
    for line in data["bar"]:
        value = figures.of(line["row"], line["contender"], line["distance"])
        verdict = line["verdict"] if line["verdict"] in ("met", "tie", "not judged") else f"**{line['verdict']}**"
        rows.append([line["row"], line["distance"], line["contender"], number(value), line["best"] or "the line itself",
                     f"{line['ratio']:.2f}", "" if line["bar"] is None else f"{line['bar']:.2f}",
                     "" if line["goal"] is None else f"{line['goal']:g}", verdict])
    judged = [line for line in data["bar"] if line["bar"] is not None]
    count = lambda *verdicts: sum(line["verdict"] in verdicts for line in judged)
    head = ["row", "cores", "", "M/s or ns", "best peer", "times as good", "bar", "goal", ""]
    return [f"Of {len(judged)} bars {count('met')} are met, {count('tie')} more are ties.", ""] + table(head, rows)


def beside_lines(figures):
    """What processes, the C ABI and crash safety cost."""
    rows = []
    for row, results in figures.rows.items():
        unit = results[0]["unit"]
        for distance in DISTANCES:
            local, shared = (figures.of(row, name, distance) for name in OURS)
            if shared and (bare := figures.of(row, UNPROTECTED, distance)):
                rows.append(["crash safety", row, distance, number(bare), number(shared), *safety_verdict(results[0], bare, shared)])
            if local and (by_c := figures.of(row, C_ABI, distance)):
                rows.append(["the C ABI", row, distance, number(local), number(by_c), *c_verdict(results[0], local, by_c)])
            if row.endswith(" processes") and shared and (threads := figures.of(row[:-10], "ShmMem", distance)):
                times = shared / threads if unit == "M/s" else threads / shared
                rows.append(["processes", row, distance, number(threads), number(shared), f"{times:.2f} times",
                             "met" if times >= 0.9 else f"**{100 * (1 - times / 0.9):.0f} % below**"])
    rows.sort(key=lambda r: r[0])
    head = ["what", "row", "cores", "without", "with", "",
            "bar: C ABI by 1 4 ns a call, by 32 5 %; processes 10 %; crash safety by 1 15 %, by 32 2 %"]
    return table(head, rows)


def safety_verdict(result, bare, safe):
    """What surviving death costs: the same algorithm without lanes and evidence, over the same memory."""
    times = bare / safe if result["unit"] == "M/s" else safe / bare
    if result["shape"] not in ("flow", "alone"):
        return f"{times:.2f} times", "not judged"
    return f"{times:.2f} times", "met" if times <= (1.15 if result["batch"] == 1 else 1.02) else "**missed**"


def c_verdict(result, local, by_c):
    """By 1 at most 4 ns more a call, by 32 at most 5 %."""
    if result["unit"] == "M/s":
        local, by_c = 1000 / local, 1000 / by_c
    more = by_c - local
    calls = {"flow": 1, "alone": 2, "trip": 4}.get(result["shape"])  # that follow one another for an element
    if calls is None:
        return f"{more:+.2f} ns, {by_c / local:.2f} times", "not judged"
    within = more <= 4 * calls if result["batch"] == 1 else by_c <= 1.05 * local
    return f"{more:+.2f} ns, {by_c / local:.2f} times", "met" if within else "**missed**"


def wake_lines(figures):
    rows = []
    for row, results in figures.rows.items():
        for result in results if " wake " in row else []:
            cells = [f"{result[d]['median'] / 1000:.1f}" if d in result else "" for d in DISTANCES]
            rows.append([row, emphasised(result)] + cells)
    return table(["row", "", *(f"{d}, µs" for d in DISTANCES)], rows)


def emphasised(result):
    return f"**{result['contender']}**" if result["group"].startswith("ours") else result["contender"]


def limits_of(result, results):
    if result["unit"] != "M/s":
        return ""
    least, most = lines_moved(result)
    words = f"Lines moved per element: {least:.3g} to {most:.3g}."
    for distance in DISTANCES:
        line = [r[distance]["line_ns"] for r in results if distance in r]
        if line:
            one = sorted(line)[len(line) // 2]
            rates = (f"{1000 / (lines * one / 2):.1f}" for lines in (most, least))
            words += f" With one line under way at a time, {distance} ({one:.0f} ns there and back): {' to '.join(rates)} M/s."
    return words


def all_lines(figures):
    lines = []
    for row, results in figures.rows.items():
        rows = []
        for result in results:
            if not honest(result):
                rows.append([emphasised(result), "thrown out: " + (result["fault"] or result["error"]), "", "", ""])
                continue
            unsettled = str(result["unsettled"]) if result["unsettled"] else ""
            rows.append([emphasised(result)] + [spread(result[d]) if d in result else "" for d in DISTANCES] + [unsettled])
        said = limits_of(results[0], results)
        lines += [f"### {row}, {results[0]['unit']}", ""] + ([said, ""] if said else [])
        lines += table(["", *DISTANCES, "unsettled"], rows)
    return lines


def python_lines(data):
    if not data.get("python"):
        return []
    rows = [[line["queue"], number(line["ns"])] for line in data["python"]]
    return ["## From Python", ""] + table(["one thread, push and pop", "ns an element"], rows)


def write_page(folder, data):
    figures = Figures(data)
    lines = [BEGIN, ""] + machine_lines(data) + ["## The bar", ""] + bar_lines(data, figures)
    lines += ["![Elements a second](queue-flow.svg)", "", "![There and back, and alone](queue-latency.svg)", ""]
    lines += ["## What processes, the C ABI and crash safety cost", ""] + beside_lines(figures)
    lines += ["## Waking a popper that sleeps", ""] + wake_lines(figures) + python_lines(data)
    lines += ["## All figures", ""] + all_lines(figures) + [END]
    page = folder / "queue.md"
    text = page.read_text() if page.exists() else f"# Queues, measured\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    page.write_text(before + "\n".join(lines) + rest.split(END, 1)[1])


def bars(axes, groups, colours, label):
    """A group of bars a row, one a contender; the limit is a line above its group."""
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
    palette = matplotlib.colormaps["tab20"]
    return {name: "black" if name == "LocalMem" else "dimgrey" if name == "ShmMem" else palette(i % 20)
            for i, name in enumerate(names)}


def save(figure, folder, name):
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="lower center", ncol=6, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(folder / name, metadata={"Date": None})


def draw(folder, data):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "queue"
    import matplotlib.pyplot as plot

    figures = Figures(data)
    distance, colours = figures.main_distance(), colours_of(figures)
    flows = {}
    for row, results in figures.rows.items():
        first = results[0]
        if first["shape"] == "flow" and not first["processes"] and first["bytes"] <= 64:
            crew = f"{first['kind']} {first['pushers']}P{first['poppers']}C, {first['bytes']} B"
            name = f"{first['capacity'] // 1024} Ki by {first['batch']}"
            flows.setdefault(crew, []).append((name, results, distance))
    count = max(1, math.ceil(len(flows) / 2))
    figure, grid = plot.subplots(count, 2, figsize=(15, 3.2 * count + 1), squeeze=False)
    for axes, (crew, groups) in zip(grid.flat, flows.items()):
        bars(axes, groups, colours, "M/s")
        axes.set_title(f"{crew}, cores {distance}", fontsize=9)
    save(figure, folder, "queue-flow.svg")
    figure, grid = plot.subplots(2, 1, figsize=(15, 9))
    for axes, shape in zip(grid, ("trip", "alone")):
        groups = [(row.replace(f" {shape}", "").replace(" 1Ki", ""), results, distance)
                  for row, results in figures.rows.items() if results[0]["shape"] == shape and not results[0]["processes"]]
        bars(axes, groups, colours, "ns")
        axes.set_title({"trip": f"there and back, cores {distance}", "alone": "push and pop by one thread"}[shape], fontsize=9)
    save(figure, folder, "queue-latency.svg")


def main():
    folder = pathlib.Path(sys.argv[1])
    data = json.loads((folder / "queue.json").read_text())
    write_page(folder, data)
    draw(folder, data)


if __name__ == "__main__":
    main()
