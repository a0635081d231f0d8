#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No file has more than 400 lines, but for capi/joinmem.h, and no function more than 60: sizes.py ROOT

A C or C++ function lies between two braces on lines of their own, as clang-format writes it.
"""

import ast
import pathlib
import re
import sys

from planted import tree, verdict

FILE, FUNCTION = 400, 60
LONGER = {"capi/joinmem.h": 500}  # one interface in one header: other languages parse it as a whole
SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".py", ".sh", ""}
NO_FUNCTION = re.compile(r"^(?:(?:inline )?namespace|extern|template <.*> (?:class|struct)|class|struct|enum|union|typedef)\b|^[:,] public ")


def braced(lines):
    """(first line, lines) of each block whose brace stands alone, or ends a line of a C function or a lambda."""
    open_blocks = []
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        if text == "{" or (text.endswith("{") and not text.startswith(("//", "*"))):
            head = lines[i - 1].strip() if text == "{" and i > 0 else text
            open_blocks.append((indent, i, head))
        elif text.startswith("}"):
            while open_blocks and open_blocks[-1][0] > indent:
                open_blocks.pop()
            if open_blocks and open_blocks[-1][0] == indent:
                _, first, head = open_blocks.pop()
                if not NO_FUNCTION.match(head) and not head.endswith((";", "= {")):
                    yield first + 1, i - first + 1


def functions(name, text):
    if name.endswith(".py") or text.startswith("#!/usr/bin/python3"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.end_lineno - node.lineno + 1
    elif name.endswith((".cpp", ".hpp", ".c", ".h")):
        yield from braced(text.splitlines())


def check(name, text):
    lines = text.count("\n")
    most = LONGER.get(name, FILE)
    complaints = [f"{name} has {lines} lines, {most} are the most"] if lines > most else []
    complaints += [f"{name}:{first}: {length} lines in one function, {FUNCTION} are the most"
                   for first, length in functions(name, text) if length > FUNCTION]
    return complaints


def planted():
    body = "    ++x;\n" * FUNCTION
    yield "a long file", "401 lines", check("a.cpp", "\n" * (FILE + 1))
    yield "a longer header of the C interface", "501 lines", check("capi/joinmem.h", "\n" * 501)
    yield "a long header", "401 lines", check("capi/other.h", "\n" * (FILE + 1))
    yield "a long function", "62 lines in one", check("a.cpp", "int f ()\n{\n" + body + "}\n")
    yield "a long member", "62 lines in one", check("a.hpp", "class A\n{\n    int f ()\n    {\n" + body.replace("  ++", "      ++")
                                                    + "    }\n};\n")
    yield "a long lambda", "62 lines in one", check("a.cpp", "auto f = [] {\n" + body + "};\n")
    yield "a long test", "62 lines in one", check("a.cpp", 'TEST_CASE ("a")\n{\n' + body + "}\n")
    yield "a long Python function", "61 lines in one", check("a.py", "def f():\n" + "    x = 1\n" * FUNCTION)


def main(root):
    root = pathlib.Path(root)
    complaints = []
    for path in tree(root, SUFFIXES, ("include", "src", "capi", "tests", "bench", "examples", "tools", "scripts", ".ci")):
        complaints += check(str(path.relative_to(root)), path.read_text(encoding="utf-8", errors="replace"))
    if check("a.hpp", "class A\n{\n" + "    int x;\n" * 80 + "};\n") or check("a.cpp", "int f ()\n{\n" + "    ;\n" * 58 + "}\n"):
        complaints.append("a class of 82 lines, or a function of 60, is taken for a long function")
    verdict(complaints, list(planted()))


main(*sys.argv[1:])
