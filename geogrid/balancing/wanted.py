"""What parts should have, what a division says of itself, and what stands in the way of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.balancing.figures import Figures
    from geogrid.balancing.pieces import Ints

Kind = Literal["count", "few", "piece", "cut_off", "locked", "apart", "parts", "shape", "not_found"]
ReleaseKind = Literal["low", "high", "range", "split", "open", "join", "unlock"]
Proof = Literal["optimal", "found"]


@dataclass(frozen=True)
class Wanted:
    """What each part should have.

    Attributes
    ----------
    low, high : int
        The household range, both inclusive; no upper limit where ``high`` is None.
    parts : int or None
        So many parts in each area; None for as many as fit, nearest to ``target``.
    target : float or None
        What a part should have; the middle of the range where None.
    """

    low: int = 0
    high: int | None = None
    parts: int | None = None
    target: float | None = None

    @property
    def most(self) -> float:
        """Return the upper limit, infinite where there is none."""
        return inf if self.high is None else self.high

    @property
    def middle(self) -> float:
        """Return what a part should have; infinite where nothing says so (then one part will do).

        Examples
        --------
        >>> Wanted(300, 500).middle, Wanted(300, 500, target=350).middle
        (400.0, 350)
        """
        if self.target is not None:
            return self.target
        if self.high is None:
            return self.low or inf
        return (self.low + self.high) / 2

    def beyond(self, households: float) -> float:
        """Return by how many households a part is out of range.

        Examples
        --------
        >>> [Wanted(300, 500).beyond(n) for n in (250, 300, 500, 507)]
        [50, 0, 0, 7]
        """
        if households < self.low:
            return self.low - households
        return households - self.most if households > self.most else 0

    def gap(self, households: int, parts: int) -> float:
        """Return by how many households so many in all miss what so many parts can have.

        Examples
        --------
        550 households are too many for one grid of 300-500 and too few for two:

        >>> Wanted(300, 500).gap(550, 1), Wanted(300, 500).gap(550, 2), Wanted(300, 500).gap(900, 2)
        (50, 50, 0)
        """
        if households < parts * self.low:
            return parts * self.low - households
        return max(0, households - parts * self.most)

    def counts(self, households: int, most: int) -> list[int]:
        """Return numbers of parts to try: those that the range allows, nearest to target first, else those that miss it least.

        Parameters
        ----------
        households : int
            In all.
        most : int
            More parts than this there cannot be (the number of pieces).

        Examples
        --------
        >>> Wanted(300, 500).counts(2000, 99), Wanted(300, 500).counts(550, 99)
        ([5, 6, 4], [2, 1])
        """
        if self.parts is not None:
            return [self.parts] if self.parts <= most else []
        few = 1 if self.high is None else max(1, -(-households // max(self.high, 1)))
        many = most if not self.low else households // self.low
        if few <= many and few <= most:
            fit = range(few, min(many, most) + 1)
        else:
            fit = range(max(1, min(many, most)), min(few, most) + 1)
        by_gap = sorted(fit, key=lambda k: (self.gap(households, k), self.off(households / k), k))
        least = self.gap(households, by_gap[0])
        return [k for k in by_gap if self.gap(households, k) == least]

    def off(self, households: float) -> float:
        """Return how far so many are from what a part should have."""
        return abs(households - self.middle) if self.middle != inf else -households


@dataclass(frozen=True)
class Move:
    """One piece handed from one grid to another, and what that mends.

    ``beyond_before``, ``beyond_after`` are the households beyond the range in all parts, ``out_before``, ``out_after`` the
    parts out of range.
    """

    piece: int
    source: int
    target: int
    households: int
    beyond_before: int
    beyond_after: int
    out_before: int
    out_after: int


@dataclass(frozen=True)
class Release:
    """What would release an infeasible place.

    Attributes
    ----------
    kind : str
        Another lower or upper limit ("low", "high") or both ("range": ``low`` and ``high``), a piece cut in two ("split"), a
        border opened ("open": between the pieces ``first`` and ``second``), joining with a neighbour ("join": ``area``), or a
        grid unlocked ("unlock": ``grid``).
    numbers : mapping
        What the kind needs, and ``households`` where they help to judge it.
    is_sure : bool
        Whether a division was found with it; else only the numbers fit.
    """

    kind: ReleaseKind
    numbers: Mapping[str, int]
    is_sure: bool = False


@dataclass(frozen=True)
class Infeasible:
    """A place that cannot be divided as wanted: which constraint, where, and what would release it.

    Attributes
    ----------
    kind : str
        "count": no whole number of parts fits (550 households in 300-500); "few": fewer than one part needs; "piece": a piece
        over the upper limit; "cut_off": land behind a barrier fits no range; "locked": what is locked does, or leaves what does;
        "apart": locked pieces of one grid do not hang together; "parts": the number of parts asked for does not fit;
        "shape": the numbers fit but no connected division does; "not_found": the search found none.
    area : int
        Which area.
    pieces : tuple of int
        Where in it.
    numbers : mapping
        ``households`` there, the ``low`` and ``high`` asked for, ``parts_most`` (the most parts that reach ``low``) and
        ``parts_least`` (the fewest that stay within ``high``), ``piece`` or ``grid`` where one is the reason.
    releases : tuple of Release
    is_proven : bool
        Whether it is certain; a search that found nothing proves nothing.
    """

    kind: Kind
    area: int
    pieces: tuple[int, ...]
    numbers: Mapping[str, int]
    releases: tuple[Release, ...] = ()
    is_proven: bool = True


@dataclass(frozen=True, eq=False)
class Division:
    """Which part each piece is in, and what is said of that.

    Attributes
    ----------
    part : array of int, one a piece
        The position of today's grid where a part goes on with one; new parts have numbers above those.
    figures : Figures
    proof : str
        "optimal" where every area is proven the best in its aims for its number of parts, else "found".
    infeasible : tuple of Infeasible
    moves : tuple of Move
        The moves one by one, where a few were asked for.
    work : mapping
        How much was done, such as {"steps": 20000, "areas_exact": 3}.
    """

    part: Ints
    figures: Figures
    proof: Proof = "found"
    infeasible: tuple[Infeasible, ...] = ()
    moves: tuple[Move, ...] = ()
    work: Mapping[str, int] = field(default_factory=dict)
