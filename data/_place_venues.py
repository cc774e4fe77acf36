"""Facilities of a made-up place: so many, so large and so far built as the profile states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _place_recipes import MORE
from _place_sizes import spread
from _place_world import World, points_in

from geogrid.facts import matching

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_recipes import Venue

    from geogrid.profileparts import Rule

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

CLEAR = 0.96
"""How near to a bound an area below it comes."""


def with_facilities(world: World) -> World:
    """Return the place with its facilities: a row each with its place (x, y), the leaf it is in, and what it belongs to."""
    rng = world.rng("venues")
    frame = pd.concat([_of(world, venue, rng) for venue in world.recipe.venues], ignore_index=True)
    frame = _sized(world, frame, rng)
    width = len(str(len(frame)))
    frame = frame.assign(facility_id=[f"F{k + 1:0{width}d}" for k in range(len(frame))])
    return world.having(facilities=placed(world, frame))


def placed(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """Return facilities with their places, each at another spot of its leaf."""
    number = frame.groupby("leaf").cumcount().to_numpy()
    spots = points_in(world, frame["leaf"].to_numpy(dtype=np.int64), number)
    return frame.assign(x=spots[:, 0], y=spots[:, 1])


def _of(world: World, venue: Venue, rng: np.random.Generator) -> pd.DataFrame:
    subjects = world.subjects[venue.of]
    here = np.flatnonzero(world.counties(venue.of) == venue.county) if venue.county else np.arange(len(subjects))
    number = _number(world, venue.number, len(here))
    is_few = number < len(here)
    at = np.sort(rng.permutation(here)[:number]) if is_few else np.repeat(here, spread(number, np.ones(len(here))))
    name = subjects["name"].to_numpy(dtype=object)[at]
    again = pd.Series(at).groupby(at).cumcount().to_numpy()
    return pd.DataFrame(
        {
            "name": [f"{own}{venue.name}{'' if not k else f'（{k + 1}）'}" for own, k in zip(name, again, strict=True)],
            "services": venue.services,
            "floor_area_m2": np.round(rng.triangular(venue.area[0], venue.area[0] * 1.15, venue.area[1], number)),
            "status": _statuses(world, venue, number, rng),
            "functions": [_functions(venue, rng) for _ in range(number)],
            "level": venue.level or None,
            "leaf": _leaves(world, venue, at, again),
            "of": venue.of,
            "of_id": subjects["id"].to_numpy(dtype=object)[at],
            "county": world.counties(venue.of)[at],
            "least_area": venue.area[0],
            "most_area": venue.area[1],
        }
    )


def _number(world: World, number: int | str | None, every: int) -> int:
    return every if number is None else world.profile.stated[number].n if isinstance(number, str) else number


def _leaves(world: World, venue: Venue, at: Ints, again: Ints) -> Ints:
    """Return the leaf of each facility: the middle one of its subject, for a second one another."""
    middle: Ints = world.subjects[venue.of]["leaf"].to_numpy()[at]
    if venue.of not in world.land.of or not again.any():
        return middle
    of = world.land.of[venue.of]
    return np.array(
        [m if not k else np.flatnonzero(of == s)[k % int((of == s).sum())] for m, s, k in zip(middle, at, again, strict=True)]
    )


def _functions(venue: Venue, rng: np.random.Generator) -> str | None:
    more = rng.permutation(len(MORE))[: int(rng.integers(venue.more[0], venue.more[1] + 1))]
    return ";".join((*venue.functions, *(MORE[k] for k in sorted(more)))) or None


def _statuses(world: World, venue: Venue, number: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    found = np.full(number, "built", dtype=object)
    order, start = rng.permutation(number), 0
    for status, many in venue.statuses:
        end = start + _number(world, many, 0)
        found[order[start:end]] = status
        start = end
    return found


def meant(frame: pd.DataFrame, rule: Rule) -> Bools:
    """Return which facilities a rule is about."""
    rows = frame.assign(services=[tuple(str(cell).split(";")) for cell in frame["services"]])
    is_inside = frame["county"].isin(rule.scope or frame["county"]).to_numpy(dtype=bool)
    return np.asarray(matching(rows, rule.where) & is_inside)


def _sized(world: World, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the facilities with exactly as many of a floor area, or of so many functions, as the profile states."""
    area: Any = frame["floor_area_m2"].to_numpy(dtype=float).copy()
    for size in world.profile.stated.values():
        if size.of != "facilities" or size.measure != "floor_area" or size.min is None:
            continue
        rows = rng.permutation(np.flatnonzero(meant(frame, size)))
        for k, row in enumerate(rows.tolist()):
            low, high = (
                (size.min * 1.02, frame["most_area"].iloc[row])
                if k < size.n
                else (frame["least_area"].iloc[row], size.min * CLEAR)
            )
            area[row] = round(rng.uniform(low, max(high, low + 1)))
    return frame.assign(floor_area_m2=area)
