#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""clang-format 14 leaves each C++ file unchanged; joinmem.h and the C programs are aligned by hand: format.py ROOT"""

import pathlib
import re
import shutil
import sys

from planted import output, run, scratch, skip, tree, verdict


def formatter():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name) and re.search(r"version 14\.", output(name, "--version")):
            return name
    return skip("clang-format 14 is not installed")


def check(root, program, files):
    done = run(program, f"--style=file:{root}/.clang-format", "--dry-run", "-Werror", *files)
    lines = re.findall(r"^(\S+?:\d+):\d+: (?:error|warning)", done.stderr, re.MULTILINE)
    complaints = [f"{line}: not as clang-format writes it" for line in dict.fromkeys(lines)]
    return complaints or ([done.stderr] if done.returncode != 0 else [])


def planted(root, program):
    for name, text in (("a call without its space", "int f ()\n{\n    return g(1);\n}\n"),
                       ("a brace at the end of a line", "int f () {\n    return 1;\n}\n"),
                       ("two columns", "int f ()\n{\n  return 1;\n}\n"), ("a pointer to the right", "int *f ();\n")):
        with scratch() as folder:
            path = pathlib.Path(folder, "planted.cpp")
            path.write_text(text, encoding="utf-8")
            yield name, "planted.cpp", check(root, program, [path])


def main(root):
    root = pathlib.Path(root).resolve()
    program = formatter()
    verdict(check(root, program, list(tree(root, {".cpp", ".hpp"}))), list(planted(root, program)))


main(*sys.argv[1:])
