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
    """What the first says. It may have failed because the next one is gone, so that one's words are told too."""
    said, _ = processes[0].communicate(timeout=60)
    if processes[0].returncode != 0:
        for other in processes[1:]:
            other.kill()
            said += other.communicate()[0]
        sys.exit(f"{what} ended with {processes[0].returncode}: {said}")
    return sorted(said.splitlines())


def through(kind, pushers, popper, clients, environment):
    """What each pusher pushes, at the same time, comes out at the popper: all of it, each one's in its order, once."""
    what = f"{popper} pops what {' and '.join(pushers)} push, {kind}"
    with Segment(f"{kind}-queue") as segment, contextlib.ExitStack() as stack:
        taker = stack.enter_context(started([*clients[popper], "pop", kind, segment.name], environment))
        last = ["shutdown"] if len(pushers) == 1 else []
        makers = [stack.enter_context(started([*clients[pusher], "push", kind, segment.name, str(COUNT), pusher, *last],
                                              environment)) for pusher in pushers]
        for pusher, maker in zip(pushers, makers):
            expect(finish(f"{what}: {pusher}", maker, taker) == [], f"{what}: {pusher} said something")
        if not last:
            expect(taker.poll() is None, f"{what}: {popper} is gone before the shutdown")
            output(*clients[pushers[0]], "push", kind, segment.name, "0", pushers[0], "shutdown", env=environment)
        got, wanted = finish(what, taker), sorted(f"{pusher} {COUNT} {SUM}" for pusher in set(pushers))
        expect(got == wanted, f"{what}:\n{got}\ninstead of\n{wanted}")
        print(f"{what}: {got}")


def main():
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # a timeout, too, leaves no name
    language, clients, prefix = client_of(*sys.argv[1:])
    for kind in ("spsc", "mpsc", "mpmc"):
        several = sorted({language, "C++"})
        through(kind, ["C++"] if kind == "spsc" else several, language, clients, prefix.environment)
        through(kind, [language] if kind == "spsc" else several, "C++", clients, prefix.environment)


if __name__ == "__main__":
    main()
