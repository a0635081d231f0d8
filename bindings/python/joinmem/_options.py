# SPDX-License-Identifier: MIT
"""The words of options, as the numbers of joinmem.h."""
from typing import Literal, Mapping, Optional, TypeAlias

Mode: TypeAlias = Literal["either", "create", "open"]
Huge: TypeAlias = Literal["prefer", "never", "require"]
Kind: TypeAlias = Literal["spsc", "mpsc", "mpmc"]
MemoryOptions: TypeAlias = tuple[int, int, int, int, int, int, int, int, int]

MODES: Mapping[str, int] = {"either": 0, "create": 1, "open": 2}
HUGE: Mapping[str, int] = {"prefer": 0, "never": 1, "require": 2}
KINDS: Mapping[str, int] = {"spsc": 1, "mpsc": 2, "mpmc": 3}


def number_of(words: Mapping[str, int], what: str, word: str) -> int:
    """Returns the number of a word, or raises a ValueError that lists the words."""
    number = words.get(word)
    if number is None:
        raise ValueError(f"{what} is one of {', '.join(map(repr, words))}, not {word!r}")
    return number


def memory_options(*, mode: str = "either", huge: str = "prefer", huge_page_size: int = 0, node: Optional[int] = None,
                   prefault: bool = True, lock: bool = False, permissions: int = 0, read_only: bool = False,
                   only_ours: bool = False) -> MemoryOptions:
    """Returns the options in the order of _core.Memory."""
    return (number_of(HUGE, "huge", huge), huge_page_size, -1 if node is None else node, int(prefault), int(lock),
            number_of(MODES, "mode", mode), permissions, int(read_only), int(only_ours))
