"""What each chosen site is worth: what it adds after those before it, and what would be lost without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from geogrid.sitingasked import BY_WAY

if TYPE_CHECKING:
    from geogrid.locating.problem import Location, Pairs
    from geogrid.sitingproblem import Demand, Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Chosen sites in the order of their gain.

    Attributes
    ----------
    chosen : array of int
        Candidates, the one with the largest gain first, each gain counted after those before it.
    gain, lost : array of float
        In what the model aims at: weight covered, weight covered twice, or weight × metres saved.
    covers, leaves : array of float
        Weight that becomes covered by it after those before it; weight that would be uncovered without it.
    first : array of int, one a household
        The place in this order of the first site that covers a household uncovered today; -1 for none.
    """

    chosen: Ints
    gain: Floats
    lost: Floats
    covers: Floats
    leaves: Floats
    first: Ints


class _Worth(Protocol):
    """Something that sites are worth, with the sites taken so far."""

    def gain(self, site: int) -> float: ...

    def take(self, site: int) -> None: ...

    def lost(self, site: int) -> float: ...


@dataclass(frozen=True, eq=False)
class _Columns:
    """Pairs of some candidates, each found at once."""

    begin: Ints
    demand: Ints
    cost: Floats

    @classmethod
    def of(cls, pairs: Pairs, candidates: int) -> _Columns:
        order = np.argsort(pairs.candidate, kind="stable")
        begin = np.searchsorted(pairs.candidate[order], np.arange(candidates + 1))
        return cls(begin.astype(np.int64), pairs.demand[order], pairs.cost[order])

    def at(self, site: int) -> slice:
        return slice(int(self.begin[site]), int(self.begin[site + 1]))


@dataclass(frozen=True, eq=False)
class _Covered:
    """Weight covered so many times: ``times`` counts by whom each household is covered."""

    weight: Floats
    columns: _Columns
    times: Ints
    enough: int = 1

    def _sum(self, site: int, times: int) -> float:
        rows = self.columns.demand[self.columns.at(site)]
        return float(self.weight[rows[self.times[rows] == times]].sum())

    def gain(self, site: int) -> float:
        return self._sum(site, self.enough - 1)

    def take(self, site: int) -> None:
        self.times[self.columns.demand[self.columns.at(site)]] += 1

    def lost(self, site: int) -> float:
        return self._sum(site, self.enough)


@dataclass(frozen=True, eq=False)
class _Saved:
    """Weight × metres saved: ``best`` and ``second`` are each household's ways to the nearest two of what serves it."""

    weight: Floats
    columns: _Columns
    best: Floats
    second: Floats

    def _at(self, site: int) -> tuple[Ints, Floats]:
        at = self.columns.at(site)
        return self.columns.demand[at], self.columns.cost[at]

    def gain(self, site: int) -> float:
        rows, cost = self._at(site)
        return float((self.weight[rows] * np.maximum(self.best[rows] - cost, 0.0)).sum())

    def take(self, site: int) -> None:
        rows, cost = self._at(site)
        self.second[rows] = np.minimum(np.maximum(self.best[rows], cost), self.second[rows])
        self.best[rows] = np.minimum(self.best[rows], cost)

    def lost(self, site: int) -> float:
        rows, cost = self._at(site)
        return float((self.weight[rows] * (self.second[rows] - cost))[cost <= self.best[rows]].sum())


def ranked(problem: Problem, demand: Demand, chosen: Ints, *, model: str) -> Ranked:
    """Put the chosen sites in the order of their gain.

    Parameters
    ----------
    problem : Problem
    demand : Demand
    chosen : array of int
        Candidates.
    model : str
        Says what a gain is: of `BY_WAY`, weight × metres saved (a household without any way counts as if its way were the
        longest there is); of ``backup``, weight covered twice; else weight covered.

    Returns
    -------
    Ranked
        Of equal gains, the smaller candidate first.
    """
    aim, again = _worth(problem, demand, model), _worth(problem, demand, "")
    left, order, gain, covers = [int(each) for each in chosen], list[int](), list[float](), list[float]()
    first = np.full(len(demand.weight), -1, dtype=np.int64)
    columns = _Columns.of(problem.within, len(problem.usable))
    while left:
        worth = [(-aim.gain(site), -again.gain(site), site) for site in left]
        best, covered, site = min(worth)
        rows = columns.demand[columns.at(site)]
        first[rows[~demand.covered[rows] & (first[rows] < 0)]] = len(order)
        for each in (aim, again):
            each.take(site)
        left.remove(site)
        order.append(site)
        gain.append(-best)
        covers.append(-covered)
    return Ranked(
        chosen=np.array(order, dtype=np.int64),
        gain=np.array(gain, dtype=np.float64),
        lost=np.array([aim.lost(site) for site in order], dtype=np.float64),
        covers=np.array(covers, dtype=np.float64),
        leaves=np.array([again.lost(site) for site in order], dtype=np.float64),
        first=first,
    )


def _worth(problem: Problem, demand: Demand, model: str) -> _Worth:
    size = len(problem.usable)
    if model in BY_WAY:
        return _saved(problem.location, size)
    if model == "backup":
        times = _times(problem.location, size)
        return _Covered(demand.weight, _Columns.of(problem.within, size), times, enough=2)
    return _Covered(demand.weight, _Columns.of(problem.within, size), demand.covered.astype(np.int64))


def _times(location: Location, size: int) -> Ints:
    """Return how many times what stands covers each household."""
    stands = location.pairs.candidate >= size
    return np.bincount(location.pairs.demand[stands], minlength=len(location.weight)).astype(np.int64)


def _saved(location: Location, size: int) -> _Saved:
    pairs = location.pairs
    longest = float(pairs.cost.max(initial=0.0))
    stands = pairs.candidate >= size
    best = np.full(len(location.weight), longest)
    best[pairs.demand[stands]] = pairs.cost[stands]
    second = np.full(len(best), longest)
    return _Saved(location.weight, _Columns.of(pairs, location.candidates), best, second)
