"""People of a made-up place: who is responsible for what, and whose share each household is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _place_recipes import Post
from _place_sizes import spread
from _place_world import blanked
from _sample_plan import GIVEN_NAMES, SURNAMES

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_world import World

    Ints = npt.NDArray[np.int64]

OF_KIND = {"areas": "area", "grids": "grid", "units": "unit"}
ORGANISATIONS = {"partner": "演示单位", "firm": "演示企业"}
COLUMNS = ("staff_id", "name", "role", "of_kind", "of_id", "phone", "party_member")


def of_kind(world: World, level: str) -> str:
    """Return what staff rows call the subjects of a level."""
    return OF_KIND[world.profile.level(level).of]


def living(world: World, level: str) -> pd.DataFrame:
    """Return the subjects of a level that somebody knows of: no units in blind spots."""
    rows = world.subjects[level]
    return rows[~rows["leaf"].isin(world.blind)] if world.profile.level(level).of == "units" else rows


def with_staff(world: World) -> World:
    """Return the place with its people: the recipe's posts, and one for every role that a level of the profile needs."""
    rng = world.rng("staff")
    said = {(post.role, post.of) for post in world.recipe.posts}
    needed = [
        Post(role, level.id, party_share=_party_share(world, role))
        for level in world.profile.levels
        for role in level.staff
        if (role, level.id) not in said
    ]
    rows = pd.concat([_of(world, post, rng) for post in (*needed, *world.recipe.posts)], ignore_index=True)
    first = ~rows.duplicated(["role", "level", "person"])
    number = rows.groupby(["role", "level", "person"], sort=False).ngroup().to_numpy()
    people = int(first.sum())
    width = len(str(people))
    names = rng.integers(0, [len(SURNAMES), len(GIVEN_NAMES), 10_000], (people, 3))
    named = np.array([SURNAMES[a] + GIVEN_NAMES[b] for a, b, _ in names], dtype=object)[number]
    organisation = rows["role"].map(ORGANISATIONS).to_numpy(dtype=object)
    is_one = rows["role"].isin(ORGANISATIONS).to_numpy()
    rows = rows.assign(
        staff_id=[f"R{k + 1:0{width}d}" for k in number],
        name=np.where(is_one, [f"{o}{p + 1}" for o, p in zip(organisation, rows["person"], strict=True)], named),
        phone=[f"0999-{k // 10:03d}{names[k, 2]:04d}" for k in number],
        party_member=blanked(
            np.where((rng.random(people) < rows.loc[first, "party_share"].to_numpy())[number], "yes", "no"), is_one
        ),
    )
    return _with_streets(_with_shares(world.having(staff=rows[list(COLUMNS)])))


def _party_share(world: World, role: str) -> float:
    """Return the share of people of a role who are party members: all where a standard asks for it."""
    rules = world.profile.standards.values()
    return 1.0 if any(role in s.options.get("roles", ()) and s.options.get("party_member") for s in rules) else 0.5


def _of(world: World, post: Post, rng: np.random.Generator) -> pd.DataFrame:
    """Return who has a post: of few people each has one subject, or several side by side; of many, several share a subject."""
    subjects = living(world, post.of)
    for column, words in post.where.items():
        subjects = subjects[subjects[column].isin(words)]
    number = len(subjects) if post.number is None else post.number
    number = world.profile.stated[number].n if isinstance(number, str) else number
    if number < len(subjects):
        at = np.arange(len(subjects)) if post.covers_all else np.sort(rng.permutation(len(subjects))[:number])
        person = np.sort(np.arange(len(at)) % number)
    else:
        weight = np.ones(len(subjects)) if not world.recipe.back_streets else _homes(world, post.of)[: len(subjects)]
        at = np.repeat(np.arange(len(subjects)), spread(number, weight))
        person = np.arange(number)
    ids = subjects["id"].to_numpy(dtype=object)[at]
    known = {"role": post.role, "level": post.of, "of_kind": of_kind(world, post.of), "of_id": ids}
    return pd.DataFrame({**known, "person": person, "party_share": post.party_share})


def _homes(world: World, level: str) -> Ints:
    """Return the households of each subject."""
    return np.bincount(world.homes_of[level][world.tables["households"]["at"]], minlength=len(world.subjects[level]))


def _with_shares(world: World) -> World:
    """Return the place with every household the share of somebody, where a level is made of such shares."""
    level = next((each for each in world.profile.levels if each.of == "households"), None)
    if level is None:
        return world
    homes, staff = world.tables["households"], world.tables["staff"]
    parent = str(level.parent)
    holders = staff[staff["role"].isin(level.select or ())]
    position = pd.Series(np.arange(len(world.subjects[parent])), index=world.subjects[parent]["id"])
    of = position[holders["of_id"]].to_numpy()
    order = np.argsort(of, kind="stable")
    many = np.bincount(of, minlength=len(position))
    at = world.homes_of[parent][homes["at"]]
    rank = _rank(at, homes)
    share = rank * many[at] // np.bincount(at, minlength=len(position))[at]
    who = holders["staff_id"].to_numpy(dtype=object)[order]
    own = who[np.minimum((np.cumsum(many) - many)[at] + share, len(who) - 1)]
    nobody = (many[at] == 0) | np.isin(world.settled.leaf[homes["at"]], world.blind)
    return world.having(households=homes.assign(staff_id=blanked(own, nobody)))


def _rank(at: Ints, homes: pd.DataFrame) -> Ints:
    """Return the number of each household within its subject, from west to east."""
    order = np.lexsort((homes["x"].to_numpy(), at))
    rank = np.empty(len(at), dtype=np.int64)
    rank[order] = np.arange(len(at)) - np.searchsorted(at[order], at[order])
    return rank


def _with_streets(world: World) -> World:
    """Return the place with its streets: exactly as many back streets as stated, each with a member of its grid."""
    streets, size = world.settled.streets, world.profile.stated.get(world.recipe.back_streets)
    width = len(str(len(streets.lines)))
    roads = pd.DataFrame(
        {"road_id": [f"W{k + 1:0{width}d}" for k in range(len(streets.lines))], "highway": streets.highway, "name": None}
    )
    if size is None:
        return world.having(roads=roads)
    lanes = np.flatnonzero(streets.leaf >= 0)
    chosen = lanes[np.argsort(~streets.is_main[lanes], kind="stable")[: size.n]]
    highway = np.where(streets.leaf >= 0, "unclassified", streets.highway).astype(object)
    highway[chosen] = "residential"
    grid = world.land.of["grid"][streets.leaf[chosen]]
    names = world.subjects["grid"]["name"].to_numpy(dtype=object)[grid]
    again = pd.Series(grid).groupby(grid).cumcount()
    roads = roads.assign(highway=highway)
    roads.loc[chosen, "name"] = [f"{name}背街{k + 1}" for name, k in zip(names, again, strict=True)]
    members = world.tables["staff"][lambda rows: rows["role"] == "member"].drop_duplicates("of_id").set_index("of_id")
    duty = members.loc[world.subjects["grid"]["id"].to_numpy()[grid]].reset_index(drop=True)
    duty = duty.assign(of_kind="street", of_id=roads["road_id"].to_numpy()[chosen])
    return world.having(roads=roads, staff=pd.concat([world.tables["staff"], duty[list(COLUMNS)]], ignore_index=True))
