"""Demand by levels: whom each sees nearest, next and so on, and which sets of nearest ones several demands have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from geogrid.locating.presolve import better_candidate

if TYPE_CHECKING:
    from geogrid.locating.problem import Bools, Floats, Ints, Location

NONE = -1
MARKS = 0
"""Where the marks begin by which equal sets are told: sums of two random numbers of 64 bits a candidate."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Pairs that can matter, by demand and then by cost: of new candidates nearer than what stands already.

    ``end`` is the cost of what stands, by demand; infinite where nothing does. ``cut`` marks demand whose farther candidates were
    left out, because one of the nearer ones is chosen in any case.
    """

    demand: Ints
    candidate: Ints
    cost: Floats
    end: Floats
    cut: Bools

    @property
    def starts(self) -> Bools:
        """Return which entries are the first of their demand."""
        return np.append(True, self.demand[1:] != self.demand[:-1]) if len(self.demand) else np.zeros(0, dtype=bool)


@dataclass(frozen=True, eq=False)
class Levels:
    """Sets of nearest candidates, each once, with what it costs that nobody of a set is chosen.

    Attributes
    ----------
    worth : array of float, one a set
        What is added to the travel in all where nobody of the set is chosen.
    parent : array of int, one a set
        The set less its farthest candidates; -1 for none.
    added : sparse array, sets × candidates
        Those farthest candidates.
    needed : array of bool, one a set
        Whether somebody of the set must be chosen.
    first, last : arrays of int, one a set
        The entries of ``ways`` that make it up.
    constant : float
        The travel in all if everybody's nearest candidate were chosen.
    """

    worth: Floats
    parent: Ints
    added: csr_array
    needed: Bools
    first: Ints
    last: Ints
    constant: float


def ways_of(location: Location, end: Floats) -> Ways:
    """Return the pairs that can matter; ``end`` is what stands already costs, by demand (infinite where nothing does)."""
    pairs = location.pairs
    held = (location.weight[pairs.demand] > 0) & ~location.fixed[pairs.candidate] & (pairs.cost < end[pairs.demand])
    order = np.flatnonzero(held)
    order = order[np.lexsort((pairs.candidate[order], pairs.cost[order], pairs.demand[order]))]
    cut = np.zeros(len(location.weight), dtype=bool)
    return Ways(pairs.demand[order], pairs.candidate[order], pairs.cost[order], end, cut)


def without_replaceable(location: Location, ways: Ways, price: Floats | None) -> tuple[Ways, Ints]:
    """Leave out candidates that another replaces for everybody, at no longer way and no higher price, and say by whom.

    Returns
    -------
    tuple
        The ways that stay, and for each candidate the one that stands for it: itself, another, or -1 where nobody needs it.
    """
    shape = (len(location.weight), location.candidates)
    cost = csr_array((ways.cost, (ways.demand, ways.candidate)), shape=shape)
    cost.sort_indices()
    matrix = csr_array((np.ones(len(cost.data)), cost.indices, cost.indptr), shape=shape)
    prices = np.zeros(location.candidates) if price is None else price
    stand_in = better_candidate(matrix, prices, cost)
    stays = stand_in[ways.candidate] == ways.candidate
    return Ways(ways.demand[stays], ways.candidate[stays], ways.cost[stays], ways.end, ways.cut), stand_in


def without_far(ways: Ways, enough: int) -> Ways:
    """Leave out what lies beyond so many nearest ones of a demand: one of these is chosen in any case.

    Of m candidates p are chosen, so that among any m - p + 1 there is one.
    """
    starts = np.flatnonzero(ways.starts)
    lengths = np.diff(np.append(starts, len(ways.demand)))
    rank = np.arange(len(ways.demand)) - np.repeat(starts, lengths)
    near = rank < enough
    cut = ways.cut.copy()
    cut[ways.demand[starts[lengths >= enough]]] = True
    return Ways(ways.demand[near], ways.candidate[near], ways.cost[near], ways.end, cut)


def levels_of(weight: Floats, ways: Ways, candidates: int) -> Levels:
    """Return the sets of nearest candidates.

    Examples
    --------
    Two households with the same two candidates in another order share the set of both:

    >>> end, cut = np.full(2, np.inf), np.zeros(2, dtype=bool)
    >>> ways = Ways(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]), np.array([1.0, 4, 2, 7]), end, cut)
    >>> levels = levels_of(np.array([10.0, 1]), ways, 2)
    >>> len(levels.worth), sorted(levels.worth.tolist()), levels.constant
    (3, [0.0, 5.0, 30.0], 12.0)
    """
    starts, n = ways.starts, len(ways.demand)
    new_level = starts | np.append(True, ways.cost[1:] != ways.cost[:-1])[:n]
    level = np.cumsum(new_level) - 1
    ends = np.flatnonzero(np.append(new_level[1:], True)[:n])
    begin = np.maximum.accumulate(np.where(starts, np.arange(n), 0))[ends]
    heads = starts[np.append(0, ends[:-1] + 1)[: len(ends)]]
    node, chosen = _numbered(_marks(ways, begin, ends, candidates), heads)
    worth, needed = _worth(weight, ways, ends)
    before = np.where(heads, NONE, np.append(NONE, node)[: len(ends)])
    added = _added(level, ways, chosen, (len(ends), candidates))
    far = np.bincount(node[needed], minlength=len(chosen)) > 0
    total = np.bincount(node, worth, minlength=len(chosen)).astype(np.float64)
    constant = float((weight[ways.demand[starts]] * ways.cost[starts]).sum())
    return Levels(total, before[chosen], added, far, begin[chosen], ends[chosen], constant)


def _numbered(marks: Any, heads: Bools) -> tuple[Ints, Ints]:
    """Return the number of each level's set, and one level of each set: both follow the sets, not the order of demand."""
    before = np.where(heads[:, None], 0, np.roll(marks, 1, axis=0)).astype(np.uint64)
    order = np.lexsort((*before.T, *marks.T))
    is_new = np.append(True, (marks[order][1:] != marks[order][:-1]).any(axis=1))[: len(order)]
    node = np.empty(len(order), dtype=np.int64)
    node[order] = np.cumsum(is_new) - 1
    return node, order[is_new]


def _marks(ways: Ways, begin: Ints, ends: Ints, candidates: int) -> Any:
    random = np.random.default_rng(MARKS).integers(0, 2**63, (candidates, 2), dtype=np.uint64)
    sums = np.zeros((len(ways.demand) + 1, 2), dtype=np.uint64)
    np.cumsum(random[ways.candidate], axis=0, out=sums[1:])
    return sums[ends + 1] - sums[begin]


def _worth(weight: Floats, ways: Ways, ends: Ints) -> tuple[Floats, Bools]:
    """Return what the step from each level to the next costs, and which levels nobody may go beyond."""
    owner = ways.demand[ends]
    is_last = np.append(owner[1:] != owner[:-1], True)[: len(ends)]
    needed = is_last & (ways.cut[owner] | ~np.isfinite(ways.end[owner]))
    following = np.where(is_last, ways.end[owner], np.append(ways.cost[ends][1:], 0.0)[: len(ends)])
    return np.where(needed, 0.0, weight[owner] * (following - ways.cost[ends])), needed


def _added(level: Ints, ways: Ways, chosen: Ints, shape: tuple[int, int]) -> csr_array:
    all_levels = csr_array((np.ones(len(level)), (level, ways.candidate)), shape=shape)
    return csr_array(all_levels[chosen])
