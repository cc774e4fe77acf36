"""Zones as a program of whole numbers: which centres are used, and which village joins which; proven by HiGHS.

Zones that must hang together get rows as they are needed: when villages of a zone lie apart from its centre, one of those around
them has to join it too (the separating inequalities of Carvajal et al. 2013, "Imposing connectivity constraints in forest
planning models").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array

from geogrid.solver import Program, solve
from geogrid.zoning import NONE, pieces

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.solver import Status
    from geogrid.zoning import Zoning

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

Wanted = Literal["villages", "people", "ways"]
"""Most villages in zones and, of these, fewest zones; most people; shortest ways."""

NODES = 20_000
ROUNDS = 60
"""How often rows are added so that zones hang together, at an effort of 1."""
FEW_PAIRS = 400
SHORT_ROUNDS, SHORT_NODES = 6, 200
"""Zones that must hang together are searched for less long where there are more pairs: each round is a whole search."""


class Asked(NamedTuple):
    """What a program asks for: the aim, the fewest and most zones, and whether every village is to be placed."""

    wanted: Wanted
    fewest: int
    most: int
    all_placed: bool = False


@dataclass(frozen=True, eq=False)
class Settled:
    """What came of a program: the centre of each village, or None, with the aim's value and bound in its own terms."""

    status: Status
    centre: Ints | None
    value: float
    bound: float
    nodes: int


def settle(zoning: Zoning, asked: Asked, effort: Effort, *, start: Ints | None = None, nodes: int = NODES) -> Settled:
    """Find the best zones, with proof.

    Parameters
    ----------
    zoning : Zoning
    asked : Asked
    effort : Effort
        Multiplies ``nodes`` and the rounds in which rows are added.
    start : array of int, optional
        Zones to begin with, by the centre of each village.
    nodes : int
        Nodes of the search tree in each round.

    Examples
    --------
    Four villages on a line, 1 km apart, into zones of two or three within 1 km:

    >>> from geogrid.effort import Effort
    >>> from geogrid.zoning import Zoning
    >>> ways = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))) * 1000
    >>> line = Zoning(np.where(ways <= 1000, ways, np.inf), np.arange(4), np.ones(4), 2, 3)
    >>> best = settle(line, Asked("ways", 1, 2, all_placed=True), Effort())
    >>> best.status, best.value
    ('optimal', 2000.0)
    """
    table = _Columns(zoning)
    program, count = _program(table, asked), 0
    given = None if start is None else table.columns(start)
    is_short = is_long_way(zoning)
    nodes = min(nodes, SHORT_NODES) if is_short else nodes
    for _ in range(max(int((SHORT_ROUNDS if is_short else ROUNDS) * effort.work), 1)):
        solved = solve(program, effort, start=given, nodes=nodes)
        count += solved.nodes
        if solved.columns is None:
            return Settled(solved.status, None, np.nan, solved.bound, count)
        centre = table.centre(solved.columns)
        rows = _missing(table, centre)
        if not rows:
            return Settled(solved.status, centre, solved.value, solved.bound, count)
        program = _with_rows(program, rows)
        if not effort.goes_on():
            break
    effort.ran_out()
    return Settled("none", None, np.nan, solved.bound, count)


def is_long_way(zoning: Zoning) -> bool:
    """Return whether zones must hang together and there are too many pairs to prove much of that."""
    return zoning.beside is not None and int(zoning.usable.sum()) > FEW_PAIRS


