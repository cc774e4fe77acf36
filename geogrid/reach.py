"""Who could get to a service in time, drawn on the map, and how far the picture is off from each household's own time.

A place on the map is treated as a household would be: put on the nearest street within the limit, and sent along the streets to
the facility. So picture and coverage differ only by the lattice, the simplified borders and the small parts left out, and the
share of households for whom they differ is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.catchments import Catchments
from geogrid.catchments import catchments as draw_catchments
from geogrid.coverage import cutoff_metres
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError
from geogrid.graph import measure
from geogrid.isochrones import Drawing, Sheet, bands, in_order, service_areas
from geogrid.results import Placement
from geogrid.sampling import sample_streets
from geogrid.settings import ALL, NOW
from geogrid.totals import offers
from geogrid.town import trips
from geogrid.travel import minutes_within, nearest_facility, snap_to_streets
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.graph import Places
    from geogrid.town import Placed, Town

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MINUTES = (5.0, 10.0, 15.0)
MARGIN_SPACINGS = 2.0
"""How far beyond the projection limit places are asked: borders at the limit run between two of them."""
UNITS, GRIDS = "units", "grids"
KEYS = {UNITS: "unit_id", GRIDS: "grid_id"}
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
FACILITY_COLUMNS = ("facility_id", "name", "services", "status", "geometry")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of reach. They come from streets and facilities alone, so they may leave the office.

    Attributes
    ----------
    bands : GeoDataFrame
        A row per service, facility_id ("" for all that offer the service) and minutes (the upper limit): from_minutes, area_m2,
        islands_dropped, holes_filled (of everything within ``minutes``), geometry (multipolygon). Bands of one picture do not
        overlap.
    facilities : GeoDataFrame
        Those that the pictures count: facility_id, name, services, status, geometry.
    minutes : tuple of float
        The limits.
    mode, speed_kmh, spacing_m : mapping
        By service: way of travelling, its pace, and the spacing of the lattice that was used.
    unreached : mapping
        By service: ids of facilities too far from any street, which nobody gets to.
    drawing : Drawing
        What was asked for.
    notes : tuple of Text
        What else to know.
    """

    bands: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    minutes: tuple[float, ...]
    mode: Mapping[str, str]
    speed_kmh: Mapping[str, float]
    spacing_m: Mapping[str, float]
    unreached: Mapping[str, tuple[str, ...]]
    drawing: Drawing
    notes: tuple[Text, ...]

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """Return the service areas, everything within each limit: columns as ``bands``, from_minutes 0."""
        pictures = [service_areas(rows) for _, rows in self.bands.groupby(["service", "facility_id"], sort=False)]
        return gpd.GeoDataFrame(pd.concat(pictures), crs=self.bands.crs)


@dataclass(frozen=True, eq=False)
class Reach:
    """Pictures of reach, and how many households they are wrong about: office only; ``public`` may leave it.

    ``pictures`` are in the town's projected CRS. ``agreement`` has a row for each of their bands: service, facility_id, minutes,
    households, within (by their own time), inside_over (in the picture, own time over the limit), outside_within (the reverse),
    disagree (both) and share (of all households; NaN without any).
    """

    pictures: Pictures
    agreement: pd.DataFrame

    @property
    def public(self) -> Pictures:
        """Return the pictures in WGS 84, without any count of households."""
        frames = {name: to_wgs84(getattr(self.pictures, name)) for name in ("bands", "facilities")}
        return replace(self.pictures, **frames)


