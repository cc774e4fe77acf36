"""The arithmetic of a change sheet: two seatings laid side by side, grid by grid, and who changes from which grid to which.

*Places* are the grids of both, by id ascending, and one more at the end for households in no grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.counts import MEASURES
from geogrid.differences import changed_texts, same_shape
from geogrid.people import COVERED, KNOWN, Positions
from geogrid.seating import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.boundaries import Boundaries, Grid, Tier
    from geogrid.people import People
    from geogrid.seating import Seated

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Cells = dict[str, list[Any]]

NEW, GONE, REDRAWN, DETAILS, PEOPLE, SAME = "new", "gone", "redrawn", "details", "people", "same"
CHANGES = (NEW, GONE, REDRAWN, DETAILS, PEOPLE, SAME)
"""What can happen to a grid: it appears, vanishes, has other land, other texts, only other people, or nothing happens."""

CHANGED = (NEW, GONE, REDRAWN, DETAILS)
"""What counts as a change of the grid itself."""

ROLES = ("leader", "member")
"""Who works in a grid, by its column."""

BELOW, IN, ABOVE = "below", "in", "above"
RANGES = (BELOW, IN, ABOVE)

DIGITS = {"area_m2": 2, "polsby_popper": 4, "deviation": 4}
"""Decimals in files, by column."""

PART_M2 = 1.0
"""A grid had part of another's land when it had at least this much of it."""

LAND_M2 = 0.01
"""Grids whose polygons differ by less have the same land: a node on a border, rounded to a micrometre, moves it by as little."""

BOUNDARY, ADDRESS = "boundary", "address"
"""Why a household is in another grid: the border moved, or the household did."""


class Limits(NamedTuple):
    """How many households a grid should have: at least, at most, and the target."""

    low: int
    high: int
    target: int

    def place(self, households: int) -> str:
        """Say where a number of households lies.

        Examples
        --------
        >>> [Limits(300, 500, 400).place(n) for n in (299, 300, 500, 501)]
        ['below', 'in', 'in', 'above']
        """
        return BELOW if households < self.low else ABOVE if households > self.high else IN

    def counted(self, households: Ints) -> dict[str, int]:
        """Count grids below, in and above the range."""
        below, above = int((households < self.low).sum()), int((households > self.high).sum())
        return {BELOW: below, IN: len(households) - below - above, ABOVE: above}


class Places(NamedTuple):
    """Ids of the grids before and after, ascending; the place of each position before, and after (the last: in no grid)."""

    ids: tuple[str, ...]
    of_before: Positions
    of_after: Positions

    @classmethod
    def of(cls, before: Seated, after: Seated) -> Places:
        """Lay two seatings side by side."""
        if before.ids == after.ids:
            same = np.arange(len(before.ids) + 1, dtype=np.int32)
            return cls(before.ids, same, same)
        ids = tuple(sorted({*before.ids, *after.ids}))
        place = {key: i for i, key in enumerate(ids)}
        both = [np.array([*(place[key] for key in each.ids), len(ids)], dtype=np.int32) for each in (before, after)]
        return cls(ids, *both)


class Moves(NamedTuple):
    """Who is in another grid: rows before and after, places, why; and the rows of those who came and who left."""

    rows: Ints
    rows_after: Ints
    start: Ints
    end: Ints
    by_address: Bools
    came: Ints
    left: Ints


def moves_between(before: Seated, after: Seated, places: Places) -> Moves:
    """Find who is in another grid, and who came or left.

    Parameters
    ----------
    before, after : Seated
        Of the same people, or of others, who are matched by their ids.
    places : Places
        Of the two.
    """
    if before.people is after.people:
        rows = _differing(before, after, places)
        nobody = rows[:0]
        still = np.zeros(len(rows), dtype=bool)
        start, end = places.of_before[before.home[rows]], places.of_after[after.home[rows]]
        return Moves(rows, rows, start.astype(np.int64), end.astype(np.int64), still, nobody, nobody)
    met = pd.Index(after.people.household_ids).get_indexer(before.people.household_ids).astype(np.int64)
    stay = np.flatnonzero(met >= 0)
    from_, to = places.of_before[before.home[stay]], places.of_after[after.home[met[stay]]]
    moved = np.flatnonzero(from_ != to)
    rows, rows_after = stay[moved], met[stay[moved]]
    apart = (before.people.homes.xy[:, rows] != after.people.homes.xy[:, rows_after]).any(axis=0)
    is_new = np.ones(len(after.people), dtype=bool)
    is_new[met[stay]] = False
    ends = from_[moved].astype(np.int64), to[moved].astype(np.int64)
    return Moves(rows, rows_after, *ends, apart, np.flatnonzero(is_new), np.flatnonzero(met < 0))


