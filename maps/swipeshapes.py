"""The shapes of two versions as one picture: every cell is land that one grid held before and one holds after.

Both sides and the moved land are put together from the same simplified cells, so neighbours keep one border between them, and a
border that did not change is the same line on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geogrid.crs import to_wgs84
from geogrid.regions import mended, polygon_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Grid, Tier
    from geogrid.regions import Shapes

TOLERANCE_M = 1.0
"""How far simplifying may move a border in the picture, about; areas and counts come from the borders as they are."""
LEAST_MOVED_M2 = 1.0
"""Land below this between two versions of a border comes from rounding, not from a decision."""
HUES = 8


class Cell(NamedTuple):
    """Land by who holds it before and after; "" where no grid does."""

    from_id: str
    to_id: str
    tier: Tier
    shape: Any


@dataclass(frozen=True)
class Picture:
    """Two versions to draw, in degrees.

    Attributes
    ----------
    before, after : dict
        Polygons by grid id, in order of the ids.
    moved : tuple of Cell
        Land that changes hands, the largest first.
    moved_m2 : tuple of float
        Its areas, from the borders as they are.
    hue : dict
        By grid id, a number below ``HUES`` that differs from the neighbours' before and after, where that can be.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    moved: tuple[Cell, ...]
    moved_m2: tuple[float, ...]
    hue: dict[str, int]


def picture(before: Boundaries, after: Boundaries, *, tolerance_m: float = TOLERANCE_M) -> Picture:
    """Return what to draw of two versions of the same town.

    Parameters
    ----------
    before, after : Boundaries
        In the same projected CRS.
    tolerance_m : float
        About how far a border may move to be drawn with fewer corners.

    Examples
    --------
    >>> from geogrid.boundaries import Boundaries
    >>> def town(x):
    ...     shapes = [shapely.box(500000, 0, x, 100), shapely.box(x, 0, 500200, 100)]
    ...     return Boundaries.of(gpd.GeoDataFrame({"grid_id": ["W", "E"], "name": ["W", "E"]}, geometry=shapes, crs=4548))
    >>> drawn = picture(town(500100), town(500120))
    >>> [(cell.from_id, cell.to_id) for cell in drawn.moved], drawn.moved_m2
    ([('E', 'W')], (2000.0,))
    """
    cells = _cells(before, after)
    areas = [float(shapely.area(cell.shape)) for cell in cells]
    drawn = _simplified(cells, tolerance_m)
    order = sorted((i for i, cell in enumerate(cells) if cell.from_id != cell.to_id), key=lambda i: -areas[i])
    moved = _degrees(drawn[order], before.crs)
    return Picture(
        before=_joined(((cell.from_id, shape) for cell, shape in zip(cells, drawn, strict=True)), before.crs),
        after=_joined(((cell.to_id, shape) for cell, shape in zip(cells, drawn, strict=True)), before.crs),
        moved=tuple(cells[i]._replace(shape=shape) for i, shape in zip(order, moved, strict=True)),
        moved_m2=tuple(areas[i] for i in order),
        hue=_hues([before, after]),
    )


def _cells(before: Boundaries, after: Boundaries) -> list[Cell]:
    """Cut the changed grids of each tiling against one another; the others are cells as they are."""
    same = {
        key
        for key, grid in before.grids.items()
        if key in after.grids and grid.tier == after.grids[key].tier and _equal(grid, after.grids[key])
    }
    cells = [Cell(key, key, before.grids[key].tier, before.grids[key].shape) for key in sorted(same)]
    changed = [{key: grid for key, grid in side.grids.items() if key not in same} for side in (before, after)]
    tiers = sorted({grid.tier for side in changed for grid in side.values()})
    for tier in tiers:
        cells += _cut(tier, *({key: grid.shape for key, grid in side.items() if grid.tier == tier} for side in changed))
    return cells


def _equal(one: Grid, other: Grid) -> bool:
    return one.shape is other.shape or bool(shapely.equals_identical(one.shape, other.shape))


