"""Polygons between lines that are cut at each other on the lattice of one micrometre, and how dust is kept out of them.

Dust is a polygon in which no circle of 8 µm fits; cutting on a lattice makes it wherever lines lie close together. Its corners
within 3 µm become one, and a line that passes within 3 µm of a corner is led through it, which makes most dust vanish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.boundaries import LATTICE_M
from geogrid.late import Late

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse, spatial
    from scipy.sparse import csgraph

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
else:
    sparse, csgraph, spatial = map(Late, ("scipy.sparse", "scipy.sparse.csgraph", "scipy.spatial"))

CLOSE_M = 3 * LATTICE_M
"""How near to a line a corner must be for the line to be led through it."""

CLEAR_M = 4 * LATTICE_M
"""Cutting and leading moves a line by less: a spot this far inside a polygon lies where it lay before."""

_MOST_ROUNDS = 10


def polygons_between(lines: Shapes) -> Shapes:
    """Cut lines at each other and return the polygons between them, with little dust.

    Examples
    --------
    >>> cross = np.array([shapely.box(0, 0, 2, 2).boundary, shapely.LineString([(1, 0), (1, 2)])])
    >>> shapely.area(polygons_between(cross)).tolist()
    [2.0, 2.0]
    """
    cut = noded(lines)
    for _ in range(_MOST_ROUNDS):
        shapes = np.asarray(shapely.get_parts(shapely.polygonize(cut)), dtype=object)
        led = _without_dust(cut, shapes[~spots_in(shapes)[1]])
        if led is None:
            break
        cut = noded(led)
    return shapes


def noded(lines: Shapes) -> Shapes:
    """Cut lines at each other, every node on the lattice."""
    cut = shapely.union_all(lines, grid_size=LATTICE_M)
    # In normal order, so that what is cut again is the same.
    return np.asarray(shapely.get_parts(shapely.normalize(cut)), dtype=object)


def led_through(lines: Shapes, shapes: Shapes) -> Shapes:
    """Lead lines through the vertices of shapes that they pass within 3 µm: borders nearly in one line cross without end.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (9, 0)])
    >>> led_through(np.array([line]), np.array([shapely.Point(4, 0.000001), shapely.Point(5, 1)])).tolist()
    [<LINESTRING (0 0, 4 1e-6, 9 0)>]
    """
    if not len(lines):
        return lines
    vertices = np.unique(shapely.get_coordinates(shapes), axis=0)
    line, vertex = shapely.STRtree(shapely.points(vertices)).query(lines, predicate="dwithin", distance=CLOSE_M)
    changed = lines.copy()
    for i in np.unique(line):
        near = vertices[vertex[line == i]]
        changed[i] = _led(lines[i], near, near)
    return changed


def spots_in(shapes: Shapes) -> tuple[Shapes, Bools]:
    """Return a spot well inside each face, and which faces have one."""
    spots = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    solid = shapely.distance(spots, shapely.boundary(shapes)) >= CLEAR_M
    close = np.flatnonzero(~solid)
    # The spot may be in a narrow tail of a wide face.
    cores = shapely.buffer(shapes[close], -1.01 * CLEAR_M)
    some = ~shapely.is_empty(cores)
    spots[close[some]] = shapely.point_on_surface(cores[some])
    solid[close[some]] = True
    return spots, solid


def _without_dust(lines: Shapes, dust: Shapes) -> Shapes | None:
    """Make one of corners of dust that are close together, and lead lines that pass them closely through; None when none does."""
    corners = np.unique(shapely.get_coordinates(dust), axis=0)
    one = corners[_same_place(corners)]
    point, line = shapely.STRtree(lines).query(shapely.points(corners), predicate="dwithin", distance=CLOSE_M)
    order = np.argsort(line, kind="stable")
    changed = lines.copy()
    for group in np.split(order, np.flatnonzero(np.diff(line[order])) + 1) if len(line) else []:
        here = point[group]
        changed[line[group[0]]] = _led(lines[line[group[0]]], corners[here], one[here])
    return None if shapely.equals_identical(changed, lines).all() else changed[~shapely.is_empty(changed)]


def _same_place(corners: Floats) -> Ints:
    """Return for each corner the first of those that it is close to, through others too."""
    pairs = (
        spatial.KDTree(corners).query_pairs(CLOSE_M, output_type="ndarray") if len(corners) else np.empty((0, 2), dtype=np.int64)
    )
    graph = sparse.coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(len(corners), len(corners)))
    _, group = csgraph.connected_components(graph, directed=False)
    return np.asarray(np.unique(group, return_index=True)[1][group], dtype=np.int64)


def _led(line: Any, corners: Floats, places: Floats) -> Any:
    """Return a line with its vertices among the corners moved to their places, and led through the other places; or nothing."""
    xy = shapely.get_coordinates(line)
    vertex, corner = np.nonzero((xy[:, None] == corners).all(axis=2))
    moved = xy.copy()
    moved[vertex] = places[corner]
    new = np.unique(places, axis=0)
    new = new[~(new[:, None] == moved).all(axis=2).any(axis=1)]
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    # The ends of a line stay its ends.
    at = np.clip(shapely.line_locate_point(line, shapely.points(new)), np.nextafter(0.0, 1.0), np.nextafter(along[-1], 0.0))
    led = np.vstack([moved, new])[np.argsort(np.append(along, at), kind="stable")]
    led = led[np.append(True, (np.diff(led, axis=0) != 0).any(axis=1))]
    return shapely.LineString(led) if len(led) > 1 else shapely.LineString()
