"""Names for the parts of a division: those of today's grids where most of their households stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import block_array, coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.balancing.pieces import NOBODY

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from geogrid.balancing.pieces import Floats, Ints, Pieces

LAND = 1e-6
"""What a piece counts besides its households, so that land without any keeps its grid where nothing speaks against it."""


def relabel(part: Ints, pieces: Pieces) -> Ints:
    """Return the division with the labels of today's grids, so that the fewest households change hands.

    Parameters
    ----------
    part : array of int, one a piece
        Any labels; -1 for none.
    pieces : Pieces
        A locked piece's part keeps its grid.

    Returns
    -------
    array of int
        Positions of today's grids; parts for which none is left have the numbers above the largest of them.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]), today=np.array([2, 2, 0]))
    >>> relabel(np.array([9, 9, 8]), row).tolist(), relabel(np.array([5, 6, 7]), row).tolist()
    ([2, 2, 0], [3, 2, 0])
    """
    weight = pieces.households + LAND
    bound = float(weight.sum()) + 1
    labels, grids = named(part), named(pieces.today)
    rows, columns = _matched(_overlap(part, pieces.today, np.where(pieces.locked, bound, weight)))
    new = np.full(len(labels), NOBODY)
    new[rows] = grids[columns]
    above = max(int(pieces.today.max(initial=NOBODY)), NOBODY) + 1
    fresh = new == NOBODY
    new[fresh] = above + np.arange(int(fresh.sum()))
    out = np.full(len(part), NOBODY)
    inside = part != NOBODY
    out[inside] = new[np.searchsorted(labels, part[inside])]
    return out


def difference(pieces: Pieces, one: Ints, other: Ints) -> float:
    """Return what share of households is in another part, however the parts are named.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> row = Pieces.plain(np.array([3, 4, 3]), np.array([0, 1]), np.array([1, 2]))
    >>> difference(row, np.array([0, 0, 1]), np.array([1, 1, 0])), difference(row, np.array([0, 0, 1]), np.array([0, 1, 1]))
    (0.0, 0.4)
    """
    total = float(pieces.households.sum())
    if total == 0:
        return 0.0
    shared = _overlap(one, other, pieces.households.astype(np.float64))
    rows, columns = _matched(shared)
    return float(1 - shared[rows, columns].sum() / total)


def named(labels: Ints) -> Ints:
    """Return the labels in use, in order."""
    found: Ints = np.unique(labels[labels != NOBODY])
    return found


def _matched(shared: csr_array) -> tuple[Ints, Ints]:
    """Return the pairs of rows and columns that share the most in all; each stretch that shares nothing with others by itself."""
    n = shared.shape[0]
    _, stretch = connected_components(block_array([[None, shared], [shared.T, None]]), directed=False)
    rows: list[Ints] = []
    columns: list[Ints] = []
    for mine, theirs in _groups(stretch[:n], stretch[n:]):
        table = shared[mine][:, theirs].toarray()
        row, column = linear_sum_assignment(table, maximize=True)
        kept = table[row, column] > 0
        rows.append(mine[row[kept]])
        columns.append(theirs[column[kept]])
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *rows]), np.concatenate([none, *columns])


def _groups(rows: Ints, columns: Ints) -> list[tuple[Ints, Ints]]:
    """Return the rows and columns of each stretch that has both."""
    mine, theirs = _places(rows), _places(columns)
    return [(mine[key], theirs[key]) for key in mine if key in theirs]


def _places(stretch: Ints) -> dict[int, Ints]:
    order = np.argsort(stretch, kind="stable")
    keys, starts = np.unique(stretch[order], return_index=True)
    return dict(zip(keys.tolist(), np.split(order, starts[1:]), strict=True)) if len(keys) else {}


def _overlap(one: Ints, other: Ints, weight: Floats) -> csr_array:
    rows, columns = named(one), named(other)
    both = (one != NOBODY) & (other != NOBODY)
    at = (np.searchsorted(rows, one[both]), np.searchsorted(columns, other[both]))
    return coo_array((weight[both], at), shape=(len(rows), len(columns))).tocsr()
