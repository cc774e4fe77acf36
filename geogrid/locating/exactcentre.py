"""The p-centre, exactly: sites from which the farthest demand has the least way.

Sources: Hakimi 1965; by covering everybody within a radius (Minieka 1970), of which the linear relaxation rules out the small
ones (Elloumi, Labbé and Pochet 2004).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, vstack

from geogrid.locating.exactparts import Limits, everybody, farthest, nearest, tidied
from geogrid.locating.presolve import incidence, reduce, reduce_cover
from geogrid.locating.problem import NOTHING, Located
from geogrid.solver import Program, gap_of, solve

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Floats, Ints, Location
    from geogrid.provenance import Proof
    from geogrid.solver import Solved


def p_centre(
    location: Location,
    *,
    sites: int | None = None,
    budget: float | None = None,
    effort: Effort,
    start: Ints | None = None,
) -> Located:
    """Find the sites from which the largest cost of any demand is least.

    Parameters
    ----------
    location : Location
        Pairs are all ways that may be used. Demand in no pair is left out; all other demand that weighs something must be served,
        and counts alike, whatever it weighs.
    sites : int, optional
        At most so many new sites; this or a budget must be given.
    budget : float, optional
        What they may cost together.
    effort : Effort
    start : array of int, optional
        Candidates to begin with.

    Returns
    -------
    Located
        ``value`` is the largest cost; "infeasible" where so few sites cannot serve everybody.

    Raises
    ------
    InputError
        Neither limit is given, or one is negative.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([2.0, 5, 9, 3]))
    >>> best = p_centre(Location.of([1, 2], pairs, 2), sites=1, effort=Effort())
    >>> best.chosen.tolist(), best.value
    ([1], 5.0)
    """
    search = _Search.of(location.with_weighty_pairs(), Limits.of(sites, budget), effort)
    if start is not None and search.limits.allow(location, start):
        search.take(np.asarray(start, dtype=np.int64))
    search.rule_out()
    search.close_in()
    return _result(location, search)


@dataclass
class _Search:
    """A search for the smallest radius: all below position ``low`` are ruled out, and at ``high`` there is a choice.

    ``high`` is the number of radii while no choice is known.
    """

    location: Location
    limits: Limits
    effort: Effort
    radii: Floats
    high: int
    low: int = 0
    chosen: Ints | None = None
    solved: list[Solved] = field(default_factory=list)

    @classmethod
    def of(cls, location: Location, limits: Limits, effort: Effort) -> _Search:
        """Begin with the radii that occur, from the one that everybody's nearest candidate needs."""
        pairs = location.pairs
        least = np.full(len(location.weight), np.inf)
        np.minimum.at(least, pairs.demand, pairs.cost)
        floor = least[np.isfinite(least)].max(initial=0.0)
        radii = np.unique(np.append(pairs.cost[pairs.cost >= floor], floor))
        return cls(location, limits, effort, radii, len(radii))

    def rule_out(self) -> None:
        """Rule out the radii at which not even parts of sites cover everybody."""
        low, high = self.low, self.high
        while low < high and self.effort.goes_on():
            middle = (low + high) // 2
            solved, _ = self._within(middle, whole=False)
            if solved.status == "infeasible":
                self.low = low = middle + 1
            else:
                high = middle

    def close_in(self) -> None:
        """Try radii from the smallest upward in growing steps, then halve what is open, until nothing is."""
        step = 0
        while self.low < self.high and self.effort.goes_on():
            at = min(self.low + step, len(self.radii) - 1) if self.chosen is None else (self.low + self.high) // 2
            solved, found = self._within(at, whole=True)
            step = 2 * step + 1
            if found is not None:
                self.take(found)
            elif solved.status == "infeasible":
                self.low = at + 1
            else:
                break

    def take(self, chosen: Ints) -> None:
        """Keep a choice, if it serves everybody and is better than the one before."""
        radius = farthest(self.location, chosen)
        at = int(np.searchsorted(self.radii, radius))
        if at < self.high:
            self.chosen, self.high = chosen, at
            self.effort.report(0.0, radius, float(self.radii[min(self.low, at)]))

    def _within(self, at: int, *, whole: bool) -> tuple[Solved, Ints | None]:
        """Look for a choice that covers everybody within a radius."""
        near = self.location.with_pairs(self.location.pairs.cost <= self.radii[at])
        price = self.limits.price(near)
        small = reduce_cover(near, price) if whole else reduce(near, price=price, dominance=False)
        few, most = self.limits.rows(near.price)
        spent = np.asarray(few[:, small.forced].sum(axis=1)).ravel()
        n, m = small.matrix.shape
        program = Program(
            *(np.zeros(m), np.zeros(m), np.ones(m), np.full(m, whole)),
            csc_array(vstack([small.matrix, few[:, small.candidates]])),
            *(np.append(np.ones(n), np.full(len(most), -np.inf)), np.append(np.full(n, np.inf), most - spent)),
        )
        solved = solve(program, self.effort)
        self.solved.append(solved)
        if solved.columns is None:
            return solved, None
        return solved, np.sort(np.append(small.forced, small.candidates[solved.columns > 0]))


def _result(location: Location, search: _Search) -> Located:
    work = {"nodes": sum(each.nodes for each in search.solved), "programs": len(search.solved)}
    seconds = sum(each.seconds for each in search.solved)
    bound = float(search.radii[search.low]) if search.low < len(search.radii) else np.inf
    if search.chosen is None:
        proof: Proof = "infeasible" if search.low == len(search.radii) else "none"
        return Located(NOTHING, np.nan, bound, np.inf, proof, nearest(location, NOTHING)[0], work, seconds)
    near = search.location.with_pairs(search.location.pairs.cost <= search.radii[search.high])
    aims, price = everybody(location.weight * location.counted), search.limits.price(location)
    chosen = tidied(incidence(near), location.fixed, search.chosen, aims=aims, price=price)
    value = farthest(location, chosen)
    gap = gap_of(value, min(bound, value))
    return Located(
        chosen, value, min(bound, value), gap, "optimal" if gap == 0 else "gap", nearest(location, chosen)[0], work, seconds
    )
