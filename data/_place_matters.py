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
LATE = 0.01
"""The share of matters that are overdue; all others are settled, or open, within the days that their kind allows."""
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
    """Return the place with a year of matters, most of them at a household; a few are overdue, and one stands nowhere."""
    rng = world.rng("events")
    frame = pd.concat([_days(world, rng), _spots(world, rng)], axis=1).sort_values("opened", kind="stable")
    nowhere = pd.DataFrame({"kind": frame["kind"].iloc[:1], "opened": [_day(1)], "closed": [None], "place": ["地点不详"]})
    frame = pd.concat([frame, nowhere.assign(is_late=False)], ignore_index=True)
    frame = frame.assign(event_id=[f"N{k + 1:05d}" for k in range(len(frame))])
    text = ("事件没有坐标，也没有户编号", "the matter has neither a place nor a household")
    late = ("事件超过办理时限仍未办结", "the matter is still open after the days that its kind allows")
    faults = [Fault("overdue", key, ("check", "matters"), *late) for key in frame.loc[frame["is_late"], "event_id"]]
    return world.having(*faults, Fault("nowhere", frame["event_id"].iloc[-1], ("check", "matters"), *text), events=frame)


def _day(before: int) -> str:
    return (DAY - dt.timedelta(days=before)).isoformat()


def _days(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Return the kind of every matter, when it was opened and closed, and whether it is late: open for longer than allowed."""
    kinds, number = list(world.profile.matters.values()), world.recipe.events
    weight = 1 / np.arange(1, len(kinds) + 1)
    kind = rng.choice(len(kinds), number, p=weight / weight.sum())
    allowed = np.array([each.days for each in kinds])[kind]
    before = rng.integers(1, 366, number)
    took = np.minimum(np.ceil(rng.gamma(2.0, 3.5, number)).astype(int), allowed)
    old = rng.permutation(np.flatnonzero(before > allowed))
    is_late = np.isin(np.arange(number), old[: round(LATE * number)])
    closed = [None if late or k >= b else _day(b - k) for b, k, late in zip(before.tolist(), took.tolist(), is_late, strict=True)]
    opened = [_day(b) for b in before.tolist()]
    return pd.DataFrame({"kind": [kinds[k].id for k in kind], "opened": opened, "closed": closed, "is_late": is_late})


def _spots(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Return where every matter is: at a household of a grid, or at a point beside one."""
    homes, number = world.tables["households"], world.recipe.events
    outside = [fault.subject_id for fault in world.faults if fault.kind == "outside"]
    homes = homes[~np.isin(world.settled.leaf[homes["at"]], world.blind) & ~homes["household_id"].isin(outside)]
    at = homes.iloc[np.sort(rng.integers(0, len(homes), number))]
    at_home = rng.random(number) < 0.7
    off = rng.uniform(-4, 4, (number, 2))
    return pd.DataFrame(
        {
            "household_id": np.where(at_home, at["household_id"], None),
            "place": None,
            "x": np.where(at_home, np.nan, at["x"] + off[:, 0]),
            "y": np.where(at_home, np.nan, at["y"] + off[:, 1]),
        }
    )


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
