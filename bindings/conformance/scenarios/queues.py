# SPDX-License-Identifier: MIT
"""Queues: options, elements one by one and in batches, floods, zero copy, shutdown, roles."""
import re

from scenarios import KINDS, LARGE, LARGEST, element, elements, numbered, private_queue, shared_queue

SIZES = (1, 8, 24, 64, 4096)
SHORT = 5              # ms: a timeout that is waited for
FIRST = 2**63 - 1000   # of a flood: its numbers cross the end of the signed ones
CHUNKS = (1, 2, 3, 5, 7, 11, 100, 1000)


def create_and_open(pair):
    for turn, kind in enumerate(KINDS):
        a, b, name = pair.a, pair.b, pair.name()
        pair.step = f"{kind}: a queue is created once, with a capacity of a power of two"
        given = (f"type_id={LARGEST}", f"tag={LARGE}")
        a.expect("ok 1", "queue", "q", kind, name, 5, 8, "mode=create", *given)
        b.expect("error EEXIST", "queue", "q", kind, name, 5, 8, "mode=create", *given)
        b.expect("error ENOENT", "queue", "q", kind, pair.name(), 5, 8, "mode=open")
        b.expect("ok 0", "queue", "q", kind, name, 5, 8, "mode=open", *given)
        for player in (a, b):
            player.expect(f"ok {kind} 8 8 0 8", "info", "q")
            player.expect(f"ok {LARGE}", "tag", "q")
            player.expect("ok 0 0 0 0 0", "stats", "q")
        pair.step = f"{kind}: options that fit open it"
        for options in ((), ("type_id=0",), ("mode=either",), ("tag=5",)):
            b.expect("ok 0", "queue", "x", kind, name, 8, 8, *options)
            b.expect(f"ok {LARGE}", "tag", "x")
            b.expect("ok", "close", "x")
        pair.step = f"{kind}: capacity 0 takes that of the segment"
        b.expect("ok 0", "queue", "x", kind, name, 0, 8, "mode=open")
        b.expect(f"ok {kind} 8 8 0 8", "info", "x")
        b.expect("ok", "close", "x")
        pair.step = f"{kind}: another type, capacity, element size and kind are refused"
        b.expect("error EINVAL", "queue", "x", kind, name, 8, 8, "type_id=7")
        b.expect("error EINVAL", "queue", "x", kind, name, 9, 8)
        b.expect("error EINVAL", "queue", "x", kind, name, 8, 24)
        b.expect("error EINVAL", "queue", "x", KINDS[turn - 1], name, 8, 8)
        for player in (a, b):
            player.expect("ok", "close", "q")
        a.expect("ok", "unlink", name)
        pair.step = f"{kind}: capacity 0 of a new queue is 1"
        b.expect("ok 1", "queue", "q", kind, name, 0, 24)
        b.expect(f"ok {kind} 24 1 0 1", "info", "q")
        b.expect("ok", "close", "q")
        b.expect("ok", "unlink", name)
        pair.step = f"{kind}: a private queue has no name"
        with private_queue(pair, kind, 3, 24, f"tag={LARGE}"):
            a.expect(f"ok {kind} 24 4 0 4", "info", "q")
            a.expect(f"ok {LARGE}", "tag", "q")


def pass_elements(pair, what, size, producer, consumer):
    """Several times around a ring of four."""
    number = 0
    for count in (3, 4, 1, 4, 2, 3):
        pair.step = f"{what}: {count} elements one by one"
        for i in range(count):
            producer.expect("ok", "push", "q", element(size, number + i), 0)
        for i in range(count):
            consumer.expect("ok " + element(size, number + i), "pop", "q", 0)
        number += count
        pair.step = f"{what}: {count} elements in a batch"
        batch = elements(size, number, count)
        producer.expect(f"ok {count}", "push_many", "q", batch, 0)
        consumer.expect(f"ok {count} {batch}", "pop_many", "q", count, 0)
        number += count
    pair.step = f"{what}: full queue rejects push, and its elements stay"
    for i in range(4):
        producer.expect("ok", "push", "q", element(size, number + i), -1)
    producer.expect("error EAGAIN", "push", "q", element(size, 99), 0)
    producer.expect("error ETIMEDOUT", "push", "q", element(size, 99), SHORT)
    kind = what.split()[0]
    for player in (producer, consumer):
        player.expect(f"ok {kind} {size} 4 4 0", "info", "q")
        player.expect(f"ok {number + 4} {number} 0 0 0", "stats", "q")
    for i in range(4):
        consumer.expect("ok " + element(size, number + i), "pop", "q", SHORT if i % 2 else -1)
    pair.step = f"{what}: empty queue rejects pop"
    consumer.expect("error EAGAIN", "pop", "q", 0)
    consumer.expect("error ETIMEDOUT", "pop", "q", SHORT)
    producer.expect(f"ok {kind} {size} 4 0 4", "info", "q")


