#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Queues reject element types with addresses, with a message, and accept others: elements.py ROOT"""

import pathlib
import re
import sys

from planted import need, run, scratch, verdict

ADDRESS = "an address means nothing in another process"
COPY = "must be trivially copyable"
TYPES = """
#include <join/queue.hpp>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif
struct Plain { int a; char b[8]; };
struct Inside { const char* text; };
struct OptedOut { std::array<const char*, 2> texts; };
struct Forbidden { unsigned long address; };
union View { struct { const int* data; } view; };
template <typename T> struct OtherSpan
{
    using element_type = T;
    T* first;
    T* data () const { return first; }
};
template <> constexpr bool join::isShareable<OptedOut> = true;
template <> constexpr bool join::isShareable<Forbidden> = false;
"""

# Type, the error of a shared queue, the error of a private one.
CASES = [
    ("int", None, None),
    ("Plain", None, None),
    ("Inside", None, None),  # its members cannot be examined
    ("std::array<int, 4>", None, None),
    ("OptedOut", None, None),
    ("std::array<OptedOut, 3>", None, None),
    ("std::array<int, 10000>", None, None),
    ("Forbidden", ADDRESS, None),
    ("std::array<Forbidden, 3>", ADDRESS, None),
    ("const char*", ADDRESS, None),
    ("void (*) ()", ADDRESS, None),
    ("int Plain::*", ADDRESS, None),
    ("void (Plain::*) ()", ADDRESS, None),
    ("std::string_view", ADDRESS, None),
    ("std::u16string_view", ADDRESS, None),
    ("std::span<int>", ADDRESS, None),
    ("std::span<const int, 3>", ADDRESS, None),
    ("OtherSpan<int>", ADDRESS, None),
    ("join::Span<int>", ADDRESS, None),
    ("std::reference_wrapper<int>", ADDRESS, None),
    ("std::array<const char*, 2>", ADDRESS, None),
    ("std::array<std::array<std::string_view, 2>, 2>", ADDRESS, None),
    ("std::pair<int, const char*>", ADDRESS, COPY),
    ("std::tuple<int, std::string_view>", ADDRESS, COPY),
    ("std::pair<int, int>", COPY, COPY),
    ("std::string", COPY, COPY),
    ("std::vector<int>", COPY, COPY),
    ("std::unique_ptr<int>", COPY, COPY),
    ("std::array<char, 65537>", "at most 64 KiB", "at most 64 KiB"),
]


def said_of(cases):
    """The compiler's errors for a queue of each type, all in one source, one line each: (line number, messages)."""
    lines = TYPES.splitlines()
    first = len(lines) + 1
    for number, (element, _, _) in enumerate(cases):
        lines.append(f"using Element{number} = {element};")
        for memory in ("ShmMem", "LocalMem"):
            lines.append(f"static_assert (sizeof (join::{memory}::Spsc::Queue<Element{number}>) != 0, \"\");")
    with scratch() as folder:
        source = pathlib.Path(folder, "element.cpp")
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        said = run("g++", "-std=c++20", "-fsyntax-only", f"-I{sys.argv[1]}/include", source).stderr
    errors = {}
    line = 0
    for text in said.splitlines():
        at = re.search(r"element\.cpp:(\d+):\d+:\s+required from here", text)
        line = int(at.group(1)) if at else line
        if "error:" in text:
            errors.setdefault(line, []).append(text.split("error:", 1)[1].strip())
    for number in range(len(cases)):
        for column in (1, 2):
            yield cases[number], column, errors.get(first + 3 * number + column, [])


def check(cases):
    for case, column, said in said_of(cases):
        what = f"{('ShmMem', 'LocalMem')[column - 1]} of {case[0]}"
        expected = case[column]
        if expected is None and said:
            yield f"{what} is refused: {said[0]}"
        elif expected is not None and not said:
            yield f"{what} is not refused"
        elif expected is not None and expected not in said[0]:
            yield f"{what} is refused without \"{expected}\": {said[0]}"


def planted():
    for name, case in (("a type that must be refused and is not", ("int", ADDRESS, None)),
                       ("a type that must not be refused and is", ("const char*", None, None)),
                       ("a sentence that is not there", ("std::string", ADDRESS, COPY))):
        yield name, case[0], list(check([case]))


need("g++")
verdict(check(CASES), list(planted()))