@dataclass(frozen=True, eq=False)
class _Columns:
    """The columns of a program: first the centres, then the pairs of a centre and a village that may join it."""

    zoning: Zoning
    used: Ints = field(init=False)
    centre_at: Ints = field(init=False)
    village_at: Ints = field(init=False)

    def __post_init__(self) -> None:
        joined = self.zoning.usable.copy()
        used = np.flatnonzero(joined.any(axis=1))
        joined[np.arange(len(self.zoning.home)), self.zoning.home] = False
        centre, village = np.nonzero(joined[used])
        object.__setattr__(self, "used", used)
        object.__setattr__(self, "centre_at", centre)
        object.__setattr__(self, "village_at", village)

    @cached_property
    def home(self) -> Ints:
        """Return the village of each used centre."""
        return self.zoning.home[self.used]

    @cached_property
    def pair(self) -> dict[tuple[int, int], int]:
        """Return the column of a pair of a used centre and a village."""
        pairs = zip(self.centre_at.tolist(), self.village_at.tolist(), strict=True)
        return {each: len(self.used) + at for at, each in enumerate(pairs)}

    def __len__(self) -> int:
        return len(self.used) + len(self.centre_at)

    def columns(self, centre: Ints) -> Floats:
        """Return the columns that say which centre each village joins."""
        place = np.full(len(self.zoning.home), NONE)
        place[self.used] = np.arange(len(self.used))
        at = np.where(centre == NONE, NONE, place[centre])
        opened = np.isin(np.arange(len(self.used)), at[at != NONE])
        return np.concatenate([opened, at[self.village_at] == self.centre_at]).astype(np.float64)

    def centre(self, columns: Floats) -> Ints:
        """Return the centre that each village joins."""
        chosen = columns > 0.5  # noqa: PLR2004 - half of one
        centre = np.full(self.zoning.villages, NONE)
        opened = chosen[: len(self.used)]
        centre[self.home[opened]] = self.used[opened]
        joined = chosen[len(self.used) :]
        centre[self.village_at[joined]] = self.used[self.centre_at[joined]]
        return centre


class _Rows(NamedTuple):
    """Rows of a program: entries, and the bounds of each row's sum."""

    row: Ints
    column: Ints
    value: Floats
    low: Floats
    high: Floats


def _program(table: _Columns, asked: Asked) -> Program:
    zoning, number = table.zoning, len(table.used)
    parts = [
        _sizes(table, np.ones(zoning.villages), (float(zoning.low), np.inf)),
        _sizes(table, np.ones(zoning.villages), (0.0, float(zoning.high))),
        _once(table, all_placed=asked.all_placed),
        _only_open(table),
        _Rows(np.zeros(number, int), np.arange(number), np.ones(number), np.array([float(asked.fewest)]), _one(asked.most)),
    ]
    if zoning.least > 0:
        parts.append(_sizes(table, zoning.people, (zoning.least, np.inf)))
    if np.isfinite(zoning.most):
        parts.append(_sizes(table, zoning.people, (0.0, zoning.most)))
    if zoning.beside is not None:
        parts.append(_leaning(table))
    joined = _stacked(parts)
    zero, one = np.zeros(len(table)), np.ones(len(table))
    matrix = csc_array(coo_array((joined.value, (joined.row, joined.column)), shape=(len(joined.low), len(table))))
    worth = _worth(table, asked)
    return Program(worth, zero, one, one > 0, matrix, joined.low, joined.high, is_most=asked.wanted != "ways")


def _one(value: float) -> Floats:
    return np.array([float(value)])


def _worth(table: _Columns, asked: Asked) -> Floats:
    """Return what each column counts."""
    zoning = table.zoning
    if asked.wanted == "people":
        return np.concatenate([zoning.people[table.home], zoning.people[table.village_at]])
    if asked.wanted == "ways":
        own = zoning.metres[table.used, table.home]
        return np.concatenate([own, zoning.metres[table.used[table.centre_at], table.village_at]])
    each = asked.most + 1.0  # one village more is worth more than all zones
    return np.concatenate([np.full(len(table.used), each - 1), np.full(len(table.centre_at), each)])


