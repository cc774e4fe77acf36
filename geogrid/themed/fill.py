"""Themes of levels: whether each fills the one above, grids of several sizes, and grids that a project sets over a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.crs import to_wgs84
from geogrid.facts import matching
from geogrid.profileparts import THEMES
from geogrid.standards import FAIL as FAILS
from geogrid.standards import INCOMPLETE as LACKS
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import FAIL, INCOMPLETE, PASS, framed, joined, layer, shown, stated, worst_first
from geogrid.themed.rules import judged, results_of
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.facts import Subjects
    from geogrid.themed.stage import Stage

LEVELS = (
    ThemeClass("filled", Text("各级填满", "every level filled"), COLOURS["pass"]),
    ThemeClass("homes", Text("有住户不属于下一级", "households in none of a level"), COLOURS["planned"]),
    ThemeClass("empty", Text("没有下一级", "nothing of a level in it"), COLOURS["fail"]),
    ThemeClass("orphan", Text("不在任何上级之内", "lies in nothing of the level above"), COLOURS["grade_4"], is_hatched=True),
    ThemeClass("land", Text("无人负责的土地", "land left over"), COLOURS["missing"], is_hatched=True),
)
WORST = ("land", "empty", "orphan", "homes")

EMPTY = Text("没有{level}", "has no {level}")
ORPHAN = Text("不在任何{level}之内", "lies in no {level}")
HOMES = Text("{n:,} 户没有{level}", "{n:,} households without {level}")
LAND = Text("{name}内 {area:,.0f} 平方米没有{level}", "{area:,.0f} m² of {name} without {level}")
DO_EMPTY = Text("设立{level}", "set up {level}")
DO_HOMES = Text("把住户编入{level}", "put the households into {level}")
DO_LAND = Text("把这块地划入相邻的{level}", "give this land to {level} beside it")
DO_ORPHAN = Text("改正上级编号或边界", "correct its parent or its border")
LEVELS_NOTE = Text(
    "从上到下，每一级都要填满：没有空缺的上级，没有不属于任何一个的住户和土地",
    "From the top down every level is to be filled: nothing above without it, no household and no land in none of it",
)
IS_FILLED = Text("{level} {n:,} 个：填满", "{n:,} × {level}: filled")
NOT_FILLED = Text("{level} {n:,} 个：没有填满", "{n:,} × {level}: not filled")
UNKNOWN = Text("{level}：{missing}", "{level}: {missing}")


def levels(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the grids, filled or with what a level leaves out of them, and land that nobody has.

    For the public only what is missing as a whole: that some households belong to nobody would count them.
    """
    fill = stage.levels
    must = fill.levels[fill.levels["must_fill"].astype(bool) & fill.levels["missing"].isna()]
    if not len(must):
        return None
    parts = [_land(stage), _empty(stage, is_public=is_public), _orphans(stage, is_public=is_public)]
    found = [part for part in parts if len(part)]
    grids = _grids(stage, {key for part in found for key in part["id"]}, is_public=is_public)
    rows = gpd.GeoDataFrame(pd.concat([*found, grids], ignore_index=True), geometry="geometry", crs=grids.crs)
    classes = rows["key"].tolist()
    order = worst_first(classes, rows["weight"], first=WORST)
    frame = framed(rows, {"now": shown(classes, rows["value"].tolist(), rows["advice"].tolist())}, order)
    facts = tuple(_filled(row, is_public=is_public) for row in fill.levels.to_dict("records") if row["must_fill"])
    facts += tuple(stated(stage, [level.id for level in stage.profile.levels], is_public=is_public))
    return layer(stage, "levels", frame, LEVELS, name=THEMES["levels"], note=LEVELS_NOTE, facts=facts, is_public=is_public)


