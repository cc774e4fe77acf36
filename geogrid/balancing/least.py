"""Pieces evened out from today: parts in range, with as few households changing hands as is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.balancing.divide import told
from geogrid.balancing.fewmoves import few_moves
from geogrid.balancing.oneplot import LEAST, Way
from geogrid.balancing.plots import ALONG
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Pieces
    from geogrid.balancing.wanted import Division, Wanted


def even_out(
    pieces: Pieces, wanted: Wanted, *, seed: int = 0, effort: Effort | None = None, moves: int | None = None
) -> Division:
    """Even out today's grids: in range wherever a division is found, and as few households as is found in another grid.

    Parameters
    ----------
    pieces : Pieces
        With today's grids. Land without one comes to a grid beside it, or becomes one.
    wanted : Wanted
    seed : int
        Where the chances begin.
    effort : Effort, optional
        Its work multiplies the steps of each run (120 a piece).
    moves : int, optional
        Only so many pieces handed over, the ones that mend most; see `few_moves`.

    Returns
    -------
    Division

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.balancing.pieces import Pieces
    >>> from geogrid.balancing.wanted import Wanted
    >>> row = Pieces.plain(np.array([3, 4, 5, 2]), np.array([0, 1, 2]), np.array([1, 2, 3]), today=np.array([7, 7, 7, 4]))
    >>> mended = even_out(row, Wanted(6, 8))
    >>> mended.part.tolist(), mended.figures.moved
    ([7, 7, 4, 4], 5)
    """
    if moves is not None:
        return few_moves(pieces, wanted, moves, effort=effort)
    return told(pieces, wanted, Way(is_from_today=True, stages=LEAST, seed=seed), effort=effort or Effort(), along=ALONG)
