#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The version is written in meson.build alone, the ABI number in detail/abi.hpp alone: version.py ROOT VERSION ABI"""

import pathlib
import re
import sys

from planted import copy, scratch, tree, verdict

SUFFIXES = {".build", ".txt", ".in", ".hpp", ".cpp", ".h", ".c", ".py", ".sh", ".md", ".map", ".3", ".7", ".1", ""}
FOLDERS = (".", "include", "src", "capi", "tests", "bench", "examples", "tools", "docs", "pkgconfig", "scripts", ".ci")
# symbols.txt and the dumps are recorded from a library; the changelog names earlier versions.
RECORDED = {"CHANGELOG.md", "symbols.txt", "version.py"}


def files(root):
    for folder in FOLDERS:
        if folder == ".":
            yield from (path for path in sorted(root.iterdir()) if path.is_file() and path.suffix in SUFFIXES)
        else:
            yield from tree(root, SUFFIXES, (folder,))


def check(root, version, abi):
    number = re.compile(rf"(?<![\d.]){re.escape(version)}(?![\d.]*\d)")
    # The inline namespace, a symbol version, a SOVERSION: literals would have to be changed together.
    names = re.compile(rf"\bv{abi}::|::v{abi}\b|namespace v{abi}\b|JOIN_ABI v{abi}\b|JOINMEM_{abi}\b|soversion: *'?{abi}\b")
    complaints = []
    seen = []
    for path in files(root):
        if path.name in RECORDED:
            continue
        for i, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            where = f"{path.relative_to(root)}:{i}"
            if number.search(line) and where.split(":")[0] != "meson.build":
                complaints.append(f"{where} repeats the version: {line.strip()}")
            if number.search(line) and where.split(":")[0] == "meson.build":
                seen.append(where)
            if names.search(line) and where.split(":")[0] != "include/join/detail/abi.hpp":
                complaints.append(f"{where} repeats the ABI number: {line.strip()}")
    if len(seen) != 1:
        complaints.append(f"meson.build has the version {len(seen)} times")
    return complaints


def planted(root, version, abi):
    for file, line, words in (("README.md", f"libjoinmem {version} is out", "repeats the version"),
                              ("capi/joinmem.h", f'#define JM_VERSION "{version}"', "repeats the version"),
                              ("meson.build", f"# {version}", "2 times"),
                              ("src/memory/local.cpp", f"namespace v{abi}", "repeats the ABI"),
                              ("src/meson.build", f"soversion: '{abi}'", "repeats the ABI")):
        with scratch() as folder:
            place = copy(root, folder)
            (place / "meson.build").write_text(f"version: '{version}'\n", encoding="utf-8")
            with open(place / file, "a", encoding="utf-8") as text:
                text.write(f"\n{line}\n")
            yield f"{line} in {file}", words, check(place, version, abi)


def main(root, version, abi):
    root = pathlib.Path(root).resolve()
    verdict(check(root, version, abi), list(planted(root, version, abi)))


main(*sys.argv[1:])
