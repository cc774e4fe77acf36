"""From a town and candidates to a location problem: who counts how much, what stands already, and who reaches which candidate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.counts import MEASURES, OPTIONAL_MEASURES
from geogrid.coverage import cutoff_metres
from geogrid.errors import InputError, NotFoundError
from geogrid.locating.problem import Location, Pairs
from geogrid.pairs import pairs_within, parts_within
from geogrid.seasons import persons_in, season_named
from geogrid.settings import NOW
from geogrid.sitingasked import BY_WAY
from geogrid.totals import offers
from geogrid.town import trips
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.sitingasked import SitesAsked
    from geogrid.sitingcandidates import Candidates
    from geogrid.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FAR_M = 1e7
"""No way is longer: where all ways count."""
MOST_WAYS = 40_000_000
"""So many pairs are held at most, where all ways count."""
TWICE = 2
"""What stands counts up to here for backup coverage."""


@dataclass(frozen=True, eq=False)
class Demand:
    """Who counts how much, and how they are served today.

    Attributes
    ----------
    weight : array of float, one a household of the town
        0 for households outside all grids, which no table counts.
    inside : array of bool
        Who lies in a grid.
    before : DataFrame
        The nearest facility that stands, as `geogrid.town.trips` returns it.
    covered : array of bool
        Who is within the cutoff of one.
    limit_m : float
        The cutoff in metres at the mode's pace.
    notes : tuple of Text
    """

    weight: Floats
    inside: Bools
    before: pd.DataFrame
    covered: Bools
    limit_m: float
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be solved.

    Attributes
    ----------
    location : Location
        Candidates in their order, then what stands already.
    coverage : Location
        The same as a question of coverage alone, for the curve.
    within : Pairs
        Household and candidate within the cutoff, whether or not the candidate may be chosen.
    usable : array of bool, one a candidate
        Which may be chosen: all but those without a cost where a cost is needed.
    notes : tuple of Text
    """

    location: Location
    coverage: Location
    within: Pairs
    usable: Bools
    notes: tuple[Text, ...] = ()


def demand_of(town: Town, asked: SitesAsked) -> Demand:
    """Say who counts how much, and who is covered today.

    Raises
    ------
    NotFoundError
        There is no such weight or season.
    InputError
        No household states the weight.
    """
    values, notes = _weights(town, asked.weight)
    inside = town.households["grid_id"].notna().to_numpy(dtype=bool)
    before = trips(town, asked.service)
    limit_m = cutoff_metres(town.settings.cutoff_min[asked.service], town.settings.speed_kmh[asked.service])
    covered = before["metres"].to_numpy() <= limit_m
    outside = int((~inside).sum())
    notes += [_OUTSIDE.fill(n=f"{outside:,}")] if outside else []
    return Demand(np.where(inside, values, 0.0), inside, before, covered, limit_m, tuple(notes))


def _weights(town: Town, name: str) -> tuple[Floats, list[Text]]:
    """Return how much each household counts, and of how many that is not known."""
    homes = town.households
    if name == "households":
        return np.ones(len(homes)), []
    if name in MEASURES:
        given = homes[name] if name in homes else pd.Series(pd.NA, index=homes.index, dtype="Int64")
        values = given.to_numpy(dtype=np.float64, na_value=np.nan)
        unknown = int(np.isnan(values).sum())
        if unknown == len(values) > 0:
            raise InputError(_NOBODY_SAYS.fill(weight=name))
        return np.nan_to_num(values), [_UNKNOWN.fill(n=f"{unknown:,}", weight=name)] if unknown else []
    if not name.startswith("persons_"):
        known = ("persons", "households", *OPTIONAL_MEASURES, *(season.column for season in town.settings.profile.seasons))
        raise NotFoundError(_NO_WEIGHT.fill(weight=name, known=", ".join(known)))
    people, assumed = persons_in(homes, season_named(town.settings.profile, name))
    return people.to_numpy(dtype=np.float64), [_ASSUMED.fill(n=f"{assumed:,}", weight=name)] if assumed else []


