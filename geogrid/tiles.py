"""Tilings cut anew along lines: faces between all borders, handed from one tile to another and joined again.

Every border is cut at every other on the lattice of one micrometre, so a node that a new line makes on a border goes to both
tiles that share it, and tiles that fitted together still do. Nothing is computed from two sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geogrid.boundaries import LATTICE_M, on_lattice
from geogrid.regions import polygon_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]
    Names = npt.NDArray[np.object_]

NEAR_M = 0.001
"""Tiles this near to a new line may share a border that it cuts."""
BESIDE_M = 1.0
MOST_ROUNDS = 8
NOBODY = None
"""The owner of a face that lies in no tile."""


class Faces(NamedTuple):
    """The faces between the borders of tiles and new lines, and the tile that each lies in (`NOBODY` where none)."""

    shapes: Shapes
    owner: Names


class Moved(NamedTuple):
    """Land that goes from one tile to another."""

    from_id: str | None
    to_id: str | None
    shape: Any


class Retiled(NamedTuple):
    """Tiles whose polygon is another one after faces changed hands (None where nothing is left), and what moved."""

    shapes: Mapping[str, Any]
    moved: tuple[Moved, ...]


def faces_between(tiles: Mapping[str, Any], lines: Sequence[Any]) -> Faces:
    """Cut the borders of tiles and new lines at one another and return the faces between them.

    Parameters
    ----------
    tiles : mapping of polygons by id
        That fit together corner by corner (`shapely.coverage_is_valid`), in metres, on the lattice.
    lines : sequence of geometries
        Lines, or polygons whose outline counts.

    Returns
    -------
    Faces
        Every face is connected and lies in one tile or in none. What dangles cuts nothing.

    Examples
    --------
    >>> cut = faces_between({"A": shapely.box(0, 0, 4, 4)}, [shapely.LineString([(1, -1), (1, 5)])])
    >>> shapely.area(cut.shapes).tolist(), cut.owner.tolist()
    ([4.0, 12.0], ['A', 'A'])
    """
    edges = _edges(shapely.boundary(_array(list(tiles.values()))))
    cutting = [_outline(line) for line in lines]
    # Elsewhere the borders are cut at one another already.
    near = _near(edges, cutting)
    noded = cut_at_nodes([shapely.multilinestrings(edges[near]), *cutting])
    shapes = np.asarray(shapely.get_parts(shapely.polygonize([*edges[~near], *shapely.get_parts(noded)])), dtype=object)
    shapes = shapes[np.argsort(shapely.area(shapes), kind="stable")]
    return Faces(shapes, _owners(shapes, tiles))


def _edges(borders: Shapes) -> Shapes:
    """Return the lines from vertex to vertex, each once."""
    rings = shapely.get_parts(shapely.get_parts(borders))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned, ::-1]
    flat = ends.reshape(len(ends), 4)
    order = np.lexsort(flat.T)
    first = np.append(True, (np.diff(flat[order], axis=0) != 0).any(axis=1))[: len(flat)]
    return np.asarray(shapely.linestrings(ends[order[first]]), dtype=object)


def _near(edges: Shapes, lines: Sequence[Any]) -> npt.NDArray[np.bool_]:
    whole = shapely.geometrycollections(list(lines))
    shapely.prepare(whole)
    return np.asarray(shapely.dwithin(whole, edges, BESIDE_M))


def cut_at_nodes(lines: Sequence[Any]) -> Any:
    """Cut lines at one another on the lattice until nothing changes any more.

    Rounding a node to the lattice bends the lines through it a little, and a bent line may touch a vertex that it passed before;
    so once is not always enough.

    Parameters
    ----------
    lines : sequence of lines
        In metres.

    Returns
    -------
    MultiLineString
        Lines that meet at their ends only.
    """
    noded = shapely.union_all(_array(list(lines)), grid_size=LATTICE_M)
    for _ in range(MOST_ROUNDS):
        again = shapely.union_all(shapely.get_parts(noded), grid_size=LATTICE_M)
        if shapely.get_num_coordinates(again) == shapely.get_num_coordinates(noded):
            return again
        noded = again
    return noded


def retile(tiles: Mapping[str, Any], faces: Faces, owner: Names) -> Retiled:
    """Join faces to tiles again after some went to others.

    Parameters
    ----------
    tiles : mapping
        What `faces_between` cut.
    faces : Faces
        Its result.
    owner : ndarray of str or None
        Who has each face from now on; a name may be new.

    Returns
    -------
    Retiled
        Only tiles whose polygon differs, be it by a node on its border.
    """
    changed: dict[str, Any] = {}
    for name in sorted({*tiles, *(each for each in owner if each is not NOBODY)}):
        mine = faces.shapes[owner == name]
        shape = on_lattice([shapely.coverage_union_all(mine)])[0] if len(mine) else None
        if not _same(shape, tiles.get(name)):
            changed[name] = shape
    return Retiled(changed, _moves(faces, owner))


def handed(tiles: Mapping[str, Any], area: Any, takes: Callable[[str | None], str | None]) -> Retiled:
    """Hand the land of an area over: each face in it goes to whom ``takes`` names for the tile that has it.

    Parameters
    ----------
    tiles : mapping of polygons by id
        All tiles of one tiling within `NEAR_M` of the area.
    area : Polygon or MultiPolygon
        In metres.
    takes : callable
        From the id of a tile (or `NOBODY`) to the id of its new owner; the same id leaves the face where it is.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 4, 4), shapely.box(4, 0, 8, 4)
    >>> done = handed({"E": east, "W": west}, shapely.box(3, 0, 4, 4), lambda _: "E")
    >>> {name: shape.area for name, shape in done.shapes.items()}, [(m.from_id, m.to_id, m.shape.area) for m in done.moved]
    ({'E': 20.0, 'W': 12.0}, [('W', 'E', 4.0)])
    """
    faces = faces_between(tiles, [area])
    inside = _inside(faces.shapes, area)
    owner = _array([takes(name) if is_in else name for name, is_in in zip(faces.owner, inside, strict=True)])
    return retile(tiles, faces, owner)


def with_nodes(shape: Any, nodes: Any) -> Any:
    """Return a polygon with more vertices on its border, wherever a node lies within 2 µm of it.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
    nodes : MultiPoint

    Examples
    --------
    >>> with_nodes(shapely.box(0, 0, 2, 2), shapely.MultiPoint([(1, 0), (1, 1)])).wkt
    'POLYGON ((0 0, 0 2, 2 2, 2 0, 1 0, 0 0))'
    """
    west, south, east, north = shape.bounds
    xy = shapely.get_coordinates(nodes)
    inside = (xy >= (west - NEAR_M, south - NEAR_M)) & (xy <= (east + NEAR_M, north + NEAR_M))
    points = shapely.points(_without(xy[inside.all(axis=1)], shapely.get_coordinates(shape)))
    if not len(points):
        return shape
    border = shapely.boundary(shape)
    shapely.prepare(border)
    missing = points[shapely.dwithin(border, points, 2 * LATTICE_M)]
    if not len(missing):
        return shape
    return on_lattice([shapely.snap(shape, shapely.multipoints(missing), 2 * LATTICE_M)])[0]


def new_nodes(before: Sequence[Any], after: Sequence[Any]) -> Any:
    """Return the vertices of polygons that no polygon had before, as a MultiPoint."""
    old, new = (shapely.get_coordinates(_array(list(shapes))) for shapes in (before, after))
    return shapely.multipoints(_without(np.unique(new, axis=0), old))


def _without(xy: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the points that are not among others."""
    one, other = (np.ascontiguousarray(each).view(np.complex128).ravel() for each in (xy, others))
    return np.asarray(xy[~np.isin(one, other)])


