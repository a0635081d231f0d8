# SPDX-License-Identifier: MIT
"""How the elements of a queue become values. A single number is converted in C; other elements are bytes there."""
import ctypes
import dataclasses
import re
import struct
import sys
from typing import TYPE_CHECKING, Any, Callable, Iterable, Optional, Union

if TYPE_CHECKING:
    import numpy as np

Function = Optional[Callable[..., Any]]
_SIMPLE: type = ctypes.c_int.__mro__[1]  # the base of c_int, c_double and so on
_CTYPES = (ctypes.Structure, ctypes.Union, ctypes.Array, _SIMPLE)


@dataclasses.dataclass(frozen=True)
class Element:
    """An element's size, its description, and the functions that _core.Queue calls; None where it needs none."""

    size: int
    text: str
    code: str = ""                   # the struct module's letter of a single number
    spread: bool = False             # values are tuples, whose items are the arguments of encode
    encode: Function = None          # value -> buffer
    decode: Function = None          # bytes -> value
    encode_many: Function = None     # values -> buffer
    decode_many: Function = None     # bytes -> values
    make_many: Function = None       # count -> buffer
    finish_many: Function = None     # that buffer, count -> values
    view: Function = None            # region -> an object to read or write in place; None: a memoryview

    def core(self) -> tuple[Any, ...]:
        """What _core.Queue needs."""
        return (self.code, self.spread, self.encode, self.decode, self.encode_many, self.decode_many, self.make_many,
                self.finish_many)


def element_of(spec: Any) -> Element:
    """Understands what the user gave: a size, a struct format, a ctypes class, or anything that numpy.dtype takes."""
    if spec is None:
        return Element(0, "bytes")
    if isinstance(spec, int) and not isinstance(spec, bool):
        if not 1 <= spec <= 65536:
            raise ValueError(f"an element has 1 to 65536 bytes, not {spec}")
        return Element(spec, f"{spec} bytes")
    if isinstance(spec, str):
        return _of_format(spec)
    if isinstance(spec, type) and issubclass(spec, _CTYPES):
        return _of_ctypes(spec)
    try:
        import numpy
    except ImportError:
        raise TypeError(f"an element is a number of bytes, a struct format, a ctypes class or, if numpy is installed, "
                        f"a dtype, and not {spec!r}") from None
    given: Any = spec
    return _of_dtype(numpy.dtype(given))


def _number_code(letter: str, size: int) -> str:
    """The letter that _core knows for a number of this kind and size, or ''."""
    if sys.byteorder != "little":
        return ""
    if letter in "fd?":
        return letter
    if letter in "bhilqn":
        return {1: "b", 2: "h", 4: "i", 8: "q"}[size]
    return {1: "B", 2: "H", 4: "I", 8: "Q"}[size] if letter in "BHILQN" else ""


def _of_format(text: str) -> Element:
    try:
        form = struct.Struct(text)
    except struct.error as error:
        raise ValueError(f"{text!r} is not a format of the struct module: {error}; for a type of numpy pass "
                         "numpy.dtype(...)") from None
    if form.size == 0 or "P" in text:
        raise ValueError(f"{text!r}: an element has at least one byte, and no pointer, which means nothing elsewhere")
    number = re.fullmatch(r"[@=<]?([bBhHiIlLqQnN?fd])", text)
    code = _number_code(number[1], form.size) if number else ""
    if code:
        return Element(form.size, repr(text), code, view=lambda region: memoryview(region).cast("B").cast(code))
    pack, unpack, iterate = form.pack, form.unpack, form.iter_unpack
    if len(form.unpack(bytes(form.size))) == 1:
        return Element(form.size, repr(text), encode=pack, decode=lambda element: unpack(element)[0],
                       encode_many=lambda values: _joined(values, map(pack, values)),
                       decode_many=lambda elements: [value for value, in iterate(elements)])
    return Element(form.size, repr(text), spread=True, encode=pack, decode=unpack,
                   encode_many=lambda values: _joined(values, (pack(*value) for value in values)),
                   decode_many=lambda elements: list(iterate(elements)))


def _joined(values: Any, parts: Iterable[bytes]) -> Any:
    """The elements side by side: `values` itself if it is a buffer, else the parts."""
    return values if isinstance(values, (bytes, bytearray, memoryview)) else b"".join(parts)


def _has_pointer(kind: Any) -> bool:
    """Whether a class of ctypes has the address of something, or an object of Python."""
    if issubclass(kind, ctypes.Array):
        return _has_pointer(kind._type_)
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        fields = [field[1] for base in kind.__mro__ for field in vars(base).get("_fields_", ())]
        return any(map(_has_pointer, fields))
    return not issubclass(kind, _SIMPLE) or kind._type_ in "OPzZ"


def _of_ctypes(kind: Any) -> Element:
    size = ctypes.sizeof(kind)
    if _has_pointer(kind):
        raise ValueError(f"{kind.__name__} has a pointer or an object of Python, which means nothing elsewhere")

    def encode(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"an element of this queue is a {kind.__name__}, not {type(value).__name__}")
        return value

    def encode_many(values: Any) -> Any:
        if isinstance(values, ctypes.Array) and values._type_ is kind:
            return values
        return _joined(values, map(bytes, map(encode, values)))

    def finish_many(values: Any, count: int) -> Any:
        return values if len(values) == count else (kind * count).from_buffer(values)

    def view(region: Any) -> Any:
        array = kind * len(region)  # ctypes has no views for reading only: peek() gives a copy
        return array.from_buffer_copy(region) if memoryview(region).readonly else array.from_buffer(region)

    return Element(size, kind.__name__, encode=encode, decode=kind.from_buffer_copy, encode_many=encode_many,
                   make_many=lambda count: (kind * count)(), finish_many=finish_many, view=view)


def _of_dtype(dtype: "np.dtype[Any]") -> Element:
    import numpy
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError(f"{dtype}: an element has at least one byte, and no objects of Python")
    size, base, shape, array = dtype.itemsize, dtype.base, dtype.shape, numpy.ndarray

    def contiguous(value: Any) -> Any:
        """An array of the base type, in one piece; bytes of those types that numpy does not export as a buffer."""
        if isinstance(value, (array, numpy.generic)):
            value = numpy.asarray(value)
            if value.dtype != base:
                value = value.astype(base, casting="same_kind")
        else:
            value = numpy.array(value, base)
        return numpy.ascontiguousarray(value).reshape(-1).view(numpy.uint8)

    def encode_many(values: Any) -> Any:
        if type(values) is array and values.dtype is dtype and values.ndim == 1 and exports:
            return values if values.flags.c_contiguous else numpy.ascontiguousarray(values)
        return contiguous(values)

    def values_in(buffer: Any, count: int) -> Any:
        return array((count,), dtype, buffer)

    try:
        example: Any = numpy.empty(1, base)
        memoryview(example)
        exports = True
    except ValueError:
        exports = False  # datetime64 and others
    kind = {"i": "bhiq", "u": "BHIQ", "f": "fd", "b": "?"}.get(dtype.kind, "")
    plain = dtype.isnative and not shape and dtype.fields is None
    code = next((letter for letter in kind if plain and struct.calcsize("=" + letter) == size), "")
    return Element(size, str(dtype), _number_code(code, size) if code else "", encode=contiguous,
                   decode=lambda element: array((1,), dtype, bytearray(element))[0], encode_many=encode_many,
                   make_many=lambda count: numpy.empty(count * size, numpy.uint8), finish_many=values_in,
                   view=lambda region: array((len(region),), dtype, region))


Spec = Union[None, int, str, type, Any]
