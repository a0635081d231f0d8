# SPDX-License-Identifier: MIT
"""peek and reserve: pieces of an spsc, in place."""
import errno
import gc

from support import Case, main, needs_numpy, numpy

import joinmem


class Pieces(Case):
    def test_block_commits_and_releases(self):
        with joinmem.Queue(None, 4, capacity=4) as queue:
            with queue.reserve(2) as room:
                self.assertEqual(len(room), 8)
                room[:] = b"abcdefgh"
            self.assertEqual(queue.pending, 2)
            with queue.peek(9) as elements:
                self.assertEqual(bytes(elements), b"abcdefgh")
                self.assertTrue(elements.readonly)
                self.assertEqual(queue.pending, 2)
            self.assertEqual(queue.pending, 0)
            for view in room, elements:
                with self.assertRaisesRegex(ValueError, "released"):
                    view[0]

    def test_numbers_in_place(self):
        with joinmem.Queue(None, "d", capacity=4) as queue:
            with queue.reserve(3) as room:
                room[0], room[1], room[2] = 1.5, 2.5, 3.5
            with queue.peek(2) as elements:
                self.assertEqual(elements.tolist(), [1.5, 2.5])
            self.assertEqual(queue.pop(), 3.5)

    def test_exception_leaves_the_elements(self):
        with joinmem.Queue(None, "i", capacity=4) as queue:
            with self.assertRaises(ZeroDivisionError):
                with queue.reserve(2) as room:
                    room[0] = 1
                    raise ZeroDivisionError
            self.assertEqual(queue.pending, 0)
            queue.push_many([1, 2])
            with self.assertRaises(ZeroDivisionError):
                with queue.peek(2):
                    raise ZeroDivisionError
            self.assertEqual(queue.pop_many(2), [1, 2])

    def test_view_ends_with_the_block_in_any_case(self):
        """Another push took the room, so a write to it would change an element that is published."""
        with joinmem.Queue(None, "i", capacity=4) as queue:
            with self.raises(errno.EINVAL):
                with queue.reserve(2) as room:
                    queue.push(7)
            queue.push(8)
            with self.raises(errno.EINVAL):
                with queue.peek(2) as elements:
                    queue.pop()
            for view in room, elements:
                with self.assertRaisesRegex(ValueError, "released"):
                    view[0]
            self.assertEqual(queue.pop(), 8)

    def test_part_of_a_piece(self):
        with joinmem.Queue(None, "i", capacity=4) as queue:
            piece = queue.reserve(4)
            with piece as room:
                room[0] = 7
                piece.commit(1)
            self.assertEqual(queue.pending, 1)
            with self.assertRaisesRegex(ValueError, "finished"):
                piece.commit()
            queue.push(8)
            piece = queue.peek(2)
            self.assertEqual(len(piece), 2)
            with self.raises(errno.EINVAL):
                piece.release(3)
            piece.release(1)
            self.assertEqual(queue.pop(), 8)
            queue.try_reserve(1).commit(0)  # none
            self.assertEqual(queue.pending, 0)

    def test_full_and_empty(self):
        with joinmem.Queue(None, "i", capacity=1) as queue:
            with self.raises(errno.EAGAIN, joinmem.Empty):
                queue.try_peek()
            with self.raises(errno.ETIMEDOUT, joinmem.PopTimeout):
                queue.peek(1, timeout=0.001)
            with self.raises(errno.ETIMEDOUT, joinmem.PopTimeout):
                queue.peek(timeout=0)
            queue.push(1)
            with self.raises(errno.EAGAIN, joinmem.Full):
                queue.try_reserve()
            with self.raises(errno.ETIMEDOUT, joinmem.PushTimeout):
                queue.reserve(1, 0.001)
            queue.shutdown()
            with self.raises(errno.EPIPE):
                queue.reserve()
        with joinmem.Queue(None, "i", kind="mpsc") as queue:
            for call in queue.peek, queue.reserve, queue.try_peek, queue.try_reserve:
                with self.raises(errno.ENOTSUP):
                    call()

    def test_waiting_piece_is_woken(self):
        with joinmem.Queue(None, "i", capacity=1) as queue:
            waiting = self.thread(queue.peek)
            queue.push(5)
            piece = waiting.result()
            self.assertEqual(piece.view[0], 5)
            waiting = self.thread(queue.reserve)
            piece.release()
            with waiting.result() as room:
                room[0] = 6
            self.assertEqual(queue.pop(), 6)

    def test_piece_outlives_close(self):
        name = self.name()
        queue = joinmem.Queue(name, 4096, capacity=4)
        queue.push(b"a" * 4096)
        piece = queue.peek()
        queue.close()
        self.assertEqual(bytes(piece.view[:2]), b"aa")
        self.assertEqual(joinmem.inspect(name).users, 1)
        with self.raises(errno.EBADF, joinmem.Closed):
            piece.release()
        del queue, piece
        gc.collect()
        self.assertEqual(joinmem.inspect(name).users, 0)
        with joinmem.Queue(name, 4096, capacity=4) as queue:
            self.assertEqual(queue.pending, 1)

    def test_close_with_a_piece_ends_waits(self):
        queue = joinmem.Queue(None, "i", capacity=1)
        piece = queue.try_reserve()
        waiting = self.thread(queue.pop)
        queue.close()
        with self.raises(errno.ECANCELED, joinmem.Canceled):
            waiting.result()
        del piece

    @needs_numpy
    def test_array_outlives_close(self):
        queue = joinmem.Queue(None, numpy.float64, capacity=4)
        queue.push_many([1.0, 2.0])
        with queue.peek(2) as array:
            pass
        queue.close()
        self.assertEqual(array.sum(), 3)  # nothing was pushed since
        del array


if __name__ == "__main__":
    main()
