#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem bench as a user has it: bench_test.py JOINMEM [unittest's options]

Nothing is said about how fast anything is: what is checked is that figures are whole, and that nothing stays behind.
"""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import types
import unittest
import xml.etree.ElementTree

JOINMEM = sys.argv.pop(1)
KINDS = ["Spsc", "Mpsc", "Mpmc"]
SHARES = ["50", "90", "99", "99.9", "99.99", "max"]
SHORT = ["--rounds", "1", "--seconds", "0.005"]
LONG = ["--seconds", "20", "--no-memory"]
SHM = "/dev/shm"


def bench(*options, cpus=None):
    before = ["taskset", "-c", str(cpus)] if cpus is not None else []
    with subprocess.Popen([*before, JOINMEM, "bench", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as program:
        stdout, stderr = program.communicate(timeout=60)
        return types.SimpleNamespace(returncode=program.returncode, stdout=stdout, stderr=stderr, pid=program.pid)


def segments(pid):
    return [name for name in os.listdir(SHM) if name.startswith(f"joinmem-bench-{pid}-")]


def children(pid):
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]
    return []


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.002)
    return False


def gone(pid):
    """Whether there is no such process, or one that has ended and nobody has asked for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextlib.contextmanager
def running(*options):
    """A run between processes that has forked a child; it ends with the block."""
    with subprocess.Popen([JOINMEM, "bench", "--between", "processes", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as program:
        try:
            if not wait_for(lambda: children(program.pid)):
                raise AssertionError("it has forked nobody")
            yield program
        finally:
            program.kill()


class Figures(unittest.TestCase):
    def whole(self, run):
        """The document, if all that is to be measured is in it."""
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        document = json.loads(run.stdout)
        flows = [(row["kind"], row["bytes"], row["batch"]) for row in document["throughput"]]
        self.assertCountEqual(flows, [(kind, size, batch) for kind in KINDS for size in (8, 64) for batch in (1, 32)])
        trips = [(row["kind"], row["bytes"]) for row in document["round_trip"]]
        self.assertCountEqual(trips, [(kind, size) for kind in KINDS for size in (8, 64)])
        how = [(row["kind"], row["how"]) for row in document["latency"]]
        self.assertCountEqual(how, [(kind, how) for kind in KINDS for how in ("half round trip", "paced")])
        for row in document["throughput"]:
            self.figure(row["million_elements_per_s"], document["round_count"])
            self.assertAlmostEqual(row["gb_per_s"], row["million_elements_per_s"]["median"] * row["bytes"] / 1000,
                                   delta=row["gb_per_s"] / 100)
        for row in document["round_trip"]:
            self.figure(row["round_trip_ns"], document["round_count"])
        for row in document["latency"]:
            self.histogram(row)
        return document

    def figure(self, figure, rounds):
        self.assertEqual(len(figure["rounds"]), rounds)
        self.assertGreater(min(figure["rounds"]), 0)
        self.assertTrue(min(figure["rounds"]) <= figure["median"] <= max(figure["rounds"]))

    def histogram(self, row):
        """Counts add up, buckets lie one behind another, and the percentiles are where the buckets have them."""
        buckets = row["buckets"]
        self.assertGreater(row["count"], 0)
        self.assertEqual(sum(bucket["count"] for bucket in buckets), row["count"])
        edges = [edge for bucket in buckets for edge in (bucket["from_ns"], bucket["to_ns"])]
        self.assertEqual(edges, sorted(edges))
        self.assertEqual(list(row["percentiles_ns"]), SHARES)
        values = [row["percentiles_ns"][share] for share in SHARES]
        self.assertEqual(values, sorted(values))
        self.assertTrue(buckets[-1]["from_ns"] <= values[-1] <= buckets[-1]["to_ns"])
        for share, value in zip(SHARES[:-1], values):
            upto = sum(bucket["count"] for bucket in buckets if bucket["from_ns"] <= value)
            self.assertGreaterEqual(upto * 100, float(share) * row["count"] * (1 - 1e-9))

    def test_between_cores_every_figure_of_every_kind_is_there_and_counts_add_up(self):
        document = self.whole(bench("--quick", "--rounds", "1", "--json"))
        self.assertEqual(document["between"], "cores")
        self.assertAlmostEqual(document["seconds"], 0.02)
        memory = [(row["memory"], row["bytes"]) for row in document["memory"]]
        sizes = (4096, 2 << 20, 64 << 20)
        self.assertCountEqual(memory, [(name, size) for name in ("LocalMem", "ShmMem") for size in sizes])
        for row in document["memory"]:
            if row["error"] is None:  # /dev/shm of a container may be too small
                self.figure(row["ready_us"], 1)
                self.assertTrue(row["page_size"] is None or row["page_size"] >= 4096)

    def test_between_processes_every_figure_is_there_and_nothing_is_left(self):
        run = bench("--between", "processes", "--quick", "--rounds", "1", "--json", "--no-memory")
        document = self.whole(run)
        self.assertEqual((document["between"], document["memory"]), ("processes", []))
        self.assertEqual(segments(run.pid), [])

    def test_on_one_cpu_it_works_and_says_that_switching_is_measured(self):
        cpu = min(os.sched_getaffinity(0))
        document = self.whole(bench(*SHORT, "--json", "--no-memory", cpus=cpu))
        self.assertTrue(document["one_cpu"])
        self.assertEqual(document["cpus"], [cpu, cpu])
        run = bench(*SHORT, "--between", "processes", "--no-memory", "--cpus", f"{cpu},{cpu}")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("the figures are those of switching, not of two cores", run.stdout)

    def test_the_text_has_a_line_for_each_figure_with_its_spread(self):
        run = bench("--rounds", "2", "--seconds", "0.005")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for kind in KINDS:
            self.assertEqual(len(re.findall(rf"^  {kind} +\d+ B  by +\d+ +[\d.]+ \+- ", run.stdout, re.M)), 4)
            self.assertEqual(len(re.findall(rf"^  {kind} +\d+ B +[\d.]+ \+- ", run.stdout, re.M)), 2)
            self.assertEqual(len(re.findall(rf"^  {kind}(?: +[\d.]+ [num]?s){{6}} +\d+", run.stdout, re.M)), 2)
        self.assertEqual(len(re.findall(r"^  (?:LocalMem|ShmMem) +\d+ [KM]iB ", run.stdout, re.M)), 6)
        self.assertRegex(run.stdout, r"(?m)^ +[\d.]+ [num]?s - [\d.]+ [num]?s .*#+ +\d+\.\d %")


class Drawing(unittest.TestCase):
    def test_the_drawing_is_well_formed_and_names_each_kind_and_both_axes(self):
        with tempfile.TemporaryDirectory() as folder:
            run = bench(*SHORT, "--no-memory", "--svg", folder + "/drawn.svg")
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            root = xml.etree.ElementTree.parse(folder + "/drawn.svg").getroot()
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, space + "svg")
        words = [text.text for text in root.iter(space + "text")]
        for word in [*KINDS, "percentile [%]", "latency, one way [ns, µs, ms]", "99.9"]:
            self.assertIn(word, words)
        background = next(root.iter(space + "rect"))
        self.assertEqual((background.get("width"), background.get("height")), (root.get("width"), root.get("height")))
        lines = [line.get("points").split() for line in root.iter(space + "polyline")]
        self.assertEqual(sum(len(line) > 2 for line in lines), 6)
        for x, y in (map(float, point.split(",")) for line in lines for point in line):
            self.assertTrue(0 <= x <= float(root.get("width")) and 0 <= y <= float(root.get("height")))

    def test_a_drawing_that_cannot_be_written_is_told_before_anything_is_measured(self):
        start = time.monotonic()
        run = bench(*LONG, "--svg", "/nowhere/at/all.svg")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("--svg /nowhere/at/all.svg: No such file or directory", run.stderr)
        self.assertLess(time.monotonic() - start, 10)


class Progress(unittest.TestCase):
    def on_terminal(self, *options):
        """What a terminal at standard error gets."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([JOINMEM, "bench", *SHORT, "--no-memory", *options], stdout=subprocess.DEVNULL,
                              stderr=theirs) as program:
            os.close(theirs)
            got = b""
            with contextlib.suppress(OSError):  # EIO: the program has ended
                while select.select([ours], [], [], 30)[0]:
                    got += os.read(ours, 65536)
            os.close(ours)
            self.assertEqual(program.wait(), 0)
        return got.decode()

    def test_a_terminal_gets_a_bar_that_is_erased_at_the_end(self):
        got = self.on_terminal()
        self.assertIn("[........................] 0 %: Spsc 8 B by 1", got)
        self.assertRegex(got, r"\[#{12}\.{12}\] \d+ %, \d+ s left: ")
        lines = got.split("\r")
        self.assertEqual(lines[-1], "")
        self.assertEqual(lines[-3].strip(" "), "")
        self.assertGreaterEqual(len(lines[-3]), len(lines[-4].rstrip()))
        self.assertNotIn("\n", got)

    def test_quiet_there_is_no_bar(self):
        self.assertEqual(self.on_terminal("--quiet"), "")


class Refusals(unittest.TestCase):
    def test_cpus_that_are_none_are_refused_with_status_2_and_a_sentence(self):
        mine = min(os.sched_getaffinity(0))
        for asked, words in (("a,b", "two numbers with a comma"), ("1", "two numbers with a comma"),
                             ("0,1,2", "two numbers with a comma"), (f"{mine},-1", "two numbers with a comma"),
                             (f"{mine},99999999999", "two numbers with a comma"),
                             (f"{mine},99999", f"CPU 99999 is none of those that this program may run on: {mine}")):
            run = bench("--cpus", asked)
            self.assertEqual((run.returncode, run.stdout), (2, ""), asked)
            self.assertIn(words, run.stderr)

    def test_other_words_and_numbers_are_refused_with_status_2(self):
        for options in (["--between", "planets"], ["--seconds", "0"], ["--rounds", "0"], ["--rounds", "x"], ["more"]):
            self.assertEqual(bench(*options).returncode, 2, options)

    def test_between_nodes_a_machine_with_one_says_why_not(self):
        if len([name for name in os.listdir("/sys/devices/system/node") if re.match(r"node\d", name)]) > 1:
            document = json.loads(bench(*SHORT, "--no-memory", "--between", "nodes", "--json").stdout)
            self.assertNotEqual(*document["nodes"])
            return
        run = bench("--between", "nodes")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("--between nodes needs two NUMA nodes", run.stderr)

    def test_the_help_ends_with_an_example(self):
        self.assertRegex(bench("--help").stdout.rstrip().splitlines()[-1], "^Example: joinmem bench ")


class Signals(unittest.TestCase):
    def ended(self, number, delay, *options):
        """Exit status of a run between processes that gets that signal, its output, and who it had started."""
        with running(*options) as program:
            time.sleep(delay)
            started = children(program.pid)
            program.send_signal(number)
            out, err = program.communicate(timeout=10)
            self.assertEqual(segments(program.pid), [])
            self.assertTrue(wait_for(lambda: all(map(gone, started))))
            return program.returncode, out, err

    def test_sigint_and_sigterm_end_a_measurement_and_leave_nothing(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            start = time.monotonic()
            self.assertEqual(self.ended(number, 0.05, *LONG)[:2], (status, ""))
            self.assertLess(time.monotonic() - start, 15)  # and not after the 20 s of --seconds

    def test_sigint_at_any_moment_leaves_nothing(self):
        for step in range(20):
            status, out, _ = self.ended(signal.SIGINT, step * 3.3e-3, "--seconds", "0.001", "--rounds", "1000")
            self.assertEqual((status, out), (130, ""))

    def test_names_are_gone_while_a_measurement_lasts(self):
        with running(*LONG) as program:
            self.assertTrue(wait_for(lambda: not segments(program.pid)))
            time.sleep(0.05)
            self.assertEqual(segments(program.pid), [])
            started = children(program.pid)
            self.assertEqual(len(started), 1)
            program.kill()  # nothing can be tidied up any more, and nothing has to be
            program.wait()
            self.assertTrue(wait_for(lambda: all(map(gone, started))))
            self.assertEqual(segments(program.pid), [])

    def test_a_child_that_is_killed_is_told_and_not_waited_for(self):
        with running(*LONG) as program:
            time.sleep(0.05)
            for child in children(program.pid):
                os.kill(child, signal.SIGKILL)
            _, err = program.communicate(timeout=10)
            self.assertEqual(program.returncode, 1)
            self.assertIn("the other process ended before the measurement did, by signal 9", err)
            self.assertEqual(segments(program.pid), [])


if __name__ == "__main__":
    unittest.main()
