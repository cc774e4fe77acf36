"""Which points lie together: single linkage by straight lines, exact, without looking at all pairs.

Every Delaunay triangulation of points holds a shortest tree that joins them (a minimum spanning tree), and points that links
within a distance join are joined by those edges of that tree. So only the edges of the triangulation are looked at.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CORNERS = np.array([[0.0, 3.0], [-3.0, -2.0], [3.0, -2.0]])
"""Directions of three points far from all others, so that there is a triangulation of points in one line too."""


def near_groups(xy: Floats, distance_m: float) -> Ints:
    """Group points that are within a distance of each other in a straight line, directly or through others.

    Parameters
    ----------
    xy : array (n, 2)
        Metres.
    distance_m : float
        Largest distance of a link, inclusive, compared on metres rounded to 1 mm.

    Returns
    -------
    array of int (n,)
        The group of each point; groups are numbered from 0.

    Examples
    --------
    >>> near_groups(np.array([[0.0, 0.0], [150.0, 0.0], [350.0, 0.0], [551.0, 0.0]]), 200).tolist()
    [0, 0, 0, 1]
    """
    if not len(xy):
        return np.zeros(0, dtype=np.int64)
    spots, spot = np.unique(xy, axis=0, return_inverse=True)
    centred = spots - spots.mean(axis=0)
    far = np.abs(centred).max() + distance_m + 1.0
    mesh = Delaunay(np.vstack([centred, 10 * far * CORNERS]))
    # Points closer than rounding to a corner of a triangle are no corners of their own.
    one, other = np.vstack(
        [mesh.simplices[:, [0, 1]], mesh.simplices[:, [1, 2]], mesh.simplices[:, [2, 0]], mesh.coplanar[:, [0, 2]]]
    ).T
    inner = (one < len(spots)) & (other < len(spots))
    one, other = one[inner], other[inner]
    linked = np.round(np.hypot(*(centred[one] - centred[other]).T), 3) <= round(distance_m, 3)
    links = coo_array((np.ones(int(linked.sum()), dtype=np.int8), (one[linked], other[linked])), shape=(len(spots), len(spots)))
    grouped: Ints = connected_components(links, directed=False)[1][spot.ravel()].astype(np.int64)
    return grouped
