"""Who becomes covered by chosen sites, and who stays uncovered and why: household by household for the office, and by grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.counts import MEASURES
from geogrid.settings import NOW
from geogrid.totals import offers
from geogrid.travel import nearest_facility
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.sitingcandidates import Candidates
    from geogrid.sitinggains import Ranked
    from geogrid.sitingproblem import Demand, Problem
    from geogrid.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REASONS: Mapping[str, Text] = {
    "unreached": Text("离街道过远，无法测算", "too far from any street to be measured"),
    "no_candidate": Text("没有候选点在时限内能到", "no candidate is within the cutoff"),
    "not_chosen": Text("只有未选中的候选点能到", "only candidates not chosen are within the cutoff"),
}
"""Why a household stays uncovered."""
NAMED = 3
"""So many candidates that were not chosen are named by grid."""


@dataclass(frozen=True, eq=False)
class After:
    """How households are served with the chosen sites.

    Attributes
    ----------
    ways : DataFrame
        The nearest facility or site of every household, as `travel.nearest_facility` returns it.
    ids : array of str
        What ``facility`` of ``ways`` points to.
    covered : array of bool
        Who is within the cutoff.
    """

    ways: pd.DataFrame
    ids: npt.NDArray[np.object_]
    covered: Bools


def served_after(town: Town, service: str, candidates: Candidates, sites: pd.DataFrame, demand: Demand) -> After:
    """Find everybody's nearest among what stands and the chosen sites.

    Parameters
    ----------
    town : Town
    service : str
    candidates : Candidates
    sites : DataFrame
        ``candidate`` (position) and ``facility_id`` of the chosen ones.
    demand : Demand
    """
    placed = town.of(service)
    offering = np.flatnonzero(offers(town.facilities, service, NOW, town.settings))
    ids = np.append(town.facilities["facility_id"].to_numpy(dtype=object)[offering], sites["facility_id"].to_numpy(dtype=object))
    stops = placed.stops.take(offering).followed_by(candidates.stops.take(sites["candidate"].to_numpy(dtype=np.int64)))
    ways = nearest_facility(placed.graph, placed.homes, stops, facility_ids=ids.tolist())
    return After(ways, ids, ways["metres"].to_numpy() <= demand.limit_m)


def newly_covered(town: Town, demand: Demand, after: After, ranks: Ranked, sites: pd.DataFrame) -> pd.DataFrame:
    """List the households that become covered. For the office only.

    Returns
    -------
    DataFrame
        household_id, grid_id, persons, weight, candidate_id (the first site, in the order of gain, that covers it),
        minutes_before (NaN without a way), minutes_after, facility_after.
    """
    rows = np.flatnonzero(demand.inside & after.covered & ~demand.covered)
    return pd.DataFrame(
        {
            **_who(town, demand, rows),
            "candidate_id": _named(sites["candidate_id"], ranks.first[rows]),
            "minutes_before": demand.before["minutes"].to_numpy()[rows],
            "minutes_after": after.ways["minutes"].to_numpy()[rows],
            "facility_after": _named(after.ids, after.ways["facility"].to_numpy()[rows]),
        }
    )


def left_over(town: Town, service: str, candidates: Candidates, demand: Demand, problem: Problem, covered: Bools) -> pd.DataFrame:
    """List the households that stay uncovered, and why. For the office only.

    Returns
    -------
    DataFrame
        household_id, grid_id, persons, weight, reason (a key of `REASONS`), candidate_id (the nearest candidate, missing without
        a way to any) and minutes to it.
    """
    rows = np.flatnonzero(demand.inside & ~covered)
    placed = town.of(service)
    ids = candidates.table["candidate_id"].to_numpy(dtype=object)
    nearest = nearest_facility(placed.graph, placed.homes.take(rows), candidates.stops, facility_ids=ids.tolist())
    reached = np.zeros(len(covered), dtype=bool)
    reached[problem.within.demand] = True
    off = placed.at_home.segment[rows] < 0
    reason = np.select([off, ~reached[rows]], ["unreached", "no_candidate"], "not_chosen")
    return pd.DataFrame(
        {
            **_who(town, demand, rows),
            "reason": reason.astype(object),
            "candidate_id": _named(ids, nearest["facility"].to_numpy()),
            "minutes": nearest["minutes"].to_numpy(),
        }
    )


def _named(ids: Iterable[object], position: Ints) -> npt.NDArray[np.object_]:
    """Return the ids at some positions; None at -1."""
    return np.array([*ids, None], dtype=object)[position]


def _who(town: Town, demand: Demand, rows: Ints) -> dict[str, npt.NDArray[np.generic]]:
    homes = town.households
    told = {key: homes[key].to_numpy()[rows] for key in ("household_id", "grid_id", "persons")}
    return {**told, "weight": demand.weight[rows]}


def left_by_grid(town: Town, left: pd.DataFrame, candidates: Candidates, problem: Problem) -> pd.DataFrame:
    """Count who stays uncovered by grid and reason. Exact: for the office only.

    Returns
    -------
    DataFrame
        grid_id, name, reason, households, persons, weight, minutes (the least to any candidate), candidate_ids (of those not
        chosen, the ones that would cover most, `NAMED` at most); the most weight first.
    """
    names = town.grids.set_index("grid_id")["name"]
    chances = _chances(town, left, candidates, problem)
    rows = [
        {
            "grid_id": grid,
            "name": names.get(grid, grid),
            "reason": reason,
            "households": len(part),
            "persons": int(part["persons"].sum()),
            "weight": float(part["weight"].sum()),
            "minutes": float(part["minutes"].min()),
            "candidate_ids": chances.get(grid, ()) if reason == "not_chosen" else (),
        }
        for (grid, reason), part in left.groupby(["grid_id", "reason"], sort=True)
    ]
    columns = ["grid_id", "name", "reason", "households", "persons", "weight", "minutes", "candidate_ids"]
    return pd.DataFrame(rows, columns=columns).sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def _chances(town: Town, left: pd.DataFrame, candidates: Candidates, problem: Problem) -> dict[object, tuple[str, ...]]:
    """Return, by grid, the candidates that would cover most of those left."""
    weight = pd.Series(left["weight"].to_numpy(), index=left["household_id"]).reindex(town.households["household_id"])
    amount = weight.fillna(0.0).to_numpy()
    at, who = problem.within.candidate, problem.within.demand
    kept = weight.notna().to_numpy()[who]
    grids = town.households["grid_id"].to_numpy(dtype=object)
    table = pd.DataFrame({"grid": grids[who[kept]], "at": at[kept], "weight": amount[who[kept]]})
    sums = table.groupby(["grid", "at"], sort=True)["weight"].sum().reset_index()
    sums = sums.sort_values("weight", ascending=False, kind="stable")
    ids = candidates.table["candidate_id"].to_numpy(dtype=object)
    return {grid: tuple(ids[part["at"].to_numpy()[:NAMED]]) for grid, part in sums.groupby("grid", sort=False)}


def by_grid(town: Town, demand: Demand, covered: Bools) -> pd.DataFrame:
    """Count who is covered before and after, grid by grid. Exact: for the office only.

    Returns
    -------
    DataFrame
        A row per grid, in the town's order: grid_id, name, and for each measure m of `MEASURES` and for ``weight``: m,
        m_covered_before, m_covered_after. Who does not state a measure counts 0.
    """
    ids = pd.Index(town.grids["grid_id"])
    code = ids.get_indexer(town.households["grid_id"])
    homes, known = town.households, code >= 0
    ones = {"households": np.ones(len(homes)), "weight": demand.weight}
    stated = {m: homes[m].to_numpy(dtype=np.float64, na_value=0.0) for m in MEASURES if m in homes}
    table = {"grid_id": ids.to_numpy(dtype=object), "name": town.grids["name"].to_numpy(dtype=object)}
    for measure, values in {**ones, **stated}.items():
        for part, mask in (("", known), ("_covered_before", demand.covered & known), ("_covered_after", covered & known)):
            table[f"{measure}{part}"] = np.bincount(code[mask], values[mask], len(ids))
    return pd.DataFrame(table)
