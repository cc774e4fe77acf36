"""Steps of a long job: who is told that they start and end, and how long each took."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Clock:
    """Tells ``progress`` of every step and remembers its seconds."""

    progress: Callable[[str, float], None] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[float], None]]:
        """Time one step; yields a function that tells its share done."""
        start = perf_counter()
        self._tell(name, 0.0)
        yield lambda share: self._tell(name, share)
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start
        self._tell(name, 1.0)

    def _tell(self, name: str, share: float) -> None:
        if self.progress is not None:
            self.progress(name, share)
