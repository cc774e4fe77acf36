"""A plan on the drawing board: after every operation the figures of all grids are known, for only what changes is looked at anew.

A `Ground` holds what all plans of one part of one version rest on; a `Board` is a plan drawn on it. Boards are values: doing and
undoing give other boards, and who keeps those before an operation has undone it already. Exact and with households inside: for
the office only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.changerows import IN, Side, frame_of, side_cells
from geogrid.changesheet import Asked, change_sheet
from geogrid.completing import complete
from geogrid.cutunits import Units, newly_cut
from geogrid.differences import finest_tier, is_same
from geogrid.errors import GeogridError, RefusedError
from geogrid.keeping import Rules, parts_notes
from geogrid.office import people_of, rules_in
from geogrid.officepart import BEYOND, Part, numbered, people_in, staff_in, stays_inside
from geogrid.redraw import apply
from geogrid.seating import Seated, reseat, seat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import pandas as pd

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.changerows import Cells, Limits
    from geogrid.changesheet import ChangeSheet
    from geogrid.codescheme import CodeScheme
    from geogrid.cutunits import CutUnit
    from geogrid.operations import Operation
    from geogrid.store import Workspace
    from geogrid.words import Text


@dataclass(frozen=True, eq=False)
class Ground:
    """What all plans of one part of one version rest on.

    Attributes
    ----------
    version : int
    part : Part
        What plans may touch, and whose people are counted.
    base : Boundaries
        Of the part.
    whole : Boundaries
        Of the whole town: the same object where the part is all of it.
    rules : Rules
        Barriers.
    seated : Seated
        Everybody of the part, in the finest tiling.
    units : GeoDataFrame
        The smallest pieces, as the workspace has them; perhaps none.
    staff : DataFrame
        Of the part's grids.
    asked : Asked
        Household range, names and units that change sheets are held against.
    taken : frozenset of str
        Ids and codes that were ever given.
    scheme : CodeScheme
    head : str
        Hash of the newest version of the workspace when it was read.
    """

    version: int
    part: Part
    base: Boundaries = field(repr=False)
    whole: Boundaries = field(repr=False)
    rules: Rules = field(repr=False)
    seated: Seated = field(repr=False)
    units: gpd.GeoDataFrame = field(repr=False)
    staff: pd.DataFrame = field(repr=False)
    asked: Asked = field(repr=False)
    taken: frozenset[str] = field(repr=False)
    scheme: CodeScheme | None = None
    head: str = ""

    @classmethod
    def of(cls, workspace: Workspace, version: int, part: Part | None = None) -> Ground:
        """Read a version of a workspace; takes seconds where nobody has looked yet who is covered.

        Raises
        ------
        InputError
            When there is no grid.
        """
        part = part or Part()
        whole = workspace.boundaries(version=version)
        base, tier = part.of(whole), finest_tier(part.of(whole), part.of(whole))
        everybody = seat(people_of(workspace, version=version), whole, tier)
        own = people_in(everybody, base, part)
        seated = everybody if base is whole else seat(own, base, tier)
        units, staff = (workspace.read(table, version=version) for table in ("units", "staff"))
        units, staff = units if base is whole else units_in(units, base), staff_in(staff, base)
        asked = Asked.of(
            workspace.profile, units=Units.of(units, crs=workspace.crs) if len(units) else None, staff=(staff, staff)
        )
        taken = frozenset({*workspace.ids_used(), *workspace.codes_used()})
        rules, scheme = rules_in(workspace), workspace.profile.code_scheme
        return cls(version, part, base, whole, rules, seated, units, staff, asked, taken, scheme, workspace.head.hash)

    def rules_with(self, locked: Iterable[str]) -> Rules:
        """Return the rules with some grids locked."""
        kept = frozenset(locked)
        return replace(self.rules, locked=kept) if kept else self.rules

    @property
    def tier(self) -> Tier:
        """Return the tiling whose grids have figures."""
        return self.seated.tier

    @property
    def limits(self) -> Limits:
        """Return the household range and the target."""
        return self.asked.limits


def units_in(units: gpd.GeoDataFrame, base: Boundaries) -> gpd.GeoDataFrame:
    """Return the units of which a point inside lies in a grid of some boundaries."""
    inside = shapely.point_on_surface(units.geometry.to_numpy())
    rows, _ = base.tree.query(inside, predicate="intersects")
    return units.iloc[np.unique(rows)]


@dataclass(frozen=True, eq=False)
class Board:
    """Operations carried out on a ground.

    Attributes
    ----------
    ground : Ground
    boundaries : Boundaries
        After the last operation.
    seated : Seated
        Everybody in them.
    touched : frozenset of str
        Grids that some operation changed.
    operations : int
        How many there are.
    key : bytes
        A hash of the operations: boards of one ground with the same key are the same.
    notes : tuple of Text
        What the last operation says.
    whole : Boundaries
        The whole town after the last operation.
    """

    ground: Ground
    boundaries: Boundaries = field(repr=False)
    seated: Seated = field(repr=False)
    touched: frozenset[str] = frozenset()
    operations: int = 0
    key: bytes = b""
    notes: tuple[Text, ...] = ()
    whole: Boundaries | None = field(default=None, repr=False)

    @classmethod
    def of(cls, ground: Ground) -> Board:
        """Return a ground with nothing done on it yet."""
        return cls(ground, ground.base, ground.seated, whole=ground.whole)

    def then(self, operation: Operation, *, locked: Iterable[str] = ()) -> tuple[Board, Operation]:
        """Do one operation more.

        Parameters
        ----------
        operation : Operation
            Grids that it makes get their ids here.
        locked : iterable of str
            Grids that it must not touch.

        Returns
        -------
        tuple
            The board after it, and the operation as it was done.

        Raises
        ------
        RefusedError, NotFoundError
            When it cannot be done; the message says which it is by its number.
        """
        try:
            done = complete(operation, self.boundaries, taken=self.ground.taken, scheme=self.ground.scheme)
            return self._done(done, self.ground.rules_with(locked)), done
        except RefusedError as error:
            raise RefusedError(numbered(self.operations + 1, operation, error), error.place) from error
        except GeogridError as error:
            raise type(error)(numbered(self.operations + 1, operation, error)) from error

    def _done(self, operation: Operation, rules: Rules) -> Board:
        step = apply(self.boundaries, operation, rules)
        return Board(
            self.ground,
            step.boundaries,
            reseat(self.seated, step.boundaries, changed=step.changed),
            self.touched | frozenset(step.changed),
            self.operations + 1,
            key_after(self.key, operation),
            step.notes,
            self._whole_after(operation, step.boundaries),
        )

    def _whole_after(self, operation: Operation, own: Boundaries) -> Boundaries:
        """Do an operation on the whole town as well; refuse what reaches beyond the part."""
        if not self.ground.part.area_ids or self.whole is None:
            return own
        try:
            step = apply(self.whole, operation, self.ground.rules)
        except GeogridError as error:
            raise RefusedError(BEYOND) from error
        if not stays_inside(step, self.whole, self.ground.part):
            raise RefusedError(BEYOND)
        return step.boundaries

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the grids that differ from the ground, that are new or gone."""
        return self.changed_since(Board.of(self.ground))

    def changed_since(self, before: Board) -> tuple[str, ...]:
        """Return the grids that differ from another board of the same ground, that are new or gone."""
        old, new = before.boundaries.grids, self.boundaries.grids
        return tuple(sorted(key for key in self.touched | before.touched if not is_same(old.get(key), new.get(key))))

    def sheet(self, before: Board | None = None, *, locked: Iterable[str] = ()) -> ChangeSheet:
        """Return the change sheet against the ground, or another board of it."""
        since = before or Board.of(self.ground)
        asked = replace(self.ground.asked, locked=frozenset(locked))
        return change_sheet(since.seated, self.seated, changed=self.changed_since(since), asked=asked)

    @cached_property
    def _side(self) -> Side:
        return Side(self.seated, np.arange(len(self.seated.ids) + 1, dtype=np.int32), len(self.seated.ids))

    @property
    def cells(self) -> Cells:
        """Return the columns of `figures` as lists."""
        ids = list(self.seated.ids)
        grids = [self.boundaries.grids[key] for key in ids]
        texts = {name: [getattr(grid, name) for grid in grids] for name in ("name", "parent_id", "code", "kind")}
        found = side_cells(self._side, ids, np.arange(len(ids)), self.ground.limits)
        return {"grid_id": ids, **texts, **{name: column for name, column in found.items() if name != "facility_ids"}}

    @property
    def figures(self) -> pd.DataFrame:
        """Return a row per grid of the tiling, in order of their ids: see `changesheet.ChangeSheet.grids` for the columns."""
        return frame_of(self.cells)

    @property
    def unassigned_m2(self) -> float:
        """Return how much land no grid has."""
        return float(sum(shape.area for shape in self.boundaries.unassigned.values()))

    @property
    def totals(self) -> dict[str, Any]:
        """Return what all grids amount to.

        grids, households, persons, households_without_grid, unassigned_m2, range (grids below, in and above), and shares of
        covered households in grids by service; None without any.
        """
        sums, present = self._side.sums, self._side.present
        households = int(sums["households"][present].sum())
        covered = {name: int(total[present].sum()) for name, total in self._side.covered.items()}
        return {
            "grids": len(self.seated.ids),
            "households": households,
            "persons": int(sums["persons"][present].sum()),
            "households_without_grid": int(sums["households"][-1]),
            "unassigned_m2": self.unassigned_m2,
            "range": self.ground.limits.counted(sums["households"][present]),
            **{name.replace("covered_", "share_"): n / households if households else None for name, n in covered.items()},
        }

    def broken(self, locked: Iterable[str] = ()) -> list[Broken]:
        """Return what should not stay as it is: land of nobody, grids in parts, units cut, locked grids changed."""
        return [*self._unassigned(), *self._in_parts(), *self._cut(), *self._unlocked(frozenset(locked))]

    def _unassigned(self) -> list[Broken]:
        return [Broken("unassigned", (), shape) for shape in self.boundaries.unassigned.values()]

    def _in_parts(self) -> list[Broken]:
        base, now = self.ground.base, self.boundaries
        keys = [key for key in self.changed if parts_notes(base, now, [key])]
        return [Broken("multi_part", (key,), now.grids[key].shape) for key in keys]

    def _cut(self) -> list[Broken]:
        units = self.ground.asked.units
        if units is None:
            return []
        cut = newly_cut(units, self.ground.base, self.boundaries, self.ground.tier, self.changed)
        shapes = dict(zip(self.ground.units["unit_id"], self.ground.units.geometry, strict=True))
        return [_broken_unit(each, shapes[each.unit_id]) for each in cut]

    def _unlocked(self, locked: frozenset[str]) -> list[Broken]:
        base = self.ground.base.grids
        return [Broken("locked", (key,), base[key].shape) for key in self.changed if key in locked and key in base]

    @property
    def out_of_range(self) -> dict[str, str]:
        """Return the grids whose households are outside the range, with below or above, by id."""
        households = self._side.stated[0][:-1].tolist()
        placed = {key: self.ground.limits.place(n) for key, n in zip(self.seated.ids, households, strict=True)}
        return {key: where for key, where in placed.items() if where != IN}


@dataclass(frozen=True, eq=False)
class Broken:
    """Something that should not stay as it is: what it is, in which grids, and where.

    ``kind`` is unassigned, multi_part, cut_unit or locked; ``names`` says which unit.
    """

    kind: str
    grid_ids: tuple[str, ...]
    shape: Any = field(repr=False)
    names: str = ""


def _broken_unit(unit: CutUnit, shape: Any) -> Broken:
    return Broken("cut_unit", tuple(unit.grid_ids_after), shape, unit.name or unit.unit_id)


def key_after(key: bytes, operation: Operation) -> bytes:
    """Return the key of a board after one operation more."""
    return hashlib.sha256(key + operation.digest).digest()


def replayed(ground: Ground, operations: Sequence[Operation], board: Board | None = None) -> Board:
    """Carry operations out that were carried out before, from the beginning or from a board on.

    Raises
    ------
    RefusedError, NotFoundError
        When one cannot be done, as when the base is another one.
    """
    found = board or Board.of(ground)
    for operation in operations[found.operations :]:
        found, _ = found.then(operation)
    return found