def _differing(before: Seated, after: Seated, places: Places) -> Ints:
    if places.of_before is places.of_after:
        return np.flatnonzero(before.home != after.home)
    return np.flatnonzero(places.of_before[before.home] != places.of_after[after.home])


class Flows(NamedTuple):
    """Households by the place that they leave and the one that they come to, with their tally (columns as `People.columns`)."""

    start: Ints
    end: Ints
    tally: Ints


def flows_of(people: People, moves: Moves, places: Places) -> Flows:
    """Add up who moves, as they were before.

    Parameters
    ----------
    people : People
        Before.
    moves, places
        Of the sheet.

    Returns
    -------
    Flows
        In order of the places.
    """
    count = len(places.ids) + 1
    pairs, of_mover = np.unique(moves.start * count + moves.end, return_inverse=True)
    tally = np.zeros((len(pairs), len(people.columns)), dtype=np.int64)
    np.add.at(tally, of_mover, people.tally[moves.rows])
    return Flows(pairs // count, pairs % count, tally)


def kinds_of(before: Boundaries, after: Boundaries, tier: Tier, changed: Iterable[str]) -> dict[str, str]:
    """Say what happened to each of the grids of a tiling that may have changed, in order of their ids.

    Parameters
    ----------
    before, after : Boundaries
        At two versions.
    tier : Tier
        Grids of others are left out.
    changed : iterable of str
        Ids.

    Returns
    -------
    dict
        One of `CHANGES` by id.
    """
    pairs = {key: (_held(before, key, tier), _held(after, key, tier)) for key in sorted(set(changed))}
    return {key: _kind(old, new) for key, (old, new) in pairs.items() if old is not None or new is not None}


def _held(boundaries: Boundaries, key: str, tier: Tier) -> Grid | None:
    grid = boundaries.grids.get(key)
    return grid if grid is not None and grid.tier == tier else None


def _kind(old: Grid | None, new: Grid | None) -> str:
    if old is None or new is None:
        return NEW if old is None else GONE
    if not same_shape(old, new) and shapely.symmetric_difference(old.shape, new.shape).area >= LAND_M2:
        return REDRAWN
    return DETAILS if changed_texts(old, new) else SAME


def holders(grid: Grid, seated: Seated) -> tuple[str, ...]:
    """Name the grids of a seating's tiling that have a grid's land there, whoever has most of it first."""
    boundaries = seated.boundaries
    near = [boundaries.grids[boundaries.ids[i]] for i in boundaries.tree.query(grid.shape, predicate="intersects").tolist()]
    shares = {each.grid_id: shapely.intersection(each.shape, grid.shape).area for each in near if each.tier == seated.tier}
    return tuple(sorted((key for key, area in shares.items() if area >= PART_M2), key=lambda key: (-shares[key], key)))


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two seatings, looked at by place."""

    seated: Seated
    of_position: Positions = field(repr=False)
    places: int

    @cached_property
    def position(self) -> Ints:
        """Return the position of every place among the grids here; -1 for grids that are not here, and for no grid."""
        at = np.full(self.places + 1, NOWHERE)
        at[self.of_position[:-1]] = np.arange(len(self.of_position) - 1)
        return at

    @cached_property
    def present(self) -> Bools:
        """Return which places are grids here."""
        return np.asarray(self.position >= 0)

    @cached_property
    def sums(self) -> dict[str, Ints]:
        """Return the total of every column of `People.tally` by place; zero where the grid is not here."""
        totals = np.zeros((self.places + 1, self.seated.sums.shape[1]), dtype=np.int64)
        totals[self.of_position] = self.seated.sums
        return dict(zip(self.seated.people.columns, totals.T, strict=True))

    @property
    def stated(self) -> list[Ints]:
        """Return the totals of the measures, households first."""
        return [self.sums[measure] for measure in MEASURES]

    @property
    def covered(self) -> dict[str, Ints]:
        """Return the covered households by place, by the column's name."""
        return {name: total for name, total in self.sums.items() if name.startswith(COVERED)}

    def grid(self, key: str) -> Grid | None:
        """Return a grid as it is here."""
        return _held(self.seated.boundaries, key, self.seated.tier)

    def measure(self, measure: str, at: Ints) -> list[int | None]:
        """Return a measure's total at some places; None without the grid, or where none of its households says."""
        known = self.sums.get(KNOWN + measure, self.sums["households"])[at]
        return _or_none(self.sums[measure][at], self.present[at] & ((self.sums["households"][at] == 0) | (known > 0)))

    def share(self, covered: str, at: Ints) -> list[float | None]:
        """Return the covered share at some places; None without households."""
        households = self.sums["households"][at]
        return _or_none(self.sums[covered][at] / np.maximum(households, 1), self.present[at] & (households > 0))

    def facility_ids(self, at: Ints) -> list[tuple[str, ...] | None]:
        """Return the facilities inside some grids, in the order of their table."""
        seated = self.seated
        order = np.argsort(seated.facility, kind="stable")
        start = np.searchsorted(seated.facility[order], np.arange(len(seated.ids) + 1))
        ids, positions = seated.people.facility_ids, self.position[at].tolist()
        return [None if p < 0 else tuple(ids[order[start[p] : start[p + 1]]].tolist()) for p in positions]


def side_cells(side: Side, ids: Sequence[str], at: Ints, limits: Limits) -> Cells:
    """Return what is known of some grids on one side, None where the grid is not there.

    Parameters
    ----------
    side : Side
        Before or after.
    ids : sequence of str
        Grids.
    at : int array
        Their places.
    limits : Limits
        The household range and the target.

    Returns
    -------
    dict of lists
        By measure; area_m2, polsby_popper, deviation, range, shares by service, facilities, facility_ids, leader, member.
    """
    grids = [side.grid(key) for key in ids]
    inside = side.facility_ids(at)
    households = side.measure("households", at)
    return {
        **{measure: side.measure(measure, at) for measure in MEASURES},
        **_shape_cells(grids),
        "deviation": [None if n is None else (n - limits.target) / limits.target for n in households],
        "range": [None if n is None else limits.place(n) for n in households],
        **{f"share_{name.removeprefix(COVERED)}": side.share(name, at) for name in side.covered},
        "facilities": [None if each is None else len(each) for each in inside],
        "facility_ids": inside,
        **{role: [None if g is None else getattr(g, role) or None for g in grids] for role in ROLES},
    }


def _shape_cells(grids: Sequence[Grid | None]) -> Cells:
    """Return area and compactness: 4πA / P², 1 for a circle (Polsby and Popper 1991)."""
    shapes = np.array([None, *(None if grid is None else grid.shape for grid in grids)], dtype=object)[1:]
    area, around, present = shapely.area(shapes), shapely.length(shapes), ~shapely.is_missing(shapes)
    with np.errstate(divide="ignore", invalid="ignore"):
        compactness = 4 * math.pi * area / around**2
    return {"area_m2": _or_none(area, present), "polsby_popper": _or_none(compactness, present & (around > 0))}


def _or_none(values: npt.NDArray[Any], shown: Bools) -> list[Any]:
    return [value if here else None for value, here in zip(values.tolist(), shown.tolist(), strict=True)]


def frame_of(cells: Cells) -> pd.DataFrame:
    """Return columns of lists as a table: counts as Int64, fractions as floats, texts and lists as objects."""
    return pd.DataFrame({name: _column(values) for name, values in cells.items()})


def _column(values: list[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        missing = np.array([value is None for value in values])
        return pd.arrays.IntegerArray(np.array([value or 0 for value in values], dtype=np.int64), missing)
    if kinds == {float}:
        return np.array(values, dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def whole_column(values: npt.NDArray[np.float64]) -> Any:
    """Return whole numbers as a column that is null where they are NaN."""
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)
