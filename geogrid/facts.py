"""What is known of a place when its standards are tested: its tables, and who and what belongs to each subject.

A subject is one thing that a standard is about: an area or grid of a level, a unit, a set of households, a facility, a street,
a service, or the place as one. Every household belongs to at most one subject of a kind; which one is worked out here, once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt
    from pyproj import CRS

    from geogrid.profile import Profile

    Ints = npt.NDArray[np.int64]

NOBODY = -1
PLACE, FACILITIES, STREETS, SERVICES = "place", "facilities", "streets", "services"
"""Kinds of subjects beside the levels of a profile."""


@dataclass(frozen=True, eq=False)
class Subjects:
    """All subjects of one kind.

    Attributes
    ----------
    kind, table : str
        A level's id (or facilities, streets, services, place), and the table they are rows of.
    rows : DataFrame or GeoDataFrame
        RangeIndex; ``id``, ``name``, ``parent_id`` (the subject of the level above, or NA) and the columns of the table.
    household : array of int
        Position of the subject that each household belongs to, `NOBODY` for no subject.
    above : tuple of frozenset of str
        Ids of the areas and grids that each lies in, its own included.
    """

    kind: str
    table: str
    rows: pd.DataFrame
    household: Ints
    above: tuple[frozenset[str], ...]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Return the position of every id."""
        return {key: i for i, key in enumerate(self.rows["id"])}

    def count(self, weights: Sequence[float] | npt.NDArray[Any] | None = None) -> npt.NDArray[np.float64]:
        """Return the households of each subject, or the sum of a weight per household (NaN counts nothing)."""
        known = self.household >= 0
        values = None if weights is None else np.nan_to_num(np.asarray(weights, dtype=float)[known])
        return np.bincount(self.household[known], weights=values, minlength=len(self)).astype(float)


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """The tables of a place, in its projected CRS, and its subjects; household rows, so for the office only.

    ``households`` has ``grid_id`` and, per service, ``minutes_<s>``, ``status_<s>`` and ``status_later_<s>``; ``grids`` are the
    smallest standing grids, ``areas`` what they nest in (larger grids too), with ``parent_id``; ``projects`` grids of other sets.
    A table that was not given is None; ``on`` is the day that is asked about.
    """

    profile: Profile
    crs: CRS
    households: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame | None = None
    projects: gpd.GeoDataFrame | None = None
    units: gpd.GeoDataFrame | None = None
    facilities: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    staff: pd.DataFrame | None = None
    events: gpd.GeoDataFrame | None = None
    grades: pd.DataFrame | None = None
    area_members: pd.DataFrame | None = None
    services: tuple[str, ...] = ()
    on: dt.date
    known: dict[str, Subjects] = field(default_factory=dict, repr=False)
    """Subjects that were worked out already, by kind: a memory, filled by `geogrid.subjects`."""

    def has(self, table: str) -> bool:
        """Return whether a table was given."""
        return getattr(self, table) is not None

    def area_ids(self, names: Iterable[str]) -> frozenset[str]:
        """Return the ids of the areas that are meant by ids, codes or names."""
        if self.areas is None:
            return frozenset()
        meant = set(names)
        columns = [column for column in ("area_id", "code", "name") if column in self.areas]
        return frozenset(self.areas.loc[self.areas[columns].isin(meant).any(axis=1), "area_id"])

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """Return the parent of every area and grid that has one."""
        frames = [(frame, key) for frame, key in ((self.areas, "area_id"), (self.grids, "grid_id")) if frame is not None]
        pairs = (pair for frame, key in frames for pair in zip(frame[key], frame["parent_id"], strict=True))
        return {child: parent for child, parent in pairs if isinstance(parent, str) and parent != child}

    def chain(self, node: str | None) -> tuple[str, ...]:
        """Return an area's or grid's own id and those above it, from below; a ring ends where it began."""
        seen: list[str] = []
        while isinstance(node, str) and node not in seen:
            seen.append(node)
            node = self.parents.get(node)
        return tuple(seen)

    def around(self, points: gpd.GeoSeries, grid_ids: pd.Series | None = None) -> tuple[frozenset[str], ...]:
        """Return the areas and grids around each point: those above its grid or, outside all grids, the areas that it lies in."""
        grid_of = [None] * len(points) if grid_ids is None else [each if isinstance(each, str) else None for each in grid_ids]
        above = [frozenset(self.chain(grid)) for grid in grid_of]
        lost = np.array([not each for each in above], dtype=bool) & ~points.is_empty.to_numpy() & points.notna().to_numpy()
        if self.areas is None or not lost.any():
            return tuple(above)
        rows = np.flatnonzero(lost)
        tree = shapely.STRtree(self.areas.geometry.to_numpy())
        point, area = tree.query(points.to_numpy()[rows], predicate="intersects")
        ids = self.areas["area_id"].to_numpy()
        for row, place in zip(rows[point], area, strict=True):
            above[row] |= frozenset(self.chain(ids[place]))
        return tuple(above)


def matching(rows: pd.DataFrame, where: Mapping[str, Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Return which rows have one of the wanted words in every named column; of a list, one of its entries.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["zone", "village"], "services": [("medical",), ("sport", "medical")]})
    >>> matching(rows, {"services": ("sport",)}).tolist()
    [False, True]
    """
    chosen = np.ones(len(rows), dtype=bool)
    for column, words in where.items():
        wanted = {word.casefold() for word in words}
        cells = rows[column] if column in rows else pd.Series(None, index=rows.index, dtype=object)
        chosen &= np.array([not wanted.isdisjoint(_words(cell)) for cell in cells], dtype=bool)
    return chosen


def _words(cell: object) -> set[str]:
    if isinstance(cell, str):
        return {cell.casefold()}
    return {str(each).casefold() for each in cell} if isinstance(cell, list | tuple) else set()
