"""A made-up place as its maker knows it: land, settlements, and every subject with its id, name, code and parent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from _place_land import make_land, polygons
from _place_sizes import make_sizes, spread, stated_number
from _place_streets import settle

from geogrid.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from _place_land import Land
    from _place_recipes import Recipe
    from _place_sizes import Sizes
    from _place_streets import Settled

    from geogrid.profile import Profile

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_LETTERS = (
    "county X township T village V zone Z alliance A grid G large L medium M small S group U estate E building B stairwell D"
)
PREFIX = dict(zip(_LETTERS.split()[::2], _LETTERS.split()[1::2], strict=True))
"""What the ids of each level begin with."""
FIRST = (
    "安柏长春大东丰福古河和红华怀吉建金锦景静康岚乐丽林龙明南宁平青清泉仁荣瑞山上石双水松泰桃天田万文西溪祥新兴秀阳永玉源云正中竹"
)
SECOND = "坝坡滩桥塘湾岭坪庄屯井沟口坊店埠沙岗河寨"
COUNTY_CODE = 990
"""No county of China has a code that begins with 99."""
EAST_M, NORTH_M = 500_000, 0.0


class Fault(NamedTuple):
    """A fault that was planted: what it is, whom it is in, and the standard or check that should find it."""

    kind: str
    subject_id: str
    by: tuple[str, str]
    zh: str
    en: str


@dataclass(frozen=True, eq=False)
class World:
    """Everything that is known of a place while it is made.

    ``subjects`` holds a frame per level (id, name, parent, code, leaf: the one in its middle); ``tables`` what becomes files.
    """

    profile: Profile
    recipe: Recipe
    seed: int
    sizes: Sizes
    land: Land
    settled: Settled
    blind: Ints
    subjects: Mapping[str, pd.DataFrame]
    tables: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()

    def rng(self, part: str) -> np.random.Generator:
        """Return the randomness of one part, the same whatever else is made."""
        return np.random.default_rng([self.seed, *part.encode()])

    def having(self, *faults: Fault, **tables: Any) -> World:
        """Return the place with some tables replaced and more faults."""
        return replace(self, tables={**self.tables, **tables}, faults=(*self.faults, *faults))

    @cached_property
    def homes_of(self) -> Mapping[str, Ints]:
        """Return the subject of each level of land and units that each household lives in."""
        found = {level: self.land.of[level][self.settled.leaf] for level in self.sizes.levels}
        if "building" in self.subjects:
            found["building"] = self.settled.well_building[self.settled.well]
        if "stairwell" in self.subjects:
            found["stairwell"] = self.settled.well
        return found

    def counties(self, level: str) -> npt.NDArray[np.object_]:
        """Return the name of the county that each subject of a level lies in."""
        names: npt.NDArray[np.object_] = np.array(self.recipe.counties, dtype=object)
        return np.asarray(names[self.land.of["county"][self.subjects[level]["leaf"]]])


def make_world(place: str, recipe: Recipe, *, seed: int) -> World:
    """Return the land, settlements and subjects of a place, without any table."""
    profile = load_profile(place)
    sizes = make_sizes(profile, recipe, seed=seed)
    land = make_land(sizes, cells=recipe.cells, cell_m=recipe.cell_m, seed=seed)
    settled = settle(land, sizes.homes, _wells(profile, recipe, sizes, seed) if recipe.is_urban else None, seed=seed)
    blind = _blind(land, recipe, np.random.default_rng([seed, 3]))
    subjects = _subjects(profile, land, recipe, seed)
    subjects |= _units(profile, settled, subjects) if recipe.is_urban else {}
    return World(profile, recipe, seed, sizes, land, settled, blind, subjects, {})


def _wells(profile: Profile, recipe: Recipe, sizes: Sizes, seed: int) -> list[tuple[int, ...]]:
    """Return the stairwells of each building of each estate."""
    rng = np.random.default_rng([seed, 4])
    buildings, wells = (stated_number(profile, recipe, level) for level in ("building", "stairwell"))
    uneven = sizes.homes * np.exp(rng.normal(0, 0.1, sizes.leaves))
    if buildings is None:
        many = spread(wells or 0, uneven)
        return [tuple(spread(int(n), np.ones(-(-n // recipe.wells_a_building))).tolist()) for n in many]
    many = spread(buildings, uneven)
    each = spread(wells or 0, np.ones(buildings))
    return [tuple(part.tolist()) for part in np.split(each, np.cumsum(many)[:-1])]


def _blind(land: Land, recipe: Recipe, rng: np.random.Generator) -> Ints:
    """Choose leaves that no grid takes in, such that the rest of each grid hangs together."""
    if not recipe.blind:
        return np.empty(0, dtype=np.int64)
    grid = land.of["grid"]
    many = np.bincount(grid)
    found: list[int] = []
    for leaf in rng.permutation(len(grid)):
        fresh = many[grid[leaf]] > 1 and grid[leaf] not in grid[found] if found else many[grid[leaf]] > 1
        far = not found or np.linalg.norm(land.heart[0][found] - land.heart[0][leaf], axis=1).min() > FAR_M
        if fresh and far and _stays_whole(land, int(leaf)):
            found.append(int(leaf))
        if len(found) == recipe.blind:
            return np.array(sorted(found))
    raise ValueError(f"only {len(found)} of {recipe.blind} blind spots found room")


FAR_M = 700.0


def _stays_whole(land: Land, leaf: int) -> bool:
    """Return whether the other leaves of a leaf's grid still touch one another."""
    others = set(np.flatnonzero(land.of["grid"] == land.of["grid"][leaf]).tolist()) - {leaf}
    pairs = [(a, b) for a, b in land.neighbours(land.leaf).tolist() if a in others and b in others]
    reached = {min(others)}
    while more := {b for a, b in [*pairs, *((b, a) for a, b in pairs)] if a in reached} - reached:
        reached |= more
    return reached == others


