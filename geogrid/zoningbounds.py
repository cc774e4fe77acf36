"""The shortest ways to so many centres: a bound by prices on the villages, what cannot be in a better answer, and then the proof.

Each village gets a price for being in a zone; with prices, every centre takes by itself the villages that pay most for their way
(Lagrangian relaxation of a capacitated p-median problem: Fisher 1981, "The Lagrangian relaxation method for solving integer
programming problems"). Prices move until the bound is high; centres and pairs whose cost puts the bound above what is known
already are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.zoning import CLOSE, NONE, Aim, aim_of
from geogrid.zoningexact import Asked, settle
from geogrid.zoningstart import search

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.zoning import Zoning

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

PRICINGS = 600
"""How often prices move, at an effort of 1."""
PATIENCE = 15
"""After so many moves without a better bound, the steps get half as long."""
LONGEST, SHORTEST = 1.5, 1e-3
MOST_PAIRS = 2_500
"""Problems with more pairs left are not taken to the solver: their gap stays as it is."""
NODES = 500
PATCH, SWEEPS = 5, 6
"""So many zones that lie together are made better at a time, everywhere up to so often at an effort of 1."""


class Priced(NamedTuple):
    """A bound on the ways, and which pairs of a centre and a village a better answer may still use."""

    bound: float
    open: Bools


class Shortened(NamedTuple):
    """Zones with short ways: the centre of each village, what is proven of them, and the nodes looked at."""

    centre: Ints
    ways: Aim
    nodes: int


def shorten(zoning: Zoning, start: Ints, effort: Effort, *, seed: int = 0) -> Shortened:
    """Return the same number of zones of the same villages with the shortest ways.

    Parameters
    ----------
    zoning : Zoning
    start : array of int
        Zones that keep every bound, by the centre of each village; all villages are placed.
    effort : Effort
    seed : int

    Examples
    --------
    Four villages on a line, 1 km apart:

    >>> from geogrid.effort import Effort
    >>> from geogrid.zoning import Zoning
    >>> ways = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))) * 1000
    >>> line = Zoning(np.where(ways <= 2000, ways, np.inf), np.arange(4), np.ones(4), 2, 2)
    >>> shorten(line, np.array([0, 1, 0, 1]), Effort()).ways
    Aim(value=2000.0, bound=2000.0, proof='optimal')
    """
    number = len(np.unique(start))
    best = _dealt(zoning, start, effort, seed)
    nodes = 0
    if number > PATCH:
        best, nodes = _patched(zoning, best, effort)
    done = _proven(zoning, best, effort)
    return done._replace(nodes=done.nodes + nodes)


def _dealt(zoning: Zoning, start: Ints, effort: Effort, seed: int) -> Ints:
    """Return zones with shorter ways, found by dealing villages out again."""
    worth = np.full(zoning.villages, (float(zoning.metres[zoning.usable].max()) + 1) * (zoning.villages + 1))
    tried = search(zoning, len(np.unique(start)), worth, effort, start=start, seed=seed)
    if tried is None or (tried == NONE).any() or zoning.ways_m(tried) >= zoning.ways_m(start):
        return start
    return tried


def _patched(zoning: Zoning, start: Ints, effort: Effort) -> tuple[Ints, int]:
    """Return zones of which no few that lie together can be made better by themselves, and the nodes that took."""
    best, nodes, same = start.copy(), 0, set[tuple[int, ...]]()
    for _ in range(max(int(SWEEPS * effort.work), 1)):
        before = zoning.ways_m(best)
        for centre in np.unique(best):
            near = _together(zoning, best, int(centre))
            villages = np.flatnonzero(np.isin(best, near))
            key = tuple(best[villages].tolist())
            if key in same or not effort.goes_on():
                continue
            inner, centres = zoning.part(villages)
            done = _proven(inner, np.searchsorted(centres, best[villages]), effort)
            best[villages] = centres[done.centre]
            nodes += done.nodes
            same.add(tuple(best[villages].tolist()))
        if zoning.ways_m(best) >= before - CLOSE:
            break
    return best, nodes


def _together(zoning: Zoning, zones: Ints, centre: int) -> Ints:
    """Return the centres of a zone and of those that are nearest to it."""
    used = np.unique(zones)
    apart = zoning.metres[np.ix_(used, np.flatnonzero(zones == centre))].min(axis=1, initial=np.inf)
    return used[np.lexsort((used, apart, used != centre))[:PATCH]]


def _proven(zoning: Zoning, start: Ints, effort: Effort) -> Shortened:
    """Return the best zones that the solver finds in what a bound leaves open."""
    number, best, value = len(np.unique(start)), start, zoning.ways_m(start)
    priced = price(zoning, number, value, effort)
    bound, nodes = priced.bound, 0
    if bound < value - CLOSE and priced.open.sum() <= MOST_PAIRS and effort.goes_on():
        left = replace(zoning, metres=np.where(priced.open, zoning.metres, np.inf))
        found = settle(left, Asked("ways", number, number, all_placed=True), effort, start=best, nodes=NODES)
        nodes = found.nodes
        if found.centre is not None and zoning.ways_m(found.centre) < value:
            best, value = found.centre, zoning.ways_m(found.centre)
        proven = value if found.status == "infeasible" else found.bound
        bound = max(bound, min(proven, value)) if np.isfinite(proven) else bound
    return Shortened(best, aim_of(value, bound), nodes)


def price(zoning: Zoning, number: int, known: float, effort: Effort) -> Priced:
    """Return a bound on the ways of so many zones that place every village, given an answer's ``known`` metres."""
    ways = np.where(zoning.usable, zoning.metres, np.inf)
    prices = np.where(np.isfinite(ways), ways, -np.inf).max(axis=0) / 2
    best, open_, step, waited = -np.inf, np.isfinite(ways), LONGEST, 0
    for _ in range(max(int(PRICINGS * effort.work), 1)):
        taken = _take(zoning, ways - prices, number)
        bound = float(prices.sum() + taken.cost[taken.chosen].sum())
        open_ &= _may_be(ways - prices, taken, known - bound)
        waited = 0 if bound > best + abs(best) * 1e-6 else waited + 1
        best = max(best, bound)
        slack = 1.0 - taken.villages[taken.chosen].sum(axis=0)
        if not slack.any() or best >= known or step < SHORTEST or not effort.goes_on():
            break
        step, waited = (step / 2, 0) if waited > PATIENCE else (step, waited)
        prices = prices + step * (max(known, bound) - bound + 1e-3) / float(slack @ slack) * slack
    return Priced(min(best, known), open_)


