#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Which file includes which, by the preprocessor: layers.py ROOT [with-numa]

error -> os -> memory -> segment -> queue -> wait -> capi: a layer includes only itself and earlier layers. Only src/os/ includes foreign headers;
the other layers include the standard headers of a list.
"""

import pathlib
import re
import sys

from planted import copy, output, scratch, tree, verdict

LAYERS = ["error", "os", "memory", "segment", "queue", "wait", "capi"]
QUEUE = {"any_queue.hpp", "backoff.hpp", "blocking.hpp", "claim.hpp", "claim_pop.hpp", "copy.hpp", "inspect.hpp", "kind.hpp",
         "owner.hpp", "queue.hpp", "queue_base.hpp", "queue_options.hpp", "recent.hpp", "ring.hpp", "segment.hpp", "shareable.hpp", "cells.hpp", "span.hpp",
         "spsc.hpp", "timeout.hpp"}
WAIT = {"wait_set.hpp"}
ERROR = {"error.hpp", "abi.hpp"}
STANDARD = set("""
    algorithm array atomic cerrno chrono climits cstdarg cstddef cstdint cstdio cstdlib cstring exception functional
    iterator limits memory mutex new optional stdexcept string string_view system_error thread tuple type_traits utility
    vector""".split())
C_STANDARD = {"stddef.h", "stdint.h"}
GENERATED = {"joinmem_version.hpp"}
MARKER = re.compile(r'^# \d+ "([^"]*)"')
INCLUDE = re.compile(r'^#include\s+([<"])([^>"]+)[>"]')


def layer(root, path):
    parts = path.relative_to(root).parts
    if parts[:2] == ("src", "base") or (parts[0] == "include" and path.name in ERROR):
        return "error"
    if parts[0] == "capi":
        return "capi"
    if parts[0] == "src":
        return parts[1]
    if path.name in WAIT:
        return "wait"
    return "queue" if path.name in QUEUE else "memory"


def includes(root, path):
    """(file, name): each #include of our files that the preprocessor reaches, even if a guard makes it empty."""
    with scratch() as generated:
        for name in GENERATED:
            pathlib.Path(generated, name).touch()
        text = output("g++", "-std=c++17", "-E", "-dI", "-x", "c++", f"-I{root}/include", f"-I{root}/capi",
                      f"-I{root}/src", f"-I{generated}", path)
    current = None
    for line in text.splitlines():
        marker = MARKER.match(line)
        if marker:
            name = pathlib.Path(marker.group(1))
            current = name.resolve() if name.is_file() else None
            continue
        found = INCLUDE.match(line)
        if found and current is not None and root in current.parents:
            yield current, found.group(2)


def ours(root, path, name):
    for folder in (path.parent, root / "src", root / "include", root / "capi"):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def judge(root, path, name):
    here = layer(root, path)
    target = ours(root, path, name)
    where = f"{path.relative_to(root)} ({here}) includes {name}"
    if target is not None:
        there = layer(root, target)
        return f"{where}, of the later layer {there}" if LAYERS.index(there) > LAYERS.index(here) else None
    allowed = name in STANDARD or name in GENERATED or here == "os" or (here == "capi" and name in C_STANDARD)
    return None if allowed else f"{where}, which is not on the list of standard headers"


def check(root, files):
    edges, seen = set(), set()
    for path in sorted(files, key=lambda path: path.suffix != ".cpp"):  # most headers are reached on the way
        if path not in seen:
            found = set(includes(root, path))
            edges |= found
            seen |= {current for current, _ in found}
    return sorted(filter(None, (judge(root, *edge) for edge in edges)))


def planted(root):
    for file, line, words in (
            ("src/memory/memory.cpp", "#include <thread>\n#include <sys/mman.h>", "includes sys/mman.h, which is not on the list"),
            ("src/memory/memory.cpp", "#include <pthread.h>\n#include <thread>", "includes pthread.h, which is not on the list"),
            ("include/join/memory.hpp", "#include <iostream>", "includes iostream, which is not on the list"),
            ("include/join/error.hpp", "#include <join/detail/report_data.hpp>", "of the later layer memory"),
            ("src/os/pages.cpp", '#include "memory/mapping.hpp"', "of the later layer memory"),
            ("src/memory/local.cpp", '#include "joinmem.h"', "of the later layer capi"),
            ("include/join/memory.hpp", "#include <join/detail/segment.hpp>", "of the later layer queue"),
            ("src/segment/segment.cpp", '#include "queue/format.hpp"', "of the later layer queue"),
            ("src/queue/wait.cpp", "#include <linux/futex.h>", "includes linux/futex.h, which is not on the list")):
        with scratch() as folder:
            place = copy(root, folder).resolve()
            path = place / file
            path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
            yield f"{line} in {file}", words, check(place, [path])


def main(root, *options):
    root = pathlib.Path(root).resolve()
    files = [path for path in tree(root, {".cpp", ".hpp", ".h"}, ("include", "src", "capi"))
             if "with-numa" in options or path.name != "numa_libnuma.cpp"]
    verdict(check(root, files), list(planted(root)))


main(*sys.argv[1:])
