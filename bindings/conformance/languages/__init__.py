# SPDX-License-Identifier: MIT
"""The languages, and how the player of each is built and started.

Each module has player(place), which builds what is not built yet, in place.folder (), and returns the command and the
environment that start a player; or raises Missing, with the reason, which skips the test.
"""
import contextlib
import fcntl
import functools
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tests/ffi"))
import installed  # noqa: E402  pylint: disable=wrong-import-position

PYTHON = "/usr/bin/python3"


class Missing(Exception):
    """The machine, or the source tree, lacks something."""


class Place:
    """Where the sources of a language are, where it is built, and with which compilers."""

    def __init__(self, language, root, build, cc, cxx):
        self.language, self.root, self.build = language, pathlib.Path(root).resolve(), pathlib.Path(build).resolve()
        self.cc, self.cxx = shlex.split(cc), shlex.split(cxx)

    def source(self, path):
        """A file or folder of the binding, which a source tree may not have yet."""
        found = self.root / "bindings" / path
        if not found.exists():
            raise Missing(f"bindings/{path} does not exist")
        return found

    def folder(self):
        """The folder for what the language builds, which later tests find again."""
        made = self.build / "bindings/conformance" / self.language
        if not self.build.is_dir():
            sys.exit(f"{self.build} is no build folder: name it by --build")
        made.mkdir(parents=True, exist_ok=True)
        return made

    @functools.cached_property
    def prefix(self):
        """The library, installed; see tests/ffi/installed.py."""
        return installed.prepared(self.build, self.cc, self.cxx)

    @contextlib.contextmanager
    def locked(self):
        """Two tests that run at the same time do not build the same."""
        with open(self.folder() / "lock", "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def needed(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed")


def run(*command, **options):
    """Runs a command that builds; its output is shown only if it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def built_by_meson(place, name):
    program = place.build / "bindings/conformance" / name
    if not program.exists():
        sys.exit(f"{program} is not built: meson builds it with the tests")
    return [program], dict(os.environ)


def table():
    """The modules by language, in the order in which tests name them."""
    from languages import c, cpp, go, node, python, rust  # pylint: disable=import-outside-toplevel
    return {"C": c, "C++": cpp, "Python": python, "Rust": rust, "Go": go, "Node.js": node}
