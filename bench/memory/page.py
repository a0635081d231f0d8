#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws memory.svg and writes the figures into memory.md: page.py FOLDER, with memory.json.gz, memory-threads.json.gz"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import artifacts  # noqa: E402

BEGIN = "<!-- figures: scripts/bench-memory writes what follows -->"
END = "<!-- figures end -->"


def size(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count} {unit}"
        count //= 1024


def time(nanoseconds):
    for unit in ("ns", "µs", "ms", "s"):
        if nanoseconds < 1000 or unit == "s":
            digits = 2 if nanoseconds < 10 else 1 if nanoseconds < 100 else 0
            return f"{nanoseconds:.{digits}f} {unit}"
        nanoseconds /= 1000


def spread(figure):
    """The median, and half the interquartile range and half the full range, in per cent of the median."""
    middle = figure["median"] or 1
    half = 50 * (figure["q3"] - figure["q1"]) / middle
    return f"{time(figure['median'])} ±{half:.0f} ({100 * figure['half_range'] / middle:.0f})"


def life(result):
    return result["ready_ns"]["median"] + result["free_ns"]["median"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def machine_lines(data):
    machine = data["machine"]
    said = lambda value: "unknown" if value is None else str(value)
    return [
        f"Taken {data['date'][:10]} at commit {data['commit']}, {data['rounds']} rounds. {machine['kernel']}, "
        f"{machine['cpus']} CPUs of {said(machine['cpu'])}{', a virtual machine' if machine['virtual_machine'] else ''}, "
        f"{said(machine['memory'])} of memory; governor {said(machine['governor'])}; transparent huge pages: enabled "
        f"{said(machine['thp_enabled'])}, defrag {said(machine['thp_defrag'])}, shmem_enabled "
        f"{said(machine['thp_shmem_enabled'])}; g++ {machine['compiler']}. Meanwhile other programs had "
        f"{100 * data['others_share']:.1f} % of the processors, the host {100 * data['host_share']:.1f} %.",
        "",
    ]


def bar_lines(data):
    rows = []
    for line in data["bar"]:
        verdict = "not judged" if not line["judged"] else "met" if line["passed"] else "**missed**"
        rows.append([
            "shared" if line["shared"] else "local", size(line["bytes"]),
            f"{line['ratio']:.2f} ({line['ratio_q1']:.2f} to {line['ratio_q3']:.2f})", f"{line['bar']:g}", verdict,
            f"{line['ready_ratio']:.2f}", f"{line['free_ratio']:.2f}", f"{line['latency_ratio']:.2f}",
            f"{line['writes_ratio']:.2f}", line["best_raw"]])
    head = ["", "size", "ready + freed", "bar", "", "ready", "freed", "a load", "a write", "best raw sequence"]
    return table(head, rows) + unjudged_lines(data)


def unjudged_lines(data):
    """A table of local or shared memory that has no bar, and the reason."""
    lines = []
    for shared in (False, True):
        raw = [r for r in data["results"] if r["shared"] == shared and r["group"] == "raw"]
        if raw and not any(line["shared"] == shared for line in data["bar"]):
            errors = ", ".join(sorted({r["error"] for r in raw if r["error"]}))
            lines += [f"No row of {'shared' if shared else 'local'} memory is judged: in this run no raw sequence for it "
                      f"succeeded ({errors}).", ""]
    return lines


def result_lines(data):
    lines = []
    groups = sorted({(r["shared"], r["bytes"]) for r in data["results"]})
    for shared, count in groups:
        rows = []
        for r in data["results"]:
            if (r["shared"], r["bytes"]) != (shared, count):
                continue
            name = f"**{r['contender']}**" if r["group"] == "library" else r["contender"]
            if r["error"]:
                rows.append([name, r["error"], "", "", "", "", ""])
                continue
            rows.append([name, spread(r["ready_ns"]), spread(r["free_ns"]), time(r["first_ready_ns"]["median"]),
                         spread(r["latency_ns"]), f"{r['writes_per_s']['median'] / 1e6:.0f}",
                         f"{100 * r['huge_share']:.0f} %"])
        lines += [f"### {'Shared' if shared else 'Local'}, {size(count)}", ""]
        lines += table(["", "ready", "freed", "first", "a load", "M writes/s", "huge"], rows)
    return lines


def thread_lines(data):
    rows = []
    for r in data["results"]:
        one, several = r["one_ns"], r["several_ns"]
        rows.append([r["pages"], size(r["bytes"]), spread(one), spread(several),
                     f"{one['median'] / several['median']:.2f}" if several["median"] else r["error"]])
    count = data["results"][0]["threads"] if data["results"] else 2
    return table(["", "size", "one thread", f"{count} threads", "times as fast"], rows)


def page_text(text, data, threads):
    """The page, with its figures replaced by those of this data."""
    lines = [BEGIN, ""] + machine_lines(data) + ["## The bar", ""] + bar_lines(data)
    lines += ["![Memory beside the best raw sequence](memory.svg)", "", "## All figures", ""] + result_lines(data)
    if threads:
        lines += ["## Several threads", ""] + machine_lines(threads) + thread_lines(threads)
    lines.append(END)
    before, rest = text.split(BEGIN, 1)
    return before + "\n".join(lines) + rest.split(END, 1)[1]


def draw_panel(axes, results, value, best, colours):
    for name in dict.fromkeys(r["contender"] for r in results):
        mine = sorted((r for r in results if r["contender"] == name and not r["error"]), key=lambda r: r["bytes"])
        if not mine:
            continue
        ours = mine[0]["group"] == "library"
        axes.plot([r["bytes"] for r in mine], [value(r) / best(r) for r in mine], label=name, marker="o",
                  markersize=6 if ours else 3.5, linewidth=3 if ours else 1.2, zorder=3 if ours else 2,
                  color="black" if ours else colours[name], linestyle="--" if mine[0]["group"] == "peer" else "-")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    sizes = sorted({r["bytes"] for r in results})
    axes.set_xticks(sizes, [size(s) for s in sizes])
    axes.minorticks_off()
    axes.grid(alpha=0.3)


def draw(folder, data):
    plot = artifacts.plotting("memory")
    import matplotlib.ticker as ticker

    kinds = sorted({b["shared"] for b in data["bar"]})
    figure, grid = plot.subplots(1, len(kinds), figsize=(3 + 5 * len(kinds), 5.6), squeeze=False)
    least = {(b["shared"], b["bytes"]): b["best_raw"] for b in data["bar"]}
    lives = {(r["shared"], r["bytes"], r["contender"]): life(r) for r in data["results"] if not r["error"]}
    beside_best = lambda r: lives.get((r["shared"], r["bytes"], least.get((r["shared"], r["bytes"]))), life(r))
    for axes, shared in zip(grid.flat, kinds):
        results = [r for r in data["results"] if r["shared"] == shared]
        others = dict.fromkeys(r["contender"] for r in results if r["group"] != "library")
        draw_panel(axes, results, life, beside_best, {name: f"C{i}" for i, name in enumerate(others)})
        bars = sorted((b for b in data["bar"] if b["shared"] == shared and b["judged"]), key=lambda b: b["bytes"])
        axes.plot([b["bytes"] for b in bars], [b["bar"] for b in bars], color="red", linewidth=1, linestyle=":",
                  label="the bar")
        kind = "shared" if shared else "local"
        axes.set_title(f"{kind}: until written and freed again, best raw sequence = 1", fontsize=9)
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
        axes.legend(fontsize=7, ncol=2, loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False)
    figure.subplots_adjust(left=0.07, right=0.99, top=0.94, bottom=0.32, wspace=0.12)
    artifacts.save_plot(figure, folder / "memory.svg", folder / "memory.json.gz")


def main(folder):
    folder = pathlib.Path(folder)
    data, threads = artifacts.load(folder / "memory.json.gz"), folder / "memory-threads.json.gz"
    page = folder / "memory.md"
    text = page.read_text() if page.exists() else f"# Memory, measured\n\n{BEGIN}\n{END}\n"
    page.write_text(page_text(text, data, artifacts.load(threads) if threads.exists() else None))
    draw(folder, data)


if __name__ == "__main__":
    main(sys.argv[1])
