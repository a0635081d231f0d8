#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ls, stat, top, rm and gc of the tool, against segments of C++, C and Python: look_test.py TOOL MAKER_CPP MAKER_C LIBRARY"""

import fcntl
import json
import os
import pwd
import random
import signal
import subprocess
import sys
import time
import unittest

import world

TOOL = MAKER_CPP = MAKER_C = LIBRARY = None


class Shm(world.Shm):
    def traces(self, name):
        status = os.stat("/dev/shm/" + name)
        with open("/dev/shm/" + name, "rb") as file:
            return file.read(), status[:7], status.st_mtime_ns, status.st_ctime_ns, status.st_blocks


class List(Shm):
    def test_ls_lists_segments_of_every_language_and_foreign_files(self):
        python = LIBRARY.queue("from-python", pushed=8)
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x" * 5000)
        with world.Maker(MAKER_CPP, "mpsc", "from-cpp", "1024", "3", "1"), world.Maker(MAKER_C, "from-c"):
            text = TOOL.output("ls")
            rows = {line.split()[0]: line.split() for line in text.splitlines()}
            self.assertEqual(rows["NAME"], "NAME KIND OWNER MODE SIZE USERS PENDING CAPACITY ELEMENT ALIVE DEAD AGE PAGE NODE".split())
            self.assertEqual(rows["from-cpp"][1:4], ["mpsc", pwd.getpwuid(os.geteuid()).pw_name, "600"])
            self.assertEqual(rows["from-cpp"][5:11], ["1", "2", "1024", "24", "1", "0"])
            self.assertEqual((rows["from-c"][1], rows["from-c"][6:11]), ("mpmc", ["1", "128", "8", "1", "0"]))
            self.assertEqual((rows["from-c.memory"][1], rows["from-c.memory"][6:11]), ("memory", ["-", "-", "-", "-", "-"]))
            self.assertEqual(rows["from-c.memory"][4], "3M")
            self.assertEqual((rows["from-python"][1], rows["from-python"][6:9]), ("spsc", ["8", "8", "4"]))
            self.assertEqual(rows["stranger"][1], "other")
            self.assertEqual(len({len(line) for line in text.splitlines()}), 1, "columns are aligned:\n" + text)
            self.assertNotIn("stranger", TOOL.output("ls", "--ours"))
            self.assertEqual(TOOL.output("ls", "--no-header").count("\n"), text.count("\n") - 1)
        LIBRARY.close(python)

    def test_ls_json_has_every_field_of_stat(self):
        handle = LIBRARY.queue("a", kind=3, capacity=16, size=40, pushed=5)
        rows = json.loads(TOOL.output("ls", "--json"))
        self.assertEqual([row["name"] for row in rows], ["a"])
        self.assertEqual((rows[0]["pending"], rows[0]["element_size"], rows[0]["users"]), (5, 40, 1))
        self.assertEqual(rows[0]["producers"], [{"slot": 1, "pid": os.getpid(), "alive": True, "in_push": False}])
        self.assertEqual(rows[0].keys(), json.loads(TOOL.output("stat", "a", "--json")).keys())
        LIBRARY.close(handle)
        self.assertEqual(json.loads(TOOL.output("ls", "--json"))[0]["users"], 0)

    def test_json_has_the_keys_and_values_of_jm_inspect(self):
        handles = [LIBRARY.queue("a", kind=3, capacity=16, size=40, pushed=5), LIBRARY.memory("b", 3 << 20),
                   LIBRARY.queue("c", kind=1, pushed=1)]
        with open("/dev/shm/foreign", "wb") as file:
            file.write(b"x" * 5000)
        for name in ("a", "b", "c", "foreign"):
            of_tool = json.loads(TOOL.output("stat", name, "--json"))
            of_library = json.loads(LIBRARY.inspect(name)) | (json.loads(LIBRARY.inspect_pages(name)) if name != "foreign" else {})
            known = {key: value for key, value in of_library.items() if value is not None or key in of_tool}
            self.assertEqual({key: of_tool.get(key) for key in known}, known)
        LIBRARY.close(*handles)

    def test_empty_listing_is_a_heading_alone(self):
        self.assertEqual(TOOL.output("ls").split()[:2], ["NAME", "KIND"])
        self.assertEqual(json.loads(TOOL.output("ls", "--json")), [])

    def test_colour_needs_a_terminal_without_no_color(self):
        LIBRARY.close(LIBRARY.queue("a"))
        self.assertNotIn("\033", TOOL.output("ls"))
        for environment, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb", "NO_COLOR": ""}, False)):
            terminal = world.Terminal(TOOL.path, "ls", environment=environment)
            self.assertEqual(terminal.finish(), 0)
            self.assertEqual("\033[" in terminal.seen, coloured, environment)

    def test_names_cannot_send_terminal_escapes(self):
        # The library's messages are UTF-8: a byte outside any character becomes a question mark there.
        for name, shown, said_as in ((b"\033[31mred\nline\xff", r"\x1b[31mred\x0aline\xff", r"\x1b[31mred\x0aline?"), (b"\xed\xa0\x80", r"\xed\xa0\x80", "???"),
                                     (b"\xe0\x82\x9b", r"\xe0\x82\x9b", "???"), (b"\xf4\x90\x80\x80", r"\xf4\x90\x80\x80", "????"),
                                     ("\u009b1m\u202egnp".encode(), *2 * [r"\xc2\x9b1m\xe2\x80\xaegnp"])):
            with open(b"/dev/shm/" + name, "wb") as file:
                file.write(b"x")
            self.assertIn(shown, TOOL.output("ls"))
            self.assertIn(shown, json.loads(TOOL.output("ls", "--json"))[0]["name"])
            self.assertIn(shown, json.loads(TOOL.output("gc", "--json"))[0]["name"])
            os.unlink(b"/dev/shm/" + name)
            for words in (["stat"], ["rm"], ["pop"], ["push"]):
                said = subprocess.run([TOOL.path, *words, name], capture_output=True, stdin=subprocess.DEVNULL).stderr
                self.assertTrue(said_as.encode() in said or shown.encode() in said, (words, said))

    def test_unopenable_file_does_not_stop_listing(self):
        with open("/dev/shm/leased", "wb") as file:
            signal.signal(signal.SIGIO, signal.SIG_IGN)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            LIBRARY.close(LIBRARY.queue("unused"))
            self.assertIn("unreadable", TOOL.output("ls"))
            TOOL.output("top", "--batch", "1", "--delay", "50ms")
            self.assertIn("removed unused", TOOL.output("gc"))

    def test_fully_locked_foreign_file_is_listed_as_foreign(self):
        with open("/dev/shm/foreign", "wb") as file:
            file.write(b"x")
            fcntl.lockf(file, fcntl.LOCK_EX)
            self.assertEqual(TOOL.output("ls", "--no-header").split()[:2], ["foreign", "other"])
            self.assertEqual(TOOL.run("rm", "foreign").returncode, 7)
            self.assertEqual(TOOL.run("rm", "-f", "--unused", "foreign").returncode, 7)
            self.assertNotIn("gc removes it", TOOL.output("stat", "foreign"))

    def test_inaccessible_segments_are_marked(self):
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
size:         36864 bytes (36K), 36K of it in memory
owner:        OWNER
permissions:  600
created:      DATE, AGE ago, by process PID
users:        1 object has it open: process PID (tool_maker_cpp)
elements:     24 bytes each, one every 32 bytes
fill:         \u2588\u2588\u2588\u2588\u2588\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7 16 of 64
pushed:       17
popped:       1
deaths:       0 recovered from, 0 skipped cells
state:        open
type id:      0x7151
tag:          0x2a
format:       version 1.0
layout:       slots from byte 768, elements from 33536, end at 35584
slots:        256 for producers
producers:    1
              slot 1, process PID, alive, idle
