#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that the code which documents quote is the code that the tests run: readme_check.py ROOT DOCUMENT...

A line `<!-- examples/FILE -->` says that the fenced block after it is the region of that file between the lines
`// [readme]` and `// [/readme]` (`#` in Python), or the whole file where it has none. In the first document, the README,
no block of C, C++, Python or Lua may come without such a line, and each file with a region must be quoted.
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


def region(path):
    """The lines that a document may quote, and whether they are marked."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    begins = [i for i, line in enumerate(lines) if BEGIN.match(line)]
    ends = [i for i, line in enumerate(lines) if END.match(line)]
    if not begins and not ends:
        return lines, False
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise ValueError(f"{path}: one line [readme] and one [/readme] after it, please")
    return lines[begins[0] + 1:ends[0]], True


def blocks(text):
    """(line number, language, the file that the line before names or None, lines) of each fenced block."""
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
    return None


def check(root, documents):
    """A list of what is wrong; empty where all is well."""
    wrong, quoted = [], set()
    for document in documents:
        with open(document, encoding="utf-8") as file:
            text = file.read()
        for number, language, mark, body in blocks(text):
            where = f"{os.path.relpath(document, root)}:{number}"
            error = check_block(root, where, language, mark, body)
            if not error and mark is None and document == documents[0] and language.lower() in CODE:
                error = f"{where}: a block of {language} that is no example"
            if error:
                wrong.append(error)
            elif document == documents[0]:
                quoted.add(mark)
    for path in sorted(glob.glob(os.path.join(root, "examples", "*.*"))):
        name = "examples/" + os.path.basename(path)
        if path != os.path.abspath(__file__) and region(path)[1] and name not in quoted:
            wrong.append(f"{name} has a region for the README, which does not quote it")
    return wrong


GOOD = "Text.\n\n<!-- examples/a.c -->\n```c\nint a;\n```\n\n```sh\nls\n```\n"
PLANTED = {  # what the README is changed to, and what the check has to say of it
    GOOD.replace("int a;", "int b;"): "the block is not examples/a.c",
    GOOD.replace("int a;", "int a;\n"): "the block is not examples/a.c",
    GOOD.replace("examples/a.c", "examples/b.c"): "there is no examples/b.c",
    GOOD.replace("<!-- examples/a.c -->\n", ""): "a block of c that is no example",
    GOOD.replace("```sh", "```python"): "a block of python that is no example",
    GOOD.replace("```c\nint a;\n```\n", ""): "the block is not examples/a.c",
    GOOD.replace("```c\n", "Words.\n```c\n"): "no whole block of code after the mark of examples/a.c",
    GOOD + "```cpp\nint a;\n": "no whole block of code from here on",
    "Text.\n": "examples/a.c has a region for the README, which does not quote it",
}


def self_test():
    """Each planted violation is caught, and a good README is not."""
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "examples"))
        with open(os.path.join(root, "examples", "a.c"), "w", encoding="utf-8") as file:
            file.write("// a file\n// [readme]\nint a;\n// [/readme]\n")
        readme = os.path.join(root, "README.md")
        for text, message in [(GOOD, None), *PLANTED.items()]:
            with open(readme, "w", encoding="utf-8") as file:
                file.write(text)
            wrong = "\n".join(check(root, [readme]))
            if (message is None and wrong) or (message is not None and message not in wrong):
                sys.exit(f"planted:\n{text}\nexpected: {message}\nsaid: {wrong or 'nothing'}")


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
