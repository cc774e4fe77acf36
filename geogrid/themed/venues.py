"""Themes of facilities: what stands in every village, and how large the centres are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geogrid.facts import FACILITIES, matching
from geogrid.profileparts import STATUSES, THEMES
from geogrid.standards import shown as value_of
from geogrid.subjects import chosen
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import framed, joined, layer, shown, stated, worst_first
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.profileparts import Rule
    from geogrid.themed.stage import Stage

NAMES = {
    "built": Text("已建成", "built"),
    "upgrading": Text("提升中", "being upgraded"),
    "improving": Text("改善中", "being improved"),
    "planned": Text("规划", "planned"),
}
CLASSES = (
    *(ThemeClass(key, NAMES[key], COLOURS[key]) for key in STATUSES),
    ThemeClass("missing", Text("没有", "none"), COLOURS["missing"]),
)
VENUE = Text("{name}（{status}）", "{name} ({status})")
BUILD = Text("需要新建：其中没有{service}设施", "to be built: no facility for {service} in it")
FINISH = Text("规划中，尚未建成", "planned, not built yet")
STATUS_NOTE = Text("按其中建设状态最好的一处{service}设施着色", "coloured by the best facility for {service} in it")
TO_ZERO = Text("没有{service}设施的：{n:,} 个，应清零", "without a facility for {service}: {n:,}, to be none")


def statuses(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return villages by the status of their best venue; those without one stand out and come first."""
    if stage.facts.facilities is None or not stage.lands:
        return None
    kind, services = _asked(stage)
    if not services:
        return None
    subjects, places = stage.subjects(kind), stage.subjects(FACILITIES)
    best: list[int] = [-1] * len(subjects)
    known = places.rows.get("status", pd.Series("built", index=places.rows.index)).fillna("built").tolist()
    for place in np.flatnonzero(matching(places.rows, {"services": services})):
        for key in places.above[place] & subjects.position.keys():
            at = subjects.position[key]
            best[at] = int(place) if best[at] < 0 or _rank(known[place]) < _rank(known[best[at]]) else best[at]
    classes: list[str | None] = [known[each] if each >= 0 else "missing" for each in best]
    names = places.rows["name"].tolist()
    values = [_venue(names[each], known[each]) if each >= 0 else None for each in best]
    service = _service(stage, services)
    advice = [_filled(BUILD, service) if key == "missing" else FINISH if key == "planned" else None for key in classes]
    persons = stage.facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    order = worst_first(classes, np.zeros(len(best)) if is_public else subjects.count(persons), first=("missing", "planned"))
    frame = framed(stage.rows(kind), {"now": shown(classes, values, advice)}, order)
    lacking = _filled(TO_ZERO, service, n=classes.count("missing"))
    facts = (lacking, *stated(stage, [FACILITIES], is_public=is_public))
    note = _filled(STATUS_NOTE, service)
    return layer(stage, "statuses", frame, CLASSES, name=THEMES["statuses"], note=note, facts=facts, is_public=is_public)


def _asked(stage: Stage) -> tuple[str, tuple[str, ...]]:
    """Return which level and services are meant: those of the first standard on statuses, else the circle in the lowest areas."""
    lands = {level.id for level in stage.lands}
    rules = [
        r for r in stage.profile.standards.values() if r.measure == "facilities" and "statuses" in r.options and r.of in lands
    ]
    if rules:
        return rules[0].of, tuple(rules[0].options["services"])
    areas = [level.id for level in stage.lands if level.of == "areas"]
    offered = {service for cell in stage.subjects(FACILITIES).rows["services"] for service in cell}
    return (areas or [stage.lands[-1].id])[-1], tuple(each for each in stage.profile.circled if each in offered)


def _rank(status: str) -> int:
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def _venue(name: object, status: str) -> Text:
    said = NAMES.get(status, Text(status, status))
    return Text(VENUE.zh.format(name=name, status=said.zh), VENUE.en.format(name=name, status=said.en))


def _service(stage: Stage, services: Sequence[str]) -> Text:
    names = [stage.profile.services[each].name if each in stage.profile.services else Text(each, each) for each in services]
    return joined(names, "、", ", ") or Text("", "")


def _filled(pattern: Text, service: Text, **said: object) -> Text:
    return Text(pattern.zh.format(service=service.zh, **said), pattern.en.format(service=service.en, **said))


BELOW = ThemeClass("below", Text("不达标", "below or above the standard"), COLOURS["fail"])
MEETS = ThemeClass("meets", Text("达标", "meets the standard"), COLOURS["improving"])
LARGE = ThemeClass("large", Text("达到更大规模", "of the larger size"), COLOURS["built"])
UNSTATED = ThemeClass("unstated", Text("没有填写面积", "floor area not stated"), COLOURS["incomplete"], is_hatched=True)
SHORT = Text("应{low}，差 {left:,.0f} 平方米", "{left:,.0f} m² short of {low}")
OVER = Text("不应大于 {high}", "should be at most {high}")
STATE = Text("补填建筑面积", "state its floor area")


