"""Where new facilities help most: from a town and candidates to sites with their gains, what remains and why, and a what-if.

Exact counts by grid and site, and rows of households: for the office only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.locating.choose import locate
from geogrid.provenance import Provenance, table_hash
from geogrid.sitingasked import BY_WAY, MODELS, SitesAsked, settled
from geogrid.sitingcandidates import Candidates, candidates_along, candidates_of
from geogrid.sitingcurve import curve_of
from geogrid.sitinggains import ranked
from geogrid.sitingleft import by_grid, left_by_grid, left_over, newly_covered, served_after
from geogrid.sitingproblem import demand_of, problem_of
from geogrid.solver import solver_name
from geogrid.whatif import Change
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.locating.problem import Located
    from geogrid.sitinggains import Ranked
    from geogrid.sitingleft import After
    from geogrid.sitingproblem import Demand, Problem
    from geogrid.town import Town

__all__ = ["MODELS", "SitesAsked", "SitesProposal", "propose_sites"]

CURVE = 10
"""So far the curve goes at least."""
TABLES = ("grids", "households", "facilities", "roads")


@dataclass(frozen=True, eq=False)
class SitesProposal:
    """Sites, and why; for the office only.

    Attributes
    ----------
    town : Town
        As asked, with the mode and cutoff.
    asked : SitesAsked
        With the service by its id.
    candidates : Candidates
    located : Located
        The solver's answer.
    sites : DataFrame
        A row per site, the largest gain first: rank, candidate_id, facility_id (in ``changes``), name, kind, grid_id, cost, gain
        and lost (see `sitinggains.Ranked`; where ways count, weight × minutes), covers and leaves (weight covered), served
        (weight, where capacities count; else NaN), lon, lat, candidate (position).
    covers : DataFrame
        Who becomes covered by grid and site: candidate_id, grid_id, households, weight.
    by_grid : DataFrame
        From `sitingleft.by_grid`.
    newly, left : DataFrame
        Household rows; see `sitingleft`.
    left_by_grid : DataFrame
    curve : DataFrame
        From `sitingcurve.curve_of`.
    figures : mapping
        sites, weight, covered_before, covered_after, gain, covered_share, remaining, mean_minutes, longest_minutes (and
        both with ``_before``), price, value, bound, gap, seconds; None where not known.
    changes : tuple of Change
        For `geogrid.whatif`: the sites in their order, added.
    notes : tuple of Text
    provenance : Provenance
    """

    town: Town
    asked: SitesAsked
    candidates: Candidates
    located: Located
    sites: pd.DataFrame
    covers: pd.DataFrame
    by_grid: pd.DataFrame
    newly: pd.DataFrame
    left: pd.DataFrame
    left_by_grid: pd.DataFrame
    curve: pd.DataFrame
    figures: Mapping[str, float | None]
    changes: tuple[Change, ...]
    notes: tuple[Text, ...]
    provenance: Provenance

    def to_record(self) -> dict[str, Any]:
        """Return where it came from and what came out, as plain values, without any household."""
        from geogrid.plain import records  # noqa: PLC0415

        return {
            **self.provenance.to_record(),
            "figures": dict(self.figures),
            "sites": records(self.sites.drop(columns="candidate")),
            "curve": records(self.curve),
            "remaining": records(self.left_by_grid),
            "changes": [change.to_record() for change in self.changes],
            "notes": [{"zh": note.zh, "en": note.en} for note in self.notes],
        }


def propose_sites(town: Town, asked: SitesAsked, effort: Effort, *, candidates: gpd.GeoDataFrame | None = None) -> SitesProposal:
    """Propose where new facilities should stand.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `geogrid.town.open_town`. Its facilities that count now stay.
    asked : SitesAsked
    effort : Effort
    candidates : GeoDataFrame, optional
        As `geogrid.io.read_candidates` returns them; made along the streets when not given.

    Returns
    -------
    SitesProposal

    Raises
    ------
    InputError, NotFoundError
        What is asked cannot be; see `sitingasked.settled`, `sitingcandidates`, `sitingproblem`.

    Examples
    --------
    >>> import geogrid
    >>> from geogrid.effort import Effort
    >>> sample = geogrid.data_dir() / "sample"
    >>> tables = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    >>> report = geogrid.check(**{name.split(".")[0]: sample / name for name in tables}, services=["medical"])
    >>> proposal = propose_sites(report.town, SitesAsked("medical", sites=1), Effort())
    >>> proposal.provenance.proof, len(proposal.sites), proposal.sites["gain"].tolist() == [proposal.figures["gain"]]
    ('optimal', 1, True)
    """
    given = town
    town, asked = settled(town, asked)
    found = _candidates(town, asked, candidates)
    demand = demand_of(town, asked)
    problem = problem_of(town, found, demand, asked)
    located = locate(asked.model, problem.location, sites=asked.sites, budget=asked.budget, effort=effort)
    ranks = ranked(problem, demand, located.chosen, model=asked.model)
    sites = _sites((town, asked), found, demand, located, ranks)
    after = served_after(town, asked.service, found, sites, demand)
    left = left_over(town, asked.service, found, demand, problem, after.covered)
    newly = newly_covered(town, demand, after, ranks, sites)
    curve = _curve(found, problem, asked, len(sites), effort)
    figures = _figures(demand, after, sites, located, asked)
    return SitesProposal(
        town=town,
        asked=asked,
        candidates=found,
        located=located,
        sites=sites,
        covers=_covers(newly),
        by_grid=by_grid(town, demand, after.covered),
        newly=newly,
        left=left,
        left_by_grid=left_by_grid(town, left, found, problem),
        curve=curve,
        figures=figures,
        changes=tuple(_change(row, asked.service) for row in sites.to_dict("records")),
        notes=(*_notes((given, town), asked, located, effort), *found.notes, *demand.notes, *problem.notes),
        provenance=_provenance(town, asked, found, located, effort),
    )


def _candidates(town: Town, asked: SitesAsked, layer: gpd.GeoDataFrame | None) -> Candidates:
    if layer is None:
        return candidates_along(town, asked.service, spacing_m=asked.spacing_m)
    return candidates_of(town, asked.service, layer)


def _sites(how: tuple[Town, SitesAsked], candidates: Candidates, demand: Demand, located: Located, ranks: Ranked) -> pd.DataFrame:
    town, asked = how
    table = candidates.table.iloc[ranks.chosen].reset_index(drop=True)
    unit = town.settings.speed_kmh[asked.service] * 1000 / 60 if asked.model in BY_WAY else 1.0
    served = [float(demand.weight[located.assigned == site].sum()) for site in ranks.chosen]
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(table) + 1),
            "candidate_id": table["candidate_id"],
            "facility_id": _free_ids(town, table["candidate_id"].tolist()),
            **{key: table[key] for key in ("name", "kind", "grid_id", "cost")},
            "gain": ranks.gain / unit,
            "lost": ranks.lost / unit,
            "covers": ranks.covers,
            "leaves": ranks.leaves,
            "served": served if asked.model == "capacitated_mclp" else np.nan,
            **{key: table[key] for key in ("lon", "lat")},
            "candidate": ranks.chosen,
        }
    )


def _free_ids(town: Town, wanted: list[str]) -> list[str]:
    """Return ids that no facility has: the candidates' own where they are free."""
    taken, free = set(town.facilities["facility_id"].astype(str)) | set(wanted), list[str]()
    known = set(town.facilities["facility_id"].astype(str))
    for name in wanted:
        number, chosen = 1, name
        while chosen in known or (chosen != name and chosen in taken):
            number += 1
            chosen = f"{name}-{number}"
        free.append(chosen)
        taken.add(chosen)
    return free


