"""Is this a tiling? Holes, overlaps, slivers, parts outside the parent and grids in several parts, each with its place.

How each kind is decided (all in a projected CRS; *width* is the diameter of the largest circle that fits inside, and nothing
narrower than ``defect_width_m``, 1 cm, is ever reported):

overlap
    A connected piece of the intersection of two grids. Three grids on the same land are three overlaps, one a pair.
hole
    A connected piece of an area that no grid covers, whichever area the grids belong to. Land of several areas (a village and
    its township) is looked at once: first in the areas that grids name as their parent, then in the others from small to large.
    When no grid names one of the areas, all areas together are one. Without areas, a hole is a piece enclosed by the grids.
sliver
    A hole or an overlap narrower than ``sliver_width_m``, 1 m: most often a border drawn twice.
outside_parent
    A connected piece of a grid outside its parent area, of any width. The parent is the area that ``parent_id`` names; a grid
    whose parent is not among the areas must lie in all areas together.
multi_part
    A grid in several parts that do not touch, or touch in a point only. The geometry is every part but the largest.
invalid
    A grid whose outline crosses itself, or that is empty or not only a polygon. It is mended (see :func:`geogrid.regions.mended`)
    and then tested like any other, and the geometry is the mended polygon; where nothing can be mended, it is the hull of what
    there is, with area and width 0. Areas are mended alike.

Borders that neighbours draw with different vertices leave pieces of a nanometre to a tenth of a millimetre; the limit of 1 cm is
far above them, so a clean tiling has no findings. Two borders that differ by less than 1 cm are the same border. ``grid_ids`` are
both grids of an overlap, the grids round a hole (within 1 cm), or the one grid; ``area_id`` is the area of a hole or the parent.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.crs import require_projected, require_same_crs
from geogrid.errors import InputError
from geogrid.ids import unique_ids
from geogrid.regions import mended, wide_pieces, widths
from geogrid.results import Tiling
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    from pyproj import CRS

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]

KINDS = ("hole", "overlap", "sliver", "outside_parent", "multi_part", "invalid")
"""The kinds of defects, in the order of the result."""

_NO_PARENT = -1


def check_tiling(
    grids: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    *,
    sliver_width_m: float = 1.0,
    defect_width_m: float = 0.01,
) -> Tiling:
    """Find what is wrong with a tiling: where grids leave holes, overlap, leave their parent or fall into parts.

    Parameters
    ----------
    grids : GeoDataFrame
        Polygons of one level in a projected CRS, with grid_id and, optionally, parent_id.
    areas : GeoDataFrame, optional
        The areas that the grids should fill, in the same CRS, with area_id.
    sliver_width_m : float
        A hole or overlap narrower than this is a sliver.
    defect_width_m : float
        What is narrower than this is no defect.

    Returns
    -------
    Tiling
        The defects, by kind and from large to small, and the land that the grids cover together. The result does not depend on
        the order of the rows.

    Raises
    ------
    CrsError
        When a frame is not in a projected CRS, or the two differ.
    InputError
        When grid_id or area_id is missing, empty or repeated, or a width is not positive.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100)
    >>> town = gpd.GeoDataFrame({"grid_id": ["W", "E"]}, geometry=[west, east], crs=4548)
    >>> check_tiling(town).defects[["kind", "grid_ids", "area_m2", "width_m"]].values.tolist()
    [['sliver', ('E', 'W'), 50.0, 0.5]]
    """
    crs = require_projected(grids) if areas is None else require_same_crs(grids, areas)
    require_projected(grids)
    _require_widths(sliver_width_m, defect_width_m)
    tiles, invalid = _tiles(grids)
    land = None if areas is None or areas.empty else _land(areas, tiles)
    together = _together(tiles.shapes)
    found = [
        *invalid,
        *_multi_part(tiles, defect_width_m),
        *_overlaps(tiles, defect_width_m),
        *(_holes_enclosed(together, defect_width_m) if land is None else _holes(land, together, defect_width_m)),
        *(() if land is None else _outside(tiles, land, defect_width_m)),
    ]
    placed = _with_parent(_with_neighbours(found, tiles, defect_width_m), tiles, land)
    return Tiling(_table([_kind_by_width(item, sliver_width_m) for item in placed], crs), len(grids), float(together.area))


class _Tiles(NamedTuple):
    """Grids in the order of their ids: mended polygons (empty where there is none) and the parent that each claims."""

    ids: list[str]
    shapes: Shapes
    claimed: list[str]


class _Land(NamedTuple):
    """Areas in the order in which their holes are looked for; ``parent`` is each grid's position among them, or -1."""

    ids: list[str]
    shapes: Shapes
    parent: Ints
    whole: Any


