"""Coverage, exactly: the fewest sites for all (LSCP) and the most people for so many sites (MCLP).

Sources: Toregas, Swain, ReVelle and Bergman 1971 (LSCP); Church and ReVelle 1974 (MCLP).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from geogrid.locating.exactparts import Limits, coarse_step, everybody, located, nothing, once, standing, tidied
from geogrid.locating.greedy import greedy
from geogrid.locating.presolve import incidence, reduce, reduce_cover
from geogrid.locating.ranked import Ranked
from geogrid.solver import Program, solve

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.presolve import Reduced
    from geogrid.locating.problem import Bools, Floats, Ints, Located, Location


def lscp(location: Location, *, effort: Effort, start: Ints | None = None) -> Located:
    """Find the cheapest sites that cover everybody whom any candidate reaches; the fewest, where each costs the same.

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff. Demand of weight 0 need not be covered, and demand in no pair is left out.
    effort : Effort
    start : array of int, optional
        Candidates to begin with.

    Returns
    -------
    Located
        ``value`` is the price of the new sites.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> lscp(Location.of([1, 1, 1], pairs, 3), effort=Effort()).chosen.tolist()
    [0, 1]
    """
    small = reduce_cover(location, location.price)
    price = location.price[small.candidates]
    n, m = small.matrix.shape
    forced = float(location.price[small.forced].sum())
    program = Program(
        *(price, np.zeros(m), np.ones(m), np.ones(m, dtype=bool)),
        *(csc_array(small.matrix), np.ones(n), np.full(n, np.inf)),
        constant=forced,
        step=coarse_step(price),
    )
    begin = np.ones(m) if start is None else _covering(small, small.columns(start))
    solved = solve(program, effort, start=begin)
    if solved.columns is None:
        return nothing(location, solved)
    chosen = np.append(small.forced, small.candidates[solved.columns > 0])
    chosen = tidied(incidence(location), location.fixed, chosen, aims=everybody(location.weight), price=location.price)
    return located(location, chosen, float(location.price[chosen].sum()), solved)


def mclp(
    location: Location,
    *,
    sites: int | None = None,
    budget: float | None = None,
    effort: Effort,
    start: Ints | None = None,
    gap: float = 0.0,
) -> Located:
    """Find the sites that cover the most weight.

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff.
    sites : int, optional
        At most so many new sites; this or a budget must be given.
    budget : float, optional
        What they may cost together.
    effort : Effort
    start : array of int, optional
        Candidates to begin with; by default, each time the one that adds most.
    gap : float
        How far from the best is good enough, as a share.

    Returns
    -------
    Located
        ``value`` is the weight covered, also by the facilities that stand. Sites that add nothing are not chosen.

    Raises
    ------
    InputError
        Neither limit is given, or one is negative.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> best = mclp(Location.of([5, 1, 7], pairs, 2), sites=1, effort=Effort())
    >>> best.chosen.tolist(), best.value, best.proof
    ([1], 8.0, 'optimal')
    """
    limits = Limits.of(sites, budget)
    small = reduce(location, price=limits.price(location))
    program = _most_covered(small, limits, location.price[small.candidates])
    begin = first_choice(location, limits) if start is None or not limits.allow(location, start) else start
    solved = solve(program, effort, start=_with_cover(small, small.columns(begin)), gap=gap)
    if solved.columns is None:
        return nothing(location, solved)
    matrix = incidence(location)
    chosen = small.candidates[solved.columns[: len(small.candidates)] > 0]
    chosen = tidied(matrix, location.fixed, chosen, aims=once(location.weight), price=limits.price(location))
    count = matrix @ standing(location, chosen)
    return located(location, chosen, float(location.weight[count > 0].sum()), solved)


def first_choice(location: Location, limits: Limits) -> Ints:
    """Return a choice to begin with: each time the one that adds most."""
    return greedy(Ranked.of_cover(location), location.price, sites=limits.sites, budget=limits.budget)


def _covering(small: Reduced, picked: Bools) -> Floats:
    """Return a start that covers every group: the one given where it does, else all candidates."""
    covers = small.matrix @ picked.astype(np.float64) > 0
    return np.where(picked, 1.0, 0.0) if covers.all() else np.ones(len(picked))


def _most_covered(small: Reduced, limits: Limits, price: Floats) -> Program:
    """Return the program: a column a candidate and a group, which is covered by as much as its candidates are chosen.

    A group of one candidate is covered as that is, and needs no column.
    """
    size, m = np.diff(small.matrix.indptr), len(small.candidates)
    alone, several = size == 1, np.flatnonzero(size > 1)
    own = np.bincount(small.matrix.indices[small.matrix.indptr[:-1][alone]], small.weight[alone], minlength=m).astype(np.float64)
    few, most = limits.rows(price)
    n = len(several)
    rows = vstack([hstack([small.matrix[several], -eye_array(n)]), hstack([few, csr_array((few.shape[0], n))])])
    return Program(
        *(np.append(own, small.weight[several]), np.zeros(m + n), np.ones(m + n), np.arange(m + n) < m),
        *(csc_array(rows), np.append(np.zeros(n), np.full(len(most), -np.inf)), np.append(np.full(n, np.inf), most)),
        is_most=True,
        constant=small.constant,
        step=coarse_step(small.weight),
    )


def _with_cover(small: Reduced, picked: Bools) -> Floats:
    """Return a choice of kept candidates with what it covers, column by column."""
    covered = (small.matrix @ picked.astype(np.float64) > 0)[np.diff(small.matrix.indptr) > 1]
    return np.append(picked, covered).astype(np.float64)
