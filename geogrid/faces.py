"""The faces between borders: what is left when all borders are cut at each other on the lattice.

Whoever owns a polygon owns whole faces, so polygons put together from faces share every vertex with their neighbours. Of dust
(see `geogrid.noding`) nobody can tell whose it was.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geogrid.boundaries import LATTICE_PER_M, on_lattice
from geogrid.claims import Pairs, pairs_of, runs
from geogrid.late import Late
from geogrid.noding import CLEAR_M, noded, polygons_between, spots_in
from geogrid.regions import wide_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from scipy import sparse
    from scipy.sparse import csgraph

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
else:
    sparse, csgraph = Late("scipy.sparse"), Late("scipy.sparse.csgraph")

_SAME_M = 1e-5

_CAUTION = 0.99
"""Shrunk borders are drawn to within 1 %: whatever may be wide is looked at once more."""

KEEP_WIDTHS, TAIL_WIDTHS = 5.0, 10.0
"""What leads away from a wide piece more than ten widths is a tail of its own, cut off at five."""


class Faces(NamedTuple):
    """Faces, a spot inside each (where it is ``solid``), and which are side by side along how many metres of border.

    ``first`` and ``second`` are pairs of faces with ``border_m``; ``rim`` marks the faces with land of no face beside them.
    """

    shapes: Shapes
    area_m2: Floats
    spots: Shapes
    solid: Bools
    first: Ints
    second: Ints
    border_m: Floats
    rim: Bools


def arrange(borders: Sequence[Any] | Shapes) -> Faces:
    """Cut borders at each other and return the faces between them.

    Parameters
    ----------
    borders : lines
        In metres.

    Returns
    -------
    Faces
        Every face has all the vertices of the faces beside it.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 6, 9), shapely.box(5, 0, 9, 9)
    >>> faces = arrange([west.boundary, east.boundary])
    >>> sorted(faces.area_m2.tolist()), faces.border_m.tolist()
    ([9.0, 27.0, 45.0], [9.0, 9.0])
    """
    lines = np.empty(len(borders), dtype=object)
    lines[:] = borders
    return _side_by_side(polygons_between(lines))


def cut_along(faces: Faces, lines: Sequence[Any]) -> Faces | None:
    """Cut faces along more lines, and no other face; None where the lines would move a border that another face shares.

    Examples
    --------
    >>> faces = arrange([shapely.box(0, 0, 6, 9).boundary])
    >>> sorted(cut_along(faces, [shapely.LineString([(2, 0), (2, 9)])]).area_m2.tolist())
    [18.0, 36.0]
    """
    extra = np.empty(len(lines), dtype=object)
    extra[:] = lines
    near = np.unique(shapely.STRtree(faces.shapes).query(extra, predicate="dwithin", distance=CLEAR_M)[1])
    # Also those that meet them, which a node that moves a border by a rounding may touch.
    touched = np.zeros(len(faces.shapes), dtype=bool)
    touched[near] = True
    for one, other in ((faces.first, faces.second), (faces.second, faces.first)):
        touched[other[np.isin(one, near)]] = True
    cut = noded(np.append(shapely.boundary(faces.shapes[touched]), extra))
    pieces = np.asarray(shapely.get_parts(shapely.polygonize(cut)), dtype=object)
    # Land that the cut faces enclose is another face.
    within = shapely.STRtree(faces.shapes[touched]).query(
        shapely.point_on_surface(pieces), predicate="dwithin", distance=CLEAR_M
    )[0]
    after = _side_by_side(np.append(faces.shapes[~touched], pieces[np.unique(within)]))
    return after if abs(_rim_m(after) - _rim_m(faces)) < _SAME_M else None


def _rim_m(faces: Faces) -> float:
    """Return the length of border that one face has for itself."""
    return float(shapely.length(faces.shapes).sum() - 2 * faces.border_m.sum())


def lying_in(faces: Faces, polygons: Shapes, *, dust: bool = False) -> Pairs:
    """Return which solid face lies in which polygon; of dust the answer may be wrong along the border."""
    solid = np.flatnonzero(faces.solid | dust)
    item, spot = shapely.STRtree(faces.spots[solid]).query(polygons, predicate="intersects")
    return pairs_of(solid[spot], item)


def connected(faces: Faces, face: Ints, tag: Ints) -> Ints:
    """Return the number of each node's connected piece; a node is a face with a tag, joined to the same tag side by side."""
    here = np.zeros(len(faces.shapes), dtype=bool)
    here[face] = True
    inner = here[faces.first] & here[faces.second]
    sides = pd.DataFrame({"first": faces.first[inner], "second": faces.second[inner]})
    nodes = pd.DataFrame({"face": face, "tag": tag, "node": np.arange(len(face))})
    joined = sides.merge(nodes, left_on="first", right_on="face").merge(
        nodes, left_on=["second", "tag"], right_on=["face", "tag"], suffixes=("", "_beside")
    )
    ends = (joined["node"].to_numpy(), joined["node_beside"].to_numpy())
    graph = sparse.coo_array((np.ones(len(joined), dtype=bool), ends), shape=(len(face), len(face)))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


