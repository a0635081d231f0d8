# SPDX-License-Identifier: MIT
"""Waits: blocked calls, amounts, wait sets and their descriptor."""
import contextlib

from scenarios import KINDS, LARGEST, element, elements, private_queue, shared_queue

SHORT = 5     # ms: a timeout that is waited for
LONG = 50000  # ms: a timeout that is never reached
TURNS = 200   # of a set, until it reports all ready queues


def blocked_pop(pair):
    a, b = pair.a, pair.b
    for kind in KINDS:
        with shared_queue(pair, kind, 4, 24):
            pair.step = f"{kind}: a push ends a pop that waits"
            for number, timeout in enumerate((-1, LONG, -1)):
                b.later("pop", "q", timeout)
                b.silent()
                a.expect("ok", "push", "q", element(24, number), 0)
                b.receive("ok " + element(24, number))
            pair.step = f"{kind}: elements end a batch that waits, once all have come"
            b.later("pop_many", "q", 3, LONG)
            for number in range(3):
                b.silent()
                a.expect("ok", "push", "q", element(24, number), 0)
            b.receive("ok 3 " + elements(24, 0, 3))
            pair.step = f"{kind}: a shutdown ends a pop that waits"
            b.later("pop", "q", -1)
            b.silent()
            a.expect("ok", "shutdown", "q")
            b.receive("error EPIPE")


def blocked_push(pair):
    a, b = pair.a, pair.b
    for kind in KINDS:
        with shared_queue(pair, kind, 4, 24):
            pair.step = f"{kind}: a pop ends a push that waits"
            a.expect("ok 4", "push_many", "q", elements(24, 0, 4), 0)
            for number, timeout in enumerate((-1, LONG, -1)):
                a.later("push", "q", element(24, 4 + number), timeout)
                a.silent()
                b.expect("ok " + element(24, number), "pop", "q", 0)
                a.receive("ok")
            pair.step = f"{kind}: a shutdown ends a push that waits"
            a.later("push", "q", element(24, 9), -1)
            a.silent()
            b.expect("ok", "shutdown", "q")
            a.receive("error EPIPE")
            b.expect("ok 4 " + elements(24, 3, 4), "pop_many", "q", 9, -1)
            b.expect("error EPIPE", "pop", "q", -1)


def two_consumers(pair):
    """Each of two consumers that wait gets one of two elements."""
    with shared_queue(pair, "mpmc", 4, 8, roles=("a", "b", "a2")):
        pair.step = "mpmc: two pops wait"
        consumers = (pair.b, pair.player("a2"))
        for consumer in consumers:
            consumer.later("pop", "q", -1)
            consumer.silent()
        pair.a.expect("ok 2", "push_many", "q", elements(8, 1, 2), 0)
        wanted = ("ok " + element(8, 1), "ok " + element(8, 2))
        got = {consumer.receive(wanted) for consumer in consumers}
        if len(got) != 2:
            raise consumers[1].failed("another element than the other consumer got", str(got))


def amounts(pair):
    a, b = pair.a, pair.b
    for kind in KINDS:
        with shared_queue(pair, kind, 4, 8):
            pair.step = f"{kind}: await_element waits for the amount and takes nothing"
            b.expect("error ETIMEDOUT", "await_element", "q", 1, 0)
            b.expect("error ETIMEDOUT", "await_element", "q", 1, SHORT)
            b.later("await_element", "q", 3, -1)
            for number in range(3):
                b.silent()
                a.expect("ok", "push", "q", element(8, number), 0)
            b.receive("ok")
            b.expect("ok", "await_element", "q", 3, 0)
            b.expect("error ETIMEDOUT", "await_element", "q", 4, SHORT)
            a.expect(f"ok {kind} 8 4 3 1", "info", "q")
            pair.step = f"{kind}: await_room waits for the amount and takes nothing"
            a.expect("ok", "await_room", "q", 1, 0)
            a.expect("error ETIMEDOUT", "await_room", "q", 2, SHORT)
            a.later("await_room", "q", 3, LONG)
            for number in range(2):
                a.silent()
                b.expect("ok " + element(8, number), "pop", "q", 0)
            a.receive("ok")
            b.expect(f"ok {kind} 8 4 1 3", "info", "q")
            pair.step = f"{kind}: amounts that can never be there are refused"
            for amount in (0, 5):
                b.expect("error EINVAL", "await_element", "q", amount, -1)
                a.expect("error EINVAL", "await_room", "q", amount, -1)
            pair.step = f"{kind}: a shutdown ends both"
            b.later("await_element", "q", 2, -1)
            b.silent()
            a.expect("ok", "shutdown", "q")
            b.receive("ok")
            a.expect("error EPIPE", "await_room", "q", 1, -1)
            b.expect("ok " + element(8, 2), "pop", "q", 0)
            b.expect("error EPIPE", "await_element", "q", 1, -1)


