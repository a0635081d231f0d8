# SPDX-License-Identifier: MIT
"""Queues: one element at a time, options, errors, and what they report."""
import errno
import gc
import queue as standard

from support import Case, main

import joinmem


class Queues(Case):
    def test_elements_come_in_order(self):
        for kind in "spsc", "mpsc", "mpmc":
            for name in None, self.name():
                with joinmem.Queue(name, 5, kind=kind, capacity=4) as queue:
                    for value in b"first", b"again", bytearray(b"third"), memoryview(b"forth"):
                        queue.push(value)
                    self.assertEqual([queue.pop() for _ in range(4)], [b"first", b"again", b"third", b"forth"])

    def test_full_and_empty(self):
        with joinmem.Queue(None, "q", capacity=2) as queue:
            with self.raises(errno.EAGAIN, joinmem.Empty, standard.Empty, BlockingIOError):
                queue.try_pop()
            self.assertIsNone(queue.try_pop(None))
            self.assertEqual(queue.try_pop(default=5), 5)
            queue.try_push(1)
            queue.push(2, 0)
            with self.raises(errno.EAGAIN, joinmem.Full, standard.Full, BlockingIOError):
                queue.try_push(3)
            with self.raises(errno.ETIMEDOUT, joinmem.PushTimeout, joinmem.Timeout, TimeoutError, standard.Full):
                queue.push(3, timeout=0.001)
            with self.raises(errno.ETIMEDOUT, joinmem.PushTimeout):
                queue.push(3, timeout=0)
            self.assertEqual((queue.pending, queue.available), (2, 0))
            self.assertEqual([queue.pop(), queue.pop(timeout=1), queue.try_pop(None)], [1, 2, None])
            with self.raises(errno.ETIMEDOUT, joinmem.PopTimeout, joinmem.Timeout, TimeoutError, standard.Empty):
                queue.pop(0.001)

    def test_iteration_ends_with_the_stream(self):
        with joinmem.Queue(None, "d", capacity=8) as queue:
            queue.push_many([1.5, 2.5])
            queue.shutdown()
            with self.raises(errno.EPIPE, joinmem.ShutDown, BrokenPipeError):
                queue.push(1)
            with self.raises(errno.EPIPE, joinmem.ShutDown):
                queue.push_many([1])
            self.assertEqual(list(queue), [1.5, 2.5])
            self.assertEqual(list(queue), [])
            for pop in queue.pop, queue.try_pop, lambda: queue.try_pop(None), lambda: queue.pop_many(2):
                with self.raises(errno.EPIPE, joinmem.ShutDown):
                    pop()

    def test_closed_queue_refuses_all(self):
        queue = joinmem.Queue(None, "d")
        queue.close()
        queue.close()
        self.assertTrue(queue.closed)
        for call in (lambda: queue.push(1), lambda: queue.try_push(1), queue.pop, queue.try_pop, queue.shutdown,
                     lambda: queue.push_many([1]), lambda: queue.pop_many(1), lambda: queue.kind, queue.stats,
                     lambda: queue.pending, queue.peek, queue.reserve, queue.placement, queue.producers, queue.cancel,
                     lambda: queue.await_element(1), lambda: queue.pop_into(bytearray(8)), lambda: next(queue)):
            with self.raises(errno.EBADF, joinmem.Closed, ValueError):
                call()
        self.assertEqual(repr(queue), "<joinmem.Queue, closed>")

    def test_options_reach_the_library(self):
        name = self.name()
        with joinmem.Queue(name, 24, kind="mpsc", capacity=5, type_id=2**63, tag=77, max_producers=3,
                           permissions=0o600, huge="never") as queue:
            self.assertTrue(queue.created)
            self.assertEqual((queue.kind, queue.capacity, queue.element_size, queue.tag), ("mpsc", 8, 24, 77))
            facts = joinmem.inspect(name)
            self.assertEqual((facts.type_id, facts.slot_count, facts.permissions), (2**63, 3, 0o600))
            self.assertEqual(queue.placement().requested_huge, "never")
            self.assertIn(f"{name} mpsc of 24 bytes, 0 of 8", repr(queue))
            with joinmem.Queue(name, mode="open") as other:
                self.assertEqual((other.kind, other.capacity, other.element_size), ("mpsc", 8, 24))
                self.assertFalse(other.created)
                queue.push(bytes(24))
                self.assertEqual(other.pop(), bytes(24))
                self.assertEqual(queue.stats(), joinmem.Stats(1, 1, 0, 0, False))
                self.assertEqual([(slot.alive, slot.in_push) for slot in queue.producers()], [(True, False)])
                self.assertEqual(joinmem.inspect_producers(name), queue.producers())
            for wrong in ({"element": 16}, {"kind": "spsc"}, {"capacity": 64}, {"type_id": 5}):
                options = {"element": 24, "kind": "mpsc", "capacity": 8, **wrong}
                with self.raises(errno.EINVAL, joinmem.Invalid, ValueError):
                    joinmem.Queue(name, **options)
            with self.raises(errno.EEXIST, joinmem.Exists):
                joinmem.Queue(name, 24, kind="mpsc", mode="create")
            queue.unlink()
            self.assertFalse(queue.named)
            with self.raises(errno.ENOENT, joinmem.NotFound):
                joinmem.Queue(name, 24, mode="open")
            with self.raises(errno.ENOENT, joinmem.NotFound):
                joinmem.inspect(name)

    def test_roles_are_checked(self):
        name = self.name()
        with joinmem.Queue(name, "d") as one, joinmem.Queue(name, "d") as two:
            one.push(1)
            with self.raises(errno.EBUSY):
                two.push(2)
            one.release_role()
            two.push(2)
            self.assertEqual(one.pop_many(2), [1, 2])
        name = self.name()
        with joinmem.Queue(name, "d", exclusive=False) as one, joinmem.Queue(name, "d", exclusive=False) as two:
            one.push(1)
            two.push(2)

    def test_cancel_and_resume(self):
        with joinmem.Queue(None, "d") as queue:
            queue.cancel()
            with self.raises(errno.ECANCELED, joinmem.Canceled):
                queue.pop()
            queue.resume()
            with self.raises(errno.ETIMEDOUT):
                queue.pop(0.001)

    def test_arguments_are_checked(self):
        with joinmem.Queue(None, 8) as queue:
            for wrong in (lambda: queue.push(), lambda: queue.push(b"", 1, 2), lambda: queue.push(value=b"", wrong=1),
                          lambda: queue.push(b"12345678", value=b""), lambda: queue.push("text"),
                          lambda: queue.pop("1"),
                          lambda: queue.try_pop(wrong=1), lambda: queue.pop_many(), lambda: queue.pop_many(1.5),
                          lambda: joinmem.Queue(None), lambda: joinmem.Queue("x")):
                with self.assertRaises(TypeError):
                    wrong()
            for wrong in (lambda: queue.push(b"1234567"), lambda: queue.push(bytes(9)), lambda: queue.pop(-1),
                          lambda: queue.pop(float("nan")), lambda: queue.push_many(bytes(9)),
                          lambda: queue.pop_into(bytearray(9)), lambda: joinmem.Queue(None, 0),
                          lambda: joinmem.Queue(None, 65537), lambda: joinmem.Queue(None, 8, kind="many")):
                with self.assertRaises(ValueError):
                    wrong()
            with self.assertRaises((OverflowError, ValueError)):
                queue.pop_many(-1)
            with self.assertRaises(MemoryError):
                queue.pop_many(2**62)
            self.assertEqual(queue.pending, 0)
            with self.assertRaises(RuntimeError):
                queue.__init__(None, 8)
            queue.push(value=b"12345678", timeout=None)
            self.assertEqual(queue.pop(timeout=float("inf")), b"12345678")

    def test_room_and_elements_are_awaited(self):
        with joinmem.Queue(None, "q", capacity=4) as queue:
            queue.await_room(4)
            with self.raises(errno.EINVAL):
                queue.await_room(5)
            with self.raises(errno.ETIMEDOUT, joinmem.PopTimeout):
                queue.await_element(1, timeout=0)
            queue.push_many([1, 2])
            queue.await_element(amount=2)
            with self.raises(errno.ETIMEDOUT, joinmem.PopTimeout):
                queue.await_element(3, 0.001)
            with self.raises(errno.ETIMEDOUT, joinmem.PushTimeout):
                queue.await_room(3, 0.001)
            queue.shutdown()
            queue.await_element(4)
            queue.pop_many(2)
            with self.raises(errno.EPIPE):
                queue.await_element()

    def test_names_are_listed_and_removed(self):
        name = self.name()
        with joinmem.Queue(name, "d", capacity=4) as queue:
            queue.push(1)
            self.assertIn(name, joinmem.segments())
            before = joinmem.inspect(name)
            self.assertEqual((before.kind, before.pending, before.in_use, before.shut_down), ("spsc", 1, True, False))
            self.assertGreater(joinmem.inspect_pages(name).page_size, 0)
            with self.raises(errno.EBUSY):
                joinmem.remove_unused(name)
            queue.push(2)
        with self.raises(errno.EAGAIN):
            joinmem.remove_unused(name, unchanged=before)
        joinmem.remove_unused(name, unchanged=joinmem.inspect(name))
        self.assertNotIn(name, joinmem.segments())
        joinmem.unlink(name)

    def test_queue_goes_with_its_object(self):
        name = self.name()
        queue = joinmem.Queue(name, "d")
        self.assertEqual(joinmem.inspect(name).users, 1)
        del queue
        gc.collect()
        self.assertEqual(joinmem.inspect(name).users, 0)

    def test_version_is_that_of_the_library(self):
        self.assertRegex(joinmem.__version__, r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    main()
