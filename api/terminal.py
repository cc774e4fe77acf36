"""What the terminal shows: progress bars while a check runs, the summary at its end, and errors as one clear message."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Line

from api import words
from api.help import Wrapped
from geogrid import __version__
from geogrid.words import Text
from maps import figures
from maps.markup import UNPRINTABLE
from maps.view import View, mode_name, pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

LONG_S = 1.0
"""Steps shorter than this leave no line behind."""
BAR = 20
WIDE = 90
"""Columns from which bars have their full length."""
GOOD, FAIR = 0.9, 0.6
"""Covered shares from which a bar is green, and yellow."""


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
    def progress(self, steps: Mapping[str, Text]) -> Iterator[Callable[[str, float], None]]:
        """Show a bar for each step; yields the function to call with a step and its share done."""
        bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=self.err,
            disable=not self.err.is_terminal,
        )
        with bars:
            yield _Steps(bars, steps, self.lang)


class _Steps:
    """Turns ``progress(step, share)`` into bars; a step that took under a second is taken away when done."""

    def __init__(self, bars: Progress, names: Mapping[str, Text], lang: Lang) -> None:
        self._bars, self._lang = bars, lang
        self._names = names
        self._tasks: dict[str, tuple[object, float]] = {}

    def __call__(self, step: str, share: float) -> None:
        if step not in self._tasks:
            named = self._names[step].say(self._lang) if step in self._names else step
            self._tasks[step] = (self._bars.add_task(named, total=1.0), monotonic())
        task, start = self._tasks[step]
        short = share >= 1 and monotonic() - start < LONG_S
        self._bars.update(task, completed=min(share, 1.0), visible=not short)  # type: ignore[arg-type]


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


def summary(public: PublicReport, folder: Path, *, seconds: float, lang: Lang, width: int) -> Group:
    """Return the end of a check: totals, coverage, the worst grids, the largest gaps, what was wrong, and where the files are.

    Parameters
    ----------
    public : PublicReport
        Only what may be seen by anyone: the terminal may be shared.
    folder : Path
        Where the files are.
    seconds : float
        How long it took.
    lang : "zh" or "en"
        Language.
    width : int
        Columns of the terminal.
    """
    view = View(public, lang)
    parts: list[RenderableType] = [
        _title(view, seconds),
        _totals(view),
        _coverage(view, BAR if width >= WIDE else BAR // 2),
        _worst(view),
        _gaps(view),
        _wrong(view),
        *_given(view),
        _files(view, folder),
    ]
    spaced: list[RenderableType] = [piece for part in parts for piece in ("", part)]
    return Group(*spaced, "")


def _title(view: View, seconds: float) -> Line:
    place = view.place or view.say("检查结果", "Result of the check")
    return Line.assemble((clean(place), "bold cyan"), (view.say("   用时 {s} 秒", "   {s} s", s=f"{seconds:.1f}"), "dim"))


TOTALS: tuple[tuple[tuple[str, Text], ...], ...] = (
    (
        ("households", Text("网格内住户", "households inside grids")),
        ("persons", Text("人口", "persons")),
        ("grids", Text("网格", "grids")),
        ("areas", Text("区域", "areas")),
        ("facilities", Text("设施", "facilities")),
    ),
    (
        ("outside", Text("网格外住户", "outside grids")),
        ("unreached", Text("远离街道", "unreached")),
    ),
)
"""Totals, by line."""


def _totals(view: View) -> Group:
    lines = []
    for named in TOTALS:
        counts = [(name.say(view.lang), figures.count(view.summary["totals"].get(key), withheld=True)) for key, name in named]
        parts = [part for name, count in counts for part in ((f"{name} ", "dim"), (f"{_plain(count)}   ", "bold"))]
        lines.append(Line.assemble(*parts))
    return Group(*lines)


def _coverage(view: View, width: int) -> Group:
    """Return what each service covers, and how fast everybody is taken to be."""
    paces = (f"{mode_name(mode).say(view.lang)} {pace(mode, speed).say(view.lang)}" for mode, speed in view.modes.items())
    return Group(_services(view, width), Wrapped(Line(view.say("；", "; ").join(paces), "dim")))


def _services(view: View, width: int) -> Table:
    headings = (
        Text("服务", "Service"),
        Text("时限", "Cutoff"),
        Text("步行覆盖", "Covered on foot") if view.is_walked else Text("覆盖", "Covered"),
        Text("规划建成后", "With\nplanned"),
        Text("未覆盖户", "Not\ncovered"),
    )
    table = columns(view.lang, headings, right=(2, 3, 4))
    table.columns[1].justify = "right"
    rows = {row["id"]: row for row in view.summary["services"]}
    for service in view.services:
        now, later = view.total(service), view.total(service, "later")
        cutoff = view.summary["settings"]["cutoff_min"].get(service)
        minutes = "" if cutoff is None else view.say("{n} 分", "{n} min", n=figures.number(cutoff))
        limit = view.within(rows[service], minutes) if minutes and service in rows else minutes
        share, style = now.get("share"), "bold" if service == view.headline else ""
        cells = (
            limit,
            bar(share, width).append(f" {_plain(view.share(now)):>6}"),
            _plain(view.share(later)),
            _plain(view.not_covered(now)),
        )
        table.add_row(clean(view.service(service)), *cells, style=style)
    return table


def bar(share: object, width: int) -> Line:
    """Return a share as a bar of characters.

    Examples
    --------
    >>> bar(0.5, 8).plain
    '━━━━────'
    """
    if figures.is_missing(share):
        return Line(" " * width)
    value = float(str(share))
    filled = round(width * value)
    colour = "green" if value >= GOOD else "yellow" if value >= FAIR else "red"
    return Line.assemble(("━" * filled, colour), ("─" * (width - filled), "dim"))


def _worst(view: View) -> RenderableType:
    headings = (
        Text("覆盖率最低的三个网格（{s}）", "Three worst grids ({s})").fill(s=view.service(view.headline)),
        Text("覆盖率", "Covered"),
        Text("未覆盖户", "Not covered"),
        Text("住户", "Households"),
    )
    ids = view.summary["worst_grids"].get(view.headline, [])[:3]
    if not ids:
        return Line(view.say("没有覆盖不足的网格。", "No grid falls short."), "dim")
    table = columns(view.lang, headings, right=(1, 2, 3))
    for grid_id in ids:
        row = view.coverage("grid", str(grid_id), view.headline)
        counts = (_plain(view.not_covered(row)), _plain(view.count(row, "households")))
        table.add_row(clean(view.grids([grid_id])), _plain(view.share(row)), *counts)
    return table


def _gaps(view: View) -> RenderableType:
    headings = (
        Text("最大的三处覆盖缺口", "Three largest gaps"),
        Text("涉及网格", "Grids"),
        Text("约户", "~Households"),
        Text("约人", "~Persons"),
        Text("到最近设施", "To nearest"),
    )
    if not view.gaps:
        return Line(view.say("没有可公布的覆盖缺口。", "No coverage gap to show."), "dim")
    table = columns(view.lang, headings, right=(2, 3, 4))
    for gap in view.gaps[:3]:
        grids = view.grids(gap["grid_ids"][:2]) + ("…" if len(gap["grid_ids"]) > 2 else "")  # noqa: PLR2004 -- as many as are named
        counts = (_plain(view.count(gap, "households")), _plain(view.count(gap, "persons")))
        table.add_row(clean(view.service(gap["service"])), clean(grids), *counts, figures.minutes(gap["minutes"], view.lang))
    return table


def _wrong(view: View) -> Group:
    """Return two lines: defects of the tiling, and rejected rows."""
    totals = view.summary["totals"]
    kinds = [f"{figures.say(figures.KINDS, kind, view.lang)} {n:,}" for kind, n in totals["defects"].items() if n]
    tables = [
        (figures.say(figures.TABLES, row["table"], view.lang), row["rejected"])
        for row in view.summary["inputs"]
        if row["rejected"]
    ]
    rejected = [f"{name} {n:,}" for name, n in tables]
    none = view.say("没有", "none")
    where = view.say("逐行原因和改法见 private/rejected.csv", "row by row, with remedies: private/rejected.csv")
    moved = [
        f"{figures.say(figures.TABLES, row['table'], view.lang)} {row['datum']['datum'].upper()}"
        for row in view.summary["inputs"]
        if row["datum"] and row["datum"]["datum"] != "wgs84"
    ]
    lines = [(view.say("换算过的坐标", "Datum converted"), moved)] if moved else []
    lines += [
        (view.say("网格边界问题", "Tiling defects"), kinds),
        (view.say("不合格的行", "Rejected rows"), rejected),
    ]
    return Group(
        *(
            Line.assemble((f"{name}  ", "bold"), (", ".join(found) or none, "yellow" if found else "green"))
            for name, found in lines
        ),
        *([Line(where, "dim")] if rejected else []),
    )


def _given(view: View) -> list[RenderableType]:
    """Return what became of the planner's own streets and of closures, where any were given."""
    rows = [row for row in view.summary["inputs"] if row["table"] in ("add_streets", "closures")]
    told = [(figures.say(figures.TABLES, row["table"], view.lang), view.pick(note)) for row in rows for note in row["notes"]]
    return [Group(*(Wrapped(Line.assemble((f"{table}  ", "bold"), clean(note))) for table, note in told))] if told else []


