#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An installed tree serves shared and static programs through pkg-config after a move: install.py ROOT"""

import os
import pathlib
import shutil
import sys

from planted import need, output, run, scratch, tree, verdict

STATIC = ["-static"]


def install(root, place):
    """Builds with what a user needs and nothing more, installs, and moves the tree away from its prefix."""
    output("meson", "setup", place / "build", root, f"--prefix={place}/first", "--libdir=lib", "-Ddefault_library=both",
           "-Dtests=disabled", "-Dexamples=disabled", "-Dbench=disabled", "-Dtools=disabled", "-Doptimization=0",
           "-Ddebug=false")
    output("meson", "install", "-C", place / "build")
    shutil.move(place / "first", place / "moved")
    return place / "moved"


def pkg_config(prefix, *options):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    return output("pkg-config", *options, "joinmem", env=environment).split()


def use(root, prefix, source, static):
    """Builds the program as any user would and runs it. Returns the complaint, or ""."""
    flags = pkg_config(prefix, "--cflags", "--libs", *(["--static"] if static else []))
    compiler = ["gcc", "-std=c99"] if source.endswith(".c") else ["g++", "-std=c++17"]
    program = prefix / "program"
    done = run(*compiler, root / "tests/check/consumer" / source, *(STATIC if static else []), *flags, "-o", program)
    if done.returncode == 0:
        done = run(program, env={**os.environ, "LD_LIBRARY_PATH": str(prefix / "lib")})
    name = f"{source}, {'static' if static else 'shared'}"
    return f"{name}: {done.stderr.strip()[:600]}" if done.returncode != 0 else ""


def uses(root, prefix):
    return [wrong for source in ("program.c", "program.cpp") for static in (False, True)
            for wrong in [use(root, prefix, source, static)] if wrong]


def missing(root, prefix):
    names = [path.relative_to(root / "include") for path in tree(root, {".hpp"}, ("include",))]
    wanted = names + [pathlib.Path(name) for name in ("join/detail/build.hpp", "joinmem.h", "joinmem_ffi.h")]
    complaints = [f"not installed: {name}" for name in wanted if not (prefix / "include" / name).is_file()]
    documents = prefix / "share/doc/joinmem"
    written = [path.relative_to(root) for path in sorted(root.glob("docs/**/*"))
               if path.suffix in (".md", ".svg")]
    written += [pathlib.Path(name) for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")]
    return complaints + [f"not installed: {name}" for name in written if not (documents / name).is_file()]


def planted(root, prefix):
    """Spoils the installed joinmem.pc and library, one defect at a time."""
    pc = prefix / "lib/pkgconfig/joinmem.pc"
    text = pc.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    pc.write_text("".join(line for line in lines if not line.startswith(("Requires.private", "Libs.private"))),
                  encoding="utf-8")
    yield "a joinmem.pc without its private fields", "static", uses(root, prefix)
    pc.write_text(text.replace("${pcfiledir}/../..", str(prefix.parent / "first")), encoding="utf-8")
    yield "a joinmem.pc that is not relocatable", "shared", uses(root, prefix)
    pc.write_text(text, encoding="utf-8")
    (prefix / "include/join/detail/report_data.hpp").unlink()
    yield "a header that is not installed", "detail/report_data.hpp", missing(root, prefix) + uses(root, prefix)
    (prefix / "include/join/detail/build.hpp").unlink()
    yield "a header of the build that is not installed", "detail/build.hpp", missing(root, prefix)
    (prefix / "share/doc/joinmem/docs/guide/crash.md").unlink()
    yield "a page that is not installed", "docs/guide/crash.md", missing(root, prefix)


def main(root):
    need("meson", "ninja", "pkg-config", "gcc", "g++")
    root = pathlib.Path(root).resolve()
    with scratch() as folder:
        prefix = install(root, pathlib.Path(folder))
        verdict(missing(root, prefix) + uses(root, prefix), list(planted(root, prefix)))


main(*sys.argv[1:])
