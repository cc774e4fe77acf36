"""Corners of a made-up place that a service does not reach in time, and none that it barely reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _place_venues import placed
from _place_world import Fault

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_world import World

    from geogrid.profileparts import Standard

    Floats = npt.NDArray[np.float64]

SURE = (0.86, 1.2)
"""A village is covered, or not, for sure when its median lies outside these multiples of the bound."""
ROUNDS = 60
AT_ONCE = 25
"""Of so many villages one more is helped at a time."""
WIDER = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.3)
"""Multiples of the recipe's distance that are tried in turn."""


def minutes(world: World, standard: Standard) -> World:
    """Take the services of a standard away around some villages, and let nobody elsewhere be near the bound."""
    services = [service for service in standard.options["services"] if world.recipe.gaps.get(service)]
    village = world.homes_of[standard.of][world.tables["households"]["at"]]
    for service in services:
        world = _without(world, standard, service)
    medians = {service: _medians(world, service, village) for service in standard.options["services"]}
    worst = _medians_of(np.max([each[0] for each in medians.values()], axis=0), village)
    ids = world.subjects[standard.of]["id"].to_numpy()
    far = np.flatnonzero(worst > (standard.max or 0.0))
    if not len(far):
        raise ValueError(f"nobody is out of reach of {', '.join(services)}: widen gap_m")
    text = ("半数以上住户超过时限", "most of its households are farther than allowed")
    return world.having(*(Fault("fail", str(ids[k]), ("standard", standard.id), *text) for k in far))


def _medians(world: World, service: str, village: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return about how long every household, and half of those of every village, walk to a service."""
    homes, frame = world.tables["households"], world.tables["facilities"]
    places = frame.loc[frame["services"].str.split(";").map(lambda names: service in names), ["x", "y"]].to_numpy()
    walked = world.settled.streets.minutes(world.settled.near, places)[homes["at"]]
    return walked, _medians_of(walked, village)


def _medians_of(walked: Floats, village: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(pd.Series(walked).groupby(village).median().reindex(np.arange(village.max() + 1)))


def _without(world: World, standard: Standard, service: str) -> World:
    """Remove a service around some villages at the edge, as far as it takes until somebody is out of reach."""
    rng = world.rng(f"gap {service}")
    village = world.subjects[standard.of]
    place = world.land.heart[0][village["leaf"].to_numpy()]
    edge = np.argsort(-np.linalg.norm(place - place.mean(axis=0), axis=1), kind="stable")[: max(6, len(place) // 4)]
    corners = place[rng.permutation(edge)[: world.recipe.gaps[service]]]
    frame = world.tables["facilities"]
    away = np.linalg.norm(frame[["x", "y"]].to_numpy()[:, None] - corners, axis=2).min(axis=1)
    for share in WIDER:
        near = (frame["services"] == service).to_numpy() & (away < share * world.recipe.gap_m)
        if near.all():
            break
        found = _sure(world.having(facilities=frame[~near].reset_index(drop=True)), standard, service)
        if (_village_minutes(found, standard, service) > (standard.max or 0.0)).any():
            return found
    raise ValueError(f"nobody can be out of reach of {service}: make the place larger")


def _sure(world: World, standard: Standard, service: str) -> World:
    """Give a village about which there is doubt a facility of its own, until there is none."""
    low, high = (share * (standard.max or 0.0) for share in SURE)
    for _ in range(ROUNDS):
        median = _village_minutes(world, standard, service)
        doubtful = np.flatnonzero((median > low) & (median < high))
        if not len(doubtful):
            return world
        for village in doubtful[np.argsort(median[doubtful], kind="stable")][: 1 + len(median) // AT_ONCE].tolist():
            world = _with_one(world, standard, service, village)
    raise ValueError(f"villages stay in doubt about {service}")


def _village_minutes(world: World, standard: Standard, service: str) -> Floats:
    return _medians(world, service, world.homes_of[standard.of][world.tables["households"]["at"]])[1]


def _with_one(world: World, standard: Standard, service: str, village: int) -> World:
    """Return the place with one more facility, where most of a village's households live farthest from one."""
    frame, row = world.tables["facilities"], world.subjects[standard.of].iloc[village]
    leaves = np.flatnonzero(world.land.of[standard.of] == village)
    own = frame[(frame["services"] == service) & (frame["of_id"] == row["id"])]
    heart = world.land.heart[0]
    used = heart[own["leaf"].to_numpy()]
    off = (
        np.min(np.linalg.norm(heart[leaves][:, None] - used, axis=2), axis=1)
        if len(used)
        else -np.linalg.norm(heart[leaves] - heart[int(row["leaf"])], axis=1)
    )
    like = frame[frame["services"] == service].iloc[[0]]
    key = f"F{int(frame['facility_id'].str[1:].astype(int).max()) + 1:0{len(str(like['facility_id'].iloc[0])) - 1}d}"
    kind = world.profile.services[service].zh
    fresh = like.assign(
        facility_id=key, name=f"{row['name']}{kind}点（{len(own) + 1}）", leaf=int(leaves[np.argmax(off)]), of_id=row["id"]
    )
    fresh = fresh.assign(of=standard.of, county=world.counties(standard.of)[village], status="built")
    return world.having(facilities=placed(world, pd.concat([frame, fresh], ignore_index=True)))
