# SPDX-License-Identifier: MIT
"""The scenarios. Each module has STEPS: functions over a Pair, which run in this order with the same players.

A step closes what it has opened. It may kill players: Pair starts another one in that role.
"""
import contextlib

KINDS = ("spsc", "mpsc", "mpmc")
LARGE = 2**63 + 12345678901  # 64 bits: neither signed 64-bit numbers nor doubles contain it
LARGEST = 2**64 - 1


def element(size, number):
    """The bytes of an element, as hex: each number has others, and no two bytes of one are equal by chance alone."""
    return bytes((number * 37 + i * 11 + i // 256) % 256 for i in range(size)).hex()


def elements(size, first, count):
    return "".join(element(size, number) for number in range(first, first + count))


def numbered(size, first, count):
    """The bytes of elements as a flood pushes them."""
    return b"".join((first + i).to_bytes(8, "little").ljust(size, b"\0") for i in range(count)).hex()


@contextlib.contextmanager
def shared_queue(pair, kind, capacity, size, *options, roles="ab"):
    """Opens a new queue as q in all of these roles; yields its name. Closes and unlinks it unless a step has failed."""
    name = pair.name()
    for role in roles:
        pair.player(role).expect(("ok 1", "ok 0"), "queue", "q", kind, name, capacity, size, *options)
    yield name
    for role in roles:
        pair.player(role).expect("ok", "close", "q")
    pair.a.expect("ok", "unlink", name)


@contextlib.contextmanager
def private_queue(pair, kind, capacity, size, *options):
    """A private queue of player a."""
    pair.a.expect("ok 1", "queue", "q", kind, "-", capacity, size, *options)
    yield
    pair.a.expect("ok", "close", "q")
