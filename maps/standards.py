"""The section of the written report on a place's standards and on the sizes that its sources state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text
from maps import figures
from maps.markup import Html, element, joined
from maps.view import Column

if TYPE_CHECKING:
    from maps.view import Row, View

MOST_NAMED = 10
"""Subjects named under each standard; the workbooks have more."""

STANDARD = Column(Text("标准", "Standard"))
BOUND = Column(Text("要求", "Bound"))
COUNTS = tuple(
    Column(Text(zh, en), numeric=True)
    for zh, en in (("对象", "Subjects"), ("达标", "Pass"), ("不达标", "Fail"), ("资料不全", "Incomplete"), ("不公开", "Withheld"))
)
SOURCE = Column(Text("出处", "Source"))
SIZE, STATED, FOUND = (Column(Text(zh, en)) for zh, en in (("规模", "Size"), ("资料所述", "Stated"), ("本次统计", "Found")))
OFFICE_ONLY = Text("仅供内部", "office only")
PUBLIC_LIST = Text("全部见 report.xlsx 的“待整改”", "all in report.xlsx, sheet To mend")
OFFICE_LIST = Text("全部见 private/place.xlsx 的“待整改”（内部）", "all in private/place.xlsx, sheet To mend (office)")
REPORTED = Text("（只报告）", " (reported only)")
ASSUMED = Text("假定", "assumed")
RESULTS = {"fail": Text("不达标", "fails"), "incomplete": Text("资料不全", "incomplete")}
NOTE = Text(
    "“待核”指未读到原文的出处。涉及住户和人员的标准只统计可以公开的对象，其余计入“不公开”，与公开地图一致；逐项清单见内部工作簿。",
    "'To be confirmed' marks sources whose own text was not read. Of standards on people only the subjects that may be told are "
    "counted, as on the public map, and the others are withheld; the office's workbook lists every subject.",
)


def is_there(view: View) -> bool:
    """Return whether the place has standards or stated sizes."""
    return bool(view.summary.get("standards") or view.summary.get("stated"))


def standards(view: View) -> Html:
    """Return what became of every standard, what fails it by name, and stated sizes beside what was found."""
    rows = view.summary.get("standards", [])
    sizes = view.summary.get("stated", [])
    return joined(
        [
            view.table((STANDARD, BOUND, *COUNTS, SOURCE), [_row(view, row) for row in rows]) if rows else None,
            *(_failures(view, row) for row in rows if row["failures"]),
            element("h3", view.say("规模", "Sizes")) if sizes else None,
            view.table((SIZE, STATED, FOUND, SOURCE), [_size(view, row) for row in sizes]) if sizes else None,
            element("p", NOTE.say(view.lang), class_="note"),
        ]
    )


def _row(view: View, row: Row) -> list[object]:
    counts = [
        OFFICE_ONLY.say(view.lang) if row[key] is None else figures.count(row[key]) for key in ("passed", "failed", "incomplete")
    ]
    counts.append(figures.count(row["withheld"]))
    name = view.pick(row) + ("" if row["is_judged"] else REPORTED.say(view.lang))
    return [name, view.pick(row["bound"]), figures.count(row["subjects"]), *counts, view.pick(row["source"])]


def _failures(view: View, row: Row) -> Html:
    """Name the first of those that fail one standard, worst first."""
    named = row["failures"]
    items = [element("li", _failure(view, one)) for one in named[:MOST_NAMED]]
    counted = max(len(named), (row["failed"] or 0) + (row["incomplete"] or 0))
    if left := counted - len(items):
        where = PUBLIC_LIST if counted == len(named) else OFFICE_LIST
        items.append(element("li", view.say("另有 {n} 个，", "and {n} more: ", n=left) + where.say(view.lang)))
    return joined([element("h3", view.pick(row)), element("ol", *items, class_="plain")])


def _failure(view: View, one: Row) -> str:
    said = f"{one['name']}（{one['id']}）" if view.lang == "zh" else f"{one['name']} ({one['id']})"
    parts = [
        said,
        RESULTS[one["result"]].say(view.lang),
        view.pick(one["value"]),
        *([view.pick(one["said"])] if one["said"] else []),
    ]
    return view.say("，", ", ").join(parts)


def _size(view: View, row: Row) -> list[object]:
    stated = figures.count(row["n"])
    if row["share"] is not None:
        stated = f"{stated} ({figures.share(row['share'])})"
    said = view.pick(row["source"]) + (f" · {ASSUMED.say(view.lang)}" if row["is_assumed"] else "")
    return [view.pick(row), stated, _found(view, row), said]


def _found(view: View, row: Row) -> str:
    """Return the size that was found and whether it is the stated one, unless that is for the office only."""
    if row["found"] is None:
        return OFFICE_ONLY.say(view.lang)
    found = figures.count(int(row["found"]))
    if row["share_found"] is not None:
        found = f"{found} ({figures.share(row['share_found'])})"
    mark = "✓" if row["is_equal"] else "≠"
    return f"{found} {mark}"
