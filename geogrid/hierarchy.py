"""Places inside places: which area each grid and area lies in, and sums up that tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from geogrid.suppression import Counts, Tree
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

TOTAL = "total"
GRID = "grid"
AREA = "area"
SAME_SIZE = 1e-9
"""A child that fills its parent may come out larger by this share of rounding."""


@dataclass(frozen=True)
class Hierarchy:
    """The tree of a place: ``nodes`` has columns level, id, name in the order of ``tree``, the total first, grids last."""

    nodes: pd.DataFrame
    tree: Tree


def with_parents(
    children: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, child_id: str
) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Fill in the parent that a file did not state: the smallest larger area that holds the child's inner point.

    Parameters
    ----------
    children : GeoDataFrame
        Grids, or areas themselves, in the CRS of ``areas``.
    areas : GeoDataFrame
        With ``area_id``.
    child_id : str
        The children's id column.

    Returns
    -------
    children : GeoDataFrame
        A copy whose ``parent_id`` is an existing area or NA.
    notes : tuple of Text
        How many parents were found by position, and which stated ones do not exist.
    """
    stated = children["parent_id"] if "parent_id" in children else pd.Series(pd.NA, index=children.index, dtype="object")
    unknown = stated.notna() & ~stated.isin(areas["area_id"])
    missing = stated.isna() | unknown
    found = _smallest_holder(children[missing], areas, child_id=child_id)
    parents = stated.astype("object").where(~missing, pd.NA)
    parents.loc[found.index] = found
    return children.assign(parent_id=parents), _notes(stated[unknown], found)


def with_own_levels(areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Call areas of a level that tables keep for the total or the grids just areas, and say so.

    Parameters
    ----------
    areas : GeoDataFrame
        With ``level``.

    Returns
    -------
    areas : GeoDataFrame
        A copy in which no level is `TOTAL` or `GRID`.
    notes : tuple of Text
        How many areas were renamed.
    """
    kept = areas["level"].isin([TOTAL, GRID])
    note = Text(
        "{n} 个区域的级别写作“grid”或“total”，这两个词另有所指，已按“{area}”处理",
        "{n} areas have the level 'grid' or 'total', which mean something else here; {area!r} is used",
    ).fill(n=int(kept.sum()), area=AREA)
    return areas.assign(level=areas["level"].mask(kept, AREA)), (note,) if kept.any() else ()


def _smallest_holder(children: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, child_id: str) -> pd.Series:
    """Return for each child the id of the smallest area that holds its inner point and is larger than it, where there is one."""
    child, area = shapely.STRtree(areas.geometry.to_numpy()).query(
        shapely.point_on_surface(children.geometry.to_numpy()), predicate="intersects"
    )
    pairs = pd.DataFrame(
        {
            "child": child,
            "child_id": children[child_id].to_numpy()[child],
            "size": shapely.area(children.geometry.to_numpy())[child],
            "area_id": areas["area_id"].to_numpy()[area],
            "area_size": shapely.area(areas.geometry.to_numpy())[area],
        }
    )
    # A village of one grid may give the grid its own id; only an area cannot be its own parent.
    itself = (pairs["area_id"] == pairs["child_id"]) & (child_id == "area_id")
    larger = pairs[~itself & (pairs["area_size"] > pairs["size"] * (1 - SAME_SIZE))]
    first = larger.sort_values(["area_size", "area_id"]).drop_duplicates("child").sort_values("child")
    return pd.Series(first["area_id"].to_numpy(), index=children.index[first["child"]], dtype="object")


def _notes(unknown: pd.Series, found: pd.Series) -> tuple[Text, ...]:
    notes = []
    if len(unknown):
        names = ", ".join(sorted({str(value) for value in unknown})[:5])
        notes.append(
            Text(
                "{n} 行的上级编号不存在（{names}），已按位置归属",
                "{n} rows name a parent that does not exist ({names}); placed by position",
            ).fill(n=len(unknown), names=names)
        )
    if len(found) > len(unknown):
        notes.append(
            Text("{n} 个未写上级，已按位置归属", "{n} state no parent; placed by position").fill(n=len(found) - len(unknown))
        )
    return tuple(notes)


def hierarchy(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> Hierarchy:
    """Build the tree: the total, areas inside areas, grids.

    Parameters
    ----------
    grids, areas : GeoDataFrame
        With ``parent_id`` from `with_parents`; a parent that is missing means the total.

    Returns
    -------
    Hierarchy
    """
    rows: list[tuple[str, str, str, str | None]] = [(TOTAL, "", "", None)]
    if areas is not None:
        rows += _areas_downwards(areas)
    rows += [(GRID, g.grid_id, g.name_, _text(g.parent_id)) for g in grids.rename(columns={"name": "name_"}).itertuples()]
    number = {row[1]: i for i, row in enumerate(rows[: len(rows) - len(grids)]) if i > 0}
    parents = tuple(-1 if i == 0 else number.get(row[3] or "", 0) for i, row in enumerate(rows))
    return Hierarchy(pd.DataFrame([row[:3] for row in rows], columns=["level", "id", "name"]), Tree(parents))


def _areas_downwards(areas: gpd.GeoDataFrame) -> list[tuple[str, str, str, str | None]]:
    """Return areas so that parents come before children; areas that name each other in a ring hang on the total."""
    parent_of = {a: _text(p) for a, p in zip(areas["area_id"], areas["parent_id"], strict=True)}

    def depth(area: str) -> int:
        steps, above = 0, parent_of.get(area)
        while above in parent_of and steps <= len(parent_of):
            steps, above = steps + 1, parent_of[above]
        return steps

    depths = {a: depth(a) for a in parent_of}
    rows = zip(areas["level"], areas["area_id"], areas["name"], strict=True)
    ordered = sorted(rows, key=lambda row: depths[row[1]])
    ring = len(parent_of)
    return [(level, a, name, parent_of[a] if depths[a] <= ring else None) for level, a, name in ordered]


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)


def sum_upwards(values: Counts, tree: Tree) -> Counts:
    """Add every node's values to its parents', grandparents' … (nodes, k); leaves are given, inner nodes come as zero.

    Examples
    --------
    >>> import numpy as np
    >>> sum_upwards(np.array([[0], [0], [2], [3]]), Tree((-1, 0, 1, 1))).ravel().tolist()
    [5, 5, 2, 3]
    """
    sums = values.copy()
    for node in range(len(tree.parent) - 1, 0, -1):
        sums[tree.parent[node]] += sums[node]
    return sums