def reported(player, wanted):
    """Waits until the set reports these events at once; until then it may report some of them."""
    events = wanted.split()[1:]
    for _ in range(TURNS):
        if set(player.values("wait", "s", 8, LONG)) == set(events):
            player.expect(wanted, "wait", "s", 8, 0)
            return
    raise player.failed(f"'{wanted}' in one of {TURNS} waits", "only some of them")


def levels(pair, kind):
    """Two queues in one set of b."""
    a, b, first, second = pair.a, pair.b, pair.name(), pair.name()
    for label, name in (("q", first), ("r", second)):
        for player in (a, b):
            player.expect(("ok 1", "ok 0"), "queue", label, kind, name, 4, 8)
    pair.step = f"{kind}: a set of two queues without elements"
    b.expect("ok", "set", "s")
    b.expect("ok", "add", "s", "q", "e", 7, 1)
    b.expect("ok", "add", "s", "r", "e", LARGEST, 1)
    b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    b.expect("error ETIMEDOUT", "wait", "s", 8, SHORT)
    pair.step = f"{kind}: a push ends the wait of a set, and the set reports the queue as long as it is ready"
    b.later("wait", "s", 8, -1)
    b.silent()
    a.expect("ok 2", "push_many", "r", elements(8, 0, 2), 0)
    b.receive(f"ok {LARGEST}:1")
    for timeout in (0, -1, LONG):
        b.expect(f"ok {LARGEST}:1", "wait", "s", 8, timeout)
    a.expect("ok", "push", "q", element(8, 5), 0)
    reported(b, f"ok 7:1 {LARGEST}:1")
    pair.step = f"{kind}: with room for one event, the next wait reports the other queue"
    got = {b.values("wait", "s", 1, LONG)[0] for _ in range(2)}
    if got != {"7:1", f"{LARGEST}:1"}:
        raise b.failed("both queues in two waits", str(got))
    b.expect("ok " + element(8, 5), "pop", "q", 0)
    b.expect(f"ok {LARGEST}:1", "wait", "s", 8, 0)
    pair.step = f"{kind}: keys, amounts and what is watched can change"
    b.expect("ok", "modify", "s", "r", "e", 3, 3)
    b.expect("error ETIMEDOUT", "wait", "s", 8, SHORT)
    a.expect("ok", "push", "r", element(8, 6), 0)
    b.expect("ok 3:1", "wait", "s", 8, LONG)
    b.expect("ok", "modify", "s", "r", "er", 4, 1)
    b.expect("ok 4:3", "wait", "s", 8, LONG)
    b.expect("ok", "modify", "s", "r", "r", 5, 1)
    b.expect("ok 5:2", "wait", "s", 8, LONG)
    b.expect("ok", "modify", "s", "r", "-", 6, 1)
    b.expect("error ETIMEDOUT", "wait", "s", 8, SHORT)
    pair.step = f"{kind}: room ends the wait of a set"
    a.expect("ok", "push", "r", element(8, 7), 0)
    b.expect("ok", "modify", "s", "r", "r", 8, 2)
    b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    b.expect("ok " + element(8, 0), "pop", "r", 0)
    b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    b.expect("ok " + element(8, 1), "pop", "r", 0)
    b.expect("ok 8:2", "wait", "s", 8, LONG)
    pair.step = f"{kind}: a removed queue, and a closed one, are not reported"
    b.expect("ok", "remove", "s", "r")
    b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    a.expect("ok", "push", "q", element(8, 8), 0)
    b.expect("ok 7:1", "wait", "s", 8, LONG)
    b.expect("ok", "close", "q")
    b.expect("error ETIMEDOUT", "wait", "s", 8, SHORT)
    for player, label in ((a, "q"), (a, "r"), (b, "r"), (b, "s")):
        player.expect("ok", "close", label)
    for name in (first, second):
        a.expect("ok", "unlink", name)


def sets(pair):
    for kind in KINDS:
        levels(pair, kind)


@contextlib.contextmanager
def watched(pair, player, kind, ready):
    """A shared queue of 4 elements of 8 bytes, and a set of the player that watches it, with key 1."""
    with shared_queue(pair, kind, 4, 8):
        player.expect("ok", "set", "s")
        player.expect("ok", "add", "s", "q", ready, 1, 1)
        yield
        player.expect("ok", "close", "s")


