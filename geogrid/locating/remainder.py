"""What a bound leaves to be decided: candidates that are in or out for certain go, and the rest is a program for HiGHS.

A choice that is better than the best one known cannot use what would cost more than the gap; so that is left out. The program
counts for each demand the levels of cost below which no site stands: Cornuéjols, Nemhauser and Wolsey (1980), "A canonical
representation of simple plant location problems", SIAM Journal on Algebraic and Discrete Methods 1; as Elloumi (2010) writes it,
"A tighter formulation of the p-median problem", Journal of Combinatorial Optimization 19. For coverage it is the usual one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array

from geogrid.locating.ranked import TINY
from geogrid.solver import Program

if TYPE_CHECKING:
    from geogrid.locating.lagrange import Relaxed
    from geogrid.locating.problem import Bools, Floats, Ints
    from geogrid.locating.ranked import Ranked

HALF = 1 / 2


@dataclass(frozen=True, eq=False)
class Left:
    """What is left to be decided.

    Attributes
    ----------
    ranked : Ranked
        The demand with the pairs that a better choice can use, served by the certain sites where nothing else does.
    sites : int
        How many may still be chosen.
    certain : array of int
        Those that every better choice has.
    must : array of bool, one a demand
        Whether one of its pairs must serve it in every better choice.
    """

    ranked: Ranked
    sites: int
    certain: Ints
    must: Bools


def left_over(ranked: Ranked, relaxed: Relaxed, sites: int) -> Left:
    """Leave out what no better choice can have.

    Parameters
    ----------
    ranked : Ranked
    relaxed : Relaxed
        The best value known, the bound, and the prices that prove it.
    sites : int
        How many may be chosen.

    Returns
    -------
    Left
    """
    spare = relaxed.value - relaxed.bound + TINY * max(abs(relaxed.value), float(ranked.far.sum()))
    extra, certain = _decided(relaxed.worth, min(sites, len(ranked.useful)), spare)
    over = np.maximum(ranked.cost - relaxed.prices[ranked.demand], 0) + extra[ranked.candidate]
    small = ranked.served_by(certain, (extra <= spare)[ranked.candidate] & (over <= spare))
    return Left(small, sites - len(certain), certain, small.far - relaxed.prices > spare)


def _decided(worth: Floats, sites: int, spare: float) -> tuple[Floats, Ints]:
    """Return what each candidate costs more than the best ones, and those that cannot be done without."""
    order = np.argsort(worth, kind="stable")
    last = worth[order[sites - 1]] if sites else -np.inf
    following = worth[order[sites]] if sites < len(order) else 0.0
    inside = order[:sites]
    return np.maximum(worth - last, 0), np.sort(inside[following - worth[inside] > spare])


@dataclass(frozen=True, eq=False)
class Remainder:
    """The program of what is left: columns are the open candidates (1 for a site), then the levels."""

    program: Program
    open: Ints
    levels: _Levels

    def columns(self, sites: Ints) -> Floats:
        """Return the columns that say a choice of sites."""
        picked = np.isin(self.open, sites)
        return np.concatenate([picked.astype(np.float64), self.levels.of(picked)])

    def sites(self, columns: Floats) -> Ints:
        """Return the sites that columns say, ascending."""
        return self.open[columns[: len(self.open)] > HALF]


@dataclass(frozen=True, eq=False)
class _Levels:
    """Levels of cost, demand by demand: a level is open if no site of it or of a lower one of its demand stands."""

    is_first: Bools
    at_level: csc_array
    """Levels × open candidates."""

    def of(self, picked: Bools) -> Floats:
        """Return 1 for every level up to which there is no site."""
        stands = np.asarray(self.at_level @ picked.astype(np.float64)) > 0
        starts = np.flatnonzero(self.is_first)
        run: Ints = np.cumsum(stands)
        before: Ints = np.repeat((run - stands)[starts], np.diff(np.append(starts, len(stands))))
        return np.asarray(run == before, dtype=np.float64)


def remainder(left: Left) -> Remainder:
    """Write the program of what is left: a row a level, then one for the number of sites."""
    ranked = left.ranked
    demand, cost = ranked.demand, ranked.cost
    new = np.ones(len(ranked), dtype=bool)
    new[1:] = (demand[1:] != demand[:-1]) | (cost[1:] != cost[:-1])
    level, starts = np.cumsum(new) - 1, np.flatnonzero(new)
    whose, lower = demand[starts], cost[starts]
    is_first = np.append(True, whose[1:] != whose[:-1])[: len(whose)]
    is_last = np.append(is_first[1:], True)[: len(whose)]
    upper = np.where(is_last, ranked.far[whose], np.append(lower[1:], 0)[: len(whose)])
    shape, place = (len(whose), len(ranked.useful)), np.searchsorted(ranked.useful, ranked.candidate)
    levels = _Levels(is_first, csc_array((np.ones(len(ranked)), (level, place)), shape=shape))
    alone = np.ones(len(ranked.far), dtype=bool)
    alone[whose] = False
    constant = float(ranked.far[alone].sum() + lower[is_first].sum())
    program = _program(levels, upper - lower, np.where(is_last & left.must[whose], 0.0, 1.0), left.sites)
    return Remainder(replace(program, constant=constant, step=ranked.step), ranked.useful, levels)


def _program(levels: _Levels, worth: Floats, ends: Floats, many: int) -> Program:
    """Return the program: level + sites at it - level below >= 0, or 1 at the first level."""
    rows, columns = levels.at_level.shape
    entries, numbers = levels.at_level.tocoo(), np.arange(rows)
    follows = numbers[~levels.is_first]
    row = np.concatenate([entries.coords[0], numbers, follows, np.full(columns, rows)])
    column = np.concatenate([entries.coords[1], columns + numbers, columns + follows - 1, np.arange(columns)])
    data = np.concatenate([np.ones(len(entries.data) + rows), -np.ones(len(follows)), np.ones(columns)])
    return Program(
        worth=np.concatenate([np.zeros(columns), worth]),
        low=np.zeros(columns + rows),
        high=np.concatenate([np.ones(columns), ends]),
        whole=np.arange(columns + rows) < columns,
        rows=csc_array((data, (row, column)), shape=(rows + 1, columns + rows)),
        row_low=np.append(levels.is_first.astype(np.float64), -np.inf),
        row_high=np.append(np.full(rows, np.inf), float(many)),
    )
