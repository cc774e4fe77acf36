"""One plot divided: exactly where it is small, else by seeds and local search, the best of several runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from geogrid.balancing.chains import relieve
from geogrid.balancing.exact import exactly, nearest
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.search import Cooling, anneal, settle
from geogrid.balancing.seeds import cut_in_parts
from geogrid.balancing.start import from_today
from geogrid.balancing.state import State, Weights

if TYPE_CHECKING:
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.state import Key
    from geogrid.balancing.wanted import Wanted
    from geogrid.effort import Effort

STEPS = 120
"""Steps for each lump in a run at an effort of 1."""
FEWEST = 2_000
"""Steps of the shortest run."""
RUNS = 3
"""Runs at most; the first that keeps the range is followed by one more."""
FIRST = 4
"""Numbers of parts that are searched one by one; of those after them every one twice as far down the list."""
MANY = 300
"""Plots of more lumps get one run for each number of parts."""
FRESH = (Weights(beyond=4), Weights(beyond=16))
LEAST = (Weights(beyond=20, moved=1, border=0.02), Weights(beyond=100, moved=2, border=0.02))
HEATS = ((1.0, 0.03, 0.05), (0.3, 0.03, 0.1))
HEAT_AGAIN = (1.0, 0.03, 0.1)
MENDS = 3
"""How often a run goes on where some part is still out of range."""


@dataclass(frozen=True)
class Way:
    """How a plot is divided: whether from today, by which weights one stage after the other, and where the chances begin."""

    is_from_today: bool = False
    stages: tuple[Weights, ...] = FRESH
    seed: int = 0
    exact: bool = True


@dataclass(frozen=True)
class Answer:
    """A division of a plot: the part of each lump, what each part is called, how good it is, and what is proven.

    ``proof`` is "optimal", "infeasible" (no division keeps the range; this one misses it least, or is the best found) or
    "found".
    """

    part: list[int]
    names: list[int]
    key: Key
    proof: str = "found"
    steps: int = 0


def answer(plot: Plot, wanted: Wanted, names: frozenset[int], way: Way, effort: Effort) -> Answer:
    """Return the best division of a plot that is found.

    Parameters
    ----------
    plot : Plot
    wanted : Wanted
        ``parts`` is of this plot.
    names : frozenset of int
        Grids of today that can go on here.
    way : Way
    effort : Effort

    Returns
    -------
    Answer
    """
    seen = plot if way.is_from_today else plot.without_today()
    counts = _counts(seen, wanted, names, way)
    known = _names(seen, names, way)
    proven = exactly(seen, wanted, counts, names=known, effort=effort) if way.exact else None
    if proven is not None and proven.part is not None:
        return _of(seen, proven.part, proven.names, wanted, "optimal")
    if proven is not None:
        least = [nearest(seen, wanted, [k], names=known, effort=effort) for k in counts]
        missing = [_of(seen, each.part, each.names, wanted, "infeasible") for each in least if each and each.part is not None]
        if missing and None not in least:
            return min(missing, key=lambda each: each.key)
    best = _searched(seen, wanted, counts, known, way, effort)
    return replace(best, proof="infeasible" if proven is not None else "found")


def _names(plot: Plot, names: frozenset[int], way: Way) -> frozenset[int]:
    return names if way.is_from_today else frozenset(set(plot.kept) - {NOBODY})


def _counts(plot: Plot, wanted: Wanted, names: frozenset[int], way: Way) -> list[int]:
    """Return the numbers of parts to try; from today, those first that are nearest to as many as there are."""
    large = [n for n in plot.households if n > wanted.most]
    counts = _around_large(plot, wanted, large) if large and wanted.parts is None else wanted.counts(plot.total, len(plot))
    counts = counts or [min(wanted.parts or 1, len(plot))]
    kept = len(set(plot.kept) - {NOBODY})
    counts = [k for k in counts if k >= kept] or [max(kept, 1)]
    if not way.is_from_today:
        return counts
    now = len({grid for grid in plot.home if grid in names})
    return sorted(counts, key=lambda k: (abs(k - now), counts.index(k))) if now else counts


def _around_large(plot: Plot, wanted: Wanted, large: list[int]) -> list[int]:
    """Return the numbers of parts to try where some lumps are too large: these by themselves, and what the rest allows."""
    rest, m = plot.total - sum(large), len(large)
    counts = [0, *wanted.counts(rest, len(plot) - m)] if len(plot) > m else [0]
    least = min(wanted.gap(rest, k) for k in counts)
    return [m + k for k in counts if wanted.gap(rest, k) == least]


def _of(plot: Plot, part: list[int], names: list[int], wanted: Wanted, proof: str) -> Answer:
    return Answer(part, names, State(plot, part, names, wanted, Weights()).key(), proof)


def _searched(plot: Plot, wanted: Wanted, counts: list[int], names: frozenset[int], way: Way, effort: Effort) -> Answer:
    found: list[Answer] = []
    runs = RUNS if len(plot) <= MANY else 1
    for parts in _further(counts):
        for run in range(runs if parts > 1 else 1):
            has_one = any(each.key[0] == 0 for each in found)
            again = replace(way, seed=way.seed * RUNS + run)
            found.append(_run(plot, replace(wanted, parts=parts), names, again, effort))
            if has_one or not effort.goes_on():
                break
        if any(each.key[0] == 0 for each in found) or not effort.goes_on():
            break
    effort.ran_out()
    return replace(min(found, key=lambda each: each.key), steps=sum(each.steps for each in found))


def _further(counts: list[int]) -> list[int]:
    """Return some of many numbers of parts: the first ones, then further and further down the list."""
    return [k for i, k in enumerate(counts) if i < FIRST or (i & (i - 1)) == 0]


def _run(plot: Plot, wanted: Wanted, names: frozenset[int], way: Way, effort: Effort) -> Answer:
    chance = Random(way.seed)  # noqa: S311 - the chances of a search, no secret
    parts = wanted.parts or 1
    if way.is_from_today and any(grid in names for grid in plot.home):
        part, called = from_today(plot, names, parts, wanted, chance)
    else:
        part = cut_in_parts(plot, parts, wanted, chance)
        called = _called(plot, part)
    state = State(plot, part, called, wanted, way.stages[0])
    each = max(FEWEST, int(STEPS * len(plot) * effort.work)) // len(way.stages)
    steps = _staged(state, list(zip(way.stages, HEATS, strict=False)), each, chance, effort)
    again = replace(way.stages[0], moved=way.stages[0].moved / 2)
    for mend in range(0 if wanted.gap(plot.total, parts) else MENDS):
        if state.key()[0] and relieve(state):
            settle(state)
        if not state.key()[0] or not effort.goes_on() or mend == MENDS - 1:
            break
        steps += _staged(state, [(again, HEAT_AGAIN)], each, chance, effort)
    return Answer(list(state.part), state.names, state.key(), steps=steps)


def _staged(
    state: State, stages: list[tuple[Weights, tuple[float, float, float]]], each: int, chance: Random, effort: Effort
) -> int:
    """Search in stages, then settle; return the steps."""
    steps = 0
    for weights, (hot, cold, anew) in stages:
        state.weights = weights
        state.scale()
        steps += anneal(state, Cooling(each, hot, cold, anew), chance, effort)
    settle(state)
    return steps


def _called(plot: Plot, part: list[int]) -> list[int]:
    called = [NOBODY] * (max(part) + 1)
    for lump, grid in enumerate(plot.kept):
        if grid != NOBODY:
            called[part[lump]] = grid
    return called
