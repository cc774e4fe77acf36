"""Who works in the grids that a redraw changes, from the staff table and from the grids' own columns, everybody once.

Names of staff: for the office only.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from geogrid.changerows import ROLES
from geogrid.counts import MEASURES
from geogrid.seating import position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from geogrid.boundaries import Grid
    from geogrid.changerows import Side

NOBODY = "nobody"
"""The role in the row of a grid that has no one responsible for it yet."""

GRID = "grid"
BETWEEN_NAMES = re.compile("[、，；;/]")
"""What stands between several names in one cell; a comma or a blank may be part of a name."""

STAFF_COLUMNS = ("person", "role", "from_id", "to_id", "households_before", "households_after")


class Duty(NamedTuple):
    """Somebody's work in a grid; ``staff_id`` is "" where only a name is known."""

    grid_id: str
    role: str
    name: str
    staff_id: str = ""


Duties = tuple[Duty, ...]


class Person(NamedTuple):
    """Who has a role, by staff id where there is one, else by name."""

    key: str
    role: str


def duties_of(staff: pd.DataFrame | None) -> Duties:
    """Return who is responsible for a grid, from a canonical staff table.

    Parameters
    ----------
    staff : DataFrame or None
        With staff_id, name, role, of_kind and of_id; rows about areas, units, streets or households are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"staff_id": "S1", "name": "张三", "role": "leader", "of_kind": "grid", "of_id": "G1"}
    >>> duties_of(pd.DataFrame([row, row | {"of_kind": "street"}]))
    (Duty(grid_id='G1', role='leader', name='张三', staff_id='S1'),)
    """
    if staff is None or staff.empty:
        return ()
    own = staff[(staff["of_kind"] == GRID).fillna(value=False)]
    columns = (own[name].fillna("").astype(str) for name in ("of_id", "role", "name", "staff_id"))
    return tuple(dict.fromkeys(Duty(*row) for row in zip(*columns, strict=True)))


def duties_in(grids: Iterable[Grid], staff: pd.DataFrame | None) -> dict[str, Duties]:
    """Return who works in each of some grids, from the staff table and from the grids' own columns; none without anybody.

    Parameters
    ----------
    grids : iterable of Grid
    staff : DataFrame or None
        As for `duties_of`.

    Examples
    --------
    >>> import shapely
    >>> from geogrid.boundaries import Grid
    >>> duties_in([Grid("G1", "一", shapely.Point(0, 0).buffer(1), member="李四、王五")], None)["G1"][1]
    Duty(grid_id='G1', role='member', name='王五', staff_id='')
    """
    table = duties_of(staff)
    by_grid, ids = _by_grid(table), _only_ids(table)
    found = {grid.grid_id: _people_of(grid, by_grid.get(grid.grid_id, ()), ids) for grid in grids}
    return {key: duties for key, duties in found.items() if duties}


