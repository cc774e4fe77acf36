"""Blocks with many households cut further: by the land of buildings, of point units, and by straight lines between households."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geogrid.balancing.absorbing import Nodes, absorbed
from geogrid.balancing.cells import Halved, Samples, halfway, halved, part_of, samples_of
from geogrid.balancing.ground import NONE, face_at
from geogrid.balancing.neighbours import Sides, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from geogrid.balancing.blocks import Blocks
    from geogrid.balancing.cells import Halfway
    from geogrid.balancing.ground import Ground

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

SPACING_M = 4.0
"""How far apart the samples of a building's outline are at most."""
INNER_M2 = 1.0
"""Less of a building is not in a block."""


class Owners(NamedTuple):
    """Whose land each building of a block is taken for, and the samples of all owners."""

    of_building: Ints
    samples: Samples


@dataclass(frozen=True, eq=False)
class Cells:
    """How one block is cut further.

    Attributes
    ----------
    block : int
    buildings : array of polygons
        Those in the block.
    owners : Owners
        By building, or by unit; nobody (no samples) where there is neither.
    split : mapping
        By owner with too many households, how its land is divided.
    by_units : bool
        Whether owners are units.
    lines : array of lines
        All that is cut.
    """

    block: int
    buildings: Shapes
    owners: Owners
    by_units: bool
    split: dict[int, Halved] = field(default_factory=dict)
    lines: Shapes = field(default_factory=lambda: np.empty(0, dtype=object))

    def owner(self, xy: Floats) -> Ints:
        """Return whose land each place is: that of the building around it, else of the nearest sample; 0 where nobody has any."""
        if not len(self.owners.samples.owner):
            return np.zeros(len(xy), dtype=np.int64)
        found = self.owners.samples.nearest(xy)
        within = face_at(self.buildings, xy)
        return np.where(within == NONE, found, np.append(self.owners.of_building, NONE)[within])

    def key(self, xy: Floats) -> tuple[Ints, Ints]:
        """Return the owner of each place and the part of the owner's land; a building lies in the part of its middle."""
        owner, part = self.owner(xy), np.zeros(len(xy), dtype=np.int64)
        if not self.split:
            return owner, part
        within = face_at(self.buildings, xy)
        at = np.where((within == NONE)[:, None], xy, np.append(_middles(self.buildings), [[0.0, 0.0]], axis=0)[within])
        for number, done in self.split.items():
            some = owner == number
            part[some] = part_of(done.root, at[some])
        return owner, part


def cells_in(blocks: Blocks, ground: Ground, finest: int) -> list[Cells]:
    """Return how blocks are cut further: those of point units, and those with more households than ``finest``."""
    return list(_cells(blocks, ground, finest))


def _cells(blocks: Blocks, ground: Ground, finest: int) -> Iterator[Cells]:
    home = face_at(blocks.shapes, ground.xy)
    weights = ground.land.weights
    total = np.bincount(home[home != NONE], weights[home != NONE], minlength=len(blocks.shapes))
    free = (blocks.unit == NONE) & ~np.append(ground.is_locked, False)[blocks.kept]
    by_units = free & ground.by_units[blocks.area]
    order = np.argsort(home, kind="stable")
    starts = np.searchsorted(home[order], np.arange(len(blocks.shapes) + 1))
    tree = shapely.STRtree(ground.buildings)
    for block in np.flatnonzero(by_units | (free & (total > finest))).tolist():
        homes = order[starts[block] : starts[block + 1]]
        near = np.sort(tree.query(blocks.shapes[block], predicate="intersects"))
        inside = _inside(ground.buildings[near], blocks.shapes[block])
        maker = _of_units if by_units[block] else _of_buildings
        yield maker(_Block(block, blocks.shapes[block], inside, homes), ground, finest)


class _Block(NamedTuple):
    """A block, its buildings and the rows of its households."""

    number: int
    shape: shapely.Geometry
    buildings: Shapes
    homes: Ints


def _inside(buildings: Shapes, shape: shapely.Geometry) -> Shapes:
    return np.asarray(buildings[shapely.area(shapely.intersection(buildings, shape)) >= INNER_M2], dtype=object)