class _Found(NamedTuple):
    kind: str
    grid_ids: tuple[str, ...]
    area_id: str
    shape: Any
    width_m: float


def _tiles(grids: gpd.GeoDataFrame) -> tuple[_Tiles, list[_Found]]:
    """Sort and mend the grids, and report those that needed it."""
    ids = unique_ids(grids, "grid_id")
    order = np.argsort(np.array(ids, dtype=object), kind="stable")
    given = grids.geometry.to_numpy()[order]
    names = [ids[i] for i in order]
    claimed = grids["parent_id"].astype("string").fillna("").to_numpy()[order] if "parent_id" in grids else np.full(len(ids), "")
    shapes, bad = mended(given)
    wide = np.zeros(len(ids))
    solid = bad & ~shapely.is_empty(shapes)
    wide[solid] = widths(shapes[solid])
    left = np.where(solid, shapes, shapely.convex_hull(given))
    found = [_Found("invalid", (names[i],), "", left[i], float(wide[i])) for i in np.flatnonzero(bad)]
    return _Tiles(names, shapes, [str(value) for value in claimed]), found


def _together(shapes: Shapes) -> Any:
    """Return the land that the grids cover, the fast way where shared borders have the same vertices."""
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)


def _land(areas: gpd.GeoDataFrame, tiles: _Tiles) -> _Land:
    """Put the areas that grids name first, then the others from small to large."""
    ids = unique_ids(areas, "area_id")
    shapes, _ = mended(areas.geometry.to_numpy())
    claimed = set(tiles.claimed)
    size = shapely.area(shapes)
    order = sorted(range(len(ids)), key=lambda i: (ids[i] not in claimed, size[i] if ids[i] not in claimed else 0.0, ids[i]))
    names = [ids[i] for i in order]
    place = {name: i for i, name in enumerate(names)}
    parent = np.array([place.get(name, _NO_PARENT) for name in tiles.claimed], dtype=np.int64)
    return _Land(names, shapes[order], parent, shapely.union_all(shapes))


def _multi_part(tiles: _Tiles, least_m: float) -> Iterable[_Found]:
    several = np.flatnonzero(shapely.get_num_geometries(tiles.shapes) > 1)
    for i in several:
        parts = wide_pieces(tiles.shapes[i : i + 1], least_m)
        if len(parts.shapes) > 1:
            rest = np.argsort(-shapely.area(parts.shapes), kind="stable")[1:]
            yield _Found(
                "multi_part", (tiles.ids[i],), "", shapely.multipolygons(parts.shapes[rest]), float(parts.width_m[rest].max())
            )


def _overlaps(tiles: _Tiles, least_m: float) -> Iterable[_Found]:
    # An edge is at fault where it matches no edge of a neighbour or runs inside another grid; grids without one overlap nothing.
    at_fault = ~shapely.is_empty(shapely.coverage_invalid_edges(tiles.shapes))
    first, second = shapely.STRtree(tiles.shapes).query(tiles.shapes, predicate="intersects")
    pairs = (first < second) & (at_fault[first] | at_fault[second])
    first, second = first[pairs], second[pairs]
    pieces = wide_pieces(shapely.intersection(tiles.shapes[first], tiles.shapes[second]), least_m)
    for shape, source, width_m in zip(*pieces, strict=True):
        yield _Found("overlap", (tiles.ids[first[source]], tiles.ids[second[source]]), "", shape, float(width_m))


def _outside(tiles: _Tiles, land: _Land, least_m: float) -> Iterable[_Found]:
    homes = np.append(land.shapes, land.whole)[land.parent]
    shapely.prepare(homes)
    near_border = np.flatnonzero(~shapely.contains_properly(homes, tiles.shapes))
    pieces = wide_pieces(shapely.difference(tiles.shapes[near_border], homes[near_border]), least_m)
    for shape, source, width_m in zip(*pieces, strict=True):
        yield _Found("outside_parent", (tiles.ids[near_border[source]],), "", shape, float(width_m))


def _holes(land: _Land, together: Any, least_m: float) -> Iterable[_Found]:
    if (land.parent == _NO_PARENT).all():
        ids, shapes = [land.ids[0] if len(land.ids) == 1 else ""], np.array([land.whole], dtype=object)
    else:
        ids, shapes = land.ids, _without_earlier(land.shapes)
    pieces = wide_pieces(shapely.difference(shapes, together), least_m)
    for shape, source, width_m in zip(*pieces, strict=True):
        yield _Found("hole", (), ids[source], shape, float(width_m))


