"""What a repair did and left, as tables: pieces that changed hands, defects for a person, households moved, square metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.claims import among, grouped, runs
from geogrid.crs import project
from geogrid.faces import TAIL_WIDTHS, arrange, dissolved, lying_in
from geogrid.ids import unique_ids
from geogrid.mending import BY_BORDER, BY_CODE, CUT_OFF, STRAY, THIRD, Mended, changed
from geogrid.mendwords import RULES
from geogrid.nesting import GRIDS, Key
from geogrid.regions import widths
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.claims import Pairs
    from geogrid.faces import Bools, Faces, Floats, Ints, Shapes
    from geogrid.mending import Rules
    from geogrid.nesting import Storey
    from geogrid.repair import Proof
    from geogrid.rounds import Pass

_RULE = {BY_CODE: "code", BY_BORDER: "border", CUT_OFF: "cut", STRAY: "border", THIRD: "third"}
_MEASURED = 0.995
"""Widths are measured to 0.2 %."""

DUST_M = 0.001
"""What is narrower comes of coordinates that were rounded, never of a border drawn otherwise."""

LEAST_M2 = 0.005
"""Less is nothing to the hundredth of a square metre."""

_CORNERS_OF_TRIANGLE = 4
"""Its outline ends where it begins."""

_TILING = ["table", "grid_set", "level"]
_MENDED = [*_TILING, "kind", "from_ids", "to_ids", "pieces", "width_m", "area_m2", "rule", "rule_zh", "rule_en"]
_ACCOUNT = [*_TILING, "polygon_id", "before_m2", "taken_m2", "given_m2", "cut_m2", "after_m2"]
_MOVED = ["household_id", "grid_set", "level", "from_ids", "to_ids"]


class Outcome(NamedTuple):
    """What became of a level in all: faces, whose each was and is, and why; None where no land changed hands."""

    storey: Storey
    faces: Faces | None
    mended: Mended | None


class Changes(NamedTuple):
    """What was mended, and dust apart: pieces in which no circle of a millimetre fits."""

    mended: gpd.GeoDataFrame
    dust: gpd.GeoDataFrame


def outcomes(
    levels: Sequence[Storey], passes: Sequence[Pass], before: Mapping[Key, Any], after: Mapping[Key, Any]
) -> list[Outcome]:
    """Put the passes over every level together.

    Parameters
    ----------
    levels : sequence of Storey
    passes : sequence of Pass
        Those in which land changed hands, in their order.
    before, after : mapping
        Valid polygons by key.

    Returns
    -------
    list of Outcome
        By level. Land that came back to whom it was taken from has not changed hands.
    """
    found = []
    for storey in levels:
        mine = [each for each in passes if each.storey == storey]
        if len(mine) > 1:
            found.append(_overlaid(storey, mine, [_polygons(storey, shapes) for shapes in (before, after)]))
        else:
            found.append(Outcome(storey, *((mine[0].faces, mine[0].mended) if mine else (None, None))))
    return found


def _overlaid(storey: Storey, passes: Sequence[Pass], polygons: Sequence[Shapes]) -> Outcome:
    """Lay the polygons before and after over each other; why a face changed hands says the last pass that gave it away."""
    faces = arrange(shapely.boundary(np.concatenate(polygons)))
    before, after = (lying_in(faces, shapes) for shapes in polygons)
    why = np.full(len(faces.shapes), BY_BORDER, dtype=np.int64)
    for each in passes:
        given = np.flatnonzero(changed(each.faces, each.mended))
        spot, face = shapely.STRtree(each.faces.shapes[given]).query(faces.spots, predicate="intersects")
        why[spot] = each.mended.why[given[face]]
    return Outcome(storey, faces, Mended(before, after, why, []))


def _polygons(storey: Storey, shapes: Mapping[Key, Any]) -> Shapes:
    polygons = np.empty(len(storey.ids), dtype=object)
    polygons[:] = [shapes[key] for key in storey.keys]
    return polygons


def change_rows(found: Sequence[Outcome], rough: Mapping[Key, Any], crs: CRS) -> Changes:
    """Return what was mended: outlines first, then pieces that changed hands, those alike in one row; and dust.

    Parameters
    ----------
    found : sequence of Outcome
        By level.
    rough : mapping
        Outlines that had to be mended, as they are now, by key.
    crs : CRS
        Of the polygons.
    """
    rows = []
    for each in found:
        where = [each.storey.table, each.storey.grid_set, each.storey.level]
        for key in each.storey.keys:
            if key in rough and not rough[key].is_empty:
                names = (key.polygon_id,)
                rows.append([*where, "invalid", names, names, "outline", rough[key]])
        rows += [[*where, *row] for row in _changed(each)]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row[-1] for row in rows]
    parts, of = shapely.get_parts(shapes, return_index=True)
    dust = _narrower(parts, DUST_M) & np.array([rows[i][3] != "invalid" for i in of], dtype=bool)
    return Changes(*(_rows_of(rows, parts[some], of[some], crs) for some in (~dust, dust)))


def _narrower(parts: Shapes, width_m: float) -> Bools:
    """Return which polygons no circle of a width fits into."""
    # A circle of radius area / outline always fits.
    narrow = np.asarray(2 * shapely.area(parts) < width_m * shapely.length(parts), dtype=bool)
    narrow[narrow] = shapely.is_empty(shapely.buffer(parts[narrow], -width_m / 2))
    return narrow


def _rows_of(rows: Sequence[list[Any]], parts: Shapes, of: Ints, crs: CRS) -> gpd.GeoDataFrame:
    """Return the rows that some parts belong to, with their measures."""
    member, start = np.unique(of, return_index=True)
    pieces = runs(parts, start[1:]) if len(member) else []
    shapes = np.empty(len(member), dtype=object)
    shapes[:] = [some[0] if len(some) == 1 else shapely.multipolygons(some) for some in pieces]
    number, widest = _widest(shapes)
    table = pd.DataFrame([rows[i][:-1] for i in member], columns=[*_TILING, "kind", "from_ids", "to_ids", "rule"])
    for name in (*_TILING, "kind", "rule"):
        table[name] = table[name].astype("str")
    table["pieces"], table["width_m"], table["area_m2"] = number, widest, shapely.area(shapes)
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
        why = [_why(*row, rules) for row in zip(defects["kind"], defects["width_m"], defects["area_m2"], beside, strict=True)]
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


def account_of(found: Sequence[Outcome], before: Mapping[Key, Any], after: Mapping[Key, Any]) -> pd.DataFrame:
    """Return the square metres of every polygon before and after, taken and given."""
    rows = []
    for each in found:
        taken, given = _taken_given(each)
        where = [each.storey.table, each.storey.grid_set, each.storey.level]
        for i, key in enumerate(each.storey.keys):
            was, now = before[key].area, after[key].area
            rows.append([*where, key.polygon_id, was, taken[i], given[i], now - (was + taken[i] - given[i]), now])
    return pd.DataFrame(rows, columns=_ACCOUNT)


def summary_of(changes: Changes, left: gpd.GeoDataFrame, moved: pd.DataFrame, redrawn: int, width_m: float) -> Text:
    """Say in a sentence what was mended, who moved and what is left; ``redrawn`` polygons have other vertices than before."""
    mended, dust_m2 = changes.mended, float(changes.dust["area_m2"].sum())
    pieces, area = int(mended["pieces"].sum()), float(mended.loc[mended["kind"] != "invalid", "area_m2"].sum())
    homes = moved["household_id"].nunique()
    if pieces:
        done = Text(
            f"修补了 {pieces} 处窄于 {width_m:g} 米的缺陷，共 {area:,.2f} 平方米，{homes} 户换了网格",
            f"Mended {pieces} defects narrower than {width_m:g} m, {area:,.2f} m² in all; {homes} households are in another grid",
        )
    else:
        done = _NOTHING_REDRAWN if not redrawn else _ONLY_NODES.fill(n=redrawn)
    dust = _DUST.fill(n=int(changes.dust["pieces"].sum()), area=f"{dust_m2:,.2f}") if dust_m2 >= LEAST_M2 else Text("", "")
    if left.empty:
        end = Text("已无缺陷。", "no defects are left.") if pieces else Text("没有缺陷。", "there are no defects.")
    else:
        end = Text("还有 {n} 处需由人决定。", "{n} are left for a person.").fill(n=len(left))
    if left.empty and not pieces and not redrawn:
        return Text("边界没有缺陷，未作改动。", "The boundaries have no defects; nothing was changed.")
    return Text(f"{done.zh}{dust.zh}；{end.zh}", f"{done.en}{dust.en}; {end.en}")


_NOTHING_REDRAWN = Text("没有可修补的缺陷，未作改动", "There is nothing that can be mended, and nothing was changed")
_ONLY_NODES = Text(
    "没有宽于 1 毫米的缺陷可修补；{n} 个图形与相邻边界对齐了节点",
    "There is no defect wider than 1 mm to mend; {n} polygons got the nodes of the borders beside them",
)
_DUST = Text(
    "，另有宽不到 1 毫米的碎屑 {n} 处，共 {area} 平方米", "; besides, {n} pieces of dust narrower than 1 mm, {area} m² in all"
)


def _changed(each: Outcome) -> Iterable[list[Any]]:
    """Return kind, from, to, rule and land of the faces whose owners differ, those alike together."""
    if each.faces is None or each.mended is None:
        return
    faces, (before, after, why, _) = each.faces, each.mended
    count = len(faces.shapes)
    was, now = grouped(before, count), grouped(after, count)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for face in np.flatnonzero(changed(faces, each.mended)):
        alike.setdefault((was[face], now[face], int(why[face])), []).append(int(face))
    ids = each.storey.ids
    lands = dissolved(faces, [np.array(members) for members in alike.values()])
    for ((old, new, reason), _), land in sorted(zip(alike.items(), lands, strict=True), key=lambda item: item[0][0]):
        kind = "hole" if not old else "overlap" if len(old) > 1 else "multi_part" if reason == STRAY else "outside_parent"
        yield [kind, tuple(ids[i] for i in old), tuple(ids[i] for i in new), _RULE[reason], land]


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


def _why(kind: str, width_m: float, area_m2: float, beside: bool, rules: Rules) -> Text:  # noqa: FBT001 - one of a row's cells
    if kind == "invalid":
        return Text("轮廓无法修复，请重画", "its outline cannot be mended; draw it anew")
    if kind == "multi_part" and area_m2 >= rules.stray_m2:
        return Text(
            f"零星地块不小于 {rules.stray_m2:g} 平方米，由人决定", f"a part of {rules.stray_m2:g} m² or more: a person decides"
        )
    if kind == "multi_part" and width_m < _MEASURED * rules.width_m:
        return Text("零星地块旁边没有同一上级的网格，由人决定", "a part with no neighbour of the same parent: a person decides")
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
    named = zip(found.grid_id, found.grid_id.isna(), strict=True)
    belongs: list[tuple[str, ...]] = [() if is_nowhere else (str(name),) for name, is_nowhere in named]
    several = np.flatnonzero(found.on_border.to_numpy())
    spot, grid = shapely.STRtree(grids.geometry.to_numpy()).query(points.geometry.to_numpy()[several], predicate="within")
    for i in np.unique(spot):
        belongs[several[i]] = tuple(sorted(names[k] for k in grid[spot == i]))
    return belongs


def _taken_given(each: Outcome) -> tuple[Floats, Floats]:
    """Return the area that each polygon of a level got and lost."""
    count = len(each.storey.ids)
    if each.faces is None or each.mended is None:
        return np.zeros(count), np.zeros(count)
    before, after = (_keys(pairs, count) for pairs in (each.mended.before, each.mended.after))
    sums: list[Floats] = []
    for keys in (after[~among(after, before)], before[~among(before, after)]):
        face, item = np.divmod(keys, max(count, 1))
        sums.append(np.bincount(item, each.faces.area_m2[face], minlength=count).astype(np.float64))
    return sums[0], sums[1]


def _keys(pairs: Pairs, count: int) -> Ints:
    return np.asarray(pairs.face * count + pairs.item)
