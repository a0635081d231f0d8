# SPDX-License-Identifier: MIT
"""Arguments whose conversion does harm, buffers of every form, and handlers that close."""
import ctypes
import errno
import os
import signal
import struct

from support import Case, at_line, main, needs_numpy, numpy

import joinmem
from joinmem import _wait_set


class Index:
    """A number whose conversion calls something first."""

    def __init__(self, number, call):
        self.number, self.call = number, call

    def __index__(self):
        self.call()
        return self.number

    def __float__(self):
        self.call()
        return float(self.number)


class Path(os.PathLike):
    def __init__(self, name, call):
        self.name, self.call = name, call

    def __fspath__(self):
        self.call()
        return self.name


class Conversions(Case):
    def test_conversion_that_closes_the_queue_transfers_nothing(self):
        """A live piece keeps the mapping, so that the library itself would still do it."""
        calls = {
            "push": lambda queue, one: queue.push(one),
            "push timeout": lambda queue, one: queue.push(1, one),
            "try_push": lambda queue, one: queue.try_push(one),
            "push_many": lambda queue, one: queue.push_many([one]),
            "try_push_many": lambda queue, one: queue.try_push_many([one]),
            "_offer": lambda queue, one: queue._offer(one),
            "pop": lambda queue, one: queue.pop(one),
            "pop_many": lambda queue, one: queue.pop_many(one),
            "pop_some": lambda queue, one: queue.pop_some(one),
            "try_pop_many": lambda queue, one: queue.try_pop_many(one),
            "pop_into": lambda queue, one: queue.pop_into(bytearray(8), one),
            "peek": lambda queue, one: queue.peek(one),
            "reserve": lambda queue, one: queue.reserve(one),
            "await_element": lambda queue, one: queue.await_element(one),
            "await_room": lambda queue, one: queue.await_room(1, one),
            "_release": lambda queue, one: queue._release(one),
            "_commit": lambda queue, one: queue._commit(one),
            "mbind": lambda queue, one: queue.mbind(one),
        }
        for element in "Q", "d":
            for name, call in calls.items():
                with self.subTest(name, element=element):
                    segment = self.name()
                    queue = joinmem.Queue(segment, element, capacity=4)
                    queue.push(7)
                    pieces = [queue.peek(), queue.reserve()]
                    with self.raises(errno.EBADF, joinmem.Closed):
                        call(queue, Index(1, queue.close))
                    facts = joinmem.inspect(segment)
                    self.assertEqual((facts.pushed, facts.popped), (1, 0))
                    pieces.clear()

    def test_conversion_that_closes_a_memory_or_a_set(self):
        for name, call in {"node_of": lambda memory, zero: memory.node_of(zero),
                           "mbind": lambda memory, zero: memory.mbind(zero),
                           "initialise": lambda memory, zero: memory._initialise_begin(zero),
                           "initialised": lambda memory, zero: memory._initialise_end(zero, True)}.items():
            memory = joinmem.ShmMem(self.name(), 4096)
            with self.subTest(name), self.raises(errno.EBADF, joinmem.Closed):
                call(memory, Index(0, memory.close))
        with joinmem.Queue(None, "d") as queue:
            for name, call in {"add": lambda waits, one: waits.add(queue, amount=one),
                               "modify": lambda waits, one: waits.modify(queue, one),
                               "wait": lambda waits, one: waits.wait(10, one),
                               "timeout": lambda waits, one: waits.wait(one)}.items():
                waits = joinmem.WaitSet()
                with self.subTest(name), self.raises(errno.EBADF, joinmem.Closed):
                    call(waits, Index(1, waits.close))

    def test_constructor_is_not_entered_twice(self):
        for kind, arguments in (joinmem.Queue, (8,)), (joinmem.ShmMem, (4096,)):
            outer, inner, made = self.name(), self.name(), kind.__new__(kind)
            with self.assertRaises(RuntimeError):
                made.__init__(Path(outer, lambda: made.__init__(inner, *arguments)), *arguments)
            self.assertFalse({outer, inner} & set(joinmem.segments()))
            made.__init__(outer, *arguments)  # it can be made after a failure
            self.assertTrue(made.created)
            with self.assertRaises(RuntimeError):
                made.__init__(inner, *arguments)
            self.assertEqual(made.name, outer)
            made.close()
            self.assertEqual(joinmem.inspect(outer).users, 0)

    def test_refused_constructor_changes_nothing(self):
        with joinmem.Queue(self.name(), "d") as queue:
            with self.assertRaises(RuntimeError):
                queue.__init__(None, "Q", spin_ns=5)
            queue.push(2.5)
            with queue.peek() as elements:
                self.assertEqual(elements[0], 2.5)
            self.assertEqual((queue._spec, queue._options["spin_ns"]), ("d", 0))
            self.assertIn("of 'd'", repr(queue))

    def test_conversion_cannot_change_the_sequence(self):
        """It finds the copy of the list through the collector, and empties it."""
        code = """
import gc, joinmem
class Number:
    def __index__(self):
        for found in gc.get_objects():
            if type(found) is list and found is not values and found[:1] == [self]:
                found.clear()
        return 1
values = [Number(), 2, 3]
queue = joinmem.Queue(None, "Q")
print(queue.push_many(values), queue.pop_many(3))
"""
        self.assertEqual(self.finish(self.process(code)), "3 [1, 2, 3]\n")

    def test_wrong_size_of_a_number_is_refused(self):
        """Only a caller of the private module can state it."""
        memory = joinmem._options.memory_options()
        with self.assertRaisesRegex(ValueError, "format 'd'"):
            joinmem._core.Queue(None, 1, 4, 4, memory, (0, 0, 0, 1, 0, 0), ("d", False, *[None] * 6))

    def test_nodes_are_not_truncated(self):
        with joinmem.Queue(None, "d") as queue, joinmem.LocalMem(4096) as memory:
            for node in 2**32, -2**32, 2**70:
                for of in queue, memory:
                    with self.assertRaises(OverflowError):
                        of.mbind(node)

    def test_error_of_a_buffer_is_raised(self):
        memory = joinmem.LocalMem(4096)
        memory.close()
        with joinmem.Queue(None, "Q") as queue, self.raises(errno.EBADF, joinmem.Closed):
            queue.push_many(memory)

    def test_counts_are_checked(self):
        with joinmem.Queue(None, "q", capacity=4) as queue:
            queue.push_many([1, 2, 3])
            for call in (queue.pop_many, queue.pop_some, queue.try_pop_many, queue.peek, queue.reserve,
                         queue.await_element, queue.await_room):
                for wrong in -1, -2**63, 2**64:
                    with self.assertRaises(OverflowError):
                        call(wrong)
                with self.assertRaises(TypeError):
                    call(1.5)
            for call in queue.peek, queue.reserve, queue.await_element, queue.await_room:
                with self.raises(errno.EINVAL):
                    call(0)
            for count in 2**60, 2**63, 2**64 - 1:
                with self.assertRaises(MemoryError):
                    queue.pop_many(count)
            self.assertEqual((len(queue.peek(2**64 - 1)), len(queue.reserve(2**64 - 1))), (3, 1))
            self.assertEqual((queue.pop_many(0), queue.pop_some(0), queue.try_pop_many(0)), ([], [], []))
            self.assertEqual((queue.push_many([]), queue.pop_into(bytearray())), (0, 0))
            self.assertEqual(queue.try_pop_many(2**64 - 1), [1, 2, 3])


