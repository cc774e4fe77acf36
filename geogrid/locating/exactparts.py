"""What the exact models share: limits on sites and money, the step of their values, tidy choices, and who is served by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from geogrid.errors import InputError
from geogrid.locating.problem import NOBODY, NOTHING, Located, step_of
from geogrid.solver import CLOSE, gap_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.locating.problem import Bools, Floats, Ints, Location
    from geogrid.provenance import Proof
    from geogrid.solver import Solved

    Aims = Callable[[Floats], tuple[Floats, ...]]

FINE = 1e-5
"""A step of less than this share of the whole is lost in rounding, and left unused."""

_NO_LIMIT = Text(
    "选址需要限定站点数或预算：请给出 sites 或 budget。",
    "Choosing sites needs a number of sites or a budget: give one of them.",
)
_NEGATIVE = Text(
    "站点数和预算不能为负：sites 为 {sites}，budget 为 {budget}。",
    "The number of sites and the budget cannot be negative: sites is {sites}, budget {budget}.",
)


@dataclass(frozen=True)
class Limits:
    """How many new sites there may be, and what they may cost together; None is no limit."""

    sites: int | None
    budget: float | None

    @classmethod
    def of(cls, sites: int | None, budget: float | None) -> Limits:
        """Return limits, of which one must be given.

        Raises
        ------
        InputError
            Neither is given, or one is negative.
        """
        if sites is None and budget is None:
            raise InputError(_NO_LIMIT)
        if (sites or 0) < 0 or not (budget or 0.0) >= 0:
            raise InputError(_NEGATIVE.fill(sites=sites, budget=budget))
        return cls(sites, budget)

    def price(self, location: Location) -> Floats | None:
        """Return the candidates' prices where they count."""
        return None if self.budget is None else location.price

    def rows(self, price: Floats) -> tuple[csr_array, Floats]:
        """Return the limits as rows over candidates with these prices, and what each row's sum may be at most."""
        rows, high = [], []
        if self.sites is not None:
            rows.append(np.ones(len(price)))
            high.append(float(self.sites))
        if self.budget is not None:
            rows.append(price)
            high.append(self.budget)
        return csr_array(np.array(rows).reshape(len(rows), len(price))), np.array(high)

    def allow(self, location: Location, chosen: Ints) -> bool:
        """Return whether a choice keeps within them."""
        is_few = self.sites is None or len(chosen) <= self.sites
        return is_few and (self.budget is None or float(location.price[chosen].sum()) <= self.budget + CLOSE)


def coarse_step(values: Floats) -> float:
    """Return the step of values, and so of their sums, where it is large enough to be of use to the solver; otherwise 0.

    Examples
    --------
    >>> coarse_step(np.array([4.0, 6, 0])), coarse_step(np.array([1e6, 1.0]))
    (2.0, 0.0)
    """
    step = step_of(values)
    return step if step > FINE * float(np.abs(values).sum()) else 0.0


def standing(location: Location, chosen: Ints) -> Bools:
    """Return which candidates serve: the chosen ones and those that stand already."""
    serve = location.fixed.copy()
    serve[chosen] = True
    return serve


def nearest(location: Location, chosen: Ints) -> tuple[Ints, Floats]:
    """Return for each demand the nearest candidate that serves (the smaller of equals; -1 for none) and its cost (infinite).

    Examples
    --------
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([7.0, 4, 9]))
    >>> nearest(Location.of([1, 1, 1], pairs, 2), np.array([0, 1]))
    (array([ 1,  1, -1]), array([ 4.,  9., inf]))
    """
    pairs, n = location.pairs, len(location.weight)
    held = np.flatnonzero(standing(location, chosen)[pairs.candidate])
    order = held[np.lexsort((pairs.candidate[held], pairs.cost[held], pairs.demand[held]))]
    demand, first = np.unique(pairs.demand[order], return_index=True)
    assigned, cost = np.full(n, NOBODY, dtype=np.int64), np.full(n, np.inf)
    assigned[demand] = pairs.candidate[order[first]]
    cost[demand] = pairs.cost[order[first]]
    return assigned, cost


