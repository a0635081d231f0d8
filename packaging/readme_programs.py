#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds the programs that README.md and the tutorial print against the installed library, and compares their output:
readme_programs.py ROOT

The code comes from the documents, not from examples/. A C++, a C and a Python program of one name run one after the
other, as the documents say; examples/expected has their output.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

DOCUMENTS = ("README.md", "docs/tutorial.md")
LANGUAGES = ("cpp", "c", "py")  # in this order


def printed(root):
    """{name: {language: code}} of all programs of the documents."""
    sys.path.insert(0, str(root / "examples"))
    from readme_check import blocks  # noqa: E402  from the tree that is tested
    programs = {}
    for document in DOCUMENTS:
        for _, _, mark, body in blocks((root / document).read_text(encoding="utf-8")):
            found = re.fullmatch(r"examples/(\w+)\.(cpp|c|py)", mark or "")
            if found:
                programs.setdefault(found[1], {})[found[2]] = "\n".join(body) + "\n"
    return programs


def command(folder, name, language, code):
    """Writes and, if need be, compiles a program, and returns the command that runs it."""
    source = folder / f"{name}.{language}"
    source.write_text(code, encoding="utf-8")
    if language == "py":
        return ["/usr/bin/python3", source]
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "joinmem"], check=True, stdout=subprocess.PIPE,
                           text=True)
    compiler = ["g++", "-std=c++17"] if language == "cpp" else ["gcc"]
    program = folder / f"{name}-{language}"
    subprocess.run([*compiler, "-Wall", source, "-o", program, *shlex.split(flags.stdout)], check=True)
    return [program]


def check(root, folder, name, codes):
    """Runs the programs of one name. A C program with an expected output of its own runs alone."""
    expected = root / "examples/expected"
    runs = {f"{name}.txt": [language for language in LANGUAGES if language in codes]}
    if "c" in codes and (expected / f"{name}_c.txt").is_file():
        runs = {f"{name}.txt": [language for language in LANGUAGES if language in codes and language != "c"],
                f"{name}_c.txt": ["c"]}
    for file, languages in runs.items():
        arguments = []
        for language in languages:
            arguments += ["--"] * bool(arguments) + command(folder, name, language, codes[language])
        print(f"{name}: {', '.join(languages)}", flush=True)
        subprocess.run(["/usr/bin/python3", root / "examples/run.py", expected / file, *arguments], check=True)


def main(root):
    root = pathlib.Path(root).resolve()
    programs = printed(root)
    languages = {language for codes in programs.values() for language in codes}
    if languages != set(LANGUAGES):
        sys.exit(f"the documents have programs in {sorted(languages)}, not in all of {LANGUAGES}")
    with tempfile.TemporaryDirectory() as folder:
        for name, codes in programs.items():
            check(root, pathlib.Path(folder), name, codes)
    print(f"{sum(map(len, programs.values()))} programs of the documents run")


if __name__ == "__main__":
    main(*sys.argv[1:])
