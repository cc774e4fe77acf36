"""Small plots divided exactly: every part that there could be, and HiGHS to choose those that make up the plot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, vstack

from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.state import EMPTY
from geogrid.balancing.subsets import connected_sets, lumps_of
from geogrid.effort import Effort
from geogrid.solver import Program, solve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.balancing.pieces import Floats
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Wanted

LUMPS = 30
"""Plots of more lumps are not looked at whole."""
LOOKED_AT = 20_000
"""Sets of lumps that are looked at, at an effort of 1."""
COLUMNS = 6_000
"""Parts that HiGHS may choose among, at an effort of 1."""
NODES = 2_000
NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Choice:
    """The parts that a plot could have: sets of lumps, each under a name, and what each counts."""

    sets: list[int]
    names: list[int]
    out: Floats
    beyond: Floats
    moved: Floats
    border: Floats


@dataclass(frozen=True)
class Exact:
    """What is certain of a plot: a division that is the best there is, or (``part`` None) that there is none within the range."""

    part: list[int] | None
    names: list[int]


def exactly(plot: Plot, wanted: Wanted, counts: Iterable[int | None], *, names: frozenset[int], effort: Effort) -> Exact | None:
    """Return the best division of a small plot within the range, in the first number of parts that has one.

    Parameters
    ----------
    plot : Plot
    wanted : Wanted
    counts : iterable of int
        The numbers of parts to try, in order; None for any.
    names : frozenset of int
        Grids of today that can go on here; changing hands counts for these, and for all whose grid is not among them.
    effort : Effort

    Returns
    -------
    Exact or None
        None where the plot is too large to say.
    """
    return _chosen(plot, wanted, counts, _Range(wanted.low, wanted.most, names), effort)


def nearest(plot: Plot, wanted: Wanted, counts: Iterable[int | None], *, names: frozenset[int], effort: Effort) -> Exact | None:
    """Return the division of a small plot that misses the range least, where none keeps it; None where it is too large to say."""
    return _chosen(plot, wanted, counts, _Range(0, np.inf, names), effort)


@dataclass(frozen=True)
class _Range:
    low: float
    most: float
    names: frozenset[int]


def _chosen(plot: Plot, wanted: Wanted, counts: Iterable[int | None], within: _Range, effort: Effort) -> Exact | None:
    if len(plot) > LUMPS * max(effort.work, 1.0) or not effort.goes_on():
        return None
    sets = connected_sets(plot, within.low, within.most, looked_at=int(LOOKED_AT * effort.work))
    if sets is None:
        return None
    choice = _choice(plot, wanted, sets, within.names)
    if len(choice.sets) > COLUMNS * effort.work:
        return None
    for parts in counts:
        answer = _cover(plot, choice, parts, effort)
        if answer is None or answer.part is not None:
            return answer
    return Exact(None, [])


def _choice(plot: Plot, wanted: Wanted, sets: list[int], names: frozenset[int]) -> Choice:
    rows = [(held, name, lumps_of(held)) for held in sets for name in _names(plot, held, names)]
    households = [sum(plot.households[i] for i in lumps) for _, _, lumps in rows]
    beyond = np.array([wanted.beyond(n) for n in households], dtype=np.float64)
    moved = [sum(plot.hands[i] + EMPTY for i in lumps if plot.home[i] not in {NOBODY, name}) for _, name, lumps in rows]
    border = [sum(w for i in lumps for j, w in plot.border[i].items() if not held >> j & 1) / 2 for held, _, lumps in rows]
    floats = (np.array(moved, dtype=np.float64), np.array(border, dtype=np.float64))
    return Choice([row[0] for row in rows], [row[1] for row in rows], (beyond > 0).astype(np.float64), beyond, *floats)


def _names(plot: Plot, held: int, names: frozenset[int]) -> list[int]:
    """Return what a part could be called: the grid that is kept in it, or any that some of it has today, or a new one."""
    lumps = lumps_of(held)
    kept = {plot.kept[i] for i in lumps} - {NOBODY}
    if kept:
        return sorted(kept)
    taken = set(plot.kept)
    return [*sorted({plot.home[i] for i in lumps if plot.home[i] in names} - taken - {NOBODY}), NOBODY]


def _cover(plot: Plot, choice: Choice, parts: int | None, effort: Effort) -> Exact | None:
    """Return the best parts that make up the plot: one aim after the other."""
    program = _program(plot, choice, parts)
    inner = Effort(work=effort.work, seconds=effort.left_s)
    columns = None
    for aim in (choice.out, choice.beyond, choice.moved, choice.border):
        if columns is not None and not (aim.any()):
            continue
        solved = solve(replace(program, worth=aim), inner, start=columns, nodes=NODES)
        if solved.status == "infeasible":
            return Exact(None, [])
        if solved.status != "optimal" or solved.columns is None:
            return None
        columns = solved.columns
        program = _held(program, aim, solved.value)
    return _told(plot, choice, np.flatnonzero(columns > 1 / 2).tolist()) if columns is not None else None


def _program(plot: Plot, choice: Choice, parts: int | None) -> Program:
    n = len(choice.sets)
    grids = {name: len(plot) + 1 + i for i, name in enumerate(sorted(set(choice.names) - {NOBODY}))}
    at = [[*lumps_of(held), len(plot), *([grids[name]] if name in grids else [])] for held, name in _pairs(choice)]
    starts = np.cumsum([0, *(len(each) for each in at)])
    index = np.array([row for each in at for row in each], dtype=np.int64)
    rows = csc_array((np.ones(len(index)), index, starts), shape=(len(plot) + 1 + len(grids), n))
    low = np.concatenate([np.ones(len(plot)), [parts or 0], np.zeros(len(grids))])
    high = np.concatenate([np.ones(len(plot)), [parts or len(plot)], np.ones(len(grids))])
    return Program(np.zeros(n), np.zeros(n), np.ones(n), np.ones(n, dtype=bool), rows, low, high)


def _pairs(choice: Choice) -> list[tuple[int, int]]:
    return list(zip(choice.sets, choice.names, strict=True))


def _held(program: Program, aim: Floats, value: float) -> Program:
    """Return the program in which an aim may not get worse."""
    rows = csc_array(vstack([program.rows, csc_array(aim[None, :])]))
    low, high = np.append(program.row_low, -np.inf), np.append(program.row_high, value + NEAR * max(1.0, abs(value)))
    return replace(program, rows=rows, row_low=low, row_high=high)


def _told(plot: Plot, choice: Choice, chosen: list[int]) -> Exact:
    part = [0] * len(plot)
    for number, each in enumerate(chosen):
        for lump in lumps_of(choice.sets[each]):
            part[lump] = number
    return Exact(part, [choice.names[each] for each in chosen])
