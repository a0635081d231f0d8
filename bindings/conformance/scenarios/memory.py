# SPDX-License-Identifier: MIT
"""Memory: created and opened segments, their bytes, initialisation, placement, names."""
import json
import os
import re

from driver import SHM

PAGE = os.sysconf("SC_PAGESIZE")
KEYS = ("requested_huge", "requested_page_size", "requested_node", "requested_prefault", "requested_lock", "shared",
        "created", "name", "size", "backing", "page_size", "huge_bytes", "resident_bytes", "locked_bytes", "nodes",
        "node_bytes", "fallback_errnos", "fallback_reasons")


def create_and_open(pair):
    a, b, name = pair.a, pair.b, pair.name()
    pair.step = "a segment is created once, and has whole pages"
    a.expect(f"ok 1 {2 * PAGE}", "shm", "m", name, PAGE + 1, "create")
    b.expect("error EEXIST", "shm", "m", name, PAGE + 1, "create")
    b.expect("error ENOENT", "shm", "m", pair.name(), 0, "open")
    b.expect("error ENOENT", "shm", "m", pair.name(), 0, "read")
    for mode, size in (("open", 0), ("open", PAGE + 1), ("open", 2 * PAGE), ("either", 2 * PAGE), ("read", 0)):
        pair.step = f"the segment is opened by mode {mode} with size {size}"
        b.expect(f"ok 0 {2 * PAGE}", "shm", "m", name, size, mode)
        b.expect("ok", "close", "m")
    pair.step = "another size is refused"
    for mode in ("open", "either", "read"):
        b.expect("error EINVAL", "shm", "m", name, 2 * PAGE + 1, mode)
    pair.step = "a name may begin with a slash"
    b.expect(f"ok 0 {2 * PAGE}", "shm", "m", "/" + name, 0, "open")
    b.expect("ok", "close", "m")
    pair.step = "mode either creates a segment that does not exist"
    other = pair.name()
    b.expect(f"ok 1 {PAGE}", "shm", "m", other, 1, "either")
    a.expect("ok", "unlink", "/" + other)
    for player in (a, b):
        player.expect("ok", "close", "m")
    a.expect("ok", "unlink", name)


def bytes_arrive(pair):
    a, b, name = pair.a, pair.b, pair.name()
    size = 3 * PAGE
    for player in (a, b):
        player.expect(re.compile(f"ok [01] {size}"), "shm", "m", name, size, "either")
    pair.step = "a new segment is zero"
    b.expect("ok " + "00" * size, "read", "m", 0, size)
    content = bytearray(size)
    written = ((0, 1), (1, 7), (8, 8), (63, 66), (PAGE - 2, 5), (2 * PAGE, PAGE), (size - 1, 1), (0, 16), (17, 1))
    for turn, (offset, count) in enumerate(written):
        writer, reader = (a, b) if turn % 2 == 0 else (b, a)
        data = bytes((turn * 59 + i * 7 + 1) % 256 for i in range(count))
        content[offset:offset + count] = data
        pair.step = f"{count} bytes at offset {offset} arrive"
        writer.expect("ok", "write", "m", offset, data.hex())
        reader.expect("ok " + data.hex(), "read", "m", offset, count)
    pair.step = "all other bytes are unchanged"
    for player in (a, b):
        player.expect("ok " + content.hex(), "read", "m", 0, size)
    pair.step = "bytes past the end are refused"
    for player in (a, b):
        player.expect("error ERANGE", "read", "m", size, 1)
        player.expect("error ERANGE", "read", "m", size - 1, 2)
        player.expect("error ERANGE", "write", "m", size, "01")
        player.expect("error ERANGE", "write", "m", size - 1, "0102")
    b.expect("ok " + content.hex(), "read", "m", 0, size)
    for player in (a, b):
        player.expect("ok", "close", "m")
    a.expect("ok", "unlink", name)


def reads_only(pair):
    a, b, name = pair.a, pair.b, pair.name()
    pair.step = "memory that is opened for reading can be read and not written"
    a.expect(f"ok 1 {PAGE}", "shm", "m", name, PAGE, "create")
    a.expect("ok", "write", "m", 5, "c0ffee")
    b.expect(f"ok 0 {PAGE}", "shm", "m", name, 0, "read")
    b.expect("ok 00c0ffee00", "read", "m", 4, 5)
    b.expect(re.compile("error E.*"), "write", "m", 5, "aabbcc")
    b.expect("error EROFS", "initialise", "m", 64)
    a.expect("ok c0ffee", "read", "m", 5, 3)
    pair.step = "later bytes arrive there too"
    a.expect("ok", "write", "m", 6, "11")
    b.expect("ok c011ee", "read", "m", 5, 3)
    for player in (a, b):
        player.expect("ok", "close", "m")
    a.expect("ok", "unlink", name)


