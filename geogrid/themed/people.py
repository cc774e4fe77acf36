"""Themes of units and of their people: classes of service, party members, and who lives where in which season.

Party members and seasons are for the office alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.facts import matching
from geogrid.profileparts import THEMES
from geogrid.seasonreport import USUAL
from geogrid.seasons import persons_in
from geogrid.standards import DIGITS, bound_text
from geogrid.standards import FAIL as FAILS
from geogrid.standards import INCOMPLETE as LACKS
from geogrid.themecolours import COLOURS
from geogrid.themed.fill import outcome
from geogrid.themed.parts import INCOMPLETE, NOBODY, framed, joined, layer, shown, stated, worst_first
from geogrid.themed.rules import judged, results_of
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geogrid.facts import Subjects
    from geogrid.profileparts import Coloured
    from geogrid.themed.stage import Stage

    Floats = npt.NDArray[np.float64]

UNCLASSED = ThemeClass("unclassed", Text("没有定类", "without a class"), COLOURS["gone"])
FAILING = Text("{name}，不达标", "{name}, below its standard")
GIVE_CLASS = Text("定一个类别", "give it a class")
CLASS_COUNT = Text("{name} {n:,} 个，其中不达标 {bad:,}", "{name}: {n:,}, of which {bad:,} below their standard")
CLASSES_NOTE = Text(
    "按服务类别着色；斜线的按本类标准不达标", "Coloured by class of service; hatched ones are below the standard of their class"
)


def classes(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the units that have classes by their class, those below its standards hatched."""
    kind = _classed(stage)
    if kind is None:
        return None
    subjects = stage.subjects(kind)
    own = _class_of(subjects, stage.profile.classes)
    result, todo = outcome(stage, kind, is_public=is_public)
    drawn = np.flatnonzero(stage.is_drawn(subjects, is_public=is_public))
    names = {each.id: each.name for each in stage.profile.classes}
    keys: list[str | None] = [_key(own[i], result[i]) for i in drawn]
    values = [names.get(own[i] or "") for i in drawn]
    advice = [todo[i] if own[i] else joined([GIVE_CLASS, todo[i]]) for i in drawn]
    persons = stage.facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    weight = np.zeros(len(drawn)) if is_public else subjects.count(persons)[drawn]
    legend = _legend(stage.profile.classes)
    order = worst_first(keys, weight, first=("unclassed", *(each.key for each in legend if each.is_hatched)))
    frame = framed(stage.rows(kind).iloc[drawn], {"now": shown(keys, values, advice)}, order)
    facts = (*_tally(stage.profile.classes, keys), *stated(stage, [kind], is_public=is_public))
    said = {"name": THEMES["classes"], "note": CLASSES_NOTE, "facts": facts, "is_public": is_public}
    return layer(stage, "classes", frame, legend, **said)


def _classed(stage: Stage) -> str | None:
    """Return the level of units with shapes whose rows state classes that the profile knows."""
    for level in stage.profile.levels:
        if level.of == "units" and "class" in stage.subjects(level.id).rows:
            rows = stage.subjects(level.id).rows
            if "geometry" in rows and any(matching(rows, {"class": each.names}).any() for each in stage.profile.classes):
                return level.id
    return None


def _class_of(subjects: Subjects, known: Sequence[Coloured]) -> list[str | None]:
    own: list[str | None] = [None] * len(subjects)
    for each in known:
        for place in np.flatnonzero(matching(subjects.rows, {"class": each.names})):
            own[int(place)] = each.id
    return own


def _key(own: str | None, result: str | None) -> str:
    if own is None:
        return UNCLASSED.key
    return f"below_{own}" if result in (FAILS, LACKS) else f"class_{own}"


def _legend(known: Sequence[Coloured]) -> list[ThemeClass]:
    """Return each class, those below its standards hatched, then the units without one."""
    fine = [ThemeClass(f"class_{each.id}", each.name, each.colour) for each in known]
    below = [(each, FAILING.zh.format(name=each.zh), FAILING.en.format(name=each.en)) for each in known]
    return [
        *fine,
        *(ThemeClass(f"below_{each.id}", Text(zh, en), each.colour, is_hatched=True) for each, zh, en in below),
        UNCLASSED,
    ]