class Wide(NamedTuple):
    """Which nodes belong to a wide piece, and the lines that would cut tails from faces that are partly one."""

    wide: Bools
    cuts: list[Any]


def wide_nodes(faces: Faces, face: Ints, piece: Ints, width_m: float) -> Wide:
    """Say which nodes belong to pieces at least ``width_m`` wide; a tail of a piece is none, however wide the piece.

    Parameters
    ----------
    faces : Faces
    face, piece : ndarray of int
        The face of each node and the number of its connected piece, from 0.
    width_m : float
        Diameter of the largest circle that must fit.
    """
    wide = np.zeros(len(face), dtype=bool)
    cuts: list[Any] = []
    pieces = _nodes_by_piece(piece)
    wholes = dissolved(faces, [face[nodes] for nodes in pieces])
    # No circle is larger than the piece; shrinking all of them at once settles nearly all of the others.
    possible = np.flatnonzero(shapely.area(wholes) >= np.pi / 4 * (_CAUTION * width_m) ** 2)
    cores = shapely.buffer(wholes[possible], -_CAUTION * width_m / 2)
    possible = possible[~shapely.is_empty(cores)]
    for i in possible[wide_pieces(wholes[possible], width_m).source]:
        wide[pieces[i]], cut = _wide_part(faces, face[pieces[i]], wholes[i].buffer(-_CAUTION * width_m / 2), width_m)
        cuts += cut
    return Wide(wide, cuts)


def dissolved(faces: Faces, members: Sequence[Ints]) -> Shapes:
    """Return the land of groups of faces."""
    shapes = np.empty(len(members), dtype=object)
    for i, some in enumerate(members):
        shapes[i] = faces.shapes[some[0]] if len(some) == 1 else shapely.coverage_union_all(faces.shapes[some])
    return shapes


def _nodes_by_piece(piece: Ints) -> list[Ints]:
    order = np.argsort(piece, kind="stable")
    return runs(order, np.flatnonzero(np.diff(piece[order])) + 1) if len(piece) else []


def neighbours(faces: Faces, region: Pairs, owners: Pairs) -> pd.DataFrame:
    """Return the owned faces beside regions: columns region, face (of the region), beside (the other), item, border_m."""
    label = np.full(len(faces.shapes), -1, dtype=np.int64)
    label[region.face] = region.item
    inner, outer = np.append(faces.first, faces.second), np.append(faces.second, faces.first)
    across = (label[inner] >= 0) & (label[outer] != label[inner])
    border_m = np.append(faces.border_m, faces.border_m)[across]
    sides = pd.DataFrame({"region": label[inner[across]], "face": inner[across], "beside": outer[across], "border_m": border_m})
    return sides.merge(pd.DataFrame({"beside": owners.face, "item": owners.item}), on="beside")


def outlines_m(faces: Faces, region: Pairs) -> Floats:
    """Return the length of the outline of each region, by its number."""
    label = np.full(len(faces.shapes), -1, dtype=np.int64)
    label[region.face] = region.item
    count = region.item.max(initial=-1) + 1
    whole = np.bincount(region.item, shapely.length(faces.shapes[region.face]), minlength=count)
    inner = (label[faces.first] >= 0) & (label[faces.first] == label[faces.second])
    return np.asarray(whole - 2 * np.bincount(label[faces.first[inner]], faces.border_m[inner], minlength=count))


def corner_cuts(faces: Faces, hole: Ints, neighbouring: Sequence[Ints], longest_m: float) -> list[Any]:
    """Return lines across a hole, from the corners between its neighbours to the border that it has with none of them.

    Parameters
    ----------
    faces : Faces
    hole : ndarray of int
        Connected faces.
    neighbouring : sequence of ndarray of int
        The faces of each neighbour beside the hole.
    longest_m : float
        Lines that would be longer are left out, as are those that are borders of faces already.
    """
    land = shapely.coverage_union_all(faces.shapes[hole])
    whole = shapely.boundary(land)
    shared = [whole.intersection(shapely.union_all(shapely.boundary(faces.shapes[some]))) for some in neighbouring]
    rest = whole.difference(shapely.union_all(shared))
    drawn = shapely.union_all(shapely.boundary(faces.shapes[hole]))
    cuts = []
    for one, other in combinations(shared, 2):
        for corner in shapely.points(np.unique(shapely.get_coordinates(one.intersection(other)), axis=0)):
            cut = shapely.shortest_line(corner, rest)
            if cut is None or not 2 * CLEAR_M < cut.length <= longest_m or drawn.distance(cut.centroid) <= CLEAR_M:
                continue
            if land.intersection(cut).length > cut.length - CLEAR_M:
                cuts.append(cut)
    return cuts


