"""Grids of several sizes and sets in one file: the smallest standing ones tile; larger ones are areas; projects stand beside.

A standing grid is a larger one where another names it as its parent, or where its level stands above another level of grids in
the profile. Larger grids join the areas, so that everything that sums over areas sums over them; a smaller grid hangs on the
larger grid that it names, else on the lowest one around it. Grids of another set (a project's) take part of the same land and
are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.boundaries import STANDING, set_of
from geogrid.errors import InputError
from geogrid.facts import matching
from geogrid.hierarchy import with_parents
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.profile import Profile

AREA_COLUMNS = ("area_id", "name", "level", "parent_id", "code", "geometry", "source_line")
TWICE = Text(
    "网格编号 {ids} 同时是区域编号；请改名，大网格要与区域分得开。",
    "grid ids {ids} are ids of areas too; rename them, so that larger grids and areas can be told apart.",
)
SPLIT = Text(
    "{larger} 个较大的网格按区域统计，{projects} 个项目网格另列，其余 {smallest} 个网格用于统计",
    "{larger} larger grids are counted as areas, {projects} grids of projects apart; {smallest} are the grids of this check",
)
NO_STANDING = Text("没有常设网格，全部属于项目：{names}", "no standing grids: all are those of projects: {names}")


@dataclass(frozen=True, eq=False)
class Sizes:
    """Grids told apart; ``areas`` holds the larger ones too, ``projects`` is None without any, ``notes`` say what was done."""

    grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame | None
    projects: gpd.GeoDataFrame | None
    notes: tuple[Text, ...] = ()


def by_size(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, profile: Profile) -> Sizes:
    """Tell the grids of a file apart by size and set.

    Parameters
    ----------
    grids, areas : GeoDataFrame
        As read, in one CRS.
    profile : Profile
        Its levels say which sizes there are.

    Returns
    -------
    Sizes
        What was given, where all grids are of one size and set.

    Raises
    ------
    InputError
        If no grid is a standing one, or a larger grid has the id of an area.
    """
    standing = np.array([set_of(name if isinstance(name, str) else "") == STANDING for name in _column(grids, "grid_set")])
    projects = grids[~standing].reset_index(drop=True)
    if not standing.any():
        names = ", ".join(sorted({str(name) for name in grids["grid_set"]})[:5])
        raise InputError(NO_STANDING.fill(names=names))
    ours = grids[standing].reset_index(drop=True)
    is_larger = _larger(ours, profile)
    if not is_larger.any():
        return Sizes(
            ours if len(projects) else grids, areas, projects if len(projects) else None, _notes(0, len(projects), len(ours))
        )
    larger = _as_areas(ours[is_larger], areas)
    depth = _depths(ours, profile)
    hung = ours.assign(parent_id=_parents(ours, depth, is_larger))
    every = larger.assign(parent_id=hung.loc[is_larger, "parent_id"].to_numpy(dtype=object))
    notes = _notes(len(larger), len(projects), int((~is_larger).sum()))
    if areas is not None:
        every = pd.concat([areas, _in_areas(every, areas)], ignore_index=True)
    return Sizes(hung[~is_larger].reset_index(drop=True), every, projects if len(projects) else None, notes)


def _in_areas(larger: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Let larger grids that hang on no larger grid hang on the area that they name or lie in."""
    free = ~larger["parent_id"].isin(larger["area_id"])
    found, _ = with_parents(larger[free], areas, child_id="area_id")
    return larger.assign(parent_id=larger["parent_id"].where(~free, found["parent_id"].reindex(larger.index)))


def _depths(grids: gpd.GeoDataFrame, profile: Profile) -> npt.NDArray[np.int64]:
    """Return for each grid how far down its size stands among the sizes of the profile; grids of none of them stand lowest."""
    sizes = [level for level in profile.levels if level.of == "grids" and not level.grid_set]
    depth = np.full(len(grids), len(sizes), dtype=np.int64)
    for number, level in enumerate(sizes):
        depth[matching(grids, {"level": level.select or level.names})] = number
    return depth


def _parents(grids: gpd.GeoDataFrame, depth: npt.NDArray[np.int64], is_larger: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Return what each grid hangs on: the larger grid that it names, else the lowest larger one around it, else what it names."""
    parents = _column(grids, "parent_id").to_numpy(dtype=object, copy=True)
    ids = grids["grid_id"].to_numpy(dtype=object)
    larger = np.flatnonzero(is_larger)
    inner = shapely.point_on_surface(grids.geometry.to_numpy())
    child, holder = shapely.STRtree(grids.geometry.to_numpy()[larger]).query(inner, predicate="intersects")
    pairs = pd.DataFrame({"child": child, "holder": larger[holder]})
    pairs = pairs.assign(depth=depth[pairs["holder"]], id=ids[pairs["holder"]])[depth[pairs["holder"]] < depth[pairs["child"]]]
    lowest = pairs.sort_values(["depth", "id"], ascending=[False, True]).drop_duplicates("child")
    free = lowest[~np.isin(parents[lowest["child"]].astype(str), ids[larger].astype(str))]
    parents[free["child"]] = free["id"]
    return np.asarray(parents)


def _larger(grids: gpd.GeoDataFrame, profile: Profile) -> npt.NDArray[np.bool_]:
    named = np.asarray(grids["grid_id"].isin(_column(grids, "parent_id").dropna()))
    sizes = [level for level in profile.levels if level.of == "grids" and not level.grid_set]
    rows = {level.id: matching(grids, {"level": level.select or level.names}) for level in sizes}
    above = [rows[level.parent] for level in sizes if level.parent in rows and rows[level.id].any()]
    return np.asarray(np.logical_or.reduce([named, *above]))


def _as_areas(larger: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return larger grids as rows of the table of areas."""
    known = set() if areas is None else set(areas["area_id"])
    twice = sorted(known & set(larger["grid_id"]))
    if twice:
        raise InputError(TWICE.fill(ids=", ".join(twice[:5])))
    renamed = larger.rename(columns={"grid_id": "area_id"}).reset_index(drop=True)
    level = _column(renamed, "level")
    return renamed.assign(level=level.where(level.notna(), "grids"))[[c for c in AREA_COLUMNS if c in renamed or c == "level"]]


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)


def _notes(larger: int, projects: int, smallest: int) -> tuple[Text, ...]:
    return (SPLIT.fill(larger=larger, projects=projects, smallest=smallest),) if larger or projects else ()
