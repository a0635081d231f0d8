# SPDX-License-Identifier: MIT
"""The library's own sources, without libnuma, and one program of this folder, by any compiler."""

import concurrent.futures
import errno
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

FLAGS = ["-std=c++17", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror", "-D_FILE_OFFSET_BITS=64"]
PROBE = "#include <atomic>\n#include <string>\nint main () { return std::string ().empty () ? 0 : 1; }\n"


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def compilers(commands, folder):
    """Each command's words; the test is skipped if one of them builds nothing here."""
    probe = pathlib.Path(folder, "probe.cpp")
    probe.write_text(PROBE, encoding="utf-8")
    for command in map(shlex.split, commands):
        there = shutil.which(command[0]) is not None
        if not there or subprocess.run([*command, probe, "-o", probe.with_suffix("")], stderr=subprocess.DEVNULL,
                                       check=False).returncode != 0:
            skip(f"{' '.join(command)} builds no program here")
        yield command


def launcher(program, emulator):
    """The words that start programs like this one: none, or the emulator, if the kernel cannot execute them."""
    try:
        subprocess.run([program], check=True)
        return []
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    if shutil.which(emulator) is None:
        skip(f"the kernel cannot execute the program, and {emulator} is not installed")
    return [emulator]


def build(root, compiler, folder, program, emulator="qemu-i386"):
    """Returns the words that start the program."""
    root = pathlib.Path(root)
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    sources = [path for path in sorted((root / "src").rglob("*.cpp")) if path.name != "numa_libnuma.cpp"]
    sources.append(root / f"tests/format/{program}.cpp")

    def compiled(source):
        target = place / f"{'-'.join(source.relative_to(root).parts)}.o"
        subprocess.run([*compiler, *FLAGS, f"-I{root}/include", f"-I{root}/src", "-c", source, "-o", target], check=True)
        return target

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, sources))
    subprocess.run([*compiler, "-pthread", *objects, "-o", place / program], check=True)
    probe = place / "probe"
    subprocess.run([*compiler, pathlib.Path(folder, "probe.cpp"), "-o", probe], check=True)
    return [*launcher(probe, emulator), place / program]
