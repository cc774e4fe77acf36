"""Proposed zones as tables: zones with their centres, villages with their zones, and villages in none with what stops them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geogrid.zoning import NONE, pieces
from geogrid.zoningwords import Stopped, release, why, zone_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from geogrid.words import Text
    from geogrid.zoningland import Centres
    from geogrid.zoningrule import ZoneRule
    from geogrid.zoningwhy import Bounds, Unplaced

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

PREFIXES = ("Z", "ZP", "ZONE")
ZONE_COLUMNS = (
    *("zone_id", "name", "centre_id", "centre", "centre_village", "parent_id", "villages", "households", "persons"),
    *("radius_m", "farthest", "pieces"),
)
UNPLACED_COLUMNS = (
    *("village_id", "name", "households", "persons", "zone_id", "metres", "stops", "is_possible", "neighbour", "neighbour_m"),
    *("needs_m", "within", "why", "release"),
)


class Made(NamedTuple):
    """What the tables are made of: villages, possible centres, each village's centre (`NONE` for no zone), and metres."""

    villages: gpd.GeoDataFrame
    centres: Centres
    centre: Ints
    bounds: Bounds


def zone_ids(made: Made, used: Collection[str]) -> Mapping[int, str]:
    """Return an id for the zone of each centre, in the order of the centres' villages; none that is ``used``.

    Zones of one prefix are numbered from 1; of `PREFIXES` the first is taken none of whose ids is used.
    """
    found = np.unique(made.centre[made.centre != NONE])
    order = found[np.argsort(made.centres.home[found], kind="stable")]
    width = max(len(str(len(order))), 2)
    numbers = [f"{k + 1:0{width}d}" for k in range(len(order))]
    prefixes = [*PREFIXES, *(f"{PREFIXES[-1]}{k}-" for k in range(1, len(used) + 2))]
    prefix = next(each for each in prefixes if not {each + number for number in numbers} & set(used))
    return {int(centre): prefix + number for centre, number in zip(order, numbers, strict=True)}


def placed_villages(made: Made, ids: Mapping[int, str]) -> gpd.GeoDataFrame:
    """Return the villages with ``zone_id`` (NA in no zone), ``metres`` to the centre and ``is_centre``."""
    at = np.arange(len(made.centre))
    is_in = made.centre != NONE
    metres = np.where(is_in, made.bounds.ways[np.where(is_in, made.centre, 0), at] if len(made.centres.home) else 0.0, np.nan)
    zone = pd.Series([ids.get(int(each)) for each in made.centre], dtype="str")
    home = np.isin(at, made.centres.home[made.centre[is_in]])
    return made.villages.assign(zone_id=zone.to_numpy(), metres=metres, is_centre=home)


def zones_table(made: Made, ids: Mapping[int, str], level: Text, beside: Bools | None) -> gpd.GeoDataFrame:
    """Return a row for each zone, in the order of the ids; see `geogrid.zones.ZonesProposal`."""
    rows = [_zone(made, centre, level, beside) for centre in ids]
    columns = {name: [row[name] for row in rows] for name in ZONE_COLUMNS if name != "zone_id"}
    kinds = {**dict.fromkeys(("villages", "households", "persons"), "int64"), "pieces": "Int64", "radius_m": "float64"}
    words = dict.fromkeys(ZONE_COLUMNS if not ids else (), "str")  # which a table without rows does not know by itself
    frame = pd.DataFrame({"zone_id": list(ids.values()), **columns}).astype({**words, **kinds})
    points = made.centres.rows.geometry.iloc[list(ids)].to_numpy()
    return gpd.GeoDataFrame(frame, geometry=points, crs=made.villages.crs)


def _zone(made: Made, centre: int, level: Text, beside: Bools | None) -> dict[str, Any]:
    members = np.flatnonzero(made.centre == centre)
    rows, ways = made.villages.iloc[members], made.bounds.ways[centre, members]
    around = set(rows["within_id"])
    home = str(made.villages["name"].iloc[made.centres.home[centre]])
    return {
        "name": zone_name(home, level),
        "centre_id": made.centres.rows["centre_id"].iloc[centre],
        "centre": made.centres.rows["name"].iloc[centre],
        "centre_village": home,
        "parent_id": around.pop() if len(around) == 1 and "" not in around else None,
        "villages": len(members),
        "households": rows["households"].sum(),
        "persons": rows["persons"].sum(),
        "radius_m": float(ways.max()),
        "farthest": str(rows["name"].iloc[int(ways.argmax())]),
        "pieces": pd.NA if beside is None else len(pieces(members, beside)),
    }


def unplaced_table(
    found: Sequence[Unplaced], made: Made, zones: gpd.GeoDataFrame, ids: Mapping[int, str], rule: ZoneRule, *, is_limited: bool
) -> pd.DataFrame:
    """Return a row for each village in no zone, with what stops it and what would release it.

    ``is_limited`` says that there could be more zones, had they been asked for.
    """
    known = zones.set_index("zone_id")
    rows = [_unplaced(each, made, known, (ids, rule, is_limited)) for each in found]
    return pd.DataFrame(rows, columns=list(UNPLACED_COLUMNS))


def _unplaced(each: Unplaced, made: Made, zones: pd.DataFrame, how: tuple[Mapping[int, str], ZoneRule, bool]) -> dict[str, Any]:
    ids, rule, is_limited = how
    village = made.villages.iloc[each.village]
    zone = ids.get(each.centre)
    name = made.villages["name"].iloc[each.neighbour] if each.neighbour != NONE else ""
    said = Stopped(
        each.stops,
        zone=str(zones.loc[zone, "name"]) if zone else "",
        metres=each.metres,
        size=int(zones.loc[zone, "villages"]) if zone else 0,
        is_possible=each.is_possible,
        neighbour=str(name),
        neighbour_m=each.neighbour_m,
        needs_m=each.needs_m,
        within=each.within,
        frees=each.frees,
        is_limited=is_limited,
    )
    own = {key: village[key] for key in ("village_id", "name", "households", "persons")}
    told = {"why": why(said, rule), "release": release(said, rule)}
    near = {"neighbour": said.neighbour or None, "neighbour_m": each.neighbour_m, "needs_m": each.needs_m, "within": each.within}
    return {
        **own,
        "zone_id": zone,
        "metres": each.metres,
        "stops": each.stops,
        "is_possible": each.is_possible,
        **near,
        **told,
    }
