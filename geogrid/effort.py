"""How hard a search may try: so much work, told as it goes, and stopped by hand or by time when somebody wants the best so far.

A search that is stopped by work gives the same answer each time; one that is stopped by hand or by time does not, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[["Incumbent"], None]

Stopped = Literal["", "work", "time", "hand"]


@dataclass(frozen=True)
class Incumbent:
    """How far a search is: the share of its work done, its best value so far and what is proven of the best there could be.

    What is done with its answer, such as drawing it as a plan, is a ``step`` of its own, without value.
    """

    share: float
    value: float | None = None
    bound: float | None = None
    step: str = "search"


@dataclass
class Effort:
    """How much a search may do.

    Attributes
    ----------
    work : float
        Times the work a search does by default: 2 searches twice as long. What a unit of work is, each search says.
    seconds : float or None
        Stop after so long; what is found then depends on the machine.
    tell : callable or None
        Gets an `Incumbent` now and then.
    stopped : str
        Why the search ended before it was done: "" (it was done), "work", "time" or "hand".
    """

    work: float = 1.0
    seconds: float | None = None
    tell: Tell | None = None
    stopped: Stopped = ""
    started: float = field(default_factory=perf_counter, repr=False)

    def stop(self) -> None:
        """Ask every search with this effort to end and give the best it has; safe to call from a signal handler."""
        self.stopped = "hand"

    def goes_on(self) -> bool:
        """Return whether neither hand nor time has stopped it; a search asks this often.

        Examples
        --------
        >>> effort = Effort()
        >>> effort.goes_on(), effort.stop(), effort.goes_on()
        (True, None, False)
        """
        if not self.stopped and self.seconds is not None and self.spent >= self.seconds:
            self.stopped = "time"
        return self.stopped in {"", "work"}

    def ran_out(self) -> None:
        """Note that the work allowed was done before the search was."""
        if not self.stopped:
            self.stopped = "work"

    @property
    def spent(self) -> float:
        """Return the seconds since it began."""
        return perf_counter() - self.started

    @property
    def left_s(self) -> float | None:
        """Return the seconds left, None where time does not count."""
        return None if self.seconds is None else max(self.seconds - self.spent, 0.0)

    @property
    def is_reproducible(self) -> bool:
        """Return whether the same inputs and settings give the same answer again."""
        return self.stopped in {"", "work"}

    def report(self, share: float, value: float | None = None, bound: float | None = None) -> None:
        """Tell how far a search is."""
        if self.tell is not None:
            self.tell(Incumbent(min(max(share, 0.0), 1.0), value, bound))

    def drawing(self, share: float) -> None:
        """Tell how far the answer is drawn as a plan."""
        if self.tell is not None:
            self.tell(Incumbent(share, step="draw"))
