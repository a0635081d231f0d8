#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The crates have the version of the library, and so does what they say about each other: version.py FOLDER VERSION"""
import pathlib
import re
import sys

# file: what it has the version for, how often
PLACES = {"joinmem-sys/Cargo.toml": (r'^version = "([^"]*)"', 1),
          "joinmem/Cargo.toml": (r'^(?:version|joinmem-sys = \{ version) = "([^"]*)"', 2),
          "Cargo.lock": (r'^name = "joinmem(?:-sys)?"\nversion = "([^"]*)"', 2)}


def complaints(texts, version):
    for place, (pattern, count) in PLACES.items():
        found = re.findall(pattern, texts[place], re.M)
        if found != [version] * count:
            yield f"{place} has the versions {found} in place of {count} times {version}"


def main():
    folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    texts = {place: (folder / place).read_text(encoding="utf-8") for place in PLACES}
    faults = list(complaints(texts, version))
    for place, text in texts.items():
        for found in re.finditer(re.escape(f'"{version}"'), text):
            planted = text[:found.start()] + '"9.9.9"' + text[found.end():]
            if not list(complaints(dict(texts, **{place: planted}), version)):
                faults.append(f"another version in {place}, planted at byte {found.start()}, was not noticed")
    print("\n".join(faults) or f"the crates have version {version}")
    sys.exit(1 if faults else 0)


main()
