"""Backup coverage, exactly: the most people covered twice, while so many are covered once.

Source: Hogan and ReVelle 1986, Concepts and applications of backup coverage, Management Science 32: their BACOP1 where all must
be covered once, and their BACOP2 with its first aim as a limit where a share must.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from geogrid.errors import InputError
from geogrid.locating.exactcover import mclp
from geogrid.locating.exactparts import Limits, coarse_step, located, nothing, standing, tidied
from geogrid.locating.presolve import equal_rows, incidence
from geogrid.solver import Program, gap_of, solve
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.effort import Effort
    from geogrid.locating.exactparts import Aims
    from geogrid.locating.problem import Floats, Ints, Located, Location

TWICE = 2
ROOM = 1e-9
"""Share of the weight wanted by which rounding may miss it."""

_BAD_SHARE = Text(
    "至少覆盖一次的比例应在 0 与 1 之间：给出的是 {least}。", "The share covered at least once lies between 0 and 1: got {least}."
)


def backup(
    location: Location,
    *,
    sites: int | None = None,
    budget: float | None = None,
    effort: Effort,
    start: Ints | None = None,
    least: float | None = None,
) -> Located:
    """Find the sites that cover the most weight at least twice, while so much is covered at least once.

    Parameters
    ----------
    location : Location
        Pairs are those within the cutoff.
    sites, budget
        At most so many new sites, and what they may cost together; one must be given.
    effort : Effort
    start : array of int, optional
        Candidates to begin with.
    least : float, optional
        Share of the weight within reach of any candidate that must be covered once: 1 for all. Without it, as much as these
        sites can cover comes first.

    Returns
    -------
    Located
        ``value`` is the weight covered at least twice; facilities that stand count too. "infeasible" where so much cannot be
        covered once.

    Raises
    ------
    InputError
        Neither limit is given, one is negative, or the share is not one.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 1, 2]), np.zeros(5))
    >>> best = backup(Location.of([5, 4], pairs, 3), sites=2, effort=Effort())
    >>> best.chosen.tolist(), best.value
    ([1, 2], 9.0)
    """
    limits = Limits.of(sites, budget)
    if least is not None and not 0 <= least <= 1:
        raise InputError(_BAD_SHARE.fill(least=least))
    matrix = incidence(location)
    first = None if least is not None else mclp(location, sites=sites, budget=budget, effort=effort, start=start)
    wanted = float(location.weight[np.diff(matrix.indptr) > 0].sum()) * (least or 0.0) if first is None else first.value
    begin = start if first is None else first.chosen
    found = _twice(location, limits, wanted, effort=effort, start=begin)
    if first is None or first.proof == "optimal" or found.proof == "none":
        return found
    reachable = float(location.weight[np.diff(matrix.indptr) >= TWICE].sum())
    return replace(found, bound=reachable, gap=gap_of(found.value, reachable), proof="gap")


def _limited(location: Location, wanted: float) -> Aims:
    """Return the aims of a choice: those covered twice, and those covered once where that is wanted at all."""
    weight = location.weight

    def aims(count: Floats) -> tuple[Floats, ...]:
        second = weight * (count == 1)
        return (weight * (count == 0), second) if wanted else (second,)

    return aims


@dataclass(frozen=True, eq=False)
class _Groups:
    """Demand with the same candidates, of which the last stands for a facility that covers it once already."""

    weight: Floats
    matrix: csr_array
    constant: float

    @classmethod
    def of(cls, location: Location) -> _Groups:
        matrix = incidence(location)
        stand = matrix @ location.fixed.astype(np.float64)
        counts = (location.weight > 0) & (stand < TWICE)
        new = csr_array(matrix.multiply((counts[:, None] & ~location.fixed[None, :]).astype(np.float64)))
        new.eliminate_zeros()
        wide = csr_array(hstack([new, csr_array(((stand == 1) & counts).astype(np.float64)[:, None])]))
        wide.eliminate_zeros()
        wide.sort_indices()
        group, first = equal_rows(wide)
        weight = np.bincount(group[group >= 0], location.weight[group >= 0], minlength=len(first)).astype(np.float64)
        return cls(weight, csr_array(wide[first]), float(location.weight[stand >= TWICE].sum()))


def _twice(location: Location, limits: Limits, wanted: float, *, effort: Effort, start: Ints | None) -> Located:
    groups = _Groups.of(location)
    program = _twice_covered(location, groups, limits, wanted)
    begin = None if start is None or not limits.allow(location, start) else _with_cover(location, groups, start)
    solved = solve(program, effort, start=begin)
    if solved.columns is None:
        return nothing(location, solved)
    matrix = incidence(location)
    chosen = np.flatnonzero((solved.columns[: location.candidates] > 0) & ~location.fixed)
    chosen = tidied(matrix, location.fixed, chosen, aims=_limited(location, wanted), price=limits.price(location))
    count = matrix @ standing(location, chosen).astype(np.float64)
    return located(location, chosen, float(location.weight[count >= TWICE].sum()), solved)


def _twice_covered(location: Location, groups: _Groups, limits: Limits, wanted: float) -> Program:
    """Return the program: a column a candidate, one for what stands, one a group covered once, one a group covered twice."""
    n, m = groups.matrix.shape
    one = eye_array(n)
    few, most = limits.rows(location.price)
    few = hstack([few, csr_array((len(most), 1 + 2 * n))])
    enough = hstack([csr_array((1, m)), csr_array(groups.weight[None, :]), csr_array((1, n))])
    rows = vstack([hstack([groups.matrix, -one, -one]), hstack([csr_array((n, m)), one, -one]), few, enough])
    least = (wanted - groups.constant) * (1 - ROOM)
    high = np.append(np.where(location.fixed, 0.0, 1.0), np.ones(1 + 2 * n))
    return Program(
        *(np.concatenate([np.zeros(m + n), groups.weight]), np.zeros(m + 2 * n), high, np.ones(m + 2 * n, dtype=bool)),
        csc_array(rows),
        np.concatenate([np.zeros(2 * n), np.full(len(most), -np.inf), [least]]),
        np.concatenate([np.full(2 * n, np.inf), most, [np.inf]]),
        is_most=True,
        constant=groups.constant,
        step=coarse_step(groups.weight),
    )


def _with_cover(location: Location, groups: _Groups, chosen: Ints) -> Floats:
    picked = np.zeros(location.candidates + 1)
    picked[chosen], picked[-1] = 1.0, 1.0
    count = groups.matrix @ picked
    return np.concatenate([picked, count >= 1, count >= TWICE])
