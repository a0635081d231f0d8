#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How the tool shows many segments, and how it answers mistakes: show_test.py TOOL MAKER_CPP MAKER_C LIBRARY"""

import json
import os
import pwd
import random
import struct
import subprocess
import sys
import time
import unittest

import world

TOOL = MAKER_CPP = LIBRARY = None
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def on_terminal(*words, columns=80):
    """The lines that the tool writes to a terminal of that width."""
    terminal = world.Terminal(TOOL.path, *words, environment={"TERM": "xterm", "NO_COLOR": "1"}, columns=columns)
    assert terminal.finish() == 0, terminal.seen
    return terminal.seen.replace("\r", "").splitlines()


class Table(world.Shm):
    LONG = "a-name-of-many-words-" * 5

    def test_no_line_is_wider_than_the_terminal(self):
        LIBRARY.close(LIBRARY.queue(self.LONG, pushed=3), LIBRARY.queue(self.LONG + "b"), LIBRARY.memory("short"))
        whole = TOOL.output("ls")
        self.assertIn(self.LONG, whole)
        heads = whole.splitlines()[0].split()
        for columns in (20, 40, 60, 80, 100, 132, 200, 400):
            lines = on_terminal("ls", columns=columns)
            self.assertLessEqual(max(map(len, lines)), columns, lines)
            shown = lines[0].split()
            self.assertEqual(shown, heads[:len(shown)], "columns are left out from the right")
            self.assertEqual(len(lines), 4)
            if columns == 80:
                self.assertGreaterEqual(len(shown), 7)
                rows = [line.split()[0] for line in lines[1:3]]
                self.assertTrue(rows[0].startswith("a-name") and "\u2026" in rows[0] and rows[1].endswith("b"), rows)
            if columns == 400:
                self.assertEqual((shown, [self.LONG in line for line in lines[1:]]), (heads, [True, True, False]))

    def test_names_are_in_natural_order(self):
        names = ["service-1", "service-2", "service-10", "service-10b", "service-100", "t01", "t1", "t2"]
        LIBRARY.close(*[LIBRARY.memory(name) for name in reversed(names)])
        shown = [line.split()[0] for line in TOOL.output("ls", "--no-header").splitlines()]
        self.assertEqual(sorted(shown), sorted(names))
        self.assertEqual([name for name in shown if name not in ("t01", "t1")], [name for name in names if name not in ("t01", "t1")])
        self.assertEqual([row["name"] for row in json.loads(TOOL.output("ls", "--json"))], shown)

    def test_patterns_select_names(self):
        LIBRARY.close(*[LIBRARY.memory(name) for name in ("a1", "a2", "b1", "c")])
        for patterns, names in ((["a*"], ["a1", "a2"]), (["/b?", "c"], ["b1", "c"]), (["[ab]1"], ["a1", "b1"]), (["*"], ["a1", "a2", "b1", "c"])):
            self.assertEqual([line.split()[0] for line in TOOL.output("ls", "--no-header", *patterns).splitlines()], names)
        self.assertEqual([row["name"] for row in json.loads(TOOL.output("ls", "--json", "a*"))], ["a1", "a2"])
        run = TOOL.run("ls", "--no-header", "c", "x*")
        self.assertEqual((run.returncode, run.stdout.split()[0], run.stderr), (4, "c", "joinmem: no segment has the name x*\n"))

    def test_unreadable_segments_show_owner_and_mode(self):
        if not world.is_root() or not os.path.exists("/usr/bin/setpriv"):
            self.skipTest("needs root and setpriv")
        LIBRARY.close(LIBRARY.queue("private"))
        text = subprocess.run([*NOBODY, TOOL.path, "ls", "--no-header"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(text.split()[:5], ["private", "unreadable", "root", "600", "4K"])
        os.chown("/dev/shm/private", 12345, 0)
        self.assertEqual(TOOL.output("ls", "--no-header").split()[2], "12345")

    def test_json_has_exact_text_beside_64_bit_numbers(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "3", "0"):
            with open("/dev/shm/ticks", "r+b") as file:  # a type id and a tag of 64 bits
                file.seek(40)
                file.write(struct.pack("<QQ", 0x1234567890abcdef, 0xfedcba9876543211))
            for text in (TOOL.output("stat", "ticks", "--json"), LIBRARY.inspect("ticks")):
                row = json.loads(text)
                for key in ("size", "allocated", "device", "inode", "created_at", "type_id", "tag", "pushed", "popped", "deaths", "skipped"):
                    self.assertEqual(int(row[key + "_hex"], 16), row[key], key)
                self.assertEqual((row["tag_hex"], row["type_id_hex"]), ("0xfedcba9876543211", "0x1234567890abcdef"))
                self.assertEqual((row["permissions"], row["permissions_octal"]), (0o600, "0600"))
                wide = [key for key, value in row.items() if isinstance(value, int) and value >= 2**53]
                self.assertEqual([key for key in wide if key + "_hex" not in row], [])

    def test_ls_names_the_users_of_segments(self):
        with world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "0", "0") as one, world.Maker(MAKER_CPP, "mpmc", "ticks", "64", "0", "0") as two:
            pids = sorted([one.process.pid, two.process.pid])
            # The kernel repeats lines of /proc/locks while locks of other tests come and go: then the number is too high.
            users = "2 objects have it open: " + ", ".join(f"process {pid} (tool_maker_cpp)" for pid in pids)
            world.until(lambda: users in TOOL.output("stat", "ticks"), lambda: users)
            self.assertEqual(json.loads(TOOL.output("stat", "ticks", "--json"))["user_pids"], pids)
            self.assertEqual(json.loads(TOOL.output("ls", "--json"))[0]["user_pids"], pids)


class Damaged(world.Shm):
    def test_contradictory_counters_are_shown_as_damage(self):
        handle = LIBRARY.queue("wreck", kind=1, capacity=64, pushed=3)
        with open("/dev/shm/wreck", "r+b") as file:
            file.seek(384)
            file.write(struct.pack("<Q", 270566))  # head
            file.seek(512)
            file.write(struct.pack("<Q", 239196))  # tail
        self.assertEqual(TOOL.output("ls", "--no-header").split()[:2], ["wreck", "damaged"])
        text = TOOL.output("stat", "wreck")
        for words in ("kind:         damaged", "270566 elements pushed and 239196 popped contradict its capacity of 64", "joinmem rm"):
            self.assertIn(words, text)
        row = json.loads(TOOL.output("stat", "wreck", "--json"))
        self.assertEqual(row["kind"], "damaged")
        self.assertIn("270566", row["fault"])
        LIBRARY.close(handle)
        self.assertIn("kept wreck: damaged", TOOL.output("gc", "--with-elements"))
        self.assertIn("1 damaged queue", TOOL.output("top", "--batch", "1", "--delay", "50ms"))
        self.assertEqual(TOOL.output("rm", "wreck"), "removed wreck\n")

    def test_header_with_too_many_slots_harms_no_command(self):
        slots, size, capacity, stream = 1022, 4096, 8, 0x4d41455254534d4a
        elements = 768 + 128 * slots
        image = bytearray(elements + capacity * size)
        struct.pack_into("<8sHHIIIIIQQQIIQQQiIQ", image, 0, b"JOINMEMQ", 1, 0, 384, 0, 0, 1, size, capacity, stream, stream,
                         slots, size, 0, elements, len(image), 1, 0, 0)
        struct.pack_into("<Q", image, 384, capacity)  # full: the producer waits
        for n in range(2, slots + 1):
            struct.pack_into("<QIi", image, 768 + 128 * (n - 1), 0, 1, 4711)
        with open("/dev/shm/wide", "wb") as file:
            file.write(image)
        for words, status in ((["push", "--bytes", "--timeout", "100ms", "wide"], 7), (["pop", "wide"], 7), (["stat", "wide"], 0), (["ls"], 0)):
            run = TOOL.run(*words, input="hello\n")
            self.assertEqual(run.returncode, status, f"{words}: {run.stderr}")


    def test_no_command_crashes_on_random_headers(self):
        handle = LIBRARY.queue("good", kind=1, capacity=8, size=64, pushed=3)
        with open("/dev/shm/good", "rb") as file:
            good = file.read()
        LIBRARY.close(handle)
        chance = random.Random(7)
        for _ in range(30):
            bad = bytearray(good)
            for _ in range(chance.randint(1, 3)):
                offset, bytes_ = chance.choice([(24, 4), (28, 4), (32, 8), (48, 8), (56, 4), (60, 4), (64, 8), (80, 8), (384, 8), (512, 8), (768, 8), (776, 8), (896, 8)])
                value = chance.choice([0, 1, 2, 3, 1022, chance.getrandbits(8 * bytes_), chance.getrandbits(16)])
                bad[offset:offset + bytes_] = (value % 256**bytes_).to_bytes(bytes_, "little")
            for words in (["push", "--timeout", "1ms"], ["push", "--bytes", "--timeout", "1ms"], ["pop"], ["pop", "--bytes", "--timeout", "1ms"], ["stat"], ["stat", "--json"]):
                with open("/dev/shm/bad", "wb") as file:
                    file.write(bad)
                os.chmod("/dev/shm/bad", 0o600)
                run = subprocess.run([TOOL.path, *words, "bad"], input=b"hello\n", capture_output=True, timeout=world.PATIENCE)
                self.assertIn(run.returncode, (0, 1, 2, 3, 7, 8, 9, 10), (words, bytes(bad[:128]).hex(), run.stderr))


class Top(world.Shm):
    def test_top_without_terminal_prints_busiest_queues_first(self):
        idle = LIBRARY.queue("a-idle", pushed=1)
        with world.Maker(MAKER_CPP, "mpmc", "busy", "1024", "0", "0") as maker:
            # Repeats if the maker did nothing in between: then both queues are idle, and the names decide the order.
            world.until(lambda: self.rows_of_top(maker)[0] == "busy", lambda: "the busiest queue is not the first")
        LIBRARY.close(idle)

    def rows_of_top(self, maker):
        top = subprocess.Popen([TOOL.path, "top", "--batch", "2", "--delay", "200ms"], stdout=subprocess.PIPE, text=True)
        while top.poll() is None:
            maker.tell("." * 200)
            time.sleep(0.02)
        text = top.communicate()[0]
        self.assertEqual((top.returncode, text.count("joinmem top: 2 queues")), (0, 2))
        return [line.split()[0] for line in text.splitlines() if line.startswith(("busy", "a-idle"))]

    def test_top_updates_and_accepts_keys_in_a_terminal(self):
        if not world.is_root() or subprocess.run(["tmux", "-V"], capture_output=True).returncode != 0:
            self.skipTest("needs tmux, and root: it starts in no namespace of users")
        idle = LIBRARY.queue("a-idle", pushed=7)
        socket = f"joinmem-test-{os.getpid()}"

        def tmux(*words):
            return subprocess.run(["tmux", "-L", socket, *words], capture_output=True, text=True, check=True).stdout

        def shown():
            return tmux("capture-pane", "-p", "-t", "0")

        def screen(*words, without=()):
            texts = []

            def there():
                texts.append(shown())
                return all(word in texts[-1] for word in words) and not any(word in texts[-1] for word in without)

            world.until(there, lambda: f"{words} in\n{texts[-1]}")
            return texts[-1]

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
                world.until(lambda: screen("a-idle").splitlines()[3].split()[0] == "a-idle", shown)
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
        terminal.hang_up()

    def test_users_fit_into_80_columns(self):
        handles = [LIBRARY.queue("a-queue-of-some-name-that-is-long", pushed=2)]
        terminal = world.Terminal(TOOL.path, "top", "--delay", "50ms", environment={"TERM": "xterm", "NO_COLOR": "1"}, columns=80)
        terminal.until("q quit")
        terminal.press("q")
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("USERS", terminal.seen)
        LIBRARY.close(*handles)

    def test_top_scrolls_filters_and_counts_hidden_rows(self):
        LIBRARY.close(*[LIBRARY.queue(f"service-{i}") for i in range(40)], *[LIBRARY.queue(f"x{i}") for i in range(3)])
        terminal = world.Terminal(TOOL.path, "top", "--delay", "50ms", environment={"TERM": "xterm", "NO_COLOR": "1"}, columns=80)
        terminal.until("rows 1-19 of 43, 24 more below")
        terminal.press("\033[6~")
        terminal.until("rows 20-38 of 43, 5 more below, 19 more above")
        terminal.press("\033[B\033[B")
        terminal.until("rows 22-40 of 43, 3 more below, 21 more above")
        terminal.press("\033[F")
        terminal.until("rows 25-43 of 43, 24 more above")
        terminal.press("\033[A")
        terminal.until("rows 24-42 of 43, 1 more below")
        terminal.press("\033[H")
        terminal.press("/x")
        terminal.until('3 with "x"')
        terminal.until("filter: x_")
        terminal.press("q")  # is part of the filter
        terminal.until('no queue has "xq" in its name')
        terminal.press("\x7f\n")
        terminal.seen = ""
        terminal.until('43 queues, 0/s in, 0/s out; 3 with "x"')
        terminal.until("x2")
        self.assertNotIn("service-", terminal.seen)
        terminal.press("\033")
        terminal.until("rows 1-19 of 43")
        terminal.press("q")
        self.assertEqual(terminal.finish(), 0)
        table = TOOL.output("top", "--batch", "1", "--delay", "50ms", "x*")
        self.assertIn("joinmem top: 3 queues", table)
        self.assertNotIn("service", table)

    def test_top_explains_an_empty_screen(self):
        def said(*before):
            run = subprocess.run([*before, TOOL.path, "top", "--batch", "1", "--delay", "50ms"], capture_output=True, text=True, check=True)
            return run.stdout

        self.assertIn("there is no segment: ", said())
        LIBRARY.close(LIBRARY.memory("memory"))
        self.assertIn("there is no queue to show, but 1 memory", said())
        if world.is_root() and os.path.exists("/usr/bin/setpriv"):
            LIBRARY.close(LIBRARY.queue("private"), LIBRARY.queue("private2"))
            name = pwd.getpwuid(65534).pw_name
            self.assertIn(f"3 segments cannot be read by user {name}", said(*NOBODY))
            LIBRARY.close(LIBRARY.queue("public"))
            os.chmod("/dev/shm/public", 0o644)
            self.assertIn("joinmem top: 1 queue, 0/s in, 0/s out; 3 unreadable", said(*NOBODY))


class Mistakes(world.Shm):
    def says(self, words, status, *sentences):
        run = TOOL.run(*words, input="")
        self.assertEqual(run.returncode, status, f"{words}: {run.stdout}{run.stderr}")
        self.assertTrue(run.stderr.startswith("joinmem: ") and run.stderr.count("\n") == 1, run.stderr)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)

    def test_unknown_subcommand_or_option_gets_a_suggestion(self):
        for word, guess in (("lss", "ls"), ("list", "ls"), ("stats", "stat"), ("sta", "stat"), ("doktor", "doctor"), ("psuh", "push"), ("remove", "rm")):
            self.says([word], 2, f'there is no subcommand "{word}": did you mean "{guess}"?')
        self.says(["xyzzy"], 2, 'there is no subcommand "xyzzy"; see joinmem --help')
        self.says([], 2, "a subcommand is required")
        self.says(["ls", "--our"], 2, "--our", "did you mean --ours?", "see joinmem ls --help")
        self.says(["stat"], 2, "NAME is required", "see joinmem stat --help")
        self.says(["push", "--count", "x", "q"], 2, "--count")
        self.says(["--nonsense"], 2, "there is no option --nonsense", "see joinmem --help")

    def test_non_queues_are_reported_as_what_they_are(self):
        LIBRARY.close(LIBRARY.memory("book"))
        self.says(["pop", "book"], 7, "book is memory, not a queue: joinmem stat book shows it\n")
        with open("/dev/shm/foreign", "wb") as file:
            file.write(b"x" * 4096)
        self.says(["push", "foreign"], 7, "foreign is a file of another program, not a queue")
        self.says(["stat", "book", "--watch"], 7, "book is memory, and only a queue can be watched")

    def test_pop_of_an_empty_queue_says_so(self):
        LIBRARY.close(LIBRARY.queue("empty", kind=3))
        self.says(["pop", "empty"], 0, "/empty is empty: --follow waits for elements\n")
        self.says(["pop", "--follow", "--timeout", "50ms", "empty"], 9, "/empty stayed empty for 50ms (--timeout)\n")


def main():
    global TOOL, MAKER_CPP, LIBRARY
    world.own_shm()
    tool, MAKER_CPP, _, library = sys.argv[1:5]
    TOOL, LIBRARY = world.Tool(tool), world.Library(library)
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=1)


main()
