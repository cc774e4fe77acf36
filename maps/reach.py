"""The page of reach: bands of equal time as one offline document; with catchments and agreement only for the office.

Built as the coverage map is: scripts and styles inline and allowed by their hashes, data in one inert block, no request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid import __version__
from geogrid.crs import to_wgs84
from geogrid.errors import NotFoundError
from geogrid.modes import MODES
from geogrid.words import Text
from maps import assets
from maps.figures import STATUSES
from maps.layers import share_of, streets_layer
from maps.packing import pack_points, pack_polygons
from maps.page import LATER_STATUSES, OSM, SAMPLE
from maps.reachwords import LABELS
from maps.style import LINES, STREETS, UNKNOWN, symbol_of
from maps.view import pace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.catchments import Catchments
    from geogrid.privacy import PublicReport
    from geogrid.reach import Pictures
    from geogrid.words import Lang

SCRIPTS = ("decode.js", "symbols.js", "controls.js", "reach.js")
STYLES = ("coverage.css", "reach.css")
START = "geogrid.start();"

RAMP = ("#174a85", "#4f9bb5", "#a8cfa6", "#f3d56b")
"""Colours from near to far: from dark blue to light yellow, so that they differ by lightness for every kind of colour vision."""

BAND_LINES: Mapping[str, Mapping[str, Any]] = {
    "band": {"color": "#ffffff", "weight": 1, "opacity": 0.9, "fillOpacity": 0.78},
    "catchment_halo": {"color": "#ffffff", "weight": 5, "opacity": 0.85, "fill": False},
    "catchment": {"color": "#5b2a86", "weight": 2.4, "opacity": 1, "fill": False},
}
"""Options of Leaflet paths that only this page has."""


def reach_page(
    pictures: Pictures,
    public: PublicReport,
    *,
    agreement: pd.DataFrame | None = None,
    catchments: Mapping[str, Catchments] | None = None,
    service: str | None = None,
    lang: Lang = "zh",
) -> str:
    """Return the page of reach as one HTML document that works without a network.

    With ``agreement`` or ``catchments`` it holds exact counts of households, says so, and is for the office only.

    Parameters
    ----------
    pictures : Pictures
        ``Reach.public``.
    public : PublicReport
        Of the same town: place, areas and streets to draw beneath.
    agreement : DataFrame, optional
        ``Reach.agreement``.
    catchments : mapping, optional
        By service, from `geogrid.reach.catchments`.
    service : str, optional
        The service to begin with; the first when not given.
    lang : "zh" or "en"
        The language to begin with; the page can switch.

    Raises
    ------
    NotFoundError
        There is no picture of the service.
    """
    services = list(pictures.mode)
    if service is not None and service not in services:
        raise NotFoundError(_NO_SERVICE.fill(service=service, known=", ".join(services)))
    patches = _catchments(catchments or {}, services, pictures.facilities["facility_id"])
    arcs, shapes = pack_polygons(
        {
            "areas": public.areas.geometry.to_numpy(),
            "bands": to_wgs84(pictures.bands).geometry.to_numpy(),
            "catchments": patches.pop("geometry"),
        }
    )
    data = _data(pictures, public) | {
        "lang": lang,
        "service": service or services[0],
        "staff": agreement is not None or bool(catchments),
        "catchments": _over(catchments),
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
        "layers": {
            "streets": streets_layer(public.streets).payload,
            "facilities": _facilities(pictures, services),
            "bands": _bands(pictures, services, agreement),
            "catchments": patches,
        },
    }
    return assets.document(data, "reach.html", (*assets.scripts(SCRIPTS), START), assets.styles(STYLES))


def ramp(count: int) -> list[str]:
    """Return colours from near to far for so many bands.

    Examples
    --------
    >>> ramp(1), ramp(2)
    (['#174a85'], ['#174a85', '#f3d56b'])
    """
    anchors = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in RAMP])
    place = np.linspace(0, 1, count) * (len(RAMP) - 1)
    mixed = np.column_stack([np.interp(place, np.arange(len(RAMP)), channel) for channel in anchors.T])
    return ["#" + "".join(f"{round(value):02x}" for value in colour) for colour in mixed.tolist()]


def _data(pictures: Pictures, public: PublicReport) -> dict[str, Any]:
    """Return what does not depend on who looks: place, services, limits, and how it was drawn."""
    summary = public.summary
    settings = summary.get("settings", {})
    names = {str(row["id"]): [str(row["zh"]), str(row["en"])] for row in summary.get("services", [])}
    place = summary.get("place") or {}
    pair = [place.get("zh") or place.get("en"), place.get("en") or place.get("zh")] if place else None
    return {
        "format": "geogrid-reach",
        "version": __version__,
        "place": pair if pair and pair[0] else None,
        "sample": SAMPLE in (pair or ()),
        "osm": _is_osm(summary),
        "services": [
            {
                "id": service,
                "name": names.get(service, [service, service]),
                "shape": symbol.shape,
                "colour": symbol.colour,
                "mode": _said(MODES[pictures.mode[service]].name),
                "speed": pictures.speed_kmh[service],
                "pace": _said(pace(pictures.mode[service], pictures.speed_kmh[service])),
                "spacing": pictures.spacing_m[service],
            }
            for service, symbol in symbol_of(pictures.mode).items()
        ],
        "minutes": list(pictures.minutes),
        "colours": ramp(len(pictures.minutes)),
        "snap": settings.get("max_snap_m", 200),
        "laterStatuses": list(settings.get("later_statuses", LATER_STATUSES)),
        "drawing": {name: getattr(pictures.drawing, name) for name in ("tolerance_m", "min_island_m2", "min_hole_m2")},
        "notes": [_said(note) for note in pictures.notes],
        "style": {
            "lines": {**LINES, **BAND_LINES},
            "streets": STREETS,
            "statuses": STATUSES,
            "text": LABELS,
            "unknown": UNKNOWN,
        },
    }


def _bands(pictures: Pictures, services: Sequence[str], agreement: pd.DataFrame | None) -> dict[str, Any]:
    """Return the bands' figures as columns; ``wrong`` only for the office."""
    bands = pictures.bands
    number = {facility: i for i, facility in enumerate(pictures.facilities["facility_id"].astype(str))} | {"": -1}
    columns: dict[str, Any] = {
        "service": [services.index(service) for service in bands["service"]],
        "facility": [number[facility] for facility in bands["facility_id"]],
        "from": bands["from_minutes"].tolist(),
        "minutes": bands["minutes"].tolist(),
        "area": bands["area_m2"].round().astype(int).tolist(),
        "islands": bands["islands_dropped"].tolist(),
        "holes": bands["holes_filled"].tolist(),
    }
    if agreement is not None:
        rows = agreement.set_index(["service", "facility_id", "minutes"]).loc[
            pd.MultiIndex.from_frame(bands[["service", "facility_id", "minutes"]])
        ]
        columns["wrong"] = [
            [int(inside), int(outside), share_of(share)]
            for inside, outside, share in zip(rows["inside_over"], rows["outside_within"], rows["share"], strict=True)
        ]
    return columns


