"""What a standard can measure, as data: the unit, what it can be measured of, what must be said with it, which tables it needs.

Adding a measure is adding a row here and a function of the same name in ``geogrid.measures``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LAND = ("areas", "grids")
PEOPLE = ("areas", "grids", "units", "households", "place")
"""Subjects that households belong to."""

UNITS: Mapping[str, Text] = {
    "households": Text("户", "households"),
    "persons": Text("人", "persons"),
    "people": Text("名", "people"),
    "count": Text("个", ""),
    "m2": Text("平方米", "m²"),
    "km2": Text("平方公里", "km²"),
    "m": Text("米", "m"),
    "minutes": Text("分钟", "min"),
    "share": Text("", ""),
    "times": Text("倍", "times"),
    "matters": Text("件", "matters"),
    "rank": Text("", ""),
}
"""How a value of each unit is written; shares are shown in per cent, ranks as grades."""

OPTIONS: Mapping[str, Text] = {
    "services": Text("服务的 id，列表", "ids of services, a list"),
    "roles": Text("职务，列表", "roles of staff, a list"),
    "functions": Text("功能，列表", "functions, a list"),
    "statuses": Text("建设状态，列表", "statuses, a list"),
    "where": Text("设施的条件 { 列 = 值 }", "conditions on facilities { column = value }"),
    "level": Text("层级的 id", "id of a level"),
    "levels": Text("层级的 id，列表", "ids of levels, a list"),
    "columns": Text("列名，列表", "names of columns, a list"),
    "when": Text("now 或 later", "now or later"),
    "party_member": Text("true 或 false", "true or false"),
    "season": Text("季节的 id", "id of a season"),
}
"""What each option of a measure is."""


class Measure(NamedTuple):
    """One thing that can be measured of a subject.

    Attributes
    ----------
    name : Text
        What it is called.
    unit : str
        A key of `UNITS`; a bound must state it.
    of : tuple of str
        Tables whose rows it can be measured of.
    needs : tuple of str
        Tables without which every subject is incomplete.
    options, required : tuple of str
        Keys of `OPTIONS` that may be said, and those that must be.
    is_personal : bool
        Whether it counts people: what is published of it follows the rules for small counts.
    """

    name: Text
    unit: str
    of: tuple[str, ...]
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    is_personal: bool = False


MEASURES: Mapping[str, Measure] = {
    "households": Measure(Text("户数", "households"), "households", PEOPLE, is_personal=True),
    "persons": Measure(Text("人口", "persons"), "persons", PEOPLE, options=("season",), is_personal=True),
    "aged_65": Measure(Text("65 岁以上人口", "persons aged 65 and over"), "persons", PEOPLE, is_personal=True),
    "children_0_14": Measure(Text("0—14 岁人口", "children aged 0 to 14"), "persons", PEOPLE, is_personal=True),
    "party_members": Measure(
        Text("党员人数", "party members"), "persons", ("areas", "grids", "units", "place"), ("units",), is_personal=True
    ),
    "area": Measure(Text("面积", "area"), "km2", (*LAND, "place")),
    "compactness": Measure(Text("紧凑度（Polsby–Popper）", "compactness (Polsby–Popper)"), "share", LAND),
    "deviation": Measure(Text("偏离目标户数", "deviation from the household target"), "share", ("grids",), is_personal=True),
    "children": Measure(
        Text("下级数量", "number of children"), "count", (*LAND, "units"), options=("level",), required=("level",)
    ),
    "subjects": Measure(
        Text("各级数量之和", "subjects of several levels"), "count", ("place",), options=("levels",), required=("levels",)
    ),
    "filled": Measure(
        Text("已填写的列数", "columns filled in"),
        "count",
        (*LAND, "units", "facilities"),
        options=("columns",),
        required=("columns",),
    ),
    "radius": Measure(
        Text("中心到最远下级的直线距离", "straight line from the centre to the farthest child"),
        "m",
        ("areas",),
        ("facilities",),
        options=("level", "services", "where"),
        required=("level", "services"),
    ),
    "staff": Measure(
        Text("责任人数", "people responsible"),
        "people",
        ("areas", "grids", "units", "households", "streets", "place"),
        ("staff",),
        options=("roles", "party_member"),
    ),
    "shares_spread": Measure(
        Text("最大分包户数与平均之比", "largest share of households over the mean"),
        "times",
        ("grids", "areas"),
        ("staff",),
        options=("level",),
        required=("level",),
        is_personal=True,
    ),
    "shared": Measure(
        Text("分包到人的住户比例", "households shared out"),
        "share",
        ("grids", "areas"),
        ("staff",),
        options=("level",),
        required=("level",),
        is_personal=True,
    ),
    "facilities": Measure(
        Text("设施数量", "facilities inside"),
        "count",
        (*LAND, "units", "place"),
        options=("services", "statuses", "functions", "where"),
        required=("services",),
    ),
    "floor_area": Measure(Text("建筑面积", "floor area"), "m2", ("facilities",)),
    "functions": Measure(Text("具备功能数", "functions offered"), "count", ("facilities",), options=("functions",)),
    "share_covered": Measure(
        Text("覆盖率", "covered share"),
        "share",
        (*PEOPLE, "services"),
        options=("services", "when"),
        is_personal=True,
    ),
    "minutes": Measure(
        Text("出行时间中位数", "median travel time"),
        "minutes",
        PEOPLE,
        options=("services",),
        required=("services",),
        is_personal=True,
    ),
    "grade": Measure(Text("等级", "grade"), "rank", (*LAND, "units"), ("grades",)),
    "matters_open": Measure(Text("未办结事项", "open matters"), "matters", (*LAND, "place"), ("events",), is_personal=True),
    "matters_overdue": Measure(Text("超期事项", "overdue matters"), "matters", (*LAND, "place"), ("events",), is_personal=True),
}
"""Every measure by its id."""