def _change(row: Mapping[str, Any], service: str) -> Change:
    return Change("add", row["facility_id"], str(row["name"]), (service,), row["lon"], row["lat"])


def _covers(newly: pd.DataFrame) -> pd.DataFrame:
    rows = newly.groupby(["candidate_id", "grid_id"], sort=True)["weight"].agg(households="size", weight="sum")
    return rows.reset_index()


def _curve(candidates: Candidates, problem: Problem, asked: SitesAsked, chosen: int, effort: Effort) -> pd.DataFrame:
    most = max(chosen, CURVE) if asked.curve is None else asked.curve
    ids = candidates.table["candidate_id"].to_numpy(dtype=object)
    return curve_of(problem.coverage, ids, sites=-1 if asked.curve == 0 else min(most, len(ids)), effort=effort)


def _figures(demand: Demand, after: After, sites: pd.DataFrame, located: Located, asked: SitesAsked) -> dict[str, float | None]:
    weight = demand.weight
    mean, longest = _minutes(weight, after.ways)
    mean_before, longest_before = _minutes(weight, demand.before)
    all_, before, now = (float(weight[rows].sum()) for rows in (weight > 0, demand.covered, after.covered))
    told: dict[str, float | None] = {
        "sites": float(len(sites)),
        "weight": all_,
        "covered_before": before,
        "covered_after": now,
        "gain": now - before,
        "covered_share": now / all_ if all_ else None,
        "remaining": all_ - now,
        "mean_minutes": mean,
        "longest_minutes": longest,
        "mean_minutes_before": mean_before,
        "longest_minutes_before": longest_before,
        "price": float(sites["cost"].sum()) if len(sites) and sites["cost"].notna().all() else None,
        "value": _finite(located.value),
        "bound": _finite(located.bound),
        "gap": _finite(located.gap),
        "seconds": located.seconds,
    }
    if asked.model in BY_WAY:  # in metres, or weight × metres: the minutes above say it
        del told["value"], told["bound"]
    return told


