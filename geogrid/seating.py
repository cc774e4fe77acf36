"""In which grid everybody lives: found once for a town, then again only around the grids that a redraw changes.

Household rows: for the office only. The rule is that of `geogrid.assign`: a point belongs to the grid that it lies in, on a
border to the one with the smallest id.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geogrid.assign import TOLERANCE_M
from geogrid.boundaries import Boundaries, Tier
from geogrid.crs import label
from geogrid.differences import differing
from geogrid.errors import CrsError
from geogrid.lattice import touching
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.people import People, Points

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int32]
Ids = npt.NDArray[np.object_]

STANDING = Tier("", "")
"""The tiling of a town whose grids state neither a set nor a level."""

NOWHERE = -1
"""The position of a household in no grid; it is also the last row of `Seated.sums`."""

REACH_M = 10 * TOLERANCE_M
"""How far around a changed grid to look: beyond what counts as touching it."""

WHOLE = 4
"""Where more than one in so many grids change, everybody is seated anew."""


@dataclass(frozen=True, eq=False)
class Seated:
    """The grid of every household and facility, in one tiling at one version. Private.

    Attributes
    ----------
    people, boundaries, tier
        Who, and in what.
    ids : tuple of str
        Grids of the tiling, ascending.
    home, facility : int arrays
        Position in ``ids`` by household and by facility; -1 in no grid.
    sums : int array (len(ids) + 1, k)
        Totals of `People.tally` by grid; the last row holds those in no grid.
    """

    people: People
    boundaries: Boundaries = field(repr=False)
    tier: Tier
    ids: tuple[str, ...] = field(repr=False)
    home: Positions = field(repr=False)
    facility: Positions = field(repr=False)
    sums: Ints = field(repr=False)

    @cached_property
    def by_grid(self) -> tuple[Ints, Ints]:
        """Return rows of households grid by grid, and where each grid begins; those in no grid come first.

        The households of grid i are ``order[start[i]:start[i + 1]]``.
        """
        order = np.argsort(self.home, kind="stable")
        return order, np.searchsorted(self.home[order], np.arange(len(self.ids) + 1))

    def rows_in(self, grid_id: str) -> Ints:
        """Return the rows of the households of a grid, ascending; none for a grid that does not exist."""
        order, start = self.by_grid
        at = position(self.ids, grid_id)
        return order[:0] if at < 0 else order[start[at] : start[at + 1]]

    def grid_ids(self, rows: Ints | None = None) -> Ids:
        """Return the ids of the grids of some households, or all; "" in no grid."""
        home = self.home if rows is None else self.home[rows]
        return np.asarray(np.array([*self.ids, ""], dtype=object)[home])


def position(ids: Sequence[str], grid_id: str) -> int:
    """Return where an id stands among ascending ones, or -1.

    Examples
    --------
    >>> position(("A", "C"), "C"), position(("A", "C"), "B")
    (1, -1)
    """
    at = bisect_left(ids, grid_id)
    return at if at < len(ids) and ids[at] == grid_id else NOWHERE


def seat(people: People, boundaries: Boundaries, tier: Tier = STANDING) -> Seated:
    """Find the grid of every household and facility.

    Parameters
    ----------
    people : People
        In the CRS of the boundaries.
    boundaries : Boundaries
        At one version.
    tier : Tier
        Which tiling.

    Returns
    -------
    Seated

    Raises
    ------
    CrsError
        When the two are in different CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.people import People
    >>> grids = gpd.GeoDataFrame({"grid_id": ["A"], "name": ["东"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=4548)
    >>> at = gpd.points_from_xy([5, 20], [5, 5])
    >>> homes = gpd.GeoDataFrame({"household_id": ["H1", "H2"], "persons": [3, 2]}, geometry=at, crs=4548)
    >>> seat(People.of(homes, crs=grids.crs), Boundaries.of(grids)).grid_ids().tolist()
    ['A', '']
    """
    _check_crs(people, boundaries)
    grids = sorted(boundaries.tier(tier), key=lambda grid: grid.grid_id)
    shapes = _shapes([grid.shape for grid in grids])
    home, facility = (_located(points.xy, shapes) for points in (people.homes, people.places))
    ids = tuple(grid.grid_id for grid in grids)
    return Seated(people, boundaries, tier, ids, home, facility, _sums(people.tally, home, len(ids)))


def reseat(seated: Seated, after: Boundaries, *, changed: Iterable[str] | None = None) -> Seated:
    """Seat the same people in other boundaries, looking only around the grids that changed.

    Parameters
    ----------
    seated : Seated
        In the boundaries before.
    after : Boundaries
        In the same CRS.
    changed : iterable of str, optional
        Grids that may differ, appeared or vanished, such as ``Step.changed``; found by comparison when not given.

    Returns
    -------
    Seated
        Equal to a `seat` in ``after``, to the last household.

    Raises
    ------
    CrsError
        When the boundaries are in another CRS.
    """
    _check_crs(seated.people, after)
    maybe = differing(seated.boundaries, after) if changed is None else changed
    moved = _Moved.among(seated, after, maybe)
    if len(moved.ids) * WHOLE > max(len(seated.ids), WHOLE):
        return seat(seated.people, after, seated.tier)
    if not moved.ids:
        return Seated(seated.people, after, seated.tier, seated.ids, seated.home, seated.facility, seated.sums)
    ids = moved.renumbered(seated.ids)
    around = _Around.of(seated, moved, ids)
    follow = _follow(seated.ids, ids)
    home, facility = (each if ids is seated.ids else follow[each] for each in (seated.home, seated.facility))
    home, rows = around.relocated(seated.people.homes, home)
    facility, _ = around.relocated(seated.people.places, facility)
    sums = _carried(seated, follow, len(ids))
    _shift(sums, seated.people.tally[rows], follow[seated.home[rows]], home[rows])
    return Seated(seated.people, after, seated.tier, ids, home, facility, sums)


@dataclass(frozen=True)
class _Moved:
    """Grids of a tiling whose land differs: their ids ascending, and their land before and after (None: was not, is not)."""

    ids: tuple[str, ...]
    before: Ids
    after: Ids

    @classmethod
    def among(cls, seated: Seated, after: Boundaries, maybe: Iterable[str]) -> _Moved:
        """Find those whose land differs."""
        ids = sorted(set(maybe))
        lands = [(_land(seated.boundaries, key, seated.tier), _land(after, key, seated.tier)) for key in ids]
        moved = [(key, old, new) for key, (old, new) in zip(ids, lands, strict=True) if not _identical(old, new)]
        return cls(tuple(key for key, _, _ in moved), *(_shapes([row[i] for row in moved]) for i in (1, 2)))

    def renumbered(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Return the grids of the tiling afterwards, ascending."""
        gone = {key for key, land in zip(self.ids, self.after, strict=True) if land is None}
        new = [key for key, land in zip(self.ids, self.before, strict=True) if land is None]
        return tuple(sorted([*(key for key in ids if key not in gone), *new])) if gone or new else ids


def _land(boundaries: Boundaries, grid_id: str, tier: Tier) -> object:
    grid = boundaries.grids.get(grid_id)
    return grid.shape if grid is not None and grid.tier == tier else None


def _identical(one: object, other: object) -> bool:
    return one is other or (one is not None and other is not None and bool(shapely.equals_identical(one, other)))


@dataclass(frozen=True)
class _Around:
    """The neighbourhood of the grids that changed: boxes, and the grids afterwards that come near them, by position."""

    boxes: Floats
    positions: Ints
    shapes: Ids

    @classmethod
    def of(cls, seated: Seated, moved: _Moved, ids: tuple[str, ...]) -> _Around:
        """Look around the land that the changed grids had or have; the other grids are where they were."""
        lands = np.concatenate([moved.before, moved.after])
        boxes = shapely.bounds(lands[~shapely.is_missing(lands)]) + np.array([-REACH_M, -REACH_M, REACH_M, REACH_M])
        near = {seated.boundaries.ids[i] for i in seated.boundaries.tree.query(shapely.box(*boxes.T))[1].tolist()}
        grids = {key: _land(seated.boundaries, key, seated.tier) for key in near.difference(moved.ids)}
        grids |= dict(zip(moved.ids, moved.after, strict=True))
        there = sorted(key for key, land in grids.items() if land is not None)
        places = np.array([position(ids, key) for key in there], dtype=np.int64)
        return cls(boxes, places, _shapes([grids[key] for key in there]))

    def relocated(self, points: Points, old: Positions) -> tuple[Positions, Ints]:
        """Return the positions with those of the neighbourhood found anew, and the rows looked at."""
        rows = points.within(self.boxes)
        new = old.copy()
        new[rows] = np.append(self.positions, NOWHERE)[_located(points.xy[:, rows], self.shapes)]
        return new, rows


_GONE = -2
"""A position in a grid that is no more."""


def _follow(before: tuple[str, ...], after: tuple[str, ...]) -> Positions:
    """Return the position afterwards of every grid before; the last entry stands for no grid."""
    if before is after:
        return np.append(np.arange(len(before)), NOWHERE).astype(np.int32)
    place = {key: i for i, key in enumerate(after)}
    return np.array([*(place.get(key, _GONE) for key in before), NOWHERE], dtype=np.int32)


def _carried(seated: Seated, follow: Positions, grids: int) -> Ints:
    """Return the sums before in the order of the grids afterwards; new grids have none yet."""
    sums = np.zeros((grids + 1, seated.sums.shape[1]), dtype=np.int64)
    kept = np.flatnonzero(follow != _GONE)
    sums[follow[kept]] = seated.sums[kept]
    return sums


def _shift(sums: Ints, tally: Positions, old: Positions, new: Positions) -> None:
    """Take those who moved from the grid that they left, if it still is, and add them to the other, in place."""
    leave, come = (old != new) & (old != _GONE), old != new
    np.subtract.at(sums, old[leave], tally[leave])
    np.add.at(sums, new[come], tally[come])


def _sums(tally: Positions, home: Positions, grids: int) -> Ints:
    """Add up households by grid; the last row is of those in none."""
    group = np.where(home < 0, grids, home)
    columns = [np.bincount(group, weights=column, minlength=grids + 1) for column in tally.T]
    return np.column_stack(columns).astype(np.int64)


def _located(xy: Floats, shapes: Ids) -> Positions:
    """Return the first of some polygons, in their order, that each point touches; -1 where none."""
    return touching(xy, shapes, tolerance=TOLERANCE_M).first.astype(np.int32)


def _shapes(shapes: Sequence[object]) -> Ids:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _check_crs(people: People, boundaries: Boundaries) -> None:
    if not people.crs.equals(boundaries.crs):
        message = Text(
            "住户的坐标系是 {one}，边界是 {other}；请先转到同一坐标系。",
            "households are in {one}, boundaries in {other}; bring both to one CRS first",
        )
        raise CrsError(message.fill(one=label(people.crs), other=label(boundaries.crs)))
