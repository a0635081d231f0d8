#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jm_placement returns JSON with exactly the documented keys and types, for names of any bytes.
usage: placement.py placement_print joinmem.h"""
import json
import os
import re
import subprocess
import sys

NUMBER, TRUTH, TEXT, LIST = (int,), (bool,), (str,), (list,)
NULL = type(None)
KEYS = {
    "requested_huge": TEXT, "requested_page_size": NUMBER, "requested_node": (int, NULL), "requested_prefault": TRUTH,
    "requested_lock": TRUTH, "shared": TRUTH, "created": TRUTH, "name": (str, NULL), "size": NUMBER, "backing": TEXT,
    "page_size": (int, NULL), "huge_bytes": (int, NULL), "resident_bytes": (int, NULL), "locked_bytes": (int, NULL),
    "nodes": (list, NULL), "node_bytes": (list, NULL), "fallback_errnos": LIST, "fallback_reasons": LIST,
}


def report(line):
    values = json.loads(line.decode("utf-8"))
    assert list(values) == list(KEYS), list(values)
    for key, value in values.items():
        assert type(value) in KEYS[key], (key, value)
    return values


base = f"/joinmem-json-{os.getpid()}".encode()
NAMES = [(b"", ""), (b'-"q\\', '-"q\\'), (b"-\n\x01", "-\n\x01"), ("-ü€𝄞".encode(), "-ü€𝄞"),
         (b"-\xff\xc0\x80\xed\xa0\x80", "-" + "\ufffd" * 6), (b"-\xe2\x82", "-\ufffd\ufffd")]
lines = subprocess.run([sys.argv[1].encode(), *(base + tail for tail, _ in NAMES)], stdout=subprocess.PIPE,
                       check=True).stdout.splitlines()
assert len(lines) == 1 + len(NAMES)

local = report(lines[0])
assert local["size"] == local["resident_bytes"] == 1 << 20 and local["page_size"] == 4096
assert local["backing"] == "anonymous" and local["name"] is None and local["created"] is True
assert local["requested_node"] is None and local["requested_huge"] == "prefer" and local["shared"] is False
assert local["fallback_errnos"] == local["fallback_reasons"] == []
if local["nodes"] is not None:
    assert sum(local["node_bytes"]) == 1 << 20 and len(local["nodes"]) == len(local["node_bytes"])

for line, (tail, shown) in zip(lines[1:], NAMES):
    values = report(line)
    assert values["name"] == base.decode() + shown, values["name"]
    assert values["shared"] is True and values["backing"] in ("tmpfs", "file")

with open(sys.argv[2], encoding="utf-8") as header:
    comment = header.read().split("What was requested, what was obtained, and why")[1].split("*/")[0]
documented = [key for line in re.findall(r'\n \*   ("[a-z_]+"(?:, "[a-z_]+")*)  ', comment) for key in line.split('"')[1::2]]
assert sorted(documented) == sorted(KEYS), set(KEYS) ^ set(documented)
print(f"{len(KEYS)} keys, as documented")
