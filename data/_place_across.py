"""Areas made of villages of a made-up place: zones inside townships, alliances across their borders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _place_land import NOBODY
from _place_world import PREFIX, Fault, joined

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_world import World

    from geogrid.profileparts import Level, Standard

    Ints = npt.NDArray[np.int64]

FEWEST, MOST = 2, 5
"""Villages of an area, where no standard says how many."""


def with_areas_across(world: World) -> World:
    """Return the place with its zones or alliances: one has too few villages, one is too wide where that is bounded."""
    level = next((each for each in world.profile.levels if each.id == world.recipe.across), None)
    if level is None:
        return world
    rules = {s.measure: s for s in world.profile.standards.values() if s.of == level.id and s.is_judged}
    number = next(s.n for s in world.profile.stated.values() if s.of == level.id and not s.measure)
    groups = _Groups(world, is_inside=level.parent == "township", rng=world.rng("across"))
    few = int(rules["children"].min or FEWEST) - 1 if "children" in rules else 0
    most = int(rules["children"].max or MOST) if "children" in rules else MOST
    made = [groups.chain(rules["radius"])] if "radius" in rules else []
    made += [groups.grown(few)] if few else []
    while len(made) < number:
        made.append(groups.grown(int(groups.rng.integers(few + 1 or FEWEST, most + 1))))
    faults = _faults(level, rules, len(str(number)), few=few)
    return _with(world, level, made).having(*faults)


class _Groups:
    """Villages that are still free, and those that border on them."""

    def __init__(self, world: World, *, is_inside: bool, rng: np.random.Generator) -> None:
        self.rng = rng
        self.place = world.land.heart[0][world.subjects["village"]["leaf"]]
        self._taken: set[int] = set()
        pairs = world.land.neighbours(world.land.label("village"))
        town = world.land.of["township"][world.subjects["village"]["leaf"]]
        if is_inside:
            pairs = pairs[town[pairs[:, 0]] == town[pairs[:, 1]]]
        self._beside: dict[int, list[int]] = {k: [] for k in range(len(self.place))}
        for a, b in pairs.tolist():
            self._beside[a].append(b)
            self._beside[b].append(a)

    def _free(self, group: list[int]) -> list[int]:
        beside = sorted({b for a in group for b in self._beside[a]} - self._taken - set(group))
        return sorted(beside, key=lambda b: float(np.linalg.norm(self.place[b] - self.place[group[0]])))

    def grown(self, number: int) -> list[int]:
        """Return so many villages around one, nearest first."""
        for start in self.rng.permutation(len(self.place)).tolist():
            group = [start]
            while start not in self._taken and len(group) < number and (free := self._free(group)):
                group.append(free[0])
            if len(group) == number and start not in self._taken:
                self._taken |= set(group)
                return group
        raise ValueError(f"no {number} free villages lie side by side")

    def chain(self, rule: Standard) -> list[int]:
        """Return villages in a row, from one at its end until farther than the rule allows."""
        for start in self.rng.permutation(len(self.place)).tolist():
            group = [start]
            while len(group) < 8 and (free := [b for b in self._free(group) if b in self._beside[group[-1]]]):
                group.append(free[-1])
            if np.linalg.norm(self.place[group[-1]] - self.place[start]) > 1.12 * (rule.max or 0.0):
                self._taken |= set(group)
                return group
        raise ValueError("no row of villages is long enough")


def _faults(level: Level, rules: dict[str, Standard], width: int, *, few: int) -> list[Fault]:
    """Say what was made too small or too wide; they come first."""
    found = []
    if "radius" in rules:
        text = ("中心到最远的村超过规定距离", "the farthest village is farther from the centre than allowed")
        found.append(Fault("fail", f"{PREFIX[level.id]}{1:0{width}d}", ("standard", rules["radius"].id), *text))
    if few:
        text = (f"只有 {few} 个村", f"has {few} village(s) only")
        found.append(Fault("fail", f"{PREFIX[level.id]}{len(found) + 1:0{width}d}", ("standard", rules["children"].id), *text))
    return found


def _with(world: World, level: Level, made: list[list[int]]) -> World:
    villages = world.subjects["village"]
    label = np.full(len(villages), NOBODY)
    for k, group in enumerate(made):
        label[group] = k
    first = villages.iloc[[group[0] for group in made]]
    width, ending = len(str(len(made))), world.recipe.words[level.id]
    ids = [f"{PREFIX[level.id]}{k + 1:0{width}d}" for k in range(len(made))]
    names = [name.removesuffix("村") + ending for name in first["name"]]
    parents = first["parent"].to_numpy() if level.parent else None
    frame = pd.DataFrame({"id": ids, "name": names, "parent": parents, "code": None, "leaf": first["leaf"].to_numpy()})
    subjects = {**world.subjects, level.id: frame}
    if not level.cuts_across:
        own = np.array([*ids, None], dtype=object)[label]
        subjects["village"] = villages.assign(parent=np.where(label == NOBODY, villages["parent"], own))
    members = pd.DataFrame(
        [(ids[k], villages["id"].iloc[village]) for k, group in enumerate(made) for village in group],
        columns=["area_id", "member_id"],
    )
    tables = {"across": joined(world, label)} | ({"area_members": members} if level.cuts_across else {})
    return replace(world.having(**tables), subjects=subjects)
