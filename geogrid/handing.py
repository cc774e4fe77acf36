"""Land handed from grid to grid: which tiles are near, what an outline really hands over, and the boundaries afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.boundaries import Boundaries, Grid, Tier, parts_of
from geogrid.errors import RefusedError
from geogrid.regions import mended, narrow_parts, wide_pieces
from geogrid.tiles import NEAR_M, NOBODY, Faces, Moved, Retiled, handed, land_of, retile
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]
    Takes = Callable[[str | None], str | None]

UNASSIGNED = ""
"""The id under which a tiling's land that nobody has is handed about."""
SLIVER_M = 1.0
DEFECT_M = 0.01
SAME_M2 = 0.001
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Draft:
    """Boundaries after an operation, before nodes are shared and rules are asked.

    ``named`` are grids whose row it changes, ``ended`` those that it means to end.
    """

    boundaries: Boundaries
    moved: tuple[Moved, ...] = ()
    named: tuple[str, ...] = ()
    ended: frozenset[str] = frozenset()


def tiles_near(state: Boundaries, tier: Tier, place: Any) -> dict[str, Any]:
    """Return the polygons of a tiling that lie within a millimetre of a place, with the unassigned land under "".

    Parameters
    ----------
    state : Boundaries
    tier : Tier
        Which tiling.
    place : geometry, or sequence of geometries
        In metres.

    Returns
    -------
    dict
        Polygons by id.
    """
    found = np.unique(np.atleast_2d(state.tree.query(place, predicate="dwithin", distance=NEAR_M))[-1])
    grids = [state.grids[state.ids[i]] for i in found]
    spare = {UNASSIGNED: state.unassigned[tier]} if tier in state.unassigned else {}
    return spare | {grid.grid_id: grid.shape for grid in grids if grid.tier == tier}


def sound_near(state: Boundaries, tier: Tier, place: Any) -> dict[str, Any]:
    """Return `tiles_near`, or refuse to cut borders that do not fit together.

    Raises
    ------
    RefusedError
        With the names of the grids, and where their borders differ.
    """
    tiles = tiles_near(state, tier, place)
    shapes = np.array([*tiles.values(), None], dtype=object)[:-1]
    valid = shapely.is_valid(shapes)
    if not valid.all():
        raise RefusedError(_UNSOUND.fill(grids=names_of(np.array(list(tiles))[~valid])), place)
    if not shapely.coverage_is_valid(shapes):
        edges = shapely.coverage_invalid_edges(shapes)
        wrong = [name for name, edge in zip(tiles, edges, strict=True) if name and not edge.is_empty]
        raise RefusedError(_UNSOUND.fill(grids=names_of(wrong)), shapely.union_all(edges))
    return tiles


def given(
    state: Boundaries, tier: Tier, area: Any, takes: Takes, fresh: Mapping[str, Grid] | None = None, *, within: Any = None
) -> Draft:
    """Hand land over, with the slivers that this leaves of others.

    Parameters
    ----------
    state : Boundaries
    tier : Tier
        Which tiling.
    area : Polygon or MultiPolygon
        What of it no grid has is left out.
    takes : callable
        As for `geogrid.tiles.handed`.
    fresh : mapping, optional
        Rows of grids that do not exist yet.
    within : Polygon or MultiPolygon, optional
        Land in here that no grid has is handed over too.

    Returns
    -------
    Draft

    Raises
    ------
    RefusedError
        When the borders there do not fit together.
    """
    tiles = sound_near(state, tier, area)
    area, vacant = _with_vacant(tiles, area, within)

    def whose(name: str | None) -> str | None:
        return takes(name) if vacant or name is not NOBODY else NOBODY

    takers = {takes(name) for name in (*tiles, NOBODY)}
    tiles |= {name: state.grids[name].shape for name in takers if name is not None and name in state.grids}
    done = handed(tiles, area, whose)
    loose = _loose(tiles, done)
    if loose:
        done = handed(tiles, land_of([area, *loose]), whose)
    return replaced(state, tier, done, fresh)