def _cut(tier: Tier, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Cell]:
    """Cut two sets of grids against each other, with what only one of them covers."""
    old, new = _mended(before), _mended(after)
    left, right = shapely.STRtree(new).query(old, predicate="intersects")
    pairs = sorted(zip(left.tolist(), right.tolist(), strict=True))
    olds, news = list(before), list(after)
    common = [_polygonal(shapely.intersection(old[i], new[j])) for i, j in pairs]
    cells = [Cell(olds[i], news[j], tier, shape) for (i, j), shape in zip(pairs, common, strict=True)]
    cells += [Cell(olds[i], "", tier, shape) for i, shape in _rest(old, new, pairs, common)]
    cells += [Cell("", news[j], tier, shape) for j, shape in _rest(new, old, [(j, i) for i, j in pairs], common)]
    return [cell for cell in cells if shapely.area(cell.shape) >= LEAST_MOVED_M2]


def _mended(grids: Mapping[str, Any]) -> Shapes:
    return mended(_array(list(grids.values())))[0] if grids else _array([])


def _rest(ours: Shapes, theirs: Shapes, pairs: Sequence[tuple[int, int]], common: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return what of ours none of theirs covers; nothing to look for where what is common adds up."""
    over: dict[int, list[int]] = {i: [] for i in range(len(ours))}
    missing = shapely.area(ours)
    for (i, j), area in zip(pairs, shapely.area(_array(common)).tolist(), strict=True):
        over[i].append(j)
        missing[i] -= area
    wanted = np.flatnonzero(np.abs(missing) >= LEAST_MOVED_M2).tolist()
    return [(i, _polygonal(shapely.difference(ours[i], shapely.union_all(theirs[over[i]])))) for i in wanted]


def _polygonal(shape: Any) -> Any:
    """Keep the polygons of a geometry."""
    if shapely.get_type_id(shape) in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        return shape
    return shapely.MultiPolygon(polygon_parts(_array([shape]))[0].tolist())


def _simplified(cells: Sequence[Cell], tolerance_m: float) -> Shapes:
    """Simplify the cells of each tiling together, so that neighbours keep one border."""
    shapes = _array([cell.shape for cell in cells])
    tiers = [cell.tier for cell in cells]
    for tier in sorted(set(tiers)):
        own = np.array([each == tier for each in tiers])
        shapes[own] = shapely.coverage_simplify(shapes[own], tolerance_m)
    return shapes


def _joined(parts: Iterable[tuple[str, Any]], crs: CRS) -> dict[str, Any]:
    """Put each grid together from its cells, in degrees; in metres first, because degrees round a pinched cell over itself."""
    of: dict[str, list[Any]] = {}
    for key, shape in parts:
        of.setdefault(key, []).append(shape)
    keys = sorted(key for key in of if key)
    whole = [of[key][0] if len(of[key]) == 1 else shapely.union_all(of[key]) for key in keys]
    return dict(zip(keys, _degrees(_array(whole), crs).tolist(), strict=True))


def _degrees(shapes: Shapes, crs: CRS) -> Shapes:
    return np.asarray(to_wgs84(gpd.GeoDataFrame(geometry=shapes, crs=crs)).geometry.to_numpy())


def _hues(sides: Iterable[Boundaries]) -> dict[str, int]:
    """Give each grid the number that its neighbours, and then all others, use least."""
    beside: dict[str, set[str]] = {}
    for side in sides:
        for key in side.ids:
            beside.setdefault(key, set())
        left, right = side.tree.query(side.shapes, predicate="intersects")
        for i, j in zip(left.tolist(), right.tolist(), strict=True):
            one, other = side.ids[i], side.ids[j]
            if one != other and side.grids[one].tier == side.grids[other].tier:
                beside[one].add(other)
    hue: dict[str, int] = {}
    used = [0] * HUES
    for key in sorted(beside):
        near = [hue[other] for other in beside[key] if other in hue]
        hue[key] = min(range(HUES), key=lambda number: (near.count(number), used[number], number))
        used[hue[key]] += 1
    return hue


def _array(shapes: Sequence[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
