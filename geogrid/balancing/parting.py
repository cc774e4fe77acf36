"""All plots of pieces divided, each by itself, and put together again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.allotted import allotted
from geogrid.balancing.evened import evened
from geogrid.balancing.oneplot import answer
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.plots import ALONG, closed, plots
from geogrid.balancing.relabel import relabel
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.oneplot import Answer, Way
    from geogrid.balancing.pieces import Ints, Pieces
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Wanted

SPREAD = 1_000_003
"""Keeps the chances of one plot apart from those of the next."""


@dataclass(frozen=True, eq=False)
class Parted:
    """Every plot and its answer, and the part of each piece, by today's grids where they go on."""

    plots: list[Plot]
    answers: list[Answer]
    part: Ints
    work: dict[str, int]


def parted(pieces: Pieces, wanted: Wanted, way: Way, *, effort: Effort | None = None, along: float = ALONG) -> Parted:
    """Divide pieces, plot by plot.

    Parameters
    ----------
    pieces : Pieces
    wanted : Wanted
    way : Way
    effort : Effort, optional
        Told of the households beyond the range so far after each plot.
    along : float
        What a metre of border along a street or water saves, as a share of a metre.

    Returns
    -------
    Parted
    """
    effort = effort or Effort()
    land = plots(pieces, along)
    names = _names(land)
    counts = _counts(pieces, land, wanted)
    answers: list[Answer] = []
    for i, plot in enumerate(land):
        mine = replace(way, seed=way.seed * SPREAD + i)
        divides = evened if _is_even(wanted) and counts[i] else answer
        answers.append(divides(plot, replace(wanted, parts=counts[i]), names[i], mine, effort))
        effort.report((i + 1) / len(land), float(sum(each.key[1] for each in answers)))
    work = {"steps": sum(each.steps for each in answers), "plots": len(land)}
    work["plots_exact"] = sum(each.proof != "found" for each in answers)
    return Parted(land, answers, together(pieces, land, answers), work)


def _is_even(wanted: Wanted) -> bool:
    return wanted.parts is not None and not wanted.low and wanted.high is None


def _counts(pieces: Pieces, land: list[Plot], wanted: Wanted) -> list[int | None]:
    if wanted.parts is None:
        return [None] * len(land)
    shut = closed(pieces)
    counts: list[int | None] = []
    areas: dict[int, list[Plot]] = {}
    for plot in land:
        areas.setdefault(plot.area, []).append(plot)
    for area, group in areas.items():
        taken = len(np.unique(pieces.today[shut & (pieces.area == area)]))
        counts += allotted(group, wanted, taken)
    return counts


def _names(land: list[Plot]) -> list[frozenset[int]]:
    """Return the grids of today that can go on in each plot: those that have most of theirs there."""
    best: dict[int, tuple[tuple[int, int], int]] = {}
    for i, plot in enumerate(land):
        for grid, weight in _weights(plot).items():
            if grid not in best or weight > best[grid][0]:
                best[grid] = (weight, i)
    names: list[set[int]] = [set() for _ in land]
    for grid, (_, i) in best.items():
        names[i].add(grid)
    return [frozenset(each) for each in names]


def _weights(plot: Plot) -> dict[int, tuple[int, int]]:
    """Return what each grid of today has in a plot: lumps that it keeps, and households."""
    weights: dict[int, tuple[int, int]] = {}
    for grid, kept, n in zip(plot.home, plot.kept, plot.households, strict=True):
        if grid != NOBODY:
            locks, households = weights.get(grid, (0, 0))
            weights[grid] = (locks + (kept != NOBODY), households + n)
    return weights


def together(pieces: Pieces, land: list[Plot], answers: list[Answer]) -> Ints:
    """Return the part of each piece, relabelled to today."""
    part = np.full(len(pieces), NOBODY)
    kept: dict[int, int] = {}
    above = 0
    for plot, found in zip(land, answers, strict=True):
        for lump, members in enumerate(plot.members):
            part[list(members)] = above + found.part[lump]
            if plot.kept[lump] != NOBODY:
                kept[above + found.part[lump]] = plot.kept[lump]
        above += len(found.names)
    shut = closed(pieces)
    part[shut] = above + pieces.today[shut]
    named = relabel(part, pieces)
    for old, grid in kept.items():
        named[part == old] = grid
    return named