def reach(
    town: Town,
    *,
    services: Sequence[str] | None = None,
    facility_ids: Sequence[str] | str = (),
    minutes: Sequence[float] = MINUTES,
    when: str = NOW,
    drawing: Drawing | None = None,
) -> Reach:
    """Draw how far one gets to each service, and count the households that the picture is wrong about.

    One lattice of places is put on the streets of each mode, and serves all its services and facilities.

    Parameters
    ----------
    town
        From a check.
    services
        Ids; all of the town's when not given.
    facility_ids
        Facilities to draw one by one as well, or "all" for every one that counts. A facility named here is drawn whatever its
        status.
    minutes
        Limits of the bands.
    when
        "now" or "later": which facilities make up a service.
    drawing
        How finely to draw.

    Returns
    -------
    Reach

    Raises
    ------
    NotFoundError
        A service or facility does not exist, or a facility offers none of the services.
    InputError
        A limit is not positive.
    """
    drawing = drawing or Drawing()
    limits = tuple(in_order(minutes))
    asked = _services(town, services)
    chosen = [pick for service in asked for pick in _picks(town, service, _facilities(town, asked, facility_ids), when=when)]
    sheets = _sheets(town, chosen, limits, drawing)
    drawn = [_picture(town, pick, sheets[town.settings.mode[pick.service]], limits, drawing) for pick in chosen]
    mode = {service: town.settings.mode[service] for service in asked}
    spacing = {service: sheets[mode[service]][0].sampling.spacing_m for service in asked}
    unreached = {service: _unreached(town, service, chosen) for service in asked}
    counted = np.unique(np.concatenate([pick.rows for pick in chosen]))
    pictures = Pictures(
        bands=gpd.GeoDataFrame(pd.concat([rows for rows, _ in drawn], ignore_index=True), crs=town.crs),
        facilities=town.facilities.iloc[counted][list(FACILITY_COLUMNS)].reset_index(drop=True),
        minutes=limits,
        mode=mode,
        speed_kmh={service: town.of(service).network.speed_kmh for service in asked},
        spacing_m=spacing,
        unreached=unreached,
        drawing=drawing,
        notes=_notes(town, spacing, unreached, drawing),
    )
    return Reach(pictures, pd.concat([rows for _, rows in drawn], ignore_index=True))


def catchments(town: Town, service: str, *, over: str | None = None, when: str = NOW) -> Catchments:
    """Draw the catchments of a service's facilities over units or grids; exact counts, for the office only.

    Parameters
    ----------
    town
        From a check.
    service
        Its id.
    over
        "units" or "grids"; when not given, units where the town has polygons of them, else grids.
    when
        "now" or "later".

    Returns
    -------
    Catchments

    Raises
    ------
    NotFoundError
        The service does not exist.
    InputError
        ``over`` is neither, or there are no polygons of units.
    """
    (service,) = _services(town, [service])
    layer = _layer(town, over)
    ids = np.array([*town.facilities["facility_id"], None], dtype=object)
    homes = pd.DataFrame(
        {
            "unit": _unit_of(town, layer).to_numpy(dtype=object),
            "facility_id": ids[trips(town, service, when)["facility"].to_numpy()],
            "persons": town.households["persons"].to_numpy(),
        }
    )
    names = dict(zip(town.facilities["facility_id"], town.facilities["name"], strict=True))
    return replace(draw_catchments(_polygons(town, layer), homes, names, key=KEYS[layer]), over=layer)


@dataclass(frozen=True)
class _Pick:
    """One picture: a service, a facility ("" for all of them) and the facilities' positions."""

    service: str
    facility_id: str
    rows: Ints


def _services(town: Town, services: Sequence[str] | None) -> list[str]:
    known = town.settings.services
    asked = list(dict.fromkeys(known if services is None else services))
    unknown = [service for service in asked if service not in known]
    if unknown or not asked:
        raise NotFoundError(_NO_SERVICE.fill(services=", ".join(unknown), known=", ".join(known)))
    return asked


def _facilities(town: Town, services: Sequence[str], asked: Sequence[str] | str) -> list[str] | None:
    """Return the ids of the facilities to draw one by one; None for all that count."""
    if asked == ALL:
        return None
    asked = [asked] if isinstance(asked, str) else asked
    ids, offered = town.facilities["facility_id"], town.facilities["services"]
    offering = {str(facility) for facility, row in zip(ids, offered, strict=True) if set(row) & set(services)}
    unknown = [facility for facility in asked if facility not in offering]
    if unknown:
        raise NotFoundError(_NO_FACILITY.fill(facilities=", ".join(unknown), services=", ".join(services)))
    return list(dict.fromkeys(asked))


