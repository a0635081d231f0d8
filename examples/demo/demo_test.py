#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tests of run.sh: demo_test.py hashes|kills|refuses|notices|interrupted|otherwise-interrupted RUN PROGRAMS LIBRARIES"""
import glob
import hashlib
import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time

SHM = "/dev/shm/"


def default_signals():
    """Restores the default: a shell cannot trap a signal that was ignored at its start, as under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Demo:
    """run.sh in its own directory and TMPDIR, so that the files that it leaves can be identified."""

    def __init__(self, run, programs, libraries):
        self.command = [run, programs, libraries]
        self.programs = programs
        self.folder = tempfile.TemporaryDirectory(prefix="joinmem-test-")
        self.scratch = os.path.join(self.folder.name, "tmp")
        os.mkdir(self.scratch)
        self.environment = dict(os.environ, TMPDIR=self.scratch, LC_ALL="C")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def run(self, file, *more, **environment):
        return subprocess.run([*self.command, file, *more], cwd=self.folder.name, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self.environment, **environment})

    def start(self, file):
        # Its own process group, as on a terminal, and default signals, which a shell can trap.
        return subprocess.Popen([*self.command, file], start_new_session=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment,
                                preexec_fn=default_signals)

    def name(self):
        """The name of the segment, once run.sh has chosen it, else None."""
        return next(iter(os.listdir(self.scratch)), None)

    def nothing_left(self, name):
        expect(not os.listdir(self.scratch), f"left in TMPDIR: {os.listdir(self.scratch)}")
        expect(name and not os.path.lexists(SHM + name), f"left: {SHM}{name}")


def expect(condition, message):
    if not condition:
        sys.exit(message)


def printed_name(done):
    found = re.search(r"placement of /(joinmem-demo-\w+)", done.stdout)
    expect(found, f"no name is printed:\n{done.stdout}{done.stderr}")
    return found.group(1)


def table(text):
    """Checks the figures of each way, and the verdicts derived from them."""
    blocks = re.findall(r"^(C adds up words|C computes SHA-256|Python computes SHA-256) +GB/s .*\n((?:  .*\n)+)", text, re.M)
    expect(len(blocks) == 3, f"{len(blocks)} tables\n{text}")
    for title, block in blocks:
        row = r"^  (no transport|queue|pipe|Unix socket) +([\d.]+)  \(([\d.]+) to ([\d.]+)\)((?: +\d+)+)$"
        rows = {way: (float(rate), float(least), float(most), list(map(int, cpu.split())))
                for way, rate, least, most, cpu in re.findall(row, block, re.M)}
        names = {"queue", "pipe", "Unix socket"} | (set() if "Python" in title else {"no transport"})
        expect(set(rows) == names, f"rows {set(rows)}\n{block}")
        for way, (rate, least, most, cpu) in rows.items():
            expect(0 < least <= rate <= most and len(cpu) == (1 if way == "no transport" else 3) and min(cpu) > 0, block)
        words, second, faster, rounds, speed, cpu = re.search(
            r"verdict: (.*)the queue is (?:faster|slower) than the (pipe|Unix socket) in (\d+) of (\d+) rounds;\n"
            r" +([\d.]+) times its GB/s for ([\d.]+) times its CPU time\n", block).groups()
        queue, other = rows["queue"], rows[second]
        expect(other[0] == max(rows["pipe"][0], rows["Unix socket"][0]), f"{second} is not the faster one\n{block}")
        expect(bool(words) == (0 < int(faster) < int(rounds)), f"rounds disagree, or do not\n{block}")
        expect(abs(float(speed) - queue[0] / other[0]) < 0.02 * max(1, queue[0] / other[0]) + 0.02, block)
        expect(abs(float(cpu) - queue[3][2] / other[3][2]) < 0.03 * max(1, float(cpu)), block)


def hashes(demo):
    """Files with sizes at and next to the ends of pages, pieces and words, and with names that a shell may misread."""
    chance = random.Random(1)
    files = {"one byte": 1, "--unlink": 4095, "two\nlines": 4096, "a 'quoted' $name": 4096 - 64, "-x": 4096 - 63,
             "pieces": 80 * 65528, "and a byte": 80 * 65528 + 1,  # more than fits in the queue
             "large": (3 << 20) + 17, "for rates": (16 << 20) + 65528 * 3 + 1}
    for name, size in files.items():
        content = chance.randbytes(size)
        demo.write(name, content)
        done = demo.run(name)
        expect(done.returncode == 0 and not done.stderr, f"{name!r}: {done.returncode}\n{done.stdout}{done.stderr}")
        count = done.stdout.count(hashlib.sha256(content).hexdigest())
        expect(count == 5, f"{name!r}: the hash is printed {count} times\n{done.stdout}")
        for text in ("requested  ", "got        ", "why        ", "LocalMem", "ShmMem", "mmap, then touched"):
            expect(text in done.stdout, f"{name!r}: no {text!r} in\n{done.stdout}")
        if size >= 16 << 20:
            table(done.stdout)
        else:
            expect("No figures: " in done.stdout and "GB/s" not in done.stdout, f"{name!r}: figures\n{done.stdout}")
        expect(done.stdout.count("verdict: ") == (5 if size >= 16 << 20 else 2), f"{name!r}: verdicts\n{done.stdout}")
        demo.nothing_left(printed_name(done))
    print(done.stdout, end="")


def kills(demo):
    content = random.Random(1).randbytes((1 << 20) + 17)
    demo.write("file", content)
    done = demo.run("file", "--kill")
    expect(done.returncode == 0 and not done.stderr, f"{done.returncode}\n{done.stdout}{done.stderr}")
    expect(done.stdout.count(hashlib.sha256(content).hexdigest()) == 2, done.stdout)
    found = re.search(r"killed (\d+) times(?s:.*)recovered from (\d+) deaths", done.stdout)
    expect(found, done.stdout)
    killed, recovered = map(int, found.groups())
    expect(0 < killed and recovered <= killed, done.stdout)
    expect(recovered > 0 or killed < 50, f"no death of {killed} left anything to recover\n{done.stdout}")  # a busy machine kills few
    demo.nothing_left(re.search(r"/(joinmem-demo-\w+)", done.stdout).group(1))
    print(done.stdout, end="")


def refuses(demo):
    os.mkdir(demo.path("folder"))
    os.mkfifo(demo.path("fifo"))
    demo.write("empty", b"")
    os.symlink("nowhere", demo.path("dangling"))
    cases = {"missing": "No such file or directory", "dangling": "No such file or directory",
             "folder": "is a directory, not a file", "fifo": "is not a regular file",
             "/dev/null": "is not a regular file", "empty": "is empty, there is nothing to share"}
    if os.getuid() != 0:
        demo.write("secret", b"x")
        os.chmod(demo.path("secret"), 0)
        cases["secret"] = "Permission denied"
    for name, message in cases.items():
        done = demo.run(name)
        expect(done.returncode == 1, f"{name}: ended with {done.returncode}")
        expect(done.stderr == f"demo: {name}: {message}\n", f"{name}: said {done.stderr!r}")
        expect(not os.listdir(demo.scratch), f"{name}: left {os.listdir(demo.scratch)}")
        print(done.stderr, end="")
    demo.write("file", b"content")
    done = demo.run("file", TMPDIR=demo.path("missing"))
    expect(done.returncode == 1, f"no TMPDIR: ended with {done.returncode}")
    expect(done.stderr.endswith("demo: set TMPDIR to a directory that you may write to\n"), f"said {done.stderr!r}")


def notices(demo):
    """A wrong hash, once from C and once from Python, a receiver with a wrong hash, and one that goes away."""
    lie = hashlib.sha256(b"other").hexdigest().encode()
    demo.write("small", b"content")  # fits in a queue even without a consumer
    demo.write("large", b"content" * 1000000)
    scripts = {"liar": b"echo " + lie, "receiver": b"echo ready; echo " + lie, "deserter": b"echo ready; sleep 0.1"}
    for name, script in scripts.items():
        demo.write(name, b"#!/bin/sh\n" + script + b"\n")
        os.chmod(demo.path(name), stat.S_IRWXU)

    def instead(program, script):
        """A directory of the programs with one of them replaced."""
        folder = demo.path("programs of " + script)
        os.mkdir(folder)
        for name in ("put", "sha256", "stream", "receive", "timing"):
            target = demo.path(script) if name == program else os.path.join(demo.programs, name)
            os.symlink(target, os.path.join(folder, name))
        return folder

    honest = demo.command
    cases = (("large", instead("sha256", "liar"), {}, "the hashes are not the same"),
             ("large", honest[1], {"PYTHON": demo.path("liar")}, "the hashes are not the same"),
             ("small", instead("receive", "receiver"), {}, "what arrived is not what was sent"),
             ("large", instead("receive", "deserter"), {}, "the receiver ended too soon"))
    for file, programs, environment, message in cases:
        demo.command = [honest[0], programs, honest[2]]
        done = demo.run(file, **environment)
        expect(done.returncode == 1 and message in done.stderr, f"{done.returncode}\n{done.stdout}{done.stderr}")
        demo.nothing_left(printed_name(done))
        print(done.stderr, end="")


def members(session):
    """Yields (pid, name, state) of the processes of a session."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                pid, comm, rest = re.match(r"(\d+) \((.*)\) (.*)", file.read(), re.DOTALL).groups()
        except OSError:
            continue
        if int(rest.split()[3]) == session:
            yield int(pid), comm, rest[0]


