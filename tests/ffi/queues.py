#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Elements pass between a language and C++ through each kind of queue, both ways: queues.py BUILD CC CXX LANGUAGE"""
import contextlib
import signal
import subprocess
import sys

from clients import Segment, client_of, expect
from installed import output

COUNT = 5000
SUM = sum((i + 1) * 0x9E3779B97F4A7C15 % 2**64 for i in range(COUNT)) % 2**64


@contextlib.contextmanager
def started(command, environment):
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(what, *processes):
    """The first process's output. If it failed, the others' output follows, as their end may be the cause."""
    said, _ = processes[0].communicate(timeout=90)  # a watchdog, longer than those of the clients
    if processes[0].returncode != 0:
        for other in processes[1:]:
            other.kill()
            said += other.communicate()[0]
        sys.exit(f"{what} ended with {processes[0].returncode}: {said}")
    return sorted(said.splitlines())


def through(kind, producers, consumer, clients, environment):
    """The consumer gets all elements of every concurrent producer, once, and in each producer's order."""
    what = f"{consumer} pops what {' and '.join(producers)} push, {kind}"
    with Segment(f"{kind}-queue") as segment, contextlib.ExitStack() as stack:
        taker = stack.enter_context(started([*clients[consumer], "pop", kind, segment.name], environment))
        last = ["shutdown"] if len(producers) == 1 else []
        makers = [stack.enter_context(started([*clients[producer], "push", kind, segment.name, str(COUNT), producer, *last],
                                              environment)) for producer in producers]
        for producer, maker in zip(producers, makers):
            expect(finish(f"{what}: {producer}", maker, taker) == [], f"{what}: {producer} said something")
        if not last:
            expect(taker.poll() is None, f"{what}: {consumer} is gone before the shutdown")
            output(*clients[producers[0]], "push", kind, segment.name, "0", producers[0], "shutdown", env=environment)
        got, wanted = finish(what, taker), sorted(f"{producer} {COUNT} {SUM}" for producer in set(producers))
        expect(got == wanted, f"{what}:\n{got}\ninstead of\n{wanted}")
        print(f"{what}: {got}")


def main():
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # leaves no name after a timeout either
    language, clients, prefix = client_of(*sys.argv[1:])
    for kind in ("spsc", "mpsc", "mpmc"):
        several = sorted({language, "C++"})
        through(kind, ["C++"] if kind == "spsc" else several, language, clients, prefix.environment)
        through(kind, [language] if kind == "spsc" else several, "C++", clients, prefix.environment)


if __name__ == "__main__":
    main()