def _picks(town: Town, service: str, facility_ids: list[str] | None, *, when: str) -> Iterator[_Pick]:
    """Yield the service as a whole, then its facilities one by one."""
    counting = np.flatnonzero(offers(town.facilities, service, when, town.settings))
    yield _Pick(service, "", counting)
    ids = town.facilities["facility_id"].astype(str).to_numpy()
    offered = np.fromiter((service in row for row in town.facilities["services"]), bool, len(ids))
    rows = counting if facility_ids is None else np.flatnonzero(offered & np.isin(ids, facility_ids))
    for row in rows:
        yield _Pick(service, str(ids[row]), np.array([row]))


def _sheets(town: Town, picks: Sequence[_Pick], limits: Sequence[float], drawing: Drawing) -> Mapping[str, tuple[Sheet, Places]]:
    """Return the lattice of every mode, with its points measured on the streets."""
    by_mode: dict[str, list[Ints]] = {}
    for pick in picks:
        by_mode.setdefault(town.settings.mode[pick.service], []).append(pick.rows)
    return {
        mode: _sheet(town, town.placed[mode], np.unique(np.concatenate(rows)), max(limits), drawing)
        for mode, rows in by_mode.items()
    }


def _sheet(town: Town, placed: Placed, rows: Ints, limit: float, drawing: Drawing) -> tuple[Sheet, Places]:
    """Lay a lattice along the streets from which one of these facilities is within the limit."""
    network, max_snap_m = placed.network, town.settings.max_snap_m
    sampling = sample_streets(
        network,
        within_m=max_snap_m,
        spacing_m=drawing.spacing_m,
        max_points=drawing.max_points,
        segments=_reachable(town, placed, rows, limit) & network.is_stop,
    )
    beyond = max_snap_m + MARGIN_SPACINGS * sampling.spacing_m
    placement = snap_to_streets(sampling.points(), network, max_snap_m=beyond)
    leg = float(minutes_within(np.array([network.leg_factor]), network.speed_kmh)[0])
    return Sheet(sampling, placement.leg_m - max_snap_m, leg), measure(placed.graph, placement)


def _reachable(town: Town, placed: Placed, rows: Ints, limit: float) -> Bools:
    """Return the segments from one of whose ends a facility is within the limit, and those with a facility on them."""
    network = placed.network
    count = len(network.tail)
    ends = Placement(
        segment=np.tile(np.arange(count), 2),
        along_m=np.concatenate([np.zeros(count), network.length_m]),
        leg_m=np.zeros(2 * count),
    )
    minutes = _nearest(town, placed, rows, measure(placed.graph, ends))["minutes"].to_numpy(dtype=np.float64)
    near: Bools = np.any((minutes <= limit).reshape(2, count), axis=0)
    return near | np.isin(np.arange(count), placed.at_facility.segment[rows])


def _nearest(town: Town, placed: Placed, rows: Ints, places: Places) -> pd.DataFrame:
    """Return the way from every place to the nearest of some facilities."""
    ids = town.facilities["facility_id"].astype(str).to_numpy()[rows]
    return nearest_facility(placed.graph, places, placed.stops.take(rows), facility_ids=ids)


