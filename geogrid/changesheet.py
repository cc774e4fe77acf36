"""The change sheet: which households change from which grid to which between two boundaries, and what that does to every grid.

Exact and with household rows: for the office only. `geogrid.changepublic` makes of it what may leave the office.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid import changewords
from geogrid.changerows import (
    ADDRESS,
    BOUNDARY,
    CHANGED,
    GONE,
    NEW,
    PEOPLE,
    SAME,
    Cells,
    Flows,
    Limits,
    Moves,
    Places,
    Side,
    flows_of,
    frame_of,
    holders,
    kinds_of,
    moves_between,
    side_cells,
    whole_column,
)
from geogrid.changestaff import STAFF_COLUMNS, Duties, Staffing, duties_of
from geogrid.changetables import tables_of
from geogrid.counts import MEASURES
from geogrid.cutunits import CutUnit, Units, newly_cut
from geogrid.differences import changed_texts, differing
from geogrid.seating import Seated, reseat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from geogrid.boundaries import Boundaries
    from geogrid.profile import Profile
    from geogrid.words import Lang, Text

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Asked:
    """What a sheet is held against.

    Attributes
    ----------
    limits : Limits
        The household range and the target.
    services : mapping of Text
        Names of services, for sentences and titles.
    locked : frozenset of str
        Grids that should stay as they are.
    units : Units or None
        Pieces that should stay whole.
    staff : pair of Duties
        Who is responsible for which grid by the staff tables before and after.
    """

    limits: Limits = field(default_factory=lambda: Limits(300, 500, 400))
    services: Mapping[str, Text] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    units: Units | None = None
    staff: tuple[Duties, Duties] = ((), ())

    @classmethod
    def of(
        cls,
        profile: Profile,
        *,
        locked: Iterable[str] = (),
        units: Units | None = None,
        staff: tuple[pd.DataFrame | None, pd.DataFrame | None] = (None, None),
    ) -> Asked:
        """Take range, target and names from a profile; ``staff`` are the staff tables before and after."""
        names = {key: service.name for key, service in profile.services.items()}
        limits = Limits(*profile.household_range, profile.household_target)
        return cls(limits, names, frozenset(locked), units, (duties_of(staff[0]), duties_of(staff[1])))


@dataclass(frozen=True, eq=False)
class ChangeSheet:
    """Two boundaries compared. Private; its tables are made when they are asked for.

    Attributes
    ----------
    before, after : Seated
        Who is in which grid.
    asked : Asked
        What it is held against.
    kinds : mapping
        What happened to each grid that may differ (`changerows.CHANGES`), by id.
    is_full : bool
        Whether ``grids`` lists every grid.
    """

    before: Seated
    after: Seated
    asked: Asked
    kinds: Mapping[str, str]
    is_full: bool = False

    @cached_property
    def places(self) -> Places:
        """Return the grids of both."""
        return Places.of(self.before, self.after)

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """Return both seatings, looked at by place."""
        count = len(self.places.ids)
        return Side(self.before, self.places.of_before, count), Side(self.after, self.places.of_after, count)

    @cached_property
    def moves(self) -> Moves:
        """Return who is in another grid, came or left, as rows."""
        return moves_between(self.before, self.after, self.places)

    @cached_property
    def streams(self) -> Flows:
        """Return who moves, added up by the places that they leave and come to."""
        return flows_of(self.before.people, self.moves, self.places)

    @cached_property
    def turnover(self) -> dict[str, Ints]:
        """Return by place how many households come in, go out, arrived in the town and departed from it."""
        moves, count = self.moves, len(self.places.ids) + 1
        came = self.places.of_after[self.after.home[moves.came]]
        left = self.places.of_before[self.before.home[moves.left]]
        rows: dict[str, Any] = {"households_in": moves.end, "households_out": moves.start, "arrived": came, "departed": left}
        return {name: np.bincount(places, minlength=count) for name, places in rows.items()}

    @cached_property
    def touched(self) -> Bools:
        """Return the places whose people differ."""
        flags = np.add.reduce(list(self.turnover.values())) > 0
        if self.is_of_others:
            for one, other in zip(*(side.stated for side in self.sides), strict=True):
                flags |= one != other
        return np.asarray(flags)

    @property
    def is_of_others(self) -> bool:
        """Return whether the households themselves may differ, not only the boundaries."""
        return self.before.people is not self.after.people

    @cached_property
    def listed(self) -> Ints:
        """Return the places of the grids that the sheet lists: those that differ, and those whose people do."""
        flags = self.touched[:-1] | self.is_full
        flags |= np.isin(np.array(self.places.ids, dtype=object), [key for key, kind in self.kinds.items() if kind != SAME])
        return np.flatnonzero(flags)

    @cached_property
    def cells(self) -> Cells:
        """Return the columns of ``grids`` as lists; None where there is nothing to say."""
        ids = [self.places.ids[i] for i in self.listed.tolist()]
        before, after = (side_cells(side, ids, self.listed, self.asked.limits) for side in self.sides)
        pairs = [(self.sides[0].grid(key), self.sides[1].grid(key)) for key in ids]
        own: Cells = {
            "grid_id": ids,
            "name": [each.name for old, new in pairs if (each := new or old)],
            "change": self._changes(ids),
            "details": [changed_texts(old, new) if old and new else () for old, new in pairs],
            "from_ids": [holders(new, self.before) if new and not old else () for old, new in pairs],
            "to_ids": [holders(old, self.after) if old and not new else () for old, new in pairs],
        }
        own |= {name: counts[self.listed].tolist() for name, counts in self.turnover.items() if self._has(name)}
        empty = [None] * len(ids)
        for column in dict.fromkeys([*before, *after]):
            own |= {f"{column}_before": before.get(column, empty), f"{column}_after": after.get(column, empty)}
        return own

    def _changes(self, ids: list[str]) -> list[str]:
        kinds = [self.kinds.get(key, SAME) for key in ids]
        touched = self.touched[self.listed].tolist()
        return [PEOPLE if kind == SAME and other else kind for kind, other in zip(kinds, touched, strict=True)]

    def _has(self, turnover: str) -> bool:
        return self.is_of_others or turnover in ("households_in", "households_out")

    @cached_property
    def grids(self) -> pd.DataFrame:
        """Return a row per grid that differs (all of them in a full sheet), in order of their ids.

        Columns: grid_id, name, change (of `changerows.CHANGES`), details (texts that differ), from_ids (whose land a new grid
        has), to_ids (who has the land of one that is gone), households_in, households_out; and with ``_before`` and ``_after``:
        households, persons, aged_65, children_0_14, area_m2, polsby_popper, deviation (fraction of the target), range (below,
        in, above), share_<service> and share_all (covered), facilities, facility_ids, leader, member. Null where the grid is
        not there, or nobody says. Other people on the two sides: arrived, departed.
        """
        return frame_of(self.cells)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Return from_id, to_id, households and persons of each pair of grids between which somebody moves; "" is no grid."""
        names, columns = [*self.places.ids, ""], self.before.people.columns
        counts = {m: self.streams.tally[:, columns.index(m)].tolist() for m in MEASURES[:2]}
        ends = {"from_id": self.streams.start.tolist(), "to_id": self.streams.end.tolist()}
        return frame_of({key: [names[i] for i in places] for key, places in ends.items()} | counts)

    @cached_property
    def movers(self) -> pd.DataFrame:
        """Return household_id, from_id, to_id, persons and reason (boundary, address) of each household in another grid.

        Private. "" is no grid; in order of the households.
        """
        names, moves = np.array([*self.places.ids, ""], dtype=object), self.moves
        return pd.DataFrame(
            {
                "household_id": self.before.people.household_ids[moves.rows],
                "from_id": names[moves.start],
                "to_id": names[moves.end],
                "persons": whole_column(self.before.people.counts["persons"][moves.rows]),
                "reason": np.where(moves.by_address, ADDRESS, BOUNDARY).astype(object),
            }
        )

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """Return household_id, grid_id and persons of the households that were not there before. Private."""
        return _households(self.after, self.moves.came)

    @cached_property
    def departures(self) -> pd.DataFrame:
        """Return household_id, grid_id and persons of the households that are no longer there. Private."""
        return _households(self.before, self.moves.left)

    @cached_property
    def staffing(self) -> Staffing:
        """Return who works in which grid before and after. Private."""
        return Staffing(self.sides, self.asked.staff, self.cells["grid_id"])

    @cached_property
    def staff(self) -> pd.DataFrame:
        """Return who is affected: person, role, from_id, to_id ("": none), households of the one before and the other after.

        A row for everybody who works in a listed grid, by the staff table or by the grid's columns. Role "nobody" without a
        person: no one is responsible for the grid yet. Private.
        """
        rows = self.staffing.rows()
        return frame_of({name: [row[name] for row in rows] for name in STAFF_COLUMNS})

    @cached_property
    def locks(self) -> pd.DataFrame:
        """Return grid_id, name and change ("same" where the lock held) of each locked grid of the tiling."""
        rows = [
            (key, grid.name, self.kinds.get(key, SAME))
            for key in sorted(self.asked.locked)
            if (grid := self.sides[1].grid(key) or self.sides[0].grid(key))
        ]
        return pd.DataFrame(rows, columns=["grid_id", "name", "change"], dtype=object)

    @cached_property
    def cut_units(self) -> pd.DataFrame:
        """Return unit_id, name, grid_ids_before and grid_ids_after of units that lie in more grids than before."""
        return pd.DataFrame(self.cuts, columns=list(CutUnit._fields), dtype=object)

    @cached_property
    def cuts(self) -> list[CutUnit]:
        """Return the units that are newly cut."""
        if self.asked.units is None:
            return []
        land = [key for key, kind in self.kinds.items() if kind in CHANGED]
        return newly_cut(self.asked.units, self.before.boundaries, self.after.boundaries, self.before.tier, land)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Return what changes in all: see the keys, with ``_before`` and ``_after`` where there are two."""
        kinds = list(self.kinds.values())
        moved = dict(zip(self.before.people.columns, self.streams.tally.sum(axis=0).tolist(), strict=True))
        return {
            "grids_changed": sum(kind in CHANGED for kind in kinds),
            "grids_new": kinds.count(NEW),
            "grids_gone": kinds.count(GONE),
            "grids_unstaffed": len(self.staffing.unstaffed),
            "households_moved": moved["households"],
            "persons_moved": moved["persons"],
            "households_arrived": len(self.moves.came),
            "households_departed": len(self.moves.left),
            **_paired(*(self._totals_of(side) for side in self.sides)),
        }

    def _totals_of(self, side: Side) -> dict[str, Any]:
        """Return what one side amounts to; coverage counts households in grids."""
        households = side.stated[0]
        there = households[side.present]
        left_over = side.seated.boundaries.unassigned.get(side.seated.tier)
        return {
            "grids": len(there),
            "households": int(there.sum()),
            "households_without_grid": int(households[-1]),
            "unassigned_m2": 0.0 if left_over is None else float(left_over.area),
            "range": self.asked.limits.counted(there),
            **{name: int(total[side.present].sum()) for name, total in side.covered.items()},
        }

    @property
    def summary(self) -> Text:
        """Return what changes in one or two sentences."""
        return changewords.summary(self)

    @cached_property
    def notes(self) -> tuple[Text, ...]:
        """Return what somebody who decides should know: the household range, locks, units cut, what is not known."""
        return changewords.notes(self)

    def to_tables(self, lang: Lang = "zh") -> dict[str, pd.DataFrame]:
        """Return the sheet's tables by the keys of `labels.SHEETS`, household rows included; notes in one language. Private."""
        return tables_of(self, lang)


