#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A memory order weaker than seq_cst has a [label] in the comment of its line or the one above: orders.py ROOT

A label of an acquire or a release stands at both ends at least, whatever the order at the other, and in ARCHITECTURE.md.
"""

import collections
import pathlib
import re
import sys

from planted import tree, verdict

WEAK = re.compile(r"memory_order(?:_|::)(relaxed|consume|acquire|release|acq_rel)|__ATOMIC_(RELAXED|CONSUME|ACQUIRE|RELEASE|ACQ_REL)")
LABEL = re.compile(r"\[([a-z][a-z0-9 -]*)\]")


def labels(line):
    return LABEL.findall(line.partition("//")[2])


def check(texts, architecture):
    complaints = []
    paired = {}
    ends = collections.Counter()
    for name, text in texts:
        lines = text.splitlines()
        for i, line in enumerate(lines):
            ends.update(set(labels(line)))
            order = WEAK.search(line.split("//")[0])
            if not order:
                continue
            kind = (order.group(1) or order.group(2)).lower()
            above = lines[i - 1] if i > 0 and lines[i - 1].strip().startswith("//") else ""
            found = labels(line) or labels(above)
            if not found:
                complaints.append(f"{name}:{i + 1}: {kind} without a [label]")
            if kind != "relaxed":
                paired.update((label, f"{name}:{i + 1}") for label in found)
    for label, place in sorted(paired.items()):
        if ends[label] < 2:
            complaints.append(f"{place}: [{label}] has one end only")
        if f"[{label}]" not in architecture:
            complaints.append(f"{place}: [{label}] is not in docs/ARCHITECTURE.md")
    return complaints


def planted():
    pair = "x.store (1, std::memory_order_release);  // [done] pairs with f ()\n"
    for what, words, name, text in (
            ("an order without a label", "relaxed without", "a.cpp", "x.load (std::memory_order_relaxed);"),
            ("an order of C", "release without", "a.c", "__atomic_store_n (&x, 1, __ATOMIC_RELEASE);"),
            ("a label with one end", "one end only", "a.cpp", pair),
            ("a label that is not told", "not in docs", "a.cpp", pair + "x.load ();  // [done]\n"),
            ("a comment without a label", "acquire without", "a.cpp", "x.load (std::memory_order_acquire);  // a look")):
        yield what, words, check([(name, text)], "")


def main(root):
    root = pathlib.Path(root)
    files = tree(root, {".cpp", ".hpp", ".h"}, ("include", "src", "capi"))
    architecture = root / "docs/ARCHITECTURE.md"
    told = architecture.read_text(encoding="utf-8") if architecture.is_file() else ""
    verdict(check([(path.relative_to(root), path.read_text(encoding="utf-8")) for path in files], told), list(planted()))


main(*sys.argv[1:])
