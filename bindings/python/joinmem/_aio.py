# SPDX-License-Identifier: MIT
"""asyncio: all queues of a loop are in one wait set, whose descriptor the loop watches.

A coroutine tries first. If it has to wait, it adds a future to the hub of its loop, which completes the future once the
queue is ready; then the coroutine tries again. So the element is taken and returned without an await between, and a
coroutine that is cancelled has taken none.

Loops of several threads may wait for the same queue, and any thread may close it. What they share are two dictionaries,
_hubs and Queue._hubs. Each access is one operation of C, so that no lock is needed, which a forked child might inherit.
"""
import asyncio
import errno
import itertools
import os
import sys
import weakref
from typing import TYPE_CHECKING, Any, AsyncGenerator, Optional

from . import _core
from ._errors import Canceled, Closed, ProducersDead, ShutDown

if TYPE_CHECKING:
    from ._queue import Queue

ELEMENT, ROOM, END, PRODUCERS_DEAD, DAMAGED = 1, 2, 4, 8, 16  # Ready, as numbers
_NOTHING: Any = object()
_TURNS = 64  # a coroutine that need not wait lets the others run after this many calls
Futures = dict["asyncio.Future[int]", None]  # in the order of their calls
_numbers = itertools.count()  # of hubs


class Watch:
    """A queue of a hub, and the futures that wait for its elements (side 1) and for its room (side 2)."""

    __slots__ = ("queue", "key", "bits", "sides", "__weakref__")

    def __init__(self, queue: "Queue[Any]", key: int) -> None:
        self.queue = weakref.ref(queue)
        self.key = key
        self.bits = 0  # what the set watches the queue for
        self.sides: dict[int, Futures] = {ELEMENT: {}, ROOM: {}}


class Hub:
    """The wait set of one event loop. Only the thread of the loop uses it, except notify().

    The loop keeps the hub, by its reader, and nothing else does: the hub ends with the loop, even if the futures of
    coroutines that never ended refer to the loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._process = os.getpid()
        self._number = next(_numbers)
        self._set = _core.WaitSet()
        self._watches: "weakref.WeakKeyDictionary[Queue[Any], Watch]" = weakref.WeakKeyDictionary()
        self._by_key: "weakref.WeakValueDictionary[int, Watch]" = weakref.WeakValueDictionary()
        self._next = 0
        self.closed = False
        self._descriptor = self._set.fileno()
        loop.add_reader(self._descriptor, self._serve)
        self._life = self._live()

    def _live(self) -> Any:
        """Returns a generator whose end closes the hub. asyncio.run() ends all generators of a loop before the loop."""
        generator: Any = _lifetime(weakref.ref(self))
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=None)  # it would keep the loop, and nothing has to be awaited
        try:
            generator.__anext__().send(None)  # up to its yield
        except StopIteration:
            pass
        finally:
            sys.set_asyncgen_hooks(*hooks)
        return generator

    def close(self) -> None:
        """Releases the descriptor and the queues; pending waits are cancelled."""
        if self.closed:
            return
        self.closed = True
        loop = self._loop()
        open_loop = loop if loop is not None and not loop.is_closed() else None
        if open_loop is not None and not self.inherited():
            open_loop.remove_reader(self._descriptor)
        for queue, watch in list(self._watches.items()):
            queue._hubs.pop(self._number, None)
            for future in [*watch.sides[ELEMENT], *watch.sides[ROOM]] if open_loop is not None else ():
                future.cancel()
        self._watches.clear()
        self._set.close()

    def inherited(self) -> bool:
        """Whether this is a copy in a forked child. The descriptors are those of the parent's loop, and stay so."""
        return self._process != os.getpid()

    def _watch(self, queue: "Queue[Any]") -> Watch:
        watch = self._watches.get(queue)
        if watch is None:
            watch = Watch(queue, self._next)
            self._next += 1
            self._set._add(queue, 0, watch.key, 1)
            self._watches[queue] = self._by_key[watch.key] = watch
            for number in list(queue._hubs):
                known = queue._hubs.get(number)
                if known is not None and known() is None:
                    queue._hubs.pop(number, None)
            queue._hubs[self._number] = weakref.ref(self)
        return watch

    async def wait(self, queue: "Queue[Any]", side: int) -> int:
        """Waits until the queue may be ready, and returns the bits of the event, or 0 after notify()."""
        watch, loop = self._watch(queue), self._loop()
        assert loop is not None
        if not watch.bits & side or queue._options["owner_dead"]:  # the death of producers is reported once per call
            watch.bits |= side
            self._set._modify(queue, watch.bits, watch.key, 1)
        future: "asyncio.Future[int]" = loop.create_future()
        futures = watch.sides[side]
        futures[future] = None
        try:
            # A close() or cancel() of another thread from here on finds the hub, and an earlier one is seen here.
            return 0 if queue.closed or queue._canceled else await future
        finally:
            futures.pop(future, None)

    def _serve(self) -> None:
        """The descriptor is readable: completes a future for each element, or for each free cell."""
        if self.inherited():
            for watch in list(self._watches.values()):
                self._complete(watch, 0)  # they try again, and cannot wait here
            return
        for key, ready in self._set._poll():
            known = self._by_key.get(key)
            queue = known.queue() if known is not None else None
            if known is not None and queue is not None:
                try:
                    self._report(known, queue, ready)
                except Closed:
                    pass  # by another thread, whose notify() ends the waits

    def _report(self, watch: Watch, queue: "Queue[Any]", ready: int) -> None:
        if ready & (END | PRODUCERS_DEAD | DAMAGED):
            self._complete(watch, ready)
            return
        bits = watch.bits
        for side in (ELEMENT, ROOM):
            if ready & side and not watch.sides[side]:
                bits &= ~side  # no coroutine waits any more
            elif ready & side:
                count = queue.pending if side == ELEMENT else queue.available
                self._complete(watch, ready, side, max(1, count))
        if bits != watch.bits:
            watch.bits = bits
            self._set._modify(queue, bits, watch.key, 1)

    def _complete(self, watch: Watch, ready: int, only: int = 0, most: Optional[int] = None) -> None:
        for side, futures in watch.sides.items():
            if only in (0, side):
                for future in list(futures)[:most]:
                    del futures[future]
                    if not future.done():
                        future.set_result(ready)

    def notify(self, queue: "Queue[Any]") -> None:
        """The queue was closed or its waits were cancelled, on any thread: the coroutines look why."""
        loop = self._loop()
        if loop is None or self.closed or self.inherited():
            return
        try:
            current = asyncio.get_running_loop() is loop
        except RuntimeError:
            current = False
        try:
            if current:
                self._wake(queue)
            else:
                loop.call_soon_threadsafe(self._wake, queue)
        except RuntimeError:
            pass  # the loop is closed, and nothing waits in it

    def _wake(self, queue: "Queue[Any]") -> None:
        watch = self._watches.pop(queue, None) if queue.closed else self._watches.get(queue)
        if watch is not None:
            self._complete(watch, 0)


