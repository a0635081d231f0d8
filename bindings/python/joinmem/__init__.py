# SPDX-License-Identifier: MIT
"""Shared memory and lock-free queues between processes on Linux that survive kill -9.

    >>> import joinmem
    >>> with joinmem.Queue("/example-prices", "d") as prices:  # creates the queue, or opens it
    ...     prices.push(100.5)  # waits while the queue is full
    ...     prices.shutdown()
    ...     for price in prices:  # until the queue is shut down and drained
    ...         print(price)
    100.5
    >>> joinmem.unlink("/example-prices")

Queue, LocalMem, ShmMem and WaitSet have the details. All errors are a joinmem.Error, which is an OSError; the
subclasses are also what Python uses for the same purpose, as queue.Full, TimeoutError or FileNotFoundError.
"""
from ._core import version as __version__
from ._errors import (Canceled, Closed, Empty, Error, Exists, Full, Invalid, NoPermission, NotFound, PopTimeout,
                      ProducersDead, PushTimeout, ShutDown, Timeout)
from ._looking import inspect, inspect_pages, inspect_producers, remove_unused, segments, unlink
from ._memory import LocalMem, Memory, ShmMem
from ._queue import Queue
from ._regions import Peek, Reservation
from ._reports import Pages, Placement, Producer, Segment, Stats
from ._wait_set import Event, Ready, WaitSet

__all__ = [
    "Canceled", "Closed", "Empty", "Error", "Event", "Exists", "Full", "Invalid", "LocalMem", "Memory", "NoPermission",
    "NotFound", "Pages", "Peek", "Placement", "PopTimeout", "Producer", "ProducersDead", "PushTimeout", "Queue",
    "Ready", "Reservation", "Segment", "ShmMem", "ShutDown", "Stats", "Timeout", "WaitSet", "__version__", "inspect",
    "inspect_pages", "inspect_producers", "remove_unused", "segments", "unlink",
]