class Buffers(Case):
    def test_forms_of_buffers(self):
        with joinmem.Queue(None, 8, capacity=8) as queue:
            whole = bytearray(range(64))
            for wrong in memoryview(whole)[:16:2], memoryview(whole)[7::-1]:
                with self.assertRaises(BufferError):
                    queue.push(wrong)
                with self.assertRaises(BufferError):
                    queue.push_many(wrong)
                with self.assertRaises(BufferError):
                    queue.pop_into(wrong)
            for unwritable in bytes(8), memoryview(whole)[:8].toreadonly():
                with self.assertRaises(BufferError):
                    queue.pop_into(unwritable)
                queue.push(unwritable)
            self.assertEqual(queue.pending, 2)
            queue.try_pop_many(2)
            queue.push(memoryview(whole)[1:9])  # at an odd address
            room = bytearray(17)
            self.assertEqual(queue.pop_into(memoryview(room)[9:]), 1)
            self.assertEqual(room[9:], whole[1:9])

    def test_buffer_keeps_its_size_while_it_is_filled(self):
        room = bytearray(16)
        with joinmem.Queue(None, 8, capacity=2) as queue:
            waiting = self.thread(queue.pop_into, room)
            self.until(lambda: is_exported(room))
            queue.push_many(bytes(16))
            self.assertEqual(waiting.result(), 2)
        room.append(1)

    def test_structures_without_alignment(self):
        class Packed(ctypes.Structure):
            _pack_ = 1
            _fields_ = [("flag", ctypes.c_uint8), ("price", ctypes.c_double), ("number", ctypes.c_uint32)]

        kinds = [(Packed, lambda n: Packed(n, n + 0.5, n), lambda p: (p.flag, p.price, p.number)),
                 ("<BdI", lambda n: (n, n + 0.5, n), tuple)]
        if numpy:
            dtype = numpy.dtype([("flag", "u1"), ("price", "f8"), ("number", "u4")])
            kinds.append((dtype, lambda n: numpy.array([(n, n + 0.5, n)], dtype)[0], lambda p: p.tolist()))
        for kind, make, read in kinds:
            with self.subTest(kind), joinmem.Queue(None, kind, capacity=8) as queue:
                self.assertEqual(queue.element_size, 13)
                queue.push(make(1))
                queue.push_many([make(2), make(3)])
                self.assertEqual(read(queue.pop()), (1, 1.5, 1))
                with queue.peek(2) as elements:
                    self.assertEqual(struct.unpack_from("<BdI", memoryview(elements).cast("B"), 13), (3, 3.5, 3))
                queue.push_many([make(4), make(5)])
                self.assertEqual([read(element) for element in queue.pop_many(2)], [(4, 4.5, 4), (5, 5.5, 5)])

    @needs_numpy
    def test_arrays_in_columns(self):
        columns = numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3))
        with joinmem.Queue(None, numpy.float64, capacity=8) as queue:
            self.assertEqual(queue.push_many(columns), 6)
            self.assertEqual(queue.pop_many(6).tolist(), [0, 1, 2, 3, 4, 5])
            with self.assertRaises(ValueError):
                queue.pop_into(columns)
        with joinmem.Queue(None, "d", capacity=8) as queue, self.assertRaises(TypeError):
            queue.push_many(columns)