def _names(number: int, rng: np.random.Generator) -> list[str]:
    every = [first + second for first in FIRST for second in SECOND]
    return [every[i] for i in rng.permutation(len(every))[:number]]


def _subjects(profile: Profile, land: Land, recipe: Recipe, seed: int) -> dict[str, pd.DataFrame]:
    """Return the subjects made of land; what is finer than a village is named after it and numbered from west to east."""
    rng = np.random.default_rng([seed, 5])
    centre, found = land.heart[0], dict[str, pd.DataFrame]()
    for upper, level in zip(("", *land.of), land.of, strict=False):
        leaf = _middle(land.of[level], centre)
        place = "village" if "village" in found else upper
        within = land.of[place][leaf] if place else np.zeros(len(leaf), dtype=np.int64)
        order = np.empty(len(leaf), dtype=np.int64)
        order[np.lexsort((centre[leaf, 0], within))] = np.arange(len(leaf))
        number = order - np.searchsorted(within, within) + 1
        above = [] if not place else found[place]["name"].to_numpy()[within]
        stem = found[place]["code"].to_numpy()[within] if place else [str(COUNTY_CODE)[:3]] * len(leaf)
        parent = profile.level(level).parent
        frame = {
            "id": [f"{PREFIX[level]}{k + 1:0{len(str(len(leaf)))}d}" for k in order],
            "name": _named(level, number, above, recipe, rng),
            "parent": found[parent]["id"].to_numpy()[land.of[parent][leaf]] if parent else None,
            "code": [f"{code}{n:03d}" for code, n in zip(stem, number, strict=True)],
            "leaf": leaf,
        }
        found[level] = pd.DataFrame(frame)
    return found


def _named(level: str, number: Ints, above: Sequence[str], recipe: Recipe, rng: np.random.Generator) -> list[str]:
    ending = recipe.words.get(level, "")
    if level == "county":
        return list(recipe.counties)
    if level in ("township", "village"):
        return [name + ending for name in _names(len(number), rng)]
    return [f"{name}第{n}{ending}" for name, n in zip(above, number, strict=True)]


def _middle(of: Ints, centre: Floats) -> Ints:
    """Return the leaf nearest to the middle of each subject."""
    many = np.bincount(of)
    middle = np.column_stack([np.bincount(of, centre[:, k]) / many for k in range(2)])
    off = np.linalg.norm(centre - middle[of], axis=1)
    order = np.lexsort((off, of))
    return np.asarray(order[np.searchsorted(of[order], np.arange(len(many)))])


def _units(profile: Profile, settled: Settled, subjects: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the buildings and stairwells of estates, where the profile has such levels."""
    levels = {level.id for level in profile.levels}
    estates, found = subjects["estate"], {}
    leaf = settled.building_leaf
    number = np.arange(len(leaf)) - np.searchsorted(leaf, leaf) + 1
    buildings = _numbered("building", leaf, number, estates, "号楼").assign(leaf=leaf)
    if "building" in levels:
        found["building"] = buildings
    of = settled.well_building
    order = np.argsort(of, kind="stable")
    rank = np.empty(len(of), dtype=np.int64)
    rank[order] = np.arange(len(of)) - np.searchsorted(of[order], of[order]) + 1
    wells = _numbered("stairwell", of, rank, buildings, "单元").assign(leaf=leaf[of])
    parents = estates["id"].to_numpy()[leaf[of]] if "building" not in levels else wells["parent"]
    return {**found, "stairwell": wells.assign(parent=parents)}


def _numbered(level: str, parent: Ints, number: Ints, above: pd.DataFrame, ending: str) -> pd.DataFrame:
    width = len(str(len(parent)))
    names = above["name"].to_numpy()[parent]
    return pd.DataFrame(
        {
            "id": [f"{PREFIX[level]}{k + 1:0{width}d}" for k in range(len(parent))],
            "name": [f"{name}{n}{ending}" for name, n in zip(names, number, strict=True)],
            "parent": above["id"].to_numpy()[parent],
            "code": "",
        }
    )


def blanked(values: npt.ArrayLike, blank: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Return values with some of them None."""
    found = np.array(values, dtype=object)
    found[blank] = None
    return found


def outlines(world: World, level: str) -> npt.NDArray[np.object_]:
    """Return the polygons of a level of land; grids and what is finer leave the blind spots out."""
    is_area = next((each.of == "areas" for each in world.profile.levels if each.id == level), False)
    return world.land.shapes(level, None if is_area else world.blind)


def joined(world: World, label: Ints) -> npt.NDArray[np.object_]:
    """Return the polygons of villages taken together: ``label`` is per village, -1 in none."""
    return polygons(world.land.lattice, label[world.land.label("village")])


def points_in(world: World, leaf: Ints, number: Ints) -> Floats:
    """Return places (n, 2) beside the middle of leaves, another one for each number."""
    centre, room = world.land.heart
    angle, far = 2.4 * number + 0.4 * leaf, np.minimum(9.0 + 4.0 * number, 0.6 * room[leaf])
    return np.asarray(np.round(centre[leaf] + far[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), 3))