def _of_buildings(block: _Block, ground: Ground, finest: int) -> Cells:
    """Cut a block by its buildings, few at a time, and what still has too many households by straight lines."""
    number = np.arange(len(block.buildings))
    xy, owner = _outline_samples(block.buildings, number)
    alone = Cells(block.number, block.buildings, Owners(number, samples_of(xy, owner)), by_units=False)
    places, weight = ground.xy[block.homes], ground.land.weights[block.homes]
    whose, within = alone.owner(places), face_at(block.buildings, places)
    lines = halfway(alone.owners.samples, block.shape)
    group = _grouped(lines, np.bincount(whose, weight, minlength=max(len(number), 1)).astype(np.int64), finest)
    samples = alone.owners.samples
    owners = Owners(group[number], Samples(samples.xy, group[samples.owner]))
    cells = Cells(block.number, block.buildings, owners, by_units=False)
    # Who lives in a building cannot be parted from it.
    places = np.where((within == NONE)[:, None], places, np.append(_middles(block.buildings), [[0.0, 0.0]], axis=0)[within])
    split = {}
    for each in np.unique(group[whose]).tolist():
        mine = group[whose] == each
        if weight[mine].sum() > finest:
            done = halved(places[mine], weight[mine], finest, block.shape)
            if done.parts > 1:
                split[each] = done
    return _with_lines(cells, split, [lines.between(group), *(done.lines for done in split.values())])


def _grouped(lines: Halfway, weight: Ints, finest: int) -> Ints:
    """Return a number for each owner, the same for those whose land is taken together."""
    count, none = len(weight), np.zeros(len(weight), dtype=bool)
    pair, position = np.unique(lines.one * count + lines.other, return_inverse=True)
    one, other = np.divmod(pair, max(count, 1))
    border_m = np.bincount(position, shapely.length(lines.lines), minlength=len(pair)).astype(np.float64)
    zeros = np.zeros(len(pair))
    outline_m = np.bincount(np.append(one, other), np.append(border_m, border_m), minlength=count).astype(np.float64)
    same = np.zeros(count, dtype=np.int64)
    nodes = Nodes(weight, np.full(count, np.inf), outline_m, home=same, area=same, block=same, is_unit=none, is_stray=none)
    return absorbed(nodes, Sides(one, other, border_m, zeros, zeros, zeros), finest).label


def _of_units(block: _Block, ground: Ground, finest: int) -> Cells:
    """Cut a block by the households of its units; a unit is never cut, however many live there."""
    del finest
    unit, places = ground.unit_of[block.homes], ground.xy[block.homes]
    points, which = ground.centres
    bare = ~np.isin(which, unit) & np.asarray(shapely.intersects(block.shape, points))
    placed = unit != NONE
    xy = np.concatenate([places[placed], shapely.get_coordinates(points[bare])])
    owner = np.concatenate([unit[placed], which[bare]])
    if not len(owner):
        return _of_buildings(block, ground, len(places) + int(ground.land.weights.sum()))
    homes = samples_of(xy, owner)
    of_building = homes.nearest(_middles(block.buildings)) if len(block.buildings) else np.empty(0, dtype=np.int64)
    within = face_at(block.buildings, places[placed])
    for building in np.unique(within[within != NONE]).tolist():
        of_building[building] = np.bincount(unit[placed][within == building]).argmax()
    more, whose = _outline_samples(block.buildings, of_building)
    # Households in a building are its unit's, so that the building's land has one owner.
    owner[: len(within)] = np.where(within == NONE, owner[: len(within)], np.append(of_building, NONE)[within])
    samples = samples_of(np.concatenate([xy, more]), np.concatenate([owner, whose]))
    cells = Cells(block.number, block.buildings, Owners(of_building, samples), by_units=True)
    return _with_lines(cells, {}, [halfway(samples, block.shape).lines])


def _with_lines(cells: Cells, split: dict[int, Halved], lines: Sequence[Shapes]) -> Cells:
    """Draw lines, and the outlines of the buildings that they run through, which stay whole."""
    drawn = np.concatenate(lines)
    if len(drawn) and len(cells.buildings):
        met = np.unique(shapely.STRtree(cells.buildings).query(drawn, predicate="intersects")[1])
        drawn = np.append(drawn, lines_of(cells.buildings[met]))
    return Cells(cells.block, cells.buildings, cells.owners, cells.by_units, split, drawn)


def _outline_samples(buildings: Shapes, owner: Ints) -> tuple[Floats, Ints]:
    """Return places along the outlines of buildings, and whose each is."""
    outlines = shapely.segmentize(buildings, SPACING_M)
    xy, building = shapely.get_coordinates(outlines, return_index=True)
    return xy, owner[building]


def _middles(buildings: Shapes) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(buildings)), dtype=np.float64).reshape(-1, 2)