"""

    def test_stat_shows_every_field(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "17", "1"):
            lines = world.in_tree(TOOL.output("stat", "/ticks")).replace(f"{pwd.getpwuid(os.geteuid()).pw_name} (user {os.geteuid()})", "OWNER").splitlines()
            lines = [line for line in lines if not line.startswith(("pages:", "NUMA"))]
            self.assertEqual("\n".join(lines) + "\n", self.GOLDEN)
            self.assertIn("pages:        of 4K, no huge pages", TOOL.output("stat", "ticks"))

    def test_stat_distinguishes_dead_live_and_detached_producers(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "1", "0") as maker:
            maker.kill()
            text = TOOL.output("stat", "ticks")
            self.assertIn(f"slot 1, process {maker.process.pid}, dead, idle", text)
            self.assertIn("users:        none: joinmem gc --with-elements removes it", text)
            self.assertEqual(TOOL.output("ls", "--no-header").split()[6:11], ["1", "64", "24", "0", "1"])
        with world.Maker(MAKER_CPP, "mpmc", "other", "64", "1", "0"):
            pass
        self.assertIn("producers:    none", TOOL.output("stat", "other"))

    def test_stat_describes_memory_and_foreign_files(self):
        LIBRARY.close(LIBRARY.memory("plain", 10000))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x")
        self.assertIn("kind:         memory\n", TOOL.output("stat", "plain"))
        self.assertIn("kind:         other\n", TOOL.output("stat", "stranger"))
        os.truncate("/dev/shm/stranger", 4 << 40)
        os.chmod("/dev/shm/stranger", 0o1600)
        self.assertIn("size:         4398046511104 bytes (4T), 4K of it in memory", TOOL.output("stat", "stranger"))

    def test_watch_prints_rates_until_interrupted(self):
        with world.Maker(MAKER_CPP, "spsc", "ticks", "64", "32", "0") as maker:
            watch = subprocess.Popen([TOOL.path, "stat", "ticks", "--watch", "50ms"], stdout=subprocess.PIPE, text=True)
            self.assertEqual(watch.stdout.readline().split(), "PENDING IN/s OUT/s ALIVE DEAD DEATHS".split())
            self.assertEqual(watch.stdout.readline().split()[:3], ["32", "0", "0"])
            for row in watch.stdout:
                maker.tell("." * 1000)
                if row.split()[1] != "0" and row.split()[2] != "0":
                    break
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(timeout=world.PATIENCE), 0)
            watch.stdout.close()

    def test_watch_redraws_bar_and_line_on_a_terminal(self):
        with world.Maker(MAKER_CPP, "spsc", "ticks", "64", "32", "0") as maker:
            terminal = world.Terminal(TOOL.path, "stat", "ticks", "--watch", "50ms", environment={"TERM": "xterm", "NO_COLOR": ""})
            terminal.until("\u2588" * 10)
            maker.tell("." * 1000)
            terminal.until("\033[5A")
            os.kill(terminal.pid, signal.SIGINT)
            self.assertEqual(terminal.finish(), 0)
            self.assertIn("spsc of 64 x 24 bytes", terminal.seen)

    def test_watched_name_that_vanishes_has_its_own_status(self):
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
            said = watch.communicate(timeout=world.PATIENCE)[1]
            self.assertEqual(watch.returncode, 6, said)
            self.assertIn("another segment" if again else "removed meanwhile", said)


class Remove(Shm):
    def test_rm_removes_names_while_users_keep_segments(self):
        handle = LIBRARY.queue("used")
        LIBRARY.close(LIBRARY.memory("unused"))
        self.assertEqual(TOOL.output("rm", "used", "/unused"), "removed used; 1 user keeps the segment until it closes it\nremoved unused\n")
        self.assertEqual(self.names(), [])
        LIBRARY.close(handle)

    def test_rm_tries_each_name_and_returns_first_failure(self):
        LIBRARY.close(LIBRARY.memory("a"), LIBRARY.memory("b"))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x")
        run = TOOL.run("rm", "-q", "a", "nothing", "stranger", "b")
        self.assertEqual((run.returncode, run.stdout, run.stderr.count("\n")), (4, "", 2))
        self.assertEqual(self.names(), ["stranger"])
        self.assertEqual(TOOL.output("rm", "-f", "stranger", "nothing"), "removed stranger\n")

    def test_rm_unused_keeps_segments_in_use(self):
        handle = LIBRARY.memory("a")
        run = TOOL.run("rm", "--unused", "a")
        self.assertEqual(run.returncode, 8, run.stderr)
        LIBRARY.close(handle)
        self.assertEqual(TOOL.run("rm", "--unused", "a").returncode, 0)

    def test_gc_removes_unused_segments_and_explains_the_rest(self):
        used = LIBRARY.queue("used", pushed=1)
        LIBRARY.close(LIBRARY.queue("left", pushed=2), LIBRARY.queue("empty"), LIBRARY.memory("memory"))
        with open("/dev/shm/stranger", "wb") as file:
            file.write(b"x" * 4096)
        with open("/dev/shm/damaged", "wb") as file:
            file.write(b"JOINMEMQ" + b"x" * 4096)
        with world.Maker(MAKER_CPP, "mpmc", "dead", "64", "1", "0") as maker:
            maker.kill()
        for options, after, sums in (([], ["damaged", "dead", "left", "stranger", "used"], "2 segments, 8K freed; 2 unused queues have elements"),
                                     (["--with-elements"], ["damaged", "stranger", "used"], "2 segments, 40K freed")):
            before = self.names()
            dry = TOOL.output("gc", "--dry-run", *options)
            self.assertEqual(self.names(), before)
            text = TOOL.output("gc", *options)
            self.assertEqual(self.names(), after)
            self.assertEqual(dry.replace("would remove", "removed").replace("would be freed", "freed"), text)
            for line in ("kept used: in use by 1 user",
                         "kept damaged: damaged or from another version: joinmem rm removes it", sums,
                         *(["removed left: no process has it open, 4K, 2 elements in it", "removed dead: no process has it open, 36K, 1 element in it"] if options else
                           ["kept left: 2 elements in it: --with-elements removes it", "kept dead: 1 element in it: --with-elements removes it",
                            "removed memory: no process has it open, 4K", "removed empty: no process has it open, 4K"])):
                self.assertIn(line + "\n", text)
            self.assertNotIn("stranger", text)
        self.assertIn("kept stranger: apparently not a segment of joinmem\n", TOOL.output("gc", "str*"))
        LIBRARY.close(used)

    def test_gc_applies_filters_and_prints_json(self):
        LIBRARY.close(LIBRARY.queue("full", pushed=2), LIBRARY.queue("empty"), LIBRARY.queue("test-10"), LIBRARY.queue("test-2", pushed=1))
        self.assertIn("kept empty: created ", TOOL.output("gc", "--older-than", "1h"))
        self.assertEqual(self.names(), ["empty", "full", "test-10", "test-2"])
        self.assertEqual(TOOL.output("gc", "no-such-*"), "0 segments, 0 freed\n")
        verdicts = json.loads(TOOL.output("gc", "--json", "test-*"))
        self.assertEqual([(row["name"], row["removed"], row["pending"]) for row in verdicts], [("test-2", False, 1), ("test-10", True, 0)])
        self.assertEqual(TOOL.output("gc", "--empty", "--quiet", "/e*", "full"), "")
        self.assertEqual(self.names(), ["full", "test-2"])
        self.assertEqual(TOOL.run("gc", "--empty", "--with-elements").returncode, 2)
        self.assertEqual(TOOL.output("gc", "-q", "--with-elements"), "")
        self.assertEqual(self.names(), [])


class Odd(Shm):
    def test_bad_names_and_arguments_have_reason_and_status(self):
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

    def test_unwritable_output_is_a_failure(self):
        with open("/dev/full", "w") as full:
            run = subprocess.run([TOOL.path, "ls"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("standard output", run.stderr)

    def test_damaged_queues_are_shown_without_a_crash(self):
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

    def test_inspection_leaves_the_segment_unchanged(self):
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
