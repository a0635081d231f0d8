#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds the wheel from a copy of the sources, and runs the package from it in a venv: run_wheel.py SOURCE [WHEEL]

Nothing is downloaded. With WHEEL, a wheel that was built before, it does not build.
"""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

PROGRAM = """
import joinmem, multiprocessing
def double(numbers, doubled):
    for number in numbers:
        doubled.push(2 * number)
if __name__ == "__main__":
    with joinmem.Queue("/test-wheel-1", "q") as numbers, joinmem.Queue("/test-wheel-2", "q") as doubled:
        process = multiprocessing.get_context("spawn").Process(target=double, args=(numbers, doubled))
        process.start()
        numbers.push(21)
        print(joinmem.__version__, doubled.pop(60), joinmem.__file__)
        numbers.shutdown()
        process.join()
        numbers.unlink()
        doubled.unlink()
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def expect(condition, message):
    if not condition:
        sys.exit(message)


def built(source, folder):
    """Builds a wheel from the files of git, so that the source tree stays clean."""
    copy = folder / "source"
    for name in run("git", "-C", source, "ls-files").splitlines():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, copy / name)
    run(sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps", "-w", folder, copy)
    wheels = list(folder.glob("*.whl"))
    expect(len(wheels) == 1, f"{len(wheels)} wheels")
    return wheels[0]


def check_content(wheel, folder):
    """The package and nothing else, with the library in it."""
    expect(re.fullmatch(r"joinmem-[0-9.]+-cp311-abi3-linux_x86_64\.whl", wheel.name), wheel.name)
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        module = file.extract("joinmem/_core.abi3.so", folder)
    others = [name for name in names if not re.match(r"joinmem/|joinmem-[0-9.]+\.dist-info/", name)]
    expect(not others, f"the wheel has {others}")
    expect({"joinmem/py.typed", "joinmem/_core.pyi"} <= set(names), f"no types in {names}")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", module)))
    expect("libnuma.so.1" in needed and not any("joinmem" in name for name in needed), f"it needs {needed}")
    exported = re.findall(r" [TDBVWu] (\S+)", run("nm", "-D", "--defined-only", module))
    expect(exported == ["PyInit__core"], f"it exports {exported}")


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    missing = [name for name in ("mesonpy", "pip", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} not installed (python3-mesonpy, python3-pip, python3-venv)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        wheel = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else built(source, folder)
        check_content(wheel, folder)
        run(sys.executable, "-m", "venv", folder / "env")
        run(folder / "env/bin/pip", "install", "--no-index", "--no-build-isolation", wheel)
        program = folder / "program.py"
        program.write_text(PROGRAM, encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
        version, value, where = run(folder / "env/bin/python", program, env=environment).split()
        expect(value == "42" and where.startswith(str(folder)) and f"-{version}-" in wheel.name,
               f"{version} {value} {where}")
        print(f"{wheel.name} works in a venv")


if __name__ == "__main__":
    main()
