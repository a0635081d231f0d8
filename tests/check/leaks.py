#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Public headers bring in no kernel macros, no <sys/...> or <numa.h>, and few lines: leaks.py ROOT"""

import pathlib
import re
import sys

from planted import copy, output, scratch, tree, verdict

MOST_LINES = 23000
MACRO = re.compile(r"^#define ((?:MAP|O|PROT|MADV|MPOL|MREMAP|MCL|FALLOC|FUTEX)_\w+|JM_HAVE\w*|JOIN_HAS\w*)")
# What <string> and <system_error> reach through the C library's headers.
HARMLESS = {"sys/cdefs.h", "sys/single_threaded.h", "sys/types.h", "sys/select.h", "linux/errno.h", "asm/errno.h"}
SYSTEM = re.compile(r"^(?:sys/.*|linux/.*|asm/.*|numa.*\.h|fcntl\.h|unistd\.h|bits/mman.*|bits/fcntl.*)$")


def compiler(root):
    return ["g++", "-std=c++17", "-x", "c++", f"-I{root}/include", f"-I{root}/capi"]


def short(path):
    for prefix in ("/usr/include/x86_64-linux-gnu/", "/usr/include/aarch64-linux-gnu/", "/usr/include/"):
        if path.startswith(prefix):
            return path[len(prefix):]
    return path


def check(root, header):
    name = header.relative_to(root)
    macros = output(*compiler(root), "-E", "-dM", header).splitlines()
    complaints = [f"{name} leaks the macro {found.group(1)}" for found in map(MACRO.match, macros) if found]
    for path in output(*compiler(root), "-M", header).replace("\\\n", " ").split()[1:]:
        if SYSTEM.match(short(path)) and short(path) not in HARMLESS:
            complaints.append(f"{name} includes {short(path)}")
    lines = len(output(*compiler(root), "-E", "-P", header).splitlines())
    if lines > MOST_LINES:
        complaints.append(f"{name} is {lines} lines preprocessed, {MOST_LINES} are the most")
    print(f"{name}: {lines} lines preprocessed")
    return complaints


def planted(root):
    for line, words in (("#include <sys/mman.h>", "leaks the macro MAP_"), ("#include <fcntl.h>", "leaks the macro O_"),
                        ("#include <sys/stat.h>", "includes sys/stat.h"), ("#include <regex>", "lines preprocessed")):
        with scratch() as folder:
            place = copy(root, folder, ("include", "capi"))
            header = place / "include/join/memory.hpp"
            header.write_text(header.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
            yield line, words, check(place, header)


def main(root):
    root = pathlib.Path(root).resolve()
    headers = list(tree(root, {".hpp"}, ("include",))) + [root / "capi/joinmem.h"]
    verdict([line for header in headers for line in check(root, header)], list(planted(root)))


main(*sys.argv[1:])
