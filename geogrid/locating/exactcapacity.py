"""Coverage by sites of limited capacity, exactly: the most weight served, each demand whole by one site.

Sources: Current and Storbeck 1988, Capacitated covering models; Pirkul and Schilling 1991. Demand of one weight with the same
candidates is counted, not told apart, so that the program stays small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, eye_array, hstack, vstack

from geogrid.locating.capacities import greedy_served
from geogrid.locating.exactparts import Limits, coarse_step, nothing, standing
from geogrid.locating.presolve import equal_rows, incidence
from geogrid.locating.problem import NOBODY, Located
from geogrid.solver import CLOSE, Program, Solved, gap_of, solve

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Bools, Floats, Ints, Location
    from geogrid.provenance import Proof
    from geogrid.solver import Status


def capacitated_mclp(
    location: Location,
    *,
    sites: int | None = None,
    budget: float | None = None,
    effort: Effort,
    start: Ints | None = None,
    gap: float = 0.0,
) -> Located:
    """Find the sites that serve the most weight within their capacities; who has no room anywhere is not served.

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff; ``capacity`` is the weight that each candidate, also one that stands, can serve.
    sites : int, optional
        At most so many new sites; this or a budget must be given.
    budget : float, optional
        What they may cost together.
    effort : Effort
    start : array of int, optional
        Candidates to begin with.
    gap : float
        How far from the best is good enough, as a share.

    Returns
    -------
    Located
        ``value`` is the weight served, ``assigned`` who serves each; where there is room, the nearer one does. Of choices that
        serve as much, which one is given can follow the order of demand.

    Raises
    ------
    InputError
        Neither limit is given, or one is negative.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([1.0, 2, 3]))
    >>> best = capacitated_mclp(Location.of([3, 2, 2], pairs, 1, capacity=[4]), sites=1, effort=Effort())
    >>> best.value, best.assigned.tolist()
    (4.0, [-1, 0, 0])
    """
    limits, groups = Limits.of(sites, budget), _Groups.of(location)
    if start is None or not limits.allow(location, start):
        begun = groups.columns(location, *greedy_served(location, limits, effort))
    else:
        begun = groups.columns(location, start, _by_hand(location, standing(location, start)))
    solved = _solved(groups.program(location, limits), groups.room(location, limits), begun, effort, gap)
    if solved.columns is None:
        return nothing(location, solved)
    assigned = _nearer(location, _smaller(location, _fewer(location, groups.assigned(location, solved.columns)), limits))
    return _result(location, assigned, solved)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Demand of one weight and with the same candidates; and the pairs of group and candidate, each a column."""

    weight: Floats
    size: Ints
    member: Ints
    group: Ints
    candidate: Ints

    @classmethod
    def of(cls, location: Location) -> _Groups:
        matrix = incidence(location).tocoo()
        demand, candidate = matrix.coords
        fits = (location.weight[demand] > 0) & (location.weight[demand] <= location.capacity[candidate] + CLOSE)
        demand, candidate = demand[fits], candidate[fits]
        _, kind = np.unique(location.weight, return_inverse=True)
        used = np.unique(demand)
        shape = (len(location.weight), location.candidates + int(kind.max(initial=0)) + 1)
        told = np.append(demand, used), np.append(candidate, location.candidates + kind[used])
        keys = csr_array((np.ones(len(told[0])), told), shape=shape)
        keys.sort_indices()
        member, first = equal_rows(keys)
        pairs = keys[first][:, : location.candidates].tocoo()
        size = np.bincount(member[member >= 0], minlength=len(first))
        return cls(location.weight[first], size, member, *(each.astype(np.int64) for each in pairs.coords))

    def room(self, location: Location, limits: Limits) -> float:
        """Return what no choice can exceed: all that can be reached, and what so many of the largest sites can serve."""
        pairs = self.weight[self.group] * self.size[self.group]
        room = np.minimum(location.capacity, np.bincount(self.candidate, pairs, minlength=location.candidates))
        largest = np.sort(room[~location.fixed])[::-1][: limits.sites]
        return float(min((self.weight * self.size).sum(), room[location.fixed].sum() + largest.sum()))

    def program(self, location: Location, limits: Limits) -> Program:
        """Return the program: a column a candidate and a pair, for how many of a group that candidate serves."""
        n, m, k = len(self.weight), location.candidates, len(self.group)
        pair, size, weight = np.arange(k), self.size[self.group].astype(np.float64), self.weight[self.group]
        reached = np.bincount(self.candidate, weight * size, minlength=m).astype(np.float64)
        room = np.minimum(location.capacity, reached)
        few, most = limits.rows(np.where(location.fixed, 0.0, location.price))
        rows = vstack(
            [
                hstack([csr_array((n, m)), coo_array((np.ones(k), (self.group, pair)), shape=(n, k))]),
                hstack(
                    [
                        coo_array((-room, (np.arange(m), np.arange(m))), shape=(m, m)),
                        coo_array((weight, (self.candidate, pair)), shape=(m, k)),
                    ]
                ),
                hstack([coo_array((-size, (pair, self.candidate)), shape=(k, m)), eye_array(k)]),
                hstack([csr_array(few.multiply(~location.fixed[None, :])), csr_array((len(most), k))]),
            ]
        )
        high = np.concatenate([self.size, np.zeros(m + k), most])
        low = np.append(location.fixed, np.zeros(k)).astype(np.float64)
        return Program(
            *(np.append(np.zeros(m), weight), low, np.append(np.ones(m), size), np.ones(m + k, dtype=bool)),
            *(csc_array(rows), np.full(len(high), -np.inf), high),
            is_most=True,
            step=coarse_step(np.repeat(self.weight, self.size)),
        )

    def columns(self, location: Location, chosen: Ints, assigned: Ints) -> Floats:
        """Return who is served by whom, column by column."""
        served = (assigned >= 0) & (self.member >= 0)
        keys, wanted = (each * location.candidates for each in (self.group, self.member[served]))
        place = np.searchsorted(keys + self.candidate, wanted + assigned[served])
        count = np.bincount(place, minlength=len(self.group))
        return np.append(standing(location, chosen).astype(np.float64), count)

    def assigned(self, location: Location, columns: Floats) -> Ints:
        """Return who serves each demand: of a group the first ones by the first candidate, and so on."""
        counts = columns[location.candidates :].astype(np.int64)
        site = np.repeat(self.candidate, counts)
        order = np.argsort(np.repeat(self.group, counts), kind="stable")
        site, group = site[order], np.repeat(self.group, counts)[order]
        members = np.argsort(self.member, kind="stable")[(self.member < 0).sum() :]
        rank = np.arange(len(group)) - np.searchsorted(group, group)
        starts = np.append(0, np.cumsum(self.size))[:-1]
        assigned = np.full(len(self.member), NOBODY, dtype=np.int64)
        assigned[members[starts[group] + rank]] = site
        return assigned


