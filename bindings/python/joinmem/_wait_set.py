# SPDX-License-Identifier: MIT
"""Wait sets: one thread waits for many queues, by itself or in an event loop."""
import enum
import itertools
from types import TracebackType
from typing import Any, Iterable, NamedTuple, Optional, Type

from . import _core
from ._queue import Queue


class Ready(enum.IntFlag):
    """What a queue is watched for (the first two), and what an event reports (any of them)."""

    ELEMENT = 1         #: a pop of the watched amount need not wait
    ROOM = 2            #: a push of the watched amount need not wait
    END = 4             #: the queue is shut down and, if it is watched for elements, drained
    PRODUCERS_DEAD = 8  #: with owner_dead: no producer is alive, and at least one was killed
    DAMAGED = 16        #: pushes and pops raise an Error with EBADMSG


_READY = [Ready(bits) for bits in range(32)]


class Event(NamedTuple):
    """A queue that is ready, what it is ready for, and the data that add() or modify() got."""

    queue: Queue[Any]
    ready: Ready
    data: Any


class WaitSet(_core.WaitSet):
    """Waits for any number of queues, of any kind. Events are level-triggered: a queue is reported while it is ready.

    >>> import joinmem
    >>> with joinmem.WaitSet() as waits, joinmem.Queue(None, "d") as prices, joinmem.Queue(None, "i") as orders:
    ...     waits.add(prices, data="prices")
    ...     waits.add(orders, data="orders")
    ...     orders.push(42)
    ...     for queue, ready, data in waits.wait(timeout=10):
    ...         print(data, queue.try_pop())
    orders 42

    A set takes no element, so another consumer may be faster: use try_pop(). It keeps its queues alive until remove().
    One thread waits in a set at a time; all other methods may run meanwhile. fileno() is for event loops: when it is
    readable call poll(), serve the events, and return to the loop. Await Queue.pop_async() instead in asyncio. A
    process that was forked makes sets of its own.
    """

    __slots__ = ("_keys", "_entries", "_numbers", "__weakref__")

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[Queue[Any], int] = {}
        self._entries: dict[int, tuple[Queue[Any], Any]] = {}
        self._numbers = itertools.count()

    def __enter__(self) -> "WaitSet":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<joinmem.WaitSet, closed>" if self.closed else f"<joinmem.WaitSet of {len(self)} queues>"

    def __contains__(self, queue: object) -> bool:
        return queue in self._keys

    def add(self, queue: Queue[Any], ready: int = Ready.ELEMENT, data: Any = None, amount: int = 1) -> None:
        """Watches a queue. ready: ELEMENT, ROOM, both, or 0 to pause; data: any object, for its events;
        amount: how many elements have to be there, or to fit, before an event."""
        key = next(self._numbers)  # at once: threads may add queues at the same time
        self._entries[key] = queue, data  # first: a wait() on another thread may report it at once
        try:
            self._add(queue, ready, key, amount)
        except BaseException:
            self._entries.pop(key, None)  # close() may have emptied it
            raise
        self._keys[queue] = key

    def modify(self, queue: Queue[Any], ready: int = Ready.ELEMENT, data: Any = None, amount: int = 1) -> None:
        """Replaces what a queue is watched for, its data and its amount."""
        key = self._keys.get(queue)
        if key is None:
            key = next(self._numbers)  # the library refuses what the set does not watch
        self._modify(queue, ready, key, amount)
        self._entries[key] = queue, data

    def remove(self, queue: Queue[Any]) -> None:
        """Stops watching a queue."""
        if not (isinstance(queue, Queue) and queue.closed):  # a closed queue has left its sets
            self._remove(queue)
        self._entries.pop(self._keys.pop(queue, -1), None)

    def close(self) -> None:
        """Closes the set and its descriptor. A wait() on another thread raises Canceled."""
        super().close()
        self._keys.clear()
        self._entries.clear()

    def wait(self, timeout: Optional[float] = None, most: int = 256) -> list[Event]:
        """Waits until a queue is ready, and returns up to `most` events; an empty list after wake(), else Timeout."""
        return self._events(self._wait(most, timeout))

    def poll(self) -> list[Event]:
        """Returns the events that there are now, without waiting: an empty list if there is none."""
        return self._events(self._poll())

    def _events(self, found: Iterable[tuple[int, int]]) -> list[Event]:
        entries = self._entries
        return [Event(entries[key][0], _READY[ready], entries[key][1]) for key, ready in found if key in entries]
