"""The page of proposed sites: what `geogrid.siting` found, as `maps.proposal` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.publish import are_of_osm, streets_of
from geogrid.settings import NOW
from geogrid.sitingasked import BY_WAY
from geogrid.sitingwords import summary, unit_of, why_left
from geogrid.totals import offers
from geogrid.words import Text
from maps.proposal import CurvePoint, Head, Remains, Site, SitesPage, Trouble, proposal_page
from maps.proposalwords import FIGURES

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.siting import SitesProposal
    from geogrid.words import Lang


def sites_page(proposal: SitesProposal, place: Text, *, lang: Lang) -> str:
    """Return the page of a proposal of sites; exact counts, for the office only."""
    town, profile = proposal.town, proposal.town.settings.profile
    unit, service = unit_of(proposal.asked.weight, profile), profile.services[proposal.asked.service].name
    page = SitesPage(
        head=_head(proposal, place),
        service=service,
        unit=unit,
        grids=_grids(proposal),
        existing=_existing(proposal),
        candidates=proposal.candidates.table[["candidate_id", "name", "geometry"]],
        sites=_sites(proposal),
        figures={key: value for key, value in proposal.figures.items() if key in FIGURES},
        curve=[CurvePoint(row.sites, row.value, row.bound, bool(row.is_proven)) for row in proposal.curve.itertuples()],
        curve_label=Text(f"覆盖（{unit.zh}）", f"Covered ({unit.en})"),
        curve_total=proposal.figures["weight"],
        remains=[
            Remains(row.grid_id, row.weight, why_left(row.reason, row.minutes, row.candidate_ids))
            for row in proposal.left_by_grid.itertuples()
            if row.weight > 0
        ],
        troubles=_troubles(proposal, town.settings.max_snap_m),
    )
    return proposal_page(page, lang=lang)


def _head(proposal: SitesProposal, place: Text) -> Head:
    roads = proposal.town.roads
    model = proposal.asked.model
    notes = [*proposal.notes, *([_OTHERWISE[model]] if model in _OTHERWISE else [])]
    return Head("sites", place, summary(proposal), proposal.provenance, notes, streets_of(roads), are_of_osm(roads))


def _grids(proposal: SitesProposal) -> gpd.GeoDataFrame:
    columns = {"weight": "weight", "weight_covered_before": "covered_before", "weight_covered_after": "covered_after"}
    counts = proposal.by_grid.set_index("grid_id")[list(columns)].rename(columns=columns)
    return proposal.town.grids[["grid_id", "name", "geometry"]].join(counts, on="grid_id")


def _existing(proposal: SitesProposal) -> gpd.GeoDataFrame:
    town = proposal.town
    rows = np.flatnonzero(offers(town.facilities, proposal.asked.service, NOW, town.settings))
    return town.facilities.iloc[rows][["name", "geometry"]].reset_index(drop=True)


def _sites(proposal: SitesProposal) -> list[Site]:
    """Return the sites; where something else than people covered is aimed at, what they cover, since the page counts people."""
    gain, lost = ("covers", "leaves") if proposal.asked.model in _OTHERWISE else ("gain", "lost")
    covers: dict[str, dict[str, float]] = {}
    for row in proposal.covers.itertuples():
        covers.setdefault(row.candidate_id, {})[row.grid_id] = row.weight
    return [
        Site(
            row["candidate_id"],
            str(row["name"]),
            row[gain],
            row[lost],
            None if np.isnan(row["cost"]) else row["cost"],
            covers.get(row["candidate_id"], {}),
        )
        for row in proposal.sites.to_dict("records")
    ]


def _troubles(proposal: SitesProposal, limit_m: float) -> list[Trouble]:
    return [
        Trouble(str(row.name_), _FAR.fill(m=f"{row.street_m:,.0f}", limit=f"{limit_m:g}"), [_MOVE])
        for row in proposal.candidates.too_far.rename(columns={"name": "name_"}).itertuples()
    ]


_BY_MINUTES = Text(
    "选址点按节省的路程排序；图上的数是新增覆盖的人数。",
    "Sites are in the order of the way they save; the numbers on the map are of those who become covered.",
)
_TWICE = Text(
    "选址点按双重覆盖的人数排序；图上的数是新增覆盖的人数。",
    "Sites are in the order of those they cover twice; the numbers on the map are of those who become covered.",
)
_OTHERWISE = {**dict.fromkeys(BY_WAY, _BY_MINUTES), "backup": _TWICE}
_FAR = Text("离街道 {m} 米，超过 {limit} 米，未作候选", "{m} m from any street, more than {limit} m: not used")
_MOVE = Text("核对位置，或移到街道边", "check where it is, or move it to a street")
