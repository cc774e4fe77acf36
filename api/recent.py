"""What was made last, as much of it as fits: for answers of which there are more than can be kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from api.errors import BusyError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Made = TypeVar("Made")
MIB = 1 << 20
BUSY = Text("正在生成其他页面，请稍后再试。", "Other pages are being made; try again in a moment.")


@dataclass
class Recent:
    """Things by key, the last used ones up to a number of bytes; one is made at a time, who waits too long is told so.

    Examples
    --------
    >>> kept = Recent(most_bytes=10)
    >>> [kept.get(n, lambda: b"12345", len) for n in (1, 2, 3)] and sorted(kept.keys())
    [2, 3]
    """

    most_bytes: int = 64 * MIB
    busy_after_s: float = 30.0
    _kept: OrderedDict[Hashable, tuple[Any, int]] = field(default_factory=OrderedDict)
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.RLock = field(default_factory=threading.RLock)

    def get(self, key: Hashable, make: Callable[[], Made], weigh: Callable[[Made], int]) -> Made:
        """Return the thing of a key, made if it is not there.

        Parameters
        ----------
        key : hashable
        make : callable
        weigh : callable
            Says how many bytes a thing takes.

        Raises
        ------
        BusyError
            When others take too long to be made.
        """
        found = self._seen(key)
        if found is not None:
            return found[0]  # type: ignore[no-any-return]
        if not self._making.acquire(timeout=self.busy_after_s):
            raise BusyError(BUSY)
        try:
            found = self._seen(key) or self._put(key, make(), weigh)
        finally:
            self._making.release()
        return found[0]  # type: ignore[no-any-return]

    def keys(self) -> set[Hashable]:
        """Return the keys of what is kept."""
        with self._reading:
            return set(self._kept)

    def _seen(self, key: Hashable) -> tuple[Any, int] | None:
        with self._reading:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _put(self, key: Hashable, made: Made, weigh: Callable[[Made], int]) -> tuple[Made, int]:
        with self._reading:
            self._kept[key] = (made, weigh(made))
            while len(self._kept) > 1 and sum(size for _, size in self._kept.values()) > self.most_bytes:
                self._kept.popitem(last=False)
        return made, 0
