"""How large a made-up place is: what its profile states of every level, shared out from the top down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from _place_recipes import Recipe

    from geogrid.profile import Profile
    from geogrid.profileparts import Level

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

LARGE, SMALL = (1.2, 1.7), (0.3, 0.84)
"""Persons of a village above and below a bound that the profile counts villages by, as multiples of it."""
SPREAD = 0.3


@dataclass(frozen=True, eq=False)
class Sizes:
    """The tree of the land: per level the position of each subject's parent one level up; per leaf its land and households."""

    levels: tuple[str, ...]
    parent: Mapping[str, Ints]
    homes: Ints
    land: Floats

    @property
    def leaves(self) -> int:
        """Return how many smallest pieces there are."""
        return len(self.parent[self.levels[-1]])

    def above(self, level: str, below: str = "") -> Ints:
        """Return the subject of a level that each leaf, or each subject of another level, belongs to."""
        lowest = self.levels.index(below or self.levels[-1])
        found = np.arange(len(self.parent[self.levels[lowest]]))
        for each in self.levels[lowest : self.levels.index(level) : -1]:
            found = self.parent[each][found]
        return found


def spread(total: int, weights: npt.ArrayLike, least: int = 1) -> Ints:
    """Share a number out as the weights are, whole numbers, each at least the least.

    Examples
    --------
    >>> spread(10, [1, 1, 3]).tolist()
    [2, 2, 6]
    """
    weight = np.asarray(weights, dtype=float)
    left = total - least * len(weight)
    if left < 0:
        raise ValueError(f"{total} cannot be shared among {len(weight)}, at least {least} each")
    ideal = np.maximum(weight / weight.sum() * total - least, 0.0)
    share = ideal / ideal.sum() * left if ideal.sum() else np.full(len(weight), left / len(weight))
    whole = np.floor(share + 1e-9).astype(np.int64)
    rest = left - int(whole.sum())
    whole[np.argsort(whole - share, kind="stable")[:rest]] += 1
    return whole + least


def stated_number(profile: Profile, recipe: Recipe, level: str, county: str = "") -> int | None:
    """Return how many subjects of a level the profile states, in one county if it says so; else the recipe's number, or None."""
    named = recipe.counts.get(level)
    if isinstance(named, str):
        return profile.stated[named].n
    scope = (county,) if county else ()
    whole = (s.n for s in profile.stated.values() if s.of == level and s.scope == scope and not s.where and not s.measure)
    return next(whole, None if county else named)


def land_levels(profile: Profile, recipe: Recipe) -> list[Level]:
    """Return the levels that are made of land, from the fewest pieces to the most."""
    found = [
        level
        for level in profile.levels
        if (level.of in ("areas", "grids") and not (level.cuts_across or level.is_partial or level.grid_set))
        or level.id in recipe.land_units
    ]
    return sorted(found, key=lambda level: _number(profile, recipe, level.id))


def _number(profile: Profile, recipe: Recipe, level: str) -> int:
    number = stated_number(profile, recipe, level)
    if number is not None:
        return number
    parts = [stated_number(profile, recipe, level, county) or 0 for county in recipe.counties]
    return sum(parts) or len(recipe.counties)


def make_sizes(profile: Profile, recipe: Recipe, *, seed: int) -> Sizes:
    """Return the tree of a place's land with the households of its leaves."""
    rng = np.random.default_rng([seed, 0])
    levels = tuple(level.id for level in land_levels(profile, recipe))
    parent = {levels[0]: np.zeros(len(recipe.counties), dtype=np.int64)}
    county = np.arange(len(recipe.counties))
    weight = np.exp(rng.normal(0, SPREAD / 2, len(county)))
    for level in levels[1:]:
        numbers = _children(profile, recipe, level, county, weight)
        parent[level] = np.repeat(np.arange(len(county)), numbers)
        county = county[parent[level]]
        weight = _village_weights(profile, len(county), rng) if level == "village" else _within(weight, parent[level], rng)
    homes = spread(_households(profile, recipe, _number(profile, recipe, recipe.finest)), weight, recipe.least_homes)
    return Sizes(levels, parent, homes, np.exp(rng.normal(0, 0.12, len(weight))))


def _within(weight: Floats, parent: Ints, rng: np.random.Generator) -> Floats:
    """Return the weights shared out unevenly among the subjects below; their sums stay."""
    uneven = np.exp(rng.normal(0, SPREAD / 2, len(parent)))
    return np.asarray((weight / np.bincount(parent, uneven))[parent] * uneven)


def _children(profile: Profile, recipe: Recipe, level: str, county: Ints, weight: Floats) -> Ints:
    """Return how many subjects of a level each subject above has; where counties state their own numbers, county by county."""
    numbers = np.zeros(len(county), dtype=np.int64)
    stated = [stated_number(profile, recipe, level, name) for name in recipe.counties]
    if any(number is None for number in stated):
        return spread(_number(profile, recipe, level), weight)
    for i, number in enumerate(stated):
        numbers[county == i] = spread(number or 0, weight[county == i])
    return numbers


def _village_weights(profile: Profile, villages: int, rng: np.random.Generator) -> Floats:
    """Return the persons of each village: where the profile counts those below a bound, that many are."""
    bound = next((s for s in profile.stated.values() if s.measure == "persons" and s.of == "village" and s.max), None)
    if bound is None or bound.max is None:
        return np.exp(rng.normal(0, SPREAD, villages))
    size = rng.uniform(*LARGE, villages) * bound.max
    small = rng.permutation(villages)[: bound.n]
    size[small] = rng.uniform(*SMALL, bound.n) * bound.max
    return size


def _households(profile: Profile, recipe: Recipe, grids: int) -> int:
    stated = next((s.n for s in profile.stated.values() if s.measure == "households" and s.of == "place"), None)
    return stated or round(profile.household_target * grids * recipe.fill)