def room_of_another(pair):
    """a waits in a set for room that b makes."""
    for kind in KINDS:
        with watched(pair, pair.a, kind, "r"):
            pair.step = f"{kind}: a pop ends the wait of a set for room"
            pair.a.expect("ok 4", "push_many", "q", elements(8, 0, 4), 0)
            pair.a.later("wait", "s", 8, -1)
            pair.a.silent()
            pair.b.expect("ok " + element(8, 0), "pop", "q", 0)
            pair.a.receive("ok 1:2")


def ends(pair):
    a, b = pair.a, pair.b
    for kind in KINDS:
        with watched(pair, b, kind, "e"):
            pair.step = f"{kind}: the end of a queue is reported once, after its elements"
            a.expect("ok", "push", "q", element(8, 1), 0)
            a.expect("ok", "shutdown", "q")
            b.expect("ok 1:1", "wait", "s", 8, LONG)
            b.expect("ok " + element(8, 1), "pop", "q", 0)
            b.expect("ok 1:4", "wait", "s", 8, LONG)
            b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
            b.expect("ok", "modify", "s", "q", "r", 2, 1)
            b.expect("ok 2:4", "wait", "s", 8, LONG)
            b.expect("error ETIMEDOUT", "wait", "s", 8, SHORT)
        with watched(pair, b, kind, "e"):
            pair.step = f"{kind}: a shutdown ends the wait of a set"
            b.later("wait", "s", 8, -1)
            b.silent()
            a.expect("ok", "shutdown", "q")
            b.receive("ok 1:4")


def wakes(pair):
    for player in (pair.a, pair.b):
        pair.step = "wake ends the next wait, once"
        player.expect("ok", "set", "s")
        player.expect("ok", "wake", "s")
        player.expect("ok", "wake", "s")
        player.expect("ok", "wait", "s", 8, -1)
        player.expect("error ETIMEDOUT", "wait", "s", 8, 0)
        player.expect("ok", "close", "s")


def descriptor(pair):
    a, b = pair.a, pair.b
    for kind in KINDS:
        with watched(pair, b, kind, "e"):
            pair.step = f"{kind}: the descriptor of a set is not readable without events"
            b.expect(("ok 0", "ok 1"), "poll", "s", 0)  # it may be readable at first
            b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
            b.expect("ok 0", "poll", "s", 0)
            b.expect("ok 0", "poll", "s", SHORT)
            pair.step = f"{kind}: the descriptor is readable from a push until a wait finds nothing"
            b.later("poll", "s", -1)
            b.silent()
            a.expect("ok 2", "push_many", "q", elements(8, 0, 2), 0)
            b.receive("ok 1")
            for number in range(2):
                b.expect("ok 1:1", "wait", "s", 8, 0)
                b.expect("ok 1", "poll", "s", 0)
                b.expect("ok " + element(8, number), "pop", "q", 0)
            b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
            b.expect("ok 0", "poll", "s", 0)
            pair.step = f"{kind}: wake makes the descriptor readable"
            b.expect("ok", "wake", "s")
            b.expect("ok 1", "poll", "s", LONG)
            b.expect("ok", "wait", "s", 8, 0)
            b.expect("error ETIMEDOUT", "wait", "s", 8, 0)
            b.expect("ok 0", "poll", "s", 0)


def private(pair):
    """A set of private queues, and one of more queues than one futex_waitv(2) takes."""
    a = pair.a
    for kind in KINDS:
        pair.step = f"{kind}: a set of a private queue"
        with private_queue(pair, kind, 4, 8):
            a.expect("ok", "set", "s")
            a.expect("ok", "add", "s", "q", "er", 1, 1)
            a.expect("ok 1:2", "wait", "s", 8, LONG)
            a.expect("ok", "push", "q", element(8, 1), 0)
            a.expect("ok 1:3", "wait", "s", 8, LONG)
            a.expect("ok", "await_element", "q", 1, -1)
            a.expect("ok", "close", "s")
    pair.step = "a set of 150 queues"
    a.expect("ok", "set", "s")
    for i in range(150):
        a.expect("ok 1", "queue", f"q{i}", KINDS[i % 3], "-", 2, 8)
        a.expect("ok", "add", "s", f"q{i}", "e", i, 1)
    a.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    for i in (149, 0, 77):
        a.expect("ok", "push", f"q{i}", element(8, i), 0)
    reported(a, "ok 0:1 77:1 149:1")
    for i in range(150):
        a.expect("ok", "close", f"q{i}")
    a.expect("error ETIMEDOUT", "wait", "s", 8, 0)
    a.expect("ok", "close", "s")


STEPS = (blocked_pop, blocked_push, two_consumers, amounts, sets, room_of_another, ends, wakes, descriptor, private)
