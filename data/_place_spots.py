"""Places of a made-up place that no grid takes in: blind spots with people, and holes where nobody lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from _place_land import NOBODY
from _place_world import Fault, outlines

if TYPE_CHECKING:
    from _place_world import World

HOLE_M = 30.0
"""Houses stay so far from a hole."""


def with_spots(world: World) -> World:
    """Return the place with its smallest grids drawn without the holes, and with blind spots and holes among its faults."""
    shapes = {level: outlines(world, level) for level in world.sizes.levels}
    homes = world.tables["households"]
    lost = np.bincount(world.settled.leaf[homes["at"]], minlength=world.sizes.leaves)
    village = world.subjects["village"]["id"].to_numpy()[world.land.of["village"]]
    faults = [_spot(village[leaf], lost[leaf]) for leaf in world.blind.tolist()]
    for _ in range(world.recipe.holes):
        shapes, fault = _hole(world, shapes)
        faults.append(fault)
    return world.having(*faults, shapes=shapes)


def _spot(village: str, homes: int) -> Fault:
    text = (f"其中一处老旧散小区的 {homes} 户不在任何网格", f"{homes} households of an old estate in it are in no grid")
    return Fault("blind_spot", village, ("check", "blind_spots"), *text)


def _hole(world: World, shapes: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Fault]:
    """Take a hexagon without houses out of the middle of a grid."""
    finest = world.sizes.levels[-1]
    lattice, land = world.land.lattice, world.land
    own, _, _, twin = lattice.edges.T
    inner = np.ones(len(lattice.centres), dtype=bool)
    inner[own[(twin == NOBODY) | (land.leaf[own] != land.leaf[twin])]] = False
    hexagons = shapely.polygons(lattice.corners[lattice.cells])
    houses = shapely.STRtree(shapely.points(world.tables["households"][["x", "y"]].to_numpy()))
    near = houses.query(hexagons, predicate="dwithin", distance=HOLE_M)[0]
    free = np.setdiff1d(np.flatnonzero(inner), near)
    if not len(free):
        raise ValueError("every hexagon inside a grid has houses")
    cell = int(world.rng("hole").choice(free))
    leaf, grids = int(land.leaf[cell]), shapes[finest].copy()
    grids[leaf] = shapely.difference(grids[leaf], hexagons[cell])
    size = round(shapely.area(hexagons[cell]))
    text = (f"中间有 {size} 平方米土地不属于任何网格", f"{size} m² of land inside it belong to no grid")
    fault = Fault("hole", str(world.subjects[finest]["id"].iloc[leaf]), ("check", "tiling"), *text)
    return {**shapes, finest: grids}, fault
