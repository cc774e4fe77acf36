"""What a repair did and left, as tables: pieces that changed hands, defects for a person, households moved, square metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.claims import among, grouped
from geogrid.crs import project
from geogrid.faces import TAIL_WIDTHS, dissolved
from geogrid.ids import unique_ids
from geogrid.mending import BY_BORDER, BY_CODE, CUT_OFF, STRAY, THIRD, changed
from geogrid.nesting import GRIDS, Key
from geogrid.regions import widths
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.claims import Pairs
    from geogrid.faces import Faces, Floats, Ints, Shapes
    from geogrid.mending import Mended, Rules
    from geogrid.nesting import Storey
    from geogrid.repair import Proof

RULES = {
    "outline": Text("轮廓自相交，已按环重组", "the outline crossed itself and was mended ring by ring"),
    "code": Text("归所在上级区域的一方", "to the one whose parent it lies in"),
    "border": Text("归公共边界最长的相邻一方", "to the neighbour with the longest shared border"),
    "third": Text("两方争议的土地上，较窄的第三方主张不计", "a third claim, narrow, in land that two dispute, was dropped"),
    "cut": Text("位于上级范围之外，已裁去", "outside the parent, cut off"),
}
"""The rules by their key."""

_RULE = {BY_CODE: "code", BY_BORDER: "border", CUT_OFF: "cut", STRAY: "border", THIRD: "third"}
_MEASURED = 0.995
"""Widths are measured to 0.2 %."""

_CORNERS_OF_TRIANGLE = 4
"""Its outline ends where it begins."""

_TILING = ["table", "grid_set", "level"]
_MENDED = [*_TILING, "kind", "from_ids", "to_ids", "pieces", "width_m", "area_m2", "rule", "rule_zh", "rule_en"]
_ACCOUNT = [*_TILING, "polygon_id", "before_m2", "taken_m2", "given_m2", "cut_m2", "after_m2"]
_MOVED = ["household_id", "grid_set", "level", "from_ids", "to_ids"]


class Drawn(NamedTuple):
    """One level with the faces that it was mended on."""

    storey: Storey
    faces: Faces
    mended: Mended


def mended_rows(drawn: Sequence[Drawn], rough: Mapping[Key, Any], crs: CRS) -> gpd.GeoDataFrame:
    """Return what was mended: outlines first, then pieces that changed hands, those alike in one row.

    Parameters
    ----------
    drawn : sequence of Drawn
        By level.
    rough : mapping
        Outlines that had to be mended, as they are now, by key.
    crs : CRS
        Of the polygons.
    """
    rows = []
    for each in drawn:
        where = [each.storey.table, each.storey.grid_set, each.storey.level]
        for key in each.storey.keys:
            if key in rough and not rough[key].is_empty:
                names = (key.polygon_id,)
                rows.append([*where, "invalid", names, names, rough[key], "outline"])
        rows += [[*where, *row] for row in _changed(each)]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row[6] for row in rows]
    parts, widest = _widest(shapes)
    table = pd.DataFrame([[*row[:6], row[7]] for row in rows], columns=[*_TILING, "kind", "from_ids", "to_ids", "rule"])
    for name in (*_TILING, "kind", "rule"):
        table[name] = table[name].astype("str")
    table["pieces"], table["width_m"], table["area_m2"] = parts, widest, shapely.area(shapes)
    table["rule_zh"] = pd.Series([RULES[rule].zh for rule in table["rule"]], dtype="str")
    table["rule_en"] = pd.Series([RULES[rule].en for rule in table["rule"]], dtype="str")
    return gpd.GeoDataFrame(table[_MENDED], geometry=shapes, crs=crs)


def left_rows(proof: Sequence[Proof], crs: CRS, rules: Rules) -> gpd.GeoDataFrame:
    """Return the defects that the checks still find, and why each is left."""
    found = []
    for each in proof:
        defects = each.tiling.defects
        wide = shapely.union_all(defects.geometry[defects["width_m"] >= _MEASURED * rules.width_m].to_numpy())
        beside = shapely.dwithin(defects.geometry.to_numpy(), wide, TAIL_WIDTHS * rules.width_m)
        why = [_why(*row, rules) for row in zip(defects["kind"], defects["width_m"], beside, strict=True)]
        said = {
            "why_zh": pd.Series([text.zh for text in why], dtype="str"),
            "why_en": pd.Series([text.en for text in why], dtype="str"),
        }
        found.append(defects.assign(table=each.table, grid_set=each.grid_set, level=each.level, **said))
    columns = [*_TILING, "defect_id", "kind", "grid_ids", "area_id", "area_m2", "width_m", "why_zh", "why_en", "geometry"]
    some = [frame for frame in found if len(frame)]
    if not some:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=crs)
    return gpd.GeoDataFrame(pd.concat(some, ignore_index=True)[columns], geometry="geometry", crs=crs)


def moved_rows(before: Mapping[Key, Any], after: Boundaries, households: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the households that lie in other grids than before, by tiling and household.

    Parameters
    ----------
    before : mapping
        Valid polygons by key.
    after : Boundaries
        As mended.
    households : GeoDataFrame or None
        Points with household_id, in any CRS.
    """
    found = []
    if households is not None:
        ids = unique_ids(households, "household_id")
        points = project(households[["household_id", households.geometry.name]], after.crs)
        for tier in sorted({grid.tier for grid in after.grids.values()}):
            found += _moved_in(tier, before, after, ids, points)
    return pd.DataFrame(found, columns=_MOVED)


