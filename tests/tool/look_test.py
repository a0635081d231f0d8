#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ls, stat, top, rm and gc of the tool, against segments of C++, C and Python: look_test.py TOOL MAKER_CPP MAKER_C LIBRARY"""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

import world

TOOL = MAKER_CPP = MAKER_C = LIBRARY = None


class Shm(unittest.TestCase):
    def tearDown(self):
        for name in os.listdir("/dev/shm"):
            os.unlink("/dev/shm/" + name)

    def traces(self, name):
        status = os.stat("/dev/shm/" + name)
        with open("/dev/shm/" + name, "rb") as file:
            return file.read(), status[:7], status.st_mtime_ns, status.st_ctime_ns, status.st_blocks

    def names(self):
        return sorted(os.listdir("/dev/shm"))


class List(Shm):
    def test_ls_tells_segments_of_every_language_and_files_that_are_none(self):
        python = LIBRARY.queue("from-python", pushed=8)
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x" * 5000)
        with world.Maker(MAKER_CPP, "mpsc", "from-cpp", "1024", "3", "1"), world.Maker(MAKER_C, "from-c"):
            text = TOOL.output("ls")
            rows = {line.split()[0]: line.split() for line in text.splitlines()}
            self.assertEqual(rows["NAME"], "NAME KIND ELEMENT CAPACITY PENDING ALIVE DEAD PAGE NODE SIZE AGE USERS".split())
            self.assertEqual(rows["from-cpp"][1:7], ["mpsc", "24", "1024", "2", "1", "0"])
            self.assertEqual(rows["from-cpp"][11], "1")
            self.assertEqual(rows["from-c"][1:7], ["mpmc", "8", "128", "1", "1", "0"])
            self.assertEqual(rows["from-c.memory"][1:7], ["memory", "-", "-", "-", "-", "-"])
            self.assertEqual(rows["from-c.memory"][9], "3M")
            self.assertEqual(rows["from-python"][1:5], ["spsc", "4", "8", "8"])
            self.assertEqual(rows["stranger"][1], "other")
            self.assertEqual(len({len(line) for line in text.splitlines()}), 1, "columns are aligned:\n" + text)
            self.assertNotIn("stranger", TOOL.output("ls", "--ours"))
            self.assertEqual(TOOL.output("ls", "--no-header").count("\n"), text.count("\n") - 1)
        LIBRARY.close(python)

    def test_ls_as_json_has_everything_that_stat_has(self):
        handle = LIBRARY.queue("a", kind=3, capacity=16, size=40, pushed=5)
        rows = json.loads(TOOL.output("ls", "--json"))
        self.assertEqual([row["name"] for row in rows], ["a"])
        self.assertEqual((rows[0]["pending"], rows[0]["element_size"], rows[0]["users"]), (5, 40, 1))
        self.assertEqual(rows[0]["participants"], [{"place": 1, "pid": os.getpid(), "alive": True, "inside": False}])
        self.assertEqual(rows[0].keys(), json.loads(TOOL.output("stat", "a", "--json")).keys())
        LIBRARY.close(handle)
        self.assertEqual(json.loads(TOOL.output("ls", "--json"))[0]["users"], 0)

    def test_what_is_empty_is_a_heading_alone(self):
        self.assertEqual(TOOL.output("ls").split()[:2], ["NAME", "KIND"])
        self.assertEqual(json.loads(TOOL.output("ls", "--json")), [])

    def test_colour_is_for_terminals_and_not_under_no_color(self):
        LIBRARY.close(LIBRARY.queue("a"))
        self.assertNotIn("\033", TOOL.output("ls"))
        for environment, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb", "NO_COLOR": ""}, False)):
            terminal = world.Terminal(TOOL.path, "ls", environment=environment)
            self.assertEqual(terminal.finish(), 0)
            self.assertEqual("\033[" in terminal.seen, coloured, environment)

    def test_a_name_cannot_write_to_the_terminal(self):
        for name, shown in ((b"\033[31mred\nline\xff", r"\x1b[31mred\x0aline\xff"), (b"\xed\xa0\x80", r"\xed\xa0\x80"),
                            (b"\xe0\x82\x9b", r"\xe0\x82\x9b"), (b"\xf4\x90\x80\x80", r"\xf4\x90\x80\x80"),
                            ("\u009b1m\u202egnp".encode(), r"\xc2\x9b1m\xe2\x80\xaegnp")):
            with open(b"/dev/shm/" + name, "wb") as file:
                file.write(b"x")
            self.assertIn(shown, TOOL.output("ls"))
            self.assertIn(shown, json.loads(TOOL.output("ls", "--json"))[0]["name"])
            self.assertIn(shown, json.loads(TOOL.output("gc", "--json"))[0]["name"])
            os.unlink(b"/dev/shm/" + name)
            for words in (["stat"], ["rm"], ["pop"], ["push"]):
                said = subprocess.run([TOOL.path, *words, name], capture_output=True, stdin=subprocess.DEVNULL).stderr
                self.assertIn(shown.encode(), said, words)

    def test_a_file_that_cannot_be_opened_now_stops_nobody(self):
        with open("/dev/shm/leased", "wb") as file:
            signal.signal(signal.SIGIO, signal.SIG_IGN)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            LIBRARY.close(LIBRARY.queue("unused"))
            self.assertIn("unreadable", TOOL.output("ls"))
            TOOL.output("top", "--batch", "1", "--delay", "50ms")
            self.assertIn("removed unused", TOOL.output("gc"))

    def test_a_stranger_who_locks_all_of_his_file_is_a_stranger(self):
        with open("/dev/shm/foreign", "wb") as file:
            file.write(b"x")
            fcntl.lockf(file, fcntl.LOCK_EX)
            self.assertEqual(TOOL.output("ls", "--no-header").split()[:2], ["foreign", "other"])
            self.assertEqual(TOOL.run("rm", "foreign").returncode, 7)
            self.assertEqual(TOOL.run("rm", "-f", "--unused", "foreign").returncode, 7)
            self.assertNotIn("gc removes it", TOOL.output("stat", "foreign"))

    def test_what_this_user_may_not_open_is_shown_as_such(self):
        if not world.is_root() or not os.path.exists("/usr/bin/setpriv"):
            self.skipTest("needs root and setpriv")
        handle = LIBRARY.queue("private")
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        run = subprocess.run([*nobody, TOOL.path, "ls"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout.splitlines()[1].split()[:2], ["private", "unreadable"])
        for words, status in ((["rm", "private"], 5), (["gc"], 0), (["stat", "private"], 0), (["stat", "private", "--watch"], 7)):
            run = subprocess.run([*nobody, TOOL.path, *words], capture_output=True, text=True)
            self.assertEqual(run.returncode, status, f"{words}: {run.stdout}{run.stderr}")
        self.assertEqual(self.names(), ["private"])
        LIBRARY.close(handle)


class Stat(Shm):
    GOLDEN = """\
name:         ticks
kind:         mpmc
file:         /dev/shm/ticks, inode N
size:         12288 bytes (12K), 12K of it has pages
owner:        user UID, permissions 600
made:         DATE, AGE ago, by process PID
users:        1 have it open
elements:     24 bytes each, one every 32
fill:         \u2588\u2588\u2588\u2588\u2588\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7 16 of 64
pushed:       17
popped:       1
deaths:       0 recovered from, 0 holes
state:        open
type id:      0x7151
tag:          0x2a
format:       1.0, features 0 and 0
layout:       lanes from 768, elements from 8960, ends at 11008
places:       64
participants: 1
              place 1, process PID, alive, idle
"""

    def test_stat_shows_every_field(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "17", "1"):
            lines = world.in_tree(TOOL.output("stat", "/ticks")).replace(f"user {os.geteuid()}", "user UID").splitlines()
            lines = [line for line in lines if not line.startswith(("pages:", "NUMA"))]
            self.assertEqual("\n".join(lines) + "\n", self.GOLDEN)
            self.assertIn("pages:        of 4K at the smallest, 0 on huge ones", TOOL.output("stat", "ticks"))

    def test_the_dead_are_told_from_the_living_and_from_those_who_left(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "1", "0") as maker:
            maker.kill()
            text = TOOL.output("stat", "ticks")
            self.assertIn(f"place 1, process {maker.process.pid}, dead, idle", text)
            self.assertIn("users:        none: joinmem gc removes it", text)
            self.assertEqual(TOOL.output("ls", "--no-header").split()[4:7], ["1", "0", "1"])
        with world.Maker(MAKER_CPP, "mpmc", "other", "64", "1", "0"):
            pass
        self.assertIn("participants: none", TOOL.output("stat", "other"))

    def test_memory_and_strangers_are_told_too(self):
        LIBRARY.close(LIBRARY.memory("plain", 10000))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x")
        self.assertIn("kind:         memory\n", TOOL.output("stat", "plain"))
        self.assertIn("kind:         other\n", TOOL.output("stat", "stranger"))
        os.truncate("/dev/shm/stranger", 4 << 40)
        os.chmod("/dev/shm/stranger", 0o1600)
        self.assertIn("size:         4398046511104 bytes (4T), 4K of it has pages", TOOL.output("stat", "stranger"))

    def test_watch_tells_rates_line_by_line_until_it_is_interrupted(self):
        with world.Maker(MAKER_CPP, "spsc", "ticks", "64", "32", "0") as maker:
            watch = subprocess.Popen([TOOL.path, "stat", "ticks", "--watch", "50ms"], stdout=subprocess.PIPE, text=True)
            self.assertEqual(watch.stdout.readline().split(), "PENDING IN/s OUT/s ALIVE DEAD DEATHS".split())
            self.assertEqual(watch.stdout.readline().split()[:3], ["32", "0", "0"])
            for row in watch.stdout:
                maker.tell("." * 1000)
                if row.split()[1] != "0" and row.split()[2] != "0":
                    break
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(timeout=5), 0)
            watch.stdout.close()

    def test_watch_draws_a_bar_and_a_line_in_place_on_a_terminal(self):
        with world.Maker(MAKER_CPP, "spsc", "ticks", "64", "32", "0") as maker:
            terminal = world.Terminal(TOOL.path, "stat", "ticks", "--watch", "50ms", environment={"TERM": "xterm", "NO_COLOR": ""})
            terminal.until("\u2588" * 10)
            maker.tell("." * 1000)
            terminal.until("\033[5A")
            os.kill(terminal.pid, signal.SIGINT)
            self.assertEqual(terminal.finish(), 0)
            self.assertIn("spsc of 64 x 24 bytes", terminal.seen)

    def test_a_name_that_vanishes_while_it_is_watched_has_a_status_of_its_own(self):
        for again in (False, True):
            LIBRARY.close(LIBRARY.queue("ticks"))
            watch = subprocess.Popen([TOOL.path, "stat", "ticks", "--watch", "20ms"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            watch.stdout.readline()
            if again:
                os.rename("/dev/shm/ticks", "/dev/shm/old")
                LIBRARY.close(LIBRARY.queue("new"))
                os.rename("/dev/shm/new", "/dev/shm/ticks")
            else:
                os.unlink("/dev/shm/ticks")
            said = watch.communicate(timeout=5)[1]
            self.assertEqual(watch.returncode, 6, said)
            self.assertIn("another made" if again else "removed meanwhile", said)


class Top(Shm):
    def test_top_prints_tables_where_there_is_no_terminal_the_busiest_first(self):
        idle = LIBRARY.queue("a-idle", pushed=1)
        with world.Maker(MAKER_CPP, "mpmc", "busy", "1024", "0", "0") as maker:
            top = subprocess.Popen([TOOL.path, "top", "--batch", "2", "--delay", "200ms"], stdout=subprocess.PIPE, text=True)
            while top.poll() is None:
                maker.tell("." * 200)
                time.sleep(0.02)
            text = top.communicate(timeout=10)[0]
            self.assertEqual(top.returncode, 0)
            self.assertEqual(text.count("joinmem top: 2 queues"), 2)
            rows = [line.split()[0] for line in text.splitlines() if line.startswith(("busy", "a-idle"))]
            self.assertEqual(rows[0], "busy", text)
        LIBRARY.close(idle)

    def test_top_lives_in_a_terminal(self):
        if not world.is_root() or subprocess.run(["tmux", "-V"], capture_output=True).returncode != 0:
            self.skipTest("needs tmux, and root: it starts in no namespace of users")
        idle = LIBRARY.queue("a-idle", pushed=7)
        socket = f"joinmem-test-{os.getpid()}"

        def tmux(*words):
            return subprocess.run(["tmux", "-L", socket, *words], capture_output=True, text=True, check=True).stdout

        def screen(*words, without=()):
            stop = time.monotonic() + 10
            while True:
                text = tmux("capture-pane", "-p", "-t", "0")
                if all(word in text for word in words) and not any(word in text for word in without):
                    return text
                self.assertLess(time.monotonic(), stop, f"{words} in\n{text}")
                time.sleep(0.05)

        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        subprocess.run(["tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "12",
                        f"echo before; {TOOL.path} top --delay 100ms; echo after $?; cat"], env=environment, check=True)
        try:
            with world.Maker(MAKER_CPP, "mpmc", "busy", "1024", "0", "0") as maker:
                for _ in range(10):
                    maker.tell("." * 500)
                    time.sleep(0.05)
                text = screen("joinmem top: 2 queues", "a-idle", "busy", "q quit")
                self.assertEqual(text.splitlines()[2].split()[0], "NAME")
                tmux("send-keys", "-t", "0", "f")
                stop = time.monotonic() + 10
                while screen("a-idle").splitlines()[3].split()[0] != "a-idle":
                    self.assertLess(time.monotonic(), stop)
                self.assertTrue(all(len(line) <= 110 for line in text.splitlines()))
            os.unlink("/dev/shm/busy")
            screen("joinmem top: 1 queue,", without=["busy"])
            tmux("send-keys", "-t", "0", "q")
            screen("before", "after 0", without=["joinmem top:"])
        finally:
            subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True)
        LIBRARY.close(idle)

    def test_top_ends_with_its_terminal(self):
        terminal = world.Terminal(TOOL.path, "top", "--delay", "50ms", environment={"TERM": "xterm"})
        terminal.until("q quit")
        os.close(terminal.end)
        stop = time.monotonic() + 5
        while os.waitpid(terminal.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > stop:
                os.kill(terminal.pid, signal.SIGKILL)
                self.fail("it goes on without a terminal")
            time.sleep(0.02)


class Remove(Shm):
    def test_rm_removes_names_and_leaves_the_segments_to_their_users(self):
        handle = LIBRARY.queue("used")
        LIBRARY.close(LIBRARY.memory("unused"))
        self.assertEqual(TOOL.output("rm", "used", "/unused"), "removed used, which 1 user keeps until they close it\nremoved unused\n")
        self.assertEqual(self.names(), [])
        LIBRARY.close(handle)

    def test_rm_tries_each_name_and_ends_with_the_first_failure(self):
        LIBRARY.close(LIBRARY.memory("a"), LIBRARY.memory("b"))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x")
        run = TOOL.run("rm", "-q", "a", "nothing", "stranger", "b")
        self.assertEqual((run.returncode, run.stdout, run.stderr.count("\n")), (4, "", 2))
        self.assertEqual(self.names(), ["stranger"])
        self.assertEqual(TOOL.output("rm", "-f", "stranger", "nothing"), "removed stranger\n")

    def test_rm_of_what_is_unused_only_leaves_the_others(self):
        handle = LIBRARY.memory("a")
        run = TOOL.run("rm", "--unused", "a")
        self.assertEqual(run.returncode, 8, run.stderr)
        LIBRARY.close(handle)
        self.assertEqual(TOOL.run("rm", "--unused", "a").returncode, 0)

    def test_gc_removes_what_nobody_has_and_says_why_it_left_the_rest(self):
        used = LIBRARY.queue("used", pushed=1)
        LIBRARY.close(LIBRARY.queue("left", pushed=2), LIBRARY.memory("memory"))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x" * 4096)
        with open("/dev/shm/damaged", "wb") as file:
            file.write(b"JOINMEMQ" + b"x" * 4096)
        with world.Maker(MAKER_CPP, "mpmc", "dead", "64", "1", "0") as maker:
            maker.kill()
        before = self.names()
        dry = TOOL.output("gc", "--dry-run")
        self.assertEqual(self.names(), before)
        text = TOOL.output("gc")
        self.assertEqual(self.names(), ["damaged", "stranger", "used"])
        self.assertEqual(dry.replace("would remove", "removed").replace("could be given back", "given back"), text)
        for line in ("removed left: nobody has it open, 4K, 2 elements in it", "left used: in use by 1 user",
                     "left stranger: none of ours, as far as that can be told",
                     "left damaged: damaged or of another version: joinmem rm removes it",
                     "removed memory: nobody has it open, 4K", "removed dead: nobody has it open, 12K, 1 element in it"):
            self.assertIn(line + "\n", text)
        self.assertIn("3 segments, 20K given back", text)
        LIBRARY.close(used)

    def test_gc_heeds_age_and_elements_and_speaks_json(self):
        LIBRARY.close(LIBRARY.queue("full", pushed=2), LIBRARY.queue("empty"))
        self.assertIn("left empty: made ", TOOL.output("gc", "--older-than", "1h"))
        self.assertEqual(self.names(), ["empty", "full"])
        verdicts = json.loads(TOOL.output("gc", "--empty", "--json", "--older-than", "0"))
        self.assertEqual([(row["name"], row["removed"]) for row in verdicts], [("empty", True), ("full", False)])
        self.assertEqual(self.names(), ["full"])


class Odd(Shm):
    def test_bad_names_and_words_are_a_sentence_and_a_status_of_their_own(self):
        for words, status in ((["stat", "a/b"], 3), (["stat", ""], 3), (["stat", "x" * 300], 3), (["stat", "nothing"], 4),
                              (["rm", "a/b"], 3), (["stat"], 2), (["nonsense"], 2), ([], 2), (["ls", "--nonsense"], 2),
                              (["stat", "a", "--watch", "never"], 2), (["top", "--batch", "0"], 2), (["gc", "--older-than", "soon"], 2), (["top", "--delay", "-1s"], 2)):
            run = TOOL.run(*words)
            self.assertEqual(run.returncode, status, f"{words}: {run.stdout}{run.stderr}")
            self.assertTrue(run.stderr.strip(), words)
        LIBRARY.close(LIBRARY.memory("memory"))
        self.assertEqual(TOOL.run("stat", "memory", "--watch").returncode, 7)

    def test_every_subcommand_has_help_with_an_example(self):
        commands = [line.split()[0] for line in TOOL.output("--help").split("Subcommands:")[1].split("\n\n")[0].splitlines() if line.strip()]
        self.assertGreaterEqual(set(commands), {"ls", "stat", "top", "rm", "gc"})
        for command in commands:
            self.assertIn("Example: ", TOOL.output(command, "--help"), command)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            run = subprocess.run([TOOL.path, "ls"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("standard output", run.stderr)

    def test_damaged_queues_are_shown_and_hurt_nobody(self):
        handle = LIBRARY.queue("good", kind=3, capacity=16, pushed=3)
        with open("/dev/shm/good", "rb") as file:
            good = file.read()
        chance = random.Random(5)
        for i in range(60):
            bad = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                offset = chance.randrange(0, 1024)
                bad[offset:offset + 8] = chance.getrandbits(64).to_bytes(8, "little")[:len(bad) - offset]
            with open(f"/dev/shm/bad{i:02}", "wb") as file:
                file.write(bad[:chance.choice([len(bad), len(bad), 4096, 800, 200, 128, 50])])
        listed = TOOL.output("ls", "--no-header")
        self.assertEqual(listed.count("\n"), 61)
        for i in range(0, 60, 6):
            TOOL.output("stat", f"bad{i:02}")
            json.loads(TOOL.output("stat", f"bad{i:02}", "--json"))
        TOOL.output("top", "--batch", "1", "--delay", "50ms")
        TOOL.output("gc", "--dry-run")
        LIBRARY.close(handle)

    def test_looking_leaves_the_segment_as_it_was(self):
        handle = LIBRARY.queue("ticks", kind=3, pushed=3)
        before = self.traces("ticks")
        for words in (["ls"], ["stat", "ticks"], ["top", "--batch", "1", "--delay", "50ms"], ["gc", "--dry-run"], ["ls", "--json"]):
            TOOL.output(*words)
        self.assertEqual(self.traces("ticks"), before)
        LIBRARY.close(handle)


def main():
    global TOOL, MAKER_CPP, MAKER_C, LIBRARY
    world.own_shm()
    tool, MAKER_CPP, MAKER_C, library = sys.argv[1:5]
    TOOL, LIBRARY = world.Tool(tool), world.Library(library)
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=1)


main()
