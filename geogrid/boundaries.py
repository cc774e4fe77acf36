"""The boundaries of a town at one version: every grid and every area as a value, its vertices on a lattice of one micrometre.

A redraw makes new boundaries out of old ones and never changes a value. Grids of one `Tier` fill the same land; land that a plan
has given to nobody yet is kept by tier, so that nothing is ever lost between two grids.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.crs import project, require_projected
from geogrid.ids import unique_ids
from geogrid.regions import polygon_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from pyproj import CRS

    Shapes = npt.NDArray[np.object_]

LATTICE_PER_M = 1_000_000
"""Coordinates are whole numbers of micrometres: what is computed twice has the same bytes."""
LATTICE_M = 1 / LATTICE_PER_M
STANDING = ""
MOST = 0.5
STANDING_NAMES = frozenset({STANDING, "standing", "常设", "常设网格"})
"""How files call the set of grids that is not a project's."""


UNWRITTEN = frozenset({"shape", "storey"})
"""Fields that are no columns of a table."""


class Tier(NamedTuple):
    """Which tiling a grid belongs to: its set ("" for the standing one) and its level."""

    grid_set: str
    level: str


@dataclass(frozen=True, eq=False)
class Grid:
    """One grid; texts that are not known are "". ``shape`` is a polygon or multi-polygon in normal form, in metres.

    ``storey`` is the level that its tiling goes by where levels stand side by side (communities' grids and villages').
    """

    grid_id: str
    name: str
    shape: Any = field(repr=False)
    grid_set: str = ""
    level: str = ""
    parent_id: str = ""
    code: str = ""
    kind: str = ""
    duties: str = ""
    leader: str = ""
    member: str = ""
    phone: str = ""
    supervision_phone: str = ""
    storey: str = ""

    @property
    def tier(self) -> Tier:
        """Return the tiling that it belongs to."""
        return Tier(set_of(self.grid_set), self.storey or self.level)


