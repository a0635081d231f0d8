#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public member of the C++ classes stands beside its C function. A member that is not in the list below, or a C
function that is not in the header, fails. usage: members.py memory.hpp joinmem.h"""
import re
import sys

BESIDE = {
    "Memory::get": "jm_get", "Memory::size": "jm_size", "Memory::mbind": "jm_mbind", "Memory::mlock": "jm_mlock",
    "Memory::munlock": "jm_munlock", "Memory::pageSize": "jm_page_size", "Memory::nodeOf": "jm_node_of",
    "Memory::placement": "jm_placement", "LocalMem::LocalMem": "jm_local_create jm_local_create_with",
    "ShmMem::ShmMem": "jm_shm_open jm_shm_open_with", "ShmMem::name": "jm_name", "ShmMem::created": "jm_created",
    "ShmMem::unlink": "jm_unlink", "LocalMem::~LocalMem": "jm_close", "ShmMem::~ShmMem": "jm_close",
}
NO_COUNTERPART = {"operator="}  # a handle is copied and moved as the number that it is


def public_members(text):
    text = re.sub(r"//[^\n]*", "", text)
    for match in re.finditer(r"class JOIN_EXPORT (\w+)[^;{]*\{(.*?)\n\};", text, re.S):
        name, body = match.groups()
        public = body.split("public:", 1)[1]
        public = re.split(r"\n(?:protected|private):", public)[0]
        public = re.sub(r"\n    \{.*?\n    \}", ";", public, flags=re.S)
        for member in re.findall(r"(~?\w+|operator=) \(", public):
            if member not in NO_COUNTERPART and not (member == "Memory" and name == "Memory"):
                yield f"{name}::{member}"


def missing(members, functions):
    for member in sorted(set(members)):
        beside = BESIDE.get(member)
        if beside is None:
            yield f"{member} has no C function"
            continue
        for function in beside.split():
            if function not in functions:
                yield f"{member}: {function} is not in joinmem.h"


def main():
    with open(sys.argv[1], encoding="utf-8") as header:
        cpp = header.read()
    with open(sys.argv[2], encoding="utf-8") as header:
        functions = set(re.findall(r"\b(jm_\w+)\(", header.read()))
    members = list(public_members(cpp))
    faults = list(missing(members, functions))
    faults += [f"{m} is not found in memory.hpp" for m in BESIDE if m not in members]
    planted = list(public_members(cpp.replace("int mlock () noexcept;", "int mlock () noexcept;\n    int planted ();", 1)))
    if not list(missing(planted, functions)):
        faults.append("a member without a C function, planted, was not noticed")
    print("\n".join(faults) or f"{len(set(members))} members, each with its C function")
    sys.exit(1 if faults else 0)


main()
