#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem push and joinmem pop: streams, formats, waits, and who ends early. stream_test.py JOINMEM LIBJOINMEM"""
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


def waiting(name):
    """Elements in a queue that the test has not opened; -1: there is none."""
    done = run("stat", "--json", name)
    return json.loads(done.stdout)["pending"] if done.returncode == 0 else -1


class Streams(ToolTest):
    def through(self, given, *options):
        """What comes out of pop --bytes for what push --bytes is given."""
        with started("pop", "--bytes", *options, self.name, stdin=subprocess.DEVNULL) as popper:
            self.says(run("push", "--bytes", *options, self.name, given=given), 0)
            out, said = popper.communicate(timeout=PATIENCE)
            self.assertEqual((popper.returncode, said), (0, b""))
        self.assertFalse(exists(self.name), "the name of a finished stream")
        return out

    def test_a_stream_of_any_length_comes_out_as_it_went_in_whatever_the_size_of_elements(self):
        for size in (1, 2, 8, 255, 256, 257, 4096, 65536):
            room = size - (2 if size > 256 else 1)
            for length in sorted({0, 1, max(room - 1, 0), room, room + 1, size, 3 * size + 1}):
                with self.subTest(size=size, length=length):
                    given = BLOB[:length]
                    self.assertTrue(self.through(given, "--element-size", size, "--capacity", 4) == given)

    def test_bytes_that_look_like_the_framing_s_own_pass(self):
        for size in (1, 2, 256):
            for given in (b"\xff" * 1001, b"\xff\x02" * 500, b"\0" * 1000, b"\x00\x02\xff\x01" * 250 + b"\xff"):
                self.assertEqual(self.through(given, "--element-size", size), given)

    def test_a_tar_passes_between_processes_that_share_nothing_but_dev_shm(self):
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

    def test_a_stream_that_is_over_before_anybody_pops_waits_for_him(self):
        self.says(run("push", "--bytes", self.name, given=BLOB), 0)
        self.says(run("push", "--bytes", self.name, given=b"another"), 10, self.name, "shut down")
        done = run("pop", "--bytes", "--keep", self.name)
        self.says(done, 0)
        self.assertTrue(done.stdout == BLOB)
        self.remove()

    def test_a_pusher_that_is_killed_is_noticed(self):
        with started("push", "--bytes", self.name) as pusher, started("pop", "--bytes", self.name) as popper:
            pusher.stdin.write(b"begun")
            pusher.stdin.flush()
            self.assertEqual(popper.stdout.read(5), b"begun")
            pusher.kill()
            self.says(popper, 1, "the stream ends before its end", "was killed")
        self.assertFalse(exists(self.name))

    def test_a_pusher_that_begins_behind_a_killed_one_does_not_go_on_with_its_stream(self):
        with started("push", "--bytes", self.name) as pusher:
            pusher.stdin.write(b"begun")
            pusher.stdin.flush()
            until(lambda: waiting(self.name) == 2, "the first pusher has pushed the beginning, and what it was given")
        self.says(run("push", "--bytes", self.name, given=b"more"), 0)
        done = run("pop", "--bytes", self.name)
        self.says(done, 1, "the stream ends before its end", "another began")
        self.assertEqual(done.stdout, b"begun")

    def test_a_pusher_that_is_interrupted_leaves_a_stream_that_is_known_to_be_cut(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with started("push", "--bytes", self.name) as pusher, started("pop", "--bytes", self.name) as popper:
                pusher.stdin.write(b"begun")
                pusher.stdin.flush()
                self.assertEqual(popper.stdout.read(5), b"begun")
                pusher.send_signal(number)
                self.says(popper, 1, "the stream ends before its end", "gave up")
                self.says(pusher, status)
            self.assertFalse(exists(self.name))

    def test_a_second_pusher_and_a_second_popper_are_refused_and_the_stream_is_whole(self):
        with started("push", "--bytes", self.name) as pusher, started("pop", "--bytes", self.name) as popper:
            pusher.stdin.write(BLOB[:9])
            pusher.stdin.flush()
            self.assertEqual(popper.stdout.read(9), BLOB[:9])
            self.says(run("push", "--bytes", self.name, given=b"intruder"), 8, self.name)
            self.says(run("pop", "--bytes", self.name), 8, self.name)
            pusher.stdin.write(BLOB)
            pusher.stdin.close()
            self.assertTrue(popper.communicate(timeout=PATIENCE)[0] == BLOB)
            self.assertEqual((popper.returncode, pusher.wait(PATIENCE)), (0, 0))

    def test_a_reader_that_leaves_or_is_killed_in_the_middle_ends_the_writer(self):
        for end, status, words in (("close", 10, ["shut down"]), ("kill", 1, ["was killed"]), ("interrupt", 10, ["shut down"])):
            with open("/dev/zero", "rb") as zeros, started("push", "--bytes", self.name, stdin=zeros) as pusher, \
                    started("pop", "--bytes", self.name) as popper:
                popper.stdout.read(100000)
                {"close": popper.stdout.close, "kill": popper.kill,
                 "interrupt": lambda: popper.send_signal(signal.SIGINT)}[end]()
                self.says(pusher, status, self.name, *words)
                self.assertEqual(popper.wait(PATIENCE), {"close": 141, "kill": -9, "interrupt": 130}[end])
            self.assertFalse(exists(self.name), end)

    def test_whoever_is_ended_at_whatever_moment_a_stream_that_is_done_is_whole(self):
        whole, cut = BLOB * 8, 0
        for i in range(12):
            with tempfile.NamedTemporaryFile() as given, tempfile.NamedTemporaryFile() as out:
                given.write(whole)
                given.seek(0)
                with started("push", "--bytes", self.name, stdin=given) as pusher, \
                        started("pop", "--bytes", self.name, stdin=subprocess.DEVNULL, stdout=out) as popper:
                    until(lambda: os.path.getsize(out.name) > 0, "the stream has begun")
                    time.sleep(random.random() * 0.004)
                    (pusher, popper)[i % 2].send_signal((signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[i // 2 % 3])
                    ended = pusher.wait(PATIENCE), popper.wait(PATIENCE)
                out.seek(0)
                got = out.read()
                self.assertTrue(whole.startswith(got) and (ended[1] != 0 or len(got) == len(whole)), (i, ended, len(got)))
                cut += ended[1] != 0
            if exists(self.name):  # its reader was killed when its writer was through
                self.assertEqual((ended, run("pop", "--bytes", self.name).returncode), ((0, -9), 1))
                self.assertFalse(exists(self.name))
        print(f"{cut} of 12 streams cut", end=" ", file=sys.stderr)

    def test_what_is_no_stream_is_left_alone_but_for_the_element_that_tells(self):
        with Queue(self.name, SPSC) as queue:
            queue.push(b"12345678", b"87654321")
            self.says(run("pop", "--bytes", self.name), 1, "no stream begins")
            self.assertEqual(queue.pop(), [b"87654321"])
            self.assertTrue(exists(self.name))
        with Queue(self.name, MPMC):
            self.says(run("pop", "--bytes", self.name), 2, "a queue of many")
            self.says(run("push", "--bytes", self.name), 2, "a queue of many")

    def test_a_name_that_leads_to_another_queue_by_the_end_of_a_stream_is_not_removed(self):
        with started("push", "--bytes", self.name) as pusher, started("pop", "--bytes", self.name) as popper:
            pusher.stdin.write(b"begun")
            pusher.stdin.flush()
            self.assertEqual(popper.stdout.read(5), b"begun")
            self.remove()
            with Queue(self.name) as queue:
                pusher.stdin.close()
                self.assertEqual((popper.wait(PATIENCE), pusher.wait(PATIENCE)), (0, 0))
                self.assertTrue(exists(self.name))
                queue.shutdown()

    def test_a_stream_is_not_mixed_with_elements(self):
        self.says(run("push", "--bytes", self.name, given=b"whole"), 0)
        for command in ("push", "pop"):
            self.says(run(command, "--lines", self.name, given=b"a line"), 2, self.name, "--bytes")
        self.assertEqual(run("pop", "--bytes", self.name).stdout, b"whole")

    def test_a_time_that_is_up_before_a_stream_has_begun_leaves_the_queue(self):
        self.says(run("pop", "--bytes", "--timeout", "20ms", self.name), 9, "the time is up")
        self.assertEqual(self.through(b"whole"), b"whole")


class Formats(ToolTest):
    def test_lines_pass_from_the_tool_to_another_program_and_back(self):
        for kind in (SPSC, MPSC, MPMC):
            with Queue(self.name, kind) as queue:
                self.says(run("push", self.name, given=b"one\n\neight678\nlast"), 0)
                elements = [b"one".ljust(8, b"\0"), b"\0" * 8, b"eight678", b"last\0\0\0\0"]
                self.assertEqual(queue.pop(), elements)
                if kind == SPSC:
                    continue  # its sides are this process's now
                queue.push(*elements)
                done = run("pop", self.name)
                self.says(done, 0)
                self.assertEqual(done.stdout, b"one\n\neight678\nlast\n")

    def test_a_line_that_is_none_is_named_and_those_before_it_are_pushed(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--lines", self.name, given=b"a\nb\nmuch too long\nc\n"), 1, "line 3", "8 bytes")
            self.assertEqual([element[:1] for element in queue.pop()], [b"a", b"b"])
            self.says(run("push", "--truncate", self.name, given=b"much too long\nnext\n"), 0)
            self.assertEqual(queue.pop(), [b"much too", b"next\0\0\0\0"])
            self.says(run("push", self.name, given=b"a\nb\0c\n"), 1, "line 2", "NUL")

    def test_many_lines_pass_at_once(self):
        with Queue(self.name, MPMC, 1024, 64):
            lines = b"".join(b"%d %s\n" % (i, b"x" * (i % 40)) for i in range(60000))
            with tempfile.TemporaryFile() as out, started("pop", "--follow", self.name, stdout=out) as popper:
                self.says(run("push", "--shutdown", self.name, given=lines), 0)
                self.assertEqual(popper.wait(PATIENCE), 0)
                out.seek(0)
                self.assertTrue(out.read() == lines)

    def test_elements_pass_as_they_are_and_an_incomplete_one_is_told(self):
        for size in (1, 3, 8, 4096):
            with Queue(self.name, MPMC, 1024, size) as queue:
                self.says(run("push", "--elements", self.name, given=BLOB[:100 * size]), 0)
                done = run("pop", "--elements", "--count", "60", self.name)
                self.assertEqual(done.stdout, BLOB[:60 * size])
                self.assertEqual(b"".join(queue.pop()), BLOB[60 * size:100 * size])
        with Queue(self.name) as queue:
            self.says(run("push", "--elements", self.name, given=b"12345678123"), 1, "3 bytes of 8")
            self.assertEqual(queue.pop(), [b"12345678"])

    def test_hexadecimal_digits_pass_and_what_is_none_is_named(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--hex", self.name, given=b"00 01 fe FF 7f80aA 55\n0123456789abcdef"), 0)
            done = run("pop", "--hex", self.name)
            self.assertEqual(done.stdout, b"0001feff7f80aa55\n0123456789abcdef\n")
            for wrong, words in ((b"00", "2 digits"), (b"0" * 15, "15 digits"), (b"0" * 17, "more than the 16"),
                                 (b"0" * 14 + b"0g", "something else"), (b"", "0 digits")):
                self.says(run("push", "--hex", self.name, given=b"0" * 16 + b"\n" + wrong + b"\n"), 1, "line 2", words)
                self.assertEqual(queue.pop(), [b"\0" * 8])

    def test_a_line_that_is_typed_is_there_at_once(self):
        with Queue(self.name) as queue, started("push", self.name) as pusher:
            for i in range(3):
                pusher.stdin.write(b"%d\nha" % i if i == 0 else b"lf%d\nha" % i)
                pusher.stdin.flush()
                until(lambda: queue.pending() == i + 1, "the line is pushed")
            pusher.stdin.close()
            self.assertEqual(pusher.wait(PATIENCE), 0)
            self.assertEqual([element.rstrip(b"\0") for element in queue.pop()], [b"0", b"half1", b"half2", b"ha"])


class Waits(ToolTest):
    def test_a_count_is_kept_by_both(self):
        with Queue(self.name) as queue:
            self.says(run("push", "--count", "2", self.name, given=b"1\n2\n3\n"), 0)
            self.assertEqual(queue.pending(), 2)
            self.assertEqual(run("pop", "--count", "1", self.name).stdout, b"1\n")
            with started("pop", "--count", "3", self.name) as popper:
                self.assertEqual(popper.stdout.readline(), b"2\n")
                queue.push(b"3", b"4", b"5")
                self.assertEqual(popper.communicate(timeout=PATIENCE)[0], b"3\n4\n")
            queue.shutdown()
            self.says(run("pop", "--count", "3", self.name), 10, self.name, "after 1 of 3 elements")

    def test_what_is_there_is_taken_and_an_empty_queue_is_no_failure(self):
        with Queue(self.name) as queue:
            self.says(run("pop", self.name), 0)
            queue.push(b"1", b"2")
            self.assertEqual(run("pop", self.name).stdout, b"1\n2\n")
            queue.shutdown()
            self.says(run("pop", self.name), 0)
            self.says(run("pop", "--follow", self.name), 0)
            self.says(run("push", self.name, given=b"1\n"), 10, self.name, "shut down")

    def test_a_time_is_kept_by_both(self):
        with Queue(self.name, MPMC, 2) as queue:
            start = time.monotonic()
            self.says(run("pop", "--follow", "--timeout", "150ms", self.name), 9, self.name)
            self.says(run("push", "--timeout", "0.1", self.name, given=b"1\n2\n3\n"), 9, self.name)
            self.assertGreater(time.monotonic() - start, 0.25)
            self.assertEqual(len(queue.pop()), 2)
        for wrong in ("5x", "-1s", ".", "s", "1e9", "nan"):
            self.says(run("pop", "--follow", f"--timeout={wrong}", self.name), 2, f'"{wrong}" is no duration')

    def test_whoever_waits_idles_and_ends_soon_after_a_signal_and_the_queue_stays_whole(self):
        with Queue(self.name, MPMC, 2) as queue:
            queue.push(b"1", b"2")
            with started("push", self.name) as pusher:
                pusher.stdin.write(b"3\n")
                pusher.stdin.flush()
                self.interrupted(pusher, 130)
            self.assertEqual(len(queue.pop()), 2)
            with started("pop", "--follow", self.name) as popper:
                self.interrupted(popper, 130)
            queue.push(b"4")
            self.assertEqual(run("pop", self.name).stdout, b"4\n")

    def interrupted(self, process, status):
        until(lambda: sleeps(process), "it waits")
        time.sleep(0.1)
        before = cpu_of(process.pid)
        time.sleep(0.4)
        self.assertLess(cpu_of(process.pid) - before, 0.04)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), status)
        self.assertLess(time.monotonic() - start, 1)

    def test_nothing_is_popped_for_an_output_that_nobody_reads_any_more(self):
        with Queue(self.name) as queue, started("pop", "--follow", self.name) as popper:
            queue.push(b"1")
            self.assertEqual(popper.stdout.readline(), b"1\n")
            popper.stdout.close()
            self.assertEqual((popper.wait(PATIENCE), popper.stderr.read()), (141, b""))
            queue.push(b"2")
            self.assertEqual(queue.pending(), 1)

    def test_an_output_that_fails_is_told_and_so_is_what_is_lost(self):
        with Queue(self.name) as queue:
            queue.push(b"1")
            with open("/dev/full", "wb") as full, started("pop", self.name, stdout=full) as popper:
                self.says(popper, 1, "No space left on device", "lost")
            queue.push(b"2")
            done = subprocess.run(["sh", "-c", f"exec {TOOL} pop {self.name} >&-"], stderr=subprocess.PIPE, check=False)
            self.says(done, 1, "standard output is closed")
            self.assertEqual(queue.pop(), [b"2".ljust(8, b"\0")])

    def test_a_write_that_blocks_is_interrupted_and_what_is_lost_is_told(self):
        with Queue(self.name, MPMC, 64, 65536) as queue:
            queue.push(*[b"x"] * 40)
            with started("pop", "--elements", self.name) as popper:
                until(lambda: queue.pending() < 30 and sleeps(popper), "the pipe is full")
                time.sleep(0.05)
                popper.send_signal(signal.SIGTERM)
                self.assertEqual(popper.wait(PATIENCE), 143)
                self.assertIn(b"lost", popper.stderr.read())


class Names(ToolTest):
    def test_a_name_that_is_not_there_is_told_and_made_when_asked_for(self):
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

    def test_what_is_no_queue_and_what_is_no_name_are_told_apart(self):
        memory = jm.jm_shm_open(4096, self.name.encode())
        self.says(run("pop", self.name), 7, self.name, "no queue")
        jm.jm_close(memory)
        self.remove()
        for bad in ("a/b", "", "/", "x" * 300):
            self.says(run("pop", bad), 3, "joinmem: ")
            self.says(run("push", "--bytes", bad), 3, "joinmem: ")

    def test_a_queue_of_somebody_else_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest("NOT TESTED: another user needs root")
        with Queue(self.name):
            for command in ("push", "pop"):
                done = run(command, self.name, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
                self.says(done, 5, self.name)

    def test_a_command_line_that_makes_no_sense_is_refused_before_anything_is_done(self):
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
