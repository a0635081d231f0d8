#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The scenarios report each lie of liar.py, and README.md lists the commands that they use: planted.py BUILD"""
import importlib
import os
import pathlib
import re
import signal
import sys

from driver import Failed, Pair, Player
from liar import LIES
from run import SCENARIOS

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
SETTINGS = {"patience": 5, "count": 3000, "kills": 2}  # seconds; a lie that ends in a hang costs so many

# The lie, the scenario and the step that has to notice it, and words of the report.
PLANTED = (
    ("a wrong byte", "memory", "bytes_arrive", "is zero"),
    ("a lost write", "memory", "bytes_arrive", "arrive"),
    ("bytes past the end", "memory", "bytes_arrive", "past the end"),
    ("created, although it existed", "memory", "create_and_open", "ok 0 "),
    ("a wrong size", "memory", "create_and_open", "ok 0 "),
    ("no error for what exists", "memory", "create_and_open", "error EEXIST"),
    ("another errno", "memory", "create_and_open", "error ENOENT"),
    ("a read-only write", "memory", "reads_only", "error E"),
    ("a name that stays", "memory", "unlink", "no file of that name"),
    ("no wait for the initialiser", "memory", "initialise", "no reply yet"),
    ("two initialisers", "memory", "initialise", "expected 'ok 0', got 'ok 1'"),
    ("a report without truth", "memory", "placement", "got 'ok null'"),
    ("a rounded tag", "queues", "create_and_open", "tag q"),
    ("a wrong capacity", "queues", "create_and_open", "info q"),
    ("a type that is not checked", "queues", "create_and_open", "error EINVAL"),
    ("a lost element", "queues", "one_by_one", "in a batch"),
    ("a swapped pair", "queues", "one_by_one", "in a batch"),
    ("a swapped pair", "queues", "many_producers", "of each producer in order"),
    ("an element twice", "queues", "one_by_one", "pop q"),
    ("a torn element", "queues", "one_by_one", "in a batch"),
    ("a wrong sum", "queues", "floods", "drain q"),
    ("a wrong sum", "queues", "many_producers", "the sum"),
    ("a lost push", "queues", "one_by_one", "error EAGAIN"),
    ("a push into a full queue", "queues", "one_by_one", "full queue"),
    ("no timeout", "queues", "one_by_one", "error ETIMEDOUT"),
    ("no partial batches", "queues", "batches", "ok 4 "),
    ("a lost fill", "queues", "zero_copy", "peek q"),
    ("a lost release", "queues", "zero_copy", "release"),
    ("a commit of all", "queues", "zero_copy", "error EINVAL"),
    ("a lost shutdown", "queues", "shutdown", "error EPIPE"),
    ("no end", "queues", "shutdown", "error EPIPE"),
    ("no roles", "queues", "roles", "error EBUSY"),
    ("no limit of producers", "queues", "producer_slots", "error EUSERS"),
    ("a pop that does not wait", "waits", "blocked_pop", "no reply yet"),
    ("a pop that does not wait", "waits", "two_consumers", "no reply yet"),
    ("a push that does not wait", "waits", "blocked_push", "no reply yet"),
    ("an amount that is ignored", "waits", "amounts", "no reply yet"),
    ("a set that reports nothing", "waits", "sets", "ETIMEDOUT"),
    ("edges", "waits", "sets", "as long as it is ready"),
    ("rounded keys", "waits", "sets", "wait s"),
    ("a lost remove", "waits", "sets", "error ETIMEDOUT"),
    ("a lost modify", "waits", "sets", "can change"),
    ("a set that reports nothing", "waits", "room_of_another", "ok 1:2"),
    ("a set that reports nothing", "waits", "ends", "ok 1:1"),
    ("a lost wake", "waits", "wakes", "no reply within"),
    ("a descriptor that is never readable", "waits", "descriptor", "ok 1"),
    ("a descriptor that is always readable", "waits", "descriptor", "ok 0"),
    ("an amount that is ignored", "waits", "amounts", "await_element"),
    ("a set that reports nothing", "waits", "private", "ok 1:2"),
    ("another version", "errors", "version", "version"),
    ("no unknown commands", "errors", "unknown_command", "unknown"),
    ("no closed objects", "errors", "closed_objects", "error EBADF"),
    ("long names", "errors", "bad_names", "error ENAMETOOLONG"),
    ("a type that is not checked", "errors", "bad_sizes", "error EINVAL"),
    ("a type that is not checked", "errors", "other_segments", "error EINVAL"),
    ("another errno", "errors", "bad_members", "error ENOENT"),
    ("a commit of all", "errors", "bad_counts", "error EINVAL"),
    ("a pop that does not wait", "deaths", "in_a_pop", "no reply yet"),
    ("a push that does not wait", "deaths", "in_a_push", "no reply yet"),
    ("a lost release", "deaths", "open_reservation", "peek q"),
    ("two initialisers", "deaths", "in_initialisation", "ok 0"),
    ("no report of dead producers", "deaths", "owner_dead", "EOWNERDEAD"),
    ("a lost element", "deaths", "in_a_flood", "whole"),
    ("a torn element", "deaths", "in_a_flood", "whole"),
    ("no count of deaths", "deaths", "in_a_flood", "deaths"),
    ("a torn element", "deaths", "in_a_drain", "whole"),
    ("a lost element", "deaths", "whole_pair", "elements"),
    ("a hang", "queues", "create_and_open", "no reply within"),
    ("a death", "queues", "create_and_open", "the end of the player"),
    ("a bad exit", "errors", "version", "status 0"),
)


