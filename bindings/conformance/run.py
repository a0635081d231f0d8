#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the conformance scenarios with players of two languages, in both roles: run.py [OPTIONS] A B

    bindings/conformance/run.py --build build C C++
    bindings/conformance/run.py --build build --player 'Zig=/tmp/zig-player --quiet' C Zig

Prints one line for each step that failed, and nothing else. Status 77: a language is missing here; the line has the
reason.
"""
import argparse
import importlib
import os
import pathlib
import shlex
import signal
import sys

import languages
from driver import Failed, Pair

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = ("memory", "queues", "waits", "errors", "deaths")  # later capabilities add their module here


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("languages", nargs=2, metavar="LANGUAGE")
    parser.add_argument("--build", default="build", help="build folder of meson")
    parser.add_argument("--cc", default="cc", help="C compiler for bindings")
    parser.add_argument("--cxx", default="c++", help="C++ compiler for bindings")
    parser.add_argument("--player", action="append", default=[], metavar="LANGUAGE=COMMAND",
                        help="starts this player, instead of the one of the table, or of another language")
    parser.add_argument("--source", action="append", default=[], metavar="LANGUAGE=FOLDER",
                        help="builds the binding of this source tree")
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="runs only this scenario; may be repeated")
    parser.add_argument("--once", action="store_true", help="runs one order alone: A is a, and B is b")
    parser.add_argument("--count", type=int, default=100000, help="elements of a flood")
    parser.add_argument("--kills", type=int, default=10, help="kills in floods, for each kind of queue")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which a missing reply is a failure")
    return parser.parse_args()


def pairs(words):
    return dict(word.split("=", 1) for word in words)


def launchers_of(options):
    """The command and the environment of each language."""
    commands, sources, found = pairs(options.player), pairs(options.source), {}
    for language in dict.fromkeys(options.languages):
        if language in commands:
            found[language] = (shlex.split(commands[language]), dict(os.environ))
            continue
        modules = languages.table()
        if language not in modules:
            sys.exit(f"{language} is unknown: give its player by --player, or one of {', '.join(modules)}")
        root = sources.get(language, HERE.parents[1])
        place = languages.Place(language, root, options.build, options.cc, options.cxx)
        with place.locked():
            found[language] = modules[language].player(place)
    return found


def failures(launchers, a, b, scenario, settings):
    """Runs the steps of a scenario. After a failed one the others get new players."""
    steps = list(importlib.import_module(f"scenarios.{scenario}").STEPS)
    while steps:
        with Pair(launchers, a, b, settings) as pair:
            try:
                while steps:
                    steps.pop(0)(pair)
                pair.finish()
            except Failed as failure:
                yield f"{a} with {b}: {scenario}: {failure}"


def main():
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # ends the players, removes the segments
    options = arguments()
    try:
        launchers = launchers_of(options)
    except languages.Missing as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(77)
    first, second = options.languages
    settings = {"count": options.count, "kills": options.kills, "patience": options.patience}
    status = 0
    for a, b in dict.fromkeys(((first, second), (first, second) if options.once else (second, first))):
        for scenario in options.only or SCENARIOS:
            for failure in failures(launchers, a, b, scenario, settings):
                print(failure, flush=True)
                status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
