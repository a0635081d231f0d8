#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each public header compiles by itself and twice over, without a warning: headers.py ROOT COMPILER (gcc, clang)"""

import pathlib
import sys

from planted import need, run, scratch, tree, verdict

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only"]
CPP = {"gcc": "g++", "clang": "clang++"}


def compile_twice(folders, header, command):
    with scratch() as folder:
        source = pathlib.Path(folder, "twice.c")
        source.write_text(f"#include <{header}>\n#include <{header}>\n", encoding="utf-8")
        done = run(*command, *WARNINGS, *(f"-I{folder}" for folder in folders), source)
    said = done.stderr.strip().splitlines()
    return [f"{' '.join(command)}: <{header}>: {said[0] if said else 'failed'}"] if done.returncode != 0 else []


def check(folders, headers, compiler):
    complaints = []
    for header in headers:
        for standard in ("c++17", "c++20"):
            complaints += compile_twice(folders, header, [CPP[compiler], "-x", "c++", f"-std={standard}"])
        if header.endswith(".h"):
            command = [compiler, "-x", "c", "-std=c99", "-Wstrict-prototypes"]
            complaints += compile_twice(folders, header, command)
    return complaints


def planted(compiler):
    for name, text in (("a header that needs another before it", "inline std::size_t f () { return 0; }"),
                       ("a header without a guard", "struct Twice {};"),
                       ("a conversion that loses bits", "#pragma once\ninline char f (int x) { return x; }"),
                       ("a shadowed name", "#pragma once\ninline int f (int x) { { int x = 1; return x; } }"),
                       ("C++ in the C99 header", "#pragma once\nint jm_f(void) noexcept;")):
        with scratch() as folder:
            header = "planted.h" if "C99" in name else "planted.hpp"
            pathlib.Path(folder, header).write_text(text + "\n", encoding="utf-8")
            yield name, header, check([folder], [header], compiler)


def main(root, compiler):
    need(compiler, CPP[compiler])
    root = pathlib.Path(root)
    folders = [root / "include", root / "capi"]
    headers = [str(path.relative_to(root / "include")) for path in tree(root, {".hpp"}, ("include",))]
    verdict(check(folders, headers + ["joinmem.h"], compiler), list(planted(compiler)))


main(*sys.argv[1:])
