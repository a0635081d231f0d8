#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Public headers compile in the environments of real programs: settings.py ROOT

After the macros of common headers, with explicit instantiation, with `using namespace join` beside <sys/mman.h>, and
under the names that programs of the reference implementation use.
"""

import pathlib
import sys

from planted import copy, need, run, scratch, tree, verdict

# In addition to -Wall and -Wextra. Not -Weffc++, which requires initialisers for members that have them; nor
# -Wuseless-cast, as such casts are needed in 32-bit programs.
WARNINGS = {"g++": ["-Wswitch-default", "-Wold-style-cast", "-Wcast-qual", "-Wundef"],
            "clang++": ["-Wcomma", "-Wundef", "-Wold-style-cast"]}
STANDARD = "#include <atomic>\n#include <chrono>\n#include <string>\n#include <string_view>\n#include <system_error>\n"
QT = """
#define slots
#define signals public
#define emit
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
"""
X11 = """
#define Always 2
#define Bool int
#define Complex 0
#define False 0
#define None 0L
#define Status int
#define Success 0
#define True 1
#define Unsorted 0
"""
OTHERS = """
#define ABS(x) x
#define BIT(x) x
#define I 0
#define MAX(a, b) a
#define MIN(a, b) a
#define check(x) x
#define likely(x) x
#define linux 1
#define major(x) x
#define makedev(x, y) x
#define minor(x) x
#define unix 1
#define unlikely(x) x
"""
USING = """#include <type_traits>
using namespace join;
int lock (char* array, void* any, const void* constant, int* typed, std::size_t size, uint64_t wide)
{
    return mlock (any, size) + mlock (any, wide) + mlock (any, 4096) + mlock (array, size) + mlock (typed, size)
           + mlock (constant, size) + join::mlock (constant, size) + join::mlock (nullptr, 0);
}
int lockArray ()
{
    static char buffer[4096];
    return mlock (buffer, sizeof (buffer));
}
"""
INSTANCES = """
struct Element
{
    int number;
    char letter;
};
%s template class join::BasicQueue<Element, join::LocalMem, join::detail::SpscRing>;
%s template class join::BasicQueue<Element, join::LocalMem, join::detail::ClaimRing<false, false>>;
%s template class join::BasicQueue<Element, join::LocalMem, join::detail::ClaimRing<true, false>>;
%s template class join::BasicQueue<Element, join::ShmMem, join::detail::SpscRing>;
%s template class join::BasicQueue<Element, join::ShmMem, join::detail::ClaimRing<false, true>>;
%s template class join::BasicQueue<Element, join::ShmMem, join::detail::ClaimRing<true, true>>;
"""
# The zero-copy members of Spsc are templates: the instantiation above leaves them out.
ZERO_COPY = """
#define ZERO_COPY(M) \\
    %(e)s template join::Span<Element> join::M::Spsc::Queue<Element>::reserve (uint64_t) noexcept; \\
    %(e)s template int join::M::Spsc::Queue<Element>::commit (uint64_t) noexcept; \\
    %(e)s template join::Span<const Element> join::M::Spsc::Queue<Element>::peek (uint64_t) noexcept; \\
    %(e)s template int join::M::Spsc::Queue<Element>::release (uint64_t) noexcept;
