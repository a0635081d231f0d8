#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks what the documents point at: check.py ROOT

Each relative link of README.md, CHANGELOG.md, CONTRIBUTING.md and docs/*.md leads to a file, and its #part to a heading of it; each
test that the README names in *italics* is one that a meson.build registers; each file of docs/ is reached from the README.
"""
import pathlib
import re
import sys

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?!\*)")


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
    for test in TEST.findall(prose(documents["README.md"])):
        if test != "italics" and f"'{test}'" not in registered:
            yield f"README.md: no meson.build registers a test called: {test}"
    for name in documents:
        if name.startswith("docs/") and name not in reached:
            yield f"{name}: no document links to it"


def planted(documents, exists, registered):
    readme = documents["README.md"]
    for addition, words in (("[a](docs/none.md)", "there is no docs/none.md"),
                            ("[a](docs/containers.md#none)", "has no such heading"),
                            ("*a test that there is not*", "called: a test that there is not")):
        yield words, check({**documents, "README.md": readme + "\n" + addition + "\n"}, exists, registered)
    yield "docs/lost.md: no document links to it", check({**documents, "docs/lost.md": ""}, exists, registered)


def main(root):
    root = pathlib.Path(root).resolve()
    names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
    names += [str(path.relative_to(root)) for path in sorted((root / "docs").rglob("*.md"))]
    documents = {name: (root / name).read_text(encoding="utf-8") for name in names}
    meson = [path for folder in ("tests", "examples", "docs") for path in sorted((root / folder).rglob("meson.build"))]
    registered = "\n".join(path.read_text(encoding="utf-8") for path in meson).replace("\\'", "")
    # An apostrophe is escaped there: without it on both sides names compare.
    documents["README.md"] = TEST.sub(lambda m: "*" + m.group(1).replace("'", "") + "*", documents["README.md"])
    exists = lambda path: (root / path).exists()
    wrong = list(check(documents, exists, registered))
    for words, said in planted(documents, exists, registered):
        if words not in "\n".join(said):
            wrong.append(f"planted, and not caught: {words}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(documents)} documents, {len(TEST.findall(prose(documents['README.md'])))} names of tests")


main(*sys.argv[1:])
