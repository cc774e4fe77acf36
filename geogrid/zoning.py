"""Zones of villages as a problem on paper: who may join which centre, how far that is, and how many a zone holds.

A zone has one centre. It holds the village that the centre lies in, and villages that the centre reaches; every village is in one
zone at most. The best zones are those of the first aim (fewest zones, or most people) and, among these, of the shortest ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.provenance import Proof

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

NONE = -1
CLOSE = 1e-6
"""Sums of people that differ by no more are equal."""


@dataclass(frozen=True, eq=False)
class Zoning:
    """Villages to be joined into zones.

    Attributes
    ----------
    metres : array of float, centres × villages
        How far a village is from a possible centre; infinite where it may not join it (too far, another township).
    home : array of int, one a centre
        The village that a centre lies in: its zone holds it.
    people : array of float, one a village
    low, high : int
        How many villages a zone holds, both still allowed.
    least, most : float
        How many people a zone holds, both still allowed.
    beside : array of bool, villages × villages, or None
        Which villages border on each other, where zones must hang together.
    """

    metres: Floats
    home: Ints
    people: Floats
    low: int
    high: int
    least: float = 0.0
    most: float = np.inf
    beside: Bools | None = None

    @property
    def villages(self) -> int:
        """Return how many villages there are."""
        return len(self.people)

    @property
    def counts_people(self) -> bool:
        """Return whether the people of a zone are bounded."""
        return self.least > 0 or np.isfinite(self.most)

    @cached_property
    def usable(self) -> Bools:
        """Return which villages may join which centre (centres × villages) when zones that can never be are left out."""
        joined = np.isfinite(self.metres)
        joined &= joined[np.arange(len(self.home)), self.home][:, None]
        if self.beside is not None:
            joined &= _hanging(joined, self.home, self.beside)
        full = joined.sum(axis=1) >= self.low
        full &= joined @ self.people >= self.least - CLOSE
        full &= self.people[self.home] <= self.most + CLOSE
        within: Bools = joined & full[:, None]
        within &= (self.people[self.home][:, None] + self.people[None, :] <= self.most + CLOSE) | _own(within.shape, self.home)
        return within

    def part(self, villages: Ints) -> tuple[Zoning, Ints]:
        """Return the problem of some villages alone, and the positions of the centres that lie in them."""
        place = np.full(self.villages, NONE)
        place[villages] = np.arange(len(villages))
        centres = np.flatnonzero(place[self.home] >= 0)
        beside = None if self.beside is None else self.beside[np.ix_(villages, villages)]
        metres = np.where(self.usable, self.metres, np.inf)[np.ix_(centres, villages)]
        return replace(self, metres=metres, home=place[self.home[centres]], people=self.people[villages], beside=beside), centres

    def parts(self) -> list[Ints]:
        """Return the villages in groups that share no centre, in their order; villages that no centre reaches are left out."""
        centre, village = np.nonzero(self.usable)
        size = self.villages + len(self.home)
        linked = coo_array((np.ones(len(centre)), (village, self.villages + centre)), shape=(size, size))
        label = connected_components(linked, directed=False)[1][: self.villages]
        reached = self.usable.any(axis=0)
        return [np.flatnonzero(reached & (label == each)) for each in np.unique(label[reached])]

    def fits(self, centre: Ints) -> bool:
        """Return whether zones keep every bound: ``centre`` gives each village's centre, `NONE` for no zone."""
        return not any(self.broken(number, np.flatnonzero(centre == number)) for number in np.unique(centre[centre != NONE]))

    def broken(self, centre: int, members: Ints) -> bool:
        """Return whether a zone breaks some bound."""
        reached = self.usable[centre, members].all() and self.home[centre] in members
        sized = self.low <= len(members) <= self.high
        peopled = self.least - CLOSE <= self.people[members].sum() <= self.most + CLOSE
        whole = self.beside is None or len(pieces(members, self.beside)) == 1
        return not (reached and sized and peopled and whole)

    def ways_m(self, centre: Ints) -> float:
        """Return the metres from each placed village to its centre, summed."""
        placed = np.flatnonzero(centre != NONE)
        return float(self.metres[centre[placed], placed].sum())


@dataclass(frozen=True)
class Aim:
    """What came of one aim: the value reached, what no answer can beat, by which share they differ, and what is proven."""

    value: float
    bound: float
    proof: Proof

    @property
    def gap(self) -> float:
        """Return how far value and bound are apart, as a share of the value; infinite where the value is nothing.

        Examples
        --------
        >>> Aim(41, 40, "gap").gap.__round__(3), Aim(0, 9, "gap").gap
        (0.024, inf)
        """
        apart = abs(self.bound - self.value)
        if not self.value:
            return np.inf if apart else 0.0
        return apart / abs(self.value)


@dataclass(frozen=True, eq=False)
class Zoned:
    """Zones that were found.

    Attributes
    ----------
    centre : array of int, one a village
        The position of its zone's centre; `NONE` for villages in no zone.
    placed : Aim
        Villages placed: the most there can be where all are wanted.
    aim : Aim
        Zones (the fewest) or people (the most).
    ways : Aim
        Metres to the centres, summed: the least with these villages in so many zones.
    work : mapping
        What was done.
    """

    centre: Ints
    placed: Aim
    aim: Aim
    ways: Aim
    work: Mapping[str, int] = field(default_factory=dict)


def aim_of(value: float, bound: float, *, is_most: bool = False) -> Aim:
    """Return an aim with its proof; a bound on the wrong side of the value is the value.

    Examples
    --------
    >>> aim_of(5, 4).proof, aim_of(5, 5).proof, aim_of(5, 4, is_most=True)
    ('gap', 'optimal', Aim(value=5, bound=5, proof='optimal'))
    """
    bound = max(bound, value) if is_most else min(bound, value)
    is_best = abs(bound - value) <= CLOSE * max(abs(value), 1.0)
    return Aim(value, value if is_best else bound, "optimal" if is_best else "gap")


def pieces(members: Ints, beside: Bools) -> list[Ints]:
    """Return the groups of villages that hang together, each ascending.

    Examples
    --------
    >>> row = np.eye(4, k=1, dtype=bool) | np.eye(4, k=-1, dtype=bool)
    >>> [each.tolist() for each in pieces(np.array([0, 1, 3]), row)]
    [[0, 1], [3]]
    """
    label = connected_components(csr_array(beside[np.ix_(members, members)]), directed=False)[1]
    return [members[label == each] for each in np.unique(label)]


def _own(shape: tuple[int, int], home: Ints) -> Bools:
    own = np.zeros(shape, dtype=bool)
    own[np.arange(len(home)), home] = True
    return own


def _hanging(joined: Bools, home: Ints, beside: Bools) -> Bools:
    """Return which villages hang together with a centre's own, through villages that the centre reaches."""
    hanging = _own(joined.shape, home) & joined
    size = -1
    while hanging.sum() != size:
        size = hanging.sum()
        hanging |= (hanging @ beside) & joined
    return hanging
