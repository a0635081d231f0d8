#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks what the documents point at: check.py ROOT

Each relative link of README.md, CHANGELOG.md, CONTRIBUTING.md, SECURITY.md, tests/README.md and
docs/*.md leads to a file, and its #part to
a heading of it. Each test that README.md or docs/guarantees.md names in *italics*, and each suite that the latter names, is
one that a meson.build registers; each promise of docs/guarantees.md names a test or a suite. A document links to each file
of docs/. Each page of docs/ that the source names exists, and has the heading that follows its name in quotes.
"""
import pathlib
import re
import sys

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?!\*)")
SUITE = re.compile(r"suite `([^`\n]+)`")
NAMED = re.compile(r'\b(docs/[\w/.-]+\.md)(?:, \\?"([^"\\\n]+)\\?")?')
SOURCES = ("include", "src", "capi", "tools", "examples", "scripts", "bench", "tests")
GUARANTEES = "docs/guarantees.md"
NAMING = ("README.md", GUARANTEES)  # the documents whose italics are names of tests


def prose(text):
    """The text without its blocks of code and without code in its lines."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def parts(text):
    """The anchors of a document's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def targets(documents, name):
    """(link, path, part) of each relative link; code spans stay, since they may be the text of a link."""
    for link in LINK.findall(re.sub(r"^```.*?^```$", "", documents[name], flags=re.M | re.S)):
        if not re.match(r"[a-z]+:", link):
            path, _, part = link.partition("#")
            folder = pathlib.PurePosixPath(name).parent
            yield link, str(folder / path) if path else name, part


def normal(path):
    steps = []
    for step in path.split("/"):
        if step == ".." and steps:
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def promises(text):
    """(promise, cell of tests) of each row of the tables; not of their headings."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 2 and cells != ["promise", "test"] and set(cells[0]) - set("-: "):
            yield cells


def check_tests(documents, registered):
    for name in NAMING:
        for test in TEST.findall(prose(documents[name])):
            if test != "italics" and f"'{test}'" not in registered:
                yield f"{name}: no meson.build registers a test called: {test}"
    rows = list(promises(documents[GUARANTEES]))
    if not rows:
        yield f"{GUARANTEES}: there is no table of promises"
    for promise, tests in rows:
        if not TEST.search(tests) and not SUITE.search(tests):
            yield f"{GUARANTEES}: this promise names no test: {promise}"
    for suite in SUITE.findall(documents[GUARANTEES]):
        if f"'{suite}'" not in registered:
            yield f"{GUARANTEES}: no meson.build registers a suite called: {suite}"


def check_sources(documents, sources):
    for name, text in sources.items():
        for page, heading in NAMED.findall(text):
            if page not in documents:
                yield f"{name}: there is no {page}"
            elif heading and not re.search(rf"^#+ {re.escape(heading)}", documents[page], re.M):
                yield f"{name}: {page} has no heading {heading}"


def check(documents, exists, registered):
    """Sentences. documents: name -> text; exists: whether there is such a file; registered: the text of all meson.build."""
    reached = set()
    for name in documents:
        for link, path, part in targets(documents, name):
            path = normal(path)
            reached.add(path)
            if not exists(path):
                yield f"{name}: {link}: there is no {path}"
            elif part and (path not in documents or part not in parts(documents[path])):
                yield f"{name}: {link}: {path} has no such heading"
    yield from check_tests(documents, registered)
    for name in documents:
        if name.startswith("docs/") and name not in reached:
            yield f"{name}: no document links to it"


def planted(documents, exists, registered):
    for name, addition, words in (
            ("README.md", "[a](docs/none.md)", "there is no docs/none.md"),
            ("README.md", "[a](docs/guide/containers.md#none)", "has no such heading"),
            ("SECURITY.md", "[a](docs/none.md)", "SECURITY.md: docs/none.md: there is no"),
            ("README.md", "*a test that there is not*", "README.md: no meson.build registers a test called: a test that"),
            (GUARANTEES, "| a | *a test that there is not* |", "guarantees.md: no meson.build registers a test called: a"),
            (GUARANTEES, "| a | suite `nonesuch` |", "registers a suite called: nonesuch"),
            (GUARANTEES, "| untested | trust us |", "this promise names no test: untested")):
        changed = documents[name] + "\n" + addition + "\n"
        yield words, check({**documents, name: changed}, exists, registered)
    yield "there is no table of promises", check({**documents, GUARANTEES: "# Guarantees\n"}, exists, registered)
    yield "docs/lost.md: no document links to it", check({**documents, "docs/lost.md": ""}, exists, registered)


def main(root):
    root = pathlib.Path(root).resolve()
    names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md"]
    names += [str(path.relative_to(root)) for path in sorted((root / "docs").rglob("*.md"))]
    documents = {name: (root / name).read_text(encoding="utf-8") for name in names}
    meson = [path for folder in ("tests", "examples", "docs", "bindings", "packaging") for path in sorted((root / folder).rglob("meson.build"))]
    registered = "\n".join(path.read_text(encoding="utf-8") for path in meson).replace("\\'", "")
    # An apostrophe is escaped there: without it on both sides names compare.
    for name in NAMING:
        documents[name] = TEST.sub(lambda m: "*" + m.group(1).replace("'", "") + "*", documents[name])
    exists = lambda path: (root / path).exists()
    sources = {str(path.relative_to(root)): path.read_text(encoding="utf-8", errors="replace")
               for folder in SOURCES for path in sorted((root / folder).rglob("*")) if path.is_file()}
    wrong = list(check(documents, exists, registered)) + list(check_sources(documents, sources))
    lost = ("docs/lost.md", 'docs/limits.md, \\"None\\"')
    found = [(f"a.cpp: {words}", check_sources(documents, {"a.cpp": text}))
             for text, words in zip(lost, ("there is no docs/lost.md", "docs/limits.md has no heading None"))]
    for words, said in [*planted(documents, exists, registered), *found]:
        if words not in "\n".join(said):
            wrong.append(f"planted, and not caught: {words}")
    if wrong:
        sys.exit("\n".join(wrong))
    named = sum(len(TEST.findall(prose(documents[name]))) for name in NAMING)
    print(f"{len(documents)} documents, {named} names of tests")


main(*sys.argv[1:])