def longest_border(faces: Faces, region: Pairs, owners: Pairs, rank: Any) -> pd.DataFrame:
    """Return for each region the owner beside it with the highest rank, then the longest shared border, then the first in order.

    Parameters
    ----------
    faces : Faces
    region : Pairs
        Faces, and the region (from 0) that each belongs to; a face belongs to one region only.
    owners : Pairs
        Faces with owners.
    rank : callable
        From arrays of faces and of possible owners to numbers; owners with a negative rank are left out.

    Returns
    -------
    DataFrame
        Columns region and item; regions beside no such owner are missing.
    """
    found = neighbours(faces, region, owners)
    found["rank"] = rank(found["face"].to_numpy(), found["item"].to_numpy())
    found = found[found["rank"] >= 0]
    total = found.groupby(["region", "item"], as_index=False).agg({"rank": "min", "border_m": "sum"})
    # Equal borders differ in the last bit only.
    total["border_m"] = total["border_m"].round(6)
    ranked = total.sort_values(["region", "rank", "border_m", "item"], ascending=[True, False, False, True], kind="stable")
    return ranked.drop_duplicates("region")[["region", "item"]]


def put_together(faces: Faces, owners: Pairs, count: int) -> Shapes:
    """Return the polygon of each of ``count`` owners, on the lattice and in normal form; empty for owners of nothing."""
    order = np.argsort(owners.item, kind="stable")
    ends = np.searchsorted(owners.item[order], np.arange(1, count))
    parts = runs(owners.face[order], ends) if count else []
    some = np.array([len(part) > 0 for part in parts], dtype=bool)
    shapes = np.full(count, shapely.Polygon(), dtype=object)
    shapes[some] = dissolved(faces, [part for part in parts if len(part)])
    return on_lattice(shapes)


class Common(NamedTuple):
    """Edges that two polygons share, ``first`` the lower number; ``alone`` marks polygons with edges of their own."""

    first: Ints
    second: Ints
    start: Floats
    end: Floats
    alone: Bools


def common_edges(shapes: Shapes) -> Common:
    """Return the edges that two of several polygons share, vertex by vertex, and which polygons have edges to themselves.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        That fit together corner by corner, on the lattice, in metres.

    Examples
    --------
    >>> found = common_edges(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> found.first.tolist(), found.second.tolist(), found.start.tolist(), found.end.tolist()
    ([0], [1], [[1.0, 0.0]], [[1.0, 1.0]])
    """
    start, end, face = _edges(shapes)
    x, y = (pd.factorize(np.rint(np.append(start[:, k], end[:, k]) * LATTICE_PER_M))[0].astype(np.int64) for k in (0, 1))
    vertex = pd.factorize(x * (y.max(initial=0) + 1) + y)[0].astype(np.int64)
    one, other = vertex[: len(start)], vertex[len(start) :]
    edge = np.minimum(one, other) * (vertex.max(initial=0) + 1) + np.maximum(one, other)
    order = np.argsort(edge, kind="stable")
    twice = np.flatnonzero(edge[order][1:] == edge[order][:-1])
    a, b = order[twice], order[twice + 1]
    once = np.ones(len(edge), dtype=bool)
    once[a] = once[b] = False
    alone = np.zeros(len(shapes), dtype=bool)
    alone[face[once]] = True
    low, high = np.minimum(face[a], face[b]), np.maximum(face[a], face[b])
    return Common(low, high, start[a], end[a], alone)


def _side_by_side(shapes: Shapes) -> Faces:
    """Return faces with their spots and the edges that two share."""
    spots, solid = spots_in(shapes)
    common = common_edges(shapes)
    length = np.hypot(*(common.start - common.end).T)
    pair, position = np.unique(common.first * len(shapes) + common.second, return_inverse=True)
    first, second = np.divmod(pair, max(len(shapes), 1))
    differ = first != second
    border_m = np.bincount(position, length, minlength=len(pair))[differ]
    return Faces(shapes, shapely.area(shapes), spots, solid, first[differ], second[differ], border_m, common.alone)


def _edges(shapes: Shapes) -> tuple[Floats, Floats, Ints]:
    """Return the ends of every edge of the faces, and whose edge it is."""
    parts, source = shapely.get_parts(shapes, return_index=True)
    rings, of = shapely.get_rings(parts, return_index=True)
    of = source[of]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    return xy[:-1][inside], xy[1:][inside], of[ring[:-1][inside]]


def _wide_part(faces: Faces, face: Ints, core: Any, width_m: float) -> tuple[Bools, list[Any]]:
    """Say which faces of one connected piece belong to its wide part, and not to tails that lead away from its core."""
    around = core.buffer(TAIL_WIDTHS * width_m)
    shapely.prepare(around)
    beyond = ~shapely.covers(around, faces.shapes[face])
    if not beyond.any():
        return np.ones(len(face), dtype=bool), []
    near = core.buffer(KEEP_WIDTHS * width_m)
    across = beyond & shapely.intersects(faces.shapes[face], core.buffer(0.98 * KEEP_WIDTHS * width_m))
    cuts = [shapely.intersection(near.boundary, faces.shapes[i]) for i in face[across]]
    away = np.flatnonzero(~shapely.intersects(near, faces.spots[face]) & ~across)
    piece = connected(faces, face[away], np.zeros(len(away), dtype=np.int64))
    tail = np.isin(piece, piece[beyond[away]])
    wide = np.ones(len(face), dtype=bool)
    wide[away[tail]] = False
    return wide, cuts
