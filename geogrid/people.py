"""Everybody of a town as arrays: where they live, how much they count, who is covered. Household rows: for the office only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geogrid.counts import MEASURES, measured
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.ids import unique_ids
from geogrid.settings import ALL
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from pyproj import CRS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.object_]

COVERED = "covered_"
KNOWN = "known_"
"""Columns of `People.tally` beside the measures: covered households of a service, and households that state a measure."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points by row: ``xy`` has shape (2, n), in metres; NaN where a row has no place."""

    xy: Floats = field(repr=False)

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame) -> Points:
        """Take the points of a table; empty and missing ones have no place."""
        coordinates, row = shapely.get_coordinates(np.asarray(frame.geometry), return_index=True)
        xy = np.full((2, len(frame)), np.nan)
        xy[:, row] = coordinates.T
        return cls(xy)

    @cached_property
    def _from_the_west(self) -> tuple[Ints, Floats, Floats]:
        """Return the rows from west to east, with their x and y; without a place last."""
        order = np.argsort(self.xy[0], kind="stable")
        return order, self.xy[0, order], self.xy[1, order]

    def within(self, boxes: Floats) -> Ints:
        """Return the rows in any of some boxes, ascending.

        Parameters
        ----------
        boxes : array (k, 4)
            West, south, east and north of each, in metres; inclusive.

        Examples
        --------
        >>> Points(np.array([[5.0, 1, 3], [0, 0, 9]])).within(np.array([[0.0, 0, 4, 4], [3, 9, 3, 9]])).tolist()
        [1, 2]
        """
        order, x, y = self._from_the_west
        starts, stops = np.searchsorted(x, boxes[:, 0], side="left"), np.searchsorted(x, boxes[:, 2], side="right")
        found = [
            order[start:stop][(y[start:stop] >= south) & (y[start:stop] <= north)]
            for start, stop, south, north in zip(starts, stops, boxes[:, 1], boxes[:, 3], strict=True)
        ]
        return np.unique(np.concatenate([order[:0], *found]))


@dataclass(frozen=True, eq=False)
class People:
    """Everybody of a town and every facility, as arrays in the order of their tables. Private.

    Attributes
    ----------
    crs : CRS
        Projected, of all coordinates.
    household_ids : array of str (n,)
    homes : Points
        Where the households are.
    counts : mapping of float arrays (n,)
        By measure (`counts.MEASURES`); NaN where a household does not say.
    covered : mapping of bool arrays (n,), or None
        By service, who is covered; None where nobody has looked.
    unit_ids : array (n,) or None
        None in it where a household states no unit.
    facility_ids : array of str (m,)
    places : Points
        Where the facilities are.
    facility_services : tuple of tuples of str
        What each offers.
    """

    crs: CRS
    household_ids: Ids = field(repr=False)
    homes: Points
    counts: Mapping[str, Floats] = field(repr=False)
    covered: Mapping[str, Bools] | None = field(default=None, repr=False)
    unit_ids: Ids | None = field(default=None, repr=False)
    facility_ids: Ids = field(default_factory=lambda: np.empty(0, dtype=object), repr=False)
    places: Points = field(default_factory=lambda: Points(np.empty((2, 0))))
    facility_services: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        households: gpd.GeoDataFrame,
        facilities: gpd.GeoDataFrame | None = None,
        *,
        crs: CRS,
        covered: Mapping[str, Bools] | None = None,
    ) -> People:
        """Take canonical tables.

        Parameters
        ----------
        households : GeoDataFrame
            Points with ``household_id``, ``persons`` and what else is known.
        facilities : GeoDataFrame, optional
            Points with ``facility_id`` and ``services``.
        crs : CRS
            Projected; usually that of the boundaries.
        covered : mapping, optional
            By service, who is covered, in the households' order; `covered_of` takes it from a report's households.

        Raises
        ------
        InputError
            When an id is missing or repeated, or ``covered`` has another length.

        Examples
        --------
        >>> import geopandas as gpd
        >>> homes = gpd.GeoDataFrame({"household_id": ["H1"], "persons": [3]}, geometry=gpd.points_from_xy([5], [5]), crs=4548)
        >>> len(People.of(homes, crs=homes.crs))
        1
        """
        homes, places = project(households, crs), None if facilities is None else project(facilities, crs)
        for service, flags in (covered or {}).items():
            _check_length(service, flags, len(homes))
        stated = {} if places is None else _facilities(places)
        return cls(
            crs,
            np.array(unique_ids(homes, "household_id"), dtype=object),
            Points.of(homes),
            measured(homes),
            None if covered is None else {s: np.asarray(flags, dtype=bool) for s, flags in covered.items()},
            _units(homes),
            **stated,
        )

    def __len__(self) -> int:
        return len(self.household_ids)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns of `tally`."""
        services = () if not self.covered else (*self.covered, ALL)
        return (*MEASURES, *(KNOWN + m for m in MEASURES[1:]), *(COVERED + s for s in services))

    @cached_property
    def tally(self) -> Positions:
        """Return what each household adds to each of `columns`: whole numbers, shape (n, k)."""
        known = {KNOWN + m: ~np.isnan(self.counts[m]) for m in MEASURES[1:]}
        covered = {COVERED + s: flags for s, flags in (self.covered or {}).items()}
        at_once = {COVERED + ALL: np.logical_and.reduce(list(covered.values()))} if covered else {}
        all_of_them = {**{m: np.nan_to_num(self.counts[m]) for m in MEASURES}, **known, **covered, **at_once}
        return np.column_stack([all_of_them[column] for column in self.columns]).astype(np.int32)


def covered_of(households: gpd.GeoDataFrame, services: Sequence[str]) -> dict[str, Bools]:
    """Return who is covered now, by service, from the households of a report.

    Parameters
    ----------
    households : GeoDataFrame
        With columns ``status_<service>``.
    services : sequence of str
        Ids.

    Examples
    --------
    >>> import pandas as pd
    >>> covered_of(pd.DataFrame({"status_medical": ["covered", "unreached"]}), ["medical"])["medical"].tolist()
    [True, False]
    """
    return {s: np.asarray((households[f"status_{s}"] == "covered").to_numpy(dtype=bool)) for s in services}


def _facilities(places: gpd.GeoDataFrame) -> dict[str, Any]:
    services = places["services"] if "services" in places else [()] * len(places)
    return {
        "facility_ids": np.array(unique_ids(places, "facility_id"), dtype=object),
        "places": Points.of(places),
        "facility_services": tuple(tuple(row) for row in services),
    }


def _units(homes: gpd.GeoDataFrame) -> Ids | None:
    if "unit_id" not in homes:
        return None
    stated = homes["unit_id"].astype("object")
    return np.asarray(stated.where(stated.notna(), None).to_numpy(dtype=object))


def _check_length(service: str, flags: Bools, households: int) -> None:
    if len(flags) != households:
        message = Text(
            "服务“{service}”的覆盖情况有 {n} 条，应与住户数 {households} 相同；请用同一批住户的检查结果。",
            "coverage of service {service!r} has {n} entries, expected one for each of {households} households; "
            "take it from a check of the same households",
        )
        raise InputError(message.fill(service=service, n=len(flags), households=households))
