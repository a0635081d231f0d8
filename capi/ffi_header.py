#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes joinmem_ffi.h of joinmem.h: the same declarations without a directive or a macro, for parsers that have no
preprocessor (cffi, LuaJIT, PHP). usage: ffi_header.py joinmem.h joinmem_ffi.h"""
import re
import sys


def declarations(text):
    text = text.replace("\\\n", " ")
    lines, skipping = [], False
    for line in text.split("\n"):
        if line.startswith("#ifdef __cplusplus"):
            skipping = True
        elif line.startswith(("#else", "#endif")):
            skipping = False
        elif line.startswith("#define JM_INVALID_HANDLE"):
            lines.append("enum { JM_INVALID_HANDLE = -1 };")
        elif not line.startswith("#") and not skipping:
            lines.append(line)
    return re.sub(r"\s*\bJM_NOEXCEPT\b", "", "\n".join(lines))


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as header:
        text = re.sub(r"\n{3,}", "\n\n", declarations(header.read()))
    with open(target, "w", encoding="utf-8") as out:
        out.write(text.strip() + "\n")


main()
