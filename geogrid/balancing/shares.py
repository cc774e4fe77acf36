"""One grid's pieces shared out among its members (分片包干): shares that hang together, as even as can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.figures import figures
from geogrid.balancing.oneplot import Way
from geogrid.balancing.parting import parted
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.plots import plots
from geogrid.balancing.wanted import Division, Wanted
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Ints, Pieces

EXACT = 12
"""Pieces up to which shares are looked for exactly: proofs for more take ten times as long and hardly make them more even."""


def share_out(pieces: Pieces, n: int, *, seed: int = 0, effort: Effort | None = None) -> Division:
    """Share pieces out among so many members, as evenly as is found.

    Each share hangs together over open borders. Where the land is in more pieces than there are members, the nearest count
    as neighbours (told by `Figures.fragments`).

    Parameters
    ----------
    pieces : Pieces
        Of one grid; areas, grids of today and locks are not looked at.
    n : int
        Members, 1 or more; where there are fewer pieces, each gets at most one.
    seed : int
    effort : Effort, optional

    Returns
    -------
    Division
        Labels 0 to n - 1, from north-west to south-east.

    Raises
    ------
    ValueError
        For fewer members than one.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> row = Pieces.plain(np.array([3, 4, 5, 2]), np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> share_out(row, 2).part.tolist(), share_out(row, 3).part.tolist()
    ([0, 0, 1, 1], [0, 1, 2, 2])
    """
    if n < 1:
        raise ValueError(f"{n} members cannot share a grid: give 1 or more")
    nobody = np.full(len(pieces), NOBODY)
    alone = replace(pieces, area=np.zeros_like(pieces.area), today=nobody, locked=np.zeros(len(pieces), dtype=bool))
    wanted = Wanted(parts=min(n, max(len(pieces), 1)))
    found = parted(_bridged(alone, n), wanted, Way(seed=seed, exact=len(pieces) <= EXACT), effort=effort or Effort())
    part = _in_order(alone, found.part)
    proof = "optimal" if all(each.proof == "optimal" for each in found.answers) else "found"
    return Division(part, figures(alone, part, wanted), "optimal" if proof == "optimal" else "found", work=found.work)


def _bridged(pieces: Pieces, n: int) -> Pieces:
    """Return the pieces with the nearest of their plots made neighbours, until there are no more plots than members."""
    land = plots(pieces)
    if len(land) <= n:
        return pieces
    at = np.zeros(len(pieces), dtype=np.int64)
    for number, plot in enumerate(land):
        at[list(plot.pieces())] = number
    pairs = []
    while len(np.unique(at)) > n:
        one, other = _nearest(pieces, at)
        pairs.append((min(one, other), max(one, other)))
        at[at == at[other]] = at[one]
    first, second = (np.array(ends, dtype=np.int64) for ends in zip(*pairs, strict=True))
    more = np.zeros(len(pairs))
    return replace(
        pieces,
        first=np.concatenate([pieces.first, first]),
        second=np.concatenate([pieces.second, second]),
        border_m=np.concatenate([pieces.border_m, more]),
        along_m=np.concatenate([pieces.along_m, more]),
        is_open=np.concatenate([pieces.is_open, more == 0]),
    )


def _nearest(pieces: Pieces, at: Ints) -> tuple[int, int]:
    """Return the two nearest pieces of different plots, of which one plot has the fewest households."""
    weight = np.bincount(at, weights=pieces.households + 1e-6)
    least = min(np.unique(at).tolist(), key=lambda each: (weight[each], each))
    own, others = np.flatnonzero(at == least), np.flatnonzero(at != least)
    apart = np.hypot(pieces.x[own][:, None] - pieces.x[others], pieces.y[own][:, None] - pieces.y[others])
    one, other = np.unravel_index(int(apart.argmin()), apart.shape)
    return int(own[one]), int(others[other])


def _in_order(pieces: Pieces, part: Ints) -> Ints:
    """Return the parts numbered by where they lie: north before south, west before east."""
    labels = np.unique(part[part != NOBODY])
    middle = {int(each): (-pieces.y[part == each].mean(), pieces.x[part == each].mean(), int(each)) for each in labels}
    number = {label: i for i, label in enumerate(sorted(middle, key=lambda each: middle[each]))}
    return np.array([number.get(label, NOBODY) for label in part.tolist()], dtype=np.int64)