def _outline(shape: Any) -> Any:
    return shape if shapely.get_dimensions(shape) == 1 else shapely.boundary(shape)


def _owners(faces: Shapes, tiles: Mapping[str, Any]) -> Names:
    """Return the tile of each face: the one that its inner point lies in, or that shares most land where that is not plain."""
    names, shapes = list(tiles), _array(list(tiles.values()))
    owner = _array([NOBODY] * len(faces))
    inner = shapely.point_on_surface(faces)
    face, tile = shapely.STRtree(shapes).query(inner, predicate="intersects")
    times = np.bincount(face, minlength=len(faces))
    for i, j in zip(face[times[face] == 1], tile[times[face] == 1], strict=True):
        owner[i] = names[j]
    for i in np.flatnonzero(times > 1):
        among = tile[face == i]
        owner[i] = names[among[shapely.area(shapely.intersection(shapes[among], faces[i])).argmax()]]
    return owner


def _inside(faces: Shapes, area: Any) -> npt.NDArray[np.bool_]:
    shapely.prepare(area)
    return np.asarray(shapely.intersects(area, shapely.point_on_surface(faces)))


def _moves(faces: Faces, owner: Names) -> tuple[Moved, ...]:
    """Join the faces that changed hands, by who had and who has them."""
    pairs = [(old or "", new or "", old, new) for old, new in zip(faces.owner, owner, strict=True)]
    moved = []
    for key in sorted({pair for pair in pairs if pair[2] != pair[3]}, key=lambda pair: pair[:2]):
        mine = np.array([pair == key for pair in pairs], dtype=bool)
        moved.append(Moved(key[2], key[3], on_lattice([shapely.coverage_union_all(faces.shapes[mine])])[0]))
    return tuple(moved)


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(shapely.equals_identical(one, other))


def _array(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def land_of(shapes: Sequence[Any]) -> Any:
    """Return the polygons among geometries as one, without what has no area."""
    parts, _ = polygon_parts(_array(list(shapes)))
    return shapely.union_all(parts, grid_size=LATTICE_M)
