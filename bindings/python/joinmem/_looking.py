# SPDX-License-Identifier: MIT
"""Segments by their names, from outside: these functions take no slot, hold no lock and write nothing."""
import os
from typing import Optional, Union

from . import _core
from ._reports import Pages, Producer, Segment, read_report

Name = Union[str, bytes, "os.PathLike[str]"]


def segments() -> list[str]:
    """Lists the names of all files in /dev/shm and in the hugetlbfs mounts, whichever program made them.

    >>> import joinmem
    >>> with joinmem.ShmMem("/example-segments", 4096) as memory:
    ...     "/example-segments" in joinmem.segments()
    True
    >>> joinmem.unlink("/example-segments")
    """
    return _core.segment_names()


def inspect(name: Name) -> Segment:
    """Returns the facts of a segment: its kind, size, users, and the counters of a queue.

    >>> import joinmem
    >>> with joinmem.Queue("/example-inspect", "d", capacity=8) as queue:
    ...     queue.push(1.5)
    ...     facts = joinmem.inspect("/example-inspect")
    >>> facts.kind, facts.element_size, facts.pending
    ('spsc', 8, 1)
    >>> joinmem.unlink("/example-inspect")
    """
    return read_report(Segment, _core.inspect(name), name=os.fsdecode(name))


def inspect_pages(name: Name, most: Optional[int] = None) -> Pages:
    """Examines the pages of the first `most` bytes of a segment. Expensive: it maps them and removes the mapping."""
    return read_report(Pages, _core.inspect_pages(name, 2**64 - 1 if most is None else most))


def inspect_producers(name: Name) -> list[Producer]:
    """Lists the producer slots of a queue that are taken."""
    return [Producer(*producer) for producer in _core.inspect_producers(name)]


def unlink(name: Name) -> None:
    """Removes a name, if it exists. Processes that have the segment open keep it.

    >>> import joinmem
    >>> joinmem.unlink("/example-absent")
    """
    _core.unlink(name)


def remove_unused(name: Name, unchanged: Optional[Segment] = None) -> None:
    """Removes the name of a segment that no process has open, in whichever container; Error with EBUSY: one has.

    With `unchanged`, a result of inspect(), only if it is the same segment and nothing was pushed or popped since.
    """
    if unchanged is None:
        _core.remove_unused(name, False, 0, 0, 0, 0)
    else:
        _core.remove_unused(name, True, unchanged.device or 0, unchanged.inode or 0, unchanged.pushed or 0,
                            unchanged.popped or 0)
