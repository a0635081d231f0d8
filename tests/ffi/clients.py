#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each language reads what LANGUAGE writes and reports its errors: clients.py BUILD CC CXX LANGUAGE"""
import errno
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import zlib

import more
from installed import output, prepared

SHM = "/dev/shm"
BYTES = bytes((31 * i + 7) % 256 for i in range(100000 - 128))
PAGE = os.sysconf("SC_PAGESIZE")
SIZE = -(-100000 // PAGE) * PAGE


def expect(condition, message):
    if not condition:
        sys.exit(message)


class Segment:
    """A segment name of this process, which is removed afterwards in any case."""

    def __init__(self, what):
        self.name = f"ffi-{os.getpid()}-{what}"

    def there(self):
        return os.path.lexists(os.path.join(SHM, self.name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.there():
            os.unlink(os.path.join(SHM, self.name))


def exchange(writer, reader, clients, environment):
    """The writer has the segment open while the reader reads it and writes a reply into it."""
    with Segment("data") as segment:
        command = [*clients[writer], "write", segment.name, writer]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=environment) as process:
            ready = process.stdout.readline()
            expect(ready == "ready\n", f"{writer} wrote nothing: {ready}")
            got = output(*clients[reader], "read", segment.name, reader, env=environment)
            reply, _ = process.communicate("\n")
        wanted = f"{SIZE} 1122334455667788 {len(BYTES)} -5 0.10000000000000001 {zlib.adler32(BYTES)} written in {writer}\n"
        expect(got == wanted, f"{reader} reads what {writer} wrote:\n{got}instead of\n{wanted}")
        expect(process.returncode == 0 and reply == f"read in {reader}\n",
               f"{writer} finds {reply!r}, which {reader} answered; ended with {process.returncode}")
        expect(not segment.there(), f"{writer} did not unlink {segment.name}")


def errors(language, clients, environment):
    """(errno, message) of each failure that the client provokes."""
    with Segment("errors") as segment:
        lines = output(*clients[language], "errors", segment.name, env=environment).splitlines()
        expect(not segment.there(), f"{language} did not unlink {segment.name}")
        wanted = [(errno.ENOENT, segment.name + "-absent"), (errno.EINVAL, segment.name), (errno.ERANGE, "54321"),
                  (errno.EBADF, ""), (errno.EAGAIN, ""), (errno.EINVAL, segment.name), (errno.EPIPE, "")]
        expect(len(lines) == len(wanted), f"{language}: {lines}")
        for line, (number, names) in zip(lines, wanted):
            said, _, message = line.partition(" ")
            expect(said == str(number), f"{language}: errno {said} instead of {number}: {message}")
            expect(names in message and re.search(r"[a-z]{3}.* .*[a-z]{3}", message), f"{language}: says only {line!r}")
        # Handles and names differ from process to process.
        return [re.sub(r"\d{3,}", "N", line.replace(segment.name, "NAME")) for line in lines]


def client_of(build, cc, cxx, language):
    """The language, the commands that start it and the languages of every machine, and the installed prefix."""
    build, cc = pathlib.Path(build), shlex.split(cc)
    prefix = prepared(build, cc, shlex.split(cxx))
    clients = prefix.clients()
    if language in more.LANGUAGES:
        clients[language] = more.client(language, prefix, build, cc)
    if language not in clients:
        more.skip(f"{language} is not installed (python3-cffi, luajit): it neither wrote nor read anything")
    return language, clients, prefix


def main():
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # leaves no name after a timeout either
    language, clients, prefix = client_of(*sys.argv[1:])
    for other in clients:
        exchange(language, other, clients, prefix.environment)
        print(f"{other} read what {language} wrote, and answered")
        if language in more.LANGUAGES and other != language:  # other languages' tests do not cover it
            exchange(other, language, clients, prefix.environment)
            print(f"{language} read what {other} wrote, and answered")
    said = errors(language, clients, prefix.environment)
    print("\n".join(said))
    if language not in ("C", "C++"):
        wanted = errors("C", clients, prefix.environment)
        expect(said == wanted, "C says otherwise:\n" + "\n".join(wanted))


if __name__ == "__main__":
    main()
