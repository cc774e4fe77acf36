"""From land to `Pieces`: units where there are any, else street blocks, cut further by buildings and between households.

In this order: land is cut along areas, polygon units, barriers, streets, water and the kept borders of today; blocks with too
many households are cut by the land nearest to each building and, where that is not enough, by straight lines; slips and empty
land go to a neighbour, and small cells of a block come together again. All lines are cut at each other on the lattice of one
micrometre, so the pieces share every node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geogrid.balancing.absorbing import LEAST_M, Absorbed, Nodes, absorbed
from geogrid.balancing.blocks import blocks_of
from geogrid.balancing.finer import cells_in
from geogrid.balancing.ground import NONE, Ground, face_at, first_of, settled
from geogrid.balancing.neighbours import components, joined, lines_of, sides_between
from geogrid.balancing.pieces import NOBODY, Pieces
from geogrid.claims import pairs_of
from geogrid.errors import InputError
from geogrid.faces import arrange, put_together
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geogrid.balancing.blocks import Blocks
    from geogrid.balancing.finer import Cells
    from geogrid.balancing.land import Land
    from geogrid.balancing.neighbours import Sides
    from geogrid.faces import Faces

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]


def pieces_of(land: Land, *, finest: int) -> Pieces:
    """Cut land into the smallest pieces that a proposal moves.

    Parameters
    ----------
    land : Land
    finest : int
        Blocks with more households (or what else counts) are cut further, as far as buildings and places allow.

    Returns
    -------
    Pieces
        With shapes that tile each area. ``households`` counts who lives in the piece; whoever lives in no area is in none.
        ``today`` is the grid that has most of a piece's households, then most of its land.

    Raises
    ------
    InputError
        When ``finest`` is less than 1.

    Examples
    --------
    >>> from geogrid.balancing.land import Land
    >>> street = shapely.LineString([(60, -5), (60, 105)])
    >>> village = Land({"V": shapely.box(0, 0, 100, 100)}, np.array([10.0, 90]), np.array([50.0, 50]), streets=[street])
    >>> pieces = pieces_of(village, finest=5)
    >>> pieces.ids, pieces.households.tolist(), pieces.border_m.tolist(), pieces.along_m.tolist()
    (('V#1', 'V#2'), [1, 1], [100.0], [100.0])
    """
    if finest < 1:
        raise InputError(_TOO_FINE.fill(finest=finest))
    ground = Ground.of(land)
    blocks = blocks_of(ground)
    cells = cells_in(blocks, ground, finest)
    faces = arrange(np.concatenate([lines_of(blocks.shapes), *_cuts(cells, ground)]))
    sides = sides_between(faces.shapes, ground.streets, ground.barriers)
    parts = _parts(faces, sides, blocks, cells, ground)
    nodes = _nodes(faces, parts, blocks, ground)
    done = absorbed(nodes, joined(sides, parts.node), finest)
    return _pieces(faces, _Made(parts, nodes, done), ground)


def piece_of_each(pieces: Pieces, land: Land) -> Ints:
    """Return the position of the piece in which each household of a land lives, -1 for none.

    Examples
    --------
    >>> from geogrid.balancing.land import Land
    >>> village = Land({"V": shapely.box(0, 0, 9, 9)}, np.array([1.0, 20]), np.array([5.0, 5]))
    >>> piece_of_each(pieces_of(village, finest=5), village).tolist()
    [0, -1]
    """
    shapes = np.empty(0, dtype=object) if pieces.shapes is None else pieces.shapes
    return face_at(shapes, np.column_stack([land.x, land.y]).astype(np.float64))


class _Parts(NamedTuple):
    """The node of each face (-1: outside), and of each node its block, its unit (-1: none) and whether it is astray from it."""

    node: Ints
    block: Ints
    unit: Ints
    is_stray: Bools


class _Made(NamedTuple):
    parts: _Parts
    nodes: Nodes
    done: Absorbed


def _cuts(cells: Sequence[Cells], ground: Ground) -> list[Shapes]:
    """Return the lines that cut blocks further; a barrier that ended in a block may part its cells."""
    lines = [each.lines for each in cells if len(each.lines)]
    return [*lines, lines_of(ground.land.barriers)] if lines else []


def _parts(faces: Faces, sides: Sides, blocks: Blocks, cells: Sequence[Cells], ground: Ground) -> _Parts:
    """Join the faces of one cell; a unit that is a polygon, and a locked grid, is one whatever parts it."""
    block = first_of(faces, blocks.shapes)
    owner, part = np.zeros((2, len(block)), dtype=np.int64)
    xy = shapely.get_coordinates(faces.spots)
    for each in cells:
        mine = np.flatnonzero(block == each.block)
        owner[mine], part[mine] = each.key(xy[mine])
    one, other = sides.first, sides.second
    alike = (block[one] == block[other]) & (owner[one] == owner[other]) & (part[one] == part[other])
    alike &= sides.open_m > LEAST_M
    whole = (blocks.unit != NONE) | np.append(ground.is_locked, False)[blocks.kept]
    node = components(len(block), one[alike], other[alike])
    node = np.where(np.append(whole, False)[block], len(block) + block, node)
    node = settled(faces, np.where(block == NONE, NONE, node))
    used, first, number = np.unique(node, return_index=True, return_inverse=True)
    outside = int(len(used) > 0 and used[0] == NONE)
    first = _solid_first(faces, number, first)[outside:]
    by_units = np.isin(block[first], [each.block for each in cells if each.by_units])
    unit = np.where(by_units, owner[first], blocks.unit[block[first]])
    number = number.astype(np.int64) - outside
    return _Parts(number, block[first], *_without_strays(faces, number, unit, by_units, ground))


def _solid_first(faces: Faces, number: Ints, first: Ints) -> Ints:
    """Return a face of each node that is no dust."""
    result = first.copy()
    solid = np.flatnonzero(faces.solid)[::-1]
    result[number[solid]] = solid
    return result


def _without_strays(faces: Faces, node: Ints, unit: Ints, by_units: Bools, ground: Ground) -> tuple[Ints, Bools]:
    """Leave a unit that is a point the land where most of its households live; the rest of its land goes to neighbours."""
    at = np.append(node, NONE)[face_at(faces.shapes, ground.xy)]
    own = (at != NONE) & (unit[at] == ground.unit_of) if len(unit) else np.zeros(len(at), dtype=bool)
    lived = np.bincount(at[own], minlength=len(unit))
    points, which = ground.centres
    centre = np.append(node, NONE)[face_at(faces.shapes, shapely.get_coordinates(points))]
    here = (centre != NONE) & (unit[centre] == which) if len(unit) else np.zeros(len(centre), dtype=bool)
    stands = np.bincount(centre[here], minlength=len(unit))
    area_m2 = np.bincount(node[node != NONE], faces.area_m2[node != NONE], minlength=len(unit))
    order = np.lexsort((area_m2, stands, lived, unit))
    last = np.append(unit[order][1:] != unit[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    stray = by_units.copy()
    stray[order[last]] = False
    return np.where(stray, NONE, unit), stray


def _nodes(faces: Faces, parts: _Parts, blocks: Blocks, ground: Ground) -> Nodes:
    """Describe the nodes for joining."""
    count, inside = len(parts.block), parts.node != NONE
    at = np.append(parts.node, NONE)[face_at(faces.shapes, ground.xy)]
    inner = (parts.node[faces.first] == parts.node[faces.second]) & (parts.node[faces.first] != NONE)
    outline = np.bincount(parts.node[inside], shapely.length(faces.shapes[inside]), minlength=count)
    outline = outline - 2 * np.bincount(parts.node[faces.first[inner]], faces.border_m[inner], minlength=count)
    area, kept = blocks.area[parts.block], blocks.kept[parts.block]
    return Nodes(
        weight=np.bincount(at[at != NONE], ground.land.weights[at != NONE], minlength=count).astype(np.int64),
        area_m2=np.bincount(parts.node[inside], faces.area_m2[inside], minlength=count).astype(np.float64),
        outline_m=outline.astype(np.float64),
        home=area * (len(ground.today) + 1) + kept + 1,
        area=area,
        block=parts.block,
        is_unit=parts.unit != NONE,
        is_stray=parts.is_stray,
    )


def _pieces(faces: Faces, made: _Made, ground: Ground) -> Pieces:
    """Put pieces together, in order of their areas and from west to east."""
    parts, nodes, (label, sides) = made
    count = int(label.max(initial=-1)) + 1
    piece = np.append(label, NONE)[parts.node]
    inside = np.flatnonzero(piece != NONE)
    shapes = put_together(faces, pairs_of(inside, piece[inside]), count)
    area, home = (_by_label(each, label, count) for each in (nodes.area, nodes.home))
    xy = _places(shapes)
    order = np.lexsort((*np.round(xy, 3).T[::-1], area))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    between = joined(sides, rank[label])
    area, xy, shapes = area[order], xy[order], shapes[order]
    unit = _units(parts, nodes, rank[label], count)
    households = np.bincount(rank[label], nodes.weight, minlength=count).astype(np.int64)
    kept = home[order] % (len(ground.today) + 1) - 1
    keys = list(ground.land.units)
    return Pieces(
        ids=_ids(area, unit, ground),
        households=households,
        area=area,
        today=kept if ground.land.along_today else np.where(kept == NONE, _today(shapes, ground), kept),
        locked=np.append(ground.is_locked, False)[kept] | np.array([u != NONE and keys[u] in ground.land.locked for u in unit]),
        x=xy[:, 0],
        y=xy[:, 1],
        first=between.first,
        second=between.second,
        border_m=between.border_m,
        along_m=between.along_m,
        is_open=between.is_open & (area[between.first] == area[between.second]),
        shapes=shapes,
    )


def _by_label(values: Ints, label: Ints, count: int) -> Ints:
    result = np.zeros(count, dtype=np.int64)
    result[label] = values
    return result


def _places(shapes: Shapes) -> Floats:
    """Return the middle of each piece, or another place inside where the middle lies outside."""
    middles = shapely.centroid(shapes)
    inside = shapely.contains(shapes, middles)
    return np.asarray(shapely.get_coordinates(np.where(inside, middles, shapely.point_on_surface(shapes))), dtype=np.float64)


def _units(parts: _Parts, nodes: Nodes, label: Ints, count: int) -> Ints:
    """Return the unit that each piece is, -1 for none; of a unit in several pieces the largest bears its name."""
    result = np.full(count, NONE)
    some = np.flatnonzero(parts.unit != NONE)
    order = some[np.lexsort((nodes.area_m2[some], nodes.weight[some], parts.unit[some]))]
    last = np.append(parts.unit[order][1:] != parts.unit[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    result[label[order[last]]] = parts.unit[order[last]]
    return result


def _ids(area: Ints, unit: Ints, ground: Ground) -> tuple[str, ...]:
    areas, units = list(ground.land.areas), list(ground.land.units)
    number = np.arange(len(area)) - np.searchsorted(area, area) + 1
    made = [f"{areas[a]}#{n}" for a, n in zip(area.tolist(), number.tolist(), strict=True)]
    return tuple(name if u == NONE else units[u] for name, u in zip(made, unit.tolist(), strict=True))


def _today(shapes: Shapes, ground: Ground) -> Ints:
    """Return the grid of today that has most of each piece's households, then most of its land."""
    result = np.full(len(shapes), NOBODY)
    if not len(ground.today):
        return result
    piece, grid = shapely.STRtree(ground.today).query(shapes, predicate="intersects")
    land = shapely.area(shapely.intersection(shapes[piece], ground.today[grid]))
    home, at = face_at(shapes, ground.xy), face_at(ground.today, ground.xy)
    some = (home != NONE) & (at != NONE)
    pairs, position = np.unique(home[some] * len(ground.today) + at[some], return_inverse=True)
    weight = np.bincount(position, ground.land.weights[some], minlength=len(pairs))
    where = np.minimum(np.searchsorted(pairs, piece * len(ground.today) + grid), max(len(pairs) - 1, 0))
    lived = np.where(pairs[where] == piece * len(ground.today) + grid, weight[where], 0.0) if len(pairs) else 0 * land
    order = np.lexsort((-grid, land, lived, piece))
    order = order[land[order] > 0]
    last = np.append(piece[order][1:] != piece[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    result[piece[order[last]]] = grid[order[last]]
    return result


_TOO_FINE = Text(
    "地块至多 {finest} 户不可行；请给出 1 或以上的数。", "pieces of at most {finest} households cannot be; give 1 or more."
)
