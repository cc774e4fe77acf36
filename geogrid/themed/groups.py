"""Themes of groups of villages: zones inside the levels, and areas that cut across them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.measures import FUNCTIONS
from geogrid.profileparts import THEMES, Rule
from geogrid.standards import FAIL as FAILS
from geogrid.standards import shown as value_of
from geogrid.themecolours import COLOURS, GROUPS
from geogrid.themed.fill import outcome
from geogrid.themed.parts import framed, joined, layer, named, shown, stated, worst_first
from geogrid.themed.telling import is_told
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geogrid.profileparts import Level
    from geogrid.themed.stage import Stage

ZONES = (
    ThemeClass("pass", Text("达标", "meets it"), COLOURS["grade_1"]),
    ThemeClass("zone", Text("没有规定", "no rule about it"), COLOURS["grade_2"], is_hatched=True),
    ThemeClass("none", Text("其余的{zh}，不在其中", "other {en}, in none of them"), COLOURS["same"], is_beside=True),
    ThemeClass("incomplete", Text("资料不全", "data missing"), COLOURS["incomplete"], is_hatched=True),
    ThemeClass("fail", Text("不达标", "fails"), COLOURS["fail"]),
)
IN_NONE = Text("{zh} {n:,} 个，其余 {left:,} 个{child_zh}不在其中", "{n:,} × {en}; {left:,} × {child_en} in none")
MEMBERS = Text("{n} 个：{names}", "{n}: {names}")
ALONE = ThemeClass("alone", Text("未加入", "in none"), COLOURS["nothing"])
BAD = ThemeClass("fail", Text("不达标的片区", "an area that fails"), COLOURS["fail"], is_hatched=True)


def zones(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return zones within and outside their rules, and the villages that lie in none."""
    level = next((each for each in stage.profile.levels if each.is_partial and len(stage.subjects(each.id))), None)
    if level is None or "geometry" not in stage.subjects(level.id).rows:
        return None
    children = _children(stage, level)
    results, advice = outcome(stage, level.id, is_public=is_public)
    classes: list[str | None] = [each or "zone" for each in results]
    rows, outside = stage.rows(level.id)[["id", "name", "geometry"]], _outside(stage, level, children)
    values = _zone_values(stage, level)
    whole = gpd.GeoDataFrame(pd.concat([rows, outside], ignore_index=True), geometry="geometry", crs=rows.crs)
    nothing = [None] * len(outside)
    classes += ["none"] * len(outside)
    state = shown(classes, [*values, *nothing], [*advice, *nothing])
    frame = framed(
        whole, {"now": state}, worst_first(classes, np.zeros(len(classes)), first=("fail", "incomplete", "zone", "pass"))
    )
    rules = [each for each in stage.profile.standards.values() if each.of == level.id and each.is_judged]
    note = joined([*(rule.name for rule in rules), *([rules[0].source] if rules else [])]) or level.name
    below = stage.profile.level(children).name
    said = {"zh": level.zh, "en": level.en, "n": len(rows), "left": len(outside), "child_zh": below.zh, "child_en": below.en}
    facts = (IN_NONE.fill(**said), *stated(stage, [level.id, children], is_public=is_public))
    borders = stage.rows(level.id)[["name", "geometry"]]
    legend = [each._replace(name=each.name.fill(zh=below.zh, en=below.en)) for each in ZONES]
    return layer(stage, "zones", frame, legend, name=level.name, note=note, facts=facts, is_public=is_public, background=borders)


def _children(stage: Stage, level: Level) -> str:
    """Return the level that a zone holds: what its standards count, else the next level of land with the same parent."""
    asked = [
        str(rule.options["level"]) for rule in stage.profile.standards.values() if rule.of == level.id and "level" in rule.options
    ]
    beside = [each.id for each in stage.lands if each.parent in (level.parent, level.id)]
    return next(iter([*asked, *beside, stage.lands[-1].id]))


def _outside(stage: Stage, level: Level, children: str) -> gpd.GeoDataFrame:
    """Return the children that lie in none of a level."""
    known, below = stage.subjects(level.id).position.keys(), stage.subjects(children)
    members = _member_of(stage, level)
    lost = [not (above & known) and key not in members for above, key in zip(below.above, below.rows["id"], strict=True)]
    return stage.rows(children).loc[lost, ["id", "name", "geometry"]]


def _member_of(stage: Stage, level: Level) -> dict[str, str]:
    """Return the area across the tree that each member belongs to, by the table of members."""
    table, known = stage.facts.area_members, stage.subjects(level.id).position
    if table is None:
        return {}
    pairs = [(member, area) for area, member in zip(table["area_id"], table["member_id"], strict=True) if area in known]
    return dict(reversed(pairs))


