"""Make a location problem smaller without changing its answer: merge demand, drop replaceable candidates, find forced ones.

Whatever is said of a smaller problem is said in the positions of the given one: `Reduced` keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

from geogrid.locating.problem import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.locating.problem import Bools, Floats, Ints, Location

MOST_LOOKS = 400_000_000
"""Candidates are compared only where that looks at no more entries; about two seconds."""
FIRST = 6
"""So many demands with the fewest candidates are looked at first: they rule out most."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """A smaller problem of coverage with the same best answer.

    Attributes
    ----------
    weight : array of float, one a group
        What the demand with the same candidates weighs together.
    matrix : sparse array, groups × kept candidates
        1 where a candidate reaches a group; no two rows are equal.
    candidates : array of int, one a kept candidate
        Their positions among the given ones, ascending.
    group : array of int, one a demand
        The group it is in; -1 where it weighs nothing, is served already or cannot be reached.
    stand_in : array of int, one a given candidate
        Which kept one (by its position in ``candidates``) serves at least as well; -1 where nobody counts whom it reaches.
    forced : array of int
        Given candidates that every answer has, ascending; what they reach is in no group.
    constant : float
        Weight covered by the facilities that stand.
    """

    weight: Floats
    matrix: csr_array
    candidates: Ints
    group: Ints
    stand_in: Ints
    forced: Ints
    constant: float

    def columns(self, chosen: Ints) -> Bools:
        """Return which kept candidates stand for a choice of given ones."""
        held = self.stand_in[np.asarray(chosen, dtype=np.int64)]
        picked = np.zeros(len(self.candidates), dtype=bool)
        picked[held[held >= 0]] = True
        return picked


def incidence(location: Location) -> csr_array:
    """Return demand × candidates with 1 where one reaches the other, each pair once, rows in order of candidate."""
    matrix = csr_array(location.matrix, copy=True)
    matrix.sum_duplicates()
    matrix.sort_indices()
    matrix.data[:] = 1.0
    return matrix


def reduce(location: Location, *, price: Floats | None = None, dominance: bool = True) -> Reduced:
    """Make a problem of coverage smaller: who is covered already goes, equal demand merges, replaceable candidates go.

    Parameters
    ----------
    location : Location
    price : array of float, one a candidate, optional
        What a candidate costs, where that counts: one is replaced only by another that costs no more.
    dominance : bool
        Whether a candidate that reaches nobody but whom another reaches may go; not so where being reached twice counts.

    Returns
    -------
    Reduced

    Examples
    --------
    The first candidate reaches nobody whom the second does not; after it is gone, both households see the same:

    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.zeros(3))
    >>> small = reduce(Location.of([2, 3], pairs, 2))
    >>> small.candidates.tolist(), small.weight.tolist(), small.group.tolist(), small.stand_in.tolist()
    ([1], [5.0], [0, 0], [0, 0])
    """
    matrix, prices = incidence(location), np.zeros(location.candidates) if price is None else price
    covered = matrix[:, location.fixed].sum(axis=1) > 0
    matrix = _without(matrix, covered | (location.weight <= 0), location.fixed)
    small = _merged(_whole(location, matrix, float(location.weight[covered].sum())))
    return _settled(small, prices) if dominance else _shrunk(small, np.zeros(location.candidates, dtype=bool))


def reduce_cover(location: Location, price: Floats | None = None) -> Reduced:
    """Make the problem of covering everybody smaller: as `reduce`, and demand that is covered whenever another is goes too.

    Examples
    --------
    The first household has one candidate only, which is forced and serves the second too:

    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1]), np.array([1, 0, 1]), np.zeros(3))
    >>> small = reduce_cover(Location.of([1, 1], pairs, 2))
    >>> small.forced.tolist(), small.matrix.shape
    ([1], (0, 0))
    """
    prices = np.zeros(location.candidates) if price is None else price
    small, before = reduce(location, price=prices), (-1, -1)
    while before != small.matrix.shape:
        before = small.matrix.shape
        small = _settled(_fewest_rows(_forced(small)), prices)
    return small


def equal_rows(matrix: csr_array) -> tuple[Ints, Ints]:
    """Return the number of the row that each row equals (-1 for an empty one), and one row of each number.

    Numbers follow the rows' contents and not their order. Rows must have sorted indices.

    Examples
    --------
    >>> group, first = equal_rows(csr_array(np.array([[0, 1.0], [1, 1], [0, 0], [0, 1]])))
    >>> group.tolist(), first.tolist()
    ([1, 0, -1, 1], [1, 0])
    """
    keys = _keys(matrix)
    numbers = {key: number for number, key in enumerate(sorted({key for key in keys if key}))}
    group = np.array([numbers.get(key, -1) for key in keys], dtype=np.int64)
    first = np.full(len(numbers), -1, dtype=np.int64)
    backward = np.flatnonzero(group >= 0)[::-1]
    first[group[backward]] = backward
    return group, first


def _keys(matrix: csr_array) -> list[bytes]:
    raw, starts = matrix.indices.astype(">i4").tobytes(), (4 * matrix.indptr.astype(np.int64)).tolist()
    return [raw[a:b] for a, b in pairwise(starts)]


def _whole(location: Location, matrix: csr_array, constant: float) -> Reduced:
    rows, columns = np.arange(len(location.weight)), np.arange(location.candidates)
    return Reduced(location.weight, matrix, columns, rows, columns, np.empty(0, dtype=np.int64), constant)


def _without(matrix: csr_array, rows: Bools, columns: Bools) -> csr_array:
    """Return the matrix with some rows and columns emptied."""
    entries = matrix.tocoo()
    stays = ~rows[entries.coords[0]] & ~columns[entries.coords[1]]
    kept = csr_array((entries.data[stays], (entries.coords[0][stays], entries.coords[1][stays])), shape=matrix.shape)
    kept.sort_indices()
    return kept


def _merged(small: Reduced) -> Reduced:
    """Merge rows with the same candidates; rows without any go."""
    number, first = equal_rows(small.matrix)
    return _regrouped(small, number, small.matrix[first])


def _regrouped(small: Reduced, number: Ints, matrix: csr_array) -> Reduced:
    stays = number >= 0
    weight = np.bincount(number[stays], small.weight[stays], minlength=matrix.shape[0]).astype(np.float64)
    group = np.where(small.group >= 0, np.append(number, -1)[small.group], -1)
    return replace(small, weight=weight, matrix=matrix, group=group)


def _settled(small: Reduced, price: Floats) -> Reduced:
    """Drop replaceable candidates and merge what becomes equal, until nothing changes."""
    while True:
        held = small.matrix.shape
        stand_in = better_candidate(small.matrix, price[small.candidates])
        small = _merged(_shrunk(small, stand_in != np.arange(held[1]), stand_in))
        if small.matrix.shape == held:
            return small


def _shrunk(small: Reduced, gone: Bools, stand_in: Ints | None = None) -> Reduced:
    """Take out candidates, and those that reach no group; what stood for them passes to their stand-in."""
    keep = ~gone & (np.diff(csc_array(small.matrix).indptr) > 0)
    place = np.where(keep, np.cumsum(keep) - 1, -1)
    follows = np.arange(len(keep)) if stand_in is None else stand_in
    passed = np.append(np.where(follows >= 0, place[follows], -1), -1)[small.stand_in]
    matrix = csr_array(small.matrix[:, keep])
    matrix.sort_indices()
    return replace(small, matrix=matrix, candidates=small.candidates[keep], stand_in=passed)


def better_candidate(matrix: csr_array, price: Floats, cost: csr_array | None = None) -> Ints:
    """Return for each candidate the one that replaces it: itself where none does, -1 where it reaches nobody.

    One replaces another that reaches nobody else, where it costs no more and (with ``cost``, laid out as ``matrix``) is nobody's
    longer way; of two alike the smaller position stays. Where that is too much to look at, nobody is replaced.
    """
    columns, size = csc_array(matrix), np.diff(matrix.indptr)
    count = np.diff(columns.indptr)
    best = np.where(count > 0, np.arange(len(count)), -1)
    if float((size.astype(np.float64) ** 2).sum()) > MOST_LOOKS:
        return best
    costs = None if cost is None else csc_array(cost)
    for one in np.flatnonzero(count):
        rows = columns.indices[columns.indptr[one] : columns.indptr[one + 1]]
        limit = None if costs is None else costs.data[costs.indptr[one] : costs.indptr[one + 1]]
        others = _at_least(matrix, cost, rows, limit, size)
        others = others[(others != one) & (price[others] <= price[one])]
        best[one] = _replaces(int(one), others, count, price, costs)
    return _followed(best)


def _at_least(matrix: csr_array, cost: csr_array | None, rows: Ints, limit: Floats | None, size: Ints) -> Ints:
    """Return the candidates that reach all of some rows, each within its limit; those with few candidates are asked first."""
    order = np.argsort(size[rows], kind="stable")
    few = _common(matrix, cost, rows[order[:FIRST]], None if limit is None else limit[order[:FIRST]])
    return few if len(rows) <= FIRST or len(few) <= 1 else _common(matrix, cost, rows, limit)


def _common(matrix: csr_array, cost: csr_array | None, rows: Ints, limit: Floats | None) -> Ints:
    entries = spans(matrix.indptr[rows], matrix.indptr[rows + 1])
    found = matrix.indices[entries]
    if cost is not None and limit is not None:
        found = found[cost.data[entries] <= np.repeat(limit, np.diff(matrix.indptr)[rows])]
    return np.flatnonzero(np.bincount(found, minlength=matrix.shape[1]) == len(rows))


def _replaces(one: int, others: Ints, count: Ints, price: Floats, costs: csc_array | None) -> int:
    """Return which of those that are at least as good replaces a candidate; of equals only a smaller position does."""
    for other in others.tolist():
        if other < one or count[other] > count[one] or price[other] < price[one] or not _same_costs(costs, one, other):
            return int(other)
    return one


def _same_costs(costs: csc_array | None, one: int, other: int) -> bool:
    if costs is None:
        return True
    first, second = (costs.data[costs.indptr[each] : costs.indptr[each + 1]] for each in (one, other))
    return len(first) == len(second) and bool((first == second).all())


def _followed(best: Ints) -> Ints:
    """Follow each stand-in to the one that nobody replaces."""
    while True:
        further = np.where(best >= 0, best[best], -1)
        if (further == best).all():
            return best
        best = further


def _forced(small: Reduced) -> Reduced:
    """Take out candidates that are somebody's only one, with all whom they reach."""
    alone = np.flatnonzero(np.diff(small.matrix.indptr) == 1)
    picked = np.unique(small.matrix.indices[small.matrix.indptr[alone]])
    reached = small.matrix[:, picked].sum(axis=1) > 0
    number = np.where(reached, -1, np.cumsum(~reached) - 1)
    forced = np.sort(np.append(small.forced, small.candidates[picked]))
    return replace(_regrouped(small, number, small.matrix[~reached]), forced=forced)


def _fewest_rows(small: Reduced) -> Reduced:
    """Drop rows whose candidates include all of another row's: who covers that one covers these."""
    gone = np.zeros(small.matrix.shape[0], dtype=bool)
    for row, includes in _included(small.matrix):
        gone[includes[includes != row]] = True
    number = np.where(gone, -1, np.cumsum(~gone) - 1)
    return _regrouped(small, number, small.matrix[~gone])


def _included(matrix: csr_array) -> Iterator[tuple[int, Ints]]:
    """Yield each row with the rows that have all of its candidates; none where that is too much to look at."""
    across = csr_array(matrix.T)
    across.sort_indices()
    size = np.diff(across.indptr)
    if float((size.astype(np.float64) ** 2).sum()) > MOST_LOOKS:
        return
    for row in range(matrix.shape[0]):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        yield row, _at_least(across, None, columns, None, size)