class _Taken(NamedTuple):
    """What each centre takes at given prices: its cost, its villages, what one more may cost, and the cheapest centres."""

    cost: Floats
    villages: Bools
    last: Floats
    chosen: Ints
    next: float


def _take(zoning: Zoning, reduced: Floats, number: int) -> _Taken:
    at = np.arange(len(zoning.home))
    own = reduced[at, zoning.home]
    rest = reduced.copy()
    rest[at, zoning.home] = np.inf
    many = min(zoning.high - 1, zoning.villages - 1)
    order = np.argsort(rest, axis=1, kind="stable")[:, :many]
    cheapest = np.take_along_axis(rest, order, axis=1)
    wanted = (cheapest < 0) | (np.arange(many) < zoning.low - 1)
    cost = own + np.where(wanted, cheapest, 0.0).sum(axis=1)
    villages = np.zeros(reduced.shape, dtype=bool)
    np.put_along_axis(villages, order, wanted, axis=1)
    villages[at, zoning.home] = True
    # A further village pushes the dearest out where the zone is full, or had to take it.
    last = np.maximum(np.where(wanted, cheapest, -np.inf).max(axis=1, initial=0.0), 0.0)
    full = wanted.all(axis=1) & (many == zoning.high - 1)
    last = np.where(full, cheapest[:, -1] if many else -np.inf, last)
    last = np.where(np.isfinite(cost), last, 0.0)
    ranked = np.argsort(cost, kind="stable")
    return _Taken(cost, villages, last, ranked[:number], float(cost[ranked[number - 1]]))


def _may_be(reduced: Floats, taken: _Taken, room: float) -> Bools:
    """Return which pairs an answer may use that is better than the one known, by no more than the room above the bound."""
    dearer = np.maximum(taken.cost - taken.next, 0.0)
    dearer[taken.chosen] = 0.0
    extra = np.where(taken.villages, 0.0, np.maximum(reduced - taken.last[:, None], 0.0))
    may: Bools = dearer[:, None] + extra <= max(room, 0.0) + 1e-6 * (1 + abs(room))
    return may
