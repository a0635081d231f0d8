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
FIELDS = {
    "structSize": "struct_size", "huge": "huge", "pageSize": "huge_page_size", "node": "numa_node", "mode": "open_mode",
    "permissions": "permissions", "prefault": "prefault", "lock": "lock", "readOnly": "read_only", "reserved": "",
}
KEYS = {
    "structSize": "", "askedHuge": "asked_huge", "askedPageSize": "asked_page_size", "askedNode": "asked_node",
    "askedPrefault": "asked_prefault", "askedLock": "asked_lock", "shared": "shared", "created": "created",
    "size": "size", "name": "name", "backing": "backing", "pageSize": "page_size", "hugeBytes": "huge_bytes",
    "residentBytes": "resident_bytes", "lockedBytes": "locked_bytes", "nodes": "nodes",
    "fallbacks": "fallback_reasons",
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


def fields(text, struct):
    body = re.search(r"\nstruct " + struct + r"\n\{(.*?)\n    " + struct + r" \(\)", text, re.S).group(1)
    return re.findall(r"(\w+)(?: = [^;]+)?;", re.sub(r"//[^\n]*", "", body))


def unmatched(cpp, header):
    options = re.search(r"typedef struct jm_options \{(.*?)\} jm_options;", header, re.S).group(1)
    in_c = re.findall(r"(\w+);", re.sub(r"/\*.*?\*/", "", options, flags=re.S))
    for field in fields(cpp, "MemOptions"):
        if field not in FIELDS or FIELDS[field] not in in_c + [""]:
            yield f"MemOptions::{field} has no field in jm_options"
    yield from (f"jm_options.{field} has no field in MemOptions" for field in in_c if field not in FIELDS.values())
    for field in fields(cpp, "Placement"):
        if field not in KEYS or KEYS[field] and f'"{KEYS[field]}"' not in header:
            yield f"Placement::{field} has no key in jm_placement's report"


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
        c_header = header.read()
    functions = set(re.findall(r"\b(jm_\w+)\(", c_header))
    members = list(public_members(cpp))
    faults = list(missing(members, functions))
    faults += [f"{m} is not found in memory.hpp" for m in BESIDE if m not in members]
    faults += unmatched(cpp, c_header)
    for struct in ("MemOptions", "Placement"):
        more = cpp.replace(f"\n    {struct} () noexcept", f"\n    int planted = 0;\n\n    {struct} () noexcept", 1)
        if not list(unmatched(more, c_header)):
            faults.append(f"a field of {struct} without its like in C, planted, was not noticed")
    planted = list(public_members(cpp.replace("int mlock () noexcept;", "int mlock () noexcept;\n    int planted ();", 1)))
    if not list(missing(planted, functions)):
        faults.append("a member without a C function, planted, was not noticed")
    print("\n".join(faults) or f"{len(set(members))} members, each with its C function")
    sys.exit(1 if faults else 0)


main()