def passed_on(state: Boundaries, tier: Tier, names: Sequence[str], to: str) -> Draft:
    """Hand all land of grids over, without a new line anywhere.

    Raises
    ------
    RefusedError
        When the borders there do not fit together.
    """
    tiles = sound_near(state, tier, [state.grids[name].shape for name in names])
    if to in state.grids:
        tiles |= {to: state.grids[to].shape}
    mine = {name: tiles[name] for name in (*names, to) if name in tiles}
    parts, source = shapely.get_parts(list(mine.values()), return_index=True)
    owner = np.array(list(mine), dtype=object)[source]
    return replaced(state, tier, retile(mine, Faces(parts, owner), np.full(len(parts), to, dtype=object)))


def _with_vacant(tiles: Mapping[str, Any], area: Any, within: Any) -> tuple[Any, bool]:
    """Return an area without what lies neither in a tile nor in ``within``, and whether it has land of no tile."""
    if within is None:
        return area, False
    beyond = shapely.difference(area, shapely.coverage_union_all(list(tiles.values())))
    vacant = shapely.intersection(beyond, within)
    if not len(wide_pieces(np.array([vacant], dtype=object), DEFECT_M).shapes):
        return area, False
    return land_of([shapely.difference(area, beyond), vacant]), True


def _loose(tiles: Mapping[str, Any], done: Retiled) -> list[Any]:
    """Return pieces narrower than a metre that came off their tile, or are all that is left of it."""
    givers = {each.from_id for each in done.moved}
    loose: list[Any] = []
    for name, shape in done.shapes.items():
        if shape is not None and name in givers and name in tiles:
            parts = narrow_parts(parts_of(shape), SLIVER_M)
            former = parts_of(tiles[name]) if len(parts) else parts
            loose += [part for part in parts if _came_off(part, former)]
    return loose


def _came_off(part: Any, former: Shapes) -> bool:
    home = former[shapely.intersects(former, shapely.point_on_surface(part))]
    return bool(shapely.area(home).sum() > part.area + SAME_M2)


def replaced(state: Boundaries, tier: Tier, done: Retiled, fresh: Mapping[str, Grid] | None = None) -> Draft:
    """Put changed polygons in the place of the old ones."""
    rows = {**state.grids, **(fresh or {})}
    grids, unassigned = dict(state.grids), dict(state.unassigned)
    for name, shape in done.shapes.items():
        if name == UNASSIGNED:
            unassigned |= {tier: shape}
        elif shape is None:
            grids.pop(name, None)
        else:
            grids[name] = replace(rows[name], shape=shape)
    land = {key: shape for key, shape in unassigned.items() if shape is not None}
    return Draft(replace(state, grids={key: grids[key] for key in sorted(grids)}, unassigned=land), done.moved)


def trimmed(area: Any, parent: Any) -> Any:
    """Return an area without the strips, narrower than a metre, in which it reaches beyond a parent: an inexact outline."""
    if parent is None:
        return area
    beyond = parts_of(shapely.difference(area, parent))
    strips = narrow_parts(beyond, SLIVER_M)
    return land_of([shapely.difference(area, shapely.union_all(strips))]) if len(strips) else area


def drawn_land(area: Any) -> Any:
    """Return the polygon that an outline means, or say that it has none."""
    land = land_of(list(mended(np.array([area], dtype=object))[0]))
    if land.is_empty:
        raise RefusedError(_NO_LAND, area)
    return land


def parent_shape(state: Boundaries, grid: Grid) -> Any:
    """Return the polygon of a grid's parent, an area or a larger grid; None where it has none."""
    parent = state.areas.get(grid.parent_id) or state.grids.get(grid.parent_id)
    return None if parent is None else parent.shape


def names_of(names: Iterable[str | None]) -> str:
    """Return the first few names for a message."""
    listed = [str(name) for name in names]
    return ", ".join(listed[:SHOWN]) + (" …" if len(listed) > SHOWN else "")


_NO_LAND = Text(
    "划出的范围没有面积，或边线反复相交；请画一个简单的面。",
    "the outline encloses no land, or crosses itself too often; draw a plain polygon.",
)
_UNSOUND = Text(
    "此处的网格边界互不吻合（{grids}）；请先修复边界（geogrid repair）。",
    "the borders of the grids here do not fit together ({grids}); repair them first (geogrid repair).",
)