def _tally(known: Sequence[Coloured], keys: Sequence[str | None]) -> list[Text]:
    facts = []
    for each in known:
        bad = keys.count(f"below_{each.id}")
        said = {"n": keys.count(f"class_{each.id}") + bad, "bad": bad}
        facts.append(Text(CLASS_COUNT.zh.format(name=each.zh, **said), CLASS_COUNT.en.format(name=each.en, **said)))
    return facts


# Party members

ENOUGH = ThemeClass("enough", Text("多于最低人数", "more than the minimum"), COLOURS["grade_2"])
HOST = ThemeClass("host", Text("可接纳相邻的小单元", "could take in a neighbour"), COLOURS["grade_1"])
JUST = ThemeClass("just", Text("刚好够", "just the minimum"), COLOURS["grade_3"])
TOO_FEW = ThemeClass("too_few", Text("党员太少，应与相邻的合建", "too few: to join a neighbour"), COLOURS["fail"])
SHARED_BORDER_M = 1e-3
MEMBERS_NOTE = Text("{name}；{bound}；{source}", "{name}; {bound}; {source}")
FEW_COUNT = Text(
    "不足最低人数的 {few:,} 个，刚好的 {just:,} 个，共 {n:,} 个", "{few:,} of {n:,} below the minimum, {just:,} just at it"
)


