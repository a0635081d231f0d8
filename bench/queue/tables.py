# SPDX-License-Identifier: MIT
"""All figures of queue.json.gz as tables: page.py prints them with --full, and its page has a part of them."""

import math

DISTANCES = ("sibling", "near", "far")
OURS = ("LocalMem", "ShmMem")
C_ABI = "LocalMem, C ABI"
UNPROTECTED = "ShmMem, unprotected"


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def spread(figure):
    """The median, half the interquartile range in per cent of it, and the number of rounds."""
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
        """The distance with the most figures."""
        return max(DISTANCES, key=lambda d: sum(len(r[d]["rounds"]) for r in self.results if d in r))


def lines_moved(result):
    """Cache lines that move between cores per element, by the format: with a consumer that lags, and with one that keeps up
    with the producers. See queue.md, "Lines moved"."""
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


def costs(figures):
    """(what, row, distance, without, with, factor, text, verdict): the cost of processes, the C ABI and crash safety."""
    for row, results in figures.rows.items():
        rate = results[0]["unit"] == "M/s"
        longer = lambda without, with_it: without / with_it if rate else with_it / without
        for distance in DISTANCES:
            local, shared = (figures.of(row, name, distance) for name in OURS)
            if shared and (bare := figures.of(row, UNPROTECTED, distance)):
                yield "crash safety", row, distance, bare, shared, longer(bare, shared), *safety_verdict(results[0], bare, shared)
            if local and (by_c := figures.of(row, C_ABI, distance)):
                yield "the C ABI", row, distance, local, by_c, longer(local, by_c), *c_verdict(results[0], local, by_c)
            if row.endswith(" processes") and shared and (threads := figures.of(row[:-10], "ShmMem", distance)):
                times = shared / threads if rate else threads / shared
                verdict = "met" if times >= 0.9 else f"**{100 * (1 - times / 0.9):.0f} % below**"
                yield "processes", row, distance, threads, shared, longer(threads, shared), f"{times:.2f} times", verdict


def cost_lines(figures):
    rows = [[what, row, distance, number(without), number(with_it), text, verdict]
            for what, row, distance, without, with_it, _, text, verdict in costs(figures)]
    rows.sort(key=lambda r: r[0])
    head = ["what", "row", "cores", "without", "with", "",
            "bar: C ABI by 1 4 ns a call, by 32 5 %; processes 10 %; crash safety by 1 15 %, by 32 2 %"]
    return table(head, rows)


def safety_verdict(result, bare, safe):
    """The cost of crash safety: the same algorithm without slots and intent records, over the same memory."""
    times = bare / safe if result["unit"] == "M/s" else safe / bare
    if result["shape"] not in ("flow", "alone"):
        return f"{times:.2f} times", "not judged"
    return f"{times:.2f} times", "met" if times <= (1.15 if result["batch"] == 1 else 1.02) else "**missed**"


def c_verdict(result, local, by_c):
    """At most 4 ns more per call for single elements, at most 5 % for batches of 32."""
    if result["unit"] == "M/s":
        local, by_c = 1000 / local, 1000 / by_c
    more = by_c - local
    calls = {"flow": 1, "alone": 2, "trip": 4}.get(result["shape"])  # calls in sequence for one element
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
    """One row per queue; our queues have a column for each batch."""
    rows = {}
    for line in data.get("python", []):
        name, _, batch = line["queue"].partition(", by ")
        rows.setdefault(name, {})[batch or "1"] = number(line["ns"])
    if not rows:
        return []
    batches = ("1", "32", "1024")
    head = ["one thread, push and pop, ns an element", *(f"by {batch}" for batch in batches)]
    return ["## From Python", ""] + table(head, [[name] + [of.get(b, "") for b in batches] for name, of in rows.items()])


def full_lines(data):
    figures = Figures(data)
    lines = ["## The bar", ""] + bar_lines(data, figures)
    lines += ["## What processes, the C ABI and crash safety cost", ""] + cost_lines(figures)
    lines += ["## Waking a consumer that sleeps", ""] + wake_lines(figures) + python_lines(data)
    return lines + ["## All figures", ""] + all_lines(figures)
