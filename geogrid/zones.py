"""Zones proposed: villages joined around centres within a radius, so many a zone; what is proven, who is left out and why.

The composition for planners: it takes a place's areas, households, facilities and streets, and its profile's standards on zones.
What it returns counts people exactly: office only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geogrid.modes import MODES, require_mode
from geogrid.plain import plain
from geogrid.provenance import Provenance, table_hash
from geogrid.solver import solver_name
from geogrid.words import Text
from geogrid.zoning import Zoned, Zoning
from geogrid.zoningland import beside, centres_of, villages_of, ways_m
from geogrid.zoningrule import STRAIGHT, ZonesAsked, rule_of
from geogrid.zoningsolve import best, fewest
from geogrid.zoningtables import Made, placed_villages, unplaced_table, zone_ids, zones_table
from geogrid.zoningwhy import Bounds, unplaced
from geogrid.zoningwords import named_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.effort import Effort
    from geogrid.profile import Profile
    from geogrid.store import Workspace
    from geogrid.zoning import Aim
    from geogrid.zoningland import Centres
    from geogrid.zoningrule import ZoneRule

    Floats = npt.NDArray[np.float64]

__all__ = ["Land", "ZonesAsked", "ZonesProposal", "land_in", "propose_zones"]

POLYGONAL = 2


@dataclass(frozen=True, eq=False)
class Land:
    """The tables of a place that zones are made from, in one projected CRS; ``areas`` are polygons, ``households`` points."""

    areas: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, eq=False)
class ZonesProposal:
    """Zones that a place could have.

    Attributes
    ----------
    rule : ZoneRule
        What a zone had to be.
    asked : ZonesAsked
    areas : GeoDataFrame
        The place's areas as they were.
    villages : GeoDataFrame
        The columns of `zoningland.villages_of`, with ``zone_id`` (NA in no zone), ``metres`` to its centre and
        ``is_centre``.
    zones : GeoDataFrame
        ``zone_id``, ``name``, ``centre_id`` and ``centre`` (the village's or facility's id and name), ``centre_village``,
        ``parent_id`` (the area all its villages lie in, or NA), ``villages``, ``households``, ``persons``, ``radius_m``,
        ``farthest`` (that village's name), ``pieces`` (how many it falls into; NA for points); geometry: the centre.
    unplaced : DataFrame
        ``village_id``, ``name``, ``households``, ``persons``, ``zone_id`` (the nearest, or NA), ``metres`` to its centre,
        ``stops`` (tuple of `zoningwhy.STOPS`), ``is_possible``, ``neighbour`` (the nearest village's name, or NA),
        ``neighbour_m``, ``within``, and ``why`` and ``release`` as `Text`.
    zoned : Zoned
        The answer in positions, with the proof of each aim.
    provenance : Provenance
        Of the first aim, see `first_open`; all stand in `to_record`.
    notes : tuple of Text
    """

    rule: ZoneRule
    asked: ZonesAsked
    areas: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    unplaced: pd.DataFrame
    zoned: Zoned
    provenance: Provenance
    notes: tuple[Text, ...] = ()

    @property
    def figures(self) -> Mapping[str, float | None]:
        """Return what the zones amount to, by the keys of `maps.proposalwords.FIGURES`."""
        placed = self.villages[self.villages["zone_id"].notna()]
        everybody = int(self.villages["persons"].sum())
        persons = int(placed["persons"].sum())
        some = len(self.zones) > 0
        return {
            "zones": len(self.zones),
            "villages_placed": len(placed),
            "villages_unplaced": len(self.villages) - len(placed),
            "households": int(placed["households"].sum()),
            "persons": persons,
            "persons_share": persons / everybody if everybody else None,
            "fewest_villages": int(self.zones["villages"].min()) if some else None,
            "most_villages": int(self.zones["villages"].max()) if some else None,
            "mean_m": float(placed["metres"].mean()) if some else None,
            "longest_m": float(placed["metres"].max()) if some else None,
            "gap": self.provenance.gap,
        }

    @property
    def aims(self) -> Mapping[str, Aim]:
        """Return what came of each aim, the first one first."""
        zoned = self.zoned
        first = {"people": zoned.aim} if self.asked.number is not None else {"placed": zoned.placed, "zones": zoned.aim}
        return {**first, "ways_m": zoned.ways}

    def to_record(self) -> dict[str, Any]:
        """Return all of it as plain values for JSON: provenance, proofs, zones with their villages, and villages in none."""
        members = self.villages.dropna(subset="zone_id").groupby("zone_id")["village_id"].agg(list)
        zones = self.zones.drop(columns="geometry").astype(object)
        left = self.unplaced.drop(columns=["why", "release"]).astype(object)
        said = {"why_zh": [each.zh for each in self.unplaced["why"]], "why_en": [each.en for each in self.unplaced["why"]]}
        return {
            **self.provenance.to_record(),
            "aims": {name: {**asdict(aim), "gap": aim.gap} for name, aim in self.aims.items()},
            "figures": dict(self.figures),
            "zones": _plain(zones.assign(members=zones["zone_id"].map(members))),
            "unplaced": _plain(left.assign(**said)),
        }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows without what is not known; lengths that are infinite are not known."""
    rows = table.to_dict("records")
    return [{str(key): value for key, value in row.items() if _is_known(value)} for row in rows]


def _is_known(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return True
    return not (pd.isna(value) or (isinstance(value, float) and not np.isfinite(value)))


def land_in(workspace: Workspace) -> Land:
    """Return the tables of a workspace as they are in force."""
    number = workspace.in_force().version.version
    areas = workspace.boundaries(version=number).area_frame
    tables = {table: workspace.read(table, version=number) for table in ("households", "facilities", "roads")}
    return Land(areas, tables["households"], *(_rows(tables[name]) for name in ("facilities", "roads")))


def _rows(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    return frame if len(frame) else None


def propose_zones(land: Land, profile: Profile, asked: ZonesAsked, effort: Effort) -> ZonesProposal:
    """Join villages into zones around centres.

    Parameters
    ----------
    land : Land
    profile : Profile
        Its standards on zones count where ``asked`` says nothing.
    asked : ZonesAsked
    effort : Effort

    Returns
    -------
    ZonesProposal

    Raises
    ------
    InputError, NotFoundError
        When there are no villages, centres or streets to make zones from, or no rule for them.
    """
    rule = rule_of(profile, asked)
    if rule.along != STRAIGHT:
        require_mode(rule.along)
    villages = villages_of(land.areas, land.households, profile, rule)
    centres = centres_of(villages, land.facilities, rule)
    bounds = _bounds(villages, centres, rule, ways_m(villages, centres, rule, roads=land.roads, profile=profile))
    zoning = _zoning(villages, centres, rule, bounds)
    search = {"seed": asked.seed}
    zoned = fewest(zoning, effort, **search) if asked.number is None else best(zoning, asked.number, effort, **search)
    made = Made(villages, centres, zoned.centre, bounds)
    ids = zone_ids(made, set(land.areas["area_id"]))
    touching = beside(villages) if _are_polygons(villages) else None
    zones = zones_table(made, ids, named_zone(profile, rule.zone), touching)
    left_out = unplaced(zoning, bounds, zoned.centre)
    left = unplaced_table(left_out, made, zones, ids, rule, is_limited=asked.number is not None)
    provenance = _provenance(land, made, rule, asked, (zoned, effort))
    notes = _notes(rule, centres, zones, effort)
    return ZonesProposal(rule, asked, land.areas, placed_villages(made, ids), zones, left, zoned, provenance, notes)


def _bounds(villages: gpd.GeoDataFrame, centres: Centres, rule: ZoneRule, ways: Floats) -> Bounds:
    around = villages["within_id"].to_numpy(dtype=object)
    same = around[centres.home][:, None] == around[None, :]
    return Bounds(ways, rule.radius_m, np.asarray(same, dtype=bool))


def _zoning(villages: gpd.GeoDataFrame, centres: Centres, rule: ZoneRule, bounds: Bounds) -> Zoning:
    least, most = rule.persons
    people = villages["persons"].to_numpy(dtype=np.float64)
    low, high = rule.villages
    touching = beside(villages) if rule.touching else None
    return Zoning(bounds.metres, centres.home, people, low, high, least=least, most=most, beside=touching)


def _are_polygons(villages: gpd.GeoDataFrame) -> bool:
    return bool((shapely.get_dimensions(villages.geometry.to_numpy()) == POLYGONAL).all())


def _provenance(land: Land, made: Made, rule: ZoneRule, asked: ZonesAsked, how: tuple[Zoned, Effort]) -> Provenance:
    zoned, effort = how
    aim = first_open(zoned, asked)
    inputs = {"villages": table_hash(made.villages), "centres": table_hash(made.centres.rows)}
    if rule.along != STRAIGHT and land.roads is not None:
        inputs["roads"] = table_hash(land.roads)
    settings = plain(asdict(rule))
    settings["persons"] = [None if value == np.inf else value for value in rule.persons]
    return Provenance(
        "zones",
        inputs,
        {**settings, "number": asked.number, "effort": effort.work},
        solver_name(),
        seed=asked.seed,
        proof=aim.proof if np.isfinite(aim.gap) else "found",
        value=float(aim.value),
        bound=float(aim.bound),
        gap=aim.gap if np.isfinite(aim.gap) else None,
        work=zoned.work,
        seconds=effort.spent,
        stopped=effort.stopped,
    )


def first_open(zoned: Zoned, asked: ZonesAsked) -> Aim:
    """Return the aim that is told first: zones or people, but villages as long as it is not proven that no more can be placed."""
    is_open = asked.number is None and zoned.placed.proof != "optimal"
    return zoned.placed if is_open else zoned.aim


def _notes(rule: ZoneRule, centres: Centres, zones: gpd.GeoDataFrame, effort: Effort) -> tuple[Text, ...]:
    notes = (
        [Text(_ALONG.zh.format(mode=MODES[rule.along].name.zh), _ALONG.en.format(mode=MODES[rule.along].name.en))]
        if rule.along != STRAIGHT
        else []
    )
    if not len(zones) and not effort.is_reproducible:
        notes.append(_NOTHING)
    if centres.left_out:
        notes.append(_OUTSIDE.fill(n=centres.left_out))
    apart = int((zones["pieces"].fillna(1) > 1).sum())
    if apart:
        notes.append(_APART.fill(n=apart))
    if rule.within and zones["parent_id"].isna().any():
        notes.append(_NOWHERE.fill(n=int(zones["parent_id"].isna().sum())))
    return tuple(notes)


_ALONG = Text("距离沿街道量（{mode}），不是直线。", "metres are measured along streets ({mode}), not in straight lines.")
_NOTHING = Text("停止得太早，还没有找到片区：请多给时间。", "it was stopped before any zone was found: allow more time.")
_OUTSIDE = Text("{n} 个设施不在任何村内，没有作为中心。", "{n} facilities lie in no village and were no possible centres.")
_APART = Text(
    "{n} 个片区的村不全相邻；要求连片请用 --touching。", "{n} zones are not in one piece; ask for that with --touching."
)
_NOWHERE = Text("{n} 个片区的村没有写明上级区域。", "the villages of {n} zones name no area above them.")