def _filled(row: Mapping[Any, Any], *, is_public: bool) -> Text:
    name, missing = row["name"], row["missing"]
    if isinstance(missing, tuple):
        return Text(UNKNOWN.zh.format(level=name.zh, missing=missing[0]), UNKNOWN.en.format(level=name.en, missing=missing[1]))
    is_filled = bool(row["is_filled"]) or (is_public and not (row["parents_without"] or row["orphans"] or _area(row["land_m2"])))
    pattern = IS_FILLED if is_filled else NOT_FILLED
    return Text(pattern.zh.format(level=name.zh, n=row["subjects"]), pattern.en.format(level=name.en, n=row["subjects"]))


def _area(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _called(stage: Stage, level: str, pattern: Text, **said: Any) -> Text:
    name = stage.profile.level(level).name
    return Text(pattern.zh.format(level=name.zh, **said), pattern.en.format(level=name.en, **said))


def _rows(stage: Stage, table: Mapping[str, Any], shapes: Any) -> gpd.GeoDataFrame:
    del stage
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def _land(stage: Stage) -> gpd.GeoDataFrame:
    """Return the pieces of land that a level leaves over."""
    land = stage.levels.land
    if not len(land):
        return gpd.GeoDataFrame({"id": []}, geometry=[], crs="EPSG:4326")
    said = [
        _called(stage, row.level, LAND, name=row.name_, area=row.area_m2)
        for row in land.rename(columns={"name": "name_"}).itertuples()
    ]
    table = {
        "id": [f"land-{i + 1}" for i in range(len(land))],
        "name": land["name"].to_numpy(dtype=object),
        "key": "land",
        "weight": land["area_m2"].to_numpy(dtype=float),
        "value": pd.Series(said, dtype=object),
        "advice": pd.Series([_called(stage, level, DO_LAND) for level in land["level"]], dtype=object),
    }
    return _rows(stage, table, to_wgs84(land).geometry.to_numpy())


def _empty(stage: Stage, *, is_public: bool) -> gpd.GeoDataFrame:
    """Return what has nothing of the level below it."""
    table = stage.levels.parents.rename(columns={"parent": "kind", "parent_id": "key"})
    return _lacking(stage, table, ("empty", EMPTY, DO_EMPTY), is_public=is_public)


def _orphans(stage: Stage, *, is_public: bool) -> gpd.GeoDataFrame:
    """Return what lies in nothing of the level above."""
    table = stage.levels.orphans.rename(columns={"subject_id": "key"})
    table = table.assign(kind=table["level"], level=[stage.profile.level(each).parent for each in table["level"]])
    return _lacking(stage, table, ("orphan", ORPHAN, DO_ORPHAN), is_public=is_public)


def _lacking(stage: Stage, table: pd.DataFrame, words: tuple[str, Text, Text], *, is_public: bool) -> gpd.GeoDataFrame:
    """Return subjects by their kind and key with what they lack, once each; those without shapes are left out."""
    parts, (key, what, do) = [], words
    for kind, lacking in table.groupby("kind", sort=False):
        subjects = stage.subjects(str(kind))
        drawn = stage.is_drawn(subjects, is_public=is_public)
        lacking = lacking[[bool(drawn[subjects.position[each]]) for each in lacking["key"]]].drop_duplicates("key")  # noqa: PLW2901
        if "geometry" not in subjects.rows or not len(lacking):
            continue
        at = [subjects.position[each] for each in lacking["key"]]
        said = {"value": [_called(stage, level, what) for level in lacking["level"]]}
        said["advice"] = [_called(stage, level, do) for level in lacking["level"]]
        columns = {name: pd.Series(texts, dtype=object) for name, texts in said.items()}
        rows = stage.rows(str(kind)).iloc[at].reset_index(drop=True)
        homes = np.zeros(len(at)) if is_public else subjects.count()[at]
        table_ = {"id": rows["id"], "name": rows["name"], "key": key, "weight": homes, **columns}
        parts.append(_rows(stage, table_, rows.geometry.to_numpy()))
    return pd.concat(parts, ignore_index=True) if parts else gpd.GeoDataFrame({"id": []}, geometry=[], crs="EPSG:4326")


def _grids(stage: Stage, taken: set[str], *, is_public: bool) -> gpd.GeoDataFrame:
    """Return all other grids: filled, or with households that belong to none of a level."""
    rows = stage.grids[~stage.grids["id"].isin(taken)].reset_index(drop=True)
    homes = stage.levels.homes.iloc[:0] if is_public else stage.levels.homes
    grid = stage.facts.households["grid_id"].to_numpy(dtype=object)[homes["household"].to_numpy(dtype=np.int64)]
    counts = homes.groupby([grid, homes["level"]], sort=False).size() if len(homes) else pd.Series(dtype=int)
    texts: dict[str, list[Text]] = {}
    advice: dict[str, list[Text]] = {}
    weight: dict[str, int] = {}
    for (key, level), n in counts.items():
        texts.setdefault(key, []).append(_called(stage, level, HOMES, n=n))
        advice.setdefault(key, []).append(_called(stage, level, DO_HOMES))
        weight[key] = weight.get(key, 0) + int(n)
    ids = rows["id"].tolist()
    table = {
        "id": ids,
        "name": rows["name"].tolist(),
        "key": ["homes" if key in texts else "filled" for key in ids],
        "weight": [float(weight.get(key, 0)) for key in ids],
        "value": pd.Series([joined(texts.get(key, [])) for key in ids], dtype=object),
        "advice": pd.Series([joined(advice.get(key, [])) for key in ids], dtype=object),
    }
    return _rows(stage, table, rows.geometry.to_numpy())


# Grids of several sizes, and of projects

GRID = ThemeClass("grid", Text("网格", "grid"), COLOURS["grade_2"])
LOOSE = ThemeClass("loose", Text("不在上一级网格之内", "lies in no larger grid"), COLOURS["fail"], is_hatched=True)
NESTED = Text("{above}", "{above}")
SIZE = Text("{name} {n:,} 个", "{n:,} × {name}")
SIZES_NOTE = Text("最小一级网格按类别着色，粗线是最大一级网格", "The smallest grids by kind, over the borders of the largest")
DO_LOOSE = Text("写明它属于哪个上一级网格", "say which larger grid it belongs to")


def sizes(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the smallest of several nested sizes of grids, by kind, over the borders of the largest."""
    nested = [level for level in stage.lands if level.of == "grids"]
    if len(nested) < 2:  # noqa: PLR2004 - one size is none of several
        return None
    smallest = stage.subjects(nested[-1].id)
    kinds = stage.profile.kinds
    loose = smallest.rows["parent_id"].isna().to_numpy(dtype=bool)
    classes = np.array(["grid"] * len(smallest), dtype=object)
    for kind in kinds:
        classes[matching(smallest.rows, {"kind": kind.names})] = f"kind_{kind.id}"
    classes[loose] = "loose"
    rows = [ThemeClass(f"kind_{kind.id}", kind.name, kind.colour) for kind in kinds]
    legend = (*rows, GRID._replace(name=Text("其他网格", "other grids")) if kinds else GRID, LOOSE)
    around = [_names_and_parents(stage, level.id) for level in reversed(nested[:-1])]
    values = [_above(around, parent) for parent in smallest.rows["parent_id"]]
    advice = [DO_LOOSE if each else None for each in loose]
    frame = framed(stage.rows(nested[-1].id), {"now": shown(classes.tolist(), values, advice)})
    counts = [SIZE.fill(n=len(stage.subjects(each.id)), name="{name}") for each in nested]
    facts = [Text(t.zh.format(name=each.zh), t.en.format(name=each.en)) for t, each in zip(counts, nested, strict=True)]
    facts += stated(stage, [each.id for each in nested], is_public=is_public)
    said = {"name": THEMES["sizes"], "note": SIZES_NOTE, "facts": tuple(facts), "is_public": is_public}
    return layer(stage, "sizes", frame, legend, background=stage.rows(nested[0].id)[["name", "geometry"]], **said)


def _names_and_parents(stage: Stage, level: str) -> dict[str, tuple[str, Any]]:
    rows = stage.subjects(level).rows
    return {key: (str(name), parent) for key, name, parent in zip(rows["id"], rows["name"], rows["parent_id"], strict=True)}


def _above(around: Sequence[Mapping[str, tuple[str, Any]]], parent: Any) -> Text | None:
    """Name the larger grids around one, the largest first."""
    names: list[str] = []
    for known in around:
        if not isinstance(parent, str) or parent not in known:
            break
        name, parent = known[parent]
        names = [name, *names]
    return Text(" › ".join(names), " › ".join(names)) if names else None


PROJECT = ThemeClass("project", Text("项目网格", "project grid"), COLOURS["grade_1"])
STANDING = ThemeClass("standing", Text("周边常设网格", "standing grids around"), COLOURS["nothing"])
PROJECTS_NOTE = Text("项目网格叠加在常设网格之上", "Project grids are set over the standing ones")
HOUSEHOLDS = Text("{n:,} 户", "{n:,} households")


def projects(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the grids of projects with what their standards say, and the standing grids that they touch."""
    kinds = [level.id for level in stage.profile.levels if level.grid_set and len(stage.subjects(level.id))]
    if not kinds:
        return None
    parts: list[gpd.GeoDataFrame] = []
    classes: list[str | None] = []
    values: list[Text | None] = []
    advice: list[Text | None] = []
    for kind in kinds:
        subjects = stage.subjects(kind)
        found = outcome(stage, kind, is_public=is_public)
        parts.append(stage.rows(kind)[["id", "name", "geometry"]])
        classes += [each or "project" for each in found[0]]
        homes = subjects.count()
        values += [None] * len(subjects) if is_public else [HOUSEHOLDS.fill(n=int(n)) for n in homes]
        advice += found[1]
    around = _touched(stage, gpd.GeoSeries(pd.concat([part.geometry for part in parts]), crs="EPSG:4326"))
    rows = gpd.GeoDataFrame(pd.concat([*parts, around], ignore_index=True), geometry="geometry", crs="EPSG:4326")
    nothing = [None] * len(around)
    frame = framed(rows, {"now": shown([*classes, *["standing"] * len(around)], [*values, *nothing], [*advice, *nothing])})
    legend = [each for each in (PROJECT, PASS, INCOMPLETE, FAIL, STANDING) if each.key in {*classes, "standing"}]
    facts = tuple(stated(stage, kinds, is_public=is_public))
    return layer(stage, "projects", frame, legend, name=THEMES["projects"], note=PROJECTS_NOTE, facts=facts, is_public=is_public)


def _touched(stage: Stage, shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the standing grids that touch any of some shapes."""
    grids = stage.grids[["id", "name", "geometry"]]
    _, at = shapely.STRtree(grids.geometry.to_numpy()).query(shapes.to_numpy(), predicate="intersects")
    return grids.iloc[np.unique(at)]


def outcome(stage: Stage, kind: str, *, is_public: bool) -> tuple[list[str | None], list[Text | None]]:
    """Return for each subject of a kind what becomes of it by all its judged standards, and what to do; None where none asks.

    For the public by the standards that it may know the outcome of.
    """
    subjects: Subjects = stage.subjects(kind)
    worst = np.array([None] * len(subjects), dtype=object)
    advice: list[list[Text | None]] = [[] for _ in range(len(subjects))]
    rank = {FAILS: 2, LACKS: 1, "pass": 0}
    for rule in (each for each in judged(stage) if each.of == kind):
        told = results_of(stage, rule, is_public=is_public)
        for at, result, said in zip(told.at, told.result, told.advice, strict=True):
            if result in rank and rank[result] > rank.get(worst[at], -1):
                worst[at] = result
            if said is not None and result in rank:
                advice[at].append(Text(f"{rule.name.zh}：{said.zh}", f"{rule.name.en}: {said.en}"))
    return worst.tolist(), [joined(each) for each in advice]
