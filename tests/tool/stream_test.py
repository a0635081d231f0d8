#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem push and joinmem pop: streams, formats, waits and early ends. stream_test.py JOINMEM LIBJOINMEM"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from running import MPMC, MPSC, PATIENCE, SPSC, TOOL, Queue, ToolTest, exists, jm, run, sleeps, started, until

NOBODY = 65534
BLOB = random.Random(7).randbytes(1 << 20)


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def switches_of(pid):
    """The number of times that the process has given up the CPU to wait."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(next(line.split()[1] for line in status if line.startswith("voluntary_ctxt_switches:")))


def waiting(name):
    """The number of elements in a queue that the test has not opened; -1: no such queue."""
    done = run("stat", "--json", name)
    return json.loads(done.stdout)["pending"] if done.returncode == 0 else -1


class Streams(ToolTest):
    def through(self, given, *options):
        """What pop --bytes prints when push --bytes reads this."""
        with started("pop", "--bytes", *options, self.name, stdin=subprocess.DEVNULL) as consumer:
            self.says(run("push", "--bytes", *options, self.name, given=given), 0)
            out, said = consumer.communicate(timeout=PATIENCE)
            self.assertEqual((consumer.returncode, said), (0, b""))
        self.assertFalse(exists(self.name), "the name of a finished stream")
        return out

    def test_streams_of_any_length_arrive_unchanged(self):
        for size in (1, 2, 8, 255, 256, 257, 4096, 65536):
            room = size - (2 if size > 256 else 1)
            for length in sorted({0, 1, max(room - 1, 0), room, room + 1, size, 3 * size + 1}):
                with self.subTest(size=size, length=length):
                    given = BLOB[:length]
                    self.assertTrue(self.through(given, "--element-size", size, "--capacity", 4) == given)

    def test_bytes_that_resemble_framing_pass_unchanged(self):
        for size in (1, 2, 256):
            for given in (b"\xff" * 1001, b"\xff\x02" * 500, b"\0" * 1000, b"\x00\x02\xff\x01" * 250 + b"\xff"):
                self.assertEqual(self.through(given, "--element-size", size), given)

    def test_tar_passes_between_processes_sharing_only_dev_shm(self):
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            self.skipTest("NOT TESTED: namespaces need root, and unshare(1)")
        apart = ["unshare", "--pid", "--fork", "--mount", "--net", "sh", "-c"]
        with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as target:
            for i in range(40):
                with open(f"{source}/{i}", "wb") as file:
                    file.write(BLOB[i:i + i * 5000])
            push = subprocess.Popen([*apart, f"cd {source} && tar c . | {TOOL} push --bytes {self.name}"])
            pop = subprocess.run([*apart, f"cd {target} && {TOOL} pop --bytes {self.name} | tar x"], timeout=PATIENCE,
                                 check=False)
            self.assertEqual((push.wait(PATIENCE), pop.returncode), (0, 0))
            self.assertEqual(subprocess.run(["diff", "-r", source, target], check=False).returncode, 0)

    def test_finished_stream_waits_for_its_consumer(self):
        self.says(run("push", "--bytes", self.name, given=BLOB), 0)
        self.says(run("push", "--bytes", self.name, given=b"another"), 10, self.name, "shut down")
        done = run("pop", "--bytes", "--keep", self.name)
        self.says(done, 0)
        self.assertTrue(done.stdout == BLOB)
        self.remove()

    def test_killed_producer_is_reported(self):
        with started("push", "--bytes", self.name) as producer, started("pop", "--bytes", self.name) as consumer:
            producer.stdin.write(b"begun")
            producer.stdin.flush()
            self.assertEqual(consumer.stdout.read(5), b"begun")
            producer.kill()
            self.says(consumer, 1, "the stream is incomplete", "was killed")
        self.assertFalse(exists(self.name))

    def test_new_producer_does_not_continue_a_killed_stream(self):
        with started("push", "--bytes", self.name) as producer:
            producer.stdin.write(b"begun")
            producer.stdin.flush()
            until(lambda: waiting(self.name) == 2, "the first producer has pushed the beginning, and what it was given")
        self.says(run("push", "--bytes", self.name, given=b"more"), 0)
        done = run("pop", "--bytes", self.name)
        self.says(done, 1, "the stream is incomplete", "another stream began")
        self.assertEqual(done.stdout, b"begun")

    def test_interrupted_producer_marks_its_stream_truncated(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with started("push", "--bytes", self.name) as producer, started("pop", "--bytes", self.name) as consumer:
                producer.stdin.write(b"begun")
                producer.stdin.flush()
                self.assertEqual(consumer.stdout.read(5), b"begun")
                producer.send_signal(number)
                self.says(consumer, 1, "the stream is incomplete", "gave up")
                self.says(producer, status)
            self.assertFalse(exists(self.name))

    def test_second_producer_and_consumer_are_rejected(self):
        with started("push", "--bytes", self.name) as producer, started("pop", "--bytes", self.name) as consumer:
            producer.stdin.write(BLOB[:9])
            producer.stdin.flush()
            self.assertEqual(consumer.stdout.read(9), BLOB[:9])
            self.says(run("push", "--bytes", self.name, given=b"intruder"), 8, self.name)
            self.says(run("pop", "--bytes", self.name), 8, self.name)
            producer.stdin.write(BLOB)
            producer.stdin.close()
            self.assertTrue(consumer.communicate(timeout=PATIENCE)[0] == BLOB)
            self.assertEqual((consumer.returncode, producer.wait(PATIENCE)), (0, 0))

    def test_departed_or_killed_reader_ends_the_writer(self):
        for end, status, words in (("close", 10, ["shut down"]), ("kill", 1, ["was killed"]), ("interrupt", 10, ["shut down"])):
            with open("/dev/zero", "rb") as zeros, started("push", "--bytes", self.name, stdin=zeros) as producer, \
                    started("pop", "--bytes", self.name) as consumer:
                consumer.stdout.read(100000)
                {"close": consumer.stdout.close, "kill": consumer.kill,
                 "interrupt": lambda: consumer.send_signal(signal.SIGINT)}[end]()
                self.says(producer, status, self.name, *words)
                self.assertEqual(consumer.wait(PATIENCE), {"close": 141, "kill": -9, "interrupt": 130}[end])
            self.assertFalse(exists(self.name), end)

    def test_completed_streams_are_whole_despite_termination(self):
        whole, cut = BLOB * 8, 0
        for i in range(12):
            with tempfile.NamedTemporaryFile() as given, tempfile.NamedTemporaryFile() as out:
                given.write(whole)
                given.seek(0)
                with started("push", "--bytes", self.name, stdin=given) as producer, \
                        started("pop", "--bytes", self.name, stdin=subprocess.DEVNULL, stdout=out) as consumer:
                    until(lambda: os.path.getsize(out.name) > 0, "the stream has begun")
                    time.sleep(random.random() * 0.004)
                    (producer, consumer)[i % 2].send_signal((signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[i // 2 % 3])
                    ended = producer.wait(PATIENCE), consumer.wait(PATIENCE)
                out.seek(0)
                got = out.read()
                self.assertTrue(whole.startswith(got) and (ended[1] != 0 or len(got) == len(whole)), (i, ended, len(got)))
                cut += ended[1] != 0
            if exists(self.name):  # the reader was killed when the writer had finished
                self.assertEqual((ended, run("pop", "--bytes", self.name).returncode), ((0, -9), 1))
                self.assertFalse(exists(self.name))
        print(f"{cut} of 12 streams cut", end=" ", file=sys.stderr)

    def test_non_stream_loses_only_the_element_examined(self):
        with Queue(self.name, SPSC) as queue:
            queue.push(b"12345678", b"87654321")
            self.says(run("pop", "--bytes", self.name), 1, "no stream begins")
            self.assertEqual(queue.pop(), [b"87654321"])
            self.assertTrue(exists(self.name))
        with Queue(self.name, MPMC):
            self.says(run("pop", "--bytes", self.name), 2, "a queue for many")
            self.says(run("push", "--bytes", self.name), 2, "a queue for many")

    def test_reused_name_is_not_removed_after_a_stream(self):
        with started("push", "--bytes", self.name) as producer, started("pop", "--bytes", self.name) as consumer:
            producer.stdin.write(b"begun")
            producer.stdin.flush()
            self.assertEqual(consumer.stdout.read(5), b"begun")
            self.remove()
            with Queue(self.name) as queue:
                producer.stdin.close()
                self.assertEqual((consumer.wait(PATIENCE), producer.wait(PATIENCE)), (0, 0))
                self.assertTrue(exists(self.name))
                queue.shutdown()

    def test_stream_rejects_element_options(self):
        self.says(run("push", "--bytes", self.name, given=b"whole"), 0)
        for command in ("push", "pop"):
            self.says(run(command, "--lines", self.name, given=b"a line"), 2, self.name, "--bytes")
        self.assertEqual(run("pop", "--bytes", self.name).stdout, b"whole")

    def test_timeout_before_a_stream_keeps_the_queue(self):
        self.says(run("pop", "--bytes", "--timeout", "20ms", self.name), 9, "stayed empty for 20ms")
        self.assertEqual(self.through(b"whole"), b"whole")


class Formats(ToolTest):
    def test_lines_pass_to_another_program_and_back(self):
        for kind in (SPSC, MPSC, MPMC):
            with Queue(self.name, kind) as queue:
                self.says(run("push", self.name, given=b"one\n\neight678\nlast"), 0)
                elements = [b"one".ljust(8, b"\0"), b"\0" * 8, b"eight678", b"last\0\0\0\0"]
                self.assertEqual(queue.pop(), elements)
                if kind == SPSC:
                    continue  # this process has its roles now
                queue.push(*elements)
                done = run("pop", self.name)
                self.says(done, 0)
                self.assertEqual(done.stdout, b"one\n\neight678\nlast\n")

    def test_invalid_line_is_named_after_earlier_ones_pass(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--lines", self.name, given=b"a\nb\nmuch too long\nc\n"), 1, "line 3", "8 bytes")
            self.assertEqual([element[:1] for element in queue.pop()], [b"a", b"b"])
            self.says(run("push", "--truncate", self.name, given=b"much too long\nnext\n"), 0)
            self.assertEqual(queue.pop(), [b"much too", b"next\0\0\0\0"])
            self.says(run("push", self.name, given=b"a\nb\0c\n"), 1, "line 2", "NUL")

    def test_many_lines_pass_at_once(self):
        with Queue(self.name, MPMC, 1024, 64):
            lines = b"".join(b"%d %s\n" % (i, b"x" * (i % 40)) for i in range(60000))
            with tempfile.TemporaryFile() as out, started("pop", "--follow", self.name, stdout=out) as consumer:
                self.says(run("push", "--shutdown", self.name, given=lines), 0)
                self.assertEqual(consumer.wait(PATIENCE), 0)
                out.seek(0)
                self.assertTrue(out.read() == lines)

    def test_elements_pass_and_incomplete_ones_are_reported(self):
        for size in (1, 3, 8, 4096):
            with Queue(self.name, MPMC, 1024, size) as queue:
                self.says(run("push", "--elements", self.name, given=BLOB[:100 * size]), 0)
                done = run("pop", "--elements", "--count", "60", self.name)
                self.assertEqual(done.stdout, BLOB[:60 * size])
                self.assertEqual(b"".join(queue.pop()), BLOB[60 * size:100 * size])
        with Queue(self.name) as queue:
            self.says(run("push", "--elements", self.name, given=b"12345678123"), 1, "3 bytes of 8")
            self.assertEqual(queue.pop(), [b"12345678"])

    def test_hexadecimal_digits_pass_and_others_are_named(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--hex", self.name, given=b"00 01 fe FF 7f80aA 55\n0123456789abcdef"), 0)
            done = run("pop", "--hex", self.name)
            self.assertEqual(done.stdout, b"0001feff7f80aa55\n0123456789abcdef\n")
            for wrong, words in ((b"00", "2 digits"), (b"0" * 15, "15 digits"), (b"0" * 17, "more than the 16"),
                                 (b"0" * 14 + b"0g", "other than hexadecimal digits"), (b"", "0 digits")):
                self.says(run("push", "--hex", self.name, given=b"0" * 16 + b"\n" + wrong + b"\n"), 1, "line 2", words)
                self.assertEqual(queue.pop(), [b"\0" * 8])

    def test_typed_line_arrives_at_once(self):
        with Queue(self.name) as queue, started("push", self.name) as producer:
            for i in range(3):
                producer.stdin.write(b"%d\nha" % i if i == 0 else b"lf%d\nha" % i)
                producer.stdin.flush()
                until(lambda: queue.pending() == i + 1, "the line is pushed")
            producer.stdin.close()
            self.assertEqual(producer.wait(PATIENCE), 0)
            self.assertEqual([element.rstrip(b"\0") for element in queue.pop()], [b"0", b"half1", b"half2", b"ha"])


class Waits(ToolTest):
    def test_push_and_pop_honour_a_count(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--count", "2", self.name, given=b"1\n2\n3\n"), 0)
            self.assertEqual(queue.pending(), 2)
            self.assertEqual(run("pop", "--count", "1", self.name).stdout, b"1\n")
            with started("pop", "--count", "3", self.name) as consumer:
                self.assertEqual(consumer.stdout.readline(), b"2\n")
                queue.push(b"3", b"4", b"5")
                self.assertEqual(consumer.communicate(timeout=PATIENCE)[0], b"3\n4\n")
            queue.shutdown()
            self.says(run("pop", "--count", "3", self.name), 10, self.name, "after 1 of 3 elements")

    def test_pop_drains_and_accepts_an_empty_queue(self):
        with Queue(self.name) as queue:
            self.says(run("pop", self.name), 0, "is empty: --follow waits for elements")
            queue.push(b"1", b"2")
            self.assertEqual(run("pop", self.name).stdout, b"1\n2\n")
            queue.shutdown()
            self.says(run("pop", self.name), 0, "is empty and shut down")
            self.says(run("pop", "--follow", self.name), 0)
            self.says(run("push", self.name, given=b"1\n"), 10, self.name, "shut down")

    def test_push_and_pop_honour_a_timeout(self):
        with Queue(self.name, MPMC, 2) as queue:
            start = time.monotonic()
            self.says(run("pop", "--follow", "--timeout", "150ms", self.name), 9, self.name)
            self.says(run("push", "--timeout", "0.1", self.name, given=b"1\n2\n3\n"), 9, self.name)
            self.assertGreater(time.monotonic() - start, 0.25)
            self.assertEqual(len(queue.pop()), 2)
        for wrong in ("5x", "-1s", ".", "s", "1e9", "nan"):
            self.says(run("pop", "--follow", f"--timeout={wrong}", self.name), 2, f'"{wrong}" is not a duration')

    def test_waiting_commands_idle_and_end_on_a_signal(self):
        with Queue(self.name, MPMC, 2) as queue:
            queue.push(b"1", b"2")
            with started("push", self.name) as producer:
                producer.stdin.write(b"3\n")
                producer.stdin.flush()
                self.interrupted(producer, 130)
            self.assertEqual(len(queue.pop()), 2)
            with started("pop", "--follow", self.name) as consumer:
                self.interrupted(consumer, 130)
            queue.push(b"4")
            self.assertEqual(run("pop", self.name).stdout, b"4\n")

    def interrupted(self, process, status):
        """The process idles until the signal, then ends with that status after few further waits."""
        until(lambda: sleeps(process), "it waits")
        self.idles(process.pid)
        before = switches_of(process.pid)
        process.send_signal(signal.SIGINT)
        ended = []
        until(lambda: ended.append(os.wait4(process.pid, os.WNOHANG)) or ended[-1][0] != 0, "it ends")
        process.returncode = os.waitstatus_to_exitcode(ended[-1][1])
        self.assertEqual(process.returncode, status)
        self.assertLess(ended[-1][2].ru_nvcsw - before, 20)

    def idles(self, pid):
        """A busy loop gets at least eight times the process's CPU time; the process waits some 20 times a second."""
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
            try:
                start, before, switches = time.monotonic(), cpu_of(pid), switches_of(pid)
                until(lambda: cpu_of(busy.pid) >= 0.4, "a busy loop gets the CPU")
                self.assertLess(cpu_of(pid) - before, 0.4 / 8)
                self.assertLess(switches_of(pid) - switches, 5 + 40 * (time.monotonic() - start))
            finally:
                busy.kill()

    def test_closed_output_stops_popping(self):
        with Queue(self.name) as queue, started("pop", "--follow", self.name) as consumer:
            queue.push(b"1")
            self.assertEqual(consumer.stdout.readline(), b"1\n")
            consumer.stdout.close()
            self.assertEqual((consumer.wait(PATIENCE), consumer.stderr.read()), (141, b""))
            queue.push(b"2")
            self.assertEqual(queue.pending(), 1)

    def test_failed_output_reports_lost_elements(self):
        with Queue(self.name) as queue:
            queue.push(b"1")
            with open("/dev/full", "wb") as full, started("pop", self.name, stdout=full) as consumer:
                self.says(consumer, 1, "No space left on device", "lost")
            queue.push(b"2")
            done = subprocess.run(["sh", "-c", f"exec {TOOL} pop {self.name} >&-"], stderr=subprocess.PIPE, check=False)
            self.says(done, 1, "standard output is closed")
            self.assertEqual(queue.pop(), [b"2".ljust(8, b"\0")])

    def test_interrupted_blocking_write_reports_lost_elements(self):
        with Queue(self.name, MPMC, 64, 65536) as queue:
            queue.push(*[b"x"] * 40)
            with started("pop", "--elements", self.name) as consumer:
                until(lambda: queue.pending() < 30 and sleeps(consumer), "the pipe is full")
                time.sleep(0.05)
                consumer.send_signal(signal.SIGTERM)
                self.assertEqual(consumer.wait(PATIENCE), 143)
                self.assertIn(b"lost", consumer.stderr.read())


