"""What commands do around a search: show how far it is and the best so far, and let Ctrl-C end it with that."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.working import STEPS
from geogrid.clock import Clock
from geogrid.effort import Effort
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from api.terminal import Terminal
    from geogrid.effort import Incumbent
    from geogrid.words import Lang

SEARCH_STEPS = {"search": Text("寻找更好的方案", "Searching"), "draw": Text("画成方案", "Drawing the plan")}
PER_CENT = 100


@contextmanager
def at_search(terminal: Terminal, *, work: float = 1.0, seconds: float | None = None) -> Iterator[tuple[Clock, Effort]]:
    """Show what is being done; yields the clock of its steps and the effort of its searches.

    The first Ctrl-C ends the searches, which give the best they have; the second ends the program.
    """
    with terminal.progress(STEPS | SEARCH_STEPS) as tell:
        clock = Clock(tell)

        def better(found: Incumbent) -> None:
            tell(found.step, found.share, said(found, terminal.lang))

        effort = Effort(work, seconds, better)
        with _ended_by_hand(effort, terminal):
            yield clock, effort


def said(found: Incumbent, lang: Lang) -> str:
    """Return the best so far and how far it may be from the best there is.

    Examples
    --------
    >>> from geogrid.effort import Incumbent
    >>> said(Incumbent(0.5, 4821.0, 4900.0), "en")
    'best so far 4,821, no answer beats 4,900 (1.6 % off)'
    """
    if found.value is None:
        return ""
    if found.bound is None or not abs(found.bound) < float("inf"):
        return _BEST.fill(value=_number(found.value)).say(lang)
    off = abs(found.bound - found.value) / max(abs(found.value), 1e-9) * PER_CENT
    return _BOUNDED.fill(value=_number(found.value), bound=_number(found.bound), off=f"{off:.1f}").say(lang)


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= PER_CENT else f"{value:,.2f}"


@contextmanager
def _ended_by_hand(effort: Effort, terminal: Terminal) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        if effort.stopped == "hand":
            raise KeyboardInterrupt
        effort.stop()
        terminal.err.print(_ENDING.say(terminal.lang), soft_wrap=True)

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread, which no Ctrl-C reaches either
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_BEST = Text("目前最好 {value}", "best so far {value}")
_BOUNDED = Text(
    "目前最好 {value}，任何方案不会好过 {bound}（相差 {off} %）", "best so far {value}, no answer beats {bound} ({off} % off)"
)
_ENDING = Text(
    "正在停下，将给出目前最好的结果；再按一次 Ctrl-C 立即退出。", "Ending with the best so far; Ctrl-C again ends at once."
)
