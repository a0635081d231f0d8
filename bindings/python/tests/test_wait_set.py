# SPDX-License-Identifier: MIT
"""WaitSet."""
import errno
import gc
import selectors
import weakref

from support import Case, main

import joinmem
from joinmem import Ready


class Sets(Case):
    def test_events_name_their_queue(self):
        with joinmem.WaitSet() as waits, joinmem.Queue(None, "d", capacity=2) as one, \
                joinmem.Queue(None, 8, kind="mpmc", capacity=2) as two:
            self.assertEqual(waits.poll(), [])
            waits.add(one, data="one")
            waits.add(two, Ready.ELEMENT | Ready.ROOM, data=2)
            self.assertEqual(len(waits), 2)
            self.assertIn(one, waits)
            self.assertEqual(waits.wait(), [joinmem.Event(two, Ready.ROOM, 2)])
            one.push(1)
            two.push_many(bytes(16))
            events = {event.data: event for event in waits.wait(timeout=10)}
            self.assertEqual(events, {"one": (one, Ready.ELEMENT, "one"), 2: (two, Ready.ELEMENT, 2)})
            self.assertIs(events["one"].queue, one)
            self.assertEqual(len(waits.wait(0, 1)), 1)
            waits.modify(two, 0)
            waits.modify(one, Ready.ROOM, "room", amount=2)
            with self.raises(errno.ETIMEDOUT, joinmem.Timeout, TimeoutError):
                waits.wait(0.001)
            one.pop()
            self.assertEqual(waits.wait(), [(one, Ready.ROOM, "room")])
            waits.remove(one)
            self.assertNotIn(one, waits)
            self.assertEqual(waits.poll(), [])

    def test_end_is_reported(self):
        with joinmem.WaitSet() as waits, joinmem.Queue(None, "d") as queue:
            waits.add(queue)
            queue.shutdown()
            self.assertEqual(waits.wait()[0].ready, Ready.END)
            self.assertEqual(waits.poll(), [])

    def test_misuse_is_an_error(self):
        waits, queue = joinmem.WaitSet(), joinmem.Queue(None, "d", capacity=2)
        with self.raises(errno.ENOENT, joinmem.NotFound):
            waits.modify(queue)
        with self.raises(errno.ENOENT):
            waits.remove(queue)
        waits.add(queue)
        with self.raises(errno.EEXIST, joinmem.Exists):
            waits.add(queue)
        for wrong in {"ready": 8}, {"amount": 0}, {"amount": 3}:
            with self.raises(errno.EINVAL):
                waits.modify(queue, **wrong)
        with self.raises(errno.EINVAL):
            waits.wait(0, 0)
        with self.assertRaises(TypeError):
            waits.add("queue")
        with self.assertRaises(TypeError):
            waits.remove("queue")
        queue.push(1)
        self.assertEqual(len(waits.poll()), 1)
        queue.close()
        self.assertEqual((len(waits), waits.poll()), (0, []))
        waits.remove(queue)
        self.assertNotIn(queue, waits)
        with self.raises(errno.EBADF):
            waits.add(queue)
        waits.close()
        waits.close()
        for call in waits.wait, waits.poll, waits.wake, waits.fileno, lambda: len(waits):
            with self.raises(errno.EBADF, joinmem.Closed, ValueError):
                call()

    def test_wake_ends_a_wait(self):
        with joinmem.WaitSet() as waits:
            waiting = self.thread(waits.wait)
            waits.wake()
            self.assertEqual(waiting.result(), [])

    def test_descriptor_serves_a_loop(self):
        with joinmem.WaitSet() as waits, joinmem.Queue(self.name(), "d") as queue, \
                selectors.DefaultSelector() as selector:
            waits.add(queue)
            selector.register(waits, selectors.EVENT_READ)
            producer = self.thread(lambda: [queue.push(i) for i in range(100)])
            got = []
            while len(got) < 100:
                selector.select()
                got += [event.queue.try_pop() for event in waits.poll()]
            producer.result()
            self.assertEqual(got, list(range(100)))

    def test_set_keeps_its_queues(self):
        waits, queue = joinmem.WaitSet(), joinmem.Queue(None, "d")
        known = weakref.ref(queue)
        waits.add(queue)
        del queue
        gc.collect()
        self.assertEqual(len(waits), 1)
        waits.close()
        gc.collect()
        self.assertIsNone(known())


if __name__ == "__main__":
    main()
