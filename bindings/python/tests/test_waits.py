# SPDX-License-Identifier: MIT
"""Waiting: signals, other threads, and close () of what another thread waits for."""
import errno
import os
import signal
import subprocess
import sys
import threading
import time

from support import PATIENCE, Case, main

import joinmem

# Each waits without limit in the main thread, until Ctrl-C.
WAITS = {
    "pop": "queue.pop()",
    "iteration": "list(queue)",
    "pop_many": "queue.pop_many(5)",
    "pop_some": "queue.pop_some(5)",
    "pop_into": "queue.pop_into(bytearray(80))",
    "peek": "queue.peek()",
    "await_element": "queue.await_element()",
    "push": "full.push(1)",
    "push_many": "full.push_many(range(5))",
    "reserve": "full.reserve()",
    "await_room": "full.await_room()",
    "timeout": "queue.pop(timeout=3600)",
    "wait set": "waits.wait()",
    "initialise": "memory.initialise().__enter__()",
}

INTERRUPTED = """
import joinmem, signal, sys, threading
name = sys.argv[1]
queue, full, memory = joinmem.Queue(None, "d"), joinmem.Queue(None, "q", capacity=1), joinmem.ShmMem(name, 4096)
full.push(0)
waits = joinmem.WaitSet()
waits.add(queue)
first = memory.initialise()
first.__enter__()
if sys.argv[3] == "threads":  # some of them sleep in the library, too, and may get the signal
    for other in range(3):
        threading.Thread(target=joinmem.Queue(None, "d").pop, daemon=True).start()
signal.signal(signal.SIGINT, signal.default_int_handler)  # also if the test itself ignores it
count, wait = 0, compile(sys.argv[2], "wait", "exec")
while count < 3:
    try:
        print("waiting", flush=True)
        exec(wait)
        print("returned")
    except KeyboardInterrupt:
        count += 1
        print("interrupted", flush=True)
"""

PROGRESS = """
import joinmem, signal, sys
handled = []
signal.signal(signal.SIGUSR1, lambda *_: (handled.append(1), print("handled", flush=True)))
queue = joinmem.Queue(sys.argv[1], "d")
print("ready", flush=True)
print(queue.pop(), len(handled))  # goes on after the handler
"""


class Signals(Case):
    def test_ctrl_c_interrupts_every_wait(self):
        for threads in "alone", "threads":
            for wait, code in WAITS.items():
                with self.subTest(wait, threads=threads):
                    process = self.process(INTERRUPTED, self.name(), code, threads)
                    for number in range(3):
                        self.assertEqual(process.stdout.readline(), "waiting\n")
                        if number > 0:  # the first signal comes before the sleep, the others in it
                            self.until_asleep(process.pid, process.pid)
                        process.send_signal(signal.SIGINT)
                        self.assertEqual(process.stdout.readline(), "interrupted\n")
                    self.assertEqual(self.finish(process), "")

    def test_wait_goes_on_after_a_handler(self):
        name = self.name()
        process = self.process(PROGRESS, name)
        self.assertEqual(process.stdout.readline(), "ready\n")
        for _ in range(3):
            process.send_signal(signal.SIGUSR1)
            self.assertEqual(process.stdout.readline(), "handled\n")
        with joinmem.Queue(name, "d") as queue:
            queue.push(2.5)
            self.assertEqual(self.finish(process), "2.5 3\n")

    def test_interrupted_batch_tells_what_was_done(self):
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        with joinmem.Queue(None, "q", capacity=4) as queue:
            queue.push_many([1, 2])
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            with self.assertRaises(Interrupted) as found:
                queue.pop_many(3)
            self.assertEqual(found.exception.partial, [1, 2])
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            with self.assertRaises(Interrupted) as found:
                queue.push_many(range(9))
            self.assertEqual(found.exception.partial, 4)
            room = bytearray(48)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            with self.assertRaises(Interrupted) as found:
                queue.pop_into(room)
            self.assertEqual(found.exception.partial, 4)
            self.assertEqual(queue.pending, 0)
            for wait, nothing in ((lambda: queue.pop_many(3), []), (lambda: queue.pop_some(3), []),
                                  (lambda: queue.pop_into(room), 0), (lambda: queue.pop_some_into(room), 0)):
                signal.setitimer(signal.ITIMER_REAL, 0.01)
                with self.assertRaises(Interrupted) as found:
                    wait()
                self.assertEqual(found.exception.partial, nothing)

    def test_time_is_limited_although_signals_come(self):
        """A handler that returns does not begin the time anew."""
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, lambda *_: None))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        with joinmem.Queue(None, "q", capacity=4) as queue:
            start = time.monotonic()
            with self.raises(errno.ETIMEDOUT):
                queue.pop(timeout=0.1)
            self.assertGreaterEqual(time.monotonic() - start, 0.1)