class Staffing:
    """Who works in which grid on the two sides of a sheet.

    Where a role's column of a grid differs, it says who has that role afterwards, beside rows that the staff table has gained.

    Parameters
    ----------
    sides : pair of Side
        Before and after.
    tables : pair of Duties
        Of the staff tables before and after.
    grid_ids : iterable of str
        The grids that the sheet lists.
    """

    def __init__(self, sides: tuple[Side, Side], tables: tuple[Duties, Duties], grid_ids: Iterable[str]) -> None:
        self.sides, self.listed = sides, list(grid_ids)
        self._tables = tuple(_by_grid(table) for table in tables)
        self._ids = _only_ids([*tables[0], *tables[1]])

    def _before(self, key: str) -> Duties | None:
        """Return who works in a grid before; None where it is not there."""
        grid = self.sides[0].grid(key)
        return None if grid is None else self._of_grid(grid, self._tables[0].get(key, ()))

    def _after(self, key: str) -> Duties | None:
        """Return who works in a grid afterwards; None where it is not there."""
        old, new = (side.grid(key) for side in self.sides)
        if new is None:
            return None
        before, after = (table.get(key, ()) for table in self._tables)
        return self._of_grid(new, _still(before, after, _restaffed(old, new)))

    def _of_grid(self, grid: Grid, table: Duties) -> Duties:
        return _people_of(grid, table, self._ids)

    @property
    def unstaffed(self) -> list[str]:
        """Return the listed grids that nobody is responsible for afterwards, and that are new or had somebody."""
        return [key for key in self.listed if self._after(key) == () and self._before(key) != ()]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for everybody who works in a listed grid, before or after, and for each grid without anybody."""
        listed = set(self.listed)
        rows = [
            self._row(name, person.role, start, end)
            for person, (name, ends) in self._people().items()
            for start, end in _paired(*ends)
            if start in listed or end in listed
        ]
        rows += [self._row("", NOBODY, "", key) for key in self.unstaffed]
        return sorted(rows, key=lambda row: (row["from_id"] or row["to_id"], row["role"] == NOBODY))

    @cached_property
    def _concerned(self) -> list[str]:
        """Return the listed grids, and those of which the two staff tables say something else; all others keep their people."""
        before, after = self._tables
        return sorted({*self.listed, *(key for key in before | after if before.get(key) != after.get(key))})

    def _people(self) -> dict[Person, tuple[str, tuple[set[str], set[str]]]]:
        """Return the name of everybody in a grid that is concerned, and which of these are theirs before and after."""
        people: dict[Person, tuple[str, tuple[set[str], set[str]]]] = {}
        for i, at in enumerate((self._before, self._after)):
            for duty in (duty for key in self._concerned for duty in at(key) or ()):
                person = Person(duty.staff_id or duty.name, duty.role)
                people.setdefault(person, (duty.name, (set(), set())))[1][i].add(duty.grid_id)
        return people

    def _row(self, name: str, role: str, start: str, end: str) -> dict[str, Any]:
        counts = (self._households(i, key) for i, key in enumerate((start, end)))
        return dict(zip(STAFF_COLUMNS, (name, role, start, end, *counts), strict=True))

    def _households(self, i: int, grid_id: str) -> int | None:
        seated = self.sides[i].seated
        return int(seated.sums[position(seated.ids, grid_id), seated.people.columns.index(MEASURES[0])]) if grid_id else None


def _people_of(grid: Grid, table: Duties, ids: Mapping[str, str]) -> Duties:
    """Return who works in a grid: those of the table, then those of its columns whom the table does not have."""
    known = {(duty.role, duty.name) for duty in table}
    named = [(role, name) for role in ROLES for name in names_in(getattr(grid, role)) if (role, name) not in known]
    return (*table, *(Duty(grid.grid_id, role, name, ids.get(name, "")) for role, name in named))


def _by_grid(table: Duties) -> dict[str, Duties]:
    found: dict[str, Duties] = {}
    for duty in table:
        found[duty.grid_id] = (*found.get(duty.grid_id, ()), duty)
    return found


def names_in(cell: str) -> list[str]:
    """Return the names in a cell that may hold several, each once."""
    return list(dict.fromkeys(name for each in BETWEEN_NAMES.split(cell) if (name := each.strip())))


def _only_ids(duties: Iterable[Duty]) -> Mapping[str, str]:
    """Return the staff id by name, where a name has one alone."""
    ids: dict[str, set[str]] = {}
    for duty in duties:
        ids.setdefault(duty.name, set()).add(duty.staff_id)
    return {name: next(iter(each)) for name, each in ids.items() if len(each) == 1}


def _restaffed(old: Grid | None, new: Grid | None) -> set[str]:
    """Return the roles whose column differs."""
    return {role for role in ROLES if old and new and getattr(old, role) != getattr(new, role)}


def _still(before: Duties, after: Duties, restaffed: set[str]) -> Duties:
    """Leave out of the table afterwards whom the grid's own column has replaced."""
    return tuple(duty for duty in after if duty.role not in restaffed or duty not in before)


def _paired(before: set[str], after: set[str]) -> Sequence[tuple[str, str]]:
    """Return from which grid to which: the same one, else what was given up beside what was taken on."""
    stay = [(key, key) for key in sorted(before & after)]
    return [*stay, *zip_longest(sorted(before - after), sorted(after - before), fillvalue="")]
