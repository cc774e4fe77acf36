"""The figures of a division: who is out of range, who changes hands, how long and where its borders are."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.balancing.pieces import NOBODY

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Bools, Floats, Ints, Pieces
    from geogrid.balancing.wanted import Wanted


@dataclass(frozen=True)
class Figures:
    """What is said of a division.

    Attributes
    ----------
    parts : int
    out_of_range : int
        Parts with fewer or more households than wanted.
    beyond : int
        By how many households, all of them together.
    smallest, largest : int
        Households of the smallest and the largest part.
    largest_over : float
        By what share the part that is most over it exceeds the target, or the mean of its area where none is wanted.
    moved, moved_pieces : int
        Households and pieces that have a grid today and come to another.
    border_m, along_m : float
        Length of the borders between parts of one area, and of what lies along streets or water.
    along_share : float
        The second as a share of the first; 1 where there is no border.
    spread_m : float
        How far households are on average from the middle of their part: less is more compact.
    fragments : int
        Pieces of land that do not hang together with the rest of their part.
    """

    parts: int
    out_of_range: int
    beyond: int
    smallest: int
    largest: int
    largest_over: float
    moved: int
    moved_pieces: int
    border_m: float
    along_m: float
    along_share: float
    spread_m: float
    fragments: int


def figures(pieces: Pieces, part: Ints, wanted: Wanted) -> Figures:
    """Return the figures of a division.

    Parameters
    ----------
    pieces : Pieces
    part : array of int, one a piece
        -1 for none.
    wanted : Wanted

    Returns
    -------
    Figures

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> from geogrid.balancing.wanted import Wanted
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]), today=np.array([0, 0, 1]))
    >>> told = figures(row, np.array([0, 1, 1]), Wanted(4, 8))
    >>> told.out_of_range, told.beyond, told.largest, told.moved, told.border_m
    (2, 2, 9, 4, 1.0)
    """
    held = sizes(pieces, part)
    counts = list(held.values())
    beyond = [wanted.beyond(n) for n in counts]
    moved = changed(pieces, part)
    border_m, along_m = _borders(pieces, part)
    return Figures(
        parts=len(counts),
        out_of_range=sum(1 for each in beyond if each > 0),
        beyond=int(sum(beyond)),
        smallest=min(counts, default=0),
        largest=max(counts, default=0),
        largest_over=_largest_over(pieces, part, wanted, held),
        moved=int(pieces.households[moved].sum()),
        moved_pieces=int(moved.sum()),
        border_m=border_m,
        along_m=along_m,
        along_share=along_m / border_m if border_m > 0 else 1.0,
        spread_m=_spread(pieces, part),
        fragments=fragments(pieces, part),
    )


def sizes(pieces: Pieces, part: Ints) -> dict[int, int]:
    """Return the households of every part.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> sizes(Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2])), np.array([7, 2, 7]))
    {2: 4, 7: 8}
    """
    labels, at = np.unique(part[part != NOBODY], return_inverse=True)
    sums = np.bincount(at, weights=pieces.households[part != NOBODY], minlength=len(labels))
    return {int(label): round(each) for label, each in zip(labels, sums, strict=True)}


def changed(pieces: Pieces, part: Ints) -> Bools:
    """Return which pieces have a grid today and come to another."""
    found: Bools = (pieces.today != NOBODY) & (part != pieces.today)
    return found


def fragments(pieces: Pieces, part: Ints) -> int:
    """Return how many pieces of land do not hang together with the rest of their part, over open borders."""
    inside = part != NOBODY
    return _bodies(pieces, part)[0] - len(np.unique(part[inside])) - int((~inside).sum())


def bodies(pieces: Pieces, part: Ints) -> Ints:
    """Return for each piece which connected body of land of its part it is in."""
    return _bodies(pieces, part)[1]


def _bodies(pieces: Pieces, part: Ints) -> tuple[int, Ints]:
    n = len(pieces)
    same = pieces.is_open & (part[pieces.first] == part[pieces.second]) & (part[pieces.first] != NOBODY)
    links = coo_array((np.ones(int(same.sum())), (pieces.first[same], pieces.second[same])), shape=(n, n))
    count, body = connected_components(links, directed=False)
    return int(count), body.astype(np.int64)


def _largest_over(pieces: Pieces, part: Ints, wanted: Wanted, held: dict[int, int]) -> float:
    if not held:
        return 0.0
    if wanted.target is not None:
        return _over(max(held.values()), wanted.target)
    area = {int(label): int(area) for label, area in zip(part, pieces.area, strict=True) if label != NOBODY}
    members: dict[int, list[int]] = {}
    for label, households in held.items():
        members.setdefault(area[label], []).append(households)
    return max(_over(max(each), sum(each) / len(each)) for each in members.values())


def _over(households: float, target: float) -> float:
    return households / target - 1 if target > 0 and isfinite(target) else 0.0


def _borders(pieces: Pieces, part: Ints) -> tuple[float, float]:
    first, second = pieces.first, pieces.second
    cut = (pieces.area[first] == pieces.area[second]) & (part[first] != part[second])
    return float(pieces.border_m[cut].sum()), float(pieces.along_m[cut].sum())


def _spread(pieces: Pieces, part: Ints) -> float:
    inside = part != NOBODY
    labels, at = np.unique(part[inside], return_inverse=True)
    weight = pieces.households[inside].astype(np.float64)
    total: Floats = np.bincount(at, weights=weight, minlength=len(labels)).astype(np.float64)
    if not total.sum():
        return 0.0
    x, y = (_from_middle(values[inside], weight, at.astype(np.int64), total) for values in (pieces.x, pieces.y))
    return float((np.hypot(x, y) * weight).sum() / total.sum())


def _from_middle(values: Floats, weight: Floats, at: Ints, total: Floats) -> Floats:
    middle = np.bincount(at, weights=values * weight, minlength=len(total)) / np.maximum(total, 1)
    away: Floats = values - middle[at]
    return away
