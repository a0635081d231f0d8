# SPDX-License-Identifier: MIT
"""Deaths: a player is killed by SIGKILL in a wait, with open reservations, while it initialises, and in floods."""
import os
import random
import re
import time

from scenarios import KINDS, element, elements, numbered, shared_queue

PAGE = os.sysconf("SC_PAGESIZE")
LONG = 50000       # ms: a timeout that is never reached
AFTERWARDS = 50    # ms that a batch waits for a producer that may be dead
ENDLESS = 10**12   # elements of a flood that is cut short
MARK = 2**63       # numbers from here are marks, pushed by the successor of a killed producer


def pause(generator, most):
    """Some time, so that a kill hits another instruction each time; nothing depends on how long it is."""
    time.sleep(generator.random() * most)


def in_a_pop(pair):
    """b is killed while it waits; another process in its place gets what is pushed later."""
    for kind in KINDS:
        pair.step = f"{kind}: a consumer is killed in a pop"
        with shared_queue(pair, kind, 4, 24) as name:
            a = pair.a
            pair.b.later("pop", "q", -1)
            pair.b.silent()
            pair.kill("b")
            a.expect("ok", "push", "q", element(24, 1), -1)
            pair.step = f"{kind}: another consumer takes its place"
            pair.b.expect("ok 0", "queue", "q", kind, name, 4, 24)
            pair.b.expect("ok " + element(24, 1), "pop", "q", LONG)
            pair.b.later("pop", "q", LONG)
            pair.b.silent()
            a.expect("ok", "push", "q", element(24, 2), -1)
            pair.b.receive("ok " + element(24, 2))
            a.expect("error EAGAIN" if kind != "spsc" else "error EBUSY", "pop", "q", 0)


def in_a_push(pair):
    """a is killed while it waits for room."""
    for kind in KINDS:
        pair.step = f"{kind}: a producer is killed in a push"
        with shared_queue(pair, kind, 4, 24) as name:
            pair.a.expect("ok 4", "push_many", "q", elements(24, 0, 4), 0)
            pair.a.later("push", "q", element(24, 4), -1)
            pair.a.silent()
            pair.kill("a")
            pair.b.expect("ok 4 " + elements(24, 0, 4), "pop_many", "q", 4, LONG)
            pair.b.expect(("error EAGAIN", "ok " + element(24, 4)), "pop", "q", 0)
            pair.step = f"{kind}: another producer takes its place"
            pair.a.expect("ok 0", "queue", "q", kind, name, 4, 24)
            pair.a.expect("ok 4", "push_many", "q", elements(24, 5, 4), LONG)
            pair.b.expect("ok 4 " + elements(24, 5, 4), "pop_many", "q", 4, LONG)


def open_reservation(pair):
    pair.step = "a producer is killed that has reserved and not committed"
    with shared_queue(pair, "spsc", 8, 64) as name:
        pair.a.expect("ok 2", "push_many", "q", elements(64, 0, 2), 0)
        pair.a.expect("ok 3", "reserve", "q", 3)
        pair.a.expect("ok", "fill", "q", elements(64, 50, 3))
        pair.kill("a")
        pair.b.expect("ok spsc 64 8 2 6", "info", "q")
        pair.a.expect("ok 0", "queue", "q", "spsc", name, 8, 64)
        pair.a.expect("ok 6", "push_many", "q", elements(64, 2, 6), 0)
        pair.b.expect("ok 8 " + elements(64, 0, 8), "pop_many", "q", 8, 0)
        pair.b.expect("error EAGAIN", "pop", "q", 0)
        pair.b.expect("ok 8 8 1 0 0", "stats", "q")
        pair.step = "a consumer is killed that has peeked and not released"
        pair.a.expect("ok 3", "push_many", "q", elements(64, 8, 3), 0)
        pair.b.expect("ok 3 " + elements(64, 8, 3), "peek", "q", 3)
        pair.b.expect("ok", "release", "q", 1)
        pair.b.expect("ok 2 " + elements(64, 9, 2), "peek", "q", 2)
        pair.kill("b")
        pair.b.expect("ok 0", "queue", "q", "spsc", name, 8, 64)
        pair.b.expect("ok 2 " + elements(64, 9, 2), "pop_many", "q", 2, 0)
        pair.b.expect("error EAGAIN", "pop", "q", 0)
        pair.b.expect("ok 11 11 2 0 0", "stats", "q")


