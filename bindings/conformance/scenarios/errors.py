# SPDX-License-Identifier: MIT
"""Errors: every language reports the same errno for the same mistake."""
import os
import re

from driver import SHM
from scenarios import KINDS, element, private_queue, shared_queue

PAGE = os.sysconf("SC_PAGESIZE")


def version(pair):
    pair.step = "both have the same version"
    found = pair.a.expect(re.compile(r"ok \d+\.\d+\.\d+"), "version")
    pair.b.expect(found, "version")


def unknown_command(pair):
    for player in (pair.a, pair.b):
        pair.step = "a line that is no command is answered"
        player.expect("unknown", "nonsense")
        player.expect("unknown", "nonsense", "with", 3, "words")


def closed_objects(pair):
    for player in (pair.a, pair.b):
        pair.step = "closed memory reports EBADF"
        player.expect(f"ok {PAGE}", "local", "m", PAGE)
        player.expect("ok", "close", "m")
        for words in (("read", "m", 0, 1), ("write", "m", 0, "01"), ("close", "m")):
            player.expect("error EBADF", *words)
        pair.step = "a closed set reports EBADF"
        player.expect("ok 1", "queue", "q", "mpmc", "-", 4, 8)
        player.expect("ok", "set", "s")
        player.expect("ok", "set", "t")
        player.expect("ok", "close", "s")
        for words in (("wait", "s", 1, 0), ("wake", "s"), ("add", "s", "q", "e", 1, 1), ("close", "s")):
            player.expect("error EBADF", *words)
        player.expect("ok", "close", "q")
        pair.step = "a closed queue reports EBADF"
        for words in (("push", "q", element(8, 1), 0), ("push", "q", element(8, 1), -1), ("pop", "q", 0),
                      ("pop", "q", -1), ("push_many", "q", element(8, 1), -1), ("pop_many", "q", 1, -1),
                      ("shutdown", "q"), ("info", "q"), ("stats", "q"), ("await_element", "q", 1, 0),
                      ("await_room", "q", 1, 0), ("add", "t", "q", "e", 1, 1), ("close", "q")):
            player.expect("error EBADF", *words)
        player.expect("ok", "close", "t")


def bad_names(pair):
    long = "n" * 256
    for player in (pair.a, pair.b):
        for bad, wanted in (("a/b", "EINVAL"), ("/", "EINVAL"), ("/a/", "EINVAL"), (long, "ENAMETOOLONG"),
                            ("/" + long, "ENAMETOOLONG")):
            pair.step = f"the name {bad[:10]} is refused"
            player.expect(f"error {wanted}", "shm", "m", bad, PAGE, "either")
            player.expect(f"error {wanted}", "shm", "m", bad, 0, "read")
            player.expect(f"error {wanted}", "queue", "q", "mpmc", bad, 4, 8)
            player.expect(f"error {wanted}", "unlink", bad)


def bad_sizes(pair):
    for player in (pair.a, pair.b):
        name = pair.name()
        pair.step = "memory of no bytes is refused"
        player.expect("error EINVAL", "shm", "m", name, 0, "create")
        player.expect("error EINVAL", "shm", "m", name, 0, "either")
        player.expect("error EINVAL", "local", "m", 0)
        pair.step = "elements of no bytes, and of more than 64 KiB, are refused"
        for kind in KINDS:
            for size in (0, 65537):
                player.expect("error EINVAL", "queue", "q", kind, name, 4, size)
                player.expect("error EINVAL", "queue", "q", kind, "-", 4, size)
        pair.step = "a capacity above 2^32 is refused"
        player.expect("error EINVAL", "queue", "q", "mpmc", name, 2**32 + 1, 8)
        player.expect("error EINVAL", "queue", "q", "mpmc", "-", 2**32 + 1, 8)
        pair.step = "too many producer slots are refused"
        player.expect("error EINVAL", "queue", "q", "mpmc", name, 4, 8, "max_producers=1023")
        pair.step = "an unknown kind is refused"
        player.expect(("error EINVAL", "unknown"), "queue", "q", "mspc", name, 4, 8)
        pair.step = "what was refused does not exist"
        if os.path.lexists(os.path.join(SHM, name)):
            raise player.failed("no segment", f"{SHM}/{name}")


def other_segments(pair):
    a, b, name = pair.a, pair.b, pair.name()
    pair.step = "memory is no queue"
    a.expect(f"ok 1 {PAGE}", "shm", "m", name, PAGE, "create")
    for player in (a, b):
        player.expect("error EBADMSG", "queue", "q", "mpsc", name, 4, 8)
    a.expect("ok", "close", "m")
    a.expect("ok", "unlink", name)
    pair.step = "a queue is no memory"
    with shared_queue(pair, "mpsc", 4, 8) as name:
        for player in (a, b):
            size = os.stat(os.path.join(SHM, name)).st_size
            player.expect("error EINVAL", "shm", "m", name, 0, "open")
            player.expect("error EINVAL", "shm", "m", name, size, "either")
    pair.step = "a damaged queue is not opened"
    with shared_queue(pair, "mpsc", 4, 8, roles="a") as name:
        with open(os.path.join(SHM, name), "r+b") as file:
            file.seek(8)
            file.write(b"\xff" * 56)
        for player in (a, b):
            player.expect("error EBADMSG", "queue", "x", "mpsc", name, 4, 8)
    pair.step = "a symbolic link is not followed"
    name = pair.name()
    os.symlink("/dev/null", os.path.join(SHM, name))
    for player in (a, b):
        player.expect("error ELOOP", "shm", "m", name, PAGE, "either")
        player.expect("error ELOOP", "queue", "q", "mpsc", name, 4, 8)
    a.expect("ok", "unlink", name)


def bad_members(pair):
    for player in (pair.a, pair.b):
        for label in ("q", "r"):
            player.expect("ok 1", "queue", label, "mpmc", "-", 4, 8)
        player.expect("ok", "set", "s")
        pair.step = "a queue is added once"
        player.expect("ok", "add", "s", "q", "e", 1, 4)
        player.expect("error EEXIST", "add", "s", "q", "r", 2, 1)
        pair.step = "a queue that the set does not have is not found"
        player.expect("error ENOENT", "modify", "s", "r", "e", 1, 1)
        player.expect("error ENOENT", "remove", "s", "r")
        pair.step = "an amount of 0, or above the capacity, is refused"
        for amount in (0, 5):
            player.expect("error EINVAL", "add", "s", "r", "e", 1, amount)
            player.expect("error EINVAL", "modify", "s", "q", "e", 1, amount)
        player.expect("error ENOENT", "remove", "s", "r")
        pair.step = "a wait without room for an event is refused"
        player.expect("error EINVAL", "wait", "s", 0, 0)
        player.expect("ok", "remove", "s", "q")
        player.expect("error ENOENT", "remove", "s", "q")
        for label in ("q", "r", "s"):
            player.expect("ok", "close", label)


def bad_counts(pair):
    pair.step = "a reservation, and a look, of no element are refused"
    with private_queue(pair, "spsc", 4, 8):
        pair.a.expect("error EINVAL", "reserve", "q", 0)
        pair.a.expect("error EINVAL", "peek", "q", 0)


STEPS = (version, unknown_command, closed_objects, bad_names, bad_sizes, other_segments, bad_members, bad_counts)
