"""A division of a plot as it changes: who holds which lump, what it counts, and what handing one over would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.balancing.pieces import NOBODY

if TYPE_CHECKING:
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Wanted

EMPTY = 1e-3
"""What handing over a lump counts besides its households."""
Key = tuple[int, float, float, float]
"""Parts out of range, households beyond it, households moved, and worth of the borders: less is better, in this order."""


@dataclass(frozen=True)
class Weights:
    """What a search gives for what: a household beyond the range, one that changes hands, and a usual border."""

    beyond: float = 4.0
    moved: float = 0.0
    border: float = 1.0


class State:
    """A division of a plot, as it changes.

    ``part`` is each lump's part, numbered from 0; ``names`` what each part is called (a grid of today, or -1).
    """

    def __init__(self, plot: Plot, part: list[int], names: list[int], wanted: Wanted, weights: Weights) -> None:
        self.plot, self.part, self.names = plot, list(part), list(names)
        self.low, self.most = wanted.low, wanted.most
        self.weights = weights
        self.home = [names.index(grid) if grid in names and grid != NOBODY else NOBODY for grid in plot.home]
        self.had = [grid != NOBODY for grid in plot.home]
        self.held: list[set[int]] = [set() for _ in names]
        self.size = [0] * len(names)
        for lump, each in enumerate(part):
            self.held[each].add(lump)
            self.size[each] += plot.households[lump]
        self.border = [list(each.items()) for each in plot.border]
        self.scale()

    def scale(self) -> None:
        """Set what things cost, in units of a usual lump and a usual border."""
        count = sum(len(each) for each in self.border)
        usual_border = sum(worth for each in self.border for _, worth in each) / count if count else 1.0
        usual = max(self.plot.total / max(len(self.plot), 1), 1.0)
        self.per_beyond = self.weights.beyond / usual
        self.per_moved = self.weights.moved / usual
        self.per_border = self.weights.border / (usual_border or 1.0)
        self.cost_of_moving = [self.per_moved * (n + EMPTY) for n in self.plot.hands]

    def beyond(self, households: float) -> float:
        """Return by how much a part is out of range."""
        if households < self.low:
            return self.low - households
        return households - self.most if households > self.most else 0

    def moved(self) -> float:
        """Return the households that change hands, and a little for each lump."""
        lumps = [i for i, at in enumerate(self.part) if self.had[i] and self.home[i] != at]
        return sum(self.plot.hands[i] + EMPTY for i in lumps)

    def cut(self) -> float:
        """Return what the borders between parts count."""
        part = self.part
        return sum(worth for i, each in enumerate(self.border) for j, worth in each if i < j and part[i] != part[j])

    def key(self) -> Key:
        """Return how good it is: less is better."""
        beyond = [self.beyond(n) for n in self.size]
        return sum(1 for each in beyond if each), sum(beyond), self.moved(), self.cut()

    def energy(self) -> float:
        """Return what the search makes small."""
        beyond = sum(self.beyond(n) for n in self.size)
        return self.per_beyond * beyond + self.per_moved * self.moved() + self.per_border * self.cut()

    def gain(self, lump: int, to: int) -> float:
        """Return what handing a lump to a part costs."""
        at, n, size = self.part[lump], self.plot.households[lump], self.size
        low, most = self.low, self.most
        if n:
            a, b = size[at], size[to]
            beyond = 0.0
            beyond -= low - a if a < low else (a - most if a > most else 0)
            beyond -= low - b if b < low else (b - most if b > most else 0)
            a, b = a - n, b + n
            beyond += low - a if a < low else (a - most if a > most else 0)
            beyond += low - b if b < low else (b - most if b > most else 0)
            cost = beyond * self.per_beyond
        else:
            cost = 0.0
        part, border = self.part, 0.0
        for other, worth in self.border[lump]:
            where = part[other]
            if where == at:
                border += worth
            elif where == to:
                border -= worth
        cost += border * self.per_border
        if self.per_moved and self.had[lump]:
            if self.home[lump] == at:
                cost += self.cost_of_moving[lump]
            elif self.home[lump] == to:
                cost -= self.cost_of_moving[lump]
        return cost

    def may_leave(self, lump: int) -> bool:
        """Return whether a lump's part hangs together without it (and is something)."""
        part, links = self.part, self.plot.links
        if self.plot.kept[lump] != NOBODY:
            return False
        at = part[lump]
        beside = [each for each in links[lump] if part[each] == at]
        if len(beside) < 2:  # noqa: PLR2004 - one neighbour is the end of a branch
            return bool(beside)
        wanted = set(beside)
        start = beside[0]
        wanted.discard(start)
        seen, stack = {lump, start}, [start]
        while stack:
            for each in links[stack.pop()]:
                if part[each] == at and each not in seen:
                    if each in wanted:
                        wanted.discard(each)
                        if not wanted:
                            return True
                    seen.add(each)
                    stack.append(each)
        return False

    def hand(self, lump: int, to: int) -> None:
        """Hand a lump to a part."""
        at, n = self.part[lump], self.plot.households[lump]
        self.held[at].discard(lump)
        self.held[to].add(lump)
        self.size[at] -= n
        self.size[to] += n
        self.part[lump] = to
