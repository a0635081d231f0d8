# SPDX-License-Identifier: MIT
"""Shared by all checks. A check is a function that yields its complaints, one line each. It must have none about the
tree, and at least one about each violation that is planted to prove it."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE_FOLDERS = ("include", "src", "capi", "tests", "bench", "examples", "tools", "bindings", "packaging")


def tree(root, suffixes, folders=SOURCE_FOLDERS):
    """The tree's source files with those suffixes, without generated ones; works without git."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                yield path


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")


def run(*command, **options):
    command = [str(word) for word in command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)


def output(*command, **options):
    """The command's standard output; a command that fails fails the check."""
    done = run(*command, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def scratch():
    return tempfile.TemporaryDirectory(prefix="joinmem-check-", dir=os.environ.get("TMPDIR"))


def copy(root, target, folders=("include", "src", "capi")):
    for folder in folders:
        shutil.copytree(root / folder, pathlib.Path(target) / folder)
    return pathlib.Path(target)


def verdict(complaints, planted):
    """complaints: about the tree. planted: (the violation, words that a complaint must have, complaints)."""
    complaints = list(complaints)
    for line in complaints:
        print(line)
    missed = [(what, found) for what, words, found in planted if not any(words in line for line in found)]
    for what, found in missed:
        print(f"planted and not caught: {what}; what was said: {found}")
    print(f"{len(complaints)} complaints, {len(planted) - len(missed)} of {len(planted)} planted violations caught")
    sys.exit(1 if complaints or missed or not planted else 0)
