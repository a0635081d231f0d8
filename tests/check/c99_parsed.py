#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pycparser parses joinmem.h after preprocessing, and joinmem_ffi.h unchanged: c99_parsed.py JOINMEM_H JOINMEM_FFI_H"""

import pathlib
import re
import sys

from planted import run, scratch, skip, verdict

try:
    from pycparser import c_parser
except ImportError:
    skip("python3-pycparser is not installed")

# The compiler's own headers are full of extensions; binding generators use such stand-ins too.
STAND_INS = {"stddef.h": "typedef unsigned long size_t;\n",
             "stdint.h": "".join(f"typedef {kind} {name}_t;\n" for kind, name in
                                 (("signed char", "int8"), ("unsigned char", "uint8"), ("short", "int16"),
                                  ("unsigned short", "uint16"), ("int", "int32"), ("unsigned", "uint32"),
                                  ("long", "int64"), ("unsigned long", "uint64")))}
FUNCTIONS = ("jm_local_create", "jm_shm_open_with", "jm_get", "jm_placement", "jm_close", "jm_queue_open_with", "jm_queue_peek",
             "jm_queue_pop_some", "jm_queue_mlock")


def parse(name, text):
    try:
        declared = {node.name for node in c_parser.CParser().parse(text, name).ext}
    except Exception as error:  # pylint: disable=broad-except  (pycparser's own class moved between its versions)
        return [f"{name}: {error}"]
    return [f"{name}: {function} is not declared" for function in FUNCTIONS if function not in declared]


def check_header(path):
    with scratch() as folder:
        for name, text in STAND_INS.items():
            pathlib.Path(folder, name).write_text(text, encoding="utf-8")
        done = run("gcc", "-std=c99", "-E", "-nostdinc", f"-I{folder}", path)
    return parse(path, done.stdout) if done.returncode == 0 else [done.stderr]


def check_ffi(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    typedefs = "".join(STAND_INS.values())
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)  # cffi and LuaJIT know comments, pycparser does not
    return ([f"{path}: a directive: {line}" for line in text.splitlines() if line.lstrip().startswith("#")]
            or parse(path, typedefs + text))


def planted(header):
    text = pathlib.Path(header).read_text(encoding="utf-8")
    with scratch() as folder:
        path = pathlib.Path(folder, "planted.h")
        for name, words, changed in (
                ("an attribute", "before: (", text.replace("#ifndef JOINMEM_H", "__attribute__((cold)) void f(void);\n"
                                                               "#ifndef JOINMEM_H", 1)),
                ("a reference", "before: &", text + "\nvoid jm_f(int &x);\n"),
                ("a function that is gone", "jm_close is not declared", text.replace("jm_close(", "jm_klose("))):
            path.write_text(changed, encoding="utf-8")
            yield name, words, check_header(path)
        path.write_text("#define X\n", encoding="utf-8")
        yield "a directive for LuaJIT", "a directive", check_ffi(path)


def main(header, *ffi):
    complaints = check_header(header)
    for path in ffi:
        complaints += check_ffi(path)
    verdict(complaints, list(planted(header)))


main(*sys.argv[1:])
