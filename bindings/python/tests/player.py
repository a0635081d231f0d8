#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The conformance player in Python; bindings/conformance/README.md describes its commands."""
import errno
import json
import select
import struct
import sys

import joinmem

BATCH = 256  # elements
objects, contexts, pieces = {}, {}, {}


class Refused(Exception):
    """What the binding makes impossible, with the errno of the C ABI."""


def named(label):
    found = objects.get(label)
    if found is None or found.closed:
        raise Refused(errno.EBADF)
    return found


def keep(label, made):
    old = objects.get(label)
    if old is not None and not old.closed:
        old.close()
    objects[label] = made
    contexts.pop(label, None)
    pieces.pop(label, None)
    return made


def seconds(milliseconds):
    return None if milliseconds == "-1" else int(milliseconds) / 1000


def hexed(data):
    return bytes(data).hex() or "-"


def unhexed(text):
    return b"" if text == "-" else bytes.fromhex(text)


def version():
    return joinmem.__version__


def shm(label, name, size, mode):
    options = {"read_only": True} if mode == "read" else {"mode": mode}
    memory = keep(label, joinmem.ShmMem(name, int(size), **options))
    return f"{memory.created:d} {memory.size}"


def local(label, size):
    return keep(label, joinmem.LocalMem(int(size))).size


def inside(memory, offset, count):
    if offset + count > len(memory):
        raise Refused(errno.ERANGE)
    return memoryview(memory)[offset:offset + count]


def write(label, offset, text):
    data = unhexed(text)
    with inside(named(label), int(offset), len(data)) as view:
        view[:] = data


def read(label, offset, count):
    with inside(named(label), int(offset), int(count)) as view:
        return hexed(view)


def placement(label, key):
    return json.dumps(getattr(named(label).placement(), key), separators=(",", ":"))


def initialise(label, offset):
    contexts[label] = named(label).initialise(int(offset))
    return f"{contexts[label].__enter__():d}"


def initialised(label, offset, constructed):
    named(label)
    context = contexts.pop(label, None)
    if context is None:
        named(label)._initialise_end(int(offset), constructed == "1")
    elif constructed == "1":
        context.__exit__(None, None, None)
    else:
        failure = RuntimeError("not constructed")
        context.__exit__(RuntimeError, failure, None)


def close(label):
    named(label).close()


def unlink(name):
    joinmem.unlink(name)


def queue(label, kind, name, capacity, size, *words):
    options = dict(word.split("=") for word in words)
    for key in options:
        if key != "mode":
            options[key] = int(options[key])
    opening = options.get("mode") == "open" and name != "-"
    element = None if opening and size == "0" else int(size)
    made = joinmem.Queue(None if name == "-" else name, element, kind=kind, capacity=int(capacity), **options)
    return f"{keep(label, made).created:d}"


def push(label, text, timeout):
    if timeout == "0":
        named(label).try_push(unhexed(text))
    else:
        named(label).push(unhexed(text), seconds(timeout))


def pop(label, timeout):
    return hexed(named(label).try_pop() if timeout == "0" else named(label).pop(seconds(timeout)))


def push_many(label, text, timeout):
    return named(label).push_many(unhexed(text), seconds(timeout))


def pop_many(label, count, timeout):
    elements = named(label).pop_many(int(count), seconds(timeout))
    return f"{len(elements) // named(label).element_size} {hexed(elements)}"


def finish(label, count, what):
    """Commits or releases; without an open piece, and for no elements, the library refuses it."""
    of, piece = named(label), pieces.get(label)
    if piece is None or count == 0:
        getattr(of, "_" + what)(count)
    else:
        getattr(piece, what)(count)
        del pieces[label]


def reserve(label, count):
    pieces[label] = named(label).try_reserve(int(count))
    return len(pieces[label])


def fill(label, text):
    data = unhexed(text)
    if label not in pieces:
        raise Refused(errno.EINVAL)
    pieces[label].view[:len(data)] = data


def commit(label, count):
    finish(label, int(count), "commit")


def peek(label, count):
    piece = pieces[label] = named(label).try_peek(int(count))
    return f"{len(piece)} {hexed(piece.view)}"


def release(label, count):
    finish(label, int(count), "release")


def shutdown(label):
    named(label).shutdown()


def info(label):
    of = named(label)
    return f"{of.kind} {of.element_size} {of.capacity} {of.pending} {of.available}"


def stats(label):
    of = named(label).stats()
    return f"{of.pushed} {of.popped} {of.deaths} {of.skipped} {of.shut_down:d}"


def tag(label):
    return named(label).tag


def await_element(label, amount, timeout):
    named(label).await_element(int(amount), seconds(timeout))


def await_room(label, amount, timeout):
    named(label).await_room(int(amount), seconds(timeout))


def flood(label, first, count):
    of, first, count = named(label), int(first), int(count)
    rest = bytes(of.element_size - 8)
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        elements = b"".join((number % 2**64).to_bytes(8, "little") + rest for number in numbers)
        if of.push_many(elements) != len(numbers):
            of.push(elements[:of.element_size])  # raises the reason


def drain(label, count):
    of, left, total = named(label), int(count), 0
    numbers = struct.Struct(f"<Q{of.element_size - 8}x")
    while left > 0:
        elements = of.pop_some(min(left, BATCH))
        left -= len(elements) // of.element_size
        total += sum(number for number, in numbers.iter_unpack(elements))
    return total % 2**64


def new_set(label):
    keep(label, joinmem.WaitSet())


def readiness(word):
    return ("e" in word) * joinmem.Ready.ELEMENT | ("r" in word) * joinmem.Ready.ROOM


def add(label, of, ready, key, amount):
    named(label).add(named(of), readiness(ready), int(key), int(amount))


def modify(label, of, ready, key, amount):
    named(label).modify(named(of), readiness(ready), int(key), int(amount))


def remove(label, of):
    named(label).remove(named(of))


def wait(label, count, timeout):
    events = named(label).wait(seconds(timeout), int(count))
    return " ".join(f"{event.data}:{int(event.ready)}" for event in sorted(events, key=lambda event: event.data))


def wake(label):
    named(label).wake()


def poll(label, timeout):
    poller = select.poll()
    poller.register(named(label).fileno(), select.POLLIN)
    return len(poller.poll(int(timeout)))


COMMANDS = {function.__name__: function for function in (
    version, shm, local, write, read, placement, initialise, initialised, close, unlink, queue, push, pop, push_many,
    pop_many, reserve, fill, commit, peek, release, shutdown, info, stats, tag, await_element, await_room, flood,
    drain, add, modify, remove, wait, wake, poll)} | {"set": new_set}


def name_of(number):
    return "ENOTSUP" if number == errno.ENOTSUP else errno.errorcode.get(number, f"E{number}")


def answer(words):
    function = COMMANDS.get(words[0])
    if function is None:
        return "unknown"
    try:
        value = function(*words[1:])
    except Refused as refused:
        return f"error {name_of(refused.args[0])}"
    except OSError as error:
        return f"error {name_of(error.errno)}"
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        print(f"{words}: {error!r}", file=sys.stderr)
        return "error EINVAL"
    return "ok" if value is None or value == "" else f"ok {value}"


def main():
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            print("ok", flush=True)
            return
        print(answer(words) if words else "unknown", flush=True)


if __name__ == "__main__":
    main()