def _sizes(table: _Columns, count: Floats, within: tuple[float, float]) -> _Rows:
    """Bound what the villages of a zone sum to, from one side: ``within`` is (lowest, infinite) or (0, highest)."""
    low, high = within
    number = len(table.used)
    bound = high if np.isfinite(high) else low
    column = np.arange(number, len(table))
    value = np.concatenate([count[table.home] - bound, count[table.village_at]])
    limits = (-np.inf, 0.0) if np.isfinite(high) else (0.0, np.inf)
    row = np.concatenate([np.arange(number), table.centre_at])
    entries = np.concatenate([np.arange(number), column])
    return _Rows(row, entries, value, np.full(number, limits[0]), np.full(number, limits[1]))


def _once(table: _Columns, *, all_placed: bool) -> _Rows:
    """Let every village be in one zone at most, or in exactly one."""
    number = table.zoning.villages
    row = np.concatenate([table.home, table.village_at])
    ones = np.ones(number)
    return _Rows(row, np.arange(len(table)), np.ones(len(table)), ones if all_placed else np.zeros(number), ones)


def _only_open(table: _Columns) -> _Rows:
    """Let villages join centres in use only."""
    number = len(table.centre_at)
    row = np.tile(np.arange(number), 2)
    column = np.concatenate([np.arange(len(table.used), len(table)), table.centre_at])
    value = np.concatenate([np.ones(number), -np.ones(number)])
    return _Rows(row, column, value, np.full(number, -np.inf), np.zeros(number))


def _leaning(table: _Columns) -> _Rows:
    """Let a village join only where one beside it does."""
    return _stacked([_behind(table, centre, np.array([village])) for centre, village in table.pair])


def _behind(table: _Columns, centre: int, apart: Ints) -> _Rows:
    """Let the first of some villages, apart from a centre's own, join it only if one around them does."""
    beside = table.zoning.beside
    if beside is None or table.home[centre] in apart:
        return _stacked([])
    around = np.setdiff1d(np.flatnonzero(beside[apart].any(axis=0)), apart)
    opener = [centre] if table.home[centre] in around else []
    columns = [*opener, *(table.pair[centre, int(each)] for each in around if (centre, int(each)) in table.pair)]
    entries = np.array([table.pair[centre, int(apart[0])], *columns])
    value = np.concatenate([[1.0], -np.ones(len(columns))])
    return _Rows(np.zeros(len(entries), int), entries, value, _one(-np.inf), _one(0.0))


def _missing(table: _Columns, centre: Ints) -> list[_Rows]:
    """Return the rows that zones in pieces break; none where all zones hang together."""
    beside = table.zoning.beside
    if beside is None:
        return []
    rows = []
    for at, number in enumerate(table.used):
        members = np.flatnonzero(centre == number)
        apart = [each for each in pieces(members, beside) if table.home[at] not in each] if len(members) else []
        rows += [_behind(table, at, np.roll(each, -k)) for each in apart for k in range(len(each))]
    return rows


def _stacked(parts: list[_Rows]) -> _Rows:
    """Put rows below each other."""
    if not parts:
        none = np.array([])
        return _Rows(none.astype(int), none.astype(int), none, none, none)
    ends = np.cumsum([0, *(len(each.low) for each in parts)])
    row = np.concatenate([each.row + end for each, end in zip(parts, ends, strict=False)])
    others = (np.concatenate(each) for each in zip(*(part[1:] for part in parts), strict=True))
    return _Rows(row, *others)


def _with_rows(program: Program, rows: list[_Rows]) -> Program:
    """Return a program with more rows."""
    more = _stacked(rows)
    old = coo_array(program.rows)
    height, width = program.rows.shape
    entries = np.concatenate([old.data, more.value])
    at = np.concatenate([old.row, more.row + height]), np.concatenate([old.col, more.column])
    matrix = csc_array(coo_array((entries, at), shape=(height + len(more.low), width)))
    low, high = np.concatenate([program.row_low, more.low]), np.concatenate([program.row_high, more.high])
    return Program(program.worth, program.low, program.high, program.whole, matrix, low, high, program.is_most)