def _picture(
    town: Town, pick: _Pick, sheet: tuple[Sheet, Places], limits: Sequence[float], drawing: Drawing
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Draw one picture, and compare it with the households' own times."""
    drawn_on, places = sheet
    placed = town.of(pick.service)
    stops = shapely.multipoints(town.facilities.geometry.to_numpy()[pick.rows])
    minutes = _nearest(town, placed, pick.rows, places)["minutes"].to_numpy(dtype=np.float64)
    rows = bands(drawn_on, minutes, limits, stops=stops, drawing=drawing)
    rows.insert(0, "service", pick.service)
    rows.insert(1, "facility_id", pick.facility_id)
    metres = _nearest(town, placed, pick.rows, placed.homes)["metres"].to_numpy(dtype=np.float64)
    own = {limit: metres <= cutoff_metres(limit, placed.network.speed_kmh) for limit in limits}
    return rows, _agreement(service_areas(rows), town.households.geometry, own)


def _agreement(areas: gpd.GeoDataFrame, homes: gpd.GeoSeries, own: Mapping[float, Bools]) -> pd.DataFrame:
    """Count, per area, the households on its wrong side; on the border is inside, and own time is judged as for coverage."""
    x, y = homes.x.to_numpy(), homes.y.to_numpy()
    found = []
    for area, limit in zip(areas.geometry, areas["minutes"], strict=True):
        inside, within = shapely.intersects_xy(area, x, y), own[limit]
        wrong = (int((inside & ~within).sum()), int((within & ~inside).sum()))
        share = sum(wrong) / len(within) if len(within) else np.nan
        found.append((len(within), int(within.sum()), *wrong, sum(wrong), share))
    columns = ["households", "within", "inside_over", "outside_within", "disagree", "share"]
    return areas[["service", "facility_id", "minutes"]].reset_index(drop=True).join(pd.DataFrame(found, columns=columns))


def _unreached(town: Town, service: str, picks: Sequence[_Pick]) -> tuple[str, ...]:
    rows = np.unique(np.concatenate([pick.rows for pick in picks if pick.service == service]))
    lost = rows[town.of(service).at_facility.unreached[rows]]
    return tuple(town.facilities["facility_id"].astype(str).to_numpy()[lost])


def _notes(
    town: Town, spacing_m: Mapping[str, float], unreached: Mapping[str, tuple[str, ...]], drawing: Drawing
) -> tuple[Text, ...]:
    """Say what was drawn otherwise than wanted, and what was not drawn."""
    wider = [service for service, spacing in spacing_m.items() if spacing > drawing.spacing_m]
    lost = sorted({facility for ids in unreached.values() for facility in ids})
    notes = []
    if wider:
        names = [town.settings.profile.services[service].name for service in wider]
        values = {"spacing": f"{max(spacing_m[s] for s in wider):.0f}", "points": f"{drawing.max_points:,}"}
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        notes.append(Text(_WIDER.fill(services=zh, **values).zh, _WIDER.fill(services=en, **values).en))
    if lost:
        notes.append(_LOST.fill(n=len(lost), snap=f"{town.settings.max_snap_m:g}", ids=", ".join(lost)))
    return tuple(notes)


def _layer(town: Town, over: str | None) -> str:
    """Return which polygons to draw over."""
    if over not in (None, *KEYS):
        raise InputError(_NO_LAYER.fill(over=over))
    if over == UNITS and not len(_polygons(town, UNITS)):
        raise InputError(_NO_UNITS)
    return over or (UNITS if len(_polygons(town, UNITS)) else GRIDS)


def _polygons(town: Town, layer: str) -> gpd.GeoDataFrame:
    frame: Any = town.grids if layer == GRIDS else town.units
    if frame is None:
        return town.grids.iloc[:0]
    return frame[np.isin(shapely.get_type_id(frame.geometry.to_numpy()), POLYGONS)]


def _unit_of(town: Town, layer: str) -> pd.Series:
    """Return the id of the unit or grid that each household lies in."""
    if layer == GRIDS:
        return town.households["grid_id"]
    units = _polygons(town, UNITS)
    pieces = gpd.GeoDataFrame({"grid_id": units["unit_id"]}, geometry=units.geometry, crs=units.crs)
    return assign(town.households[["geometry"]], pieces).grid_id


_NO_SERVICE = Text("没有检查过服务“{services}”；可选：{known}", "no service '{services}' was checked; choose from: {known}")
_NO_FACILITY = Text(
    "没有提供所选服务（{services}）的设施“{facilities}”；请核对设施编号",
    "no facility '{facilities}' offers any of {services}; check the facility ids",
)
_NO_LAYER = Text("服务范围不能画在“{over}”上；可用 units 或 grids", "catchments are not drawn over '{over}'; use units or grids")
_NO_UNITS = Text(
    "没有单元多边形；请提供单元面，或用 over='grids' 按网格绘制",
    "there are no polygons of units; give units as polygons, or draw over grids with over='grids'",
)
_WIDER = Text(
    "{services}：范围大，取样间距放宽到 {spacing} 米（最多 {points} 个点）",
    "{services}: the area is large, so places are {spacing} m apart (at most {points} of them)",
)
_LOST = Text(
    "{n} 处设施离街道超过 {snap} 米，没有可达范围：{ids}",
    "facilities more than {snap} m from any street, which have no picture: {n} ({ids})",
)