def one_by_one(pair):
    for kind in KINDS:
        for size in SIZES:
            with shared_queue(pair, kind, 4, size):
                pass_elements(pair, f"{kind} {size} bytes", size, pair.a, pair.b)
            with private_queue(pair, kind, 4, size):
                pass_elements(pair, f"{kind} {size} bytes private", size, pair.a, pair.a)


def batches(pair):
    for kind in KINDS:
        with shared_queue(pair, kind, 4, 24):
            producer, consumer = pair.a, pair.b
            pair.step = f"{kind}: a batch is larger than the queue"
            producer.later("push_many", "q", elements(24, 0, 10), -1)
            producer.silent()
            consumer.expect("ok 10 " + elements(24, 0, 10), "pop_many", "q", 10, -1)
            producer.receive("ok 10")
            consumer.later("pop_many", "q", 9, -1)
            producer.expect("ok 3", "push_many", "q", elements(24, 10, 3), -1)
            consumer.silent()
            producer.expect("ok 6", "push_many", "q", elements(24, 13, 6), -1)
            consumer.receive("ok 9 " + elements(24, 10, 9))
            pair.step = f"{kind}: a part of a batch is a success"
            for timeout in (SHORT, 0):
                producer.expect("ok 4", "push_many", "q", elements(24, 20, 6), timeout)
                producer.expect(("error ETIMEDOUT", "error EAGAIN") if timeout == 0 else "error ETIMEDOUT",
                                "push_many", "q", elements(24, 24, 2), timeout)
                consumer.expect("ok 4 " + elements(24, 20, 4), "pop_many", "q", 6, timeout)
                consumer.expect(("error ETIMEDOUT", "error EAGAIN") if timeout == 0 else "error ETIMEDOUT",
                                "pop_many", "q", 6, timeout)
            pair.step = f"{kind}: no element is done at once"
            producer.expect("ok 0", "push_many", "q", "-", -1)
            consumer.expect("ok 0 -", "pop_many", "q", 0, -1)


