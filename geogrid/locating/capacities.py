"""A first choice of sites that can serve only so much: each time the one that serves most of who is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.problem import NOBODY
from geogrid.locating.ranked import TINY

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.exactparts import Limits
    from geogrid.locating.problem import Floats, Ints, Location


def greedy_served(location: Location, limits: Limits, effort: Effort) -> tuple[Ints, Ints]:
    """Choose sites and let each serve the nearest that it has room for, each demand whole.

    Parameters
    ----------
    location : Location
    limits : Limits
    effort : Effort

    Returns
    -------
    tuple of array of int
        The new sites, ascending, and who serves each demand (-1 for nobody).

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.exactparts import Limits
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([1.0, 2, 3]))
    >>> sites, assigned = greedy_served(Location.of([3, 2, 2], pairs, 1, capacity=[4]), Limits(1, None), Effort())
    >>> sites.tolist(), assigned.tolist()
    ([0], [0, -1, -1])
    """
    work = _Work(location)
    for site in np.flatnonzero(location.fixed).tolist():
        work.serve(site)
    chosen: list[int] = []
    while effort.goes_on():
        best = _best(work, location, limits, chosen)
        if best is None:
            break
        chosen.append(best)
        work.serve(best)
    used = np.unique(work.assigned[work.assigned != NOBODY])
    return np.intersect1d(chosen, used).astype(np.int64), work.assigned


def _best(work: _Work, location: Location, limits: Limits, chosen: list[int]) -> int | None:
    if limits.sites is not None and len(chosen) >= limits.sites:
        return None
    gain = work.gain()
    gain[location.fixed] = 0
    gain[chosen] = 0
    if limits.budget is not None:
        gain[location.price > limits.budget - location.price[chosen].sum() + TINY] = 0
        gain /= np.maximum(location.price, 1e-12)
    return int(np.argmax(gain)) if (gain > 0).any() else None


class _Work:
    """Who is served so far; pairs are held candidate by candidate, the nearest first."""

    def __init__(self, location: Location) -> None:
        pairs = location.pairs
        fits = (location.weight[pairs.demand] > 0) & (location.weight[pairs.demand] <= location.capacity[pairs.candidate])
        kept = np.flatnonzero(fits)
        order = kept[np.lexsort((pairs.demand[kept], pairs.cost[kept], pairs.candidate[kept]))]
        self.location, self.demand, self.candidate = location, pairs.demand[order], pairs.candidate[order]
        self.bounds = np.searchsorted(self.candidate, np.arange(location.candidates + 1))
        self.assigned = np.full(len(location.weight), NOBODY, dtype=np.int64)

    def gain(self) -> Floats:
        """Return what each candidate could serve of who is left, at most."""
        free = self.assigned[self.demand] == NOBODY
        weight = self.location.weight[self.demand[free]]
        reached = np.bincount(self.candidate[free], weight, self.location.candidates)
        return np.minimum(reached, self.location.capacity)

    def serve(self, site: int) -> None:
        """Let a site serve the nearest that are free and fit."""
        room, weight = float(self.location.capacity[site]), self.location.weight
        for demand in self.demand[self.bounds[site] : self.bounds[site + 1]].tolist():
            if self.assigned[demand] == NOBODY and weight[demand] <= room:
                self.assigned[demand] = site
                room -= float(weight[demand])
