#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jm_placement is JSON of exactly the documented keys and types, for names of any bytes.
usage: placement.py libjoinmem.so joinmem.h"""
import ctypes
import json
import os
import re
import sys

NUMBER, TRUTH, TEXT, LIST = (int,), (bool,), (str,), (list,)
NULL = type(None)
KEYS = {
    "asked_huge": TEXT, "asked_page_size": NUMBER, "asked_node": (int, NULL), "asked_prefault": TRUTH,
    "asked_lock": TRUTH, "shared": TRUTH, "created": TRUTH, "name": (str, NULL), "size": NUMBER, "backing": TEXT,
    "page_size": (int, NULL), "huge_bytes": (int, NULL), "resident_bytes": (int, NULL), "locked_bytes": (int, NULL),
    "nodes": (list, NULL), "node_bytes": (list, NULL), "fallback_errnos": LIST, "fallback_reasons": LIST,
}

library = ctypes.CDLL(sys.argv[1])
library.jm_shm_open.restype = library.jm_local_create.restype = ctypes.c_int64
library.jm_shm_open.argtypes = [ctypes.c_uint64, ctypes.c_char_p]
library.jm_local_create.argtypes = [ctypes.c_uint64]
library.jm_placement.restype = ctypes.c_int64
library.jm_placement.argtypes = [ctypes.c_int64, ctypes.c_char_p, ctypes.c_uint64]
library.jm_close.argtypes = [ctypes.c_int64]
library.jm_last_error_message.restype = ctypes.c_char_p


def report(handle):
    assert handle > 0, library.jm_last_error_message()
    length = library.jm_placement(handle, None, 0)
    assert length > 0, library.jm_last_error_message()
    room = ctypes.create_string_buffer(4096)
    assert library.jm_placement(handle, room, 4096) == len(room.value)
    cut = ctypes.create_string_buffer(b"x" * 10, 10)
    assert library.jm_placement(handle, cut, 10) == len(room.value) and cut.raw == room.raw[:9] + b"\0"
    library.jm_close(handle)
    text = room.value.decode("utf-8")
    values = json.loads(text)
    assert list(values) == list(KEYS), list(values)
    for key, value in values.items():
        assert type(value) in KEYS[key], (key, value)
    return values


local = report(library.jm_local_create(1 << 20))
assert local["size"] == local["resident_bytes"] == 1 << 20 and local["page_size"] == 4096
assert local["backing"] == "anonymous" and local["name"] is None and local["created"] is True
assert local["fallback_errnos"] == local["fallback_reasons"] == []
if local["nodes"] is not None:
    assert sum(local["node_bytes"]) == 1 << 20 and len(local["nodes"]) == len(local["node_bytes"])

base = f"/joinmem-json-{os.getpid()}".encode()
for tail, shown in [(b"", ""), (b'-"q\\', '-"q\\'), (b"-\n\x01", "-\n\x01"), ("-ü€𝄞".encode(), "-ü€𝄞"),
                    (b"-\xff\xc0\x80\xed\xa0\x80", "-" + "\ufffd" * 6), (b"-\xe2\x82", "-\ufffd\ufffd")]:
    name = base + tail
    try:
        values = report(library.jm_shm_open(4096, name))
        assert values["name"] == base.decode() + shown, values["name"]
        assert values["shared"] is True and values["backing"] in ("tmpfs", "file")
    finally:
        library.jm_unlink(name)

with open(sys.argv[2], encoding="utf-8") as header:
    comment = header.read().split("What was asked for, what was got, and why")[1].split("*/")[0]
documented = re.findall(r'"([a-z_]+)"(?=[ ,])', "\n".join(l for l in comment.split("\n") if re.match(r' \*   "', l)))
documented = [key for key in documented if key in KEYS or "_" in key]
assert sorted(set(documented) & set(KEYS)) == sorted(KEYS), set(KEYS) ^ set(documented)
print(f"{len(KEYS)} keys, as documented")