def party_members(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return units by whether they have party members enough, and the neighbours that could take in those that have not."""
    rules = [
        r for r in judged(stage) if r.measure == "party_members" and r.min is not None and stage.profile.table_of(r.of) == "units"
    ]
    if is_public or not rules or "geometry" not in stage.subjects(rules[0].of).rows:
        return None
    rule = rules[0]
    told = results_of(stage, rule, is_public=False)
    numbers = stage.judged.results.loc[stage.judged.results["standard"] == rule.id, "value"].to_numpy(dtype=float)
    rows = stage.subjects(rule.of).rows.iloc[told.at]
    keys = np.select([np.isnan(numbers), told.result == FAILS, numbers == rule.min], ["incomplete", "too_few", "just"], "enough")
    keys = np.where((keys == "enough") & _beside(rows.geometry.to_numpy(), keys == "too_few"), "host", keys)
    found: list[str | None] = keys.tolist()
    order = worst_first(found, told.persons, first=("too_few", "incomplete", "just"))
    frame = framed(stage.rows(rule.of).iloc[told.at], {"now": shown(found, told.values, told.advice)}, order)
    bound = bound_text(rule, stage.profile)
    zh = MEMBERS_NOTE.zh.format(name=rule.name.zh, bound=bound.zh, source=rule.source.zh)
    note = Text(zh, MEMBERS_NOTE.en.format(name=rule.name.en, bound=bound.en, source=rule.source.en))
    facts = (
        FEW_COUNT.fill(few=found.count("too_few"), just=found.count("just"), n=len(found)),
        *stated(stage, [rule.of], is_public=False),
    )
    legend = (HOST, ENOUGH, JUST, INCOMPLETE, TOO_FEW)
    return layer(stage, "party_members", frame, legend, name=THEMES["party_members"], note=note, facts=facts, is_public=False)


def _beside(shapes: npt.NDArray[np.object_], few: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which shapes share a border with one of some of them."""
    at, near = shapely.STRtree(shapes).query(shapes[few], predicate="touches")
    whose = np.flatnonzero(few)[at]
    border = shapely.intersection(shapely.boundary(shapes[whose]), shapely.boundary(shapes[near]))
    found = np.zeros(len(shapes), dtype=bool)
    found[near[shapely.length(border) > SHARED_BORDER_M]] = True
    return found


# Seasons

LEAST = (0.5, 0.1, -0.1, -0.5)
"""The lowest change of each class, the largest first; the last class has none."""

CHANGES = (
    ThemeClass("many_more", Text("多 50% 及以上", "50% more or over"), COLOURS["built"]),
    ThemeClass("more", Text("多 10%—50%", "10–50% more"), COLOURS["upgrading"]),
    ThemeClass("same", Text("相差不到 10%", "within 10%"), COLOURS["same"]),
    ThemeClass("fewer", Text("少 10%—50%", "10–50% fewer"), COLOURS["planned"]),
    ThemeClass("many_fewer", Text("少 50% 以上", "over 50% fewer"), COLOURS["fell"]),
)
SEASON = Text("{base:,} 人 → {n:,} 人（{change:+.0%}）", "{base:,} → {n:,} persons ({change:+.0%})")
SEASON_TOTAL = Text(
    "{season}：{n:,} 人，{usual} {base:,} 人（{change:+.1%}）", "{season}: {n:,} persons, {usual} {base:,} ({change:+.1%})"
)
ASSUMED = Text("{season}：{n:,} 户没有填写，按平时人数计", "{season}: {n:,} households do not say and count as usual")
SEASONS_NOTE = Text(
    "各季节人口与平时（persons 一列）相比", "The people of each season against the usual ones (the column persons)"
)


def seasons(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return how many more or fewer people each grid has in every season that the households' file states."""
    homes = stage.facts.households
    known = [season for season in stage.profile.seasons if season.column in homes]
    if is_public or not known or not len(stage.grids):
        return None
    at = stage.grids["id"].to_numpy(dtype=object)
    base = _by_grid(stage, homes["persons"].to_numpy(dtype=float, na_value=0.0), at)
    times, facts, largest = {}, [], np.zeros(len(at))
    for season in known:
        people, assumed = persons_in(homes, season)
        numbers = _by_grid(stage, people.to_numpy(dtype=float, na_value=0.0), at)
        with np.errstate(invalid="ignore", divide="ignore"):
            change = np.where(base > 0, (numbers - base) / base, 0.0)
        keys: list[str | None] = [
            NOBODY.key if not b and not n else CHANGES[k].key for b, n, k in zip(base, numbers, _classes(change), strict=True)
        ]
        values = [
            SEASON.fill(base=int(b), n=int(n), change=c) if b else None for b, n, c in zip(base, numbers, change, strict=True)
        ]
        times[season.id] = shown(keys, values)
        facts += _season_facts(season.name, base.sum(), numbers.sum(), assumed)
        largest = np.maximum(largest, np.abs(numbers - base))
    frame = framed(stage.grids, times, np.argsort(-largest, kind="stable"))
    said = {"name": THEMES["seasons"], "note": SEASONS_NOTE, "facts": tuple(facts), "is_public": False}
    return layer(stage, "seasons", frame, (*CHANGES, NOBODY), times={each.id: each.name for each in known}, **said)


def _by_grid(stage: Stage, weights: Floats, ids: npt.NDArray[np.object_]) -> Floats:
    """Sum a weight per household over grids."""
    grid = pd.Index(ids).get_indexer(stage.facts.households["grid_id"].to_numpy(dtype=object))
    return np.bincount(grid[grid >= 0], weights=weights[grid >= 0], minlength=len(ids)).astype(float)


def _classes(change: Floats) -> npt.NDArray[np.int64]:
    """Return the number of the class of each change."""
    rounded = np.round(change, DIGITS)
    return np.asarray(np.sum([rounded < LEAST[0], rounded < LEAST[1], rounded <= LEAST[2], rounded < LEAST[3]], axis=0))


def _season_facts(name: Text, base: float, persons: float, assumed: int) -> list[Text]:
    """Say how many people there are in a season in all grids, and how many households do not say."""
    said = {"n": int(persons), "base": int(base), "change": (persons - base) / base if base else 0.0}
    zh = SEASON_TOTAL.zh.format(season=name.zh, usual=USUAL.zh, **said)
    facts = [Text(zh, SEASON_TOTAL.en.format(season=name.en, usual=USUAL.en.lower(), **said))]
    blank = Text(ASSUMED.zh.format(season=name.zh, n=assumed), ASSUMED.en.format(season=name.en, n=assumed))
    return [*facts, blank] if assumed else facts
