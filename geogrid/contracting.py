"""Pieces taken together or apart: so that each is one grid or estate, or only those of one place are left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.balancing.pieces import NOBODY, Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.balancing.pieces import Bools, Ints


def only(pieces: Pieces, mine: Bools) -> Pieces:
    """Return some of the pieces, with the borders between them.

    Examples
    --------
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]))
    >>> left = only(row, np.array([False, True, True]))
    >>> left.households.tolist(), left.first.tolist(), left.second.tolist()
    ([4, 5], [0], [1])
    """
    at = np.cumsum(mine) - 1
    inside = mine[pieces.first] & mine[pieces.second]
    rows = np.flatnonzero(mine)
    return replace(
        pieces,
        ids=tuple(pieces.ids[i] for i in rows),
        **{name: getattr(pieces, name)[mine] for name in ("households", "area", "today", "locked", "x", "y")},
        first=at[pieces.first[inside]],
        second=at[pieces.second[inside]],
        **{name: getattr(pieces, name)[inside] for name in ("border_m", "along_m", "is_open")},
        shapes=None if pieces.shapes is None else pieces.shapes[mine],
    )


def owners(pieces: Pieces, items: Sequence[str]) -> Ints:
    """Return for each piece which item it belongs to: by its id, other land to the neighbour with the longest open border.

    Parameters
    ----------
    pieces : Pieces
    items : sequence of str
        Ids of pieces.

    Returns
    -------
    array of int
        Positions in ``items``; -1 for land from which no item can be reached.

    Examples
    --------
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]), border_m=np.array([1.0, 2.0]))
    >>> owners(row, ["0", "2"]).tolist()
    [0, 1, 1]
    """
    at = {name: i for i, name in enumerate(items)}
    owner = np.array([at.get(name, NOBODY) for name in pieces.ids], dtype=np.int64)
    usable = pieces.is_open & (pieces.area[pieces.first] == pieces.area[pieces.second])
    ends = (
        np.concatenate([pieces.first[usable], pieces.second[usable]]),
        np.concatenate([pieces.second[usable], pieces.first[usable]]),
    )
    border = np.concatenate([pieces.border_m[usable]] * 2)
    while True:
        reach = (owner[ends[0]] == NOBODY) & (owner[ends[1]] != NOBODY)
        if not reach.any():
            return owner
        order = np.lexsort((owner[ends[1][reach]], -border[reach], ends[0][reach]))
        piece, beside = ends[0][reach][order], ends[1][reach][order]
        first = np.append(True, piece[1:] != piece[:-1])
        owner[piece[first]] = owner[beside[first]]


def contracted(pieces: Pieces, owner: Ints, ids: Sequence[str]) -> Pieces:
    """Return pieces of which each is all of one owner; what nobody owns is left out.

    Parameters
    ----------
    pieces : Pieces
    owner : array of int, one a piece
        Positions in ``ids``; each must occur.
    ids : sequence of str
        What the new pieces are called.

    Examples
    --------
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]))
    >>> done = contracted(row, np.array([0, 0, 1]), ["A", "B"])
    >>> done.ids, done.households.tolist(), done.border_m.tolist()
    (('A', 'B'), [7, 5], [1.0])
    """
    count, held = len(ids), owner != NOBODY
    one = np.full(count, 0)
    one[owner[held][::-1]] = np.flatnonzero(held)[::-1]
    ends = np.sort(np.stack([owner[pieces.first], owner[pieces.second]]), axis=0)
    across = (ends[0] != ends[1]) & (ends[0] != NOBODY)
    pairs, at = np.unique(ends[:, across], axis=1, return_inverse=True)
    sums: dict[str, Any] = {
        name: np.bincount(at.ravel(), getattr(pieces, name)[across], pairs.shape[1]) for name in ("border_m", "along_m")
    }
    is_open = np.bincount(at.ravel(), pieces.is_open[across], pairs.shape[1]) > 0
    shapes = None
    if pieces.shapes is not None:
        shapes = np.array([None, *(shapely.coverage_union_all(pieces.shapes[owner == i]) for i in range(count))], dtype=object)[
            1:
        ]
    households = np.rint(np.bincount(owner[held], pieces.households[held], count)).astype(np.int64)
    own: dict[str, Any] = {name: getattr(pieces, name)[one] for name in ("area", "today", "locked", "x", "y")}
    return Pieces(
        ids=tuple(ids), households=households, **own, first=pairs[0], second=pairs[1], **sums, is_open=is_open, shapes=shapes
    )