def drain_in_order(pair, consumer, size, first, count):
    """Drains in chunks of several lengths, so that the sums depend on the order."""
    head = min(300, 65536 // size, count)
    pair.step += ", the first ones with all bytes"
    consumer.expect(f"ok {head} " + numbered(size, first, head), "pop_many", "q", head, -1)
    done = head
    for chunk in (*CHUNKS, (count - head) // 3, count):
        chunk = min(chunk, count - done)
        if chunk > 0:
            total = sum(range(first + done, first + done + chunk)) % 2**64
            consumer.expect(f"ok {total}", "drain", "q", chunk)
            done += chunk


def floods(pair):
    for kind in KINDS:
        for size, capacity, count in ((8, 64, pair.count), (64, 16, pair.count // 2), (4096, 4, pair.count // 100)):
            for producer, consumer in ((pair.a, pair.b), (pair.b, pair.a)):
                with shared_queue(pair, kind, capacity, size):
                    pair.step = f"{kind} {size} bytes: {count} elements of {producer.title} arrive in order"
                    producer.later("flood", "q", FIRST, count)
                    drain_in_order(pair, consumer, size, FIRST, count)
                    producer.receive("ok")
                    consumer.expect(f"ok {count} {count} 0 0 0", "stats", "q")
        pair.step = f"{kind}: a private queue keeps as many as it has room for"
        with private_queue(pair, kind, 1024, 8):
            for _ in range(3):
                pair.a.expect("ok", "flood", "q", LARGE, 1000)
                pair.a.expect(f"ok {sum(range(LARGE, LARGE + 1000)) % 2**64}", "drain", "q", 1000)


def per_producer(player, reply, firsts):
    """The elements of each producer come in its order, without gaps. Returns how many of each have come."""
    data = bytes.fromhex(reply.split()[2])
    following = dict.fromkeys(firsts, 0)
    for i in range(0, len(data), 8):
        number = int.from_bytes(data[i:i + 8], "little")
        first = max((first for first in firsts if first <= number), default=None)
        if first is None or number != first + following[first]:
            raise player.failed("the elements of each producer in order", f"{number} after {following}")
        following[first] += 1
    return following


def many_producers(pair):
    """a and b2 push; b pops, and of an mpmc a2 does too."""
    for kind in ("mpsc", "mpmc"):
        count, firsts = pair.count // 2, (1 << 32, 1 << 40)
        with shared_queue(pair, kind, 64, 8, roles=("a", "b2", "b", "a2")):
            pair.step = f"{kind}: two producers at the same time"
            pair.a.later("flood", "q", firsts[0], count)
            pair.player("b2").later("flood", "q", firsts[1], count)
            head = min(2000, count)
            reply = pair.b.expect(re.compile(f"ok {head} [0-9a-f]+"), "pop_many", "q", head, -1)
            come = per_producer(pair.b, reply, firsts)
            rest, consumers = 2 * count - head, [pair.b]
            if kind == "mpmc":
                consumers.append(pair.player("a2"))
                consumers[1].later("drain", "q", rest // 2)
                rest -= rest // 2
            consumers[0].later("drain", "q", rest)
            total = sum(int(consumer.receive(re.compile(r"ok \d+")).split()[1]) for consumer in consumers)
            wanted = sum(sum(range(first + come[first], first + count)) for first in firsts)
            if total % 2**64 != wanted % 2**64:
                raise consumers[-1].failed(f"drained elements with the sum {wanted % 2**64}", str(total % 2**64))
            for producer in (pair.a, pair.player("b2")):
                producer.receive("ok")
            pair.b.expect(f"ok {2 * count} {2 * count} 0 0 0", "stats", "q")


def in_place(pair, what, size, producer, consumer):
    pair.step = f"{what}: reserved elements appear with the commit"
    consumer.expect("error EAGAIN", "peek", "q", 1)
    producer.expect("ok 3", "reserve", "q", 3)
    producer.expect("ok", "fill", "q", elements(size, 0, 2))
    consumer.expect("error EAGAIN", "pop", "q", 0)
    producer.expect(f"ok spsc {size} 4 0 4", "info", "q")
    producer.expect("ok", "commit", "q", 2)
    pair.step = f"{what}: peeked elements disappear with the release"
    consumer.expect("ok 2 " + elements(size, 0, 2), "peek", "q", 4)
    producer.expect(f"ok spsc {size} 4 2 2", "info", "q")
    consumer.expect("ok", "release", "q", 1)
    consumer.expect("ok 1 " + element(size, 1), "peek", "q", 4)
    consumer.expect("ok", "release", "q", 1)
    producer.expect(f"ok spsc {size} 4 0 4", "info", "q")
    pair.step = f"{what}: a reservation ends with the ring"
    producer.expect("ok", "push", "q", element(size, 2), 0)
    consumer.expect("ok " + element(size, 2), "pop", "q", 0)
    for number, count, committed in ((3, 1, 1), (4, 3, 3)):
        producer.expect(f"ok {count}", "reserve", "q", 4)
        producer.expect("ok", "fill", "q", elements(size, number, count))
        producer.expect("ok", "commit", "q", committed)
    producer.expect("error EAGAIN", "reserve", "q", 1)
    consumer.expect("ok 1 " + element(size, 3), "peek", "q", 4)
    consumer.expect("ok", "release", "q", 1)
    consumer.expect("ok 3 " + elements(size, 4, 3), "peek", "q", 4)
    consumer.expect("ok", "release", "q", 3)
    pair.step = f"{what}: more than was reserved, or peeked, is refused"
    producer.expect("ok 1", "reserve", "q", 1)
    producer.expect("error EINVAL", "commit", "q", 2)
    producer.expect("ok", "push", "q", element(size, 9), 0)
    consumer.expect("ok 1 " + element(size, 9), "peek", "q", 1)
    consumer.expect("error EINVAL", "release", "q", 2)
    consumer.expect("ok " + element(size, 9), "pop", "q", 0)


def zero_copy(pair):
    for size in SIZES:
        with shared_queue(pair, "spsc", 4, size):
            in_place(pair, f"spsc {size} bytes", size, pair.a, pair.b)
        with private_queue(pair, "spsc", 4, size):
            in_place(pair, f"spsc {size} bytes private", size, pair.a, pair.a)
    for kind in ("mpsc", "mpmc"):
        pair.step = f"{kind}: no zero copy"
        with shared_queue(pair, kind, 4, 8):
            pair.a.expect("error ENOTSUP", "reserve", "q", 1)
            pair.a.expect("ok", "push", "q", element(8, 1), 0)
            pair.b.expect("error ENOTSUP", "peek", "q", 1)


def shutdown(pair):
    for kind in KINDS:
        for ender in ("a", "b"):
            with shared_queue(pair, kind, 4, 8) as name:
                a, b = pair.a, pair.b
                pair.step = f"{kind}: {ender} shuts down; pushes end, and pops take the rest"
                a.expect("ok 3", "push_many", "q", elements(8, 0, 3), -1)
                pair.player(ender).expect("ok", "shutdown", "q")
                a.expect("error EPIPE", "push", "q", element(8, 3), 0)
                a.expect("error EPIPE", "push", "q", element(8, 3), -1)
                a.expect("error EPIPE", "push_many", "q", elements(8, 3, 2), -1)
                for player in (a, b):
                    player.expect("ok 3 0 0 0 1", "stats", "q")
                b.expect("ok " + element(8, 0), "pop", "q", -1)
                b.expect("ok 2 " + elements(8, 1, 2), "pop_many", "q", 10, -1)
                for timeout in (0, SHORT, -1):
                    b.expect("error EPIPE", "pop", "q", timeout)
                b.expect("error EPIPE", "pop_many", "q", 2, -1)
                b.expect("ok", "shutdown", "q")
                if kind == "spsc":
                    a.expect("error EPIPE", "reserve", "q", 1)
                    b.expect("error EPIPE", "peek", "q", 1)
                pair.step = f"{kind}: a queue that is opened later is shut down, too"
                a.expect("ok", "close", "q")
                a.expect("ok 0", "queue", "q", kind, name, 4, 8)
                a.expect("error EPIPE", "push", "q", element(8, 3), -1)
                b.expect("ok", "close", "q")
                b.expect("ok 0", "queue", "q", kind, name, 4, 8)
                b.expect("error EPIPE", "pop", "q", -1)


def roles(pair):
    a, b = pair.a, pair.b
    with shared_queue(pair, "spsc", 4, 8) as name:
        pair.step = "spsc: each role belongs to one object"
        a.expect("ok", "push", "q", element(8, 1), 0)
        b.expect("error EBUSY", "push", "q", element(8, 2), 0)
        b.expect("error EBUSY", "push", "q", element(8, 2), -1)
        b.expect("ok " + element(8, 1), "pop", "q", 0)
        a.expect("error EBUSY", "pop", "q", 0)
        a.expect("error EBUSY", "pop", "q", -1)
        pair.step = "spsc: a role is free once its object is closed"
        a.expect("ok", "close", "q")
        b.expect("ok", "push", "q", element(8, 3), 0)
        b.expect("ok " + element(8, 3), "pop", "q", 0)
        a.expect("ok 0", "queue", "q", "spsc", name, 4, 8)
    with shared_queue(pair, "spsc", 4, 8, "exclusive=0"):
        pair.step = "spsc: no roles with exclusive=0"
        for turn, (producer, consumer) in enumerate(((a, b), (b, a), (a, a), (b, b))):
            producer.expect("ok", "push", "q", element(8, turn), 0)
            consumer.expect("ok " + element(8, turn), "pop", "q", 0)


def producer_slots(pair):
    for kind in ("mpsc", "mpmc"):
        with shared_queue(pair, kind, 4, 8, "max_producers=1") as name:
            pair.step = f"{kind}: a process without a slot cannot push"
            pair.a.expect("ok", "push", "q", element(8, 1), 0)
            pair.b.expect("error EUSERS", "push", "q", element(8, 2), 0)
            pair.b.expect("ok " + element(8, 1), "pop", "q", 0)
            pair.step = f"{kind}: a closed object gives its slot back"
            pair.a.expect("ok", "close", "q")
            pair.b.expect("ok", "push", "q", element(8, 3), 0)
            pair.b.expect("ok " + element(8, 3), "pop", "q", 0)
            pair.a.expect("ok 0", "queue", "q", kind, name, 4, 8)


STEPS = (create_and_open, one_by_one, batches, floods, many_producers, zero_copy, shutdown, roles, producer_slots)
