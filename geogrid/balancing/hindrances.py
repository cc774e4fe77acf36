"""Which places cannot be divided as wanted, and which constraint stands in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.figures import sizes
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.plots import closed
from geogrid.balancing.wanted import Infeasible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.balancing.oneplot import Answer
    from geogrid.balancing.parting import Parted
    from geogrid.balancing.pieces import Pieces
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Kind, Wanted


def hindrances(pieces: Pieces, wanted: Wanted, found: Parted) -> list[Infeasible]:
    """Return what stands in the way of parts in range, area by area; without what would release it.

    Parameters
    ----------
    pieces : Pieces
    wanted : Wanted
    found : Parted
        What came of them.

    Returns
    -------
    list of Infeasible
    """
    told = [*_closed_out(pieces, wanted), *_apart(pieces, found)]
    held = sizes(pieces, found.part)
    for plot, answer in zip(found.plots, found.answers, strict=True):
        parts = {int(found.part[piece]) for members in plot.members for piece in members}
        if any(wanted.beyond(held[each]) for each in parts):
            told += _of_plot(pieces, wanted, found, plot, answer)
    return sorted(told, key=lambda each: (each.area, each.pieces))


def _closed_out(pieces: Pieces, wanted: Wanted) -> Iterator[Infeasible]:
    """Return the grids that are locked as a whole and out of range."""
    shut = closed(pieces)
    for grid, households in sizes(pieces, np.where(shut, pieces.today, NOBODY)).items():
        if wanted.beyond(households):
            own = np.flatnonzero(shut & (pieces.today == grid))
            numbers = _numbers(wanted, households) | {"grid": grid}
            yield Infeasible("locked", int(pieces.area[own[0]]), tuple(own.tolist()), numbers)


def _apart(pieces: Pieces, found: Parted) -> Iterator[Infeasible]:
    """Return the grids that lock pieces of several plots."""
    where: dict[int, list[Plot]] = {}
    for plot in found.plots:
        for grid in sorted(set(plot.kept) - {NOBODY}):
            where.setdefault(grid, []).append(plot)
    for grid, held in where.items():
        if len(held) > 1:
            own = np.flatnonzero(pieces.locked & (pieces.today == grid))
            numbers = {"grid": grid, "plots": len(held), "households": int(pieces.households[own].sum())}
            yield Infeasible("apart", held[0].area, tuple(own.tolist()), numbers)


def _of_plot(pieces: Pieces, wanted: Wanted, found: Parted, plot: Plot, answer: Answer) -> list[Infeasible]:
    certain = [*_large(wanted, plot), *_locked(wanted, plot)]
    if certain:
        return certain
    numbers = _numbers(wanted, plot.total)
    parts = len(answer.names)
    if wanted.parts is not None:
        numbers |= {"parts": parts}
        if wanted.gap(plot.total, parts) or len(plot) < parts:
            free = replace(wanted, parts=None)
            is_counts = any(not free.gap(plot.total, k) for k in free.counts(plot.total, len(plot)))
            kind: Kind = "parts" if is_counts else _misfit(pieces, wanted, found, plot)
            return [Infeasible(kind, plot.area, plot.pieces(), numbers)]
    elif wanted.gap(plot.total, wanted.counts(plot.total, len(plot))[0]):
        return [Infeasible(_misfit(pieces, wanted, found, plot), plot.area, plot.pieces(), numbers)]
    is_proven = answer.proof == "infeasible"
    grids = sorted(set(plot.kept) - {NOBODY})
    kept = {"grid": grids[0]} if grids else {}
    return [Infeasible("shape" if is_proven else "not_found", plot.area, plot.pieces(), numbers | kept, (), is_proven)]


def _misfit(pieces: Pieces, wanted: Wanted, found: Parted, plot: Plot) -> Kind:
    """Return why no whole number of parts fits a plot."""
    if sum(1 for each in found.plots if each.area == plot.area) > 1:
        return "cut_off"
    inside = pieces.area == plot.area
    if (closed(pieces) & inside).any():
        return "locked"
    return "few" if plot.total < wanted.low else "count"


def _large(wanted: Wanted, plot: Plot) -> Iterator[Infeasible]:
    for lump, households in enumerate(plot.households):
        if households > wanted.most:
            numbers = _numbers(wanted, households) | {"piece": plot.members[lump][0]}
            yield Infeasible("piece", plot.area, tuple(sorted(plot.members[lump])), numbers)


def _locked(wanted: Wanted, plot: Plot) -> Iterator[Infeasible]:
    """Return the grids that lock more households than a part may have."""
    for grid in sorted(set(plot.kept) - {NOBODY}):
        lumps = [lump for lump, kept in enumerate(plot.kept) if kept == grid]
        households = sum(plot.households[lump] for lump in lumps)
        if households > wanted.most and len(lumps) > 1:
            own = sorted(piece for lump in lumps for piece in plot.members[lump])
            yield Infeasible("locked", plot.area, tuple(own), _numbers(wanted, households) | {"grid": grid})


def _numbers(wanted: Wanted, households: int) -> dict[str, int]:
    numbers = {"households": households, "low": wanted.low}
    if wanted.low:
        numbers["parts_most"] = households // wanted.low
    if wanted.high is not None:
        numbers |= {"high": wanted.high, "parts_least": -(-households // max(wanted.high, 1))}
    return numbers
