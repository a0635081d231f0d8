#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The instructions per pushed and per popped element, counted by callgrind, match the table within a few per cent:

    instructions.py PROGRAM TABLE            the test; also reports improvements
    instructions.py PROGRAM TABLE --renew    writes the table
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ELEMENTS = 512
TOLERANCE = 0.05
LEAST = 0.3  # an instruction per element: below that the surrounding loop decides


# memcpy(3) is then the same on every processor.
PLAIN = "glibc.cpu.hwcaps=" + ",".join("-" + name for name in ("AVX2", "AVX2_Usable", "AVX512F", "AVX512VL", "ERMS", "FSRM", "RTM",
                                                               "AVX_Fast_Unaligned_Load", "Fast_Unaligned_Copy"))


def counted(program):
    """The compiler and the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--quiet", program],
                              capture_output=True, text=True, check=False, env={**os.environ, "GLIBC_TUNABLES": PLAIN})
        if done.returncode != 0:
            sys.exit(f"{program} under callgrind: {done.returncode}\n{done.stdout}{done.stderr}")
        table = {}
        for path in folder.iterdir():
            text = path.read_text()
            trigger = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
            if trigger:
                total = re.search(r"^(?:summary|totals): (\d+)", text, re.M)
                table[trigger.group(1)] = round(int(total.group(1)) / ELEMENTS, 2)
    return done.stdout.strip(), dict(sorted(table.items()))


def complaints(table, now):
    if set(table) != set(now):
        yield f"other rows than in the table: {sorted(set(table) ^ set(now))}"
    for name in sorted(set(table) & set(now)):
        was, is_now = table[name], now[name]
        if is_now > was * (1 + TOLERANCE) + LEAST:
            yield f"{name}: {is_now} instructions an element, {was} in the table"


def planted():
    """The check finds real increases and lets small ones pass."""
    table = {"push": 20.0, "pop": 10.0}
    caught = [list(complaints(table, now)) for now in ({"push": 22.0, "pop": 10.0}, {"push": 20.0})]
    passed = list(complaints(table, {"push": 20.5, "pop": 8.0}))
    return all(caught) and not passed


def main(program, path, *option):
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        sys.exit(77)
    if not planted():
        sys.exit("the check itself does not work")
    path = pathlib.Path(path)
    compiler, now = counted(program)
    if option == ("--renew",):
        path.write_text(json.dumps({"compiler": compiler, "rows": now}, indent=1) + "\n")
        print(f"written: {path}, {len(now)} rows")
        return
    data = json.loads(path.read_text())
    if data["compiler"] != compiler:
        print(f"the table is of g++ {data['compiler']}, this is {compiler}")
        sys.exit(77)
    table = data["rows"]
    for name in sorted(set(table) & set(now)):
        print(f"{name}: {now[name]}" + (f", was {table[name]}" if now[name] != table[name] else ""))
    wrong = list(complaints(table, now))
    print("\n".join(wrong) or "none needs more instructions than the table has")
    if wrong:
        print("where that is worth it: ninja -C BUILD renew-instructions, and commit the table with the change")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
