"""Proposed zones as tables that an office can bring in: areas with the zones in their place, members, and their centres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.facts import matching
from geogrid.words import Text
from geogrid.zoningwords import AIMS, PROOFS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.profile import Profile
    from geogrid.words import Lang
    from geogrid.zones import ZonesProposal

AREA_COLUMNS = ("area_id", "name", "parent_id", "code", "level", "geometry")
MEMBER_COLUMNS = ("area_id", "member_id")
CENTRE = Text("中心", " centre")


def areas_after(proposal: ZonesProposal, profile: Profile) -> gpd.GeoDataFrame:
    """Return all areas of the place with the proposed zones: today's zones gone, villages below the new ones.

    Areas of a level that cuts across the tree leave the villages' parents as they are: `members_after` says who belongs to them.

    Parameters
    ----------
    proposal : ZonesProposal
    profile : Profile

    Returns
    -------
    GeoDataFrame
        A table ``areas`` for ``geogrid import``, in the CRS of the proposal's.
    """
    level = next((each for each in profile.levels if each.id == proposal.rule.zone), None)
    names = (proposal.rule.zone,) if level is None else level.select or level.names
    areas = proposal.areas.reset_index(drop=True)
    gone = matching(areas, {"level": names})
    kept = areas[~gone].reset_index(drop=True)
    above = dict(zip(areas["area_id"], areas["parent_id"], strict=True))
    old = frozenset(areas.loc[gone, "area_id"])
    parents = pd.Series([_kept_parent(each, above, old) for each in kept["parent_id"]], dtype=object)
    if level is None or not level.cuts_across:
        new = kept["area_id"].map(_zone_of(proposal))
        parents = new.astype(object).where(new.notna(), parents)
    rows = pd.concat([kept.assign(parent_id=parents), zone_areas(proposal)], ignore_index=True)
    columns = [name for name in AREA_COLUMNS if name in rows]
    return gpd.GeoDataFrame(rows[columns], geometry="geometry", crs=areas.crs)


def _kept_parent(parent: Any, above: Mapping[str, Any], gone: frozenset[str]) -> str | None:
    """Return the first area above that stays; a ring of areas that go ends nowhere."""
    for _ in range(len(gone) + 1):
        if parent not in gone:
            break
        parent = above.get(parent)
    return parent if isinstance(parent, str) and parent not in gone else None


def _zone_of(proposal: ZonesProposal) -> Mapping[str, str]:
    placed = proposal.villages.dropna(subset="zone_id")
    return dict(zip(placed["village_id"], placed["zone_id"], strict=True))


def zone_areas(proposal: ZonesProposal) -> gpd.GeoDataFrame:
    """Return the zones as areas: each the land of its villages."""
    zones, villages = proposal.zones, proposal.villages
    land = [
        shapely.union_all(villages.geometry[(villages["zone_id"] == each).to_numpy()].to_numpy()) for each in zones["zone_id"]
    ]
    columns = {"area_id": zones["zone_id"], "name": zones["name"], "parent_id": zones["parent_id"], "code": None}
    shapes = np.empty(len(land), dtype=object)
    shapes[:] = land
    return gpd.GeoDataFrame({**columns, "level": proposal.rule.zone}, geometry=shapes, crs=villages.crs)


def members_after(proposal: ZonesProposal) -> pd.DataFrame:
    """Return which village belongs to which zone: a table ``area_members``."""
    rows = sorted((zone, village) for village, zone in _zone_of(proposal).items())
    return pd.DataFrame(rows, columns=list(MEMBER_COLUMNS))


def new_centres(proposal: ZonesProposal) -> gpd.GeoDataFrame:
    """Return the centres that would have to be built, one a zone, as facilities; none where facilities were the centres.

    ``facility_id`` is the zone's with ``-C``; they offer what the standard on zones asks of a centre.
    """
    zones = proposal.zones if proposal.rule.centres != "facilities" and proposal.rule.services else proposal.zones.iloc[:0]
    table = {
        "facility_id": zones["zone_id"] + "-C",
        "name": zones["name"] + CENTRE.zh,
        "services": ";".join(proposal.rule.services),
        "level": proposal.rule.zone,
        "status": "planned",
    }
    return gpd.GeoDataFrame(table, geometry=zones.geometry.to_numpy(), crs=zones.crs)


def sheets(proposal: ZonesProposal, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the tables of a workbook, by the keys of `labels.SHEETS`."""
    names = dict(zip(proposal.zones["zone_id"], proposal.zones["name"], strict=True))
    around = dict(zip(proposal.areas["area_id"], proposal.areas["name"], strict=True))
    zones = proposal.zones.drop(columns="geometry").rename(columns={"pieces": "zone_pieces"})
    zones = zones.assign(parent_id=zones["parent_id"].map(around)).rename(columns={"parent_id": "within_name"})
    villages = proposal.villages.drop(columns="geometry")
    villages = villages.assign(zone_name=villages["zone_id"].map(names), within_name=villages["within_id"].map(around))
    return {
        "zones": zones,
        "zone_villages": villages.drop(columns="within_id").sort_values(["zone_id", "village_id"], na_position="last"),
        "zone_unplaced": _unplaced(proposal, names, lang),
        "zone_aims": aims_table(proposal, lang),
    }


def _unplaced(proposal: ZonesProposal, names: Mapping[str, str], lang: Lang) -> pd.DataFrame:
    left = proposal.unplaced
    joined = "；" if lang == "zh" else "; "
    said = {
        "nearest_zone": left["zone_id"].map(names),
        "why_not": [each.say(lang) for each in left["why"]],
        "what_releases": [joined.join(each.say(lang) for each in ways) for ways in left["release"]],
    }
    known = {name: left[name].where(np.isfinite(left[name].astype(float))) for name in ("metres", "neighbour_m", "needs_m")}
    return left.assign(**known, **said).drop(columns=["stops", "why", "release", "within"])


def aims_table(proposal: ZonesProposal, lang: Lang) -> pd.DataFrame:
    """Return what was reached of each aim, what cannot be beaten, and what is proven."""
    rows = [
        {
            "aim": AIMS[name].say(lang),
            "value": round(float(aim.value), 1),
            "bound_value": round(float(aim.bound), 1),
            "share_gap": aim.gap if aim.proof in {"optimal", "gap"} and np.isfinite(aim.gap) else None,
            "proof_said": PROOFS[aim.proof].say(lang),
        }
        for name, aim in proposal.aims.items()
    ]
    return pd.DataFrame(rows)
