# SPDX-License-Identifier: MIT
"""Zero copy: pieces of a queue, to read or write in place."""
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Type

if TYPE_CHECKING:
    from ._queue import Queue


class _Piece:
    """A piece of a queue, open until the elements are finished."""

    __slots__ = ("_queue", "_open", "view", "count")

    def __init__(self, queue: "Queue[Any]", region: Any, view: Any) -> None:
        self._queue = queue
        self._open = True
        self.view = view
        self.count = len(region)

    def __enter__(self) -> Any:
        return self.view

    def __len__(self) -> int:
        return self.count

    def _close(self) -> None:
        """Makes a memoryview unusable, as the memory belongs to the other side now. Arrays have no such state."""
        self._open = False
        view, self.view = self.view, None
        if isinstance(view, memoryview):
            try:
                view.release()
            except BufferError:
                pass  # a slice of it is in use

    def _number(self, count: Optional[int]) -> int:
        if not self._open:
            raise ValueError("the elements of this piece are finished")
        return self.count if count is None else count


class Peek(_Piece):
    """Elements to read in place: the result of Queue.peek(). The end of the block removes them from the queue.

    If the block raises, they stay in the queue. release(n) inside the block removes the first n of them only.
    """

    __slots__ = ()

    def release(self, count: Optional[int] = None) -> None:
        """Removes the first count elements from the queue, by default all of the piece."""
        number = self._number(count)
        if number != 0:
            self._queue._release(number)
        self._close()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        try:
            if self._open and kind is None:
                self.release()
        finally:
            self._close()


class Reservation(_Piece):
    """Room to write in place: the result of Queue.reserve(). The end of the block publishes the elements.

    If the block raises, none is published. commit(n) inside the block publishes the first n of them only.
    """

    __slots__ = ()

    def commit(self, count: Optional[int] = None) -> None:
        """Publishes the first count elements, by default all of the piece."""
        number = self._number(count)
        if number != 0:
            self._queue._commit(number)
        self._close()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        try:
            if self._open and kind is None:
                self.commit()
        finally:
            self._close()
