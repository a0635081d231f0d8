#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The library uses little static TLS; glibc has 1664 bytes for all libraries loaded by dlopen: tls.py LIBRARY PLUGIN

PLUGIN contains a copy of the library.
"""

import pathlib
import re
import shutil
import sys

from planted import need, output, run, scratch, verdict

MOST = 128
COPIES = 8
LOAD = "import ctypes, sys\nfor path in sys.argv[1:]:\n    ctypes.CDLL(path)\n"


def check_size(library):
    found = re.search(r"^\s*TLS\s+(?:0x\w+\s+){4}(0x\w+)", output("readelf", "-lW", library), re.M)
    size = int(found.group(1), 16) if found else 0
    return [f"{size} bytes of static TLS, {MOST} are the most"] if size > MOST else []


def load(*paths):
    done = run(sys.executable, "-c", LOAD, *paths)
    return [] if done.returncode == 0 else [done.stderr.strip().splitlines()[-1]]


def block(folder, size):
    """A library that uses this much static TLS."""
    source, library = pathlib.Path(folder, f"block{size}.c"), pathlib.Path(folder, f"block{size}.so")
    source.write_text(f'__attribute__ ((tls_model ("initial-exec"))) __thread char block[{size}] = {{1}};\n'
                      "char *get (void) { return block; }\n", encoding="utf-8")
    output("gcc", "-shared", "-fPIC", source, "-o", library)
    return library


def copies(folder, plugin):
    return [shutil.copy(plugin, pathlib.Path(folder, f"copy{i}.so")) for i in range(COPIES)]


def main(library, plugin):
    need("gcc", "readelf")
    with scratch() as folder:
        large, more = block(folder, 1024), block(folder, 712)
        complaints = check_size(library) + load(large, library) + load(*copies(folder, plugin))
        planted = [("a library of 712 bytes", "bytes of static TLS", check_size(more)),
                   ("a library of 712 bytes after one of 1024", "static TLS", load(large, more))]
        verdict(complaints, planted)


main(*sys.argv[1:])
