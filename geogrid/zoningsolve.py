"""The two questions about zones, answered part by part: the fewest zones for all villages, the best so many by people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.zoning import CLOSE, NONE, Aim, Zoned, aim_of
from geogrid.zoningbounds import shorten
from geogrid.zoningexact import Asked, is_long_way, settle
from geogrid.zoningstart import search

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.zoning import Zoning

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

MORE = 3
"""So many zones beyond the least that could do are tried one by one before the whole question is put to the solver."""


class _Part(NamedTuple):
    """Villages that share centres: their problem, and where villages and centres stand in the whole."""

    zoning: Zoning
    villages: Ints
    centres: Ints


class _Found(NamedTuple):
    """Zones of a part, with what is proven of how many villages they place and of the aim."""

    centre: Ints
    placed: Aim
    aim: Aim
    nodes: int


def fewest(zoning: Zoning, effort: Effort, *, seed: int = 0) -> Zoned:
    """Place every village in as few zones as possible; where not all can be placed, as many as possible.

    Parameters
    ----------
    zoning : Zoning
    effort : Effort
    seed : int
        Where chances begin.

    Examples
    --------
    Five villages on a line, 1 km apart, the last 9 km off; zones of two or three within 1 km:

    >>> from geogrid.effort import Effort
    >>> from geogrid.zoning import Zoning
    >>> at = np.array([0.0, 1, 2, 3, 12]) * 1000
    >>> ways = np.abs(np.subtract.outer(at, at))
    >>> line = Zoning(np.where(ways <= 1000, ways, np.inf), np.arange(5), np.ones(5), 2, 3)
    >>> zones = fewest(line, Effort())
    >>> zones.aim.value, zones.placed.value, zones.centre[4]
    (2, 4, np.int64(-1))
    """
    parts, found = _parts(zoning), []
    for done, part in enumerate(parts):
        found.append(_fewest(part.zoning, effort, seed))
        effort.report((done + 1) / len(parts) / 2, sum(each.aim.value for each in found))
    return _joined(zoning, list(zip(parts, found, strict=True)), effort, seed)


def best(zoning: Zoning, number: int, effort: Effort, *, seed: int = 0) -> Zoned:
    """Place as many people as possible in at most so many zones.

    Parameters
    ----------
    zoning : Zoning
    number : int
        How many zones.
    effort : Effort
    seed : int

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.zoning import Zoning
    >>> at = np.array([0.0, 1, 2, 3, 4]) * 1000
    >>> ways = np.abs(np.subtract.outer(at, at))
    >>> line = Zoning(np.where(ways <= 1000, ways, np.inf), np.arange(5), np.array([9.0, 1, 1, 9, 9]), 2, 3)
    >>> zones = best(line, 1, Effort())
    >>> zones.aim, np.flatnonzero(zones.centre != -1).tolist()
    (Aim(value=19.0, bound=19.0, proof='optimal'), [2, 3, 4])
    """
    parts = _parts(zoning)
    curves = [_Curve(part.zoning, number, seed) for part in parts]
    is_first = True  # something to show, however soon it is stopped
    while is_first or effort.goes_on():
        is_first = False
        shares = _shared([curve.bounds for curve in curves], number)
        open_ = [(curve, k) for curve, k in zip(curves, shares, strict=True) if curve.is_open(k)]
        if not open_:
            break
        for curve, k in open_:
            curve.mend(k, effort)
        effort.report(0.25, _total(curves, number, "values"), _total(curves, number, "bounds"))
    shares = _shared([curve.values for curve in curves], number)
    chosen = [curve.found(k) for curve, k in zip(curves, shares, strict=True)]
    bound = _total(curves, number, "bounds")
    joined = _joined(zoning, list(zip(parts, chosen, strict=True)), effort, seed)
    value = float(zoning.people[joined.centre != NONE].sum())
    placed = Aim(joined.placed.value, zoning.villages, "found")
    nodes = sum(curve.nodes for curve in curves) + joined.work["nodes"]
    return replace(joined, placed=placed, aim=aim_of(value, bound, is_most=True), work={**joined.work, "nodes": nodes})


def _parts(zoning: Zoning) -> list[_Part]:
    return [_Part(part, villages, centres) for villages in zoning.parts() for part, centres in [zoning.part(villages)]]


def _joined(zoning: Zoning, found: Sequence[tuple[_Part, _Found]], effort: Effort, seed: int) -> Zoned:
    """Shorten the ways of each part, and put the parts together."""
    centre = np.full(zoning.villages, NONE)
    ways, bound, nodes = 0.0, 0.0, 0
    for done, (part, each) in enumerate(found):
        placed = np.flatnonzero(each.centre != NONE)
        nodes += each.nodes
        if not len(placed):
            continue
        inner, centres = part.zoning.part(placed)
        start = np.searchsorted(centres, each.centre[placed])
        short = shorten(inner, start, effort, seed=seed)
        centre[part.villages[placed]] = part.centres[centres[short.centre]]
        ways, bound, nodes = ways + short.ways.value, bound + short.ways.bound, nodes + short.nodes
        effort.report(0.5 + (done + 1) / len(found) / 2, ways, bound)
    aims = (_summed([each.aim for _, each in found]), _summed([each.placed for _, each in found], is_most=True))
    return Zoned(centre, aims[1], aims[0], aim_of(ways, bound), {"parts": len(found), "nodes": nodes})


def _summed(aims: Sequence[Aim], *, is_most: bool = False) -> Aim:
    return aim_of(sum(aim.value for aim in aims), sum(aim.bound for aim in aims), is_most=is_most)


# Fewest


def _fewest(zoning: Zoning, effort: Effort, seed: int) -> _Found:
    """Try the least number of zones that could do, and a few more; then leave the question to the solver."""
    every, proven, nodes = zoning.villages, _least_zones(zoning), 0
    fallback: Ints | None = None
    for number in range(proven, min(proven + MORE, every // zoning.low) + 1):
        tried = search(zoning, number, _first(zoning), effort, seed=seed)
        fallback = _better(fallback, tried)
        if tried is None or (tried == NONE).any():
            exact = settle(zoning, Asked("ways", number, number, all_placed=True), effort)
            tried, nodes = exact.centre, nodes + exact.nodes
            proven += exact.status == "infeasible" and proven == number
        if tried is not None and (tried != NONE).all():
            return _Found(tried, Aim(every, every, "optimal"), aim_of(number, proven), nodes)
    return _most_villages(zoning, fallback, effort, nodes)


def _least_zones(zoning: Zoning) -> int:
    """Return how many zones it takes at least to hold all villages."""
    peopled = np.ceil(zoning.people.sum() / zoning.most - CLOSE) if np.isfinite(zoning.most) else 0
    return max(int(-(-zoning.villages // zoning.high)), int(peopled), 1)


def _first(zoning: Zoning) -> Floats:
    """Return worths by which one village more counts more than all ways."""
    farthest = float(zoning.metres[zoning.usable].max())
    return np.full(zoning.villages, (farthest + 1) * (zoning.villages + 1))


def _better(one: Ints | None, other: Ints | None) -> Ints | None:
    """Return which zones place more villages; of equals the one."""
    if one is None or other is None:
        return other if one is None else one
    return other if (other != NONE).sum() > (one != NONE).sum() else one


def _most_villages(zoning: Zoning, start: Ints | None, effort: Effort, nodes: int) -> _Found:
    """Place the most villages and, of these, in the fewest zones."""
    most = zoning.villages // zoning.low
    exact = settle(zoning, Asked("villages", 0, most), effort, start=start)
    centre = exact.centre if exact.centre is not None else start
    centre = np.full(zoning.villages, NONE) if centre is None else centre
    zones, placed = len(np.unique(centre[centre != NONE])), int((centre != NONE).sum())
    # The solver's value is (most + 1) · villages − zones.
    highest = exact.bound if np.isfinite(exact.bound) else float((most + 1) * zoning.villages)
    villages = min(int(np.floor((highest + most + CLOSE) / (most + 1))), zoning.villages)
    fewest_ = int(np.ceil((most + 1) * placed - highest - CLOSE)) if villages == placed else 0
    is_best = exact.status == "optimal"
    aims = aim_of(placed, placed if is_best else villages, is_most=True), aim_of(zones, zones if is_best else max(fewest_, 0))
    return _Found(centre, *aims, nodes + exact.nodes)


# Best


@dataclass
class _Curve:
    """How many people a part can place by the number of its zones: what was found, and what cannot be beaten."""

    zoning: Zoning
    number: int
    seed: int

    def __post_init__(self) -> None:
        """Begin with nobody, and with the largest villages."""
        self.nodes = 0
        most = min(self.number, self.zoning.villages // self.zoning.low)
        largest = np.cumsum(np.sort(self.zoning.people)[::-1])
        ends = np.minimum(np.arange(most + 1) * self.zoning.high, self.zoning.villages)
        self.bounds = np.where(ends > 0, largest[ends - 1], 0.0)
        if np.isfinite(self.zoning.most):
            self.bounds = np.minimum(self.bounds, np.arange(most + 1) * self.zoning.most)
        self.values = np.zeros(most + 1)
        self._zones = [np.full(self.zoning.villages, NONE) for _ in range(most + 1)]
        self._asked = np.zeros(most + 1, dtype=int)

    def is_open(self, k: int) -> bool:
        """Return whether more can be found out about so many zones."""
        return bool(self.bounds[k] > self.values[k] + CLOSE and self._asked[k] < 2)  # noqa: PLR2004 - searched, then settled

    def mend(self, k: int, effort: Effort) -> None:
        """Look for better zones or, when that was done, ask the solver."""
        self._asked[k] += 1
        if self._asked[k] == 1:
            farthest = float(self.zoning.metres[self.zoning.usable].max())
            worth = self.zoning.people * (farthest + 1) * (self.zoning.villages + 1)
            found = search(self.zoning, k, worth, effort, seed=self.seed)
            if found is not None:
                self._keep(k, found)
            return
        start = self._zones[k] if (self._zones[k] != NONE).any() else None
        # Of many villages that must hang together, the bound is that of zones that need not.
        whole = replace(self.zoning, beside=None) if is_long_way(self.zoning) else self.zoning
        exact = settle(whole, Asked("people", 0, k), effort, start=start)
        self.nodes += exact.nodes
        if exact.centre is not None and self.zoning.fits(exact.centre):
            self._keep(k, exact.centre)
        bound = exact.value if exact.status == "optimal" else exact.bound
        if np.isfinite(bound):
            self.bounds[: k + 1] = np.minimum(self.bounds[: k + 1], max(bound, self.values[k]))

    def found(self, k: int) -> _Found:
        """Return the zones of so many."""
        centre = self._zones[k]
        placed = int((centre != NONE).sum())
        return _Found(centre, aim_of(placed, placed), aim_of(self.values[k], self.bounds[k], is_most=True), 0)

    def _keep(self, k: int, centre: Ints) -> None:
        """Keep zones for their number and, where they are better, for larger numbers."""
        value = float(self.zoning.people[centre != NONE].sum())
        for more in range(k, len(self.values)):
            if value > self.values[more] + CLOSE:
                self.values[more], self._zones[more] = value, centre


def _shared(worth: Sequence[Floats], number: int) -> list[int]:
    """Return how many zones each part gets, so that the worths sum to the most; of equals the fewest for the last parts."""
    best_, chosen = np.zeros(number + 1), []
    for curve in worth:
        table = np.full((number + 1, len(curve)), -np.inf)
        for k, value in enumerate(curve):
            table[k:, k] = best_[: number + 1 - k] + value
        chosen.append(table.argmax(axis=1))
        best_ = table.max(axis=1)
    left, shares = number, []
    for picks in reversed(chosen):
        shares.append(int(picks[left]))
        left -= shares[-1]
    return shares[::-1]


def _total(curves: Sequence[_Curve], number: int, name: str) -> float:
    worths = [getattr(curve, name) for curve in curves]
    return float(sum(worth[k] for worth, k in zip(worths, _shared(worths, number), strict=True)))