async def _lifetime(hub: "weakref.ref[Hub]") -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        living = hub()
        if living is not None:
            living.close()


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[Hub]]" = weakref.WeakKeyDictionary()


def _hub() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    known = _hubs.get(loop)
    hub = known() if known is not None else None
    if hub is None or hub.closed:
        hub = Hub(loop)
        _hubs[loop] = weakref.ref(hub)
    elif hub.inherited():
        raise Closed(errno.EBADF, "this event loop is that of the parent process: run a new one in the child")
    return hub


async def _wait(queue: "Queue[Any]", side: int) -> None:
    """Waits until it is worth trying again."""
    queue._turn = 0
    if queue.closed:
        raise Closed(errno.EBADF, "the queue is closed")
    ready = await _hub().wait(queue, side)
    if queue.closed:
        raise Canceled(errno.ECANCELED, "the queue was closed while this call waited")
    if queue._canceled:
        raise Canceled(errno.ECANCELED, "the wait was cancelled: cancel() was called, and not yet resume()")
    if ready & PRODUCERS_DEAD and side == ELEMENT and queue.pending == 0:
        raise ProducersDead(errno.EOWNERDEAD,
                            "no live producer is left, and at least one was killed: start a producer, or stop popping")


async def pop(queue: "Queue[Any]") -> Any:
    """Queue.pop_async()."""
    queue._turn += 1
    if queue._turn >= _TURNS:
        queue._turn = 0
        await asyncio.sleep(0)
    while (value := queue.try_pop(_NOTHING)) is _NOTHING:
        await _wait(queue, ELEMENT)
    return value


async def push(queue: "Queue[Any]", value: Any) -> None:
    """Queue.push_async()."""
    queue._turn += 1
    if queue._turn >= _TURNS:
        queue._turn = 0
        await asyncio.sleep(0)
    while not queue._offer(value):
        await _wait(queue, ROOM)


async def pop_some(queue: "Queue[Any]", count: int) -> Any:
    """Queue.pop_some_async()."""
    await asyncio.sleep(0)
    while len(values := queue.try_pop_many(count)) == 0 and count != 0:
        await _wait(queue, ELEMENT)
    return values


async def push_many(queue: "Queue[Any]", values: Any) -> int:
    """Queue.push_many_async()."""
    await asyncio.sleep(0)
    elements, size, done = queue._encode_many(values), queue.element_size, 0
    while done * size < len(elements):
        pushed = queue._offer_many(elements, done)
        if pushed == 0:
            await _wait(queue, ROOM)
        done += pushed
    return done


class Elements:
    """`async for` over a queue: until it is shut down and drained."""

    __slots__ = ("_queue",)

    def __init__(self, queue: "Queue[Any]") -> None:
        self._queue = queue

    def __aiter__(self) -> "Elements":
        return self

    async def __anext__(self) -> Any:
        try:
            return await pop(self._queue)
        except ShutDown:
            raise StopAsyncIteration from None