def account_of(drawn: Sequence[Drawn], before: Mapping[Key, Any], after: Mapping[Key, Any]) -> pd.DataFrame:
    """Return the square metres of every polygon before and after, taken and given."""
    rows = []
    for each in drawn:
        taken, given = _taken_given(each)
        where = [each.storey.table, each.storey.grid_set, each.storey.level]
        for i, key in enumerate(each.storey.keys):
            was, now = before[key].area, after[key].area
            rows.append([*where, key.polygon_id, was, taken[i], given[i], now - (was + taken[i] - given[i]), now])
    return pd.DataFrame(rows, columns=_ACCOUNT)


def summary_of(mended: gpd.GeoDataFrame, left: gpd.GeoDataFrame, moved: pd.DataFrame, width_m: float) -> Text:
    """Say in a sentence what was mended, who moved and what is left."""
    pieces, area = int(mended["pieces"].sum()), float(mended.loc[mended["kind"] != "invalid", "area_m2"].sum())
    if not pieces and left.empty:
        return Text("边界没有缺陷，未作改动。", "The boundaries have no defects; nothing was changed.")
    homes = moved["household_id"].nunique()
    end = (
        Text("已无缺陷。", "no defects are left.")
        if left.empty
        else Text("还有 {n} 处需由人决定。", "{n} are left for a person.")
    )
    end = end.fill(n=len(left))
    return Text(
        f"修补了 {pieces} 处窄于 {width_m:g} 米的缺陷，共 {area:,.2f} 平方米，{homes} 户换了网格；{end.zh}",
        f"Mended {pieces} defects narrower than {width_m:g} m, {area:,.2f} m² in all; "
        f"{homes} households are in another grid; {end.en}",
    )


def _changed(each: Drawn) -> Iterable[list[Any]]:
    """Return kind, from, to, land and rule of the faces whose owners differ, those alike together."""
    faces, (before, after, why, _) = each.faces, each.mended
    count = len(faces.shapes)
    was, now = grouped(before, count), grouped(after, count)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for face in np.flatnonzero(changed(faces, each.mended)):
        alike.setdefault((was[face], now[face], int(why[face])), []).append(int(face))
    ids = each.storey.ids
    for (old, new, reason), members in sorted(alike.items()):
        kind = "hole" if not old else "overlap" if len(old) > 1 else "multi_part" if reason == STRAY else "outside_parent"
        (land,) = dissolved(faces, [np.array(members)])
        yield [kind, tuple(ids[i] for i in old), tuple(ids[i] for i in new), land, _RULE[reason]]


