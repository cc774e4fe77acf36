"""The page of proposed zones: what `geogrid.zones` found, as `maps` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.publish import are_of_osm, streets_of
from geogrid.words import Text
from geogrid.zoningwords import named_zone
from maps.proposal import Head, Trouble, ZonesPage, proposal_page
from maps.proposaltypes import Zoning

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geogrid.profile import Profile
    from geogrid.words import Lang
    from geogrid.zones import Land, ZonesProposal


def zones_page(proposal: ZonesProposal, land: Land, profile: Profile, *, place: str, lang: Lang) -> str:
    """Return the page of proposed zones as one HTML document, for the office."""
    return proposal_page(page_of(proposal, land, profile, place=place), lang=lang)


def page_of(proposal: ZonesProposal, land: Land, profile: Profile, *, place: str) -> ZonesPage:
    """Return what the page of proposed zones shows."""
    villages = proposal.villages
    streets = None if land.roads is None else streets_of(land.roads)
    head = Head(
        "zones", Text(place, place), summary(proposal), proposal.provenance, proposal.notes, streets, are_of_osm(land.roads)
    )
    members = dict(villages.dropna(subset="zone_id")[["village_id", "zone_id"]].itertuples(index=False, name=None))
    columns = ["zone_id", "name", "centre", "radius_m", "villages", "households", "persons", "geometry"]
    number = proposal.asked.number
    name = Text("最少片区", "Fewest zones") if number is None else Text(f"最好的 {number} 个", f"The best {number}")
    answer = Zoning("zones", name, proposal.zones[columns], members, proposal.figures, troubles(proposal))
    today = villages[villages["zone_today"] != ""]
    names = dict(zip(proposal.areas["area_id"], proposal.areas["name"], strict=True))
    before = {str(row.village_id): str(names[row.zone_today]) for row in today.itertuples()}
    shown = villages[["village_id", "name", "households", "persons", "geometry"]]
    return ZonesPage(head, shown, [answer], named_zone(profile, proposal.rule.zone), _around(proposal), before or None)


def summary(proposal: ZonesProposal) -> list[Text]:
    """Say in sentences what came out."""
    told = {key: f"{value:,.0f}" if value is not None else "-" for key, value in proposal.figures.items()}
    said = [_ZONES.fill(**told, zone="")]
    if len(proposal.zones):
        said.append(_SIZES.fill(**told))
    made = proposal.provenance
    if made.proof == "optimal":
        return [*said, _PROVEN]
    return said if made.gap is None else [*said, _GAP.fill(bound=f"{made.bound:,.0f}", gap=f"{made.gap:.1%}")]


def troubles(proposal: ZonesProposal) -> Sequence[Trouble]:
    """Return villages in no zone and what stops them; where only so many zones were asked for, those that none could hold."""
    left = proposal.unplaced
    rows = left if proposal.asked.number is None else left[~left["is_possible"].astype(bool)]
    shapes = proposal.villages.set_index("village_id").geometry
    return [Trouble(str(row["name"]), row["why"], row["release"], shapes[row["village_id"]]) for _, row in rows.iterrows()]


def _around(proposal: ZonesProposal) -> gpd.GeoDataFrame | None:
    """Return the areas that zones may not cross."""
    ids = set(proposal.villages["within_id"]) - {""}
    rows = proposal.areas[proposal.areas["area_id"].isin(ids)]
    return rows[["name", "geometry"]].reset_index(drop=True) if len(rows) else None


_ZONES = Text(
    "{zones} 个片区，编入 {villages_placed} 个村、{persons} 人；{villages_unplaced} 个村未编入。",
    "{zones} zones hold {villages_placed} villages with {persons} people; {villages_unplaced} villages are in none.",
)
_SIZES = Text(
    "每片区 {fewest_villages}–{most_villages} 个村；离中心最远 {longest_m} 米，平均 {mean_m} 米。",
    "{fewest_villages}-{most_villages} villages a zone, at most {longest_m} m from the centre, {mean_m} m on average.",
)
_PROVEN = Text("已证明：按要求没有更好的分法。", "Proven: nothing better keeps these bounds.")
_GAP = Text("理论界限为 {bound}，离最优不超过 {gap}。", "No answer can beat {bound}: at most {gap} from the best.")
