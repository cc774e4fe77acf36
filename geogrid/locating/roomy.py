"""Coverage by sites of limited capacity where pairs are many: exchanges valued by flows, and bounds from simpler problems.

How much some sites can serve is a flow from demand through the sites that reach it; demand that is reached by the same of them is
one node, so that a flow has few nodes however large the town. No choice serves more than the largest sites have room for, nor
more than the best sites without capacities cover.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from geogrid.locating import large
from geogrid.locating.capacities import greedy_served
from geogrid.locating.exactcapacity import capacitated_mclp as exactly
from geogrid.locating.exactparts import Limits
from geogrid.locating.presolve import equal_rows, incidence
from geogrid.locating.problem import Located, Location, Pairs
from geogrid.solver import CLOSE, gap_of

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Floats, Ints
    from geogrid.provenance import Proof

FEW = 20_000
"""Up to so many pairs what the exchanges leave open is solved exactly."""
WHOLE_GAP = 1e-4
"""How far the sharing out of whole demands among the sites may stay from what they could serve."""
TURNS = 400
"""Exchanges that are tried at an effort of 1."""
MOST_BITS = 62
LARGEST = 2**31 - 1


def capacitated_mclp(location: Location, *, sites: int, effort: Effort, start: Ints | None = None) -> Located:
    """Find the sites that serve the most weight within their capacities.

    Parameters
    ----------
    location : Location
        As for `exactcapacity.capacitated_mclp`.
    sites : int
        At most so many new sites.
    effort : Effort
        Multiplies the exchanges that are tried.
    start : array of int, optional
        Candidates to begin with.

    Returns
    -------
    Located
        With the gap to the bound; "optimal" where they meet.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> pairs = Pairs(np.array([0, 1, 2, 2]), np.array([0, 0, 0, 1]), np.zeros(4))
    >>> best = capacitated_mclp(Location.of([3, 2, 2], pairs, 2, capacity=[5, 4]), sites=2, effort=Effort())
    >>> best.value, best.proof, best.assigned.tolist()
    (7.0, 'optimal', [0, 0, 1])
    """
    begun = greedy_served(location, Limits(sites, None), effort)[0] if start is None else start
    town = _Town.of(location)
    bound = town.room(sites)
    chosen = _exchanged(town, begun, min(sites, MOST_BITS), bound, effort)
    found = _with_bound(_whole(location, chosen, effort), location, chosen, bound)
    if found.proof == "optimal" or not effort.goes_on():
        return found
    bound = min(bound, _uncapacitated(location, sites, effort))
    found = _with_bound(found, location, chosen, bound)
    if found.proof == "optimal" or len(location.pairs) > FEW or not effort.goes_on():
        return found
    proven = exactly(location, sites=sites, effort=effort, start=chosen)
    return proven if proven.value >= found.value else _with_bound(found, location, chosen, min(bound, proven.bound))


@dataclass(frozen=True, eq=False)
class _Town:
    """Demand that the same candidates reach is one row; ``columns`` are the rows that each candidate reaches."""

    location: Location
    weight: Floats
    columns: list[Ints]

    @classmethod
    def of(cls, location: Location) -> _Town:
        """Count demand with the same candidates together."""
        matrix = incidence(location)
        member, first = equal_rows(matrix)
        some = member >= 0
        weight = np.bincount(member[some], location.weight[some], minlength=len(first)).astype(np.float64)
        by_column = matrix[first].tocsc()
        return cls(location, weight, np.split(by_column.indices.astype(np.int64), by_column.indptr[1:-1]))

    @property
    def standing(self) -> list[int]:
        """Return the candidates that stand already."""
        found: list[int] = np.flatnonzero(self.location.fixed).tolist()
        return found

    def room(self, sites: int) -> float:
        """Return what no choice can exceed: what so many of the largest sites have room for, and what is there."""
        reach = np.array([self.weight[rows].sum() for rows in self.columns])
        room, fixed = np.minimum(self.location.capacity, reach), self.location.fixed
        largest = np.sort(room[~fixed])[::-1][:sites]
        return float(min(self.weight.sum(), room[fixed].sum() + largest.sum()))

    def served(self, sites: list[int]) -> float:
        """Return how much some sites can serve together, where demand may be split among them."""
        return self.flow(self.marks(sites), sites)

    def marks(self, sites: list[int]) -> Ints:
        """Return by which of the sites each row is reached, a bit a site."""
        marks = np.zeros(len(self.weight), dtype=np.int64)
        for bit, site in enumerate(sites):
            marks[self.columns[site]] |= 1 << bit
        return marks

    def flow(self, marks: Ints, sites: list[int]) -> float:
        """Return the largest flow from kinds of demand, each with its mark, to sites."""
        kinds, kind = np.unique(marks, return_inverse=True)
        amount = np.bincount(kind, self.weight)
        capacity = np.minimum(self.location.capacity[sites], self.weight.sum())
        scale = min(1000.0, LARGEST / 4 / max(self.weight.sum(), 1.0))
        n, p = len(kinds), len(sites)
        row, site = np.nonzero((kinds[:, None] >> np.arange(p)) & 1)
        ends = np.concatenate([np.zeros(n, dtype=np.int64), 1 + row, 1 + n + np.arange(p)])
        heads = np.concatenate([1 + np.arange(n), 1 + n + site, np.full(p, 1 + n + p)])
        limits = np.concatenate([amount, amount[row], capacity]) * scale
        graph = csr_array((np.floor(limits + CLOSE).astype(np.int32), (ends, heads)), shape=(n + p + 2, n + p + 2))
        return float(maximum_flow(graph, 0, n + p + 1).flow_value / scale)


def _exchanged(town: _Town, begun: Ints, sites: int, bound: float, effort: Effort) -> Ints:
    """Fill up to so many sites, then exchange one after the other for the best other, as long as more is served."""
    chosen, idle, turn = begun.tolist(), 0, 0
    value = town.served([*chosen, *town.standing][:MOST_BITS])
    others, most = np.flatnonzero(~town.location.fixed).tolist(), max(int(TURNS * effort.work), 1)
    while gap_of(value, bound) > CLOSE and idle <= len(chosen) and effort.goes_on():
        if turn == most:
            effort.ran_out()
            break
        effort.report(turn / most, value, bound)
        drop = None if len(chosen) < sites else turn % len(chosen)
        best, kept = _best_other(town, chosen, drop, others, effort)
        idle = 0 if best > value + CLOSE else idle + 1
        chosen, value, turn = (kept, best, turn + 1) if best > value + CLOSE else (chosen, value, turn + 1)
    return np.sort(np.array(chosen, dtype=np.int64))


def _best_other(town: _Town, chosen: list[int], drop: int | None, others: list[int], effort: Effort) -> tuple[float, list[int]]:
    """Return how much is served with one site dropped and the best other in its place, and those sites."""
    rest = [site for position, site in enumerate(chosen) if position != drop]
    base = [*rest, *town.standing][: MOST_BITS - 1]
    marks, best = town.marks(base), (-1.0, chosen)
    for site in others:
        if site in rest or not effort.goes_on():
            continue
        with_it = marks.copy()
        with_it[town.columns[site]] |= 1 << len(base)
        value = town.flow(with_it, [*base, site])
        if value > best[0] + CLOSE:
            best = value, [*rest, site]
    return best


def _uncapacitated(location: Location, sites: int, effort: Effort) -> float:
    """Return what sites without limits could cover at most, which no choice within them exceeds."""
    free = replace(location, capacity=np.full(location.candidates, np.inf))
    fits = location.weight[location.pairs.demand] <= location.capacity[location.pairs.candidate] + CLOSE
    pairs = Pairs(location.pairs.demand[fits], location.pairs.candidate[fits], location.pairs.cost[fits])
    return float(large.mclp(replace(free, pairs=pairs), sites=sites, effort=effort).bound)


def _whole(location: Location, chosen: Ints, effort: Effort) -> Located:
    """Share whole demands out among the sites chosen and those that stand."""
    serves = location.fixed.copy()
    serves[chosen] = True
    pairs = location.pairs
    kept = serves[pairs.candidate]
    few = Pairs(pairs.demand[kept], pairs.candidate[kept], pairs.cost[kept])
    return exactly(replace(location, pairs=few, fixed=serves), sites=0, effort=effort, gap=WHOLE_GAP)


def _with_bound(found: Located, location: Location, chosen: Ints, bound: float) -> Located:
    """Return an answer with the bound of the whole problem, and only sites that serve anybody."""
    used = np.unique(found.assigned[found.assigned >= 0])
    most = max(bound, found.value)
    gap = gap_of(found.value, most)
    proof: Proof = "optimal" if gap <= CLOSE else "gap"
    sites = np.intersect1d(used, chosen)
    return replace(found, chosen=sites[~location.fixed[sites]], bound=most, gap=gap, proof=proof)
