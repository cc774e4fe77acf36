"""Pieces divided into parts from scratch, with what stands in the way and what would release it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.balancing.figures import figures
from geogrid.balancing.hindrances import hindrances
from geogrid.balancing.oneplot import Way
from geogrid.balancing.parting import parted
from geogrid.balancing.plots import ALONG
from geogrid.balancing.releases import releases
from geogrid.balancing.wanted import Division
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Pieces
    from geogrid.balancing.wanted import Wanted


def divide(pieces: Pieces, wanted: Wanted, *, seed: int = 0, effort: Effort | None = None, along: float = ALONG) -> Division:
    """Divide pieces into parts, from scratch: in range wherever a division is found, then compact, then along streets and water.

    Every area by itself; parts hang together over open borders; locked pieces stay in their grid of today, and a grid that is
    locked as a whole stays as it is. Small areas are divided exactly, others by trees cut at random and local search.

    Parameters
    ----------
    pieces : Pieces
    wanted : Wanted
        With a number of parts and no range, the parts are made as even as can be.
    seed : int
        Where the chances begin.
    effort : Effort, optional
        Its work multiplies the steps of each run (120 a piece).
    along : float
        What a metre of border along a street or water saves, as a share of a metre.

    Returns
    -------
    Division
        Labelled with today's grids where most of their households stay.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.balancing.pieces import Pieces
    >>> from geogrid.balancing.wanted import Wanted
    >>> row = Pieces.plain(np.array([3, 4, 5, 2]), np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> told = divide(row, Wanted(6, 8))
    >>> told.part.tolist(), told.proof, told.figures.border_m
    ([0, 0, 1, 1], 'optimal', 1.0)
    """
    return told(pieces, wanted, Way(seed=seed), effort=effort or Effort(), along=along)


def told(
    pieces: Pieces, wanted: Wanted, way: Way, *, effort: Effort, along: float = ALONG, with_releases: bool = True
) -> Division:
    """Return pieces divided in a way, its figures, and what stands in the way of better ones."""
    found = parted(pieces, wanted, way, effort=effort, along=along)
    places = hindrances(pieces, wanted, found)
    if with_releases:
        places = [replace(each, releases=releases(pieces, wanted, each, effort)) for each in places]
    is_best = all(each.proof != "found" for each in found.answers)
    return Division(
        part=found.part,
        figures=figures(pieces, found.part, wanted),
        proof="optimal" if is_best else "found",
        infeasible=tuple(places),
        work=found.work,
    )
