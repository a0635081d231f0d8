# SPDX-License-Identifier: MIT
"""Starts players and talks to them. README.md describes what a player answers.

    with Pair(launchers, "C", "Python") as pair:
        pair.step = "an element arrives"
        pair.b.later("pop", "q", -1)                 # b blocks
        pair.b.silent()                              # and answers nothing yet
        pair.a.expect("ok", "push", "q", "01", 0)
        pair.b.receive("ok 01")

A reply that differs, an end of the player, and a reply that does not come raise Failed.
"""
import ctypes
import errno
import os
import re
import select
import signal
import subprocess
import tempfile
import time

SHM = "/dev/shm"
PATIENCE = 60.0  # seconds that a reply may take: far more than any step needs, so that its end is a hang
QUIET = 0.01     # seconds for which silent() listens
SHOWN = 240      # characters of a line that a failure quotes
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Failed(Exception):
    """A reply is not the expected one."""

    def __init__(self, step, command, wanted, got):
        super().__init__(f"{step}: {command}: expected {wanted}, got {got}")


def shown(text):
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def canonical(reply):
    """Errors are compared by number: EOPNOTSUPP and ENOTSUP are two names of one."""
    found = re.fullmatch(r"error E(\w+)", reply)
    if not found:
        return reply
    number = getattr(errno, "E" + found.group(1), None)
    return f"error {number if number is not None else found.group(1)}"


def matches(wanted, reply):
    """wanted: a reply, a tuple of replies, or a compiled expression."""
    if isinstance(wanted, tuple):
        return any(matches(one, reply) for one in wanted)
    if isinstance(wanted, re.Pattern):
        return wanted.fullmatch(reply) is not None
    return canonical(wanted) == canonical(reply)


def described(wanted):
    if isinstance(wanted, tuple):
        return " or ".join(map(described, wanted))
    if isinstance(wanted, re.Pattern):
        return f"a reply like /{wanted.pattern}/"
    return f"'{shown(wanted)}'"


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Player:
    """One process of one language."""
    sent = set()  # the commands that any player was sent

    def __init__(self, pair, role, language, launcher):
        command, environment = launcher
        self.pair, self.title, self.command = pair, f"{role} ({language})", "start"
        self.buffer = b""
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=environment, start_new_session=True,
                                        preexec_fn=die_with_parent)
        os.set_blocking(self.process.stdin.fileno(), False)

    def failed(self, wanted, got):
        return Failed(self.pair.step, f"{self.title}: '{shown(self.command)}'", wanted, got)

    def later(self, *words):
        """Sends a command without waiting for the reply."""
        self.command = " ".join(map(str, words))
        Player.sent.add(str(words[0]))
        line, descriptor = (self.command + "\n").encode(), self.process.stdin.fileno()
        end = time.monotonic() + self.pair.patience
        try:
            while line:
                if not select.select([], [descriptor], [], max(0.0, end - time.monotonic()))[1]:
                    raise self.failed("that the player reads", f"a full pipe after {self.pair.patience:g} s")
                line = line[os.write(descriptor, line):]
        except BrokenPipeError:
            raise self.failed("that the player reads", self.ending()) from None

    def line(self, patience):
        """The next line, or None if none comes in time."""
        end = time.monotonic() + patience
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            part = os.read(descriptor, 1 << 20)
            if not part:
                raise self.failed("a reply", self.ending())
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode("utf-8", "replace")

    def ending(self):
        try:
            status = self.process.wait(timeout=self.pair.patience)
        except subprocess.TimeoutExpired:
            status = "a closed stdout"
        self.errors.seek(0)
        said = self.errors.read().decode("utf-8", "replace").strip()[-1000:]
        return f"the end of the player: {status}" + (f"; stderr: {said}" if said else "")

    def receive(self, wanted):
        """Waits for the reply to the last command and returns it."""
        reply = self.line(self.pair.patience)
        if reply is None:
            raise self.failed(described(wanted), f"no reply within {self.pair.patience:g} s")
        if not matches(wanted, reply):
            raise self.failed(described(wanted), f"'{shown(reply)}'")
        return reply

    def expect(self, wanted, *words):
        """Sends a command, waits for its reply and returns it."""
        self.later(*words)
        return self.receive(wanted)

    def values(self, *words):
        """Sends a command that has to succeed; the words of its reply after "ok"."""
        return self.expect(re.compile("ok( .*)?"), *words).split()[1:]

    def silent(self):
        """Fails if the player has replied: its command has to wait for another player."""
        reply = self.line(QUIET)
        if reply is not None:
            raise self.failed("no reply yet", f"'{shown(reply)}'")

    def kill(self):
        """Kills the player in the middle of its work, and waits until it has ended."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def quit(self):
        """Ends the player, which has to exit with status 0."""
        self.expect("ok", "quit")
        try:
            status = self.process.wait(timeout=self.pair.patience)
        except subprocess.TimeoutExpired:
            raise self.failed("the exit of the player", f"a process after {self.pair.patience:g} s") from None
        if status != 0:
            raise self.failed("status 0", self.ending())
        self.close()

    def end_input(self):
        """Closes the player's input; it has to exit with status 0."""
        self.command = "(end of input)"
        self.process.stdin.close()
        ending = self.ending()
        if self.process.returncode != 0:
            raise self.failed("status 0", ending)
        self.close()

    def close(self):
        for file in (self.process.stdin, self.process.stdout, self.errors):
            file.close()


class Pair:
    """The players of one scenario: a and b, others of their languages, and the names of its segments."""
    names = 0

    def __init__(self, launchers, a, b, settings=None):
        self.launchers, self.languages = launchers, {"a": a, "b": b}
        settings = settings or {}
        self.patience = settings.get("patience", PATIENCE)  # seconds
        self.count = settings.get("count", 100000)          # elements of a flood
        self.kills = settings.get("kills", 10)              # in the middle of a flood, for each kind
        self.step = "start"
        self.players, self.used = {}, []

    def player(self, role):
        """The player of that role: a, a2, a3, ... have the first language, b, b2, ... the second."""
        if role not in self.players:
            language = self.languages[role[0]]
            self.players[role] = Player(self, role, language, self.launchers[language])
        return self.players[role]

    @property
    def a(self):
        return self.player("a")

    @property
    def b(self):
        return self.player("b")

    def kill(self, role):
        """Kills a player; the next use of the role starts another one."""
        self.players.pop(role).kill()

    def name(self):
        """A new name for a segment, which is removed in the end."""
        Pair.names += 1
        self.used.append(f"conformance-{os.getpid()}-{Pair.names}")
        return self.used[-1]

    def finish(self):
        """Ends all players, each with its quit command. The steps have to have unlinked all segments."""
        self.step = "the end"
        for role in list(self.players):
            self.player(role).quit()
            del self.players[role]
        left = [name for name in self.used if os.path.lexists(os.path.join(SHM, name))]
        if left:
            raise Failed(self.step, "all steps", f"no segment in {SHM}", ", ".join(left))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for player in self.players.values():
            player.signal(signal.SIGKILL)
        for player in self.players.values():
            player.process.wait()
            player.close()
        for name in self.used:
            path = os.path.join(SHM, name)
            if os.path.lexists(path):
                os.unlink(path)
