# SPDX-License-Identifier: MIT
"""LocalMem and ShmMem."""
import errno
import gc
import os
import threading

from support import Case, main, needs_numpy, numpy

import joinmem


class Memory(Case):
    def test_buffer_has_every_byte(self):
        with joinmem.LocalMem(5000) as memory:
            view = memoryview(memory)
            self.assertEqual(len(view), len(memory))
            self.assertEqual(memory.size % os.sysconf("SC_PAGESIZE"), 0)
            view[4999] = 7
            self.assertEqual(bytes(view[4998:5000]), b"\0\7")
            self.assertFalse(view.readonly)

    def test_processes_see_the_same_bytes(self):
        name = self.name()
        with joinmem.ShmMem(name, 4096) as memory:
            self.assertTrue(memory.created)
            self.assertTrue(memory.named)
            self.assertEqual(memory.name, name)
            memoryview(memory)[:3] = b"abc"
            code = "import joinmem, sys; m = joinmem.ShmMem(sys.argv[1], mode='open'); v = memoryview(m)\n" \
                   "assert not m.created; print(bytes(v[:3])); v[0] = 120"
            self.assertEqual(self.finish(self.process(code, name)), "b'abc'\n")
            self.assertEqual(bytes(memoryview(memory)[:3]), b"xbc")

    def test_view_outlives_close(self):
        for memory in joinmem.LocalMem(1 << 22), joinmem.ShmMem(self.name(), 1 << 22):
            view = memoryview(memory)
            view[-1] = 1
            memory.close()
            self.assertTrue(memory.closed)
            memory.close()
            with self.raises(errno.EBADF, joinmem.Closed, ValueError):
                memory.size
            with self.raises(errno.EBADF, ValueError):
                memoryview(memory)
            with self.raises(errno.EBADF, ValueError):
                len(memory)
            self.assertEqual(view[-1], 1)
            view[0] = 2
            del memory
            gc.collect()
            self.assertEqual(view[0], 2)
            self.assertEqual(bytes(view[1:3]), b"\0\0")

    def test_mapping_goes_with_the_last_view(self):
        name = self.name()
        joinmem.ShmMem(name, 1 << 20).close()  # its creator maps the file before it has a name
        memory = joinmem.ShmMem(name, 1 << 20)
        view, other = memoryview(memory), memoryview(memory)
        memory.close()
        self.assertTrue(is_mapped(name))
        view.release()
        self.assertTrue(is_mapped(name))
        del other
        self.assertFalse(is_mapped(name))

    def test_read_only_memory_refuses_writes(self):
        name = self.name()
        with joinmem.ShmMem(name, 4096) as memory, joinmem.ShmMem(name, read_only=True) as reader:
            self.assertTrue(reader.read_only)
            view = memoryview(reader)
            self.assertTrue(view.readonly)
            memoryview(memory)[0] = 9
            self.assertEqual(view[0], 9)
            with self.assertRaises(TypeError):
                view[0] = 1
        with self.raises(errno.EINVAL, joinmem.Invalid, ValueError):
            joinmem.ShmMem(name, 4096, mode="create", read_only=True)

    def test_modes_and_names(self):
        name = self.name()
        with self.raises(errno.ENOENT, joinmem.NotFound, FileNotFoundError) as found:
            joinmem.ShmMem(name, mode="open")
        self.assertIn(name, found.error.strerror)
        with joinmem.ShmMem(name, 4096, mode="create", permissions=0o640):
            self.assertEqual(joinmem.inspect(name).permissions, 0o640)
            with self.raises(errno.EEXIST, joinmem.Exists, FileExistsError):
                joinmem.ShmMem(name, 4096, mode="create")
            with self.raises(errno.EINVAL, joinmem.Invalid):
                joinmem.ShmMem(name, 8192)
        with self.raises(errno.EINVAL, joinmem.Invalid):
            joinmem.ShmMem("/a/b", 4096)
        with self.raises(errno.ENAMETOOLONG):
            joinmem.ShmMem("/" + "a" * 300, 4096)
        for wrong in (lambda: joinmem.ShmMem(name, 4096, mode="sometimes"), lambda: joinmem.LocalMem(1, huge="big")):
            with self.assertRaisesRegex(ValueError, "is one of"):
                wrong()
        with self.assertRaises(TypeError):
            joinmem.ShmMem(None, 4096)
        with self.assertRaises((OverflowError, ValueError)):
            joinmem.LocalMem(-1)

    def test_unlink_removes_the_name_only(self):
        name = self.name()
        with joinmem.ShmMem(name, 4096) as memory:
            memory.unlink()
            self.assertFalse(memory.named)
            memoryview(memory)[0] = 1
        self.assertNotIn(name, joinmem.segments())

    def test_placement_is_a_report(self):
        with joinmem.LocalMem(1 << 16, huge="never") as memory:
            report = memory.placement()
            self.assertEqual((report.requested_huge, report.size, report.shared), ("never", 1 << 16, False))
            self.assertEqual(report.fallback_reasons, [])
            self.assertIn("LocalMem of 65536 bytes", repr(memory))
            memory.mlock()
            memory.munlock()
            self.assertIsInstance(memory.page_size, int)
            with self.raises(errno.ERANGE):
                memory.node_of(1 << 20)
        self.assertIn("closed", repr(memory))

    def test_one_process_initialises(self):
        with joinmem.ShmMem(self.name(), 4096) as memory:
            with self.assertRaisesRegex(RuntimeError, "planted"):
                with memory.initialise(64) as first:
                    self.assertTrue(first)
                    raise RuntimeError("planted")
            with memory.initialise(64) as first:
                self.assertTrue(first)
                with self.raises(errno.ETIMEDOUT, joinmem.Timeout, TimeoutError):
                    with memory.initialise(64, timeout=0.01):
                        pass
            with memory.initialise(64) as first:
                self.assertFalse(first)
            with self.raises(errno.EINVAL):
                with memory.initialise(3):
                    pass

    def test_close_ends_a_wait_for_initialisation(self):
        with joinmem.ShmMem(self.name(), 4096) as memory:
            view = memoryview(memory)  # delays the end of the mapping
            with memory.initialise():
                other = joinmem.ShmMem(memory.name, mode="open")
                started = threading.Event()

                def wait():
                    started.set()
                    with other.initialise():
                        pass

                thread = self.thread(wait)
                started.wait()
                kept = memoryview(other)
                other.close()
                with self.raises(errno.ECANCELED, joinmem.Canceled):
                    thread.result()
                del kept
            del view

    @needs_numpy
    def test_arrays_are_not_copies(self):
        memory = joinmem.ShmMem(self.name(), 4096)
        array = memory.array("f8", (4, 8), offset=64)
        array[3, 7] = 2.5
        self.assertEqual(numpy.frombuffer(memory, "f8")[8 + 31], 2.5)
        self.assertEqual(memory.array("u2").shape, (2048,))
        memory.close()
        self.assertEqual(array[3, 7], 2.5)
        array += 1
        self.assertEqual(array[0, 0], 1)
        with self.assertRaisesRegex(ValueError, "shared memory"):
            joinmem.LocalMem(64).array(object)
        with self.assertRaises((TypeError, ValueError)):
            joinmem.LocalMem(64).array("f8", 1 << 20)

    @needs_numpy
    def test_array_made_by_numpy_outlives_close(self):
        name = self.name()
        joinmem.ShmMem(name, 4096).close()
        for make in (lambda memory: numpy.ndarray((512,), "u8", buffer=memory),
                     lambda memory: numpy.frombuffer(memory, "u8"),
                     lambda memory: numpy.ndarray((512,), "u8", buffer=memoryview(memory)),
                     lambda memory: numpy.asarray(memory).view("u8")):
            memory = joinmem.ShmMem(name, 4096)
            array = make(memory)
            array[5] = 7
            memory.close()
            del memory
            gc.collect()
            self.assertEqual((array[5], array.sum()), (7, 7))
            self.assertTrue(is_mapped(name))
            array[5] = 0
            del array
            self.assertFalse(is_mapped(name))

    @needs_numpy
    def test_arrays_of_read_only_memory_are_read_only(self):
        name = self.name()
        with joinmem.ShmMem(name, 4096), joinmem.ShmMem(name, read_only=True) as reader:
            with self.assertRaises(ValueError):
                reader.array("i4")[0] = 1


def is_mapped(name):
    with open("/proc/self/maps", encoding="utf-8") as file:
        return name in file.read()


if __name__ == "__main__":
    main()
