# SPDX-License-Identifier: MIT
"""Forks, other interpreters, and what calls leave behind."""
import array
import errno
import gc
import pathlib
import subprocess
import sys

from support import PATIENCE, Case, main

import joinmem


class Forks(Case):
    def test_child_closes_what_threads_of_the_parent_use(self):
        with joinmem.Queue(None, "q", kind="mpmc") as queue, joinmem.Queue(None, "q") as other, \
                joinmem.WaitSet() as waits:
            waits.add(queue)
            threads = [self.thread(wait) for wait in (queue.pop, lambda: queue.pop_many(2), other.peek, waits.wait)]

            def close():
                for made in queue, other, waits:
                    made.close()

            self.forked(close)
            self.assertTrue(all(thread.thread.is_alive() for thread in threads))
            queue.push_many([1, 2, 3, 4])
            other.push(5)
            for thread in threads:
                thread.result()

    def test_views_in_a_child(self):
        shared, private = joinmem.ShmMem(self.name(), 4096), joinmem.LocalMem(4096)
        views = memoryview(shared), memoryview(private)
        queue = joinmem.Queue(self.name(), "q")
        queue.push_many([1, 2])
        piece = queue.peek(2)

        def change():
            self.assertEqual(piece.view.tolist(), [1, 2])
            for view, made in zip(views, (shared, private)):
                view[0] += 7
                made.close()
                self.assertEqual(view[0], 7)
            piece.view.release()
            queue.close()

        self.forked(change)
        self.assertEqual([view[0] for view in views], [7, 0])
        self.assertEqual((piece.view.tolist(), queue.pending), ([1, 2], 2))
        piece.release()
        self.assertEqual(queue.pending, 0)

    def test_child_that_leaves_the_block_ends_no_initialisation(self):
        name = self.name()
        with joinmem.ShmMem(name, 4096) as memory, joinmem.ShmMem(name, 4096) as other, memory.initialise() as first:
            self.assertTrue(first)

            self.forked(lambda: memory._initialise_end(0, False))
            with self.raises(errno.ETIMEDOUT):
                other.initialise(timeout=0).__enter__()


class Interpreters(Case):
    def test_another_interpreter_is_refused(self):
        code = """
import _xxsubinterpreters as interpreters, joinmem
other = interpreters.create()
try:
    interpreters.run_string(other, "import joinmem")
except interpreters.RunFailedError as error:
    print(error)
queue = joinmem.Queue(None, "d")
interpreters.destroy(other)
queue.push(1.5)
try:
    print(queue.pop())
    queue.try_pop()
except joinmem.Empty:
    print("empty")
"""
        output = self.finish(self.process(code))
        self.assertRegex(output, "one interpreter of a process")
        self.assertTrue(output.endswith("\n1.5\nempty\n"), output)

    def test_package_may_be_imported_anew(self):
        code = """
import sys, joinmem
old = joinmem
for name in [name for name in sys.modules if name.startswith("joinmem")]:
    del sys.modules[name]
import joinmem
assert joinmem.Empty is not old.Empty
queue, waits = joinmem.Queue(None, "d"), joinmem.WaitSet()
waits.add(queue)
try:
    queue.try_pop()
except joinmem.Empty:
    print("empty")
"""
        self.assertEqual(self.finish(self.process(code)), "empty\n")


class Leaks(Case):
    def test_calls_leave_nothing_behind(self):
        done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("leaks.py")], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, "^[0-9]{6,} calls leave nothing\n$")

    def test_cycle_through_a_piece_is_collected(self):
        class Own(joinmem.Queue):
            pass

        name = self.name()
        queue = Own(name, "d")
        queue.push(1)
        queue.piece, queue.room = queue.peek(), queue.reserve()
        del queue
        gc.collect()
        self.assertEqual(joinmem.inspect(name).users, 0)

    def test_refused_values_are_released(self):
        with joinmem.Queue(None, 8) as queue:
            for wrong in bytearray(7), array.array("h", range(3)):
                with self.assertRaises(ValueError):
                    queue.push(wrong)
                with self.assertRaises(ValueError):
                    queue.push_many(wrong)
                wrong.append(1)  # no buffer of it is left
            room = bytearray(9)
            with self.assertRaises(ValueError):
                queue.pop_into(room)
            room.append(1)


if __name__ == "__main__":
    main()
