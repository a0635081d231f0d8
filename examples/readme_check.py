#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that code blocks of documents are identical to tested examples: readme_check.py ROOT DOCUMENT...

A line `<!-- examples/FILE -->` says that the fenced block after it is the region of that file between the lines
`// [readme]` and `// [/readme]` (`#` in Python), or the whole file where it has none. No block of C, C++, Python or Lua
may come without such a line, and one of the documents must quote each file with a region and each recipe, which has at
most 40 lines.
"""
import difflib
import glob
import os
import re
import sys
import tempfile

MARK = re.compile(r"^<!-- (examples/\S+) -->$")
FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\S*)")
CODE = ("c", "h", "c++", "cpp", "cxx", "hpp", "cc", "py", "python", "python3", "lua")
BEGIN = re.compile(r"^(//|#) \[readme\]$")
END = re.compile(r"^(//|#) \[/readme\]$")
RECIPES, RECIPE_LINES = "examples/recipes/", 40
FOLDERS = ("examples", RECIPES, "examples/event_loops")


def region(path):
    """Returns the lines that a document may quote, and whether the file marks a region."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    begins = [i for i, line in enumerate(lines) if BEGIN.match(line)]
    ends = [i for i, line in enumerate(lines) if END.match(line)]
    if not begins and not ends:
        return lines, False
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise ValueError(f"{path}: needs exactly one line [readme], and one [/readme] after it")
    return lines[begins[0] + 1:ends[0]], True


def blocks(text):
    """Yields (line number, language, file named by the line before, or None, lines) for each fenced block."""
    mark, fence = None, None
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line.strip() == fence:
                yield start, language, mark, body
                mark, fence = None, None
            else:
                body.append(line)
        elif FENCE.match(line):
            fence, language = FENCE.match(line).groups()
            start, body = number, []
        elif MARK.match(line):
            if mark:
                yield number, "", mark, None
            mark = MARK.match(line).group(1)
        elif line.strip() and mark:
            yield number, "", mark, None
            mark = None
    if fence or mark:
        yield number, "", mark, None


def check_block(root, where, language, mark, body):
    if body is None:
        return f"{where}: no whole block of code" + (f" after the mark of {mark}" if mark else " from here on")
    if mark is None:
        return None
    path = os.path.join(root, mark)
    if not os.path.isfile(path):
        return f"{where}: there is no {mark}"
    wanted, _ = region(path)
    if body != wanted:
        return f"{where}: the block is not {mark}\n" + "\n".join(
            difflib.unified_diff(wanted, body, mark, where, lineterm=""))
    if mark.startswith(RECIPES) and len(body) > RECIPE_LINES:
        return f"{where}: the block has {len(body)} lines, {RECIPE_LINES} are the most in a recipe"
    return None


def check_quoted(root, quoted):
    """A sentence for each file that a document has to quote and none does."""
    folders = [os.path.join(root, folder) for folder in FOLDERS]
    for path in sorted(path for folder in folders for path in glob.glob(os.path.join(folder, "*.*"))):
        name = os.path.relpath(path, root)
        if path == os.path.abspath(__file__) or name in quoted:
            continue
        if name.startswith(RECIPES) and name.endswith(".cpp"):
            yield f"{name} is a recipe that no document quotes"
        elif region(path)[1]:
            yield f"{name} has a region that no document quotes"


def check(root, documents):
    """Returns a list of errors."""
    wrong, quoted = [], set()
    for document in documents:
        with open(document, encoding="utf-8") as file:
            text = file.read()
        for number, language, mark, body in blocks(text):
            where = f"{os.path.relpath(document, root)}:{number}"
            error = check_block(root, where, language, mark, body)
            if not error and mark is None and language.lower() in CODE:
                error = f"{where}: a block of {language} that is no example"
            if error:
                wrong.append(error)
            else:
                quoted.add(mark)
    wrong += check_quoted(root, quoted)
    return wrong


RECIPE = "<!-- examples/recipes/r.cpp -->\n```cpp\nint r;\n```\n"
LONG = "int x;\n" * (RECIPE_LINES + 1)
LOOP = "<!-- examples/event_loops/e.c -->\n```c\nint e;\n```\n"
GOOD = "Text.\n\n<!-- examples/a.c -->\n```c\nint a;\n```\n\n```sh\nls\n```\n" + RECIPE + LOOP
PLANTED = {  # what a document is changed to, and what the check has to report
    GOOD.replace("int a;", "int b;"): "the block is not examples/a.c",
    GOOD.replace("int a;", "int a;\n"): "the block is not examples/a.c",
    GOOD.replace("examples/a.c", "examples/b.c"): "there is no examples/b.c",
    GOOD.replace("<!-- examples/a.c -->\n", ""): "a block of c that is no example",
    GOOD.replace("```sh", "```python"): "a block of python that is no example",
    GOOD.replace("```c\nint a;\n```\n", ""): "the block is not examples/a.c",
    GOOD.replace("```c\n", "Words.\n```c\n"): "no whole block of code after the mark of examples/a.c",
    GOOD + "```cpp\nint a;\n": "no whole block of code from here on",
    GOOD.replace("int r;", "int s;"): "the block is not examples/recipes/r.cpp",
    GOOD.replace(RECIPE, ""): "examples/recipes/r.cpp is a recipe that no document quotes",
    GOOD + "<!-- examples/recipes/long.hpp -->\n```cpp\n" + LONG + "```\n": "the block has 41 lines, 40 are the most",
    "Text.\n": "examples/a.c has a region that no document quotes",
    GOOD.replace(LOOP, ""): "examples/event_loops/e.c has a region that no document quotes",
}
FILES = {"a.c": "// a file\n// [readme]\nint a;\n// [/readme]\n", "recipes/r.cpp": "int r;\n", "recipes/long.hpp": LONG,
         "event_loops/e.c": "// [readme]\nint e;\n// [/readme]\n"}


def self_test():
    """Checks that each planted violation is caught in either document, and that a good document passes."""
    with tempfile.TemporaryDirectory() as root:
        for folder in FOLDERS:
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        for name, content in FILES.items():
            with open(os.path.join(root, "examples", name), "w", encoding="utf-8") as file:
                file.write(content)
        documents = [os.path.join(root, name) for name in ("README.md", "tutorial.md")]
        for text, message in [(GOOD, None), *PLANTED.items()]:
            for texts in ([text, "Text.\n"], ["Text.\n", text]):
                for document, content in zip(documents, texts):
                    with open(document, "w", encoding="utf-8") as file:
                        file.write(content)
                wrong = "\n".join(check(root, documents))
                if (message is None and wrong) or (message is not None and message not in wrong):
                    sys.exit(f"planted:\n{texts}\nexpected: {message}\nreported: {wrong or 'nothing'}")


def main():
    self_test()
    root = os.path.abspath(sys.argv[1])
    documents = [os.path.join(root, name) for name in sys.argv[2:]]
    missing = [name for name in documents if not os.path.isfile(name)]
    wrong = [f"there is no {name}" for name in missing] or check(root, documents)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