def _solved(program: Program, most: float, begun: Floats, effort: Effort, gap: float) -> Solved:
    """Solve, unless what there is to begin with is all that can be."""
    value = float(program.worth @ begun)
    if gap_of(value, most) <= gap:
        status: Status = "optimal" if gap_of(value, most) <= CLOSE else "gap"
        return Solved(status, begun, value, most, gap_of(value, most), 0, 0.0)
    solved = solve(program, effort, start=begun, gap=gap)
    return solved if solved.columns is None else replace(solved, bound=min(solved.bound, max(most, solved.value)))


def _ways(location: Location) -> list[list[tuple[float, int]]]:
    """Return for each demand its candidates, nearest first."""
    ways: list[list[tuple[float, int]]] = [[] for _ in location.weight]
    pairs = location.pairs
    for demand, candidate, cost in zip(pairs.demand.tolist(), pairs.candidate.tolist(), pairs.cost.tolist(), strict=True):
        ways[demand].append((cost, candidate))
    return [sorted(each) for each in ways]


def _by_hand(location: Location, serve: Bools) -> Ints:
    """Serve demand, the heaviest first, by the nearest site with room."""
    ways, room = _ways(location), location.capacity.tolist()
    assigned = np.full(len(location.weight), NOBODY, dtype=np.int64)
    for demand in np.argsort(-location.weight, kind="stable").tolist():
        weight = float(location.weight[demand])
        for _, candidate in ways[demand]:
            if serve[candidate] and 0 < weight <= room[candidate]:
                assigned[demand] = candidate
                room[candidate] -= weight
                break
    return assigned


def _fewer(location: Location, assigned: Ints) -> Ints:
    """Close new sites, the last first, where all whom they serve find room at others."""
    ways, held = _ways(location), assigned
    for site in np.unique(assigned[(assigned >= 0)])[::-1].tolist():
        if not location.fixed[site]:
            held = _closed(location, ways, held, site)
    return held


def _closed(location: Location, ways: list[list[tuple[float, int]]], assigned: Ints, site: int) -> Ints:
    held, room = assigned.copy(), _room(location, assigned)
    open_sites = set(np.unique(assigned[assigned >= 0]).tolist()) | set(np.flatnonzero(location.fixed).tolist())
    for demand in np.flatnonzero(assigned == site).tolist():
        weight = float(location.weight[demand])
        to = next((each for _, each in ways[demand] if each != site and each in open_sites and weight <= room[each]), None)
        if to is None:
            return assigned
        room[to] -= weight
        held[demand] = to
    return held


def _smaller(location: Location, assigned: Ints, limits: Limits) -> Ints:
    """Let the smallest candidate that can serve the same, and costs no more where that counts, take over from each new site."""
    matrix, held = incidence(location), assigned.copy()
    price = np.zeros(location.candidates) if limits.budget is None else location.price
    for site in np.unique(held[held >= 0]).tolist():
        rows = np.flatnonzero(held == site)
        reach = matrix[rows].sum(axis=0) == len(rows)
        good = reach & (location.capacity >= location.weight[rows].sum()) & (price <= price[site]) & ~location.fixed
        good[held[held >= 0]] = False
        to = np.flatnonzero(good[:site])
        if len(to) and not location.fixed[site]:
            held[rows] = to[0]
    return held


def _room(location: Location, assigned: Ints) -> list[float]:
    some = assigned >= 0
    used = np.bincount(assigned[some], location.weight[some], minlength=location.candidates)
    rooms: list[float] = (location.capacity - used).tolist()
    return rooms


def _nearer(location: Location, assigned: Ints) -> Ints:
    """Let each be served by the nearest of the sites in use that has room, one after the other."""
    ways, held, room = _ways(location), assigned.copy(), _room(location, assigned)
    serve = standing(location, assigned[assigned >= 0])
    for demand in np.flatnonzero(held >= 0).tolist():
        weight, now = float(location.weight[demand]), int(held[demand])
        room[now] += weight
        to = next((each for _, each in ways[demand] if serve[each] and (each == now or weight <= room[each])), now)
        room[to] -= weight
        held[demand] = to
    return held


def _result(location: Location, assigned: Ints, solved: Solved) -> Located:
    chosen = np.unique(assigned[assigned >= 0])
    value = float(location.weight[assigned >= 0].sum())
    bound = max(solved.bound, value)
    gap = gap_of(value, bound)
    proof: Proof = "optimal" if solved.status == "optimal" or gap <= CLOSE else "gap"
    return Located(chosen[~location.fixed[chosen]], value, bound, gap, proof, assigned, {"nodes": solved.nodes}, solved.seconds)
