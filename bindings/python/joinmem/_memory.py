# SPDX-License-Identifier: MIT
"""Memory: private, or shared by name."""
import contextlib
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, Optional, Type, TypeVar, Union

from . import _core
from ._options import Huge, Mode, memory_options
from ._reports import Placement, read_report

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

M = TypeVar("M", bound="Memory")


class Memory(_core.Memory):
    """What LocalMem and ShmMem have in common: a buffer, whose views keep the mapping alive.

    close() closes the object: its methods then raise Closed, which is a ValueError. The mapping itself goes with the
    last memoryview or array, so a view that outlives the object can be used without harm. If something took the address
    alone, as numpy.ndarray(buffer=memory) does, the mapping goes with the object.
    """

    __slots__ = ("__weakref__",)

    def __enter__(self: M) -> M:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def array(self, dtype: "npt.DTypeLike" = "u1", shape: Union[int, tuple[int, ...], None] = None,
              offset: int = 0) -> "npt.NDArray[Any]":
        """Returns a numpy array on this memory, without a copy. Shape None: as many items as fit, in one dimension."""
        import numpy
        kind: "np.dtype[Any]" = numpy.dtype(dtype)
        if kind.hasobject:
            raise ValueError("objects of Python cannot be in shared memory")
        if shape is None:
            shape = (len(self) - offset) // kind.itemsize
        buffer: Any = self  # the types of Python 3.11 do not know which classes are buffers
        return numpy.ndarray(shape, kind, memoryview(buffer), offset)

    def placement(self) -> Placement:
        """Reports where the memory is, what was requested, and why they differ.

        >>> import joinmem
        >>> joinmem.LocalMem(1 << 16).placement().shared
        False
        """
        return read_report(Placement, self._placement())


class LocalMem(Memory):
    """Private memory, all zero, of `size` bytes, rounded up to base pages.

    >>> import joinmem
    >>> with joinmem.LocalMem(100) as memory:
    ...     view = memoryview(memory)
    ...     view[:5] = b"hello"
    ...     len(memory) >= 100
    True
    >>> bytes(view[:5])  # the view keeps the mapping
    b'hello'

    huge: "prefer", "never" or "require" huge pages, of huge_page_size bytes (0: the system's default). node: a NUMA
    node. prefault: all pages exist when the constructor returns. lock: lock the pages in RAM.
    """

    __slots__ = ()

    def __init__(self, size: int, *, huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None,
                 prefault: bool = True, lock: bool = False) -> None:
        options = memory_options(huge=huge, huge_page_size=huge_page_size, node=node, prefault=prefault, lock=lock)
        super().__init__(None, size, options)

    def __repr__(self) -> str:
        return "<joinmem.LocalMem, closed>" if self.closed else f"<joinmem.LocalMem of {self.size} bytes>"

    def __reduce__(self) -> Any:
        raise TypeError("a LocalMem is private to its process and cannot be pickled; use a ShmMem")


class ShmMem(Memory):
    """Memory that every process can open by its name. It stays until unlink().

    >>> import joinmem
    >>> memory = joinmem.ShmMem("/example-memory", 4096)  # creates the segment, or opens it
    >>> memoryview(memory)[0] = 42
    >>> with joinmem.ShmMem("/example-memory", mode="open") as again:
    ...     memoryview(again)[0]
    42
    >>> memory.unlink()
    >>> memory.close()

    size: bytes, rounded up to base pages; 0 with mode="open" takes that of the segment. mode: "either" creates the
    segment or opens it, "create" fails if it exists (Exists), "open" if it does not (NotFound). read_only: map for
    reading, which implies "open". permissions: of a new segment, 0 means 0o600. only_ours: refuse a file that another
    program made. The other options are those of LocalMem.

    Pickling sends the name: the other process opens the same segment.
    """

    __slots__ = ()

    def __init__(self, name: Union[str, bytes, "os.PathLike[str]"], size: int = 0, *, mode: Mode = "either",
                 read_only: bool = False, huge: Huge = "prefer", huge_page_size: int = 0, node: Optional[int] = None,
                 prefault: bool = True, lock: bool = False, permissions: int = 0, only_ours: bool = False) -> None:
        if name is None:
            raise TypeError("a ShmMem has a name; private memory is a LocalMem")
        options = memory_options(mode="open" if read_only and mode == "either" else mode, huge=huge,
                                 huge_page_size=huge_page_size, node=node, prefault=prefault, lock=lock,
                                 permissions=permissions, read_only=read_only, only_ours=only_ours)
        super().__init__(name, size, options)

    def __repr__(self) -> str:
        return "<joinmem.ShmMem, closed>" if self.closed else f"<joinmem.ShmMem {self.name!r} of {self.size} bytes>"

    def __reduce__(self) -> Any:
        return _reopen, (type(self), self.name, self.size, self.read_only)

    def unlink(self) -> None:
        """Removes the name. Processes that have the segment open, this one too, keep it."""
        _core.unlink(self.name)

    @contextlib.contextmanager
    def initialise(self, offset: int = 0, timeout: Optional[float] = None) -> Iterator[bool]:
        """Lets one process initialise the segment while the others wait.

        The block gets True in the one process that has to initialise, and False in the others, after it has done so.
        If the block raises, or the process dies, the next process gets True. `offset` is that of 4 bytes, a multiple
        of 4, which the program does not use otherwise.

        >>> import joinmem
        >>> with joinmem.ShmMem("/example-initialise", 4096) as memory:
        ...     for _ in range(2):
        ...         with memory.initialise() as first:
        ...             print("initialise" if first else "it is done")
        ...     memory.unlink()
        initialise
        it is done
        """
        if not self._initialise_begin(offset, timeout):
            yield False
            return
        done = False
        try:
            yield True
            done = True
        finally:
            self._initialise_end(offset, done)


def _reopen(kind: Type[ShmMem], name: str, size: int, read_only: bool) -> ShmMem:
    return kind(name, size, mode="open", read_only=read_only)
