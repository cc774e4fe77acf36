"""What the terminal shows at the end of a check: only what may be seen by anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import BAR, clean, columns
from geogrid.words import Text
from maps import figures
from maps.view import View, mode_name, pace

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

WIDE = 90
"""Columns from which bars have their full length."""
GOOD, FAIR = 0.9, 0.6
"""Covered shares from which a bar is green, and yellow."""
WORTH_TELLING_S = 0.1
"""Seconds from which a step is named."""


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


def _title(view: View, seconds: float) -> Group:
    """Return the place, how long everything took, and each step that took any time to speak of; they add up."""
    place = view.place or view.say("检查结果", "Result of the check")
    line = Line.assemble((clean(place), "bold cyan"), (view.say("   用时 {s} 秒", "   {s} s", s=f"{seconds:.1f}"), "dim"))
    told = [(step, round(taken, 1)) for step, taken in view.steps if taken >= WORTH_TELLING_S]
    left = round(seconds, 1) - sum(taken for _, taken in told)
    others = [(view.say("其余", "all else"), left)] if told and left >= WORTH_TELLING_S else []
    long = [f"{step} {taken:.1f}" for step, taken in [*told, *others]]
    return Group(line, *([Wrapped(Line(" · ".join(long), "dim"))] if long else []))


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
        (view.say("不可用的行", "Rejected rows"), rejected),
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


FILES = (
    ("map.html", Text("地图", "map")),
    ("place.html", Text("专题地图", "map of the place's themes")),
    ("cards/index.html", Text("公示牌与联系卡的打印文件", "notice and contact cards: files to print")),
    ("report.html", Text("报告", "report")),
    ("report.xlsx", Text("表格", "tables")),
    ("private/", Text("住户明细，勿外传", "household rows: keep private")),
    ("private/place.html", Text("内部专题地图", "the office's map of themes")),
    ("private/place.xlsx", Text("标准、人员、事项、等级的逐项清单", "every standard, person, matter and grade")),
)
"""What a check leaves in its folder."""
OF_PLACE = {"place.html", "cards/index.html", "private/place.html", "private/place.xlsx"}
"""Those that are there only where a place's profile asks for them."""


def _files(view: View, folder: Path) -> Group:
    there = [(name, says) for name, says in FILES if name not in OF_PLACE or (folder / name).is_file()]
    wide = max(len(name) for name, _ in there)
    lines = [Line.assemble((view.say("结果在 ", "Results are in "), "bold"), clean(f"{folder}"))]
    lines += [Line.assemble("  ", (f"{name:<{wide}}", "cyan"), f"  {says.say(view.lang)}") for name, says in there]
    withheld = view.say(
        "* 小数字，公开文件中不显示；准确数字在 private/report.xlsx", "* a small number, withheld; private/report.xlsx has it"
    )
    is_told = any(row.get("suppressed") for row in view.summary["coverage"])
    return Group(*lines, *([Line(withheld, "dim")] if is_told else []))


def _plain(figure: str) -> str:
    """Return a figure with a narrow mark for what is withheld."""
    return figure.replace(figures.WITHHELD, "*")
