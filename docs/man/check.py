#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that a page says what joinmem.h declares: check.py SECTION PAGE HEADER LINKS [COMPILER...]

SECTION queues, waiting or looking is what stands below that heading of the header, and memory all the rest.

Every function with its types, every field, constant, errno value and JSON key, and nothing that the header lacks; a
link (LINKS: the names, separated by commas) for each function; and, where a compiler is named, that the examples compile.
"""
import os
import re
import subprocess
import sys
import tempfile


HANDLES = {"memory": "memory", "queues": "queue", "waiting": "set", "looking": "0"}  # that the examples open
FUNCTIONS = {"memory": 20, "queues": 20, "waiting": 10, "looking": 5}  # that there are, at the least
LACKING = {("key", "queues"), ("key", "waiting"), ("field", "looking"), ("constant", "looking")}  # what a section has none of


def tidy(text):
    """A declaration with one space between words and none beside a star."""
    return re.sub(r"\s*\*\s*", " *", re.sub(r"\s+", " ", text)).replace("* ", "*").strip()


def code_of(header):
    return re.sub(r"/\*.*?\*/", " ", header, flags=re.S)


def part_of(header, section):
    queues = header.index("/* --- queues ---")
    waiting = header.index("/* --- waiting ---", queues)
    looking = header.index("/* --- looking ---", waiting)
    end = header.index("#ifdef __cplusplus\n}", looking)
    return {"queues": header[queues:waiting], "waiting": header[waiting:looking], "looking": header[looking:end],
            "memory": header[:queues] + header[end:]}[section]


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


def words_missing(page, header, section):
    fields = re.findall(r"^    (?:const )?\w+ +\*?(\w+);", code_of(header), re.M)
    constants = re.findall(r"\b(JM_[A-Z_]+)\b", re.sub(r"^#.*", "", code_of(header), flags=re.M))
    keys = re.findall(r'^ \*   ("\w+"(?:, "\w+")*)  ', header, re.M)
    keys = [key for group in keys for key in re.findall(r'"(\w+)"', group)]
    errors = re.findall(r"\bE[A-Z]{3,}\b", "\n".join(re.findall(r"/\*.*?\*/", header, re.S)))
    items = "\n".join(re.findall(r"^\.It .*$", page, re.M))
    named = "\n".join(re.findall(r"^\.It Fa .*$", page, re.M))
    for what, names, where in (("field", fields, named), ("constant", constants, page), ("key", keys, items),
                               ("errno", errors, page[page.index(".Sh ERRORS"):])):
        if not names and (what, section) not in LACKING:
            yield f"the header shows no {what}: has its layout changed?"
        for name in sorted(set(names) - {"JM_NOEXCEPT"}):
            if not re.search(rf"\b{name}\b", where):
                yield f"the page lacks the {what} {name}"


def check(page, whole, links, section):
    """Sentences, one for each thing that is wrong."""
    header = part_of(whole, section)
    there, told = declared(header), described(page)
    names = re.findall(r"^\.Nm (\w+)", page[:page.index(".Sh LIBRARY")], re.M)
    if len(there) < FUNCTIONS[section]:
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
    yield from words_missing(page, header, section)


def compile_examples(page, header_path, compiler, handle):
    for block in literals(page):
        if "main" not in block:
            block = "#include <joinmem.h>\nint example(void);\nint example(void)\n{\n" + block + f"return jm_close({handle});\n}}\n"
        with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
            file.write(block)
            file.flush()
            command = [*compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                       "-I", os.path.dirname(header_path), file.name]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode != 0:
                yield f"an example does not compile:\n{block}\n{run.stderr}"


# One thing wrong each, in the page: (what is there, what is there instead, what the check has to say).
IN_PAGE = {
    "memory": (
        ('.Fn jm_unlink "const char *name"\n', ".Fn jm_gone void\n", "the page lacks jm_unlink"),
        ('"uint64_t offset"', '"int64_t offset"', "jm_get: the header says"),
        (".Nm jm_close ,\n", "", "NAME: jm_close"),
        (".It Fa lock\n", ".It Fa loc\n", "the page lacks the field lock"),
        ("JM_OPEN_ONLY", "JM_OPEN", "the page lacks the constant JM_OPEN_ONLY"),
        (".It Li backing\n", ".It Li back\n", "the page lacks the key backing"),
        ("ENODATA", "ENOTHING", "the page lacks the errno ENODATA")),
    "queues": (
        ('.Fn jm_queue_shutdown "jm_handle queue"\n', ".Fn jm_gone void\n", "the page lacks jm_queue_shutdown"),
        ('"uint64_t *count"', '"int64_t *count"', "jm_queue_reserve: the header says"),
        (".Nm jm_queue_mbind ,\n", "", "NAME: jm_queue_mbind"),
        (".It Fa memory\n", ".It Fa mem\n", "the page lacks the field memory"),
        ("JM_MPMC", "JM_MP", "the page lacks the constant JM_MPMC"),
        ("EDEADLK", "ENOTHING", "the page lacks the errno EDEADLK")),
    "waiting": (
        ('.Fn jm_wait_wake "jm_handle set"\n', ".Fn jm_gone void\n", "the page lacks jm_wait_wake"),
        ('"uint64_t key"', '"int64_t key"', "jm_wait_add: the header says"),
        (".Nm jm_wait_fd ,\n", "", "NAME: jm_wait_fd"),
        (".It Fa interruptible\n", ".It Fa inter\n", "the page lacks the field interruptible"),
        ("JM_READY_DAMAGED", "JM_READY_BAD", "the page lacks the constant JM_READY_DAMAGED"),
        ("EBUSY", "ENOTHING", "the page lacks the errno EBUSY")),
    "looking": (
        ('.Fn jm_remove_unused "const char *name"\n', ".Fn jm_gone void\n", "the page lacks jm_remove_unused"),
        ('"uint64_t most"', '"int64_t most"', "jm_inspect_pages: the header says"),
        (".Nm jm_inspect ,\n", "", "NAME: jm_inspect"),
        (".It Li created_at\n", ".It Li made\n", "the page lacks the key created_at"),
        ("EBADMSG", "ENOTHING", "the page lacks the errno EBADMSG")),
}
BESIDE = {"memory": "int jm_unlink(", "queues": "int jm_queue_shutdown(", "waiting": "int jm_wait_wake(",
          "looking": "int jm_remove_unused("}


def plants(page, header, links, section):
    """(page, header, links, what the check has to say) with one thing wrong each."""
    for there, instead, words in IN_PAGE[section]:
        yield page.replace(there, instead), header, links, words
    yield page, header.replace(BESIDE[section], "int jm_new(int a);\n" + BESIDE[section]), links, "the page lacks jm_new"
    yield page, header, links[1:], "the links of docs/meson.build: " + links[0]


def main():
    section, page_path, header_path, links, *compiler = sys.argv[1:]
    links = links.split(",")
    with open(page_path, encoding="utf-8") as file:
        page = file.read()
    with open(header_path, encoding="utf-8") as file:
        header = file.read()
    wrong = list(check(page, header, links, section))
    if not wrong:
        for planted in plants(page, header, links, section):
            said = "\n".join(check(*planted[:3], section))
            if planted[3] not in said:
                wrong.append(f"planted, and not caught: {planted[3]} (said: {said or 'nothing'})")
    if compiler:
        wrong += compile_examples(page, header_path, compiler, HANDLES[section])
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(declared(part_of(header, section)))} functions; {len(literals(page))} examples {'compile' if compiler else 'not compiled'}")


main()
