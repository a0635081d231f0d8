#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A memory order weaker than seq_cst has a [label] in the comment of its line or the one above: orders.py ROOT

A label of an acquire or a release stands at both ends, whatever the order at the other end, and in a table of
docs/design/memory-orders.md.
"""

import collections
import pathlib
import re
import sys

from planted import tree, verdict

WEAK = re.compile(r"memory_order(?:_|::)(relaxed|consume|acquire|release|acq_rel)|__ATOMIC_(RELAXED|CONSUME|ACQUIRE|RELEASE|ACQ_REL)")
PAGE = "design/memory-orders.md"
LABEL = re.compile(r"\[([a-z][a-z0-9 -]*)\]")


def labels(line):
    return LABEL.findall(line.partition("//")[2])


def listed(page):
    """The labels in the first column of the page's tables."""
    return {label for row in re.findall(r"^\|([^|]*)\|", page, re.M) for label in LABEL.findall(row)}


def check(texts, page):
    complaints = []
    known = listed(page)
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
        if label not in known:
            complaints.append(f"{place}: [{label}] is not in docs/{PAGE}")
    return complaints


def planted():
    pair = "x.store (1, std::memory_order_release);  // [done] pairs with f ()\n"
    page = "[done] in prose\n| [open] | f () | as [done] |\n"
    for what, words, name, text in (
            ("an order without a label", "relaxed without", "a.cpp", "x.load (std::memory_order_relaxed);"),
            ("an order of C", "release without", "a.c", "__atomic_store_n (&x, 1, __ATOMIC_RELEASE);"),
            ("a label with one end", "one end only", "a.cpp", pair),
            ("a label that has no row of its own", "not in docs", "a.cpp", pair + "x.load ();  // [done]\n"),
            ("a comment without a label", "acquire without", "a.cpp", "x.load (std::memory_order_acquire);  // a look")):
        yield what, words, check([(name, text)], page)


def main(root):
    root = pathlib.Path(root)
    files = tree(root, {".cpp", ".hpp", ".h"}, ("include", "src", "capi"))
    page = root / "docs" / PAGE
    table = page.read_text(encoding="utf-8") if page.is_file() else ""
    verdict(check([(path.relative_to(root), path.read_text(encoding="utf-8")) for path in files], table), list(planted()))


main(*sys.argv[1:])