def _widest(shapes: Shapes) -> tuple[Ints, Floats]:
    """Return the number of pieces of each geometry and the width of the likely widest of them."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    # Exact for triangles, at most twice the width of other convex pieces.
    likely = 4 * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-9)
    order = np.lexsort((-likely, of))
    first = order[np.append(True, np.diff(of[order]) > 0)] if len(order) else order
    shown = parts[first]
    width_m = likely[first]
    # Those of triangles are known.
    others = shapely.get_num_coordinates(shown) != _CORNERS_OF_TRIANGLE
    width_m[others] = widths(shown[others])
    return np.bincount(of, minlength=len(shapes)), width_m


def _why(kind: str, width_m: float, beside: bool, rules: Rules) -> Text:  # noqa: FBT001 - one of a row's cells
    if kind == "invalid":
        return Text("轮廓无法修复，请重画", "its outline cannot be mended; draw it anew")
    if kind == "multi_part":
        return Text(
            f"零星地块不小于 {rules.stray_m2:g} 平方米或不窄于 {rules.width_m:g} 米，或旁边没有同一上级的网格，由人决定",
            f"a part of {rules.stray_m2:g} m² or more, or {rules.width_m:g} m wide or more, "
            "or with no neighbour of the same parent: a person decides",
        )
    if width_m >= _MEASURED * rules.width_m:
        return Text(f"不窄于 {rules.width_m:g} 米，由人决定", f"{rules.width_m:g} m wide or more: a person decides")
    if beside:
        return Text("紧邻更宽的缺陷，一并由人决定", "beside a wider defect and left with it: a person decides")
    return Text(
        "没有可归属的相邻一方，或会使某一方失去全部土地，由人决定",
        "no neighbour may have it, or one would lose all its land: a person decides",
    )


def _moved_in(
    tier: Tier, before: Mapping[Key, Any], after: Boundaries, ids: list[str], points: gpd.GeoDataFrame
) -> list[list[Any]]:
    grids = after.tier(tier)
    names = [grid.grid_id for grid in grids]
    old = _grids_of(points, names, [before[Key(GRIDS, name)] for name in names])
    valid = [grid.shape if shapely.is_valid(grid.shape) else before[Key(GRIDS, grid.grid_id)] for grid in grids]
    new = _grids_of(points, names, valid)
    return [[ids[i], tier.grid_set, tier.level, old[i], new[i]] for i in np.argsort(ids, kind="stable") if old[i] != new[i]]


def _grids_of(points: gpd.GeoDataFrame, names: list[str], shapes: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return the grids that each point lies inside, else the one that it belongs to."""
    grids = gpd.GeoDataFrame({"grid_id": names}, geometry=list(shapes), crs=points.crs)
    found = assign(points, grids)
    belongs: list[tuple[str, ...]] = [() if pd.isna(name) else (str(name),) for name in found.grid_id]
    several = np.flatnonzero(found.on_border.to_numpy())
    spot, grid = shapely.STRtree(grids.geometry.to_numpy()).query(points.geometry.to_numpy()[several], predicate="within")
    for i in np.unique(spot):
        belongs[several[i]] = tuple(sorted(names[k] for k in grid[spot == i]))
    return belongs


def _taken_given(each: Drawn) -> tuple[Floats, Floats]:
    """Return the area that each polygon of a level got and lost."""
    faces, count = each.faces, len(each.storey.ids)
    before, after = (_keys(pairs, count) for pairs in (each.mended.before, each.mended.after))
    sums: list[Floats] = []
    for keys in (after[~among(after, before)], before[~among(before, after)]):
        face, item = np.divmod(keys, max(count, 1))
        sums.append(np.bincount(item, faces.area_m2[face], minlength=count).astype(np.float64))
    return sums[0], sums[1]


def _keys(pairs: Pairs, count: int) -> Ints:
    return np.asarray(pairs.face * count + pairs.item)
