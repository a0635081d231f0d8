#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Another project builds and runs the library as a Meson subproject, without an installation: subproject.py ROOT"""

import os
import pathlib
import shutil
import sys

from planted import copy, need, run, scratch, verdict


def check(root, place, spoil=None):
    project = place / "project"
    shutil.copytree(root / "tests/check/consumer", project)
    library = copy(root, project / "subprojects/joinmem", ("include", "src", "capi", "pkgconfig"))
    for name in ("meson.build", "meson_options.txt"):
        text = (root / name).read_text(encoding="utf-8")
        (library / name).write_text(spoil(text) if spoil else text, encoding="utf-8")
    build = place / "build"
    environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(place / "none")}
    for command in (["meson", "setup", build, project, "-Doptimization=0", "-Ddebug=false"], ["ninja", "-C", build], ["meson", "test", "-C", build]):
        done = run(*command, env=environment)
        if done.returncode != 0:
            return [f"{' '.join(map(str, command[:2]))}: {(done.stdout + done.stderr)[-1500:]}"]
    return [] if (build / "subprojects/joinmem/src").is_dir() else ["the subproject was not used"]


def main(root):
    need("meson", "ninja", "g++")
    root = pathlib.Path(root).resolve()
    with scratch() as folder:
        complaints = check(root, pathlib.Path(folder))
    with scratch() as folder:
        planted = check(root, pathlib.Path(folder), lambda text: text.replace("subdir('src')", ""))
    verdict(complaints, [("a library that does not offer itself", "meson setup", planted)])


main(*sys.argv[1:])