def private(pair):
    for player in (pair.a, pair.b):
        pair.step = "private memory is zero, and has whole pages"
        player.expect(f"ok {2 * PAGE}", "local", "m", PAGE + 1)
        player.expect(f"ok {PAGE}", "local", "n", 1)
        player.expect("ok " + "00" * 2 * PAGE, "read", "m", 0, 2 * PAGE)
        pair.step = "private memory keeps its bytes"
        player.expect("ok", "write", "m", PAGE - 1, "0102ff")
        player.expect("ok 000102ff00", "read", "m", PAGE - 2, 5)
        player.expect("ok " + "00" * PAGE, "read", "n", 0, PAGE)
        player.expect("error ERANGE", "read", "m", 2 * PAGE, 1)
        player.expect("error ERANGE", "write", "m", 2 * PAGE - 1, "0102")
        player.expect("ok", "close", "m")
        player.expect("ok", "close", "n")


def initialise(pair):
    a, b, name = pair.a, pair.b, pair.name()
    for player in (a, b):
        player.expect(re.compile(f"ok [01] {PAGE}"), "shm", "m", name, PAGE, "either")
    pair.step = "one player initialises, and the other waits for the end"
    a.expect("ok 1", "initialise", "m", 0)
    b.later("initialise", "m", 0)
    b.silent()
    a.expect("ok", "write", "m", 8, "0123456789abcdef")
    a.expect("ok", "initialised", "m", 0, 1)
    b.receive("ok 0")
    b.expect("ok 0123456789abcdef", "read", "m", 8, 8)
    a.expect("ok 0", "initialise", "m", 0)
    pair.step = "a failed initialisation is done by the next player"
    b.expect("ok 1", "initialise", "m", 16)
    a.later("initialise", "m", 16)
    a.silent()
    b.expect("ok", "initialised", "m", 16, 0)
    a.receive("ok 1")
    a.expect("ok", "initialised", "m", 16, 1)
    b.expect("ok 0", "initialise", "m", 16)
    pair.step = "a bad offset of the ready word is refused"
    a.expect("error EINVAL", "initialise", "m", 18)
    a.expect("error ERANGE", "initialise", "m", PAGE)
    for player in (a, b):
        player.expect("ok", "close", "m")
    b.expect("ok", "unlink", name)


def placement(pair):
    a, b, name = pair.a, pair.b, pair.name()
    a.expect(f"ok 1 {PAGE}", "shm", "m", name, PAGE, "create")
    b.expect(f"ok 0 {PAGE}", "shm", "m", name, 0, "open")
    a.expect(f"ok {3 * PAGE}", "local", "n", 3 * PAGE)
    for player in (a, b):
        for key in KEYS:
            pair.step = f"the report has {key}"
            reply = player.expect(re.compile("ok .+"), "placement", "m", key)
            try:
                json.loads(reply[3:])
            except ValueError:
                raise player.failed("JSON", f"'{reply}'") from None
    pair.step = "the report is true"
    for key, of_a, of_b in (("requested_huge", '"prefer"', '"prefer"'), ("requested_node", "null", "null"),
                            ("requested_prefault", "true", "true"), ("requested_lock", "false", "false"),
                            ("requested_page_size", 0, 0), ("shared", "true", "true"), ("created", "true", "false"),
                            ("name", f'"/{name}"', f'"/{name}"'), ("size", PAGE, PAGE),
                            ("backing", '"tmpfs"', '"tmpfs"')):
        a.expect(f"ok {of_a}", "placement", "m", key)
        b.expect(f"ok {of_b}", "placement", "m", key)
    for key, wanted in (("shared", "false"), ("created", "true"), ("name", "null"), ("size", 3 * PAGE)):
        a.expect(f"ok {wanted}", "placement", "n", key)
    for player, label in ((a, "m"), (b, "m"), (a, "n")):
        player.expect("ok", "close", label)
    a.expect("ok", "unlink", name)


def unlink(pair):
    a, b, name = pair.a, pair.b, pair.name()
    pair.step = "a removed name leaves the memory to those that have it"
    a.expect(f"ok 1 {PAGE}", "shm", "m", name, PAGE, "create")
    b.expect(f"ok 0 {PAGE}", "shm", "m", name, 0, "open")
    b.expect("ok", "unlink", name)
    if os.path.lexists(os.path.join(SHM, name)):
        raise b.failed("no file of that name", f"{SHM}/{name}")
    a.expect("ok", "write", "m", 0, "77")
    b.expect("ok 77", "read", "m", 0, 1)
    pair.step = "the next segment of that name is another one"
    a.expect("error ENOENT", "shm", "n", name, 0, "open")
    a.expect(f"ok 1 {PAGE}", "shm", "n", name, PAGE, "create")
    a.expect("ok 00", "read", "n", 0, 1)
    pair.step = "a name that does not exist may be removed"
    for player in (a, b):
        player.expect("ok", "unlink", name)
        player.expect("ok", "unlink", name)
    for player, label in ((a, "m"), (a, "n"), (b, "m")):
        player.expect("ok", "close", label)


STEPS = (create_and_open, bytes_arrive, reads_only, private, initialise, placement, unlink)
