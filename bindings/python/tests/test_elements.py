# SPDX-License-Identifier: MIT
"""What elements can be: numbers, tuples, ctypes, numpy."""
import array
import ctypes
import struct

from support import Case, main, needs_numpy, numpy

import joinmem


class Tick(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint64), ("price", ctypes.c_double), ("text", ctypes.c_char * 8)]


class Formats(Case):
    def test_numbers(self):
        for code, values in {"b": (-128, 127), "B": (0, 255), "h": (-2**15, 2**15 - 1), "H": (0, 2**16 - 1),
                             "i": (-2**31, 2**31 - 1), "I": (0, 2**32 - 1), "l": (-2**63, 2**63 - 1), "<l": (-5, 5),
                             "L": (0, 2**64 - 1), "q": (-2**63, 2**63 - 1), "Q": (0, 2**64 - 1), "n": (-1, 1),
                             "N": (0, 1), "f": (0.5, -1.25), "d": (0.1, -1e300), "?": (True, False), ">i": (-2, 7),
                             ">d": (0.1, 5.0), "e": (0.5, 2.0), "c": (b"x", b"\0")}.items():
            with self.subTest(code), joinmem.Queue(None, code, capacity=8) as queue:
                self.assertEqual(queue.element_size, struct.calcsize(code))
                for value in values:
                    queue.push(value)
                self.assertEqual([queue.pop(), queue.pop()], list(values))
                self.assertEqual(queue.push_many(values), 2)
                self.assertEqual(queue.pop_many(2), list(values))
                self.assertEqual(queue.push_many(value for value in values), 2)
                self.assertEqual(type(queue.pop()), type(values[0]))

    def test_numbers_are_checked(self):
        for code, wrong in {"b": (128, -129), "B": (256,), "H": (65536,), "i": (2**31,), "I": (2**32,),
                            "q": (2**63,), "Q": (2**64,)}.items():
            with joinmem.Queue(None, code) as queue:
                for value in wrong:
                    with self.assertRaises(OverflowError):
                        queue.push(value)
                    with self.assertRaises(OverflowError):
                        queue.push_many([0, value])
                for value in "1", None, 1.5:
                    with self.assertRaises(TypeError):
                        queue.push(value)
                self.assertEqual(queue.pending, 0)
        with joinmem.Queue(None, "Q") as queue, self.assertRaises((OverflowError, ValueError)):
            queue.push(-1)
        with joinmem.Queue(None, "d") as queue, self.assertRaises(TypeError):
            queue.push("1")
        with joinmem.Queue(None, "f") as queue:
            for value in 3.5e38, -1e300:
                with self.assertRaises(OverflowError):
                    queue.push(value)
                with self.assertRaises(OverflowError):
                    queue.push_many([1.0, value])
            queue.push_many([float("inf"), float("-inf"), 3.4e38])
            self.assertEqual(queue.pop_many(2), [float("inf"), float("-inf")])

    def test_buffers_of_the_same_numbers_are_taken_whole(self):
        with joinmem.Queue(None, "i", capacity=8) as queue:
            self.assertEqual(queue.push_many(array.array("i", [1, -2, 3])), 3)
            self.assertEqual(queue.push_many(array.array("h", [4, 5])), 2)  # other numbers are converted
            self.assertEqual(queue.push_many(memoryview(array.array("i", range(6)))[::3]), 2)
            self.assertEqual(queue.pop_many(7), [1, -2, 3, 4, 5, 0, 3])
            room = array.array("i", bytes(16))
            queue.push_many((6, 7, 8))
            self.assertEqual((queue.pop_some_into(room), room.tolist()), (3, [6, 7, 8, 0]))

    def test_tuples(self):
        with joinmem.Queue(None, "<Qd5s", capacity=8) as queue:
            self.assertEqual(queue.element_size, 21)
            queue.push((1, 0.5, b"abcde"))
            queue.push_many([(2, 1.5, b"x"), (3, 2.5, b"")])
            self.assertEqual(queue.pop(), (1, 0.5, b"abcde"))
            self.assertEqual(queue.pop_many(2), [(2, 1.5, b"x\0\0\0\0"), (3, 2.5, bytes(5))])
            self.assertEqual(queue.push_many(struct.pack("<Qd5s", 4, 3.5, b"y")), 1)
            self.assertEqual(queue.pop()[0], 4)
            for wrong in [1, 0.5, b"x"], 5, (1, 2):
                with self.assertRaises((TypeError, struct.error)):
                    queue.push(wrong)
        with joinmem.Queue(None, "8s", capacity=8) as queue:  # one item: the value itself
            queue.push(b"text")
            queue.push_many([b"a", b"b"])
            self.assertEqual(queue.pop(), b"text\0\0\0\0")
            self.assertEqual(queue.pop_many(2), [b"a" + bytes(7), b"b" + bytes(7)])

    def test_wrong_formats(self):
        for text in "f8", "", "P", "QP", "hello":
            with self.assertRaises(ValueError):
                joinmem.Queue(None, text)
        for other in 1.5, True, object():
            with self.assertRaises(TypeError):
                joinmem.Queue(None, other)

    def test_large_elements(self):
        for size in 1024, 1025, 65536:
            with joinmem.Queue(None, size, capacity=4) as queue:
                value = bytes(range(256)) * (size // 256) + bytes(size % 256)
                queue.push(value)
                queue.push(bytearray(value))
                self.assertEqual(queue.pop(), value)
                self.assertEqual(queue.try_pop(), value)
                self.assertIsNone(queue.try_pop(None))

    def test_structures(self):
        with joinmem.Queue(None, Tick, capacity=8) as queue:
            self.assertEqual(queue.element_size, ctypes.sizeof(Tick))
            queue.push(Tick(1, 0.5, b"one"))
            self.assertEqual(queue.push_many([Tick(2), Tick(3)]), 2)
            self.assertEqual(queue.push_many((Tick * 2)(Tick(4), Tick(5))), 2)
            tick = queue.pop()
            self.assertIsInstance(tick, Tick)
            self.assertEqual((tick.number, tick.price, tick.text), (1, 0.5, b"one"))
            tick.number = 9  # its own memory
            ticks = queue.pop_some(8)
            self.assertEqual([tick.number for tick in ticks], [2, 3, 4, 5])
            self.assertEqual(len(queue.try_pop_many(8)), 0)
            for wrong in 5, (1, 2.0, b""), bytes(24):
                with self.assertRaises(TypeError):
                    queue.push(wrong)
            with self.assertRaises(TypeError):
                queue.push_many([5])
            with queue.reserve(2) as room:
                room[0].number, room[1].number = 7, 8
            with queue.peek(2) as elements:
                self.assertEqual([element.number for element in elements], [7, 8])

    def test_pointers_are_refused(self):
        """An element of another process would be an address that means nothing here."""
        class Inner(ctypes.Structure):
            _fields_ = [("text", ctypes.c_char_p)]

        class Outer(ctypes.Structure):
            _fields_ = [("number", ctypes.c_int), ("inner", Inner * 2)]

        class Derived(Outer):
            _fields_ = [("more", ctypes.c_int)]

        class Choice(ctypes.Union):
            _fields_ = [("number", ctypes.c_int64), ("function", ctypes.CFUNCTYPE(None))]

        class Pointed(ctypes.Structure):
            _fields_ = [("pointer", ctypes.POINTER(ctypes.c_int))]

        for wrong in (ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_wchar_p, Inner, Outer, Derived,
                      Choice, Pointed, ctypes.py_object * 3):
            with self.subTest(wrong), self.assertRaisesRegex(ValueError, "pointer"):
                joinmem.Queue(None, wrong)
        for right in ctypes.c_wchar, ctypes.c_int * 3, ctypes.BigEndianStructure.__class__(
                "Big", (ctypes.BigEndianStructure,), {"_fields_": [("number", ctypes.c_int, 5)]}):
            joinmem.Queue(None, right).close()

    def test_failed_decoding_is_an_exception(self):
        class Broken(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int)]

            @classmethod
            def from_buffer_copy(cls, *_):
                raise ZeroDivisionError

        with joinmem.Queue(None, Broken) as queue:
            queue.push(Broken(1))
            with self.assertRaises(ZeroDivisionError):
                queue.pop()


