"""Close the gap that a relaxation leaves: branch on candidates, with a bound for each part, until HiGHS can decide it at once."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.lagrange import Known, relax
from geogrid.locating.ranked import TINY
from geogrid.locating.remainder import left_over, remainder
from geogrid.solver import CLOSE, ROUNDING, SURELY, solve

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.lagrange import Relaxed
    from geogrid.locating.problem import Floats, Ints
    from geogrid.locating.ranked import Ranked
    from geogrid.locating.remainder import Left
    from geogrid.solver import Program, Solved

ENTRIES = {True: 20_000, False: 500}
"""What is left goes to HiGHS once it has no more pairs than this, in coverage and in other problems …"""
EASIER = 100
"""… and so many more for each part looked at before."""
ROUNDS = 80
"""Rounds of the relaxation for each part."""
LOOKS = 600_000_000
"""Pairs looked at in all parts together, at an effort of 1: ten seconds or so."""


@dataclass(frozen=True, eq=False)
class Found:
    """The best sites of a ranked problem, what they cost, and what is proven."""

    sites: Ints
    value: float
    bound: float
    rounds: int
    nodes: int = 0

    @property
    def is_best(self) -> bool:
        """Return whether nothing can be better."""
        return self.value - self.bound <= CLOSE * abs(self.value)

    def at_step(self, step: float) -> Found:
        """Raise the bound to the next value that there can be, which are whole multiples of the step."""
        raised = float(np.ceil(self.bound / step - ROUNDING) * step) if step else self.bound
        return replace(self, bound=min(raised, self.value))


@dataclass(frozen=True, eq=False)
class _Part:
    """All choices with some sites and without some others, with prices to begin with."""

    ranked: Ranked
    sites: int
    certain: Ints
    prices: Floats
    bound: float


def decide(ranked: Ranked, relaxed: Relaxed, sites: int, effort: Effort) -> Found:
    """Close the gap of a relaxation as far as the effort goes.

    Parameters
    ----------
    ranked : Ranked
    relaxed : Relaxed
        From the relaxation of the whole problem.
    sites : int
        How many may be chosen.
    effort : Effort
        A unit of work is a pair looked at, `LOOKS` at an effort of 1; HiGHS has its nodes besides.

    Returns
    -------
    Found
    """
    search = _Branching(ranked, relaxed)
    search.split(relaxed, left_over(ranked, relaxed, sites), np.empty(0, dtype=np.int64), effort)
    while search.is_open and search.looks < LOOKS * effort.work and effort.goes_on():
        search.take(effort)
    return search.found()


class _Branching:
    """The best choice, and the parts that may have a better one, the most hopeful first."""

    def __init__(self, ranked: Ranked, relaxed: Relaxed) -> None:
        self.ranked, self.rounds, self.nodes, self.looks = ranked, relaxed.rounds, 0, 0
        self.sites, self.value, self.start = relaxed.sites, relaxed.value, relaxed.bound
        self.parts: list[tuple[float, int, _Part]] = []
        self.left_open = np.inf

    @property
    def enough(self) -> float:
        """Return the bound from which a part has nothing better."""
        return self.value - max(SURELY * self.ranked.step, TINY * abs(self.value))

    @property
    def is_open(self) -> bool:
        """Return whether some part may have a better choice."""
        return bool(self.parts) and self.parts[0][0] < self.enough

    def take(self, effort: Effort) -> None:
        """Look at the most hopeful part."""
        bound, _, part = heapq.heappop(self.parts)
        self.nodes += 1
        known = Known(self.sites, self.value, part.prices)
        relaxed = relax(part.ranked, part.sites, effort, known, rounds=int(ROUNDS / effort.work) + 1, tells=False)
        self.rounds += relaxed.rounds
        self.looks += relaxed.rounds * (len(part.ranked) + len(part.prices))
        if relaxed.value < self.value:
            self._take(np.append(part.certain, relaxed.sites))
        relaxed = replace(relaxed, value=self.value, bound=max(relaxed.bound, bound))
        if relaxed.bound < self.enough:
            self.split(relaxed, left_over(part.ranked, relaxed, part.sites), part.certain, effort)
        self.ranked.tell(effort, self.looks / (LOOKS * effort.work), self.value, self.bound)

    def split(self, relaxed: Relaxed, left: Left, certain: Ints, effort: Effort) -> None:
        """Decide a part at once if it is small, else make two of it: with and without the candidate that is worth most."""
        ranked, certain = left.ranked, np.append(certain, left.certain)
        if relaxed.bound >= self.enough:
            return
        self._take(certain)
        if not len(ranked) or not left.sites:
            return
        if len(ranked) <= ENTRIES[ranked.is_flat] + EASIER * self.nodes:
            self._solve(left, certain, relaxed.bound, effort)
            return
        worth = ranked.worth(np.minimum(relaxed.prices, ranked.far))
        best = int(np.argmin(worth))
        others = ranked.candidate != best
        prices, bound, site = relaxed.prices, relaxed.bound, np.array([best])
        one = _Part(ranked.served_by(site, others), left.sites - 1, np.append(certain, site), prices, bound)
        other = _Part(ranked.served_by(site[:0], others), left.sites, certain, prices, bound)
        for number, part in enumerate((one, other)):
            heapq.heappush(self.parts, (bound, 2 * self.nodes + number, part))

    def _solve(self, left: Left, certain: Ints, bound: float, effort: Effort) -> None:
        """Let HiGHS decide a part."""
        small = remainder(left)
        solved = _untold(small.program, effort)
        self.nodes += solved.nodes
        if solved.columns is not None:
            self._take(np.append(certain, small.sites(solved.columns)))
        if solved.status in {"gap", "none"}:
            self.left_open = min(self.left_open, max(bound, solved.bound))

    def _take(self, sites: Ints) -> None:
        value = self.ranked.value(sites)
        if value < self.value - TINY * abs(self.value):
            self.sites, self.value = np.sort(sites), value

    @property
    def bound(self) -> float:
        """Return what no choice can be below."""
        least = min(self.parts[0][0] if self.parts else np.inf, self.left_open)
        return self.value if least >= self.enough else max(least, self.start)

    def found(self) -> Found:
        """Return the best."""
        return Found(self.sites, self.value, min(self.bound, self.value), self.rounds, self.nodes).at_step(self.ranked.step)


def _untold(program: Program, effort: Effort) -> Solved:
    """Solve a part without telling its values, which are not those of the whole."""
    tell, effort.tell = effort.tell, None
    try:
        return solve(program, effort)
    finally:
        effort.tell = tell