def runs(demo, session, program):
    """Whether `program` runs and has the segment mapped, except for programs whose segments come and go."""
    for pid, comm, _ in members(session):
        if comm.startswith(program):
            try:
                with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
                    return program in ("timing", "stream", "receive") or SHM + demo.name() in file.read()
            except OSError:
                return False
    return False


MOMENTS = {
    "the name is chosen": lambda demo, session: demo.name(),
    "the name is there": lambda demo, session: demo.name() and os.path.exists(SHM + demo.name()),
    "C has it open": lambda demo, session: demo.name() and runs(demo, session, "sha256"),
    "Python has it open": lambda demo, session: demo.name() and runs(demo, session, "python3"),
    "C++ streams": lambda demo, session: demo.name() and runs(demo, session, "stream"),
    "a queue is there": lambda demo, session: demo.name() and runs(demo, session, "stream") and os.path.exists(
        SHM + demo.name()),
    "C receives": lambda demo, session: demo.name() and runs(demo, session, "receive"),
    "times are taken": lambda demo, session: demo.name() and runs(demo, session, "timing"),
}


def interrupt(demo, file, moment, number, everybody):
    """Returns the exit status of run.sh and the name of the segment; None if the moment was over too soon."""
    process = demo.start(file)
    reached = MOMENTS[moment]
    while process.poll() is None and not reached(demo, process.pid):
        time.sleep(0.0002)  # polls until the moment comes
    if process.poll() is not None:
        expect(process.returncode == 0, f"{moment}: {process.stderr.read().decode()}")
        return None
    os.killpg(process.pid, signal.SIGSTOP)
    # Waits until all are stopped: a child that is just being forked stops later and would miss the SIGCONT.
    while any(state not in "TZX" for _, _, state in members(process.pid)):
        time.sleep(0.0002)
    caught, name = reached(demo, process.pid), demo.name()
    (os.killpg if everybody else os.kill)(process.pid, number)
    os.killpg(process.pid, signal.SIGCONT)
    status = process.wait()
    expect(not list(members(process.pid)), f"{moment}: left {list(members(process.pid))}")
    if name:
        demo.nothing_left(name)
    return (status, name) if caught else None


def interrupted(demo, ways=((signal.SIGINT, True, 130),)):
    with open(demo.path("file"), "wb") as file:
        file.truncate(32 << 20)
    for number, everybody, status in ways:
        for moment in MOMENTS:
            for _ in range(10):
                ended = interrupt(demo, demo.path("file"), moment, number, everybody)
                if ended:
                    break
            expect(ended, f"never caught: {moment}")
            expect(ended[0] == status, f"{moment}, {number.name}: ended with {ended[0]}")
            print(f"{number.name} when {moment}: ended with {ended[0]}, nothing left")


def otherwise_interrupted(demo):
    interrupted(demo, ((signal.SIGTERM, False, 143), (signal.SIGHUP, True, 129)))


def main():
    test = {"hashes": hashes, "kills": kills, "refuses": refuses, "notices": notices, "interrupted": interrupted,
            "otherwise-interrupted": otherwise_interrupted}[sys.argv[1]]
    demo = Demo(*sys.argv[2:])
    with demo.folder:
        test(demo)


if __name__ == "__main__":
    main()