def is_exported(room):
    try:
        room.append(0)
    except BufferError:
        return True
    del room[-1]
    return False


class Handlers(Case):
    def test_handler_that_closes_ends_every_wait(self):
        def close(*_):
            for made in queue, full, waits, memory:
                made.close()

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, close))
        for wait in (lambda: queue.pop(), lambda: list(queue), lambda: queue.pop_many(5), lambda: queue.pop_some(5),
                     lambda: queue.pop_into(bytearray(80)), lambda: queue.peek(), lambda: queue.await_element(),
                     lambda: full.push(1), lambda: full.push_many(range(5)), lambda: full.reserve(),
                     lambda: full.await_room(), lambda: waits.wait(), lambda: memory.initialise().__enter__()):
            queue, full, waits = joinmem.Queue(None, "d"), joinmem.Queue(None, "q", capacity=1), joinmem.WaitSet()
            name = self.name()
            memory, other = joinmem.ShmMem(name, 4096), joinmem.ShmMem(name, 4096)
            full.push(0)
            waits.add(queue)
            with other.initialise():
                signal.setitimer(signal.ITIMER_REAL, 0.005)
                with self.raises(errno.ECANCELED, joinmem.Canceled):
                    wait()

    def test_handler_that_adds_to_a_set_gets_a_key_of_its_own(self):
        """It may run before any line of add(), and so may another thread."""
        line, reached = 1, True
        while reached:
            with joinmem.WaitSet() as waits, joinmem.Queue(None, "d") as one, joinmem.Queue(None, "d") as two:
                reached = at_line(line, lambda: waits.add(two, data="two"), lambda: waits.add(one, data="one"),
                                  _wait_set)
                if reached:
                    one.push(1)
                    two.push(2)
                    self.assertEqual({event.data: event.queue for event in waits.wait()}, {"one": one, "two": two})
            line += 1
        self.assertGreater(line, 5)


if __name__ == "__main__":
    main()
