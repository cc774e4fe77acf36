"""Grids cut by a line: which pieces come of it, and which of them change hands when the line becomes a border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.errors import RefusedError
from geogrid.regions import crosses_often, narrow_parts
from geogrid.tiles import Faces, faces_between
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Names = npt.NDArray[np.object_]

REACH_M = 1.0
"""A line that ends this near to a border is drawn on to it."""
NARROWEST_M = 1.0
SHARED_M = 0.001


def piece_faces(tiles: Mapping[str, Any], grid_id: str, line: Any) -> tuple[Faces, list[Ints]]:
    """Cut one grid by lines.

    Parameters
    ----------
    tiles : mapping of polygons by id
        The grid and all tiles near the line.
    grid_id : str
        Which grid is cut; the others only get the nodes on shared borders.
    line : LineString or MultiLineString
        What reaches beyond the grid is left out; an end within a metre of the outline is drawn on to it.

    Returns
    -------
    tuple
        The faces, and the grid's pieces as positions of faces, from large to small. Parts of the grid that the line does not
        cut stay with the largest piece, pieces narrower than a metre with the neighbour of the longest shared border.
    """
    shape = tiles[grid_id]
    faces = faces_between(tiles, [_reaching(line, shape)])
    cut, whole = _cut_parts(faces, grid_id, shape)
    if not len(cut):
        return faces, [whole]
    pieces = _joined_narrow(faces, [np.array([i]) for i in cut])
    pieces.sort(key=lambda piece: (-float(shapely.area(faces.shapes[piece]).sum()), faces.shapes[piece[0]].bounds))
    return faces, [np.concatenate([pieces[0], whole]), *pieces[1:]]


def border_faces(tiles: Mapping[str, Any], first: str, second: str, line: Any) -> tuple[Faces, Names]:
    """Make a line the border of two grids.

    Of the pieces into which the line cuts one of them, those that touch the other go over to it; where all of them do, all but
    the largest.

    Parameters
    ----------
    tiles : mapping of polygons by id
        Both grids and all tiles near them.
    first, second : str
        The two grids.
    line : LineString
        From outline to outline, or from one place of the shared border to another.

    Returns
    -------
    tuple
        The faces, and who has each from now on.
    """
    both = shapely.union_all([tiles[first], tiles[second]])
    borders = shapely.union_all([shapely.boundary(tiles[first]), shapely.boundary(tiles[second])])
    shared = shapely.line_merge(_lines(shapely.intersection(shapely.boundary(tiles[first]), shapely.boundary(tiles[second]))))
    if shared.length <= SHARED_M:
        raise RefusedError(_NO_BORDER.fill(first=first, second=second), line)
    faces = faces_between(tiles, [_reaching(line, both, borders)])
    owner = faces.owner.copy()
    for one, other in ((first, second), (second, first)):
        owner[_flipping(faces, one, other, tiles[one], shared)] = other
    if (owner == faces.owner).all():
        raise RefusedError(_NO_NEW_BORDER.fill(first=first, second=second), line)
    return faces, owner


def _flipping(faces: Faces, one: str, other: str, shape: Any, shared: Any) -> Ints:
    """Return the faces of one grid that go over to the other, with which it shares a border."""
    cut, _ = _cut_parts(faces, one, shape)
    if not len(cut):
        return cut
    outlines = shapely.boundary(faces.shapes[cut])
    border = shapely.boundary(shapely.coverage_union_all(faces.shapes[faces.owner == other]))
    touching = shapely.length(shapely.intersection(outlines, border)) > SHARED_M
    if touching.all():
        return np.delete(cut, _staying(faces.shapes[cut], outlines, shared))
    return np.asarray(cut[touching])


def _staying(pieces: Any, outlines: Any, shared: Any) -> int:
    """Return the piece that stays: the only one at both ends of the shared border, else the largest."""
    ends = shapely.get_parts(shapely.boundary(shared))
    at_all = shapely.dwithin(outlines[:, None], ends[None, :], SHARED_M).all(axis=1)
    if len(ends) and at_all.sum() == 1:
        return int(at_all.argmax())
    return int(shapely.area(pieces).argmax())


def _lines(shape: Any) -> Any:
    """Return the lines of a geometry without its points."""
    parts = shapely.get_parts(shape)
    return shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1])


def _cut_parts(faces: Faces, grid_id: str, shape: Any) -> tuple[Ints, Ints]:
    """Return the faces of the parts of a grid that a line cuts, and those of the parts that it leaves whole."""
    mine: Ints = np.flatnonzero(faces.owner == grid_id)
    parts = shapely.get_parts(shape)
    inner, part = shapely.STRtree(parts).query(shapely.point_on_surface(faces.shapes[mine]), predicate="intersects")
    home = np.zeros(len(mine), dtype=np.int64)
    home[inner] = part
    several = np.bincount(home, minlength=len(parts))[home] > 1
    return np.asarray(mine[several]), np.asarray(mine[~several])


def _joined_narrow(faces: Faces, pieces: list[Ints]) -> list[Ints]:
    """Join pieces narrower than a metre to the neighbour with the longest shared border."""
    is_narrow = [len(narrow_parts(faces.shapes[piece], NARROWEST_M)) == len(piece) for piece in pieces]
    wide = [piece for piece, narrow in zip(pieces, is_narrow, strict=True) if not narrow]
    if not wide:
        return pieces
    narrow = [piece for piece, narrow in zip(pieces, is_narrow, strict=True) if narrow]
    for piece in narrow:
        border = shapely.boundary(faces.shapes[piece[0]])
        shared = [shapely.length(shapely.intersection(border, shapely.boundary(faces.shapes[each]))).sum() for each in wide]
        best = int(np.argmax(shared))
        wide[best] = np.concatenate([wide[best], piece])
    return wide


def drawn_line(line: Any) -> Any:
    """Return a line that is one, or say why it is not."""
    if shapely.get_dimensions(line) != 1:
        raise RefusedError(_NO_LINE.fill(kind=line.geom_type), line)
    if not shapely.is_simple(line) and crosses_often(line):
        raise RefusedError(_TANGLED, line)
    return line


def _reaching(line: Any, shape: Any, borders: Any = None) -> Any:
    """Return the part of a line on a polygon and a metre around it, its ends drawn on to the border."""
    border = shapely.boundary(shape) if borders is None else borders
    near = shapely.intersection(line, shapely.buffer(shape, REACH_M))
    ends = shapely.points([end for part in shapely.get_parts(line) for end in (part.coords[0], part.coords[-1])])
    short = [end for end in ends if not _has_arrived(end, line, border) and shapely.dwithin(end, border, REACH_M)]
    return shapely.union_all([near, *shapely.shortest_line(short, border)])


def _has_arrived(end: Any, line: Any, border: Any) -> bool:
    """Return whether a line meets a border near its end, on it or a little before it."""
    return bool(shapely.intersects(shapely.intersection(line, shapely.buffer(end, REACH_M)), border))


_TANGLED = Text(
    "这条线与自己相交太多次（超过 1,000 次）；请画一条简单的线。",
    "the line crosses itself more than 1,000 times; draw a plain line.",
)
_NO_BORDER = Text(
    "网格 {first} 与 {second} 没有共同的边界；请选择相邻的网格。",
    "grids {first} and {second} share no border; choose neighbours.",
)
_NO_NEW_BORDER = Text(
    "这条线没有给网格 {first} 与 {second} 划出新边界；请从共同边界的一处画到另一处，或横贯两端。",
    "the line makes no new border between grids {first} and {second}; draw it from one place of their border to another, or "
    "right through.",
)
_NO_LINE = Text("应给一条线，得到的是 {kind}；请画一条线。", "expected a line, got {kind}; draw a line.")