def in_initialisation(pair):
    pair.step = "a player is killed that initialises"
    name = pair.name()
    for player in (pair.a, pair.b):
        player.expect(re.compile(f"ok [01] {PAGE}"), "shm", "m", name, PAGE, "either")
    pair.a.expect("ok 1", "initialise", "m", 8)
    pair.a.expect("ok", "write", "m", 64, "aa")
    pair.b.later("initialise", "m", 8)
    pair.b.silent()
    pair.kill("a")
    pair.b.receive("ok 1")
    pair.b.expect("ok aa", "read", "m", 64, 1)
    pair.b.expect("ok", "initialised", "m", 8, 1)
    pair.a.expect(f"ok 0 {PAGE}", "shm", "m", name, 0, "open")
    pair.a.expect("ok 0", "initialise", "m", 8)
    for player in (pair.a, pair.b):
        player.expect("ok", "close", "m")
    pair.a.expect("ok", "unlink", name)


def owner_dead(pair):
    """b waits for elements of a, which dies: in a pop, in an await, in a set."""
    waits = {"pop": (("pop", "q", -1), "error EOWNERDEAD"),
             "pop_many": (("pop_many", "q", 2, LONG), "error EOWNERDEAD"),
             "await_element": (("await_element", "q", 1, LONG), "error EOWNERDEAD"),
             "set": (("wait", "s", 8, -1), "ok 5:8")}
    for kind in KINDS:
        for what, (words, wanted) in waits.items():
            pair.step = f"{kind}: {what} reports that all producers are dead"
            with shared_queue(pair, kind, 4, 8, "owner_dead=1") as name:
                b = pair.b
                pair.a.expect("ok", "push", "q", element(8, 1), 0)
                b.expect("ok " + element(8, 1), "pop", "q", -1)
                if what == "set":
                    b.expect("ok", "set", "s")
                    b.expect("ok", "add", "s", "q", "e", 5, 1)
                b.later(*words)
                b.silent()
                pair.kill("a")
                b.receive(wanted)
                pair.step = f"{kind}: another producer ends the report of {what}"
                pair.a.expect("ok 0", "queue", "q", kind, name, 4, 8)
                pair.a.expect("ok", "push", "q", element(8, 2), 0)
                b.expect("ok " + element(8, 2), "pop", "q", LONG)
                b.later("pop", "q", -1)
                b.silent()
                pair.a.expect("ok", "push", "q", element(8, 3), 0)
                b.receive("ok " + element(8, 3))
                if what == "set":
                    b.expect("ok", "close", "s")


class Stream:
    """What b pops: whole elements of a, each once, in order, and the marks between them."""

    def __init__(self, size):
        self.size, self.following = size, 0

    def check(self, player, reply):
        """Whether the last element of the reply is a mark."""
        data, mark = bytes.fromhex(reply.split()[2]), False
        for i in range(0, len(data), self.size):
            whole = data[i:i + self.size].hex()
            number = int.from_bytes(data[i:i + 8], "little")
            mark = number >= MARK
            if not mark and number != self.following or whole != numbered(self.size, number, 1):
                raise player.failed(f"element {self.following}, whole", whole[:200])
            self.following += 0 if mark else 1
        return mark


def producer_of(pair, kind, name, size):
    pair.a.expect("ok 0", "queue", "q", kind, name, 16, size)


