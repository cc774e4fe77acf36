"""A good answer at once for each location model, with nothing proven: greedy choices, bettered by exchanges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.capacities import greedy_served
from geogrid.locating.exactbackup import TWICE
from geogrid.locating.exactparts import Limits, farthest, nearest, standing, travel
from geogrid.locating.greedy import fill_up, greedy, greedy_set
from geogrid.locating.interchange import exchange
from geogrid.locating.presolve import incidence
from geogrid.locating.problem import NOBODY, Located
from geogrid.locating.ranked import Ranked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.effort import Effort
    from geogrid.locating.problem import Ints, Location


@dataclass(frozen=True, eq=False)
class Quick:
    """A quick answer: sites, its value, and who serves whom; a value that is not a number means that no way was found."""

    sites: Ints
    value: float
    assigned: Ints


def fast(model: str, location: Location, *, sites: int | None = None, budget: float | None = None, effort: Effort) -> Located:
    """Return a good answer at once.

    Parameters
    ----------
    model : str
        A key of `QUICK`.
    location : Location
    sites, budget
        Limits; not for "lscp".
    effort : Effort

    Returns
    -------
    Located
        ``proof`` is "found", or "none" where no way was found to serve everybody; ``gap`` is infinite.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> found = fast("mclp", Location.of([10, 20, 5], pairs, 2), sites=1, effort=Effort())
    >>> found.chosen.tolist(), found.value, found.proof
    ([0], 30.0, 'found')
    """
    begun = perf_counter()
    limits = Limits(None, None) if model == "lscp" else Limits.of(sites, budget)
    quick = QUICK[model](location, limits, effort)
    bound = -np.inf if model in LEAST else np.inf
    seconds = perf_counter() - begun
    if np.isnan(quick.value):
        return Located(quick.sites[:0], np.nan, bound, np.inf, "none", quick.assigned, {}, seconds)
    return Located(quick.sites, quick.value, bound, np.inf, "found", quick.assigned, {}, seconds)


def _lscp(location: Location, limits: Limits, effort: Effort) -> Quick:
    del limits, effort
    sites = greedy_set(location.with_weighty_pairs())
    return Quick(sites, float(location.price[sites].sum()), nearest(location, sites)[0])


def _mclp(location: Location, limits: Limits, effort: Effort) -> Quick:
    sites = _searched(Ranked.of_cover(location), location, limits, effort)
    assigned, _ = nearest(location, sites)
    return Quick(sites, float(location.weight[assigned != NOBODY].sum()), assigned)


def _median(location: Location, limits: Limits, effort: Effort) -> Quick:
    """Search for the median; where somebody is missed, once more from sites that reach everybody."""
    ranked = Ranked.of_median(location)
    tried = _travel(location, _searched(ranked, location, limits, effort))
    if not np.isnan(tried.value):
        return tried
    start = greedy_set(replace(location.with_weighty_pairs(), price=np.ones(location.candidates)))
    return _travel(location, _searched(ranked, location, limits, effort, start)) if limits.allow(location, start) else tried


def _travel(location: Location, sites: Ints) -> Quick:
    value = travel(location, sites)
    return Quick(sites, value if np.isfinite(value) else np.nan, nearest(location, sites)[0])


def _centre(location: Location, limits: Limits, effort: Effort) -> Quick:
    """Halve the radii within which a greedy cover keeps the limits."""
    counting = location.with_weighty_pairs()
    priced = counting if limits.sites is None else replace(counting, price=np.ones(location.candidates))
    radii, best, low = np.unique(counting.pairs.cost), greedy_set(priced), 0
    if not limits.allow(location, best):
        return Quick(best, np.nan, nearest(location, best)[0])
    high = len(radii) - 1
    while low < high and effort.goes_on():
        middle = (low + high) // 2
        sites = greedy_set(priced, counting.pairs.cost <= radii[middle])
        holds = limits.allow(location, sites) and farthest(counting, sites) <= radii[middle]
        best, low, high = (sites, low, middle) if holds else (best, middle + 1, high)
    return Quick(best, farthest(counting, best), nearest(location, best)[0])


def _backup(location: Location, limits: Limits, effort: Effort) -> Quick:
    """Cover as much as possible once; sites that are left go where they cover most a second time."""
    first, matrix = _mclp(location, limits, effort), incidence(location)
    chosen, columns = first.sites, matrix.T.tocsr()
    while True:
        count = matrix @ standing(location, chosen)
        gain = columns @ (location.weight * (count == 1))
        serve = standing(location, chosen)
        can = np.array([limits.allow(location, np.append(chosen, each)) for each in range(location.candidates)], dtype=bool)
        gain[serve | ~can] = 0.0
        if not gain.any():
            value = float(location.weight[count >= TWICE].sum())
            return Quick(np.sort(chosen), value, nearest(location, chosen)[0])
        chosen = np.append(chosen, int(np.argmax(gain)))


def _capacitated(location: Location, limits: Limits, effort: Effort) -> Quick:
    sites, assigned = greedy_served(location, limits, effort)
    return Quick(sites, float(location.weight[assigned != NOBODY].sum()), assigned)


def _searched(ranked: Ranked, location: Location, limits: Limits, effort: Effort, start: Ints | None = None) -> Ints:
    """Choose greedily, exchange, and leave out who serves nobody."""
    sites = greedy(ranked, location.price, sites=limits.sites, budget=limits.budget) if start is None else start
    if limits.budget is None:
        sites = exchange(ranked, fill_up(ranked, sites, limits.sites or 0)[: limits.sites], effort)
    else:
        sites = exchange(ranked, sites, effort, price=location.price, budget=limits.budget)
    return np.intersect1d(sites, ranked.served(sites).owner)


QUICK: Mapping[str, Callable[[Location, Limits, Effort], Quick]] = {
    "lscp": _lscp,
    "mclp": _mclp,
    "p_median": _median,
    "p_centre": _centre,
    "backup": _backup,
    "capacitated_mclp": _capacitated,
}
"""Each model's quick answer."""

LEAST = {"lscp", "p_median", "p_centre"}
"""Models that want the least; the others want the most."""