def _minutes(weight: npt.NDArray[np.float64], ways: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return the mean and the longest way of those who have one."""
    minutes = ways["minutes"].to_numpy()
    known = (weight > 0) & np.isfinite(minutes)
    if not known.any():
        return None, None
    return float(np.average(minutes[known], weights=weight[known])), float(minutes[known].max())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _notes(towns: tuple[Town, Town], asked: SitesAsked, located: Located, effort: Effort) -> list[Text]:
    """Say what the answer means where that is not plain."""
    (given, town), notes = towns, []
    if located.proof == "infeasible":
        notes.append(_INFEASIBLE.fill(sites=asked.sites if asked.sites is not None else "—"))
    if located.proof == "none" or (not effort.is_reproducible and not len(located.chosen) and located.proof != "optimal"):
        notes.append(_NOTHING)
    if asked.sites is not None and len(located.chosen) < asked.sites and located.proof == "optimal":
        notes.append(_FEWER.fill(n=len(located.chosen), sites=asked.sites))
    if town is not given:
        notes.append(_OTHER_TERMS.fill(mode=town.settings.mode[asked.service], minutes=town.settings.cutoff_min[asked.service]))
    return notes


def _provenance(town: Town, asked: SitesAsked, candidates: Candidates, located: Located, effort: Effort) -> Provenance:
    settings, service = town.settings, asked.service
    told = {"mode": settings.mode[service], "cutoff_min": settings.cutoff_min[service], "speed_kmh": settings.speed_kmh[service]}
    inputs = {name: table_hash(getattr(town, name)) for name in TABLES} | {"candidates": table_hash(candidates.table)}
    made = {**asked.to_record(), **told, "candidates": candidates.source, "effort": effort.work}
    if candidates.source == "layer":
        del made["spacing_m"]
    return Provenance(
        "sites",
        inputs,
        made,
        solver_name(),
        proof=located.proof,
        work=located.work,
        seconds=located.seconds,
        stopped=effort.stopped,
        value=_finite(located.value),
        bound=_finite(located.bound),
        gap=_finite(located.gap),
    )


_INFEASIBLE = Text(
    "{sites} 个新点不够：有住户到不了任何现有设施，只有更多的点才能都到；请用模型 lscp 求所需点数，或增加点数、候选点",
    "{sites} new sites are not enough: households that no standing facility serves need more of them; ask the model lscp how "
    "many it takes, or allow more sites or candidates",
)
_NOTHING = Text("停止得太早，还没有找到结果：请多给时间", "it was stopped before anything was found: allow more time")
_FEWER = Text(
    "只选了 {n} 个点（最多 {sites} 个）：再多不会改善", "only {n} sites of {sites} are proposed: more would not improve anything"
)
_OTHER_TERMS = Text(
    "按另外的条件测算（{mode}，{minutes:g} 分钟），与检查不同；用 geogrid whatif 试这些变更时，先按同样的条件检查",
    "measured on other terms than the check ({mode}, {minutes:g} min); before trying the changes with geogrid whatif, check on "
    "the same terms",
)
