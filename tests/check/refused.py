#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Public headers reject a C++ library other than that of libjoinmem, and C++14, with a message: refused.py ROOT"""

import pathlib
import sys

from planted import copy, need, run, scratch, tree, verdict

NEW = "GNU libstdc++ with the std::string of GCC 5 and later"
OLD = "GNU libstdc++ with the std::string from before GCC 5"
LIBCXX = "LLVM libc++"
CPP14 = ["g++", "-std=c++14"]


def libcxx():
    """A compiler that uses libc++; if there is none, a compiler that defines libc++'s macro."""
    command = ["clang++", "-std=c++17", "-stdlib=libc++"]
    with scratch() as folder:
        source = pathlib.Path(folder, "probe.cpp")
        source.write_text("#include <string>\n", encoding="utf-8")
        if run("sh", "-c", "command -v clang++").returncode == 0 and run(*command, "-fsyntax-only", source).returncode == 0:
            return command
    print("libc++ is not installed: its macro stands for it")
    return ["g++", "-std=c++17", "-D_LIBCPP_VERSION=14000"]


def mismatch(compiled, built):
    return [f"this program is compiled with {compiled}", f"libjoinmem was built with {built}"]


def errors_of(root, header, command):
    with scratch() as folder:
        source = pathlib.Path(folder, "program.cpp")
        source.write_text(f"#include <{header}>\nint main () {{}}\n", encoding="utf-8")
        done = run(*command, "-fsyntax-only", f"-I{root}/include", f"-I{root}/capi", source)
    return [line for line in done.stderr.splitlines() if " error: " in line]


def refuses(root, header, command, words):
    errors = errors_of(root, header, command)
    where = f"{header} by {' '.join(command)}"
    if not errors or not all(word in errors[0] for word in words):
        return [f"{where}: not refused with '{words[0]}': {errors[:1]}"]
    return [f"{where}: {len(errors)} errors"] if len(errors) > 1 and command != CPP14 else []


def check(root, headers, commands):
    complaints = []
    for command, words in commands:
        for header in headers:
            complaints += refuses(root, header, command, words)
    return complaints


def accepts(root, header, command):
    """The C interface, which passes no object of a C++ library."""
    return [f"{header} by {' '.join(command)}: {line}" for line in errors_of(root, header, command)]


def built_otherwise(root):
    """If the library was built with libc++, the other programs are rejected."""
    with scratch() as folder:
        place = copy(root, folder, ("include", "capi"))
        (place / "include/join/detail/build.hpp").write_text("#define JOIN_BUILT_WITH 3\n", encoding="utf-8")
        return (check(place, ["join/queue.hpp"], [(["g++", "-std=c++17"], mismatch(NEW, LIBCXX))])
                + [f"refused in spite of libc++ on both sides: {line}"
                   for line in errors_of(place, "join/error.hpp", libcxx())])


def planted(root, commands):
    with scratch() as folder:
        place = copy(root, folder, ("include", "capi"))
        path = place / "include/join/detail/abi.hpp"
        text = path.read_text(encoding="utf-8").replace("static_assert (JOIN", "static_assert (1 || JOIN").replace("#error", "//")
        path.write_text(text, encoding="utf-8")
        for command in commands:
            yield f"headers that accept {command[0]}", "not refused", check(place, ["join/memory.hpp"], [command])


def main(root):
    need("g++")
    root = pathlib.Path(root).resolve()
    headers = [str(path.relative_to(root / "include")) for path in tree(root, {".hpp"}, ("include",))]
    commands = [(["g++", "-std=c++17", "-D_GLIBCXX_USE_CXX11_ABI=0"], mismatch(OLD, NEW)),
                (libcxx(), mismatch(LIBCXX, NEW)),
                (CPP14, ["libjoinmem needs C++17"])]
    complaints = check(root, headers, commands) + built_otherwise(root)
    for command, _ in commands:
        complaints += accepts(root, "joinmem.h", command)
    verdict(complaints, list(planted(root, commands)))


main(*sys.argv[1:])