def change_sheet(
    before: Seated,
    after: Boundaries | Seated,
    *,
    changed: Iterable[str] | None = None,
    asked: Asked | None = None,
    full: bool = False,
) -> ChangeSheet:
    """Compare a plan with its base, or any two versions.

    Parameters
    ----------
    before : Seated
        Who is in which grid of the tiling now.
    after : Boundaries or Seated
        The other boundaries with the same people in them; or a seating of its own, perhaps of other households, who are matched
        by their ids.
    changed : iterable of str, optional
        Grids that may differ, such as ``Step.changed``; found by comparison when not given.
    asked : Asked, optional
        Household range, locks, units and names of services.
    full : bool
        List every grid, not only those that differ.

    Returns
    -------
    ChangeSheet

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geogrid.boundaries import Boundaries
    >>> from geogrid.people import People
    >>> from geogrid.seating import seat
    >>> def halves(x):
    ...     shapes = [shapely.box(0, 0, x, 9), shapely.box(x, 0, 9, 9)]
    ...     return Boundaries.of(gpd.GeoDataFrame({"grid_id": ["A", "B"], "name": ["西", "东"]}, geometry=shapes, crs=4548))
    >>> at = gpd.points_from_xy([2, 4], [5, 5])
    >>> homes = gpd.GeoDataFrame({"household_id": ["H1", "H2"], "persons": [3, 2]}, geometry=at, crs=4548)
    >>> sheet = change_sheet(seat(People.of(homes, crs=homes.crs), halves(5)), halves(3))
    >>> sheet.movers[["household_id", "from_id", "to_id"]].to_numpy().tolist(), sheet.totals["persons_moved"]
    ([['H2', 'A', 'B']], 2)
    """
    boundaries = after.boundaries if isinstance(after, Seated) else after
    maybe = differing(before.boundaries, boundaries) if changed is None else tuple(changed)
    seated = after if isinstance(after, Seated) else reseat(before, after, changed=maybe)
    kinds = kinds_of(before.boundaries, boundaries, before.tier, maybe)
    return ChangeSheet(before, seated, asked or Asked(), kinds, full)


def _households(seated: Seated, rows: Ints) -> pd.DataFrame:
    persons = whole_column(seated.people.counts["persons"][rows])
    ids = seated.people.household_ids[rows]
    return pd.DataFrame({"household_id": ids, "grid_id": seated.grid_ids(rows), "persons": persons})


def _paired(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what both sides know beside each other."""
    both = [key for key in before if key in after]
    return {f"{key}_{when}": side[key] for key in both for when, side in (("before", before), ("after", after))}
