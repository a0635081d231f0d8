#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that joinmem_memory.3 says what joinmem.h declares: check.py PAGE HEADER LINKS [COMPILER...]

Every function with its types, every field, constant, errno value and JSON key, and nothing that the header lacks; a
link (LINKS: the names, separated by commas) for each function; and, where a compiler is named, that the examples compile.
"""
import os
import re
import subprocess
import sys
import tempfile


def tidy(text):
    """A declaration with one space between words and none beside a star."""
    return re.sub(r"\s*\*\s*", " *", re.sub(r"\s+", " ", text)).replace("* ", "*").strip()


def code_of(header):
    return re.sub(r"/\*.*?\*/", " ", header, flags=re.S)


def declared(header):
    """name -> (result, [parameters]) of each function of the header."""
    found = {}
    for result, name, parameters in re.findall(r"^([a-z][\w \t*]*?)(jm_\w+)\(([^)]*)\)[^;]*;", code_of(header), re.M):
        found[name] = (tidy(result), [tidy(p) for p in parameters.split(",")])
    return found


def described(page):
    """The same of the page's SYNOPSIS."""
    found = {}
    synopsis = page[page.index(".Sh SYNOPSIS"):page.index(".Sh DESCRIPTION")]
    for result, name, rest in re.findall(r"^\.Ft (.*)\n\.Fn (\w+) ?(.*)$", synopsis, re.M):
        parameters = re.findall(r'"([^"]*)"', rest) or [rest]
        found[name] = (tidy(result), [tidy(p) for p in parameters])
    return found


def literals(page):
    """The code of each literal display."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", page, re.M | re.S)
    return [block.replace("\\e", "\\") for block in blocks]


def words_missing(page, header):
    fields = re.findall(r"^    u?int\d+_t +(\w+);", code_of(header), re.M)
    constants = re.findall(r"\b(JM_[A-Z_]+)\b", re.sub(r"^#.*", "", code_of(header), flags=re.M))
    keys = re.findall(r'^ \*   ("\w+"(?:, "\w+")*)  ', header, re.M)
    keys = [key for group in keys for key in re.findall(r'"(\w+)"', group)]
    errors = re.findall(r"\bE[A-Z]{3,}\b", "\n".join(re.findall(r"/\*.*?\*/", header, re.S)))
    items = "\n".join(re.findall(r"^\.It .*$", page, re.M))
    for what, names, where in (("field", fields, items), ("constant", constants, page), ("key", keys, items),
                               ("errno", errors, page[page.index(".Sh ERRORS"):])):
        if not names:
            yield f"the header shows no {what}: has its layout changed?"
        for name in sorted(set(names) - {"JM_NOEXCEPT"}):
            if not re.search(rf"\b{name}\b", where):
                yield f"the page lacks the {what} {name}"


def check(page, header, links):
    """Sentences, one for each thing that is wrong."""
    there, told = declared(header), described(page)
    names = re.findall(r"^\.Nm (\w+)", page[:page.index(".Sh LIBRARY")], re.M)
    if len(there) < 20:
        yield "the header shows too few functions: has its layout changed?"
    for name in sorted(there.keys() | told.keys()):
        if name not in told:
            yield f"the page lacks {name}"
        elif name not in there:
            yield f"the page has {name}, which the header lacks"
        elif there[name] != told[name]:
            yield f"{name}: the header says {there[name]}, the page {told[name]}"
    for where, list_ in (("NAME", names), ("the links of docs/meson.build", links)):
        if sorted(list_) != sorted(there):
            yield f"{where}: {', '.join(sorted(set(list_) ^ set(there))) or 'a name twice'}"
    yield from words_missing(page, header)


def compile_examples(page, header_path, compiler):
    for block in literals(page):
        if "main" not in block:
            block = "#include <joinmem.h>\nint example(void);\nint example(void)\n{\n" + block + "return jm_close(memory);\n}\n"
        with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
            file.write(block)
            file.flush()
            command = [*compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                       "-I", os.path.dirname(header_path), file.name]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode != 0:
                yield f"an example does not compile:\n{block}\n{run.stderr}"


def plants(page, header, links):
    """(page, header, links, what the check has to say) with one thing wrong each."""
    yield page.replace('.Fn jm_unlink "const char *name"\n', ".Fn jm_gone void\n"), header, links, "the page lacks jm_unlink"
    yield page, header.replace("int jm_unlink(", "int jm_new(int a);\nint jm_unlink("), links, "the page lacks jm_new"
    yield page.replace('"uint64_t offset"', '"int64_t offset"', 1), header, links, "jm_get: the header says"
    yield page.replace(".Nm jm_close ,\n", ""), header, links, "NAME: jm_close"
    yield page, header, links[1:], "the links of docs/meson.build: " + links[0]
    yield page.replace(".It Fa lock\n", ".It Fa loc\n"), header, links, "the page lacks the field lock"
    yield page.replace("JM_OPEN_ONLY", "JM_OPEN"), header, links, "the page lacks the constant JM_OPEN_ONLY"
    yield page.replace(".It Li backing\n", ".It Li back\n"), header, links, "the page lacks the key backing"
    yield page.replace("ENODATA", "ENOTHING"), header, links, "the page lacks the errno ENODATA"


def main():
    page_path, header_path, links, *compiler = sys.argv[1:]
    links = links.split(",")
    with open(page_path, encoding="utf-8") as file:
        page = file.read()
    with open(header_path, encoding="utf-8") as file:
        header = file.read()
    wrong = list(check(page, header, links))
    if not wrong:
        for planted in plants(page, header, links):
            said = "\n".join(check(*planted[:3]))
            if planted[3] not in said:
                wrong.append(f"planted, and not caught: {planted[3]} (said: {said or 'nothing'})")
    if compiler:
        wrong += compile_examples(page, header_path, compiler)
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(declared(header))} functions; {len(literals(page))} examples {'compile' if compiler else 'not compiled'}")


main()