class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted


class Threads(Case):
    def test_other_threads_run_while_one_waits(self):
        with joinmem.Queue(None, "d", capacity=1) as queue, joinmem.WaitSet() as waits:
            waits.add(queue)
            for wait in queue.pop, queue.await_element, lambda: queue.pop_many(1), queue.peek, waits.wait:
                count, waiting = 0, self.thread(wait)
                for _ in range(1000):
                    count += 1
                self.assertTrue(waiting.thread.is_alive())
                queue.push(count)
                waiting.result()
                queue.try_pop(None)
            queue.push(1)
            for wait in lambda: queue.push(2), lambda: queue.push_many([3]), queue.await_room:
                waiting = self.thread(wait)
                self.assertTrue(waiting.thread.is_alive())
                queue.pop()
                waiting.result()
                queue.try_push_many([1])

    def test_close_ends_the_waits_of_other_threads(self):
        full, empty, waits = joinmem.Queue(None, "q", capacity=1), joinmem.Queue(None, "q"), joinmem.WaitSet()
        full.push(1)
        waits.add(empty)
        for closed, wait in ((empty, empty.pop), (full, lambda: full.push(2)), (waits, waits.wait)):
            waiting = self.thread(wait)
            self.until_asleep(waiting.thread.native_id)
            closed.close()
            with self.raises(errno.ECANCELED, joinmem.Canceled):
                waiting.result()

    def test_many_threads_share_a_queue(self):
        with joinmem.Queue(None, "Q", kind="mpmc", capacity=16) as queue:
            producers = [self.thread(lambda: [queue.push(i) for i in range(2000)]) for _ in range(3)]
            consumers = [self.thread(lambda: sum(queue)) for _ in range(3)]
            for producer in producers:
                producer.result()
            queue.shutdown()
            self.assertEqual(sum(consumer.result() for consumer in consumers), 3 * sum(range(2000)))

    def test_queue_may_be_collected_in_any_thread(self):
        for _ in range(50):
            queue = joinmem.Queue(None, "Q")
            threads = [threading.Thread(target=lambda q=queue: q.push(1)) for _ in range(2)]
            del queue
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def test_interpreter_ends_while_threads_wait(self):
        code = """
import joinmem, threading, sys
from support import is_asleep
queues = [joinmem.Queue(None, "d") for _ in range(4)]
waits = joinmem.WaitSet()
waits.add(queues[0])
view = memoryview(joinmem.LocalMem(4096))
piece = queues[1].try_reserve()
def start(wait):
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread.native_id
asleep = [start(wait) for wait in (queues[0].pop, lambda: list(queues[1]), lambda: queues[2].pop_many(5), waits.wait)]
while not all(map(is_asleep, asleep)):
    pass
start(lambda: [queues[3].try_pop(None) for _ in iter(int, 1)])
print("end")
"""
        for _ in range(5):
            done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "end\n", ""))

    def test_forked_child_uses_inherited_queues(self):
        with joinmem.Queue(self.name(), "Q", kind="mpmc") as queue, joinmem.WaitSet() as waits:
            waits.add(queue)
            waits.fileno()
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    queue.push(queue.pop() + 1)
                    try:
                        waits.wait(timeout=1)
                    except joinmem.Closed:
                        with joinmem.WaitSet() as own:
                            own.add(queue)
                        status = 0
                finally:
                    os._exit(status)
            queue.push(41)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(queue.pop(), 42)


if __name__ == "__main__":
    main()