def problem_of(town: Town, candidates: Candidates, demand: Demand, asked: SitesAsked) -> Problem:
    """Lay out who reaches what, for the model asked for.

    Raises
    ------
    InputError
        No candidate has a cost or a capacity where one is needed, or there are too many pairs.
    """
    placed, size = town.of(asked.service), len(candidates)
    found = pairs_within(placed.graph, placed.homes, candidates.stops, limit_m=demand.limit_m)
    within = Pairs(found.household.astype(np.int64), found.facility.astype(np.int64), found.metres)
    cost = candidates.table["cost"].to_numpy(dtype=np.float64)
    usable = ~np.isnan(cost) if asked.needs_cost else np.ones(size, dtype=bool)
    if not usable.any():
        raise InputError(_NO_COSTS.fill(n=size))
    price = np.nan_to_num(cost, nan=1.0) if asked.needs_cost else np.ones(size)
    chances = _only(within, usable)
    coverage = _location(demand, chances, price, [(np.flatnonzero(demand.covered), 0.0)])
    notes = [_COSTLESS.fill(n=int((~usable).sum()), ids=_some(candidates, ~usable))] if not usable.all() else []
    if asked.model in BY_WAY:
        location = _by_way(town, candidates, demand, (asked, usable, price))
    elif asked.model == "backup":
        location = _twice(town, demand, (asked, chances, price))
    elif asked.model == "capacitated_mclp":
        location, more = _with_room(town, candidates, demand, (asked, chances, price))
        notes += more
    else:
        location = coverage
    return Problem(location, coverage, within, usable, tuple(notes))


def _only(pairs: Pairs, usable: Bools) -> Pairs:
    kept = usable[pairs.candidate]
    return Pairs(pairs.demand[kept], pairs.candidate[kept], pairs.cost[kept])


def _location(
    demand: Demand, pairs: Pairs, price: Floats, stands: list[tuple[Ints, float | Floats]], room: Floats | None = None
) -> Location:
    """Return a problem of candidates, and of what stands: for each, whom it serves and at what cost."""
    size, more = len(price), len(stands)
    who = [np.asarray(rows, dtype=np.int64) for rows, _ in stands]
    columns = [np.full(len(rows), size + i, dtype=np.int64) for i, rows in enumerate(who)]
    costs = [np.broadcast_to(np.asarray(cost, dtype=np.float64), len(rows)) for (_, cost), rows in zip(stands, who, strict=True)]
    joined = Pairs(
        np.concatenate([pairs.demand, *who]), np.concatenate([pairs.candidate, *columns]), np.concatenate([pairs.cost, *costs])
    )
    return Location.of(
        demand.weight,
        joined,
        size + more,
        fixed=np.arange(size + more) >= size,
        price=np.append(price, np.zeros(more)),
        capacity=room,
    )


def _by_way(town: Town, candidates: Candidates, demand: Demand, how: tuple[SitesAsked, Bools, Floats]) -> Location:
    """Return the problem of ways of any length; a candidate no nearer than what stands is of no use to a household."""
    asked, usable, price = how
    stands = demand.before["metres"].fillna(np.inf).to_numpy()
    counts = demand.weight > 0
    placed, parts, held = town.of(asked.service), [], 0
    for part in parts_within(placed.graph, placed.homes, candidates.stops, limit_m=FAR_M):
        kept = (part.metres < stands[part.household]) & usable[part.facility] & counts[part.household]
        parts.append(Pairs(part.household[kept].astype(np.int64), part.facility[kept].astype(np.int64), part.metres[kept]))
        held += len(parts[-1])
        if held > MOST_WAYS:
            raise InputError(_TOO_MANY.fill(most=f"{MOST_WAYS:,}", n=len(candidates)))
    empty = Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    joined = Pairs(*(np.concatenate([getattr(each, name) for each in (empty, *parts)]) for name in vars(empty)))
    served = np.flatnonzero(np.isfinite(stands) & counts)
    return _location(demand, joined, price, [(served, stands[served])])


def _offering(town: Town, service: str) -> Ints:
    return np.flatnonzero(offers(town.facilities, service, NOW, town.settings))


