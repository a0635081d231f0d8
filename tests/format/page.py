#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page of the segment format matches segment.hpp and the bytes of a real segment: page.py ROOT CXX DUMP [--renew]

The page is docs/reference/segment-format.md.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROW = re.compile(r"^\| (\d+) \| (\d+) \| `(\w+\.\w+)` \|", re.M)
BIT = re.compile(r"^\| [^|]*\| (\d+) \| `(\w+)` \|", re.M)
BLOCK = re.compile(r"(<!-- dump -->\n```\n)(.*?)(```\n)", re.S)
STRUCT = re.compile(r"^struct (?:alignas \(pad\) )?(\w+)\n\{(.*?)^\};", re.S | re.M)
MEMBER = re.compile(r"^    [\w:<>]+ (\w+)(?:\[[^;]+\])?;", re.M)
PARTS = {"Identity": "identity", "Counters": "counters", "Reserved": "reserved", "Head": "head", "Tail": "tail", "Gate": "gate", "Slot": "slot"}


def compiled(root, cxx, fields, bits):
    """{field: (offset, bytes)}, {bit: number} from the compiler."""
    lines = ["#include <join/detail/segment.hpp>", "#include <cstdio>", "using namespace join::detail;", "int main ()", "{"]
    for field in fields:
        part, name = field.split(".")
        where = f"Slot, {name}" if part == "slot" else f"Control, {field}"
        owner = "Slot ()" if part == "slot" else f"Control ().{part}"
        lines.append(f'std::printf ("{field} %zu %zu\\n", offsetof ({where}), sizeof (decltype ({owner}.{name})));')
    lines += [f'std::printf ("{bit} %d 0\\n", __builtin_ctzll ({bit}));' for bit in bits] + ["}"]
    with tempfile.TemporaryDirectory(prefix="joinmem-format-") as folder:
        source, program = pathlib.Path(folder, "a.cpp"), pathlib.Path(folder, "a")
        source.write_text("\n".join(lines), encoding="utf-8")
        subprocess.run([*shlex.split(cxx), "-std=c++17", "-Wno-invalid-offsetof", f"-I{root}/include", source, "-o", program],
                       check=True)
        text = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: (int(a), int(b)) for name, a, b in (line.split() for line in text.splitlines())}


def declared(header):
    for name, body in STRUCT.findall(header):
        if name in PARTS:
            yield from (f"{PARTS[name]}.{member}" for member in MEMBER.findall(re.sub(r"//[^\n]*", "", body)))


def check(root, cxx, page, header, dump):
    rows = {field: (int(offset), int(size)) for offset, size, field in ROW.findall(page)}
    bits = {name: int(bit) for bit, name in BIT.findall(page)}
    truth = compiled(root, cxx, rows, bits)
    complaints = [f"{field}: the page says {row}, the header {truth[field]}" for field, row in rows.items() if truth[field] != row]
    complaints += [f"{bit}: the page says {n}, the header {truth[bit][0]}" for bit, n in bits.items() if truth[bit][0] != n]
    complaints += [f"{field} is not on the page" for field in declared(header) if field not in rows]
    complaints += [f"{bit} is not on the page" for bit in re.findall(r"constexpr uint\d+_t (\w+(?:Bit|Wait|Watched|Urgent)) =", header) if bit not in bits]
    shown = BLOCK.search(page)
    if not shown or shown.group(2) != dump:
        complaints.append(f"the example's bytes are others:\n{dump}")
    return complaints


def main(root, cxx, program, *options):
    root = pathlib.Path(root)
    path = root / "docs/reference/segment-format.md"
    page = path.read_text(encoding="utf-8")
    header = (root / "include/join/detail/segment.hpp").read_text(encoding="utf-8")
    dump = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    if options == ("--renew",):
        page = BLOCK.sub(lambda found: found.group(1) + dump + found.group(3), page)
        path.write_text(page, encoding="utf-8")
    complaints = check(root, cxx, page, header, dump)
    print("\n".join(complaints) or "as documented")
    planted = (page.replace("| 384 | 8 |", "| 392 | 8 |"), page.replace("| 8 | `shutBit`", "| 7 | `shutBit`"),
               page.replace("| 48 | 8 | `identity.tag`", "| 48 | 8 | tag"), page.replace("JOINMEMQ.", "JOINMEMR."))
    missed = [i for i, text in enumerate(planted) if text == page or not check(root, cxx, text, header, dump)]
    print(f"{len(complaints)} complaints, {len(planted) - len(missed)} of {len(planted)} planted violations caught")
    return 1 if complaints or missed else 0


sys.exit(main(*sys.argv[1:]))
