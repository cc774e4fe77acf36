"""The p-median, exactly: sites from which the travel of all together is least.

Sources: Hakimi 1964; the radius formulation of Cornuejols, Nemhauser and Wolsey 1980 (García, Labbé and Marín 2011): a column
says that nobody is chosen among the nearest so many of a demand, and demands with the same nearest ones share it (Church 2003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from geogrid.locating.exactlevels import NONE, Levels, Ways, levels_of, ways_of, without_far, without_replaceable
from geogrid.locating.exactparts import Limits, coarse_step, located, nearest, nothing, standing, travel
from geogrid.locating.problem import NOTHING
from geogrid.solver import Program, solve

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Bools, Floats, Ints, Located, Location


def p_median(
    location: Location,
    *,
    sites: int | None = None,
    budget: float | None = None,
    effort: Effort,
    start: Ints | None = None,
    gap: float = 0.0,
) -> Located:
    """Find the sites from which weight × cost, summed over the demand, is least.

    Parameters
    ----------
    location : Location
        Pairs are all ways that may be used. Demand in no pair is left out; all other demand that weighs something must be served.
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
        ``value`` is the sum; "infeasible" where so few sites cannot serve everybody.

    Raises
    ------
    InputError
        Neither limit is given, or one is negative.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([2.0, 5, 9, 3]))
    >>> best = p_median(Location.of([1, 2], pairs, 2), sites=1, effort=Effort())
    >>> best.chosen.tolist(), best.value
    ([1], 11.0)
    """
    limits = Limits.of(sites, budget)
    end = nearest(location, NOTHING)[1]
    ways, stand_in = without_replaceable(location, ways_of(location, end), limits.price(location))
    kept = np.unique(ways.candidate)
    if sites is not None and budget is None:
        ways = without_far(ways, max(len(kept) - sites, 0) + 1 if sites else len(kept) + 1)
    levels = levels_of(location.weight, ways, location.candidates)
    program = _least_travel(levels, limits, location.price, _standing_travel(location, end, ways))
    begin = (
        None
        if start is None or not limits.allow(location, start)
        else _with_misses(levels, ways, _filled(stand_in[start], kept, sites))
    )
    solved = solve(program, effort, start=begin, gap=gap)
    if solved.columns is None:
        return nothing(location, solved)
    chosen = np.flatnonzero(solved.columns[: location.candidates] > 0)
    chosen = _tidied(location, chosen, limits.price(location))
    return located(location, chosen, travel(location, chosen), solved)


def _standing_travel(location: Location, end: Floats, ways: Ways) -> float:
    """Return the travel of those who have nobody nearer than what stands."""
    rest = (location.weight > 0) & np.isfinite(end)
    rest[ways.demand] = False
    return float((location.weight[rest] * end[rest]).sum())


def _least_travel(levels: Levels, limits: Limits, price: Floats, constant: float) -> Program:
    """Return the program: a column a candidate and a set; a set is missed where its smaller one is and nobody joins."""
    n, m = levels.added.shape
    with_parent = np.flatnonzero(levels.parent != NONE)
    entries = (np.ones(len(with_parent)), (with_parent, levels.parent[with_parent]))
    few, most = limits.rows(price)
    rows = vstack(
        [hstack([levels.added, eye_array(n) - csr_array(entries, shape=(n, n))]), hstack([few, csr_array((len(most), n))])]
    )
    used = np.diff(levels.added.tocsc().indptr) > 0
    return Program(
        *(np.append(np.zeros(m), levels.worth), np.zeros(m + n), np.append(used, ~levels.needed).astype(np.float64)),
        *(np.arange(m + n) < m, csc_array(rows)),
        np.append(np.where(levels.parent == NONE, 1.0, 0.0), np.full(len(most), -np.inf)),
        np.append(np.full(n, np.inf), most),
        constant=levels.constant + constant,
        step=coarse_step(levels.worth),
    )


def _with_misses(levels: Levels, ways: Ways, chosen: Ints) -> Floats:
    """Return a choice with the sets that it misses, column by column."""
    picked = np.zeros(levels.added.shape[1])
    picked[chosen] = 1.0
    picked[np.diff(levels.added.tocsc().indptr) == 0] = 0.0
    hits = np.append(0.0, np.cumsum(picked[ways.candidate]))
    return np.append(picked, hits[levels.last + 1] == hits[levels.first])


def _filled(chosen: Ints, kept: Ints, sites: int | None) -> Ints:
    """Return those of a choice that matter, filled up to the number of sites: where far ones were left out it must be reached."""
    held = np.unique(chosen[chosen >= 0])
    rest = np.setdiff1d(kept, held)
    return held if sites is None else np.append(held, rest[: max(sites - len(held), 0)])


def _tidied(location: Location, chosen: Ints, price: Floats | None) -> Ints:
    """Leave out sites that are of no use, and exchange each for the smallest that is as good, until nothing changes."""
    held = np.sort(chosen)
    while True:
        again = _one_round(location, held, price)
        if np.array_equal(again, held):
            return held
        held = again


def _one_round(location: Location, chosen: Ints, price: Floats | None) -> Ints:
    serve = standing(location, chosen)
    for site in chosen.tolist():
        serve[site] = False
        missed, more = _with_one_more(location, serve)
        as_good = (missed <= missed[site]) & (more <= more[site])
        if as_good[-1]:
            continue
        good = as_good[:-1] & ~serve
        if price is not None:
            good &= price <= price[site]
        serve[np.flatnonzero(good)[0]] = True
    return np.flatnonzero(serve & ~location.fixed)


def _with_one_more(location: Location, serve: Bools) -> tuple[Floats, Floats]:
    """Return who is not served, and what travel is added, with each candidate as well; the last entry is with none."""
    pairs, m = location.pairs, location.candidates
    held = serve[pairs.candidate]
    base = np.full(len(location.weight), np.inf)
    np.minimum.at(base, pairs.demand[held], pairs.cost[held])
    weight, before = location.weight[pairs.demand], base[pairs.demand]
    is_new = ~np.isfinite(before)
    added = weight * np.where(is_new, pairs.cost, np.minimum(pairs.cost - np.where(is_new, 0.0, before), 0.0))
    fewer = np.bincount(pairs.candidate, is_new & (weight > 0), minlength=m + 1)
    return -fewer.astype(np.float64), np.bincount(pairs.candidate, added, minlength=m + 1).astype(np.float64)
