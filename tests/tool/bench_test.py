#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem bench as a user runs it: bench_test.py JOINMEM [options of unittest]

The tests judge no speed: they check that the figures are complete and that nothing stays behind.
"""

import contextlib
import json
import os
import pathlib
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
WAYS = [*KINDS, "pipe", "socket"]
SHARES = ["50", "90", "99", "99.9", "99.99", "max"]
SHORT = ["--rounds", "1", "--seconds", "0.005"]
LONG = ["--seconds", "3600", "--no-memory"]  # hours, where it does not end early
PATIENCE = 60  # seconds, for what takes milliseconds: a watchdog that only finds a hang
SHM = "/dev/shm"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def bench(*options, cpus=None):
    before = ["taskset", "-c", str(cpus)] if cpus is not None else []
    with subprocess.Popen([*before, JOINMEM, "bench", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as program:
        stdout, stderr = program.communicate(timeout=PATIENCE)
        return types.SimpleNamespace(returncode=program.returncode, stdout=stdout, stderr=stderr, pid=program.pid)


def segments(pid):
    return [name for name in os.listdir(SHM) if name.startswith(f"joinmem-bench-{pid}-")]


def children(pid):
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]
    return []


def wait_for(what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.002)
    return False


def gone(pid):
    """Whether the process does not exist, or has ended without being reaped."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextlib.contextmanager
