"""Tiles that were made, kept within a bound: of too many the one that nobody asked for longest is forgotten."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.answers import Answer

    Key = tuple[object, ...]

ROUND_EACH = 2048
"""Bytes that an answer takes besides its own."""


@dataclass(eq=False)
class TileCache:
    """Answers by key; the key says of which state they are, so none is ever wrong.

    Attributes
    ----------
    limit : int
        Bytes of all answers together, each as it is and compressed.
    """

    limit: int
    _kept: OrderedDict[Key, tuple[Answer, int]] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key, make: Callable[[], Answer]) -> Answer:
        """Return the answer of a key, made when there is none; two who ask at once may both make it."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]
        made = make()
        size = len(made.body) + (0 if made.is_packed else len(made.compressed)) + ROUND_EACH
        with self._lock:
            if size <= self.limit and key not in self._kept:
                self._kept[key] = (made, size)
                self._size += size
            while self._size > self.limit:
                self._size -= self._kept.popitem(last=False)[1][1]
        return made

    def forget(self, start: str) -> None:
        """Let go of every answer whose key begins with a word."""
        with self._lock:
            for key in [each for each in self._kept if each[0] == start]:
                self._size -= self._kept.pop(key)[1]

    @property
    def size(self) -> int:
        """Return the bytes that are kept."""
        return self._size
