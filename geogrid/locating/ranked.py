"""Demand with its candidates ranked by cost: the form that the quick searches and the relaxations of coverage and median share.

Coverage is a median whose cost is 0 within reach and the demand's whole weight without; a facility that stands already is a cost
that no site can make worse. So both are the same problem: choose so many sites that the sum of what each demand costs is least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from geogrid.locating.problem import NOBODY, spans, step_of

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Bools, Floats, Ints, Location

TINY = 1e-9
"""Sums that differ by no more, as a share of all, are equal: rounding, not a better choice."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Pairs that can make a demand cheaper, by demand, then by cost, then by candidate.

    Attributes
    ----------
    demand, candidate : arrays of int, one a pair
    cost : array of float, one a pair
        What the demand costs in all (weight × cost) if this candidate serves it.
    far : array of float, one a demand
        What it costs if no site serves it; every pair costs less.
    candidates : int
    unserved : array of float, optional
        What each demand costs if nobody at all may serve it, where it must be served if that is possible.
    step : float
        What all costs are whole multiples of; 0 where nothing of the kind is known.
    most : float, optional
        For coverage, the weight of all: what is covered is this less the costs.
    """

    demand: Ints
    candidate: Ints
    cost: Floats
    far: Floats
    candidates: int
    unserved: Floats | None = None
    step: float = 0.0
    most: float | None = None

    @classmethod
    def of_cover(cls, location: Location) -> Ranked:
        """Rank for coverage: what a demand costs is its weight if nobody covers it, else nothing.

        Examples
        --------
        >>> from geogrid.locating.problem import Location, Pairs
        >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([3.0, 9, 4]))
        >>> ranked = Ranked.of_cover(Location.of([10, 20], pairs, 2))
        >>> ranked.far.tolist(), ranked.candidate.tolist()
        ([10.0, 20.0], [0, 0, 1])
        """
        ranked = cls._of(location, np.zeros(len(location.pairs)), location.weight)
        return replace(ranked, most=float(location.weight.sum()))

    @classmethod
    def of_median(cls, location: Location) -> Ranked:
        """Rank for the median: who can be served but is not costs more than all others together.

        Examples
        --------
        >>> from geogrid.locating.problem import Location, Pairs
        >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([3.0, 9, 4]))
        >>> ranked = Ranked.of_median(Location.of([10, 20], pairs, 2))
        >>> ranked.cost.tolist(), ranked.candidate.tolist(), bool((ranked.far > 210).all())
        ([30.0, 80.0, 180.0], [0, 1, 0], True)
        """
        pairs, weight = location.pairs, location.weight
        cost, counts = weight[pairs.demand] * pairs.cost, np.zeros(len(weight))
        np.maximum.at(counts, pairs.demand, cost)
        least = weight[weight > 0].min(initial=np.inf)
        dear = 1 + (counts.sum() / least if np.isfinite(least) else 0)
        far = np.where(location.counted, weight * dear, 0.0)
        return cls._of(location, cost, far, unserved=far)

    @classmethod
    def of_matrix(cls, matrix: csr_array, weight: Floats, covered: float = 0.0) -> Ranked:
        """Rank for coverage what `presolve.reduce` has left: groups × candidates, their weights, and what is covered anyway."""
        entries = csr_array(matrix).tocoo()
        demand, candidate = (each.astype(np.int64) for each in entries.coords)
        order = np.lexsort((candidate, demand))
        cost, far, most = np.zeros(len(order)), weight.astype(np.float64), float(weight.sum()) + covered
        return cls(demand[order], candidate[order], cost, far, matrix.shape[1], step=step_of(far), most=most)

    @classmethod
    def _of(cls, location: Location, cost: Floats, far: Floats, unserved: Floats | None = None) -> Ranked:
        """Let what stands already serve, and keep the pairs that are better than that."""
        pairs, far = location.pairs, far.astype(np.float64)
        stands = location.fixed[pairs.candidate]
        far = far.copy()
        np.minimum.at(far, pairs.demand[stands], cost[stands])
        useful = ~stands & (cost < far[pairs.demand])
        order = np.lexsort((pairs.candidate[useful], cost[useful], pairs.demand[useful]))
        kept = np.flatnonzero(useful)[order]
        demand, candidate = pairs.demand[kept].astype(np.int64), pairs.candidate[kept].astype(np.int64)
        return cls(demand, candidate, cost[kept], far, location.candidates, unserved, step_of(cost, far))

    def tell(self, effort: Effort, share: float, value: float, bound: float) -> None:
        """Tell how far a search is, in what is covered or travelled."""
        told = (value, bound) if self.most is None else (self.most - value, self.most - bound)
        effort.report(share, *told)

    def served_by(self, sites: Ints, kept: Bools) -> Ranked:
        """Return what is left when some sites serve already and only some pairs are kept (one value a pair)."""
        at, far = self.columns(sites), self.far.copy()
        np.minimum.at(far, self.demand[at], self.cost[at])
        useful = np.flatnonzero(kept & (self.cost < far[self.demand]))
        return replace(self, demand=self.demand[useful], candidate=self.candidate[useful], cost=self.cost[useful], far=far)

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.demand)

    @cached_property
    def bounds(self) -> Ints:
        """Return where each demand's pairs begin, and at last where they end."""
        return np.searchsorted(self.demand, np.arange(len(self.far) + 1)).astype(np.int64)

    @cached_property
    def by_candidate(self) -> tuple[Ints, Ints]:
        """Return the pairs' positions candidate by candidate, and where each candidate's begin and end."""
        order = np.argsort(self.candidate, kind="stable")
        return order, np.searchsorted(self.candidate[order], np.arange(self.candidates + 1)).astype(np.int64)

    @cached_property
    def useful(self) -> Ints:
        """Return the candidates that can make anything cheaper, ascending."""
        return np.unique(self.candidate)

    @cached_property
    def least(self) -> float:
        """Return what all demand costs if every candidate is a site."""
        costs, starts = self.far.copy(), self.bounds[:-1][np.diff(self.bounds) > 0]
        costs[self.demand[starts]] = self.cost[starts]
        return float(costs.sum())

    @cached_property
    def is_flat(self) -> bool:
        """Return whether no pair costs anything: coverage."""
        return not self.cost.any()

    @cached_property
    def _matrix(self) -> csr_array:
        """Return candidates × demands with 1 where a candidate makes a demand cheaper."""
        shape = (self.candidates, len(self.far))
        order, bounds = self.by_candidate
        return csr_array((np.ones(len(self)), self.demand[order], bounds), shape=shape)

    @cached_property
    def _columns(self) -> tuple[Ints, Floats, Ints, Ints]:
        """Return demand and cost of the pairs candidate by candidate, the useful candidates, and where each begins."""
        order, bounds = self.by_candidate
        return self.demand[order], self.cost[order], self.useful, bounds[self.useful]

    def worth(self, prices: Floats) -> Floats:
        """Return for each candidate the sum of cost less price over the demands for whom that is below 0."""
        if self.is_flat:
            return np.asarray(-(self._matrix @ prices), dtype=np.float64)
        demand, cost, useful, begins = self._columns
        worth = np.zeros(self.candidates)
        worth[useful] = np.add.reduceat(np.minimum(cost - prices[demand], 0), begins)
        return worth

    def rows(self, demand: Ints) -> Ints:
        """Return the positions of all pairs of some demands."""
        return spans(self.bounds[demand], self.bounds[demand + 1])

    def columns(self, sites: Ints) -> Ints:
        """Return the positions of all pairs of some candidates."""
        order, bounds = self.by_candidate
        return order[spans(bounds[sites], bounds[sites + 1])]

    def served(self, sites: Ints) -> Served:
        """Find who serves each demand, and what the next would cost if that one went."""
        opened = np.zeros(self.candidates, dtype=bool)
        opened[sites] = True
        return self._served(np.flatnonzero(opened[self.candidate]), np.arange(len(self.far)))

    def served_some(self, sites: Ints, demand: Ints) -> Served:
        """Find the same for some demands, ascending."""
        opened = np.zeros(self.candidates, dtype=bool)
        opened[sites] = True
        at = self.rows(demand)
        return self._served(at[opened[self.candidate[at]]], demand)

    def _served(self, at: Ints, whom: Ints) -> Served:
        """Read first and second from the pairs of open sites, in their order."""
        demand = self.demand[at]
        is_first = np.ones(len(at), dtype=bool)
        is_first[1:] = demand[1:] != demand[:-1]
        follows = np.flatnonzero(is_first) + 1
        follows = follows[follows < len(at)]
        second = follows[~is_first[follows]]
        owner, first, following = np.full(len(whom), NOBODY), self.far[whom], self.far[whom]
        row = np.searchsorted(whom, demand[is_first])
        owner[row], first[row] = self.candidate[at[is_first]], self.cost[at[is_first]]
        following[np.searchsorted(whom, demand[second])] = self.cost[at[second]]
        return Served(owner, first, following)

    def value(self, sites: Ints) -> float:
        """Return the sum of what each demand costs with these sites."""
        at, costs = self.columns(sites), self.far.copy()
        np.minimum.at(costs, self.demand[at], self.cost[at])
        return float(costs.sum())


@dataclass(frozen=True, eq=False)
class Served:
    """Who serves each demand (-1 for none of the sites), what that costs, and what the next site would cost."""

    owner: Ints
    first: Floats
    second: Floats

    def update(self, demand: Ints, other: Served) -> None:
        """Write what has changed for some demands."""
        self.owner[demand], self.first[demand], self.second[demand] = other.owner, other.first, other.second
