# SPDX-License-Identifier: MIT
"""A scratch prefix with the library installed, and the clients of tests/ffi built against it through pkg-config."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]


def output(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class Prefix:
    """The library of an installed tree, as pkg-config describes it, and nothing else."""

    def __init__(self, folder):
        self.folder = folder
        found = list(folder.rglob("joinmem.pc"))
        if len(found) != 1:
            sys.exit(f"{len(found)} joinmem.pc in {folder}")
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(found[0].parent), PYTHONDONTWRITEBYTECODE="1")
        self.environment.pop("LD_LIBRARY_PATH", None)
        self.libraries = self.pkg_config("--variable=libdir")[0]
        self.header = os.path.join(self.pkg_config("--variable=includedir")[0], "joinmem_ffi.h")
        # Neither a library of the system nor the one in the build directory.
        if not self.libraries.startswith(str(folder)) or not os.path.isfile(self.header):
            sys.exit(f"joinmem.pc leads out of {folder}: {self.libraries}, {self.header}")
        self.environment.update(LD_LIBRARY_PATH=self.libraries, JOINMEM_FFI_H=self.header)

    def pkg_config(self, *options):
        return shlex.split(output("pkg-config", *options, "joinmem", env=self.environment))

    def build(self, compiler, standard, source, program, *options):
        """`options` go to pkg-config too, if it knows them."""
        static = ["--static"] if "-static" in options else []
        output(*compiler, standard, *WARNINGS, HERE / source, *options, "-o", self.folder / program,
               *self.pkg_config("--cflags", "--libs", *static), env=self.environment)

    def clients(self):
        """The command that starts each language that is installed here."""
        commands = {"C++": [self.folder / "client-cpp"], "C": [self.folder / "client-c"],
                    "ctypes": [PYTHON, HERE / "client_ctypes.py"]}
        if subprocess.run([PYTHON, "-c", "import cffi"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            commands["cffi"] = [PYTHON, HERE / "client_cffi.py"]
        if shutil.which("luajit"):
            commands["LuaJIT"] = ["luajit", HERE / "client.lua"]
        return commands


def digest(build):
    """A digest of everything that is installed and of the clients: the tests of one run share one prefix."""
    with open(build / "meson-info/intro-installed.json", encoding="utf-8") as file:
        sources = list(json.load(file)) + sorted(HERE.glob("*.[ch]*")) + [HERE / "installed.py"]
    sums = hashlib.sha256()
    for source in map(pathlib.Path, sources):
        if source.is_file():
            sums.update(str(source).encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    return sums.hexdigest()


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepared(build, cc, cxx):
    """The prefix, installed again if its content would differ."""
    place = build / "tests/ffi"
    place.mkdir(parents=True, exist_ok=True)
    folder, stamp = place / "installed", place / "installed.sha256"
    with locked(place / "installed.lock"):
        now = digest(build)
        if not stamp.is_file() or stamp.read_text(encoding="ascii") != now:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            # The tool is left out: only longer tests build it.
            output("meson", "install", "--no-rebuild", "--quiet", "--tags", "devel,runtime", "-C", build, "--destdir", folder)
            prefix = Prefix(folder)
            prefix.build(cc, "-std=c99", "client.c", "client-c")
            prefix.build(cxx, "-std=c++17", "client.cpp", "client-cpp")
            stamp.write_text(now, encoding="ascii")
        return Prefix(folder)
