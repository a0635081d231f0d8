#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs mypy --strict on the package and on a program that uses it: run_mypy.py SOURCE"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

# What each expression is, as a user's program sees it.
PROGRAM = '''
import asyncio
import ctypes
import joinmem

class Tick(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int)]

sized, structs, numbers = joinmem.Queue("/x", 8), joinmem.Queue("/x", Tick), joinmem.Queue("/x", "d", capacity=5)
a: bytes = sized.pop()
b: Tick = structs.pop(timeout=1.5)
c: bytes | None = sized.try_pop(None)
for tick in structs:
    number: int = tick.x
sized.push(b"x")
structs.push(Tick(1))

async def wait() -> None:
    d: Tick = await structs.pop_async()
    async for element in sized:
        e: bytes = element

with joinmem.ShmMem("/y", 4096, huge="never") as memory:
    size: int = memory.placement().size
with joinmem.WaitSet() as waits:
    waits.add(structs, joinmem.Ready.ELEMENT | joinmem.Ready.ROOM, data=1)
    for event in waits.wait(1.0):
        ready: joinmem.Ready = event.ready
'''
WRONG = ["sized.push(5)", "f: int = sized.pop()", "joinmem.ShmMem('/y', 1, huge='big')",
         "joinmem.Queue('/x', 8, kind='x')", "structs.push(b'')", "joinmem.LocalMem('x')"]


def mypy(*arguments, cwd):
    """Returns the status and the output."""
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, *map(str, arguments)],
                          cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def main():
    if importlib.util.find_spec("mypy") is None:
        print("SKIPPED: mypy is not installed (python3-mypy)")
        sys.exit(77)
    package = pathlib.Path(sys.argv[1]) / "bindings/python/joinmem"
    status, output = mypy(package, cwd=package.parent)
    if status != 0:
        sys.exit(output)
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program.py"
        program.write_text(PROGRAM, encoding="utf-8")
        os.environ["MYPYPATH"] = str(package.parent)
        status, output = mypy(program, cwd=folder)
        if status != 0:
            sys.exit(output)
        program.write_text(PROGRAM + "\n".join(WRONG) + "\n", encoding="utf-8")
        _, output = mypy(program, cwd=folder)
        for number, line in enumerate(WRONG, PROGRAM.count("\n") + 1):
            if f":{number}: error:" not in output:
                sys.exit(f"mypy accepts {line}")
    print("no complaint, and each of the wrong lines is refused")


if __name__ == "__main__":
    main()
