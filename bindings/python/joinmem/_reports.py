# SPDX-License-Identifier: MIT
"""What the library reports about memory, queues and segments."""
import dataclasses
import json
from typing import Any, Literal, Optional, Type, TypeVar, cast

R = TypeVar("R")


def read_report(kind: Type[R], text: str, **more: Any) -> R:
    """Makes a dataclass of a JSON object; keys of later versions of the library are left out."""
    values, made = json.loads(text), cast(Any, kind)
    names = [field.name for field in dataclasses.fields(made) if field.name not in more]
    return kind(**{name: values[name] for name in names}, **more)


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where memory is: what was requested, what was obtained, and why they differ. Sizes are bytes; None: not known."""

    requested_huge: Literal["prefer", "never", "require"]
    requested_page_size: int
    requested_node: Optional[int]
    requested_prefault: bool
    requested_lock: bool
    shared: bool
    created: bool
    name: Optional[str]
    size: int
    backing: str
    page_size: Optional[int]
    huge_bytes: Optional[int]
    resident_bytes: Optional[int]
    locked_bytes: Optional[int]
    nodes: list[int]
    node_bytes: list[int]
    fallback_errnos: list[int]
    fallback_reasons: list[str]


@dataclasses.dataclass(frozen=True)
class Stats:
    """Counters of a queue since its creation. Skipped positions count in pushed and popped."""

    pushed: int
    popped: int
    deaths: int
    skipped: int
    shut_down: bool


@dataclasses.dataclass(frozen=True)
class Producer:
    """A producer slot that a thread has taken; of an exclusive spsc, slot 1 is the producer's, 2 the consumer's."""

    slot: int
    pid: int
    alive: bool
    in_push: bool


@dataclasses.dataclass(frozen=True)
class Pages:
    """The pages that exist of a segment. Sizes are bytes; None: not known."""

    page_size: Optional[int]
    huge_bytes: Optional[int]
    nodes: Optional[list[int]]
    node_bytes: Optional[list[int]]


@dataclasses.dataclass(frozen=True)
class Segment:
    """The facts of a segment, seen from outside. Sizes are bytes; None: not known, or not a queue."""

    name: str
    kind: Literal["spsc", "mpsc", "mpmc", "memory", "damaged", "unreadable", "other"]
    path: Optional[str]
    fault: Optional[str]
    size: Optional[int]
    allocated: Optional[int]
    huge_page: Optional[int]
    device: Optional[int]
    inode: Optional[int]
    created_at: Optional[int]
    owner: Optional[int]
    permissions: Optional[int]
    in_use: Optional[bool]
    users: Optional[int]
    version: Optional[int]
    compatible: Optional[int]
    incompatible: Optional[int]
    element_size: Optional[int]
    stride: Optional[int]
    slot_count: Optional[int]
    capacity: Optional[int]
    type_id: Optional[int]
    tag: Optional[int]
    sequences_offset: Optional[int]
    elements_offset: Optional[int]
    segment_size: Optional[int]
    creator_pid: Optional[int]
    consumer_sleeps: Optional[bool]
    producer_sleeps: Optional[bool]
    element_watched: Optional[bool]
    room_watched: Optional[bool]
    shut_down: Optional[bool]
    pending: Optional[int]
    pushed: Optional[int]
    popped: Optional[int]
    deaths: Optional[int]
    skipped: Optional[int]