def _facilities(pictures: Pictures, services: Sequence[str]) -> dict[str, Any]:
    facilities = to_wgs84(pictures.facilities)
    return {
        "id": facilities["facility_id"].astype(str).tolist(),
        "name": [
            str(key) if pd.isna(name) else str(name)
            for name, key in zip(facilities["name"], facilities["facility_id"], strict=True)
        ],
        "services": [
            [services.index(service) for service in offered if service in services] for offered in facilities["services"]
        ],
        "status": facilities["status"].astype(str).tolist(),
        "unreached": [
            [number for number, service in enumerate(services) if str(key) in pictures.unreached[service]]
            for key in facilities["facility_id"]
        ],
        "points": pack_points(facilities.geometry.to_numpy()),
    }


def _catchments(found: Mapping[str, Catchments], services: Sequence[str], facility_ids: pd.Series) -> dict[str, Any]:
    """Return the catchments of all services as columns, with their geometry."""
    number = {str(facility): i for i, facility in enumerate(facility_ids)}
    tables = {services.index(service): to_wgs84(one.table) for service, one in found.items() if service in services}
    rows = [(service, row) for service, table in tables.items() for row in table.itertuples()]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.geometry for _, row in rows]
    return {
        "service": [service for service, _ in rows],
        "facility": [number.get(str(row.facility_id), -1) for _, row in rows],
        "name": [str(row.name) for _, row in rows],
        "households": [int(row.households) for _, row in rows],
        "persons": [int(row.persons) for _, row in rows],
        "agreeing": [share_of(row.agreeing) for _, row in rows],
        "geometry": shapes,
    }


def _over(found: Mapping[str, Catchments] | None) -> str | None:
    """Return what the catchments are drawn over: units or grids."""
    return next((one.over for one in (found or {}).values()), None)


def _is_osm(summary: Mapping[str, Any]) -> bool:
    """Return whether any input comes from OpenStreetMap."""
    inputs = summary.get("inputs", [])
    said = [str(note.get("en", "")) for row in inputs for note in row.get("notes", [])]
    said += [str(note.get("en", "")) for note in summary.get("notes", [])]
    return any("osm" in str(row.get("format", "")).lower().split(".") for row in inputs) or any(OSM in line for line in said)


def _said(text: Text) -> list[str]:
    return [text.zh, text.en]


_NO_SERVICE = Text("没有服务“{service}”的图；可选：{known}", "there is no picture of '{service}'; choose one of: {known}")
