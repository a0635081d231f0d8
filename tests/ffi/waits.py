#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A language pops in one event loop what C++ pushes to two queues: waits.py BUILD CC CXX LANGUAGE"""
import contextlib
import signal
import sys

from clients import Segment, client_of, expect
from queues import COUNT, SUM, finish, started


def main():
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # leaves no name after a timeout either
    language, clients, prefix = client_of(*sys.argv[1:])
    with Segment("wait-one") as one, Segment("wait-two") as two, contextlib.ExitStack() as stack:
        names = [one.name, two.name]
        waiter = stack.enter_context(started([*clients[language], "wait", *names], prefix.environment))
        producers = [stack.enter_context(started([*clients["C++"], "push", "mpmc", name, str(COUNT), "C++", "shutdown"],
                                                 prefix.environment)) for name in names]
        for producer in producers:
            expect(finish("C++", producer, waiter) == [], "C++ said something")
        got = finish(language, waiter)
        expect(got == sorted(f"{name} C++ {COUNT} {SUM}" for name in names), f"{language} popped {got}")
        print(f"{language} popped from two queues in one loop: {got}")


if __name__ == "__main__":
    main()
