#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that the pages and plots of docs/bench have the figures of their data: check.py ROOT

Each page is what its program writes from NAME.json.gz; each plot names the data that it was drawn from; each packed file has
the header that bench/harness/artifacts.py writes, without a time and a file name.
"""
import copy
import gzip
import importlib.util
import pathlib
import sys

sys.dont_write_bytecode = True
root = pathlib.Path(sys.argv[1])
bench, docs = root / "bench", root / "docs" / "bench"
sys.path[:0] = [str(bench / folder) for folder in ("harness", "queue", "queue/blocking", "queue/waitset")]
import artifacts  # noqa: E402


def program(path):
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), bench / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


QUEUE, MEMORY, BLOCKING, WAIT = (
    program(path) for path in ("queue/page.py", "memory/page.py", "queue/blocking/page.py", "queue/waitset/page.py"))
WRITE = {
    "queue.md": lambda text, data: QUEUE.page_text(text, data["queue"]),
    "memory.md": lambda text, data: MEMORY.page_text(text, data["memory"], data["memory-threads"]),
    "blocking.md": lambda text, data: BLOCKING.page_text(data["blocking"]),
    "wait-set.md": lambda text, data: WAIT.page_text(data["wait-set"]),
}
FIRST_ROWS = {"queue.md": "\n| spsc", "wait-set.md": "\n| 1 | **"}
PLOTS = {"queue-flow.svg": "queue", "queue-latency.svg": "queue", "memory.svg": "memory"}


def page_differences(pages, data):
    for name, write in WRITE.items():
        if write(pages[name], data) != pages[name]:
            yield f"{name} is not what its program writes from the data"


def plot_differences(plots, origins):
    for name, source in PLOTS.items():
        if f"<desc>{origins[source]}</desc>" not in plots[name]:
            yield f"{name} was not drawn from {source}.json.gz"


def packing_differences(packed):
    for name, content in packed.items():
        if artifacts.packed(artifacts.unpacked(docs / name))[:10] != content[:10]:
            yield f"{name} is not packed by bench/harness/artifacts.py"


def planted(pages, data, plots, origins):
    """(what must be found, what is found) for a figure that is altered in the data, in a page and in the data of a plot."""
    figures = {"queue": lambda d: d["results"][0]["far"], "memory": lambda d: d["results"][0]["ready_ns"],
               "memory-threads": lambda d: d["results"][0]["one_ns"], "blocking": lambda d: d["results"][0]["value"],
               "wait-set": lambda d: d["results"][0]["value"]}
    for source, figure in figures.items():
        altered = {**data, source: copy.deepcopy(data[source])}
        figure(altered[source])["median"] *= 2
        yield f"{source.replace('-threads', '')}.md is not", page_differences(pages, altered)
    for name, text in pages.items():
        head, row, rest = text.partition(FIRST_ROWS.get(name, "\n| **"))
        yield f"{name} is not", page_differences({**pages, name: head + row + "9" + rest}, data)
    timed = gzip.compress(b"{}", mtime=1)
    yield "queue.json.gz is not", packing_differences({"queue.json.gz": timed})
    for name in plots:
        yield f"{name} was not", plot_differences({**plots, name: ""}, origins)


def main():
    names = ("queue", "memory", "memory-threads", "blocking", "wait-set")
    paths = {name: docs / f"{name}.json.gz" for name in names}
    data = {name: artifacts.load(path) for name, path in paths.items()}
    origins = {name: artifacts.origin(path) for name, path in paths.items()}
    pages = {name: (docs / name).read_text(encoding="utf-8") for name in WRITE}
    plots = {name: (docs / name).read_text(encoding="utf-8") for name in PLOTS}
    wrong = [*page_differences(pages, data), *plot_differences(plots, origins)]
    wrong += packing_differences({path.name: path.read_bytes() for path in paths.values()})
    for words, found in planted(pages, data, plots, origins):
        if words not in "\n".join(found):
            wrong.append(f"planted, and not caught: {words}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(pages)} pages and {len(plots)} plots have the figures of their data")


main()
