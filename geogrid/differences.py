"""What land changed hands between two versions of boundaries."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.boundaries import UNWRITTEN, Grid, on_lattice
from geogrid.errors import InputError
from geogrid.regions import wide_pieces
from geogrid.tiles import Moved
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from geogrid.boundaries import Boundaries, Tier

    Shapes = npt.NDArray[np.object_]

TEXTS = tuple(each.name for each in fields(Grid) if each.name not in UNWRITTEN)
SAME_M = 0.001
"""Land narrower than a millimetre is the same border drawn with other nodes."""


def differing(before: Boundaries, after: Boundaries) -> tuple[str, ...]:
    """Return the grids whose row or polygon differs, that are new or that are gone, in order.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.boundaries import Boundaries
    >>> one = gpd.GeoDataFrame({"grid_id": ["A"], "name": ["东"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=4548)
    >>> differing(Boundaries.of(one), Boundaries.of(one)), differing(Boundaries.of(one), Boundaries.of(one.assign(name="西")))
    ((), ('A',))
    """
    keys = sorted({*before.grids, *after.grids})
    return tuple(key for key in keys if not is_same(before.grids.get(key), after.grids.get(key)))


def is_same(one: Grid | None, other: Grid | None) -> bool:
    """Return whether two grids have the same row and the same vertices."""
    if one is other or one is None or other is None:
        return one is other
    return not changed_texts(one, other) and same_shape(one, other)


def changed_texts(one: Grid, other: Grid) -> tuple[str, ...]:
    """Name the columns, but for the shape, in which two grids differ."""
    return tuple(name for name in TEXTS if getattr(one, name) != getattr(other, name))


def same_shape(one: Grid, other: Grid) -> bool:
    """Return whether two grids have the same land, to the bit."""
    return one.shape is other.shape or bool(shapely.equals_identical(one.shape, other.shape))


def finest_tier(before: Boundaries, after: Boundaries, changed: Iterable[str] = ()) -> Tier:
    """Return the tiling of the smallest grids among those that changed, or among all where none are named.

    Raises
    ------
    InputError
        When there is no grid at all.
    """
    grids = {**before.grids, **after.grids}
    rows = [grids[key] for key in changed if key in grids] or list(grids.values())
    if not rows:
        raise InputError(Text("没有网格；请先导入网格。", "there are no grids; import some first."))
    sizes = {tier: [grid.shape.area for grid in rows if grid.tier == tier] for tier in {grid.tier for grid in rows}}
    return min(sizes, key=lambda tier: (sum(sizes[tier]) / len(sizes[tier]), tier))


def land_changed(before: Boundaries, after: Boundaries) -> tuple[Moved, ...]:
    """Return the land that another grid of the same tiling has now.

    Parameters
    ----------
    before, after : Boundaries
        In one CRS.

    Returns
    -------
    tuple of Moved
        By the ids of who had it and who has it ("" for unassigned land, None for land that no grid had or has), in order. Pieces
        narrower than a millimetre are left out.
    """
    changed = set(differing(before, after))
    tiers = {state.grids[key].tier for state in (before, after) for key in changed if key in state.grids}
    tiers |= {*before.unassigned, *after.unassigned}
    return tuple(each for tier in sorted(tiers) for each in _of_tier(before, after, tier, changed))


def _of_tier(before: Boundaries, after: Boundaries, tier: Tier, changed: set[str]) -> list[Moved]:
    had, has = _polygons(before, tier, changed), _polygons(after, tier, changed)
    old, new = _array([shape for _, shape in had]), _array([shape for _, shape in has])
    earlier, later = shapely.union_all(old), shapely.union_all(new)
    i, j = shapely.STRtree(new).query(old, predicate="intersects") if len(old) and len(new) else (_NONE, _NONE)
    pairs = [(a, b) for a, b in zip(i, j, strict=True) if had[a][0] != has[b][0]]
    shared = [Moved(had[a][0], has[b][0], piece) for a, b in pairs for piece in _wide(shapely.intersection(old[a], new[b]))]
    lost = [Moved(name, None, piece) for name, shape in had for piece in _wide(shapely.difference(shape, later))]
    gained = [Moved(None, name, piece) for name, shape in has for piece in _wide(shapely.difference(shape, earlier))]
    return _by_pair([*shared, *lost, *gained])


_NONE = np.array([], dtype=np.int64)


def _polygons(state: Boundaries, tier: Tier, changed: set[str]) -> list[tuple[str, Any]]:
    grids = [(key, state.grids[key].shape) for key in sorted(changed) if key in state.grids and state.grids[key].tier == tier]
    return grids + ([("", state.unassigned[tier])] if tier in state.unassigned else [])


def _wide(shape: Any) -> list[Any]:
    return [] if shapely.area(shape) == 0 else list(wide_pieces(_array([shape]), SAME_M).shapes)


def _by_pair(moves: Sequence[Moved]) -> list[Moved]:
    pairs = sorted({(each.from_id or "", each.to_id or "", each.from_id, each.to_id) for each in moves}, key=lambda p: p[:2])
    return [
        Moved(was, now, on_lattice([shapely.union_all([m.shape for m in moves if (m.from_id, m.to_id) == (was, now)])])[0])
        for _, _, was, now in pairs
    ]


def _array(shapes: Sequence[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
