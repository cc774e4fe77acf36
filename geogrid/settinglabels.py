"""What totals and settings of a report are called in front of people, and how their values read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.labels import code_label, column_label
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Lang

KEYS: Mapping[str, Text] = {
    "grids": Text("网格数", "Grids"),
    "areas": Text("区域数", "Areas"),
    "households": Text("网格内户数", "Households inside grids"),
    "outside": Text("网格外户数", "Households outside grids"),
    "unreached": Text("离街道过远户数", "Households too far from a street"),
    "on_border": Text("在网格边界上的户数", "Households on a border"),
    "disagreements": Text("网格编号不符的户数", "Households whose claimed grid differs"),
    "rejected": Text("未采用行数", "Rows rejected"),
    "defects": Text("边界问题", "Tiling defects"),
    "gaps": Text("覆盖缺口数", "Coverage gaps"),
    "suppress_below": Text("不公开的数：1 至", "Counts withheld: 1 to"),
    "cutoff_min": Text("时限（分钟）", "Cutoff (min)"),
    "speed_kmh": Text("步速（公里/小时）", "Walking speed (km/h)"),
    "speed_source": Text("步速出处", "Source of the speed"),
    "modes": Text("各出行方式", "Modes in use"),
    "older_speed_kmh": Text("老年人步速（公里/小时）", "Older people's speed (km/h)"),
    "join_crossings": Text("没有路口的交叉一律连通", "Crossings without a junction joined"),
    "max_snap_m": Text("离街道最远（米）", "Farthest from a street (m)"),
    "gap_distance_m": Text("缺口内住户间距（米）", "Distance inside a gap (m)"),
    "sliver_width_m": Text("细缝宽度（米）", "Width of slivers (m)"),
    "defect_width_m": Text("边界问题最小宽度（米）", "Least width of a defect (m)"),
    "household_range": Text("网格户数范围", "Household range"),
    "household_target": Text("网格目标户数", "Household target"),
    "now_statuses": Text("现在计入的状态", "Statuses that count now"),
    "later_statuses": Text("以后计入的状态", "Statuses that count later"),
    "datum": Text("坐标基准", "Datum"),
    "profile": Text("方案", "Profile"),
    "source": Text("出处", "Source"),
    "*": Text("各表", "every table"),
    "auto": Text("自动识别", "recognised"),
    "several": Text("各服务不同", "differs by service"),
}
"""Totals and settings of ``report.json``; others are called as columns are."""


def key_label(key: str, lang: Lang, services: Mapping[str, Text]) -> str:
    """Return what a total or a setting is called.

    Examples
    --------
    >>> key_label("max_snap_m", "zh", {}), key_label("persons", "en", {})
    ('离街道最远（米）', 'Persons')
    """
    return KEYS[key].say(lang) if key in KEYS else column_label(key, lang, services)


def said(value: Any, lang: Lang, services: Mapping[str, Text]) -> Any:
    """Return a value as people read it: names for ids, lists joined, what belongs to a service or mode beside its name.

    Examples
    --------
    >>> said({"medical": 15.0}, "zh", {"medical": Text("医疗", "Medical")}), said(["built", "planned"], "en", {})
    ('医疗：15.0', 'Built, Planned')
    """
    comma, colon, semicolon = {"zh": ("、", "：", "；"), "en": (", ", ": ", "; ")}[lang]
    if isinstance(value, dict):
        if {"zh", "en"} <= set(value):
            rest = {key: each for key, each in value.items() if key not in ("zh", "en")}
            return value[lang] + (f" ({said(rest, lang, services)})" if rest else "")
        return semicolon.join(f"{_named(key, lang, services)}{colon}{said(each, lang, services)}" for key, each in value.items())
    if isinstance(value, list):
        return comma.join(str(said(each, lang, services)) for each in value)
    return _named(value, lang, services) if isinstance(value, str) else value


def _named(value: str, lang: Lang, services: Mapping[str, Text]) -> str:
    coded = str(code_label(value, lang, services))
    return coded if coded != value else KEYS[value].say(lang) if value in KEYS else value