def floor_area(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return facilities with a rule on their floor area: below it, within it, or of a larger size that a source states."""
    rules = [r for r in (*stage.profile.standards.values(), *stage.profile.stated.values()) if r.measure == "floor_area"]
    if stage.facts.facilities is None or not rules:
        return None
    subjects = stage.subjects(FACILITIES)
    area = subjects.rows.get("floor_area_m2", pd.Series(np.nan, index=subjects.rows.index)).to_numpy(dtype=float, na_value=np.nan)
    bounds, larger = _bounds(stage, rules)
    at = np.array(sorted({*bounds, *larger}), dtype=np.int64)
    if not len(at):
        return None
    classes = [_class(area[i], bounds.get(i, []), larger.get(i, [])) for i in at]
    values = [None if np.isnan(area[i]) else value_of(area[i], "floor_area") for i in at]
    advice = [_advice(area[i], bounds.get(i, [])) for i in at]
    short = [max([(rule.min or 0.0) - area[i] for rule in bounds.get(i, [])], default=0.0) for i in at]
    order = worst_first(classes, np.nan_to_num(short), first=("below", "unstated"))
    frame = framed(stage.rows(FACILITIES).iloc[at], {"now": shown(classes, values, advice)}, order)
    standards = [each for each in rules if any(each in mine for mine in bounds.values())]
    note = joined([each.name for each in standards]) or THEMES["floor_area"]
    facts = (_tally(classes), *stated(stage, [FACILITIES], is_public=is_public))
    legend = (_large(larger), MEETS, UNSTATED, BELOW) if "large" in classes else (MEETS, UNSTATED, BELOW)
    return layer(stage, "floor_area", frame, legend, name=THEMES["floor_area"], note=note, facts=facts, is_public=is_public)


def _bounds(stage: Stage, rules: Sequence[Rule]) -> tuple[dict[int, list[Rule]], dict[int, list[Rule]]]:
    """Return the standards on each facility, and the larger sizes that sources state of it."""
    bounds: dict[int, list[Rule]] = {}
    larger: dict[int, list[Rule]] = {}
    for rule in rules:
        into = bounds if rule.id in stage.profile.standards and rule == stage.profile.standards[rule.id] else larger
        if into is larger and rule.min is None:
            continue
        for place in chosen(stage.facts, rule)[1] if rule.of == FACILITIES else []:
            into.setdefault(int(place), []).append(rule)
    return bounds, {
        i: [r for r in mine if _least(r) > max(map(_least, bounds.get(i, [])), default=0.0)] for i, mine in larger.items()
    }


def _least(rule: Rule) -> float:
    return rule.min or 0.0


def _class(area: float, bounds: Sequence[Rule], larger: Sequence[Rule]) -> str:
    if np.isnan(area):
        return "unstated"
    if any(area < _least(rule) or (rule.max is not None and area > rule.max) for rule in bounds):
        return "below"
    return "large" if any(area >= _least(rule) for rule in larger) else "meets"


def _advice(area: float, bounds: Sequence[Rule]) -> Text | None:
    if np.isnan(area):
        return STATE
    least = max([_least(rule) for rule in bounds], default=0.0)
    most = min([rule.max for rule in bounds if rule.max is not None], default=np.inf)
    if area < least:
        low = value_of(least, "floor_area")
        return Text(SHORT.zh.format(low=f"不小于 {low.zh}", left=least - area), SHORT.en.format(low=low.en, left=least - area))
    high = value_of(most, "floor_area")
    return Text(OVER.zh.format(high=high.zh), OVER.en.format(high=high.en)) if area > most else None


def _large(larger: dict[int, list[Rule]]) -> ThemeClass:
    """Return the class of larger sizes, called by the size where it is one."""
    sizes = {_least(rule) for mine in larger.values() for rule in mine}
    if len(sizes) != 1:
        return LARGE
    size = value_of(sizes.pop(), "floor_area")
    return LARGE._replace(name=Text(f"不小于 {size.zh}", f"{size.en} or more"))


def _tally(classes: Sequence[str]) -> Text:
    ok, bad, lost = classes.count("meets") + classes.count("large"), classes.count("below"), classes.count("unstated")
    zh = f"{len(classes):,} 处：达标 {ok:,}，不达标 {bad:,}，没有填写 {lost:,}"
    return Text(zh, f"{len(classes):,} facilities: {ok:,} within the rule, {bad:,} not, {lost:,} not stated")