def _twice(town: Town, demand: Demand, how: tuple[SitesAsked, Pairs, Floats]) -> Location:
    """Return the problem of being covered twice: what stands covers nobody, once, or twice and more."""
    asked, pairs, price = how
    placed = town.of(asked.service)
    stops = placed.stops.take(_offering(town, asked.service))
    found = pairs_within(placed.graph, placed.homes, stops, limit_m=demand.limit_m)
    times = np.bincount(found.household, minlength=len(demand.weight))
    stands: list[tuple[Ints, float | Floats]] = [(np.flatnonzero(times >= n), 0.0) for n in range(1, TWICE + 1)]
    return _location(demand, pairs, price, stands)


def _with_room(
    town: Town, candidates: Candidates, demand: Demand, how: tuple[SitesAsked, Pairs, Floats]
) -> tuple[Location, list[Text]]:
    """Return the problem of places: those of what stands, and those of the candidates."""
    asked, pairs, price = how
    offering, placed = _offering(town, asked.service), town.of(asked.service)
    stated = town.facilities.iloc[offering].get("capacity", pd.Series(np.nan, index=offering))
    there = stated.to_numpy(dtype=np.float64, na_value=np.nan)
    new = candidates.table["capacity"].to_numpy(dtype=np.float64)
    new = new if asked.capacity is None else np.where(np.isnan(new), float(asked.capacity), new)
    if np.isnan(new).any():
        raise InputError(_NO_ROOM.fill(n=int(np.isnan(new).sum()), ids=_some(candidates, np.isnan(new))))
    found = pairs_within(placed.graph, placed.homes, placed.stops.take(offering), limit_m=demand.limit_m)
    begin = np.searchsorted(found.facility, np.arange(len(offering) + 1))
    own = [slice(first, after) for first, after in pairwise(begin)]
    stands: list[tuple[Ints, float | Floats]] = [(found.household[at].astype(np.int64), found.metres[at]) for at in own]
    silent = town.facilities["facility_id"].to_numpy(dtype=object)[offering][np.isnan(there)]
    notes = [_SILENT.fill(n=len(silent), ids=_first(silent))] if len(silent) else []
    return _location(demand, pairs, price, stands, np.append(new, np.nan_to_num(there))), notes


def _some(candidates: Candidates, mask: Bools) -> str:
    return _first(candidates.table["candidate_id"].to_numpy(dtype=object)[mask])


def _first(ids: npt.NDArray[np.object_]) -> str:
    return ", ".join([*map(str, ids[:8]), *(["…"] if len(ids) > 8 else [])])  # noqa: PLR2004 - as many as fit a line


_OUTSIDE = Text("{n} 户在所有网格之外，不计入", "{n} households are outside all grids and do not count")
_UNKNOWN = Text("{n} 户未写 {weight}，按 0 计", "{n} households do not state {weight} and count 0")
_ASSUMED = Text("{n} 户未写 {weight}，按平时人数计", "{n} households do not state {weight} and count with their usual persons")
_NOBODY_SAYS = Text(
    "没有一户写明 {weight}：请换一个权重，或在住户表中补上这一列",
    "no household states {weight}: take another weight, or add the column to the households",
)
_NO_WEIGHT = Text("没有权重“{weight}”：可用 {known}", "there is no weight {weight!r}: use {known}")
_NO_COSTS = Text(
    "{n} 个候选点都没有费用，无法按预算选：请在候选点表中补上 cost（费用）一列",
    "none of the {n} candidates states a cost, which a budget needs: add the column cost to the candidates",
)
_COSTLESS = Text("{n} 个候选点没有费用，未参与选择：{ids}", "{n} candidates state no cost and could not be chosen: {ids}")
_NO_ROOM = Text(
    "{n} 个候选点没有容量：{ids}；请补上 capacity（容量）一列，或给出统一的容量",
    "{n} candidates state no capacity: {ids}; add the column capacity to them, or give one for all",
)
_SILENT = Text("{n} 处现有设施没有写容量，按 0 计：{ids}", "{n} facilities that stand state no capacity and count 0: {ids}")
_TOO_MANY = Text(
    "“住户-候选点”对超过 {most} 对（{n} 个候选点），内存放不下：请减少候选点或加大间距",
    "there are more than {most} pairs of household and candidate ({n} candidates), too many to hold: use fewer candidates or a "
    "wider spacing",
)
