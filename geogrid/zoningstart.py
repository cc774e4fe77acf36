"""Good zones at once: villages are dealt out to centres in the best way there is, centres move, and some are tried elsewhere.

Dealing villages out to centres with a lowest and a highest number is an assignment of villages to seats, which is solved exactly;
centres then move to the middle of their villages (Cooper 1964, "Heuristic methods for location-allocation problems").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from geogrid.zoning import NONE, pieces

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.zoning import Zoning

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

DEALS, DEALS_A_VILLAGE = 200, 8
"""How often villages are dealt out at an effort of 1, at most."""
NEAR = 12
"""A centre is tried at one of so many places that are nearest to it."""
FAR_SHARE = 0.5
TWO_SHARE = 0.3
"""How often a centre is tried anywhere, and how often two are tried elsewhere together."""


@dataclass(frozen=True, eq=False)
class Dealt:
    """Villages dealt out to centres: ``centre`` of each village (`NONE` for none), and what that is worth."""

    centre: Ints
    worth: float


def search(
    zoning: Zoning, number: int, worth: Floats, effort: Effort, *, start: Ints | None = None, seed: int = 0
) -> Ints | None:
    """Return good zones, by the centre of each village; None where none were found that keep the bounds.

    Parameters
    ----------
    zoning : Zoning
        Bounds on people and borders are not looked for, only tested.
    number : int
        How many zones.
    worth : array of float, one a village
        What a village in a zone counts; more than all ways together where placing it matters first.
    effort : Effort
    start : array of int, optional
        Zones to begin with.
    seed : int
        Where chances begin.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.zoning import Zoning
    >>> ways = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))) * 1000
    >>> line = Zoning(np.where(ways <= 1000, ways, np.inf), np.arange(4), np.ones(4), 2, 3)
    >>> len(np.unique(search(line, 2, np.full(4, 1e5), Effort())))
    2
    """
    rng, table = np.random.default_rng(seed), _Table(zoning, worth)
    if not 0 < number <= len(table.centres):
        return None
    places = table.scattered(number, rng) if start is None else np.unique(start[start != NONE])
    best: Dealt | None = None
    for done in range(max(int(min(DEALS, DEALS_A_VILLAGE * zoning.villages) * effort.work), 1)):
        if done and not effort.goes_on():
            break
        dealt = table.deal(places)
        if dealt is not None and (best is None or dealt.worth > best.worth) and zoning.fits(dealt.centre):
            best = dealt
        moved = places if dealt is None else table.middles(dealt, places)
        again = dealt is not None and (best is None or dealt is best) and not np.array_equal(moved, places)
        base = places if best is None else np.unique(best.centre[best.centre != NONE])
        places = moved if again else table.tried(base, rng)
    return None if best is None else best.centre


class _Table:
    """The distances of a problem, ready for dealing."""

    def __init__(self, zoning: Zoning, worth: Floats) -> None:
        self._zoning, self._worth = zoning, worth
        self._ways = np.where(zoning.usable, zoning.metres, np.inf)
        self.centres = np.flatnonzero(zoning.usable.any(axis=1))
        farthest = float(self._ways[np.isfinite(self._ways)].max()) if len(self.centres) else 0.0
        self._apart = np.where(np.isfinite(self._ways), self._ways, 2 * farthest + 1)[:, zoning.home]
        self._seat = (float(worth.max()) + farthest + 1) * zoning.villages

    def scattered(self, number: int, rng: np.random.Generator) -> Ints:
        """Return centres far from each other, by chance."""
        chosen = [int(rng.choice(self.centres))]
        while len(chosen) < number:
            far = self._apart[chosen][:, self.centres].min(axis=0) ** 2
            far[np.isin(self._zoning.home[self.centres], self._zoning.home[chosen])] = 0
            if not far.any():
                far[~np.isin(self.centres, chosen)] = 1
            chosen.append(int(rng.choice(self.centres, p=far / far.sum())))
        return np.unique(chosen)

    def deal(self, places: Ints) -> Dealt | None:
        """Deal villages out to centres; None where a zone stays below its lowest number."""
        zoning = self._zoning
        homes = zoning.home[places]
        if len(np.unique(homes)) < len(homes):
            return None
        rest = np.setdiff1d(np.arange(zoning.villages), homes)
        seats = np.concatenate([np.full(zoning.low - 1, self._seat), np.zeros(zoning.high - zoning.low)])
        gain = self._worth[rest][:, None] - self._ways[np.ix_(places, rest)].T
        gain = np.where(np.isfinite(gain), gain, -2 * self._seat)
        table = np.repeat(gain, zoning.high - 1, axis=1) + np.tile(seats, len(places))
        centre = np.full(zoning.villages, NONE)
        centre[homes] = places
        if table.size:
            village, seat = linear_sum_assignment(table, maximize=True)
            kept = np.repeat(gain, zoning.high - 1, axis=1)[village, seat] > -self._seat
            centre[rest[village[kept]]] = places[seat[kept] // (zoning.high - 1)]
        centre = self._hanging(centre, places)
        placed = centre[centre != NONE]
        sizes = np.bincount(placed, minlength=len(zoning.home))[places]
        worth = float(self._worth[centre != NONE].sum()) - zoning.ways_m(centre)
        return Dealt(centre, worth) if (sizes >= zoning.low).all() else None

    def _hanging(self, centre: Ints, places: Ints) -> Ints:
        """Return the zones without the villages that lie apart from their centre's, joined to others where they can."""
        zoning, kept = self._zoning, centre.copy()
        if zoning.beside is None:
            return kept
        for place in places:
            members = np.flatnonzero(centre == place)
            for piece in pieces(members, zoning.beside):
                if zoning.home[place] not in piece:
                    kept[piece] = NONE
        sizes = np.bincount(kept[kept != NONE], minlength=len(zoning.home))
        waiting = True
        while waiting:
            waiting = False
            for village in np.flatnonzero(kept == NONE):
                near = np.unique(kept[zoning.beside[village] & (kept != NONE)])
                near = near[(sizes[near] < zoning.high) & np.isfinite(self._ways[near, village])]
                if len(near):
                    best = int(near[self._ways[near, village].argmin()])
                    kept[village], waiting = best, True
                    sizes[best] += 1
        return kept

    def middles(self, dealt: Dealt, places: Ints) -> Ints:
        """Return for each zone the centre from which its villages are nearest."""
        return np.unique([self._middle(np.flatnonzero(dealt.centre == place), place) for place in places])

    def _middle(self, members: Ints, place: int) -> int:
        inside = np.flatnonzero(np.isin(self._zoning.home, members))
        ways = self._ways[np.ix_(inside, members)].sum(axis=1)
        best = int(ways.argmin())
        return int(inside[best]) if np.isfinite(ways[best]) else place

    def tried(self, places: Ints, rng: np.random.Generator) -> Ints:
        """Return the centres with one or two of them somewhere else."""
        tried = list(places)
        for _ in range(2 if rng.random() < TWO_SHARE else 1):
            at = int(rng.integers(len(tried)))
            near = np.argsort(self._apart[tried[at]][self.centres], kind="stable")[: NEAR + 1]
            other = int(rng.choice(self.centres if rng.random() < FAR_SHARE else self.centres[near]))
            if self._zoning.home[other] not in self._zoning.home[tried]:
                tried[at] = other
        return np.unique(tried)
