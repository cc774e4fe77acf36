"""The kinds of findings of the gate as data: name, severity and remedy. Adding a kind is adding a row here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["defect", "warning", "information"]

SEVERITIES: Mapping[Severity, Text] = {
    "defect": Text("缺陷", "defects"),
    "warning": Text("需核对", "warnings"),
    "information": Text("说明", "notes"),
}
"""From the worst on, with the words for several."""


class Kind(NamedTuple):
    """What a kind is called, how bad it is and what to do about it."""

    name: Text
    severity: Severity
    remedy: Text


KINDS: Mapping[str, Kind] = {
    "invalid": Kind(
        Text("图形无效", "invalid shape"),
        "defect",
        Text("在 GIS 软件中修复几何，或重新绘制", "mend it in a GIS ('fix geometries'), or draw it again"),
    ),
    "hole": Kind(
        Text("空洞", "hole"), "defect", Text("划给相邻的一个网格或区域", "give it to one of the grids or areas beside it")
    ),
    "unassigned": Kind(
        Text("尚未分配", "not assigned"),
        "defect",
        Text("方案还未完成：把这块地划给一个网格", "the plan is not complete: give this land to a grid"),
    ),
    "overlap": Kind(
        Text("重叠", "overlap"), "defect", Text("确定归哪一方，从另一方划出", "decide whose it is and take it from the other")
    ),
    "sliver": Kind(
        Text("狭缝", "sliver"),
        "defect",
        Text("同一条边界画了两遍：自动修复，或共用一条边线", "a border drawn twice: repair it, or share one line"),
    ),
    "outside_parent": Kind(
        Text("超出上级", "outside its parent"),
        "defect",
        Text("改边界，或改正所属的上级", "correct the border, or the parent that it names"),
    ),
    "several_areas": Kind(
        Text("跨村（社区）", "in several areas"),
        "defect",
        Text(
            "每个网格只属于一个村（社区）：沿村界划开，或改村界",
            "a grid belongs to one village or community: split it along their border, or correct the border",
        ),
    ),
    "stray_part": Kind(
        Text("零散地块", "stray part"),
        "defect",
        Text("划给相邻的网格或区域", "give it to the grid or area beside it"),
    ),
    "multi_part": Kind(
        Text("分成几块", "in several parts"),
        "warning",
        Text("确认是飞地，否则划给相邻的一方", "confirm that it is meant, or give it to the one beside it"),
    ),
    "unknown_parent": Kind(
        Text("上级不存在", "unknown parent"),
        "warning",
        Text("改正上级编号", "correct the id of the parent"),
    ),
    "cut_unit": Kind(
        Text("单元被边界切开", "unit cut by a border"),
        "warning",
        Text("让网格边界绕开单元，或把单元分成两个", "lead the border round the unit, or split the unit"),
    ),
    "cut_building": Kind(
        Text("建筑被边界切开", "building cut by a border"),
        "warning",
        Text("让网格边界绕开建筑", "lead the border round the building"),
    ),
    "split_unit": Kind(
        Text("同一单元的住户分属几个网格", "a unit's households in several grids"),
        "warning",
        Text("核对住户位置和边界，让整个单元归一个网格", "check positions and border; the whole unit should be in one grid"),
    ),
    "enclave": Kind(
        Text("飞地（完全在另一网格内）", "enclave, wholly inside another grid"),
        "information",
        Text("确认确实如此划分", "confirm that this is meant"),
    ),
    "undivided": Kind(
        Text("没有下级网格", "without smaller grids"),
        "information",
        Text("确认不需再分", "confirm that it need not be divided"),
    ),
    "inherited": Kind(
        Text("上级边界的同一缺陷", "the same defect as above it"),
        "information",
        Text("先修上级的边界，再让下级跟上", "mend the borders above first, then let these follow"),
    ),
}
"""Every kind of finding, in the order of a report."""
