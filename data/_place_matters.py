"""What was reported in a made-up place and how its villages were graded; the words that its grids and estates are called by."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _place_world import Fault

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_world import World

DAY = dt.date(2026, 7, 1)
"""The day after the last matter: what is open or overdue is told on it."""
PERIODS = ("2025Q4", "2026Q1", "2026Q2")
MOVES = ((-1, 0.16), (1, 0.12))
"""Of the graded: what share stood a grade better (-1) or worse (1) a quarter before."""
LATE = 0.05
EVENT_COLUMNS = ("event_id", "kind", "opened", "closed", "household_id", "place", "lon", "lat")


def with_words(world: World) -> World:
    """Return the place with the kind of every grid, and the class and party members of every estate, where it has such words."""
    rng = world.rng("words")
    subjects = dict(world.subjects)
    for level, kinds in world.recipe.kinds.items():
        subjects[level] = subjects[level].assign(kind=_kinds(world, level, dict(kinds), rng))
    if world.recipe.class_shares:
        shares = np.array(list(world.recipe.class_shares.values()))
        words = rng.choice(list(world.recipe.class_shares), len(subjects["estate"]), p=shares / shares.sum())
        subjects["estate"] = subjects["estate"].assign(**{"class": words})
    if world.recipe.party_members[1]:
        number = rng.integers(*world.recipe.party_members, len(subjects["estate"])).astype(object)
        subjects["estate"] = subjects["estate"].assign(party_members=number)
    return replace(world, subjects=subjects)


def _kinds(world: World, level: str, kinds: dict[str, str | int], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return the kind of every subject of a level; a stated number counts only within its scope."""
    found = np.full(len(world.subjects[level]), kinds.pop("", None), dtype=object)
    order = rng.permutation(len(found))
    start = 0
    for kind, number in kinds.items():
        size = world.profile.stated[number] if isinstance(number, str) else None
        fits = np.isin(world.counties(level), size.scope or world.recipe.counties)[order] if size else np.ones(len(found), bool)
        many = size.n if size else int(number)
        chosen = order[fits][start : start + many]
        found[chosen] = kind
        start += many
    return found


def with_events(world: World) -> World:
    """Return the place with a year of matters, most of them at a household; one stands nowhere."""
    rng = world.rng("events")
    homes = world.tables["households"]
    homes = homes[~np.isin(world.settled.leaf[homes["at"]], world.blind)]
    number = world.recipe.events
    at = homes.iloc[np.sort(rng.integers(0, len(homes), number))]
    kinds = np.array(list(world.profile.matters), dtype=object)
    weight = 1 / np.arange(1, len(kinds) + 1)
    opened = rng.integers(0, 365, number)
    took = np.ceil(rng.gamma(2.0, 3.5, number)).astype(int)
    took = np.where(rng.random(number) < LATE, 400, took)
    days = [DAY - dt.timedelta(days=int(365 - k)) for k in opened]
    closed = [day + dt.timedelta(days=int(k)) for day, k in zip(days, took, strict=True)]
    at_home = rng.random(number) < 0.7
    off = rng.uniform(-4, 4, (number, 2))
    frame = pd.DataFrame(
        {
            "kind": rng.choice(kinds, number, p=weight / weight.sum()),
            "opened": [day.isoformat() for day in days],
            "closed": [day.isoformat() if day < DAY else None for day in closed],
            "household_id": np.where(at_home, at["household_id"], None),
            "place": None,
            "x": np.where(at_home, np.nan, at["x"] + off[:, 0]),
            "y": np.where(at_home, np.nan, at["y"] + off[:, 1]),
        }
    )
    nowhere = pd.DataFrame({"kind": [kinds[0]], "opened": [days[0].isoformat()], "closed": [None], "place": ["地点不详"]})
    frame = pd.concat([frame.sort_values("opened", kind="stable"), nowhere], ignore_index=True)
    frame = frame.assign(event_id=[f"N{k + 1:05d}" for k in range(len(frame))])
    text = ("事件没有坐标，也没有户编号", "the matter has neither a place nor a household")
    return world.having(Fault("nowhere", frame["event_id"].iloc[-1], ("check", "matters"), *text), events=frame)


def with_grades(world: World) -> World:
    """Return the place with the grades of three quarters; of the last one exactly as many of each as stated."""
    level = world.profile.graded
    if not level:
        return world
    rng = world.rng("grades")
    ids = world.subjects[level]["id"].to_numpy(dtype=object)
    stated = [
        next(s.n for s in world.profile.stated.values() if s.min == s.max == k + 1) for k in range(len(world.profile.grades))
    ]
    rank = rng.permutation(np.repeat(np.arange(len(stated)), stated))
    ranks = [rank]
    for _ in PERIODS[1:]:
        step = rng.choice([MOVES[0][0], MOVES[1][0], 0], len(rank), p=[MOVES[0][1], MOVES[1][1], 1 - MOVES[0][1] - MOVES[1][1]])
        ranks.insert(0, np.clip(ranks[0] + step, 0, len(stated) - 1))
    words = np.array([grade.zh for grade in world.profile.grades], dtype=object)
    parts = [
        pd.DataFrame({"subject_id": ids, "period": period, "grade": words[own]})
        for period, own in zip(PERIODS, ranks, strict=True)
    ]
    late, odd = rng.choice(len(ids), 2, replace=False)
    before = parts[-2].drop(index=late)
    before.loc[odd, "grade"] = "E 档"
    text = (f"{PERIODS[-2]} 没有评定等级", f"was not graded in {PERIODS[-2]}")
    word = (f"{PERIODS[-2]} 的等级“E 档”不是本方案的等级", f"the grade of {PERIODS[-2]}, E, is none of this profile")
    faults = (
        Fault("ungraded", ids[late], ("check", "grading"), *text),
        Fault("unknown_grade", ids[odd], ("check", "grading"), *word),
    )
    return world.having(*faults, grades=pd.concat([*parts[:-2], before, parts[-1]], ignore_index=True))
