# SPDX-License-Identifier: MIT
"""Queues between threads or processes."""
import os
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncIterator, Optional, Type, TypeVar, Union, overload

from . import _aio, _core
from ._elements import element_of
from ._options import KINDS, Huge, Kind, Mode, memory_options, number_of
from ._regions import Peek, Reservation
from ._reports import Placement, Producer, Stats, read_report

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
P = TypeVar("P", Peek, Reservation)
Name = Union[str, bytes, "os.PathLike[str]", None]


class Queue(_core.Queue[T]):
    """A bounded queue of elements of one size, delivered in push order, which survives the death of its processes.

    >>> import joinmem
    >>> with joinmem.Queue("/example-queue", "Qd", capacity=16) as queue:
    ...     queue.push((7, 0.5))
    ...     queue.push_many([(8, 1.5), (9, 2.5)])
    ...     queue.pop()
    ...     queue.shutdown()
    ...     list(queue)
    2
    (7, 0.5)
    [(8, 1.5), (9, 2.5)]
    >>> joinmem.unlink("/example-queue")

    name: every process that opens it gets the same queue, also in other languages; it stays until unlink(). None makes
    a private queue, between threads.

    element: what a value is.
      - a number of bytes, 1 to 65536: values are bytes; push takes any buffer of that size
      - a format of the struct module, as "d" or "<Q16s": values are numbers or, for several items, tuples
      - a class of ctypes, as a Structure without pointers: values are its instances
      - a dtype of numpy, or what numpy.dtype takes: values are scalars or records, and batches are arrays
      - None, with mode="open": bytes, of the size that the queue has

    kind: "spsc" connects one producer and one consumer at a time and is the default, "mpsc" many producers and one
    consumer, "mpmc" many of both. capacity: elements, rounded up to a power of two, 1024 by default. With mode="open"
    both default to those of the queue.

    mode: "either" creates the queue or opens it, "create" raises Exists, "open" raises NotFound. type_id: any number,
    which must be equal in all programs, unless it is 0. tag: any number, which the creator stores. max_producers: the
    producer slots of an mpsc or mpmc; 0 means 256. exclusive: of a shared spsc, one object is the producer, and one the
    consumer; others get an Error with EBUSY. owner_dead: a pop that waits raises ProducersDead when no producer is left
    and at least one was killed. spin_ns: how long calls spin before they sleep; 0 adapts, -1: not at all. The others
    are options of ShmMem.

    Threads may use a queue at the same time as its kind allows. Calls that wait release the GIL, and Ctrl-C interrupts
    them. A timeout is in seconds; None waits without limit, 0 tries once.
    """

    __slots__ = ("_text", "_view", "_spec", "_options", "_hubs", "_canceled", "_turn", "__weakref__")

    _hubs: dict[int, "weakref.ref[_aio.Hub]"]  # by their numbers; some may be gone

    @overload
    def __init__(self: "Queue[bytes]", name: Name, element: Union[int, None] = None, *, kind: Optional[Kind] = None,
                 capacity: Optional[int] = None, mode: Mode = "either", max_producers: int = 0, type_id: int = 0,
                 tag: int = 0, owner_dead: bool = False, exclusive: bool = True, spin_ns: int = 0,
                 huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None, prefault: bool = True,
                 lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None: ...

    @overload
    def __init__(self: "Queue[Any]", name: Name, element: "Type[np.generic]", *, kind: Optional[Kind] = None,
                 capacity: Optional[int] = None, mode: Mode = "either", max_producers: int = 0, type_id: int = 0,
                 tag: int = 0, owner_dead: bool = False, exclusive: bool = True, spin_ns: int = 0,
                 huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None, prefault: bool = True,
                 lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None: ...

    @overload
    def __init__(self, name: Name, element: Type[T], *, kind: Optional[Kind] = None,
                 capacity: Optional[int] = None, mode: Mode = "either", max_producers: int = 0, type_id: int = 0,
                 tag: int = 0, owner_dead: bool = False, exclusive: bool = True, spin_ns: int = 0,
                 huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None, prefault: bool = True,
                 lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None: ...

    @overload
    def __init__(self: "Queue[Any]", name: Name, element: Any, *, kind: Optional[Kind] = None,
                 capacity: Optional[int] = None, mode: Mode = "either", max_producers: int = 0, type_id: int = 0,
                 tag: int = 0, owner_dead: bool = False, exclusive: bool = True, spin_ns: int = 0,
                 huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None, prefault: bool = True,
                 lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None: ...

    def __init__(self, name: Name, element: Any = None, *, kind: Optional[Kind] = None,
                 capacity: Optional[int] = None, mode: Mode = "either", max_producers: int = 0, type_id: int = 0,
                 tag: int = 0, owner_dead: bool = False, exclusive: bool = True, spin_ns: int = 0,
                 huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None, prefault: bool = True,
                 lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None:
        opening = mode == "open" and name is not None
        if element is None and not opening:
            raise TypeError('a queue needs the size or type of its elements, unless mode="open" takes the size it has')
        known = element_of(element)
        memory = memory_options(mode=mode, huge=huge, huge_page_size=huge_page_size, node=node, prefault=prefault,
                                lock=lock, permissions=permissions, only_ours=only_ours)
        number = 0 if kind is None and opening else number_of(KINDS, "kind", "spsc" if kind is None else kind)
        super().__init__(name, number, (0 if opening else 1024) if capacity is None else capacity, known.size, memory,
                         (max_producers, type_id, tag, int(exclusive), int(owner_dead), spin_ns), known.core())
        self._text, self._view, self._spec = known.text, known.view, element
        self._options = {"type_id": type_id, "owner_dead": owner_dead, "exclusive": exclusive, "spin_ns": spin_ns}
        self._hubs, self._canceled, self._turn = {}, False, 0

    def __repr__(self) -> str:
        if self.closed:
            return "<joinmem.Queue, closed>"
        return (f"<joinmem.Queue {self.name or 'private'} {self.kind} of {self._text}, "
                f"{self.pending} of {self.capacity}>")

    def __enter__(self: "Queue[T]") -> "Queue[T]":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __reduce__(self) -> Any:
        if not self.name:
            raise TypeError("a private queue cannot be pickled, as no other process can open it; give it a name")
        return _reopen, (type(self), self.name, self._spec, self.kind, self._options)

    def close(self) -> None:
        """Closes the queue. Calls of other threads that wait raise Canceled, and so do coroutines. The name stays."""
        super().close()
        self._notify()

    def cancel(self) -> None:
        """Ends the waits of this object, and all until resume(), with Canceled: of threads and of coroutines."""
        super().cancel()
        self._canceled = True
        self._notify()

    def resume(self) -> None:
        """Undoes cancel(), once the cancelled calls have returned."""
        self._canceled = False
        super().resume()

    def _notify(self) -> None:
        """Lets the coroutines that wait find out that they are to end."""
        hubs: dict[int, "weakref.ref[_aio.Hub]"] = getattr(self, "_hubs", {})  # none: the constructor failed
        for known in list(hubs.values()):
            hub = known()
            if hub is not None:
                hub.notify(self)

    def unlink(self) -> None:
        """Removes the name. Processes that have the queue open, this one too, keep it."""
        if self.name:
            _core.unlink(self.name)

    def peek(self, count: int = 1, timeout: Optional[float] = None) -> Peek:
        """Gives up to count elements of an spsc to read in place; waits for the first. The end of the block pops them.

        The block gets a memoryview or, for a dtype, an array, for reading only (for ctypes, a copy).

        >>> import joinmem
        >>> with joinmem.Queue(None, "I", capacity=8) as queue:
        ...     queue.push_many(range(3))
        ...     with queue.peek(8) as numbers:
        ...         list(numbers)
        ...     queue.pending
        3
        [0, 1, 2]
        0
        """
        return self._piece(Peek, self._peek(count, timeout))

    def try_peek(self, count: int = 1) -> Peek:
        """Does the same without waiting, or raises Empty."""
        return self._piece(Peek, self._peek(count, None, False))

    def reserve(self, count: int = 1, timeout: Optional[float] = None) -> Reservation:
        """Gives room for up to count elements of an spsc to write in place; waits for room for one.

        The block gets a memoryview or an array; its end publishes all of them. commit(n) publishes the first n.

        >>> import joinmem
        >>> with joinmem.Queue(None, "I", capacity=8) as queue:
        ...     with queue.reserve(2) as numbers:
        ...         numbers[0], numbers[1] = 7, 8
        ...     queue.pop_many(2)
        [7, 8]
        """
        return self._piece(Reservation, self._reserve(count, timeout))

    def try_reserve(self, count: int = 1) -> Reservation:
        """Does the same without waiting, or raises Full."""
        return self._piece(Reservation, self._reserve(count, None, False))

    def _piece(self, kind: Type[P], region: _core.Region) -> P:
        buffer: Any = region
        return kind(self, region, self._view(region) if self._view else memoryview(buffer))

    def stats(self) -> Stats:
        """Returns the counters since the creation of the queue."""
        return Stats(*self._stats())

    def producers(self) -> list[Producer]:
        """Lists the producer slots that are taken, by live producers and by killed ones that are not recovered yet."""
        return [Producer(*producer) for producer in self._producers()]

    def placement(self) -> Placement:
        """Reports where the queue's memory is, what was requested, and why they differ."""
        return read_report(Placement, self._placement())

    async def pop_async(self) -> T:
        """Pops the oldest element, and lets the event loop run while the queue is empty.

        A coroutine that is cancelled takes no element. All queues of a loop share one descriptor. asyncio.timeout()
        and asyncio.wait_for() limit the time. A forked child runs a loop of its own.

        >>> import asyncio, joinmem
        >>> async def main():
        ...     with joinmem.Queue(None, "d") as queue:
        ...         waiting = asyncio.create_task(queue.pop_async())
        ...         await queue.push_async(2.5)
        ...         return await waiting
        >>> asyncio.run(main())
        2.5
        """
        value: T = await _aio.pop(self)
        return value

    async def push_async(self, value: T) -> None:
        """Pushes one element, and lets the event loop run while the queue is full."""
        await _aio.push(self, value)

    async def pop_some_async(self, count: int) -> Any:
        """Waits for an element, and pops as many as there are, up to count, as pop_some()."""
        return await _aio.pop_some(self, count)

    async def push_many_async(self, values: Any) -> int:
        """Pushes all values, and returns how many. If it is cancelled, an unknown number of them is pushed."""
        return await _aio.push_many(self, values)

    def __aiter__(self) -> AsyncIterator[T]:
        return _aio.Elements(self)


def _reopen(kind: Any, name: str, spec: Any, queue_kind: Kind, options: dict[str, Any]) -> Any:
    return kind(name, spec, kind=queue_kind, mode="open", **options)
