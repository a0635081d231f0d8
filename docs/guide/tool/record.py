#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Records a run of joinmem bench for the documents, on a quiet machine: record.py JOINMEM

Writes bench.txt and bench.svg beside this file, and quotes the text in docs/guide/tool.md up to the figures of memory.
tests/tool/bench_test.py checks that the three have the rows that the tool prints.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent / "tool.md"
QUOTE = re.compile(r"(<!-- tool/record\.py -->\n```\n)(.*?)(```\n)", re.S)


def quoted(text):
    """The part of a run that docs/guide/tool.md shows."""
    return text[:text.index("\nMemory until")]


def main(joinmem):
    text = subprocess.run([joinmem, "bench", "--svg", str(HERE / "bench.svg")], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    text = re.sub(r"^joinmem \S+ bench:", "joinmem bench:", text)  # the version stands in meson.build alone
    (HERE / "bench.txt").write_text(text, encoding="utf-8")
    page, count = QUOTE.subn(lambda found: found[1] + quoted(text) + found[3], PAGE.read_text(encoding="utf-8"))
    if count != 1:
        sys.exit(f"{PAGE}: there is no one place to quote the run in")
    PAGE.write_text(page, encoding="utf-8")
    print(next(line for line in text.splitlines() if "Other programs" in line))


if __name__ == "__main__":
    main(*sys.argv[1:])
