"""Households of a made-up place: who lives where, season by season, and in which unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from _place_land import NOBODY, polygons
from _place_world import blanked
from make_sample import AGED, CHILD, SIZES

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_world import World

    Ints = npt.NDArray[np.int64]

SEASONS = {"summer": (-1, 0.12, 1.0), "winter": (2, 0.45, 0.0)}
"""Of each season: how many more persons, in what share of households, and in what share of all other townships."""
HOME_COLUMNS = ("household_id", "lon", "lat", "persons", "aged_65", "children_0_14", "unit_id", "staff_id")


def with_households(world: World) -> World:
    """Return the place with a row per household: where it is (x, y, ``at`` among all houses), and who lives there."""
    rng = world.rng("people")
    settled = world.settled
    number = len(settled.homes)
    persons = rng.choice(np.arange(1, len(SIZES) + 1), number, p=np.array(SIZES) / sum(SIZES))
    children = rng.binomial(persons - 1, CHILD)
    aged = rng.binomial(persons - children, AGED["village"])
    frame = pd.DataFrame(
        {
            "x": settled.homes[:, 0],
            "y": settled.homes[:, 1],
            "at": np.arange(number),
            "persons": persons,
            "aged_65": aged,
            "children_0_14": children,
            **_seasons(world, persons, rng),
            "unit_id": _units(world),
            "staff_id": None,
        }
    )
    return _numbered(world, frame)


def _numbered(world: World, frame: pd.DataFrame) -> World:
    width = len(str(len(frame)))
    ids = [f"H{k + 1:0{width}d}" for k in range(len(frame))]
    return world.having(households=frame.assign(household_id=ids).reset_index(drop=True))


def _seasons(world: World, persons: Ints, rng: np.random.Generator) -> dict[str, npt.NDArray[np.object_]]:
    """Return the persons of each season, None where as many as ever; guests come to a few townships."""
    if not world.recipe.winter_towns:
        return {}
    township = world.homes_of["township"]
    chosen = np.isin(township, rng.permutation(township.max() + 1)[: world.recipe.winter_towns])
    found = {}
    for season, (more, share, elsewhere) in SEASONS.items():
        here = (rng.random(len(persons)) < share) & (chosen if not elsewhere else ~chosen) & (persons + more > 0)
        found[f"persons_{season}"] = blanked(persons + more, ~here)
    return found


def _units(world: World) -> npt.NDArray[np.object_]:
    """Return the finest unit that each household lives in; none in a blind spot."""
    levels = [level for level in ("stairwell", "building", "estate", "group") if level in world.subjects]
    if not levels:
        return np.full(len(world.settled.homes), None, dtype=object)
    ids = world.subjects[levels[0]]["id"].to_numpy(dtype=object)[world.homes_of[levels[0]]]
    return blanked(ids, np.isin(world.settled.leaf, world.blind))


def with_projects(world: World) -> World:
    """Return the place with the grids of its project over part of a town; houses too many there are left out."""
    level = next((each for each in world.profile.levels if each.id == world.recipe.projects), None)
    if level is None:
        return world
    number, homes = (
        next(s.n for s in world.profile.stated.values() if s.of == level.id and s.measure == m) for m in ("", "households")
    )
    rng = world.rng("project")
    shapes = _shapes(world, number, homes, rng)
    frame = world.tables["households"]
    tree = shapely.STRtree(shapes)
    inside = np.unique(tree.query(shapely.points(frame[["x", "y"]].to_numpy()), predicate="within")[0])
    extra = rng.choice(inside, len(inside) - homes, replace=False)
    projects = pd.DataFrame(
        {
            "id": [f"P{k + 1}" for k in range(number)],
            "name": [f"{level.grid_set}项目第{k + 1}网格" for k in range(number)],
            "leaf": NOBODY,
        }
    )
    subjects = {**world.subjects, level.id: projects}
    smaller = _numbered(world, frame.drop(index=extra))
    return replace(smaller.having(projects=shapes), subjects=subjects)


def _shapes(world: World, number: int, homes: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return the fewest hexagons of one township around a place that hold so many households, cut into so many grids."""
    lattice, township = world.land.lattice, world.land.label("township")
    frame = world.tables["households"][["x", "y"]].to_numpy()
    leaf = int(world.subjects["township"]["leaf"].iloc[rng.integers(len(world.subjects["township"]))])
    off = np.linalg.norm(lattice.centres - world.land.heart[0][leaf], axis=1)
    near = np.argsort(np.where(township == world.land.of["township"][leaf], off, np.inf), kind="stable")
    for cells in range(40, len(near), 10):
        west = near[:cells][np.argsort(lattice.centres[near[:cells], 0], kind="stable")]
        label = np.full(len(off), NOBODY)
        label[west] = np.arange(cells) * number // cells
        shapes = polygons(lattice, label)
        if len(shapely.STRtree(shapes).query(shapely.points(frame), predicate="within")[0]) >= homes:
            return shapes
    raise ValueError(f"no township has {homes} households for the project")
