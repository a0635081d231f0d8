#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients linked through pkg-config --static need no shared library at all: static.py ROOT BUILD CC CXX"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

from clients import errors, exchange, expect
from installed import Prefix, output
from queues import through


def main():
    root, build, cc, cxx = sys.argv[1:]
    place = pathlib.Path(build) / "tests/ffi/static"
    shutil.rmtree(place, ignore_errors=True)
    environment = dict(os.environ, CC=cc, CXX=cxx)
    output("meson", "setup", place / "build", root, "-Ddefault_library=static", "-Dtests=disabled",
           "-Dexamples=disabled", "-Dbench=disabled", "-Dtools=disabled", "-Ddocs=disabled",
           "-Doptimization=0", "-Ddebug=false", env=environment)
    output("meson", "install", "--quiet", "-C", place / "build", "--destdir", place / "installed", env=environment)
    prefix = Prefix(place / "installed")
    expect(not list(prefix.folder.rglob("*.so*")), "a static build installs a shared library")
    # The C compiler links the C client: what C++ needs must come from joinmem.pc.
    prefix.build(shlex.split(cc), "-std=c99", "client.c", "client-c", "-static")
    prefix.build(shlex.split(cxx), "-std=c++17", "client.cpp", "client-cpp", "-static")
    clients = {name: command for name, command in prefix.clients().items() if name in ("C", "C++")}
    for writer, (program,) in clients.items():
        done = subprocess.run(["readelf", "-d", program], stdout=subprocess.PIPE, text=True, check=True)
        expect("NEEDED" not in done.stdout, f"{program} is not static:\n{done.stdout}")
        for reader in clients:
            exchange(writer, reader, clients, prefix.environment)
        print("\n".join(errors(writer, clients, prefix.environment)))
    for kind in ("spsc", "mpsc", "mpmc"):
        through(kind, ["C"], "C++", clients, prefix.environment)
    shutil.rmtree(place)


main()