def _without_earlier(shapes: Shapes) -> Shapes:
    """Take from each area the land of the areas before it, so that a hole is found once."""
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    rest = np.array(shapes, dtype=object)
    for i in np.unique(later[earlier < later]):
        rest[i] = shapely.difference(rest[i], shapely.union_all(shapes[earlier[(later == i) & (earlier < i)]]))
    return rest


def _holes_enclosed(together: Any, least_m: float) -> Iterable[_Found]:
    # Grown first: grids that meet in a corner enclose a hole too, and where two borders are drawn with different vertices a crack
    # may lead out of one. The rim that this adds outside is narrower than any defect.
    grown = together.buffer(0.45 * least_m, join_style="mitre")
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(grown))))
    pieces = wide_pieces(np.array([filled.difference(together)], dtype=object), least_m)
    for shape, _, width_m in zip(*pieces, strict=True):
        yield _Found("hole", (), "", shape, float(width_m))


def _with_neighbours(found: Sequence[_Found], tiles: _Tiles, least_m: float) -> list[_Found]:
    """Name the grids round each hole."""
    holes = [i for i, item in enumerate(found) if item.kind == "hole"]
    shapes = np.array([found[i].shape for i in holes], dtype=object)
    hole, tile = shapely.STRtree(tiles.shapes).query(shapes, predicate="dwithin", distance=least_m)
    named = list(found)
    for position, i in enumerate(holes):
        named[i] = found[i]._replace(grid_ids=tuple(tiles.ids[j] for j in np.sort(tile[hole == position])))
    return named


def _with_parent(found: Sequence[_Found], tiles: _Tiles, land: _Land | None) -> list[_Found]:
    """Name the parent of the grids of each defect, where they have one and the same."""
    if land is None:
        return list(found)
    parent = {name: land.ids[i] if i != _NO_PARENT else "" for name, i in zip(tiles.ids, land.parent, strict=True)}
    placed = []
    for item in found:
        parents = {parent[name] for name in item.grid_ids}
        same = parents.pop() if len(parents) == 1 and item.kind != "hole" else item.area_id
        placed.append(item._replace(area_id=same))
    return placed


def _kind_by_width(item: _Found, sliver_width_m: float) -> _Found:
    narrow = item.kind in {"hole", "overlap"} and item.width_m < sliver_width_m
    return item._replace(kind="sliver") if narrow else item


def _table(found: Sequence[_Found], crs: CRS) -> gpd.GeoDataFrame:
    """Put the defects in order, number them by kind, and measure their areas."""
    shapes = np.array([item.shape for item in found], dtype=object)
    # A grid that could not be mended has a width of 0, and an outline in the place of its land.
    area_m2 = np.where([item.width_m > 0 for item in found], shapely.area(shapes), 0.0)
    order = sorted(range(len(found)), key=lambda i: _rank(found[i], float(area_m2[i])))
    number: Counter[str] = Counter()
    defect_ids = []
    for i in order:
        number[found[i].kind] += 1
        defect_ids.append(f"{found[i].kind}-{number[found[i].kind]}")
    columns = {
        "defect_id": pd.Series(defect_ids, dtype="str"),
        "kind": pd.Series([found[i].kind for i in order], dtype="str"),
        "grid_ids": pd.Series([found[i].grid_ids for i in order], dtype="object"),
        "area_id": pd.Series([found[i].area_id for i in order], dtype="str"),
        "area_m2": area_m2[order],
        "width_m": np.array([found[i].width_m for i in order], dtype=np.float64),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes[order], crs=crs)


def _rank(item: _Found, area_m2: float) -> tuple[Any, ...]:
    where = (0.0,) if item.shape is None or item.shape.is_empty else item.shape.bounds
    return KINDS.index(item.kind), -round(area_m2, 6), item.grid_ids, item.area_id, where


def _require_widths(sliver_width_m: float, defect_width_m: float) -> None:
    if not 0 < defect_width_m <= sliver_width_m < math.inf:
        raise InputError(
            Text(
                f"缺陷宽度 {defect_width_m} 米、狭缝宽度 {sliver_width_m} 米无效；"
                "应满足 0 < 缺陷宽度 ≤ 狭缝宽度，例如 0.01 和 1。",
                f"a defect width of {defect_width_m} m with a sliver width of {sliver_width_m} m makes no sense; "
                "0 < defect width <= sliver width is needed, such as 0.01 and 1.",
            )
        )
