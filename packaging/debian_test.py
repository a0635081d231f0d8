#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Debian packaging agrees with the sources: debian_test.py ROOT VERSION ABI

The version of the changelog is that of meson.build, the copyright is that of LICENSE, and the symbols file has what the
library exports. It needs no tool of Debian.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/check"))
from planted import verdict  # noqa: E402  the path comes first

DEBIAN, EXPORTED = "packaging/debian", "tests/check/symbols.txt"
FILES = ("changelog", "control", "copyright", "libjoinmem1.symbols")


def read(root):
    """The files that are compared, by name."""
    texts = {name: (root / DEBIAN / name).read_text(encoding="utf-8") for name in FILES}
    for name in ("LICENSE", EXPORTED):
        texts[name] = (root / name).read_text(encoding="utf-8")
    return texts


def numbers(version):
    return tuple(map(int, version.split(".")))


def changelog(texts, version):
    first = texts["changelog"].splitlines()[0]
    found = re.fullmatch(r"joinmem \(([\d.]+)-\d+\) \w+; urgency=\w+", first)
    if not found:
        return [f"changelog begins with {first!r}"]
    if found[1] != version:
        return [f"changelog has version {found[1]}, meson.build has {version}"]
    maintainer = re.search(r"^Maintainer: (.*)$", texts["control"], re.M)[1]
    signed = re.search(r"^ -- (.*>)  ", texts["changelog"], re.M)[1]
    return [] if signed == maintainer else [f"changelog is signed by {signed}, the maintainer is {maintainer}"]


def licence(texts):
    words = texts["LICENSE"].split("Permission", 1)
    wanted = ("Permission" + words[1]).split()
    found = texts["copyright"].split("License: Expat\n", 2)[2].replace("\n .\n", "\n").split()
    complaints = [] if found == wanted else ["copyright has another licence than LICENSE"]
    holder = re.search(r"^Copyright \(c\) (.*)$", words[0], re.M)[1]
    if f"Copyright: {holder}\n" not in texts["copyright"]:
        complaints.append(f"copyright does not name {holder}")
    return complaints


def symbols(texts, version, abi):
    text = texts["libjoinmem1.symbols"]
    complaints = []
    if (f"\nlibjoinmem.so.{abi} libjoinmem{abi} #MINVER#\n" not in text
            or f"\nPackage: libjoinmem{abi}\n" not in texts["control"]):
        complaints.append(f"the package of ABI {abi} is libjoinmem{abi}")
    exported = set(re.findall(r"^T (jm_\w+)@@", texts[EXPORTED], re.M))
    listed = dict(re.findall(r"^ (jm_\w+)@JOINMEM_\d+ ([\d.]+)$", text, re.M))
    complaints += [f"symbols lacks {name}; its line: {name}@JOINMEM_{abi} {version}"
                   for name in sorted(exported - set(listed))]
    complaints += [f"symbols has {name}, which the library lacks" for name in sorted(set(listed) - exported)]
    complaints += [f"symbols has {name} since {since}" for name, since in listed.items()
                   if numbers(since) > numbers(version)]
    patterns = re.findall(r'^ \(c\+\+\|regex\)"\^join::v(\d+)::\.\+@JOINMEM_(\d+)\$" ([\d.]+)$', text, re.M)
    if patterns != [(abi, abi, version)]:
        complaints.append(f"the pattern for C++ has {patterns}, not ABI {abi} and version {version}")
    return complaints


def check(texts, version, abi):
    return changelog(texts, version) + licence(texts) + symbols(texts, version, abi)


def planted(texts, version, abi):
    later = f"{numbers(version)[0]}.{numbers(version)[1] + 1}.0"
    for file, before, after, words in (
            ("changelog", f"({version}-", f"({later}-", "changelog has version"),
            ("changelog", " -- ", " -- Another <", "changelog is signed"),
            ("copyright", "without restriction", "with restrictions", "another licence"),
            ("LICENSE", "(c) 20", "(c) 19", "does not name"),
            (EXPORTED, "T jm_close@@", "T jm_close_all@@", "symbols lacks jm_close_all"),
            (EXPORTED, "T jm_close@@", "T _ZN4join@@", "symbols has jm_close,"),
            ("libjoinmem1.symbols", f"jm_close@JOINMEM_{abi} ", f"jm_close@JOINMEM_{abi} 9", "jm_close since"),
            ("libjoinmem1.symbols", f'$" {version}', '$" 0.1.0', "pattern for C++"),
            ("control", f"Package: libjoinmem{abi}", "Package: libjoinmem", "is libjoinmem")):
        if before not in texts[file]:
            sys.exit(f"{file} has no {before!r} to change")
        yield f"{after} in {file}", words, check({**texts, file: texts[file].replace(before, after)}, version, abi)


def main(root, version, abi):
    texts = read(pathlib.Path(root).resolve())
    verdict(check(texts, version, abi), list(planted(texts, version, abi)))


main(*sys.argv[1:])