def in_a_flood(pair):
    """a is killed again and again while it pushes; b gets whole elements in order, and the stream goes on."""
    generator = random.Random(16)
    for kind, size in (("spsc", 24), ("mpsc", 64), ("mpmc", 24)):
        stream = Stream(size)
        slots = () if kind == "spsc" else ("max_producers=1",)
        some = re.compile(r"ok [1-9]\d* [0-9a-f]+")
        with shared_queue(pair, kind, 16, size, *slots) as name:
            for turn in range(pair.kills):
                pair.step = f"{kind}: producer {turn + 1} is killed in a flood"
                b = pair.b
                pair.a.later("flood", "q", stream.following, ENDLESS)
                stream.check(b, b.expect(some, "pop_many", "q", 200, LONG))
                b.later("pop_many", "q", 20000, AFTERWARDS)
                pause(generator, 0.004)
                pair.kill("a")
                rest = b.receive((some, "error ETIMEDOUT"))
                if rest.startswith("ok"):
                    stream.check(b, rest)
                pair.step = f"{kind}: the queue serves a producer after {turn + 1} deaths"
                producer_of(pair, kind, name, size)
                pair.a.later("push", "q", numbered(size, MARK + turn, 1), LONG)  # the queue may be full
                while not stream.check(b, b.expect(some, "pop_many", "q", 1, LONG)):
                    pass
                pair.a.receive("ok")
            pair.step = f"{kind}: each death is counted"
            pushed, popped, deaths, skipped, shut = map(int, pair.b.values("stats", "q"))
            came = stream.following + pair.kills
            if (pushed - skipped, popped, deaths, shut) != (came, pushed, pair.kills, 0):
                raise pair.b.failed(f"{came} elements and {pair.kills} deaths",
                                    f"{pushed} {popped} {deaths} {skipped} {shut}")


def in_a_drain(pair):
    """b is killed again and again while it pops; the next consumer gets later elements, whole and in order."""
    generator = random.Random(61)
    for kind, size in (("spsc", 64), ("mpsc", 24), ("mpmc", 64)):
        with shared_queue(pair, kind, 16, size) as name:
            following = 0
            pair.a.later("flood", "q", 0, ENDLESS)
            for turn in range(pair.kills):
                pair.step = f"{kind}: consumer {turn + 1} is killed while it pops"
                b = pair.b
                reply = b.expect(re.compile("ok 50 [0-9a-f]+"), "pop_many", "q", 50, LONG)
                first = int.from_bytes(bytes.fromhex(reply.split()[2])[:8], "little")
                if first < following or reply != f"ok 50 {numbered(size, first, 50)}":
                    raise b.failed(f"50 whole elements in order, from {following} or later", reply[:200])
                following = first + 50
                b.later("drain", "q", ENDLESS)
                pause(generator, 0.004)
                b.silent()
                pair.kill("b")
                pair.b.expect("ok 0", "queue", "q", kind, name, 16, size)
            pair.step = f"{kind}: the last consumer ends the flood"
            pair.b.expect("ok", "shutdown", "q")
            pair.a.receive("error EPIPE")


def whole_pair(pair):
    """Both are killed; the queue and its elements stay for others."""
    for kind in KINDS:
        pair.step = f"{kind}: a queue survives all of its processes"
        with shared_queue(pair, kind, 4, 24) as name:
            pair.a.expect("ok 3", "push_many", "q", elements(24, 0, 3), 0)
            pair.b.expect("ok " + element(24, 0), "pop", "q", 0)
            pair.a.later("push_many", "q", elements(24, 3, 10), -1)
            pair.a.silent()
            pair.kill("a")
            pair.kill("b")
            for player in (pair.a, pair.b):
                player.expect("ok 0", "queue", "q", kind, name, 4, 24)
            reply = pair.b.expect(re.compile("ok [234] [0-9a-f]+"), "pop_many", "q", 4, AFTERWARDS)
            if reply.split()[2] != elements(24, 1, int(reply.split()[1])):
                raise pair.b.failed("the elements from the second one", reply)
            pair.a.expect("ok", "push", "q", element(24, 20), LONG)
            pair.b.expect("ok " + element(24, 20), "pop", "q", LONG)


def end_of_input(pair):
    """A player whose driver goes away ends, too."""
    for role in ("a2", "b2"):
        pair.step = "a player exits at the end of its input"
        player = pair.player(role)
        player.expect("ok 1", "queue", "q", "mpmc", "-", 4, 8)
        del pair.players[role]
        player.end_input()


STEPS = (in_a_pop, in_a_push, open_reservation, in_initialisation, owner_dead, in_a_flood, in_a_drain, whole_pair,
         end_of_input)