def running(*options):
    """A run between processes that has forked a child; it is killed at the end of the block."""
    with subprocess.Popen([JOINMEM, "bench", "--between", "processes", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as program:
        try:
            if not wait_for(lambda: children(program.pid)):
                raise AssertionError("it has forked no child")
            yield program
        finally:
            program.kill()


class Figures(unittest.TestCase):
    def whole(self, run):
        """The document, which must contain all measurements."""
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        document = json.loads(run.stdout)
        flows = [(row["kind"], row["bytes"], row["batch"]) for row in document["throughput"]]
        self.assertCountEqual(flows, [(kind, size, batch) for kind in KINDS for size in (8, 64) for batch in (1, 32)])
        trips = [(row["kind"], row["bytes"]) for row in document["round_trip"]]
        self.assertCountEqual(trips, [(kind, size) for kind in KINDS for size in (8, 64)])
        flows = [(row["kind"], row["bytes"], row["batch"]) for row in document["waiting_throughput"]]
        self.assertCountEqual(flows, [(way, size, batch) for way in WAYS for size in (8, 64) for batch in (1, 32)])
        trips = [(row["kind"], row["bytes"]) for row in document["waiting_round_trip"]]
        self.assertCountEqual(trips, [(way, size) for way in WAYS for size in (8, 64)])
        how = [(row["kind"], row["how"]) for row in document["latency"]]
        self.assertCountEqual(how, [(kind, how) for kind in KINDS for how in ("half round trip", "paced")])
        for row in document["throughput"] + document["waiting_throughput"]:
            self.figure(row["million_elements_per_s"], document["round_count"])
            self.assertAlmostEqual(row["gb_per_s"], row["million_elements_per_s"]["median"] * row["bytes"] / 1000,
                                   delta=row["gb_per_s"] / 100)
        for row in document["round_trip"] + document["waiting_round_trip"]:
            self.figure(row["round_trip_ns"], document["round_count"])
        for row in document["waiting_throughput"]:
            self.cpu_time(row, ("producer_cpu_ns", "consumer_cpu_ns"),
                          [1000 / rate for rate in row["million_elements_per_s"]["rounds"]])
        for row in document["waiting_round_trip"]:
            self.cpu_time(row, ("asking_cpu_ns", "answering_cpu_ns"), row["round_trip_ns"]["rounds"])
        for row in document["latency"]:
            self.histogram(row)
        return document

    def figure(self, figure, rounds):
        self.assertEqual(len(figure["rounds"]), rounds)
        self.assertGreater(min(figure["rounds"]), 0)
        self.assertEqual((figure["least"], figure["most"]), (min(figure["rounds"]), max(figure["rounds"])))
        self.assertTrue(figure["least"] <= figure["median"] <= figure["most"])

    def cpu_time(self, row, sides, elapsed):
        """For each round: a side is one thread, so it uses at most the elapsed time; both together use some."""
        used = [row[side]["rounds"] for side in sides]
        self.assertEqual([len(rounds) for rounds in used], [len(elapsed)] * 2)
        for one, other, most in zip(*used, elapsed):
            self.assertTrue(min(one, other) >= 0 and one + other > 0, row)
            self.assertLess(max(one, other), 2 * most, row)  # twice: the clocks are not read at one instant

    def histogram(self, row):
        """Counts add up, buckets are in order, and the percentiles lie in the buckets."""
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

    def test_cores_report_has_every_figure_and_consistent_counts(self):
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

    def test_process_report_is_complete_and_leaves_nothing(self):
        run = bench("--between", "processes", "--quick", "--rounds", "1", "--json", "--no-memory")
        document = self.whole(run)
        self.assertEqual((document["between"], document["memory"]), ("processes", []))
        self.assertEqual(segments(run.pid), [])

    def test_one_cpu_run_notes_that_it_measures_switching(self):
        cpu = min(os.sched_getaffinity(0))
        document = self.whole(bench(*SHORT, "--json", "--no-memory", cpus=cpu))
        self.assertTrue(document["one_cpu"])
        self.assertEqual(document["cpus"], [cpu, cpu])
        run = bench(*SHORT, "--between", "processes", "--no-memory", "--cpus", f"{cpu},{cpu}")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("the figures are those of switching, not of two cores", run.stdout)

    def test_text_has_minimum_median_and_maximum_per_figure(self):
        run = bench("--rounds", "3", "--seconds", "0.005")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for way in WAYS:
            flows = re.findall(rf"^  {way} +\d+ B  by +\d+((?: +[\d.]+){{4,6}})(?:  |$)", run.stdout, re.M)
            trips = re.findall(rf"^  {way} +\d+ B((?: +[\d.]+){{4,6}})(?:  |$)", run.stdout, re.M)
            self.assertEqual((len(flows), len(trips)), (8, 4) if way in KINDS else (4, 2), way)
            for figures in flows + trips:
                least, median, most = map(float, figures.split()[:3])
                self.assertTrue(least <= median <= most, figures)
        for kind in KINDS:
            self.assertEqual(len(re.findall(rf"^  {kind}(?: +[\d.]+ [num]?s){{6}} +\d+", run.stdout, re.M)), 2)
        self.assertEqual(len(re.findall(r"^  (?:LocalMem|ShmMem) +\d+ [KM]iB ", run.stdout, re.M)), 6)

    def test_histograms_are_printed_on_request_only(self):
        bar = r"(?m)^ +[\d.]+ [num]?s - [\d.]+ [num]?s .*#+ +\d+\.\d %"
        self.assertNotRegex(bench(*SHORT, "--no-memory").stdout, bar)
        text = bench(*SHORT, "--no-memory", "--histogram").stdout
        self.assertRegex(text, bar)
        self.assertEqual(text.count(": shares\n"), 2)


class Drawing(unittest.TestCase):
    def test_plot_is_valid_and_labels_kinds_and_axes(self):
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

    def test_unwritable_plot_fails_before_measurement(self):
        run = bench(*LONG, "--svg", "/nowhere/at/all.svg")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("--svg /nowhere/at/all.svg: No such file or directory", run.stderr)


class Documents(unittest.TestCase):
    """Compares a run with the one that docs/guide/tool/record.py has recorded."""

    def rows(self, text):
        """Headings and labels of lines, which do not change from run to run."""
        return [re.sub(r" +[\d.]+(?: [num]?s)? .*| +-$", "", line) for line in text.splitlines()[5:]
                if not re.match(r"distance:|moved:|mixed:|    -:", line)]

    def test_recorded_run_has_the_printed_rows(self):
        recorded = (DOCS / "guide/tool/bench.txt").read_text(encoding="utf-8")
        self.assertEqual(self.rows(recorded), self.rows(bench("--seconds", "0.005", "--rounds", "3").stdout))
        page = (DOCS / "guide/tool.md").read_text(encoding="utf-8")
        self.assertIn("<!-- tool/record.py -->\n```\n" + recorded[:recorded.index("\nMemory until")] + "```\n", page)

    def test_man_page_names_every_option_and_key(self):
        page = (DOCS / "man/joinmem-bench.1").read_text(encoding="utf-8")
        for option in set(re.findall(r"^  --([a-z-]+)", bench("--help").stdout, re.M)) - {"help-all"}:
            self.assertRegex(page, rf"(?m)^\.It Fl -{option}\b")
        document = json.loads(bench(*SHORT, "--json").stdout)
        keys = set(document)
        for value in document.values():
            for row in value if isinstance(value, list) else [value]:
                keys |= set(row) if isinstance(row, dict) else set()
        keys |= set(document["throughput"][0]["million_elements_per_s"])
        for key in keys:
            self.assertRegex(page, rf"(?m)^\.(?:It )?Li (?:.*[ ,])?{key}\b", key)


class Progress(unittest.TestCase):
    def on_terminal(self, *options):
        """What the program writes to a terminal at standard error."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([JOINMEM, "bench", *SHORT, "--no-memory", *options], stdout=subprocess.DEVNULL,
                              stderr=theirs) as program:
            os.close(theirs)
            got = b""
            with contextlib.suppress(OSError):  # EIO: the program has ended
                while select.select([ours], [], [], PATIENCE)[0]:
                    got += os.read(ours, 65536)
            os.close(ours)
            self.assertEqual(program.wait(), 0)
        return got.decode()

    def test_terminal_progress_bar_is_erased_at_the_end(self):
        got = self.on_terminal()
        self.assertIn("[........................] 0 %: Spsc 8 B by 1", got)
        self.assertRegex(got, r"\[#{12}\.{12}\] \d+ %, \d+ s left: ")
        lines = got.split("\r")
        self.assertEqual(lines[-1], "")
        self.assertEqual(lines[-3].strip(" "), "")
        self.assertGreaterEqual(len(lines[-3]), len(lines[-4].rstrip()))
        self.assertNotIn("\n", got)

    def test_quiet_run_has_no_progress_bar(self):
        self.assertEqual(self.on_terminal("--quiet"), "")


class Refusals(unittest.TestCase):
    def test_invalid_cpus_exit_with_status_2_and_reason(self):
        mine = min(os.sched_getaffinity(0))
        for asked, words in (("a,b", "two numbers with a comma"), ("1", "two numbers with a comma"),
                             ("0,1,2", "two numbers with a comma"), (f"{mine},-1", "two numbers with a comma"),
                             (f"{mine},99999999999", "two numbers with a comma"),
                             (f"{mine},99999", f"CPU 99999 is not one of those that this program may run on: {mine}")):
            run = bench("--cpus", asked)
            self.assertEqual((run.returncode, run.stdout), (2, ""), asked)
            self.assertIn(words, run.stderr)

    def test_invalid_arguments_exit_with_status_2(self):
        for options in (["--between", "planets"], ["--seconds", "0"], ["--rounds", "0"], ["--rounds", "x"], ["more"]):
            self.assertEqual(bench(*options).returncode, 2, options)

    def test_single_node_machine_explains_missing_second_node(self):
        if len([name for name in os.listdir("/sys/devices/system/node") if re.match(r"node\d", name)]) > 1:
            document = json.loads(bench(*SHORT, "--no-memory", "--between", "nodes", "--json").stdout)
            self.assertNotEqual(*document["nodes"])
            return
        run = bench("--between", "nodes")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("--between nodes needs two NUMA nodes", run.stderr)

    def test_bench_help_ends_with_an_example(self):
        self.assertRegex(bench("--help").stdout.rstrip().splitlines()[-1], "^Example: joinmem bench ")


class Signals(unittest.TestCase):
    def ended(self, number, delay, *options):
        """The exit status of a run between processes that gets that signal, and its output."""
        with running(*options) as program:
            time.sleep(delay)
            started = children(program.pid)
            program.send_signal(number)
            out, err = program.communicate(timeout=PATIENCE)
            self.assertEqual(segments(program.pid), [])
            self.assertTrue(wait_for(lambda: all(map(gone, started))))
            return program.returncode, out, err

    def test_sigint_and_sigterm_end_measurement_cleanly(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            self.assertEqual(self.ended(number, 0.05, *LONG)[:2], (status, ""))

    def test_sigint_at_any_moment_leaves_nothing(self):
        for step in range(20):
            # The later signals arrive while calls wait.
            delay = step * 3.3e-3 if step < 10 else step * 20e-3
            status, out, _ = self.ended(signal.SIGINT, delay, "--seconds", "0.001", "--rounds", "1000")
            self.assertEqual((status, out), (130, ""))

    def test_names_are_removed_during_measurement(self):
        with running(*LONG) as program:
            self.assertTrue(wait_for(lambda: not segments(program.pid)))
            time.sleep(0.05)
            self.assertEqual(segments(program.pid), [])
            started = children(program.pid)
            self.assertEqual(len(started), 1)
            program.kill()  # after that nothing can be cleaned up, and nothing needs to be
            program.wait()
            self.assertTrue(wait_for(lambda: all(map(gone, started))))
            self.assertEqual(segments(program.pid), [])

    def test_killed_child_is_reported_without_waiting(self):
        with running(*LONG) as program:
            time.sleep(0.05)
            for child in children(program.pid):
                os.kill(child, signal.SIGKILL)
            _, err = program.communicate(timeout=PATIENCE)
            self.assertEqual(program.returncode, 1)
            self.assertIn("the other process ended before the measurement did, by signal 9", err)
            self.assertEqual(segments(program.pid), [])

    def test_killed_child_ends_the_run_with_blocking_calls(self):
        for step in range(10):
            with running("--seconds", "0.001", "--rounds", "1000", "--no-memory") as program:
                time.sleep(step * 40e-3)
                end = time.monotonic() + 20
                while program.poll() is None and time.monotonic() < end:  # between two measurements there is no child
                    for child in children(program.pid):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(child, signal.SIGKILL)
                    time.sleep(1e-3)
                _, err = program.communicate(timeout=10)
                self.assertEqual(program.returncode, 1)
                self.assertIn("the other process ended before the measurement did, by signal 9", err)
                self.assertEqual(segments(program.pid), [])


if __name__ == "__main__":
    unittest.main()