class Names(ToolTest):
    def test_missing_queue_is_reported_or_created_on_request(self):
        self.says(run("push", self.name), 4, self.name)
        self.says(run("pop", self.name), 4, self.name)
        self.says(run("push", "--elements", "--create", self.name), 2, "--element-size")
        options = ("--create", "--kind", "mpsc", "--capacity", "5", "--element-size", "3", "--permissions", "640")
        self.says(run("push", *options, self.name, given=b"abc\n"), 0)
        self.assertEqual(os.stat(f"/dev/shm/{self.name}").st_mode & 0o777, 0o640)
        self.assertEqual(run("pop", "--create", self.name).stdout, b"abc\n")
        for other in (("--kind", "mpmc"), ("--capacity", "16"), ("--element-size", "4")):
            self.says(run("push", "--create", *other, self.name), 2, self.name)
        self.remove()

    def test_non_queue_and_invalid_name_differ(self):
        memory = jm.jm_shm_open(4096, self.name.encode())
        self.says(run("pop", self.name), 7, self.name, "not a queue")
        jm.jm_close(memory)
        self.remove()
        for bad in ("a/b", "", "/", "x" * 300):
            self.says(run("pop", bad), 3, "joinmem: ")
            self.says(run("push", "--bytes", bad), 3, "joinmem: ")

    def test_another_users_queue_is_rejected(self):
        if os.geteuid() != 0:
            self.skipTest("NOT TESTED: another user needs root")
        with Queue(self.name):
            for command in ("push", "pop"):
                done = run(command, self.name, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
                self.says(done, 5, self.name)

    def test_invalid_command_line_fails_before_any_action(self):
        for wrong in (["push"], ["pop", "--lines", "--hex", self.name], ["pop", "--timeout", "1s", self.name],
                      ["push", "--bytes", "--count", "1", self.name], ["push", "--bytes", "--kind", "mpmc", self.name],
                      ["push", "--create", "--permissions", "999", self.name], ["push", "--element-size", "0", self.name],
                      ["push", "--kind", "any", self.name], ["pop", "--truncate", self.name], ["pop", self.name, "more"]):
            self.assertEqual(run(*wrong).returncode, 2, wrong)
        self.assertFalse(exists(self.name))
        for command in ("push", "pop"):
            done = run(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example:", done.stdout.decode().splitlines()[-1])


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