ZERO_COPY (LocalMem)
ZERO_COPY (ShmMem)
"""
USE = """
int use (join::LocalMem::Spsc::Queue<Element>& local, join::ShmMem::Mpmc::Queue<Element>& shared)
{
    Element element = {};
    return local.tryPush (element) + shared.tryPop (element) + static_cast<int> (local.reserve (1).size ());
}
"""


# Names of the reference implementation, joinframework/join.
REFERENCE = """
int lock (const join::LocalMem& memory, const join::ShmMem& shared)
{
    return memory.mbind (0) + memory.mlock () + shared.mbind (0) + shared.mlock ();
}
int lock (const join::LocalMem::Spsc::Queue<int>& local, const join::ShmMem::Mpmc::Queue<int>& shared, const join::AnyQueue& any)
{
    return local.mbind (0) + local.mlock () + shared.mbind (0) + shared.mlock () + any.mbind (0) + any.mlock ();
}
bool closed (join::LocalMem::Mpmc::Queue<int>& queue)
{
    join::LocalMem::Mpmc::Queue<int>::ValueType element = 1;
    for (join::Backoff backoff (1000); queue.tryPush (element) == -1;)
    {
        backoff ();
    }
    join::lastError = {};
    const join::ErrorCategory category;
    return join::lastError == join::Errc::ConnectionClosed || join::lastError == make_error_code (join::Errc::ConnectionRefused)
           || join::lastError == join::Errc::MessageUnknown || join::lastError == join::Errc::MessageTooLong
           || join::getErrorCategory ().name () == category.name ();
}
"""


def instances(extern):
    return INSTANCES % ((extern,) * 6) + ZERO_COPY % {"e": extern}


def programs(headers):
    included = "".join(f"#include <{header}>\n" for header in headers)
    yield "headers after macros", f"{STANDARD}{QT}{X11}{OTHERS}{included}"
    for before, after in (("#include <sys/mman.h>\n", ""), ("", "#include <sys/mman.h>\n")):
        yield "mlock beside libc's", f"{before}#include <join/memory.hpp>\n{after}{USING}"
    yield "names of the reference", f"#include <join/any_queue.hpp>\n#include <join/queue.hpp>\n{REFERENCE}"
    yield "explicit instantiation", f"#include <join/queue.hpp>\n{instances('')}{USE}"
    yield "extern templates", f"#include <join/queue.hpp>\nstruct Element;\n{instances('extern')}{USE}"


def compiles(root, text, compiler, standard):
    with scratch() as folder:
        source = pathlib.Path(folder, "program.cpp")
        source.write_text(text, encoding="utf-8")
        done = run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror", *WARNINGS[compiler], "-fsyntax-only", f"-I{root}/include", source)
    said = [line for line in done.stderr.splitlines() if "error" in line]
    return "" if done.returncode == 0 else (said or ["failed"])[0]


def check(root, chosen, compilers=(("g++", "c++17"), ("g++", "gnu++20"), ("clang++", "c++17"))):
    complaints = []
    for what, text in chosen:
        for compiler, standard in compilers:
            wrong = compiles(root, text, compiler, standard)
            complaints += [f"{what}, {compiler} {standard}: {wrong}"] if wrong else []
    return complaints


def planted(root):
    chosen = list(programs(["join/queue.hpp"]))
    for what, file, before, after, words in (
            ("a variable named slots", "include/join/detail/claim.hpp", "cells", "slots", "after macros"),
            ("an old-style cast", "include/join/detail/ring.hpp", "return static_cast<uint32_t> (", "return (uint32_t) (", "explicit"),
            ("a constructor that only one memory has", "include/join/queue.hpp", "    template <typename M = Mem>\n", "",
             "explicit instantiation"),
            ("an mbind that changes its object", "include/join/memory.hpp", "int mbind (int node) const", "int mbind (int node)",
             "names of the reference"),
            ("an mlock as libc's", "include/join/memory.hpp", "int mlock (void* ptr", "int mlock (const void* ptr", "mlock beside")):
        with scratch() as folder:
            place = copy(root, folder, ("include",))
            path = place / file
            path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
            yield what, words, check(place, [one for one in chosen if words in one[0]], [("g++", "c++17")])


def main(root):
    need("g++", "clang++")
    root = pathlib.Path(root).resolve()
    headers = [str(path.relative_to(root / "include")) for path in tree(root, {".hpp"}, ("include",))]
    verdict(check(root, programs(headers)), list(planted(root)))


main(*sys.argv[1:])
