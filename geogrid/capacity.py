"""Who finds a place: every household at the nearest facility that still has room, the nearer households first.

The rule, in one sentence: go through all pairs of household and facility from the nearest to the farthest (equal ones, to 1 mm,
in the order of households' ids as text, then of facilities); a household that has no place yet takes one there if the whole
household fits, and when one does not fit the facility is full, for it and for everyone farther away. Households are never split.

That sentence is the test's oracle. The work is done in rounds instead: every household without a place asks at its next facility,
every facility keeps the nearest who fit and sends the others on. Whom a facility once sent away it would send away again, because
those who ask later can only fill it more; so the rounds end where the sentence does (deferred acceptance: D. Gale and L. S.
Shapley, College admissions and the stability of marriage, American Mathematical Monthly 69, 1962).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.pairs import Pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]

NEVER = int(np.iinfo(np.int64).max)
MM_PER_M = 1000


@dataclass(frozen=True, eq=False)
class CapacityAssignment:
    """Where every household finds a place, and how full every facility is.

    Columns of ``households``, a row each: asks (somebody in it needs a place), nearest (position of the nearest facility whose
    capacity is known; -1 where none is in reach or nobody asks), facility (the one with room; -1 where none), displaced (not at
    the nearest, or nowhere although one is in reach), metres_nearest, metres, extra_m (NaN where there is none).

    Columns of ``facilities``, a row each: capacity (NaN where not known: it takes nobody), demand (of all whose nearest it is),
    taken, turned_away (demand of those whose nearest it is and who are not there), free, is_full (somebody did not fit).
    """

    households: pd.DataFrame
    facilities: pd.DataFrame


def assign_with_capacity(
    pairs: Pairs, demand: Floats, capacity: Floats, *, household_ids: Sequence[str] | npt.NDArray[np.object_] | None = None
) -> CapacityAssignment:
    """Give each household a place at the nearest facility with room, the nearer households first.

    Parameters
    ----------
    pairs
        Who can reach what, from ``pairs_within``.
    demand
        How many places each household needs, as floats; 0 for none.
    capacity
        Places at each facility, as floats; NaN where nobody knows: such a facility is left out, for nobody can say who fits.
    household_ids
        One per household: of households equally far the smallest id as text goes first, then the first row, so that who is
        displaced does not depend on the order of a file. Without ids the first row goes first. Of facilities equally far from a
        household the first one is taken: give them in the order of their ids.

    Returns
    -------
    CapacityAssignment

    Raises
    ------
    InputError
        A demand is missing or negative, a capacity negative or infinite, or the number of ids does not fit.

    Examples
    --------
    >>> from geogrid.pairs import Pairs
    >>> pairs = Pairs(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([100.0, 50.0, 300.0, 400.0]))
    >>> places = assign_with_capacity(pairs, np.array([2.0, 3.0]), np.array([4.0, 9.0]))
    >>> places.households[["nearest", "facility", "displaced", "extra_m"]]
       nearest  facility  displaced  extra_m
    0        0         1       True    200.0
    1        0         0      False      0.0
    >>> places.facilities[["capacity", "demand", "taken", "turned_away", "free", "is_full"]]
       capacity  demand  taken  turned_away  free  is_full
    0       4.0     5.0    3.0          2.0   1.0     True
    1       9.0     0.0    2.0          0.0   7.0    False
    """
    _require_usable(demand, capacity)
    order = _order(household_ids, len(demand))
    turn = np.argsort(order)
    in_turn = replace(pairs, household=turn.astype(np.int32)[pairs.household])
    lists = _Lists.of(in_turn, demand[order], ~np.isnan(capacity))
    held, is_full = _rounds(lists, capacity)
    households = _households(lists, held, demand[order]).take(turn).reset_index(drop=True)
    return CapacityAssignment(households, _facilities(households, demand, capacity, is_full))


def _order(household_ids: Sequence[str] | npt.NDArray[np.object_] | None, households: int) -> Ints:
    """Return the rows of households in the order of their ids as text, equal ids in the order of rows."""
    if household_ids is None:
        return np.arange(households)
    if len(household_ids) != households:
        raise InputError(_OTHER_COUNT.fill(ids=len(household_ids), households=households))
    return np.argsort(np.asarray(household_ids, dtype=str), kind="stable")


@dataclass(frozen=True, eq=False)
class _Lists:
    """The pairs that count, from the nearest to the farthest: a pair's number is its place in that order.

    ``following`` is the household's next pair and ``nearest`` each household's first one; the number of pairs stands for none.
    """

    household: Ints
    facility: Ints
    metres: Floats
    places: Floats
    following: Ints
    nearest: Ints

    @classmethod
    def of(cls, pairs: Pairs, demand: Floats, known: npt.NDArray[np.bool_]) -> _Lists:
        counts = np.flatnonzero((demand[pairs.household] > 0) & known[pairs.facility])
        household, facility, metres = _in_order(pairs.household[counts], pairs.facility[counts], pairs.metres[counts])
        none = len(household)
        # Sorting numbers that hold both keys is many times faster than sorting positions by one of them.
        whose, by_household = np.divmod(np.sort(household * none + np.arange(none)), max(none, 1))
        differs = whose[1:] != whose[:-1]
        is_first, is_last = np.append(True, differs)[:none], np.append(differs, True)[:none]
        following = np.empty(none, dtype=np.int64)
        following[by_household] = np.where(is_last, none, np.append(by_household[1:], none)[:none])
        nearest = np.full(len(demand), none, dtype=np.int64)
        nearest[whose[is_first]] = by_household[is_first]
        return cls(household, facility, metres, demand[household], following, nearest)

    def on_from(self, pair: Ints, closed_from: Ints) -> Ints:
        """Return each household's next pair, after one that was turned down, that is not turned down already."""
        going, found = self.following[pair], []
        while len(going := going[going < len(self.household)]):
            is_open = going < closed_from[self.facility[going]]
            found.append(going[is_open])
            going = self.following[going[~is_open]]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def by_facility(self, pair: Ints) -> list[tuple[int, Ints]]:
        """Return pairs facility by facility."""
        pair = pair[np.argsort(self.facility[pair], kind="stable")]
        facility, first = np.unique(self.facility[pair], return_index=True)
        return list(zip(facility.tolist(), np.split(pair, first[1:]), strict=False))