def _files(view: View, folder: Path) -> Group:
    named = (
        ("map.html", Text("地图", "map")),
        ("report.html", Text("报告", "report")),
        ("report.xlsx", Text("表格", "tables")),
        ("private/", Text("住户明细，勿外传", "household rows: keep private")),
    )
    lines = [Line.assemble((view.say("结果在 ", "Results are in "), "bold"), clean(f"{folder}"))]
    lines += [Line.assemble("  ", (f"{name:<12}", "cyan"), f" {says.say(view.lang)}") for name, says in named]
    withheld = view.say(
        "* 小数字，公开文件中不显示；准确数字在 private/report.xlsx", "* a small number, withheld; private/report.xlsx has it"
    )
    is_told = any(row.get("suppressed") for row in view.summary["coverage"])
    return Group(*lines, *([Line(withheld, "dim")] if is_told else []))


def columns(lang: Lang, headings: Sequence[Text], *, right: Sequence[int]) -> Table:
    """Return an empty table with headings; the columns ``right`` hold numbers, which are never broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), width=None, title_justify="left")
    for position, heading in enumerate(headings):
        is_number = position in right
        table.add_column(clean(heading.say(lang)), justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    return table


def _plain(figure: str) -> str:
    """Return a figure with a narrow mark for what is withheld."""
    return figure.replace(figures.WITHHELD, "*")


def write_traceback(error: BaseException) -> str:
    """Write an error's traceback to a new file that only its owner can read, and return where."""
    handle, name = tempfile.mkstemp(prefix="geogrid-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(f"geogrid {__version__}, Python {sys.version}\n\n")
        traceback.print_exception(error, file=file)
    return name