@dataclass(frozen=True, eq=False)
class Area:
    """One area; ``shape`` as in `Grid`."""

    area_id: str
    name: str
    shape: Any = field(repr=False)
    level: str = ""
    parent_id: str = ""
    code: str = ""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Grids and areas at one version, by id, in order of their ids.

    Attributes
    ----------
    crs : CRS
        Projected, in metres.
    grids, areas : mapping
        By id.
    unassigned : mapping
        By `Tier`, the land that a plan has taken from its grid and given to none; tiers without any are left out.
    """

    crs: CRS
    grids: Mapping[str, Grid]
    areas: Mapping[str, Area] = field(default_factory=dict)
    unassigned: Mapping[Tier, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None, *, crs: CRS | None = None) -> Boundaries:
        """Take canonical tables as they are, vertices rounded to the lattice.

        Parameters
        ----------
        grids, areas : GeoDataFrame
            With the canonical columns, in any CRS.
        crs : CRS, optional
            Projected; by default that of ``grids``, which must be projected then.

        Raises
        ------
        CrsError
            When there is no projected CRS.
        InputError
            When an id is missing or repeated.

        Examples
        --------
        >>> frame = gpd.GeoDataFrame({"grid_id": ["G1"], "name": ["东"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=4548)
        >>> Boundaries.of(frame).grids["G1"].shape.area
        81.0
        """
        crs = crs or require_projected(grids)
        return cls(crs, _with_storeys(_values(Grid, grids, crs)), {} if areas is None else _values(Area, areas, crs))

    @property
    def grid_frame(self) -> gpd.GeoDataFrame:
        """Return the grids as a canonical table in order of their ids; texts that are not known are missing."""
        return _frame(Grid, list(self.grids.values()), self.crs)

    @property
    def area_frame(self) -> gpd.GeoDataFrame:
        """Return the areas as a canonical table in order of their ids."""
        return _frame(Area, list(self.areas.values()), self.crs)

    @cached_property
    def shapes(self) -> Shapes:
        """Return the polygons of the grids, in their order."""
        return _array([grid.shape for grid in self.grids.values()])

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Return an index of `shapes`."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def ids(self) -> list[str]:
        """Return the ids of the grids, in their order."""
        return list(self.grids)

    def forget(self) -> None:
        """Let go of what was worked out; it is worked out again where it is needed."""
        for name in ("shapes", "tree", "ids"):
            vars(self).pop(name, None)

    def tier(self, tier: Tier) -> list[Grid]:
        """Return the grids of one tiling."""
        return [grid for grid in self.grids.values() if grid.tier == tier]


def set_of(name: str) -> str:
    """Return the grid set that a file means: `STANDING` by any of its names.

    Examples
    --------
    >>> set_of("standing"), set_of("黄金山头项目")
    ('', '黄金山头项目')
    """
    return STANDING if name.strip().casefold() in STANDING_NAMES else name


def on_lattice(shapes: Sequence[Any] | Shapes) -> Shapes:
    """Round every vertex to the lattice of one micrometre and put polygons into normal form.

    Parameters
    ----------
    shapes : geometries
        In metres.

    Returns
    -------
    ndarray
        Geometries whose bytes are the same whenever their vertices are.

    Examples
    --------
    >>> on_lattice([shapely.Point(0.1234567, 2)])[0].x
    0.123457
    """
    rounded = shapely.transform(_array(shapes), lambda xy: np.rint(xy * LATTICE_PER_M) / LATTICE_PER_M)
    return np.asarray(shapely.normalize(shapely.remove_repeated_points(rounded)), dtype=object)


def _array(shapes: Sequence[Any] | Shapes) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _values(kind: type[Any], frame: gpd.GeoDataFrame, crs: CRS) -> dict[str, Any]:
    """Make a value of every row, by id, in order of the ids."""
    names = [each.name for each in fields(kind) if each.name not in UNWRITTEN]
    ids = unique_ids(frame, names[0])
    shapes = on_lattice(project(frame, crs).geometry.to_numpy())
    columns = {
        name: frame[name].astype("string").fillna("").tolist() if name in frame else [""] * len(frame) for name in names[1:]
    }
    made = {
        key: kind(key, shape=shape, **{name: cells[i] for name, cells in columns.items()})
        for i, (key, shape) in enumerate(zip(ids, shapes, strict=True))
    }
    return {key: made[key] for key in sorted(made)}


def _frame(kind: type[Any], values: Sequence[Any], crs: CRS) -> gpd.GeoDataFrame:
    names = [each.name for each in fields(kind) if each.name not in UNWRITTEN]
    columns = {name: pd.Series([getattr(value, name) or None for value in values], dtype="str") for name in names}
    return gpd.GeoDataFrame(columns, geometry=_array([value.shape for value in values]), crs=crs)


def _with_storeys(grids: dict[str, Grid]) -> dict[str, Grid]:
    """Let levels of one set that stand side by side be one tiling, which goes by the first of their names."""
    done = dict(grids)
    for grid_set in sorted({set_of(grid.grid_set) for grid in grids.values()}):
        members = [grid for grid in grids.values() if set_of(grid.grid_set) == grid_set]
        groups: list[list[str]] = []
        for level in sorted({grid.level for grid in members}):
            fitting = next((group for group in groups if not any(_nested(members, level, other) for other in group)), None)
            if fitting is None:
                groups.append([level])
            else:
                fitting.append(level)
                done |= {grid.grid_id: replace(grid, storey=fitting[0]) for grid in members if grid.level == level}
    return done


def _nested(grids: Sequence[Grid], one: str, other: str) -> bool:
    """Return whether grids of one level lie in those of another: they name them as parents, or most of their inner points do."""
    levels = {grid.grid_id: grid.level for grid in grids}
    if any({grid.level, levels.get(grid.parent_id)} == {one, other} for grid in grids):
        return True
    sides = [_array([grid.shape for grid in grids if grid.level == level]) for level in (one, other)]
    for inner, outer in (sides, reversed(sides)):
        hits = np.unique(shapely.STRtree(outer).query(shapely.point_on_surface(inner), predicate="intersects")[0])
        if len(hits) > MOST * len(inner):
            return True
    return False


def parts_of(shape: Any) -> Shapes:
    """Return the polygons that a geometry is made of; lines and points among them are left out."""
    return polygon_parts(_array([shape]))[0]