def _in_order(household: Ints32, facility: Ints32, metres: Floats) -> tuple[Ints, Ints, Floats]:
    """Return pairs from the nearest to the farthest in whole millimetres, equal ones by household, then by facility."""
    millimetres = np.rint(metres * MM_PER_M).astype(np.int64)
    households, facilities = (int(each.max(initial=0)) + 1 for each in (household, facility))
    if not _fits(int(millimetres.max(initial=0)) + 1, households, facilities):
        order = np.lexsort((facility, household, millimetres))
        return household[order].astype(np.int64), facility[order].astype(np.int64), metres[order]
    packed, at = np.divmod(np.sort((millimetres * households + household) * facilities + facility), facilities)
    millimetres, whose = np.divmod(packed, households)
    return whose, at, millimetres / MM_PER_M


def _fits(*sizes: int) -> bool:
    """Return whether one number can hold all keys."""
    return math.prod(sizes) <= NEVER


def _rounds(lists: _Lists, capacity: Floats) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the pairs of households that find a place, and which facilities turned somebody down."""
    held = [np.empty(0, dtype=np.int64)] * len(capacity)
    closed_from = np.full(len(capacity), NEVER)
    asking = lists.nearest[lists.nearest < len(lists.household)]
    while len(asking):
        turned_down = []
        for facility, coming in lists.by_facility(asking):
            all_here = np.sort(np.concatenate([held[facility], coming]))
            fit = int(np.searchsorted(np.cumsum(lists.places[all_here]), capacity[facility], side="right"))
            held[facility], leaving = all_here[:fit], all_here[fit:]
            if len(leaving):
                closed_from[facility] = leaving[0]
                turned_down.append(leaving)
        asking = lists.on_from(np.concatenate([np.empty(0, dtype=np.int64), *turned_down]), closed_from)
    return np.concatenate([np.empty(0, dtype=np.int64), *held]), closed_from < NEVER


def _households(lists: _Lists, held: Ints, demand: Floats) -> pd.DataFrame:
    pair = np.full(len(demand), len(lists.household), dtype=np.int64)
    pair[lists.household[held]] = held
    facility, metres = np.append(lists.facility, -1), np.append(lists.metres, np.nan)
    return pd.DataFrame(
        {
            "asks": demand > 0,
            "nearest": facility[lists.nearest],
            "facility": facility[pair],
            "displaced": pair != lists.nearest,
            "metres_nearest": metres[lists.nearest],
            "metres": metres[pair],
            "extra_m": np.round(metres[pair] - metres[lists.nearest], 3),
        }
    )


def _facilities(households: pd.DataFrame, demand: Floats, capacity: Floats, is_full: npt.NDArray[np.bool_]) -> pd.DataFrame:
    nearest, facility = households["nearest"].to_numpy(), households["facility"].to_numpy()
    displaced = households["displaced"].to_numpy()

    def total(at: Ints, who: npt.NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(at[who], demand[who], minlength=len(capacity)), dtype=np.float64)

    taken = total(facility, facility >= 0)
    return pd.DataFrame(
        {
            "capacity": capacity,
            "demand": total(nearest, nearest >= 0),
            "taken": taken,
            "turned_away": total(nearest, displaced),
            "free": capacity - taken,
            "is_full": is_full,
        }
    )


def _require_usable(demand: Floats, capacity: Floats) -> None:
    bad = ~(np.isfinite(demand) & (demand >= 0))
    if bad.any():
        raise InputError(_BAD_DEMAND.fill(n=int(bad.sum()), row=int(np.argmax(bad)) + 1, value=demand[bad][0]))
    bad = (capacity < 0) | np.isinf(capacity)
    if bad.any():
        raise InputError(_BAD_CAPACITY.fill(n=int(bad.sum()), row=int(np.argmax(bad)) + 1, value=capacity[bad][0]))


_BAD_DEMAND = Text(
    "{n} 户需要的位置数不可用（首个在第 {row} 行：{value}）；应为不小于 0 的数，不需要的写 0",
    "the demand of {n} households is not usable (the first is row {row}: {value}); expected numbers from 0 up, 0 for none",
)
_OTHER_COUNT = Text(
    "有 {ids} 个户编号，却有 {households} 户；每户应有一个编号",
    "there are {ids} household ids for {households} households; give one id per household",
)
_BAD_CAPACITY = Text(
    "{n} 处设施的容量不可用（首个在第 {row} 行：{value}）；应为不小于 0 的数，不知道的留空",
    "the capacity of {n} facilities is not usable (the first is row {row}: {value}); expected numbers from 0 up or none at all",
)
