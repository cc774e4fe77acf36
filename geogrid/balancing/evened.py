"""A plot in so many parts as even as can be: the range around the mean narrowed as far as a division is found."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING

from geogrid.balancing.oneplot import answer
from geogrid.balancing.wanted import Wanted

if TYPE_CHECKING:
    from geogrid.balancing.oneplot import Answer, Way
    from geogrid.balancing.plots import Plot
    from geogrid.effort import Effort

TRIES = 12


def evened(plot: Plot, wanted: Wanted, names: frozenset[int], way: Way, effort: Effort) -> Answer:
    """Return a division into ``wanted.parts`` parts, the largest distance from their mean as small as is found.

    The proof is "optimal" where it is certain that no division is more even.
    """
    parts = wanted.parts or 1
    mean = plot.total / parts
    best = answer(plot, Wanted(floor(mean), ceil(mean), parts), names, way, effort)
    steps, low, high = best.steps, 0.0, _off(plot, best, mean)
    is_certain = best.key[0] == 0
    for _ in range(0 if is_certain else TRIES):
        off = (low + high) / 2 if high - low > 1 else high
        found = answer(plot, _inside(mean, off, parts), names, way, effort)
        steps += found.steps
        if not found.key[0]:
            best, high = found, _off(plot, found, mean)
            continue
        low, is_certain = off, found.proof == "infeasible"
        if off == high or not effort.goes_on():
            break
    proof = "optimal" if is_certain and (high < 1 or low == high) else "found"
    return replace(best, proof=proof, steps=steps, key=(0, 0, *best.key[2:]))


def _inside(mean: float, off: float, parts: int) -> Wanted:
    """Return the range of those nearer to the mean than so much."""
    return Wanted(max(0, floor(mean - off) + 1), ceil(mean + off) - 1, parts)


def _off(plot: Plot, found: Answer, mean: float) -> float:
    size = [0] * len(found.names)
    for lump, part in enumerate(found.part):
        size[part] += plot.households[lump]
    return max(abs(n - mean) for n in size)
