"""Whole squares of a fixed lattice: how places with homes are drawn where a finer drawing would point at homes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]

SQUARE_M = 100.0
"""Width of a square; their corners lie on whole multiples of it."""


def whole_squares(xy: npt.NDArray[np.float64], group: Ints) -> npt.NDArray[np.object_]:
    """Draw each group of points as the whole squares of the lattice that hold them.

    Parameters
    ----------
    xy : array (n, 2)
        Metres.
    group : array of int (n,)
        The group of each point; every number from 0 on occurs.

    Returns
    -------
    array of MultiPolygon
        By group; squares side by side are merged.

    Examples
    --------
    >>> drawn = whole_squares(np.array([[10.0, 10.0], [150.0, 90.0], [950.0, 10.0]]), np.array([0, 0, 1]))
    >>> [shape.bounds for shape in drawn]
    [(0.0, 0.0, 200.0, 100.0), (900.0, 0.0, 1000.0, 100.0)]
    """
    taken = np.unique(np.column_stack([group, np.floor(xy / SQUARE_M).astype(np.int64)]), axis=0)
    left, bottom = taken[:, 1] * SQUARE_M, taken[:, 2] * SQUARE_M
    squares = shapely.box(left, bottom, left + SQUARE_M, bottom + SQUARE_M)
    # One area is wrapped as well, so that all drawings are of one kind.
    merged = shapely.union_all(shapely.multipolygons(squares, indices=taken[:, 0])[:, None], axis=1)
    parts, of = shapely.get_parts(merged, return_index=True)
    drawn: npt.NDArray[np.object_] = shapely.multipolygons(parts, indices=of)
    return drawn
