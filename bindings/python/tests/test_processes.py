# SPDX-License-Identifier: MIT
"""Processes: pickling by name, multiprocessing, and the death of a producer."""
import copy
import ctypes
import errno
import multiprocessing
import pickle
import signal

from support import PATIENCE, Case, main, needs_numpy, numpy

import joinmem


class Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_int)]


def echo(requests, replies, memory):
    """Runs in another process."""
    view = memoryview(memory)
    for request in requests:
        view[0] += 1
        replies.push(request * 2)
    replies.shutdown()


class Pickling(Case):
    def test_spawned_and_forked_processes_get_the_same_objects(self):
        for method in "spawn", "fork", "forkserver":
            with self.subTest(method):
                context = multiprocessing.get_context(method)
                with joinmem.Queue(self.name(), "q") as requests, \
                        joinmem.Queue(self.name(), "q", kind="mpsc") as replies, \
                        joinmem.ShmMem(self.name(), 4096) as memory:
                    process = context.Process(target=echo, args=(requests, replies, memory))
                    process.start()
                    self.addCleanup(process.kill)
                    for number in range(10):
                        requests.push(number)
                        self.assertEqual(replies.pop(PATIENCE), 2 * number)
                    requests.shutdown()
                    self.assertEqual(list(replies), [])
                    process.join(PATIENCE)
                    self.assertEqual(process.exitcode, 0)
                    self.assertEqual(memoryview(memory)[0], 10)

    def test_options_are_pickled(self):
        name = self.name()
        with joinmem.Queue(name, Pair, kind="mpmc", capacity=4, type_id=5, tag=6, owner_dead=True) as queue:
            with pickle.loads(pickle.dumps(queue)) as again:
                queue.push(Pair(1, 2))
                self.assertEqual(again.pop().b, 2)
                self.assertEqual((again.kind, again.capacity, again.tag), ("mpmc", 4, 6))
                self.assertEqual(again._options, queue._options)
        with joinmem.ShmMem(self.name(), 4096) as memory:
            with pickle.loads(pickle.dumps(joinmem.ShmMem(memory.name, read_only=True))) as again:
                self.assertTrue(again.read_only)
            with copy.copy(memory) as again:
                memoryview(memory)[9] = 9
                self.assertEqual(memoryview(again)[9], 9)

    @needs_numpy
    def test_dtypes_are_pickled(self):
        dtype = numpy.dtype([("x", "f8"), ("y", "i4")])
        with joinmem.Queue(self.name(), dtype) as queue, pickle.loads(pickle.dumps(queue)) as again:
            queue.push((1.5, 2))
            self.assertEqual(again.pop_many(1)["y"][0], 2)

    def test_private_objects_refuse(self):
        for private in joinmem.Queue(None, "d"), joinmem.LocalMem(64):
            with self.assertRaisesRegex(TypeError, "cannot be pickled"):
                pickle.dumps(private)
        closed = joinmem.Queue(self.name(), "d")
        closed.close()
        with self.raises(errno.EBADF):
            pickle.dumps(closed)
        with self.assertRaises(TypeError):
            pickle.dumps(joinmem.WaitSet())

    def test_missing_name_is_an_error(self):
        with joinmem.Queue(self.name(), "d") as queue:
            text = pickle.dumps(queue)
            queue.unlink()
            with self.raises(errno.ENOENT, FileNotFoundError):
                pickle.loads(text)

    def test_errors_are_pickled(self):
        with joinmem.Queue(None, "d") as queue:
            try:
                queue.pop(0)
            except joinmem.Error as error:
                again = pickle.loads(pickle.dumps(error))
                self.assertEqual((type(again), again.errno), (joinmem.PopTimeout, errno.ETIMEDOUT))
                self.assertEqual(str(again), str(error))


FLOOD = """
import joinmem, sys
with joinmem.Queue(sys.argv[1], "Q", kind=sys.argv[2], capacity=64) as queue:
    number = int(sys.argv[3])
    while True:
        queue.push(number)
        number += 1
"""


class Deaths(Case):
    def test_killed_producer_leaves_no_gap(self):
        for kind in "spsc", "mpsc", "mpmc":
            with self.subTest(kind), joinmem.Queue(self.name(), "Q", kind=kind, capacity=64, owner_dead=True) as queue:
                following = 0
                for _ in range(5):
                    producer = self.process(FLOOD, queue.name, kind, following)
                    self.until(lambda: any(slot.alive and slot.pid == producer.pid for slot in queue.producers()))
                    for _ in range(500):
                        self.assertEqual(queue.pop(PATIENCE), following)
                        following += 1
                    producer.send_signal(signal.SIGKILL)
                    producer.wait()
                    with self.raises(errno.EOWNERDEAD, joinmem.ProducersDead):
                        while True:
                            self.assertEqual(queue.pop(PATIENCE), following)
                            following += 1
                self.assertEqual(queue.stats().popped, following + queue.stats().skipped)

    def test_killed_consumer_is_replaced(self):
        code = "import joinmem, sys\nfor x in joinmem.Queue(sys.argv[1], 'Q'): print(x, flush=True)"
        with joinmem.Queue(self.name(), "Q") as queue:
            consumer = self.process(code, queue.name)
            queue.push(1)
            self.assertEqual(consumer.stdout.readline(), "1\n")
            with self.raises(errno.EBUSY):
                queue.try_pop()
            consumer.kill()
            consumer.wait()
            queue.push(2)
            self.assertEqual(queue.pop(PATIENCE), 2)


if __name__ == "__main__":
    main()
