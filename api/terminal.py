"""What the terminal shows: progress bars, tables, and errors as one clear message."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Line

from api import words
from geogrid import __version__
from maps.markup import UNPRINTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.words import Lang, Text

LONG_S = 1.0
"""Steps shorter than this leave no line behind."""
BAR = 20


@dataclass(frozen=True)
class Terminal:
    """Where to write, and in which language."""

    lang: Lang
    out: Console
    err: Console

    @classmethod
    def open(cls, lang: Lang) -> Terminal:
        """Return the terminal of this process; text that its encoding lacks is replaced, never an error."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        return cls(lang, _console(stderr=False), _console(stderr=True))

    def say(self, text: Text) -> None:
        """Write a message."""
        self.out.print(clean(text.say(self.lang)), soft_wrap=True)

    def fail(self, text: Text, *, kind: str = "", hint: Text | None = None) -> None:
        """Write what went wrong, in the language chosen and, where that is Chinese, in English too."""
        self.err.print(Line.assemble((f"{words.ERROR.say(self.lang)}  ", "bold red"), clean(text.say(self.lang))), soft_wrap=True)
        if self.lang != "en":
            self.err.print(Line(clean(f"{kind or 'Error'}: {text.en}"), "dim"), soft_wrap=True)
        if hint is not None:
            self.err.print(Line(clean(hint.say(self.lang)), "dim"), soft_wrap=True)

    @contextmanager
    def progress(self, steps: Mapping[str, Text]) -> Iterator[Tell]:
        """Show a bar for each step; yields the function to call with a step, its share done and, where there is, a note."""
        bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False, style="dim"),
            console=self.err,
            disable=not self.err.is_terminal,
        )
        with bars:
            yield _Steps(bars, steps, self.lang)


class Tell(Protocol):
    """What is told of a step: its name, the share done, and a note that stands beside the bar."""

    def __call__(self, step: str, share: float, note: str = "") -> None:
        """Show it."""


class _Steps:
    """Turns ``progress(step, share)`` into bars; a step that took under a second is taken away when done."""

    def __init__(self, bars: Progress, names: Mapping[str, Text], lang: Lang) -> None:
        self._bars, self._lang = bars, lang
        self._names = names
        self._tasks: dict[str, tuple[object, float]] = {}

    def __call__(self, step: str, share: float, note: str = "") -> None:
        if step not in self._tasks:
            named = self._names[step].say(self._lang) if step in self._names else step
            self._tasks[step] = (self._bars.add_task(named, total=1.0, note=""), monotonic())
        task, start = self._tasks[step]
        short = share >= 1 and monotonic() - start < LONG_S
        self._bars.update(task, completed=min(share, 1.0), visible=not short, note=note)  # type: ignore[arg-type]


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def can_show(text: str) -> bool:
    """Return whether the encoding of the output has these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str) -> str:
    """Return text without characters that could steer the terminal.

    Examples
    --------
    >>> clean(f"a{chr(27)}[2Jb") == f"a{chr(0xFFFD)}[2Jb"
    True
    """
    return UNPRINTABLE.sub("\ufffd", text)


def columns(lang: Lang, headings: Sequence[Text], *, right: Sequence[int]) -> Table:
    """Return an empty table with headings; the columns ``right`` hold numbers, which are never broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), width=None, title_justify="left")
    for position, heading in enumerate(headings):
        is_number = position in right
        table.add_column(clean(heading.say(lang)), justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    return table


def write_traceback(error: BaseException) -> str:
    """Write an error's traceback to a new file that only its owner can read, and return where."""
    handle, name = tempfile.mkstemp(prefix="geogrid-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(f"geogrid {__version__}, Python {sys.version}\n\n")
        traceback.print_exception(error, file=file)
    return name