@needs_numpy
class Arrays(Case):
    def test_scalars_and_batches(self):
        for kind in "i1 u1 i2 u2 i4 u4 i8 u8 f4 f8 ? >i4 f2 c16 S5 M8[s]".split():
            dtype = numpy.dtype(kind)
            with self.subTest(kind), joinmem.Queue(None, dtype, capacity=8) as queue:
                values = numpy.array([0, 1, 1, 0, 1]).astype(dtype)
                queue.push(values[0])
                queue.push(values[1])
                self.assertEqual([queue.pop(), queue.pop()], values[:2].tolist() if dtype.kind in "iufb"
                                 else list(values[:2]))
                self.assertEqual(queue.push_many(values), 5)
                batch = queue.pop_many(5)
                self.assertIsInstance(batch, numpy.ndarray)
                self.assertEqual(batch.dtype, dtype)
                self.assertTrue((batch == values).all())
                batch[0] = values[1]  # its own memory
                self.assertEqual(queue.push_many(values[::2]), 3)
                self.assertTrue((queue.pop_some(8) == values[::2]).all())
                self.assertEqual(queue.push_many(list(values)), 5)
                self.assertEqual(len(queue.try_pop_many(8)), 5)
                self.assertEqual(queue.try_pop_many(8).shape, (0,))

    def test_records(self):
        dtype = numpy.dtype([("number", "u8"), ("price", "f4"), ("text", "S4")], align=True)
        with joinmem.Queue(None, dtype, capacity=2048) as queue:
            queue.push((1, 0.5, b"one"))
            records = numpy.zeros(1024, dtype)
            records["number"] = range(1024)
            queue.push(records[7])
            queue.push(records[8:9])
            self.assertEqual(queue.push_many(records), 1024)
            self.assertEqual(queue.push_many([(5, 1.5, b"x")]), 1)
            first = queue.pop()
            self.assertEqual((first["number"], first["price"], first["text"]), (1, 0.5, b"one"))
            first["number"] = 2
            self.assertEqual([queue.pop()["number"], queue.pop()["number"]], [7, 8])
            batch = queue.pop_many(1024)
            self.assertTrue((batch == records).all())
            self.assertEqual(queue.pop().tolist(), (5, 1.5, b"x"))
            with self.assertRaises((TypeError, ValueError)):
                queue.push_many(numpy.zeros(3, [("other", "f8")]))

    def test_rows(self):
        with joinmem.Queue(None, numpy.dtype(("f8", (2, 3))), capacity=8) as queue:
            self.assertEqual(queue.element_size, 48)
            row = numpy.arange(6.0).reshape(2, 3)
            queue.push(row)
            queue.push_many(numpy.array([row + 1, row + 2]))
            self.assertTrue((queue.pop() == row).all())
            batch = queue.pop_many(2)
            self.assertEqual(batch.shape, (2, 2, 3))
            self.assertTrue((batch[1] == row + 2).all())

    def test_conversions_lose_nothing(self):
        with joinmem.Queue(None, numpy.int32, capacity=8) as queue:
            queue.push(numpy.int64(5))
            queue.push_many(numpy.array([6], "i2"))
            with self.assertRaises(TypeError):
                queue.push_many(numpy.array([1.5]))
            with self.assertRaises(TypeError):
                queue.push(numpy.float64(1.5))
            self.assertEqual(queue.pop_many(2).tolist(), [5, 6])
        with self.assertRaises(ValueError):
            joinmem.Queue(None, numpy.dtype(object))

    def test_pieces_are_arrays(self):
        with joinmem.Queue(None, numpy.float64, capacity=8) as queue:
            with queue.reserve(4) as room:
                room[:] = [1, 2, 3, 4]
            with queue.peek(8) as elements:
                self.assertEqual(elements.sum(), 10)
                with self.assertRaises(ValueError):
                    elements[0] = 5


if __name__ == "__main__":
    main()
