"""Better sites by exchange: one out, one in, as long as it helps.

Teitz and Bart (1968), "Heuristic methods for estimating the generalized vertex median of a weighted graph", Operations Research
16; the sums that value all exchanges at once are those of Resende and Werneck (2007), "A fast swap-based local search procedure
for location problems", Annals of Operations Research 150.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.problem import NOBODY
from geogrid.locating.ranked import TINY

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Floats, Ints
    from geogrid.locating.ranked import Ranked

MOST = 1000
"""Exchanges at an effort of 1."""


def exchange(ranked: Ranked, sites: Ints, effort: Effort, *, price: Floats | None = None, budget: float = np.inf) -> Ints:
    """Exchange one site for one candidate as long as the sum of what each demand costs falls.

    Parameters
    ----------
    ranked : Ranked
    sites : array of int
        The sites to begin with; none that stands already.
    effort : Effort
        A unit of work is an exchange, `MOST` at an effort of 1.
    price, budget : array of float and float, optional
        What each candidate costs, and how much money there is.

    Returns
    -------
    array of int
        As many sites, ascending; no single exchange makes them better, unless the work ended before.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> from geogrid.locating.ranked import Ranked
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> exchange(Ranked.of_cover(Location.of([10, 20, 5], pairs, 2)), np.array([1]), Effort()).tolist()
    [0]
    """
    swaps = _Swaps(ranked, np.sort(np.asarray(sites, dtype=np.int64)))
    least = TINY * max(float(ranked.far.sum()), 1e-300)
    for _ in range(int(MOST * effort.work)):
        if not len(swaps.sites) or not effort.goes_on():
            return swaps.sites
        best = swaps.best(least, price, budget)
        if best is None:
            return swaps.sites
        swaps.make(*best)
    return swaps.sites


class _Swaps:
    """What each exchange saves, kept up to date: only demands whose nearest two sites change are looked at again.

    The table has a row a place among the sites, not a site, so that an exchange changes one row's owner.
    """

    def __init__(self, ranked: Ranked, sites: Ints) -> None:
        self.ranked, self.places = ranked, sites.copy()
        self.row = np.full(ranked.candidates + 1, NOBODY)
        self.row[sites] = np.arange(len(sites))
        self.served = ranked.served(sites)
        self.fresh()

    @property
    def sites(self) -> Ints:
        return np.sort(self.places)

    def fresh(self) -> None:
        """Sum all of it anew."""
        shape = (len(self.places), self.ranked.candidates)
        self.gain, self.loss, self.both = np.zeros(shape[1]), np.zeros(shape[0]), np.zeros(shape)
        self._add(np.flatnonzero(self.ranked.far > 0), 1.0)
        self.is_fresh = True

    def best(self, least: float, price: Floats | None, budget: float) -> tuple[int, int] | None:
        """Return the place and the candidate of the exchange that saves most; None where none saves anything."""
        table = self.both + self.gain[None, :]
        table -= self.loss[:, None]
        table[:, self.places] = -np.inf
        if price is not None:
            spent = price[self.places]
            table[spent.sum() - spent[:, None] + price[None, :] > budget + TINY] = -np.inf
        place, into = np.unravel_index(int(np.argmax(table)), table.shape)
        if table[place, into] > least:
            return int(place), int(into)
        if self.is_fresh:
            return None
        self.fresh()
        return self.best(least, price, budget)

    def make(self, place: int, into: int) -> None:
        """Exchange."""
        ranked, out = self.ranked, int(self.places[place])
        pairs = ranked.columns(np.array([out, into]))
        touched = np.unique(ranked.demand[pairs[ranked.cost[pairs] <= self.served.second[ranked.demand[pairs]]]])
        self._add(touched, -1.0)
        self.row[out], self.row[into], self.places[place] = NOBODY, place, into
        self.served.update(touched, ranked.served_some(self.places, touched))
        self._add(touched, 1.0)
        self.is_fresh = False

    def _add(self, whom: Ints, sign: float) -> None:
        """Add what some demands say of the exchanges, or take it away."""
        ranked, many = self.ranked, self.ranked.candidates
        first, second, place = self.served.first, self.served.second, self.row[self.served.owner[whom]]
        owned = place != NOBODY
        self.loss += sign * np.bincount(place[owned], (second - first)[whom[owned]], len(self.loss))
        pairs = ranked.rows(whom[second[whom] > 0] if ranked.is_flat else whom)
        pairs = pairs[ranked.cost[pairs] < second[ranked.demand[pairs]]]
        demand, candidate, cost = ranked.demand[pairs], ranked.candidate[pairs], ranked.cost[pairs]
        self.gain += sign * np.bincount(candidate, np.maximum(first[demand] - cost, 0), many)
        place = self.row[self.served.owner[demand]]
        owned = place != NOBODY
        again = (second[demand] - np.maximum(cost, first[demand]))[owned]
        both = np.bincount(place[owned] * many + candidate[owned], again, self.both.size)
        self.both += sign * both.reshape(self.both.shape)
