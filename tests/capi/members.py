#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public member of the C++ classes has a C function. A member that is not in the list below, or a C function that is
not in the header, fails the check. It finds placement.hpp and wait_set.hpp beside the others.
usage: members.py memory.hpp queue.hpp queue_options.hpp inspect.hpp joinmem.h"""
import os
import re
import sys

BESIDE = {
    "Memory::get": "jm_get", "Memory::size": "jm_size", "Memory::mbind": "jm_mbind", "Memory::mlock": "jm_mlock",
    "Memory::munlock": "jm_munlock", "Memory::pageSize": "jm_page_size", "Memory::nodeOf": "jm_node_of",
    "Memory::placement": "jm_placement", "LocalMem::LocalMem": "jm_local_create jm_local_create_with",
    "ShmMem::ShmMem": "jm_shm_open jm_shm_open_with", "ShmMem::name": "jm_name", "ShmMem::created": "jm_created",
    "ShmMem::named": "jm_named",
    "ShmMem::initialise": "jm_initialise_begin jm_initialise_end",
    "ShmMem::unlink": "jm_unlink", "LocalMem::~LocalMem": "jm_close", "ShmMem::~ShmMem": "jm_close",
}
WAIT_BESIDE = {
    "WaitSet": "jm_wait_create jm_wait_create_with", "~WaitSet": "jm_close", "add": "jm_wait_add",
    "modify": "jm_wait_modify", "remove": "jm_wait_remove", "size": "jm_wait_size", "wait": "jm_wait", "fd": "jm_wait_fd",
    "wake": "jm_wait_wake",
}
QUEUE_BESIDE = {
    "BasicQueue": "jm_queue_create jm_queue_create_with jm_queue_open jm_queue_open_with", "~BasicQueue": "jm_close",
    "tryPush": "jm_queue_try_push jm_queue_try_push_n", "tryPop": "jm_queue_try_pop jm_queue_try_pop_n",
    "push": "jm_queue_push jm_queue_push_n", "pop": "jm_queue_pop jm_queue_pop_n", "popSome": "jm_queue_pop_some",
    "shutdown": "jm_queue_shutdown", "cancel": "jm_queue_cancel", "resume": "jm_queue_resume", "releaseRole": "jm_queue_release_role", "reserve": "jm_queue_reserve", "commit": "jm_queue_commit", "peek": "jm_queue_peek",
    "release": "jm_queue_release", "pending": "jm_queue_pending", "available": "jm_queue_available",
    "full": "jm_queue_available", "empty": "jm_queue_pending", "capacity": "jm_queue_capacity", "mbind": "jm_queue_mbind",
    "mlock": "jm_queue_mlock", "placement": "jm_placement", "name": "jm_name", "created": "jm_created", "named": "jm_named",
    "awaitElement": "jm_queue_await_element", "awaitRoom": "jm_queue_await_room",
    "tag": "jm_queue_tag", "producers": "jm_queue_producers", "stats": "jm_queue_get_stats",
}
BESIDE.update({f"BasicQueue::{member}": functions for member, functions in QUEUE_BESIDE.items()})
BESIDE.update({f"WaitSet::{member}": functions for member, functions in WAIT_BESIDE.items()})
ONLY_IN_C = {"jm_queue_kind", "jm_queue_element_size", "jm_queue_options_init", "jm_wait_options_init"}  # in C++ the types state these
OTHER_NAMES = {"QueueOptions.interruptible": "flags", "Placement.fallbacks": "fallback_reasons"}  # all other fields differ in case alone
LOOKS = {"segmentNames": "jm_segment_names", "inspect": "jm_inspect", "inspectProducers": "jm_inspect_producers",
         "inspectPages": "jm_inspect_pages", "removeUnused": "jm_remove_unused jm_remove_unused_if_unchanged"}
# A handle is copied and moved as a number; a call that creates a handle returns 0 on failure.
NO_COUNTERPART = {"operator=", "make", "bool"}


def in_c(field, struct=""):
    return OTHER_NAMES.get(f"{struct}.{field}") or re.sub(r"([A-Z])", lambda upper: "_" + upper.group(1).lower(), field)


def public_members(text):
    text = re.sub(r"//[^\n]*", "", text)
    for match in re.finditer(r"class JOIN_EXPORT (\w+)[^;{]*\{(.*?)\n\};", text, re.S):
        name, body = match.groups()
        public = body.split("public:", 1)[1]
        public = re.split(r"\n(?:protected|private):", public)[0]
        public = re.sub(r"\n    \{.*?\n    \}", ";", re.sub(r" = \w+ \(\)", "", public), flags=re.S)
        for member in re.findall(r"(~?\w+|operator=) \(", public):
            if member not in NO_COUNTERPART and not (member == "Memory" and name == "Memory"):
                yield f"{name}::{member}"


def queue_members(text):
    """Members of the template, which have their bodies in the class; overloads count once."""
    text = re.sub(r"//[^\n]*", "", text)
    bodies = re.findall(r"\nclass (?:BasicQueue|QueueBase)\b[^\n]*\n\{(.*?)\n\};", text, re.S)
    if len(bodies) != 2:
        sys.exit(f"{len(bodies)} classes in place of BasicQueue and its base")
    for body in bodies:
        public = re.split(r"\n(?:protected|private):", body.split("public:", 1)[1])[0]
        public = re.sub(r"\n    \{.*?\n    \}", ";", public, flags=re.S)
        public = re.sub(r"\n    : [^\n]*", "", re.sub(r" = \w+ \(\)", "", public))
        for member in re.findall(r"(~?\w+|operator=) \(", public):
            if member not in NO_COUNTERPART:
                yield f"BasicQueue::{member}"


def fields(text, struct):
    body = re.search(r"\nstruct " + struct + r"\n\{(.*?)\n(?:    " + struct + r" \(\)|\};)", text, re.S).group(1)
    body = re.sub(r"\n    \{.*?\n    \}", "", body, flags=re.S)
    return re.findall(r"(\w+)(?:\s*=[^;]+)?;", re.sub(r"//[^\n]*|\bstatic [^\n]*", "", body))


def c_fields(header, struct):
    body = re.search(r"typedef struct " + struct + r" \{(.*?)\} " + struct + ";", header, re.S).group(1)
    return re.findall(r"(\w+);", re.sub(r"/\*.*?\*/", "", body, flags=re.S))


def unmatched(cpp, header):
    """Fields of the options and of the report that have no counterpart."""
    for struct, c_struct, more in (("MemOptions", "jm_options", {"reserved"}),
                                   ("QueueOptions", "jm_queue_options", {"memory", "reserved"}),
                                   ("QueueStats", "jm_queue_stats", set()), ("WaitEvent", "jm_wait_event", set()),
                                   ("WaitSetOptions", "jm_wait_options", set()), ("Producer", "jm_producer", {"struct_size"})):
        there, wanted = set(c_fields(header, c_struct)), {in_c(field, struct) for field in fields(cpp, struct)}
        yield from (f"{struct} has {field}, and {c_struct} has not" for field in sorted(wanted - there))
        yield from (f"{c_struct} has {field}, and {struct} has not" for field in sorted(there - wanted - more))
    for name, shift in re.findall(r"^    (\w+) = 1 << (\d+),", cpp[cpp.index("enum class Ready"):], re.M):
        if not re.search(rf"\bJM_READY{in_c(name).upper()} = {1 << int(shift)}\b", header):
            yield f"Ready::{name} is not in joinmem.h, or has another value"
    for struct in ("Placement", "SegmentInfo", "SegmentPages"):
        for field in fields(cpp, struct):
            if f'"{in_c(field, struct)}"' not in header:
                yield f"{struct}::{field} has no key in the report of joinmem.h"


def looks(inspect, functions):
    """Functions that inspect: each has its C function, and C has no other."""
    public = inspect.split("The public interface ends here")[0]
    there = set(re.findall(r"^(?:JOIN_EXPORT )?[\w:<>]+ (\w+) \(.*\)(?: noexcept)?;$", public, re.M))
    for name in sorted(there ^ LOOKS.keys()):
        yield f"{name} has no C function that looks"
    in_c = {function for function in functions if re.match("jm_(segment|inspect|remove)", function)}
    for name in sorted(in_c ^ {function for functions_ in LOOKS.values() for function in functions_.split()}):
        yield f"{name} stands beside no function of inspect.hpp"


def missing(members, functions):
    for member in sorted(set(members)):
        beside = BESIDE.get(member)
        if beside is None:
            yield f"{member} has no C function"
            continue
        for function in beside.split():
            if function not in functions:
                yield f"{member}: {function} is not in joinmem.h"


def alone(functions):
    beside = {function for functions_ in BESIDE.values() for function in functions_.split()}
    for function in sorted(functions):
        if re.match("jm_(queue|wait)", function) and function not in beside | ONLY_IN_C:
            yield f"{function} stands beside no member"


def planted(cpp, queue, header, functions):
    """Complaints about planted violations that the check misses."""
    for struct in ("MemOptions", "Placement", "QueueOptions", "QueueStats", "WaitEvent", "WaitSetOptions", "SegmentInfo",
                   "SegmentPages"):
        more = re.sub(rf"(\nstruct {struct}\n{{\n)", r"\1    int planted = 0;\n", cpp, count=1)
        if not list(unmatched(more, header)):
            yield f"a field of {struct} without its like in C, planted, was not noticed"
    more = cpp.replace("int mlock () const noexcept;", "int mlock () const noexcept;\n    int planted ();", 1)
    if not list(missing(public_members(more), functions)):
        yield "a member without a C function, planted, was not noticed"
    more = queue.replace("    int mlock () const noexcept\n", "    int planted () noexcept;\n\n    int mlock () const noexcept\n", 1)
    if not list(missing(queue_members(more), functions)):
        yield "a member of the queue without a C function, planted, was not noticed"
    if not list(missing(queue_members(queue), functions - {"jm_queue_pop_some"})):
        yield "a member of the queue whose C function is gone was not noticed"
    if not list(unmatched(cpp, header.replace("    uint64_t tag;", "    uint64_t tag;\n    uint64_t planted;", 1))):
        yield "a field of jm_queue_options without its like in C++, planted, was not noticed"
    if not list(unmatched(cpp.replace("Damaged = 1 << 4", "Damaged = 1 << 5", 1), header)):
        yield "a bit of Ready with another value in C, planted, was not noticed"
    more = cpp.replace("    int wake () noexcept;", "    int wake () noexcept;\n    int planted ();", 1)
    if not list(missing(public_members(more), functions)):
        yield "a member of WaitSet without a C function, planted, was not noticed"
    for name in ("jm_queue_planted", "jm_wait_planted"):
        if not list(alone(functions | {name})):
            yield f"{name}, a C function beside no member, was not noticed"


def main():
    texts = []
    for path in sys.argv[1:6]:
        with open(path, encoding="utf-8") as header:
            texts.append(header.read())
    memory, queue, queue_options, inspect, c_header = texts
    base = os.path.join(os.path.dirname(sys.argv[2]), "detail", "queue_base.hpp")
    with open(base, encoding="utf-8") as header:
        queue += header.read()
    with open(os.path.join(os.path.dirname(sys.argv[1]), "placement.hpp"), encoding="utf-8") as header:
        reports = header.read() + inspect
    with open(os.path.join(os.path.dirname(sys.argv[1]), "wait_set.hpp"), encoding="utf-8") as header:
        waits = header.read()
    functions = set(re.findall(r"\b(jm_\w+)\(", re.sub(r"/\*.*?\*/", " ", c_header, flags=re.S)))
    members = list(public_members(memory + waits)) + list(queue_members(queue))
    faults = list(missing(members, functions)) + list(alone(functions))
    faults += [f"{m} is not found in the headers" for m in BESIDE if m not in members]
    faults += list(looks(inspect, functions))
    cpp = memory + queue_options + reports + waits
    faults += unmatched(cpp, c_header)
    faults += planted(cpp, queue, c_header, functions)
    if not list(looks(inspect, functions - {"jm_inspect"})) or not list(looks(inspect, functions | {"jm_inspect_planted"})):
        faults.append("a function that looks without its like, planted, was not noticed")
    print("\n".join(faults) or f"{len(set(members))} members, each with its C function")
    sys.exit(1 if faults else 0)


main()
