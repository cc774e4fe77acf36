"""Which units (villager groups, estates, buildings) a redraw cuts that were whole before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geogrid.crs import project
from geogrid.ids import unique_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import numpy.typing as npt
    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Tier

PART_M2 = 1.0
"""A grid has part of a unit when it has at least this much of it."""

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, eq=False)
class Units:
    """The smallest pieces that a planner moves: ids, names and polygons in metres; points cannot be cut and are left out."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    shapes: npt.NDArray[np.object_] = field(repr=False)

    @classmethod
    def of(cls, units: gpd.GeoDataFrame, *, crs: CRS) -> Units:
        """Take a canonical table.

        Parameters
        ----------
        units : GeoDataFrame
            With ``unit_id``, perhaps ``name``.
        crs : CRS
            That of the boundaries.

        Raises
        ------
        InputError
            When an id is missing or repeated.
        """
        ids = unique_ids(units, "unit_id")
        names = units["name"].astype("string").fillna("").tolist() if "name" in units else [""] * len(ids)
        shapes = np.asarray(project(units, crs).geometry, dtype=object)
        rows = np.flatnonzero(np.isin(shapely.get_type_id(shapes), [kind.value for kind in POLYGONS]) & ~shapely.is_empty(shapes))
        return cls(tuple(ids[i] for i in rows), tuple(names[i] for i in rows), shapely.make_valid(shapes[rows]))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Return an index of the polygons."""
        return shapely.STRtree(self.shapes)


class CutUnit(NamedTuple):
    """A unit that lies in several grids now, and where it lay before."""

    unit_id: str
    name: str
    grid_ids_before: tuple[str, ...]
    grid_ids_after: tuple[str, ...]


def newly_cut(units: Units, before: Boundaries, after: Boundaries, tier: Tier, changed: Iterable[str]) -> list[CutUnit]:
    """Find the units that lie in more grids of a tiling after than before, and in more than one.

    Parameters
    ----------
    units : Units
        In the CRS of the boundaries.
    before, after : Boundaries
        At two versions.
    tier : Tier
        Which tiling.
    changed : iterable of str
        Grids whose land may differ; only units that touch one of them are looked at.

    Returns
    -------
    list of CutUnit
        In order of the units.
    """
    lands = [grid.shape for key in changed for grid in (before.grids.get(key), after.grids.get(key)) if grid is not None]
    near = np.unique(units.tree.query(lands, predicate="intersects")[1]) if lands else np.empty(0, dtype=np.int64)
    found = []
    for row in near.tolist():
        was, now = (_grids_of(units.shapes[row], each, tier) for each in (before, after))
        if len(now) > max(len(was), 1):
            found.append(CutUnit(units.ids[row], units.names[row], was, now))
    return found


def _grids_of(shape: object, boundaries: Boundaries, tier: Tier) -> tuple[str, ...]:
    """Name the grids that have part of a polygon."""
    near = [boundaries.grids[boundaries.ids[i]] for i in boundaries.tree.query(shape, predicate="intersects").tolist()]
    have = [grid.grid_id for grid in near if grid.tier == tier and shapely.intersection(grid.shape, shape).area >= PART_M2]
    return tuple(sorted(have))
