"""Coverage against the number of sites: what one more brings, and how many it takes to reach everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.exactcover import mclp
from geogrid.locating.exactparts import standing
from geogrid.locating.presolve import incidence
from geogrid.solver import CLOSE, gap_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.effort import Effort
    from geogrid.locating.problem import Ints, Located, Location

    Model = Callable[..., Located]

__all__ = ["coverage_curve", "one_more"]


def coverage_curve(location: Location, *, sites: int, effort: Effort, model: Model = mclp) -> tuple[Located, ...]:
    """Find the most weight that 0, 1, 2 … sites cover, each with its proof.

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff.
    sites : int
        The largest number of new sites.
    effort : Effort
        What it allows, each number of sites may use; once it is stopped, the rest is what one site more adds to the one before.
    model : callable
        ``mclp`` of ``exactcover``, or another that takes and gives the same.

    Returns
    -------
    tuple of Located
        One for each number of sites; it ends early where one more cannot add anything.

    Notes
    -----
    Of k sites the least useful adds no more than a k-th of what all of them add, since each adds less after the others. So the
    best k - 1 add at least (k - 1) / k of what the best k can: a bound for k that needs no search.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> [each.value for each in coverage_curve(Location.of([5, 1, 7], pairs, 3), sites=3, effort=Effort())]
    [0.0, 8.0, 13.0]
    """
    within_reach = float(location.weight[np.diff(incidence(location).indptr) > 0].sum())
    points = [model(location, sites=0, effort=effort)]
    while len(points) <= sites and points[-1].value < within_reach:
        begin = one_more(location, points[-1].chosen)
        found = model(location, sites=len(points), effort=effort, start=begin)
        points.append(_bounded(_not_less(found, points[-1]), points, within_reach))
    return tuple(points)


def one_more(location: Location, chosen: Ints) -> Ints:
    """Return a choice with the site that adds most to it; the smallest of equals, and none where none adds anything.

    Examples
    --------
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> one_more(Location.of([5, 1, 7], pairs, 3), np.array([0])).tolist()
    [0, 1]
    """
    matrix = incidence(location)
    missed = matrix @ standing(location, chosen).astype(np.float64) == 0
    gain = matrix.T @ (location.weight * missed)
    best = int(np.argmax(gain)) if len(gain) else 0
    return np.sort(np.append(chosen, best)) if len(gain) and gain[best] > 0 else chosen


def _not_less(found: Located, before: Located) -> Located:
    """Return what was found; where the search was stopped so early that it found less, what was known before."""
    return replace(before, bound=found.bound, proof="gap", work=found.work) if not found.value >= before.value else found


def _bounded(found: Located, points: list[Located], within_reach: float) -> Located:
    """Return a point with the better bound of its own and that from the point before."""
    k, stands = len(points), points[0].value
    if k > 1 and np.isfinite(points[-1].bound):
        known = min(found.bound, stands + (points[-1].bound - stands) * k / (k - 1))
    else:
        known = found.bound
    bound = max(min(known, within_reach), found.value)
    gap = gap_of(found.value, bound)
    return replace(found, bound=bound, gap=gap, proof="optimal" if gap <= CLOSE else "gap")
