"""Pieces a little different: fewer of them, with a border opened, a grid unlocked, a piece cut in two or two areas as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.pieces import NOBODY, Pieces

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Bools, Ints

EACH = ("households", "area", "today", "locked", "x", "y")
PAIRS = ("border_m", "along_m", "is_open")


def some(pieces: Pieces, chosen: Bools) -> Pieces:
    """Return some of the pieces, and the borders between them.

    Examples
    --------
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]))
    >>> less = some(row, np.array([False, True, True]))
    >>> less.ids, less.first.tolist(), less.second.tolist()
    (('1', '2'), [0], [1])
    """
    at = np.cumsum(chosen) - 1
    both = chosen[pieces.first] & chosen[pieces.second]
    ids = tuple(each for each, is_in in zip(pieces.ids, chosen.tolist(), strict=True) if is_in)
    ends = (at[pieces.first[both]], at[pieces.second[both]])
    each = {name: getattr(pieces, name)[chosen] for name in EACH}
    pairs = {name: getattr(pieces, name)[both] for name in PAIRS}
    return replace(pieces, ids=ids, first=ends[0], second=ends[1], shapes=None, **each, **pairs)


def opened(pieces: Pieces, pairs: Bools) -> Pieces:
    """Return the pieces with some borders open."""
    return replace(pieces, is_open=pieces.is_open | pairs)


def as_one(pieces: Pieces, area: int, other: int) -> Pieces:
    """Return the pieces of two areas as of one, the borders between them open."""
    inside = some(pieces, np.isin(pieces.area, [area, other]))
    between = inside.area[inside.first] != inside.area[inside.second]
    return replace(inside, area=np.zeros_like(inside.area), is_open=inside.is_open | between)


def unlocked(pieces: Pieces, grid: int) -> Pieces:
    """Return the pieces with a grid of today unlocked."""
    return replace(pieces, locked=pieces.locked & (pieces.today != grid))


def halved(pieces: Pieces, piece: int) -> Pieces:
    """Return the pieces with one cut in two halves, each beside all the neighbours of the whole."""
    n = len(pieces)
    at = np.append(np.arange(n), piece)
    households = pieces.households[at]
    households[piece], households[n] = pieces.households[piece] - pieces.households[piece] // 2, pieces.households[piece] // 2
    own = np.flatnonzero((pieces.first == piece) | (pieces.second == piece))
    others = np.where(pieces.first[own] == piece, pieces.second[own], pieces.first[own])
    first = np.concatenate([pieces.first, others, [piece]])
    second = np.concatenate([pieces.second, np.full(len(own), n), [n]])
    pairs = np.append(np.arange(len(pieces.first)), own)
    middle = float(pieces.border_m[own].mean()) if len(own) else 1.0
    each = {name: getattr(pieces, name)[at] for name in EACH if name != "households"}
    return Pieces(
        ids=(*pieces.ids, f"{pieces.ids[piece]}/2"),
        households=households,
        **each,
        first=first,
        second=second,
        border_m=np.append(pieces.border_m[pairs], middle),
        along_m=np.append(pieces.along_m[pairs], 0.0),
        is_open=np.append(pieces.is_open[pairs], True),
    )


def neighbours(pieces: Pieces, inside: Bools) -> list[tuple[int, float]]:
    """Return the areas that lie beside some pieces of another, with the length of the border, the longest first."""
    crosses = inside[pieces.first] != inside[pieces.second]
    crosses &= pieces.area[pieces.first] != pieces.area[pieces.second]
    first, second = pieces.first[crosses], pieces.second[crosses]
    other: Ints = np.where(inside[first], pieces.area[second], pieces.area[first])
    border_m: dict[int, float] = {}
    for area, metres in zip(other.tolist(), pieces.border_m[crosses].tolist(), strict=True):
        if area != NOBODY:
            border_m[area] = border_m.get(area, 0.0) + metres
    return sorted(border_m.items(), key=lambda each: (-each[1], each[0]))
