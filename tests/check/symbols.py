#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The library exports exactly the symbols of symbols.txt: symbols.py LIBRARY LIST VERSION_SCRIPT [--renew]

It also imports no lock of one-time initialisation. While one thread constructs a function-local static, another may
fork: the child finds the guard locked, and its first access waits for ever.
"""

import pathlib
import sys

from planted import output, scratch, verdict


def exported(library):
    lines = output("nm", "-D", "--defined-only", "--format=posix", library).splitlines()
    return {" ".join(line.split()[1::-1]) for line in lines}


ONCE = ("__cxa_guard_acquire", "pthread_once", "call_once", "__once_proxy")


def once(library):
    lines = output("nm", "-D", "--undefined-only", "--format=posix", library).splitlines()
    names = {line.split("@")[0].split()[0] for line in lines}
    return [f"imports {name}: a function-local static or a once flag hangs forked children" for name in ONCE if name in names]


def compare(found, listed):
    return ([f"exported, and not listed: {name}" for name in sorted(found - listed)]
            + [f"listed, and not exported: {name}" for name in sorted(listed - found)])


def planted(listed, version_script):
    with scratch() as folder:
        source, library = pathlib.Path(folder, "planted.cpp"), pathlib.Path(folder, "planted.so")
        source.write_text('extern "C" void jm_planted () {}\nvoid leaked () {}\n', encoding="utf-8")
        output("c++", "-shared", "-fPIC", f"-Wl,--version-script,{version_script}", source, "-o", library)
        found = exported(library)
        source.write_text("int first (); int later () { static const int kept = first (); return kept; }\n", encoding="utf-8")
        output("c++", "-shared", "-fPIC", source, "-o", library)
        yield "a function-local static", "imports __cxa_guard_acquire", once(library)
    some = sorted(name for name in listed if "jm_" in name)[0]
    yield "a new function", "not listed: T jm_planted@@", compare(found, listed)
    yield "a function that is gone", f"not exported: {some}", compare(listed - {some}, listed)
    yield "a leak past the version script", "not listed: T _Z6leakedv", compare(found | {"T _Z6leakedv"}, listed)


def main(library, path, version_script, *options):
    if options == ("--renew",):
        pathlib.Path(path).write_text("".join(f"{name}\n" for name in sorted(exported(library))), encoding="utf-8")
        return
    listed = set(pathlib.Path(path).read_text(encoding="utf-8").split("\n")) - {""}
    verdict(compare(exported(library), listed) + once(library), list(planted(listed, version_script)))


main(*sys.argv[1:])