def reports(launchers, a, b, scenario, names=None):
    """The failures of these steps, of all if there are no names."""
    for step in importlib.import_module(f"scenarios.{scenario}").STEPS:
        if names is None or step.__name__ in names:
            with Pair(launchers, a, b, SETTINGS) as pair:
                try:
                    step(pair)
                    pair.finish()
                except Failed as failure:
                    yield str(failure)


def documented():
    """The commands of README.md: the first words of its indented lines."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^    ([a-z_]+)\b.*\bok\b", text, re.MULTILINE))


def main(build):
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    honest = [str(pathlib.Path(build).resolve() / "bindings/conformance/player-c")]
    liar = {lie: ([PYTHON, str(HERE / "liar.py"), lie, *honest], dict(os.environ)) for lie in LIES}
    launchers = {"honest": (honest, dict(os.environ)), **liar}
    complaints = []
    for scenario in SCENARIOS:
        for order in (("honest", "no lie"), ("no lie", "honest")):
            complaints += [f"{scenario}: without a lie: {report}" for report in reports(launchers, *order, scenario)]
    commands = documented()
    if commands != Player.sent - {"nonsense"}:
        complaints.append(f"README.md and the scenarios differ in {commands ^ (Player.sent - {'nonsense'})}")
    for lie, scenario, step, words in PLANTED:
        found = []
        for order in (("honest", lie), (lie, "honest")):
            found += reports(launchers, *order, scenario, {step})
            if any(words in report for report in found):
                break
        else:
            complaints.append(f"{lie}: {scenario}.{step} does not report it with '{words}': {found}")
    unused = set(LIES) - {"no lie"} - {planted[0] for planted in PLANTED}
    complaints += [f"{lie} is not planted" for lie in sorted(unused)]
    steps = {(scenario, step.__name__) for scenario in SCENARIOS
             for step in importlib.import_module(f"scenarios.{scenario}").STEPS}
    unproved = steps - {planted[1:3] for planted in PLANTED} - {("memory", "private"), ("queues", "one_by_one"),
                                                               ("deaths", "end_of_input")}
    complaints += [f"no lie is planted for {'.'.join(step)}" for step in sorted(unproved)]
    print("\n".join(complaints) or f"{len(PLANTED)} lies are reported")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