def _zone_values(stage: Stage, level: Level) -> list[Text | None]:
    """Return for each subject what its standards measure, each measure once; nothing about people."""
    subjects = stage.subjects(level.id)
    rules: dict[tuple[str, str], Rule] = {}
    for rule in stage.profile.standards.values():
        if rule.of == level.id and is_told(rule):
            rules.setdefault((rule.measure, str(rule.options)), rule)
    at: npt.NDArray[np.int64] = np.arange(len(subjects))
    found = [(rule, FUNCTIONS[rule.measure](stage.facts, subjects, at, rule).value) for rule in rules.values()]
    return [joined((value_of(v[i], rule.measure, stage.profile) for rule, v in found), "，", ", ") for i in range(len(subjects))]


def alliances(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the members of areas that cut across the tree, neighbouring areas in different colours, and what is in none."""
    level = next((each for each in stage.profile.levels if each.cuts_across and len(stage.subjects(each.id))), None)
    if level is None or not stage.lands:
        return None
    members = _member_of(stage, level)
    of = _held(stage, set(members))
    if of is None:
        return None
    rows, areas = stage.rows(of), stage.subjects(level.id)
    results, advice = outcome(stage, level.id, is_public=is_public)
    area = np.array([areas.position.get(members.get(key, ""), -1) for key in rows["id"]])
    colour = _coloured(rows, area, len(areas))
    key_of = ["fail" if result == FAILS else f"group_{c + 1}" for result, c in zip(results, colour, strict=True)]
    classes = [key_of[i] if i >= 0 else "alone" for i in area]
    names = areas.rows["name"].tolist()
    values = [Text(str(names[i]), str(names[i])) if i >= 0 else None for i in area]
    todo = [advice[i] if i >= 0 else None for i in area]
    order = worst_first(classes, np.zeros(len(area)), first=("fail",))
    frame = framed(rows, {"now": shown(classes, values, todo)}, order)
    facts = (*_listed(names, area, rows["name"].tolist()), *stated(stage, [level.id], is_public=is_public))
    return layer(
        stage,
        "alliances",
        frame,
        _legend(level, names, colour, classes),
        name=level.name,
        note=_note(level),
        facts=facts,
        is_public=is_public,
    )


def _note(level: Level) -> Text:
    return Text(
        f"{THEMES['alliances'].zh}：{level.zh}，相邻的用不同颜色",
        f"{THEMES['alliances'].en}: {level.en}; neighbours differ in colour",
    )


def _held(stage: Stage, members: set[str]) -> str | None:
    """Return the level of land that most of some members are of."""
    found = {level.id: len(members & stage.subjects(level.id).position.keys()) for level in stage.lands}
    best = max(found, key=lambda each: found[each])
    return best if found[best] else None


def _coloured(rows: gpd.GeoDataFrame, area: npt.NDArray[np.int64], areas: int) -> list[int]:
    """Return a colour for each area, none that a neighbour has while there are enough; areas in their order."""
    shapes = rows.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    beside: list[set[int]] = [set() for _ in range(areas)]
    for a, b in zip(area[one], area[other], strict=True):
        if a >= 0 and b >= 0 and a != b:
            beside[a].add(int(b))
    colours: list[int] = []
    for i in range(areas):
        taken = [colours[j] for j in beside[i] if j < i]
        least = min(range(len(GROUPS)), key=lambda c: (taken.count(c), (c - i) % len(GROUPS)))
        colours.append(least)
    return colours


def _legend(level: Level, names: Sequence[Any], colour: Sequence[int], classes: Sequence[str]) -> list[ThemeClass]:
    """Return a class per colour, called by the areas that have it where these are few."""
    rows = []
    for number, value in enumerate(GROUPS):
        mine = [str(name) for name, c in zip(names, colour, strict=True) if c == number]
        if f"group_{number + 1}" in classes:
            said = named(mine[:FEW])
            more = Text("等", " …") if len(mine) > FEW else Text("", "")
            rows.append(ThemeClass(f"group_{number + 1}", Text(said.zh + more.zh, said.en + more.en), value))
    alone = Text(f"不在任何{level.zh}", f"in no {level.en}")
    return [*rows, BAD, ALONE._replace(name=alone)]


FEW = 3


def _listed(names: Sequence[Any], area: npt.NDArray[np.int64], members: Sequence[Any]) -> list[Text]:
    """Return a sentence for each area: how many members, and which."""
    facts = []
    for i, name in enumerate(names):
        mine = [member for member, of in zip(members, area, strict=True) if of == i]
        listed = named(mine)
        said = Text(MEMBERS.zh.format(n=len(mine), names=listed.zh), MEMBERS.en.format(n=len(mine), names=listed.en))
        facts.append(Text(f"{name} {said.zh}", f"{name}, {said.en}"))
    return facts
