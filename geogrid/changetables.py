"""A change sheet as the tables of a workbook, its totals named in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.changerows import DIGITS
from geogrid.people import COVERED
from geogrid.settings import ALL
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.changesheet import ChangeSheet
    from geogrid.words import Lang

TOTALS: Mapping[str, Text] = {
    "grids_changed": Text("变动的网格", "Grids that change"),
    "grids_new": Text("新设的网格", "New grids"),
    "grids_gone": Text("撤销的网格", "Grids that are gone"),
    "grids_unstaffed": Text("变动后尚无人负责的网格", "Changed grids without anyone responsible yet"),
    "households_moved": Text("换网格的住户", "Households that change grid"),
    "persons_moved": Text("换网格的人口", "Persons who change grid"),
    "households_arrived": Text("新增住户", "New households"),
    "households_departed": Text("减少住户", "Households no longer there"),
    "grids": Text("网格数", "Grids"),
    "households": Text("网格内住户", "Households in grids"),
    "households_without_grid": Text("不在任何网格内的住户", "Households in no grid"),
    "unassigned_m2": Text("未分配的土地（平方米）", "Land given to no grid (m²)"),
    "range_below": Text("户数低于范围（{low}—{high} 户）的网格", "Grids below the range of {low}–{high} households"),
    "range_in": Text("户数在范围内的网格", "Grids in the household range"),
    "range_above": Text("户数高于范围的网格", "Grids above the household range"),
}
"""What a change sheet's totals are called."""

_COVERED_ALL = Text("全部服务都覆盖的住户", "Households covered by all services")
_COVERED = Text("{zh}覆盖的住户", "Households covered by {en}")
_WHEN: Mapping[str, Text] = {
    "": Text("", ""),
    "_before": Text("（调整前）", ": before"),
    "_after": Text("（调整后）", ": after"),
}


def tables_of(sheet: ChangeSheet, lang: Lang = "zh") -> dict[str, pd.DataFrame]:
    """Return a sheet's tables by the keys of `labels.SHEETS`, household rows included; totals and notes in words. Private.

    Parameters
    ----------
    sheet : ChangeSheet
        The exact one.
    lang : "zh" or "en"
        Language of the totals' names and of the notes.
    """
    tables = {
        "change_totals": _totals(sheet, lang),
        "change_grids": sheet.grids.round({f"{name}_{when}": n for name, n in DIGITS.items() for when in ("before", "after")}),
        "flows": sheet.flows,
        "movers": sheet.movers,
        "change_staff": sheet.staff,
    }
    tables |= {"arrivals": sheet.arrivals, "departures": sheet.departures} if sheet.is_of_others else {}
    tables |= {"locks": sheet.locks} if len(sheet.locks) else {}
    tables |= {"cut_units": sheet.cut_units} if sheet.cuts else {}
    return tables | {"notes": pd.DataFrame({"note": [text.say(lang) for text in (sheet.summary, *sheet.notes)]})}


def _totals(sheet: ChangeSheet, lang: Lang) -> pd.DataFrame:
    """Return totals as rows of what is counted and how many."""
    rows = [(key, value) for name, whole in sheet.totals.items() for key, value in _parts(name, whole)]
    named = [_total_name(sheet, key).say(lang) for key, _ in rows]
    return pd.DataFrame({"key": named, "value": [value for _, value in rows]}, dtype=object)


def _parts(name: str, whole: Any) -> list[tuple[str, Any]]:
    """Return a total, or each part of one: range_before {below} is range_below_before."""
    if not isinstance(whole, dict):
        return [(name, round(whole, DIGITS["area_m2"]) if isinstance(whole, float) else whole)]
    first, _, when = name.partition("_")
    return [(f"{first}_{part}_{when}", value) for part, value in whole.items()]


def _total_name(sheet: ChangeSheet, key: str) -> Text:
    when = next(each for each in ("_before", "_after", "") if key.endswith(each))
    name, limits = key.removesuffix(when), sheet.asked.limits
    text = TOTALS[name].fill(low=limits.low, high=limits.high) if name in TOTALS else _covered(sheet, name.removeprefix(COVERED))
    return Text(text.zh + _WHEN[when].zh, text.en + _WHEN[when].en)


def _covered(sheet: ChangeSheet, service: str) -> Text:
    if service == ALL:
        return _COVERED_ALL
    name = sheet.asked.services.get(service, Text(service, service))
    return _COVERED.fill(zh=name.zh, en=name.en)
