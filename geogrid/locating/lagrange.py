"""What no choice of sites can beat: the Lagrangian relaxation of median and coverage, by subgradients.

That each demand is served once is paid for by a price per demand; then each candidate is worth what it saves at these prices, and
the best sites are those worth most. Cornuéjols, Fisher and Nemhauser (1977), "Location of bank accounts to optimize float",
Management Science 23; Beasley (1985), "A note on solving large p-median problems", European Journal of Operational Research 21.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.interchange import exchange
from geogrid.locating.ranked import TINY
from geogrid.solver import SURELY

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.problem import Floats, Ints
    from geogrid.locating.ranked import Ranked

ROUNDS = 1500
"""Rounds at an effort of 1."""
STEP = 0.7
"""How far the first steps go, as a share of the way at whose end the bound would meet the value …"""
LEAST_STEP = 1e-4
"""… and the last."""
PATIENCE = 20
"""Rounds without a better bound after which steps become half as long."""
MEMORY = 0.9
"""How much of the direction before is kept: Camerini, Fratta and Maffioli (1975)."""
TRIES = 40
"""At most so many choices of the relaxation are bettered by exchanges …"""
BETWEEN = 15
"""… and not more often than once in so many rounds."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """What came of a relaxation, in the costs of `Ranked`.

    Attributes
    ----------
    sites : array of int
        The best found, ascending.
    value, bound : float
        What they cost, and what no choice can be below.
    prices : array of float, one a demand
        The prices of the best bound.
    worth : array of float, one a candidate
        What each saves at these prices, as a number of 0 and less.
    rounds : int
    """

    sites: Ints
    value: float
    bound: float
    prices: Floats
    worth: Floats
    rounds: int


@dataclass(frozen=True, eq=False)
class Known:
    """What is known before: the best sites, what they cost, and prices to begin with (from these sites if None)."""

    sites: Ints
    value: float
    prices: Floats | None = None

    @classmethod
    def of(cls, ranked: Ranked, sites: Ints) -> Known:
        """Return a choice with what it costs."""
        return cls(np.sort(sites), ranked.value(sites))


def relax(ranked: Ranked, sites: int, effort: Effort, known: Known, *, rounds: int = ROUNDS, tells: bool = True) -> Relaxed:
    """Find a bound, and better sites on the way.

    Parameters
    ----------
    ranked : Ranked
    sites : int
        How many may be chosen.
    effort : Effort
        A unit of work is a round, ``rounds`` at an effort of 1.
    known : Known
        What to begin with.
    rounds : int
    tells : bool
        Whether the effort is told how far it is.

    Returns
    -------
    Relaxed

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> from geogrid.locating.ranked import Ranked
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> ranked = Ranked.of_cover(Location.of([10, 20, 5], pairs, 2))
    >>> found = relax(ranked, 1, Effort(), Known.of(ranked, np.array([1])))
    >>> found.sites.tolist(), found.value, found.bound > 0
    ([0], 5.0, True)
    """
    search = _Search(ranked, sites, known)
    most = max(int(rounds * effort.work), 1)
    for done in range(most):
        if search.is_done() or not effort.goes_on():
            break
        search.step(effort)
        if tells and done % PATIENCE == 0:
            ranked.tell(effort, done / most, search.value, search.bound)
    return search.result()


class _Search:
    """The state of a relaxation: prices, direction, length of the step, and the best bound and sites."""

    def __init__(self, ranked: Ranked, sites: int, known: Known) -> None:
        self.ranked, self.many = ranked, min(sites, len(ranked.useful))
        self.sites, self.value = known.sites, known.value
        self.prices = ranked.served(known.sites).second if known.prices is None else np.minimum(known.prices, ranked.far)
        self.direction, self.length, self.idle, self.rounds = np.zeros(len(ranked.far)), STEP, 0, 0
        self.bound, self.best = ranked.least, np.zeros(len(ranked.far))
        self.worth = ranked.worth(self.best)
        self.tried: set[bytes] = set()

    def is_done(self) -> bool:
        """Return whether nothing is left to prove, or the steps have become too small."""
        apart = self.value - self.bound
        return apart <= TINY * abs(self.value) or apart < SURELY * self.ranked.step or self.length < LEAST_STEP

    def step(self, effort: Effort) -> None:
        """Solve the relaxed problem at these prices, and change them."""
        ranked, self.rounds = self.ranked, self.rounds + 1
        worth = ranked.worth(self.prices)
        chosen = np.sort(np.argpartition(worth, self.many - 1)[: self.many]) if self.many else ranked.useful[:0]
        bound = float(self.prices.sum() + worth[chosen].sum())
        self._note(bound, worth)
        self._better(chosen, effort)
        self._move(self._direction(chosen), bound)

    def _note(self, bound: float, worth: Floats) -> None:
        if bound > self.bound + TINY * abs(self.value):
            self.bound, self.best, self.worth, self.idle = bound, self.prices, worth, 0
        else:
            self.idle += 1
        if self.idle >= PATIENCE:
            self.length, self.idle, self.prices = self.length / 2, 0, self.best

    def _better(self, chosen: Ints, effort: Effort) -> None:
        """Take what the relaxation chose if it is better, and better it by exchanges now and then."""
        if self.rounds % BETWEEN or len(self.tried) >= TRIES or chosen.tobytes() in self.tried:
            return
        self.tried.add(chosen.tobytes())
        sites = exchange(self.ranked, chosen, effort)
        value = self.ranked.value(sites)
        if value < self.value - TINY * abs(self.value):
            self.sites, self.value = sites, value

    def _direction(self, chosen: Ints) -> Floats:
        """Return 1 less how often each demand is served."""
        ranked = self.ranked
        at = ranked.columns(chosen)
        at = at[ranked.cost[at] < self.prices[ranked.demand[at]]]
        return 1.0 - np.bincount(ranked.demand[at], minlength=len(ranked.far)).astype(np.float64)

    def _move(self, slope: Floats, bound: float) -> None:
        """Go along the slope, with a part of the way before; prices stay between 0 and what a demand costs unserved."""
        blocked = ((slope > 0) & (self.prices >= self.ranked.far)) | ((slope < 0) & (self.prices <= 0))
        slope = np.where(blocked, 0.0, slope)
        self.direction = slope + MEMORY * self.direction
        size = float(self.direction @ self.direction)
        if size > 0:
            length = self.length * max(self.value - bound, TINY) / size
            self.prices = np.clip(self.prices + length * self.direction, 0, self.ranked.far)

    def result(self) -> Relaxed:
        """Return the best."""
        return Relaxed(self.sites, self.value, min(self.bound, self.value), self.best, self.worth, self.rounds)
