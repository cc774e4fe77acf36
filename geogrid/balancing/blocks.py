"""Blocks: land between streets, water and barriers, within one area and, where they count, one unit or grid of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.ground import NONE, face_at, first_of, settled
from geogrid.balancing.neighbours import components, sides_between
from geogrid.barriers import STANDS
from geogrid.claims import pairs_of
from geogrid.faces import arrange, put_together

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.balancing.ground import Ground
    from geogrid.balancing.neighbours import Sides
    from geogrid.faces import Faces

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

LEAST_M = 0.01


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks that tile the areas: area, grid of today whose borders are kept (-1: none), unit that is a polygon (-1: none)."""

    shapes: Shapes
    area: Ints
    kept: Ints
    unit: Ints


@dataclass(frozen=True, eq=False)
class _Marks:
    """What each face belongs to, -1 for nothing; ``building`` only where a street runs through it."""

    area: Ints
    kept: Ints
    unit: Ints
    building: Ints


def blocks_of(ground: Ground) -> Blocks:
    """Cut land along every line and join what no line parts; units, locked grids and buildings stay whole.

    Where units are points, streets are no lines.
    """
    faces = arrange(ground.cuts)
    marks = _marks(faces, ground)
    sides = sides_between(faces.shapes, ground.streets, ground.barriers)
    block = _joined(faces, sides, marks, ground)
    block = settled(faces, np.where(marks.area == NONE, NONE, block))
    used, number = np.unique(block, return_inverse=True)
    number = number.astype(np.int64) - int(len(used) > 0 and used[0] == NONE)
    inside = np.flatnonzero(number >= 0)
    shapes = put_together(faces, pairs_of(inside, number[inside]), int(number.max(initial=-1)) + 1)
    largest = _largest(faces, number)
    return Blocks(shapes, marks.area[largest], _kept(faces, number, marks, ground), marks.unit[largest])


def _marks(faces: Faces, ground: Ground) -> _Marks:
    area = first_of(faces, ground.areas)
    kept = first_of(faces, ground.today[ground.kept])
    kept = np.append(ground.kept, NONE)[kept]
    wide = np.flatnonzero(ground.is_wide)
    unit = np.append(wide, NONE)[first_of(faces, ground.units[wide])]
    unit[np.append(ground.is_locked, False)[kept]] = NONE
    building = np.append(ground.straddling, NONE)[first_of(faces, ground.buildings[ground.straddling])]
    lived_in = np.bincount(_homes(faces, ground), minlength=len(area) + 1)[: len(area)] > 0
    return _Marks(area, kept, _without_fringes(faces, area, kept, unit, lived_in), np.where(unit == NONE, building, NONE))


def _homes(faces: Faces, ground: Ground) -> Ints:
    """Return the face of each household; the number of faces for those in none."""
    at = face_at(faces.shapes, ground.xy)
    return np.where(at == NONE, len(faces.shapes), at)


def _without_fringes(faces: Faces, area: Ints, kept: Ints, unit: Ints, lived_in: Bools) -> Ints:
    """Take from a unit the land in which nobody lives and that is a twentieth of it at most, in other areas or grids."""
    _, group = np.unique(np.column_stack([unit, area, kept]), axis=0, return_inverse=True)
    group = group.reshape(-1)
    part_m2 = np.bincount(group, faces.area_m2)[group]
    whole_m2 = np.bincount(unit + 1, faces.area_m2)[unit + 1]
    is_empty = (np.bincount(group, lived_in) == 0)[group]
    return np.where((part_m2 < STANDS * whole_m2) & is_empty, NONE, unit)


def _joined(faces: Faces, sides: Sides, marks: _Marks, ground: Ground) -> Ints:
    """Return the number of the block of each face."""
    one, other = sides.first, sides.second
    same_area = (marks.area[one] == marks.area[other]) & (marks.area[one] != NONE)
    same_unit = same_area & (marks.unit[one] == marks.unit[other])
    free = same_unit & (marks.unit[one] == NONE) & (marks.kept[one] == marks.kept[other])
    locked = np.append(ground.is_locked, False)[marks.kept]
    in_building = marks.building != NONE
    plain = ~in_building[one] & ~in_building[other]
    crossable = np.append(ground.by_units, False)[marks.area[one]] & (sides.open_m > LEAST_M)
    joins = same_unit & (marks.unit[one] != NONE)
    joins |= free & locked[one]
    joins |= free & plain & ((sides.soft_m > LEAST_M) | crossable)
    joins |= free & (marks.building[one] == marks.building[other]) & in_building[one] & (sides.open_m > LEAST_M)
    count = len(faces.shapes)
    block = components(count, one[joins], other[joins])
    # A unit or locked grid in several parts is one all the same.
    whole = np.unique(np.column_stack([marks.area, np.where(locked, marks.kept, NONE), marks.unit]), axis=0, return_inverse=True)
    alike = whole[1].reshape(-1)
    block = np.where((marks.area != NONE) & (locked | (marks.unit != NONE)), count + alike, block)
    return _with_buildings(faces, sides, free & in_building[one] ^ free & in_building[other], block, in_building)


def _with_buildings(faces: Faces, sides: Sides, across: Bools, block: Ints, in_building: Bools) -> Ints:
    """Give each building that a street runs through to the block around its largest part."""
    largest: dict[int, int] = {}
    for face in np.flatnonzero(in_building).tolist():
        best = largest.get(block[face])
        if best is None or faces.area_m2[face] > faces.area_m2[best]:
            largest[int(block[face])] = face
    chosen: dict[int, tuple[float, int]] = {}
    for i in np.flatnonzero(across & (sides.soft_m > LEAST_M)).tolist():
        ends = int(sides.first[i]), int(sides.second[i])
        inner, outer = ends if in_building[ends[0]] else ends[::-1]
        if largest[int(block[inner])] == inner:
            chosen[int(block[inner])] = max(
                chosen.get(int(block[inner]), (0.0, 0)), (round(float(sides.soft_m[i]), 6), int(block[outer]))
            )
    taker = np.arange(int(block.max(initial=-1)) + 1)
    taker[list(chosen)] = [outer for _, outer in chosen.values()]
    return taker[block]


def _largest(faces: Faces, number: Ints) -> Ints:
    """Return the largest face of each block."""
    order = np.lexsort((faces.area_m2, number))
    order = order[number[order] >= 0]
    last = np.append(number[order][1:] != number[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    return np.asarray(order[last], dtype=np.int64)


def _kept(faces: Faces, number: Ints, marks: _Marks, ground: Ground) -> Ints:
    """Return the grid of today that has most of a block's households, then most of its land."""
    count = int(number.max(initial=-1)) + 1
    homes = _homes(faces, ground)
    weight = np.bincount(homes, ground.land.weights, minlength=len(number) + 1)[:-1]
    inside = number >= 0
    key = number[inside] * (len(ground.today) + 1) + marks.kept[inside] + 1
    pairs, position = np.unique(key, return_inverse=True)
    block, kept = np.divmod(pairs, len(ground.today) + 1)
    lived, land = (np.bincount(position, each[inside]) for each in (weight, faces.area_m2))
    order = np.lexsort((-kept, land, lived, block))
    last = np.append(block[order][1:] != block[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    result = np.full(count, NONE)
    result[block[order[last]]] = kept[order[last]] - 1
    return result
