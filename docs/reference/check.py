#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The table of errors has every errno of the headers, with its class and its calls: check.py ROOT

Each errno that a comment of a public header names is in docs/reference/errors.md, and each errno there is in a header.
The class of a row is that of Errc in error.hpp. An errno and a group of calls stand in one row only. A function of
joinmem.h that names an errno in its comment is in a group, or in the group `any`, of a row of that errno; each name in
the table of groups is in a header.
"""
import pathlib
import re
import sys

PAGE = "docs/reference/errors.md"
HEADERS = ("include/join/*.hpp", "include/join/detail/queue_base.hpp", "capi/joinmem.h")
ERRNO = re.compile(r"\bE[A-Z]{3,}\b")
FUNCTION = re.compile(r"\b(jm_\w+)\(")
DEFAULT = "OperationFailed"
ABOUT_OTHERS = "control"  # the comments of these calls name what other calls fail with
SILENT = {"jm_version", "jm_version_string", "jm_last_error", "jm_last_error_message", "jm_clear_error"}


def comments(text):
    return re.findall(r"/\*.*?\*/|//[^\n]*", text, re.S)


def classes(error_header):
    """errno -> its class, of those that the comments of enum class Errc name."""
    enum = error_header[error_header.index("enum class Errc"):]
    found = {}
    for name, comment in re.findall(r"^    (\w+)(?: = 1)?,\s*///< (.*)$", enum[:enum.index("};")], re.M):
        found.update({errno: name for errno in ERRNO.findall(comment)})
    return found


def failures(header):
    """(function, errno) of each comment of joinmem.h that stands before functions."""
    for comment, code in re.findall(r"(/\*.*?\*/)(.*?)(?=/\*|\Z)", header, re.S):
        for function in FUNCTION.findall(code):
            yield from ((function, errno) for errno in ERRNO.findall(comment))


def rows(text, columns):
    """The cells of each row of the tables with that many columns; not their headings."""
    lines = text.splitlines()
    for line, after in zip(lines, lines[1:] + [""]):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns and set(cells[0]) != {"-"} and not after.startswith("|---"):
            yield cells


def sections(page):
    calls, table = page.index("\n## Calls\n"), page.index("\n## Table\n")
    return page[calls:table], page[table:page.index("\n## ", table + 1)]


def check_rows(errors, groups, known):
    seen = set()
    for errno, class_, calls, *_ in errors:
        if class_ != known.get(errno, DEFAULT):
            yield f"{errno}: the page says {class_}, error.hpp {known.get(errno, DEFAULT)}"
        for group in calls.split(", "):
            if group not in groups:
                yield f"{errno}: there is no group of calls {group}"
            if (errno, group) in seen:
                yield f"{errno}: two rows for {group}"
            seen.add((errno, group))


def check(page, headers):
    """Sentences, one for each thing that is wrong. headers: path -> text"""
    calls, table = sections(page)
    groups = {name: (cpp, c) for name, cpp, c in rows(calls, 3)}
    errors = list(rows(table, 5))
    named = {errno for text in headers.values() for comment in comments(text) for errno in ERRNO.findall(comment)}
    listed = {row[0] for row in errors}
    yield from (f"the page lacks {errno}" for errno in sorted(named - listed))
    yield from (f"no header names {errno}" for errno in sorted(listed - named))
    yield from check_rows(errors, groups, classes(headers["include/join/error.hpp"]))
    functions = {name: {group for group in groups if name in re.findall(r"\w+", groups[group][1])}
                 for name in FUNCTION.findall(re.sub(r"/\*.*?\*/", "", headers["capi/joinmem.h"], flags=re.S))}
    for function, of in functions.items():
        if not of and function not in SILENT:
            yield f"no group of calls has {function}"
    for function, errno in failures(headers["capi/joinmem.h"]):
        of = functions[function] | {"any"}
        if ABOUT_OTHERS not in of and not any(row[0] == errno and of & set(row[2].split(", ")) for row in errors):
            yield f"no row of {errno} is for {function}"
    everything = "\n".join(headers.values())
    for name in re.findall(r"`(\w+)`", calls):
        if not re.search(rf"\b{name}\b", everything):
            yield f"no header has {name}"


def planted(page, headers):
    """(words, sentences) of each violation."""
    changes = (
        ("| EXDEV | OperationFailed | any | c | r |\n", "| EBADF |", "no header names EXDEV"),
        ("| EINTR | OperationFailed | wait | c | r |\n", "| EBADF |", "EINTR: two rows for wait"),
        ("| EBADF | InUse | wait | c | r |\n", "| EBADF |", "EBADF: the page says InUse, error.hpp OperationFailed"),
        ("| EBADF | OperationFailed | ways | c | r |\n", "| EBADF |", "EBADF: there is no group of calls ways"))
    for row, before, words in changes:
        yield words, check(page.replace(before, row + before, 1), headers)
    yield "the page lacks EUSERS", check(re.sub(r"^\| EUSERS .*\n", "", page, flags=re.M), headers)
    elsewhere = page.replace("| OperationFailed | address |", "| OperationFailed | pop |")
    yield "no row of ERANGE is for jm_get", check(elsewhere, headers)
    yield "no group of calls has jm_mlock", check(page.replace("`jm_mlock`", "`jm_size`"), headers)
    yield "no header has jm_gone", check(page.replace("`jm_get`", "`jm_get`, `jm_gone`"), headers)
    added = {**headers, "capi/joinmem.h": headers["capi/joinmem.h"] + "/* EXDEV */"}
    yield "the page lacks EXDEV", check(page, added)


def main(root):
    root = pathlib.Path(root).resolve()
    headers = {str(path.relative_to(root)): path.read_text(encoding="utf-8")
               for pattern in HEADERS for path in sorted(root.glob(pattern))}
    page = (root / PAGE).read_text(encoding="utf-8")
    wrong = list(check(page, headers))
    if not wrong:
        for words, said in planted(page, headers):
            said = "\n".join(said)
            if words not in said.splitlines():
                wrong.append(f"planted, and not caught: {words} (said: {said or 'nothing'})")
    if wrong:
        sys.exit("\n".join(wrong))
    errors = list(rows(sections(page)[1], 5))
    print(f"{len({row[0] for row in errors})} errnos, {len(errors)} rows")


main(*sys.argv[1:])
