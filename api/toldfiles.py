"""What the terminal shows of files that were brought into a workspace: rows by table, datums, households outside all grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text as Line

from api.terminal import columns
from api.told import title
from api.toldwork import table_name
from geogrid.crs import label
from geogrid.datum import DATUMS
from geogrid.words import Text
from maps import figures

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geogrid.bringing import Brought
    from geogrid.officefiles import Imported, Outside
    from geogrid.results import DatumFinding
    from geogrid.words import Lang


CALLED = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def founded(brought: Brought, name: str, lang: Lang) -> RenderableType:
    """Return what the workspace is called and the CRS that it was made in."""
    return title(lang, Text(f"工作区 {name}", f"Workspace {name}"), label(brought.crs))


def imported(done: Imported, lang: Lang, *, is_trial: bool = False) -> RenderableType:
    """Return by table how many rows are new, changed, unchanged and ended, and how many were rejected."""
    headings = (
        Text("表", "Table"),
        Text("新增", "New"),
        Text("变动", "Changed"),
        Text("不变", "Unchanged"),
        Text("终止", "Ended"),
        Text("现有", "Now"),
        Text("不可用", "Rejected"),
    )
    table = columns(lang, headings, right=(1, 2, 3, 4, 5, 6))
    for name, change in done.changes.items():
        rejected = done.brought.read[name].rejected
        now = change.new + change.changed + change.unchanged
        counts = (
            change.new,
            change.changed,
            change.unchanged,
            change.ended,
            now,
            rejected["line"].nunique() if len(rejected) else 0,
        )
        table.add_row(table_name(name).say(lang), *(f"{int(n):,}" for n in counts))
    trial = Line(Text("试导入，什么也没有写：", "A trial; nothing was written:").say(lang), "bold yellow")
    return Group(*([trial] if is_trial else []), table)


def assumed(done: Imported) -> list[Text]:
    """Say what was assumed of each table, how it was converted and on what evidence, what stays, and who is outside all grids."""
    brought = done.brought
    named = [(table, note) for table, notes in brought.notes.items() for note in notes]
    named += [(table, note) for table, read in brought.read.items() for note in read.source.notes]
    named += [(table, _converted(brought.datum[table], metres)) for table, metres in brought.shift_m.items()]
    named += [(table, _KEPT.fill(n=f"{change.kept:,}")) for table, change in done.changes.items() if change.kept]
    named += [] if done.outside is None else [("households", _of_outside(done.outside))]
    return [_named(table, note) for table, note in named]


def _of_outside(outside: Outside) -> Text:
    said = _OUTSIDE if outside.households else _ALL_INSIDE
    return said.fill(n=f"{outside.households:,}", placed=f"{outside.placed:,}")


def _converted(finding: DatumFinding, metres: float) -> Text:
    """Say how far a table was moved, and why: by the misfit before and after, and what it would be otherwise."""
    said = _CONVERTED.fill(datum=CALLED[finding.datum], m=f"{metres:,.0f}")
    why = _evidence(finding) if finding.misfit else _TOLD
    return Text(f"{said.zh}；{why.zh}", f"{said.en}; {why.en}")


def _evidence(finding: DatumFinding) -> Text:
    shown = {datum: _misfit(finding.misfit[datum], finding.unit) for datum in DATUMS}
    (other,) = {"gcj02", "bd09"} - {finding.datum}
    values = {"before": shown["wgs84"], "after": shown[finding.datum], "other": shown[other], "n": f"{finding.sample:,}"}
    measure = finding.measure
    said = _EVIDENCE.fill(**values, as_other=CALLED[other])
    return Text(f"{measure.zh}{said.zh}", f"{measure.en}{said.en}")


def _misfit(value: float, unit: str) -> str:
    return f"{figures.number(value)} m" if unit == "m" else figures.share(value)


def _named(table: str, note: Text) -> Text:
    name = table_name(table)
    return Text(f"{name.zh}：{note.zh}", f"{name.en}: {note.en}")


_CONVERTED = Text("坐标已由 {datum} 换算，移动 {m} 米（中位数）", "converted from {datum}, moved by {m} m (median)")
_TOLD = Text("按指定", "as told")
_EVIDENCE = Text(
    "由 {before} 变为 {after}（按 {as_other} 为 {other}；比对 {n} 个点）",
    " from {before} to {after} ({other} as {as_other}; {n} points compared)",
)
_KEPT = Text(
    "现有的 {n} 行照旧保留，没有终止：文件里相同编号的行不可用；改正后可再导入",
    "rows that stay as they were: {n}; the file's rows of their ids were rejected, which ends nothing; correct them and import "
    "again",
)
_OUTSIDE = Text(
    "有位置的 {placed} 户中，{n} 户在所有网格之外；请核对坐标或网格（名单见 geogrid check 的 private/outside.csv）",
    "of {placed} with a place, {n} are outside all grids: look at their coordinates, or at the grids (who they are: "
    "private/outside.csv of geogrid check)",
)
_ALL_INSIDE = Text("有位置的 {placed} 户都在网格内", "all {placed} with a place are in a grid")