def travel(location: Location, chosen: Ints) -> float:
    """Return weight × cost to the nearest, summed; infinite where somebody who could be served is not.

    Examples
    --------
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([2.0, 9, 3]))
    >>> travel(Location.of([1, 2], pairs, 2), np.array([0])), travel(Location.of([1, 2], pairs, 2), np.array([1]))
    (20.0, inf)
    """
    counts = location.counted
    return float((location.weight[counts] * nearest(location, chosen)[1][counts]).sum())


def farthest(location: Location, chosen: Ints) -> float:
    """Return the largest cost to the nearest; infinite where somebody who could be served is not."""
    return float(nearest(location, chosen)[1][location.counted].max(initial=0.0))


def tidied(matrix: csr_array, fixed: Bools, chosen: Ints, *, aims: Aims, price: Floats | None = None) -> Ints:
    """Leave out sites that are of no use, and exchange each for the smallest that is as good, until nothing changes.

    Parameters
    ----------
    matrix : sparse array, demand × candidates
    fixed, chosen
        Who serves.
    aims : callable
        From how many serve each demand to what one more would be worth there, aim by aim; none may fall.
    price : array of float, optional
        Where given, one is exchanged only for another that costs no more.
    """
    columns = matrix.tocsc()
    held = np.sort(np.asarray(chosen, dtype=np.int64))
    while True:
        again = _exchanged(columns, fixed, _useful(columns, fixed, held, aims), aims, price)
        if np.array_equal(again, held):
            return held
        held = again


def _reached(columns: csr_array, site: int) -> Ints:
    reached: Ints = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
    return reached


def _useful(columns: csr_array, fixed: Bools, chosen: Ints, aims: Aims) -> Ints:
    serve, kept = fixed.copy(), []
    serve[chosen] = True
    count = columns @ serve.astype(np.float64)
    for site in chosen[::-1].tolist():
        rows = _reached(columns, site)
        count[rows] -= 1
        if any(aim[rows].sum() > 0 for aim in aims(count)):
            count[rows] += 1
            kept.append(site)
    return np.array(kept[::-1], dtype=np.int64)


def _exchanged(columns: csr_array, fixed: Bools, chosen: Ints, aims: Aims, price: Floats | None) -> Ints:
    serve, held = fixed.copy(), []
    serve[chosen] = True
    count, across = columns @ serve.astype(np.float64), columns.T.tocsr()
    for site in chosen.tolist():
        count[_reached(columns, site)] -= 1
        gains = [across @ aim for aim in aims(count)]
        good = np.logical_and.reduce([gain >= gain[site] for gain in gains]) & ~serve
        if price is not None:
            good &= price <= price[site]
        better = np.flatnonzero(good[:site])
        to = int(better[0]) if len(better) else site
        serve[site], serve[to] = False, True
        count[_reached(columns, to)] += 1
        held.append(to)
    return np.sort(np.array(held, dtype=np.int64))


def located(location: Location, chosen: Ints, value: float, solved: Solved) -> Located:
    """Return a choice with its proof: the solver's bound against what the choice is worth here."""
    bound = solved.bound if abs(solved.bound - value) > CLOSE * max(1.0, abs(value)) else value
    gap = gap_of(value, bound)
    proof: Proof = "optimal" if solved.status == "optimal" or gap <= CLOSE else "gap"
    assigned, _ = nearest(location, chosen)
    return Located(chosen, value, bound, gap, proof, assigned, {"nodes": solved.nodes}, solved.seconds)


def nothing(location: Location, solved: Solved) -> Located:
    """Return that there is no choice, or that none was found."""
    proof: Proof = "infeasible" if solved.status == "infeasible" else "none"
    assigned, _ = nearest(location, NOTHING)
    return Located(NOTHING, np.nan, solved.bound, np.inf, proof, assigned, {"nodes": solved.nodes}, solved.seconds)


def once(weight: Floats) -> Aims:
    """Return the aim of covering weight: one more site is worth what nobody covers yet."""
    return lambda count: (weight * (count == 0),)


def everybody(weight: Floats) -> Aims:
    """Return the aim of covering everybody who counts."""
    return once((weight > 0).astype(np.float64))
