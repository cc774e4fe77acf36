"""Coverage and median where pairs are many: a quick choice, a Lagrangian bound, and HiGHS on what the bound leaves open."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.branch import decide
from geogrid.locating.exactparts import located, nearest, nothing, once, tidied, travel
from geogrid.locating.greedy import fill_up, greedy
from geogrid.locating.interchange import exchange
from geogrid.locating.lagrange import Known, relax
from geogrid.locating.presolve import incidence, reduce
from geogrid.locating.problem import NOBODY
from geogrid.locating.ranked import Ranked
from geogrid.solver import Solved, gap_of

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.branch import Found
    from geogrid.locating.problem import Ints, Located, Location
    from geogrid.solver import Status


def mclp(location: Location, *, sites: int, effort: Effort, start: Ints | None = None) -> Located:
    """Cover the most weight with so many sites: Church and ReVelle (1974), "The maximal covering location problem".

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff.
    sites : int
        At most so many new ones.
    effort : Effort
        Work is rounds of the relaxation, then nodes of HiGHS.
    start : array of int, optional
        Sites to begin with.

    Returns
    -------
    Located
        ``value`` is the weight covered, with what stands already.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> best = mclp(Location.of([10, 20, 5], pairs, 2), sites=1, effort=Effort())
    >>> best.chosen.tolist(), best.value, best.bound, best.proof
    ([0], 30.0, 30.0, 'optimal')
    """
    begun = perf_counter()
    small = reduce(location)
    ranked = Ranked.of_matrix(small.matrix, small.weight, small.constant)
    first = None if start is None else np.flatnonzero(small.columns(start))
    found = search(ranked, sites, effort, start=first)
    chosen = tidied(incidence(location), location.fixed, small.candidates[found.sites], aims=once(location.weight))
    reached, _ = nearest(location, chosen)
    value = float(location.weight[reached != NOBODY].sum())
    return _answer(location, chosen, value, (ranked.most or 0.0) - found.bound, found, begun)


def p_median(location: Location, *, sites: int, effort: Effort, start: Ints | None = None) -> Located:
    """Serve everybody who can be served from so many sites with the least weight × cost: Hakimi (1964).

    Parameters
    ----------
    location : Location
        Pairs are all that may be used.
    sites : int
        At most so many new ones.
    effort : Effort
        Work is rounds of the relaxation, then nodes of HiGHS.
    start : array of int, optional
        Sites to begin with.

    Returns
    -------
    Located
        ``proof`` is "infeasible" if so many sites cannot serve everybody, and "none" if no way was found.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([1.0, 5, 9, 4]))
    >>> best = p_median(Location.of([10, 1], pairs, 2), sites=1, effort=Effort())
    >>> best.chosen.tolist(), best.value, best.proof
    ([0], 19.0, 'optimal')
    """
    begun = perf_counter()
    ranked = Ranked.of_median(location)
    found = search(ranked, sites, effort, start=start)
    value = travel(location, found.sites)
    if not np.isfinite(value):
        dear = ranked.unserved is not None and found.bound >= float(ranked.unserved[ranked.unserved > 0].min())
        return _nobody(location, found, begun, status="infeasible" if dear else "none")
    used = nearest(location, found.sites)[0][location.weight > 0]
    return _answer(location, np.intersect1d(found.sites, used), value, found.bound, found, begun)


def _answer(location: Location, chosen: Ints, value: float, bound: float, found: Found, begun: float) -> Located:
    status: Status = "optimal" if found.is_best else "gap"
    solved = Solved(status, None, value, bound, gap_of(value, bound), found.nodes, perf_counter() - begun)
    return replace(located(location, chosen, value, solved), work=_work(found))


def _nobody(location: Location, found: Found, begun: float, status: Status) -> Located:
    solved = Solved(status, None, np.nan, -np.inf, np.inf, found.nodes, perf_counter() - begun)
    return replace(nothing(location, solved), work=_work(found))


def _work(found: Found) -> dict[str, int]:
    return {"rounds": found.rounds, "nodes": found.nodes}


def search(ranked: Ranked, sites: int, effort: Effort, *, start: Ints | None = None) -> Found:
    """Find the sites with the least sum of what each demand costs, with a bound.

    Parameters
    ----------
    ranked : Ranked
    sites : int
        At most so many.
    effort : Effort
    start : array of int, optional
        Sites to begin with; a greedy choice otherwise.

    Returns
    -------
    Found
    """
    many = min(sites, len(ranked.useful))
    first = greedy(ranked, np.ones(ranked.candidates), sites=many) if start is None else start
    first = exchange(ranked, fill_up(ranked, first, many)[:many], effort)
    relaxed = relax(ranked, many, effort, Known.of(ranked, first))
    found = decide(ranked, relaxed, many, effort)
    if not found.is_best:
        effort.ran_out()
    return found
