#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The ABI matches the committed dump: abi.py ROOT LIBRARY DUMP [--renew]

Only types of the public headers count. The dump is g++ 12's for x86_64: another compiler's standard library differs
inside, so there is nothing to compare with it.
"""

import pathlib
import re
import sys

from planted import need, output, run, scratch, skip, verdict


def dump(root, library, path):
    output("abidw", "--headers-dir", root / "include", "--headers-dir", root / "capi", "--drop-private-types",
           "--exported-interfaces-only",
           "--no-architecture", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-parameter-names",
           "--out-file", path, library)
    text = pathlib.Path(path).read_text(encoding="utf-8")
    pathlib.Path(path).write_text(re.sub(r" path='[^']*/((?:src|capi)/[^']*)'", r" path='\1'", text), encoding="utf-8")


def compare(old, new):
    """abidiff's status: 1 and 2 are its own errors, 4 is a change, 8 a change that it knows to be incompatible."""
    done = run("abidiff", "--no-added-syms", "--impacted-interfaces", old, new)
    if done.returncode & 3:
        return [f"abidiff: {done.stdout} {done.stderr}"]
    return [line for line in done.stdout.splitlines() if line.strip()] if done.returncode else []


def comparable(library):
    comments = output("readelf", "--string-dump=.comment", library)
    machine = output("readelf", "--file-header", library)
    if "X86-64" not in machine or not re.search(r"GCC: \(.*\) 12\.", comments) or "clang" in comments:
        skip("the dump is that of g++ 12 for x86_64, the library is another's")
    if ".debug_info" not in output("readelf", "--section-headers", "--wide", library):
        skip("the library has no debug information")


def planted(text, new):
    """Dumps of simulated older libraries: abidiff must report what has changed or been removed since."""
    changes = (
        ("a function that is gone", "Removed function",
         lambda t: t.replace("jm_clear_error", "jm_vanished")),
        ("a struct that has grown", "type size changed",
         lambda t: re.sub(r"(<class-decl name='jm_options' size-in-bits=')\d+", r"\g<1>256", t)),
        ("a member that has moved", "offset changed",
         lambda t: re.sub(r"(<data-member [^>]*layout-offset-in-bits=')64('[^>]*>\s*<var-decl name='_size')", r"\g<1>128\2", t)),
        ("an enumerator of another value", "enumerator",
         lambda t: re.sub(r"(<enumerator name='Require' value=')2", r"\g<1>7", t)))
    with scratch() as folder:
        old = pathlib.Path(folder, "old.abi")
        for what, words, change in changes:
            changed = change(text)
            old.write_text(changed, encoding="utf-8")
            yield what, words, compare(old, new) if changed != text else ["the dump has no such thing to change"]


def main(root, library, path, *options):
    need("abidw", "abidiff", "readelf")
    comparable(library)
    root, path = pathlib.Path(root), pathlib.Path(path)
    if options == ("--renew",):
        dump(root, library, path)
        return
    with scratch() as folder:
        new = pathlib.Path(folder, "new.abi")
        dump(root, library, new)
        verdict(compare(path, new), list(planted(path.read_text(encoding="utf-8"), new)))


main(*sys.argv[1:])
