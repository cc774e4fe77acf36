"""The page of street data: streets by use, and what looks wrong with them, as one offline document for the office.

It holds exact small counts, but no household's row or place. Built as the coverage map is: scripts and styles inline and allowed
by their hashes, data in one inert block, no request.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid import __version__
from geogrid.crs import to_wgs84
from geogrid.usage import WAYS
from maps import assets
from maps.packing import pack_lines, pack_points, pack_polygons
from maps.page import SAMPLE
from maps.streetwords import KINDS, LABELS
from maps.style import LINES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geogrid.streets import StreetReport
    from geogrid.words import Lang, Text

SCRIPTS = ("decode.js", "symbols.js", "controls.js", "streets.js", "streetpanel.js")
STYLES = ("coverage.css", "streets.css")
START = "geogrid.start();"
DECIMETRES = 10


@dataclass(frozen=True)
class UseClass:
    """A class of use: streets that at least so many pass are drawn in this colour, so many pixels wide."""

    least: int
    colour: str
    weight: float


CLASSES: tuple[UseClass, ...] = (
    UseClass(0, "#b3aea3", 1.1),
    UseClass(1, "#8fc3e0", 1.7),
    UseClass(10, "#4a9acb", 2.3),
    UseClass(100, "#1f6aa8", 3.2),
    UseClass(1000, "#0a3a6b", 4.4),
)
"""Lowest first; wider and darker with use, so that they differ without colour."""


@dataclass(frozen=True)
class Sign:
    """How a kind of finding is drawn, and whether it is shown at first."""

    shape: str
    colour: str
    show: bool = True


SIGNS: Mapping[str, Sign] = {
    "piece": Sign("diamond", "#b0125b"),
    "near_miss": Sign("triangle", "#d35400"),
    "crossing": Sign("cross", "#c1121f"),
    "bare": Sign("square", "#6a1b9a"),
    "unused": Sign("ring", "#7a6a00", show=False),
}
"""Long lists of unused streets would bury the rest: they are shown on request."""


def streets_page(report: StreetReport, lang: Lang = "zh", *, is_osm: bool = False) -> str:
    """Return the page of street data as one HTML document that works without a network. For the office only.

    Parameters
    ----------
    report : StreetReport
        From `geogrid.streets.network_report`.
    lang : "zh" or "en"
        The language to begin with; the page can switch.
    is_osm : bool
        Whether the streets come from OpenStreetMap, which must then be named.

    Returns
    -------
    str
        Write it below ``private/``.
    """
    findings, grids = to_wgs84(report.findings), to_wgs84(report.grids)
    bare = findings.geometry.to_numpy()[(findings["kind"] == "bare").to_numpy()]
    arcs, shapes = pack_polygons({"grids": grids.geometry.to_numpy(), "bare": bare})
    streets, ids = _streets(report)
    facilities = to_wgs84(report.facilities)
    data = _data(report) | {
        "lang": lang,
        "osm": is_osm,
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
        "layers": {
            "streets": streets,
            "findings": _findings(findings, ids),
            "facilities": {
                "name": facilities["name"].fillna("").astype(str).tolist(),
                "points": pack_points(facilities.geometry.to_numpy()),
            },
        },
    }
    return assets.document(data, "streets.html", (*assets.scripts(SCRIPTS), START), assets.styles(STYLES))


def _data(report: StreetReport) -> dict[str, Any]:
    """Return place, services, totals, kinds, and how everything is drawn."""
    limits = asdict(report.limits)
    said = {
        "near": limits["near_m"],
        "meets": limits["meets_within_m"],
        "bare": limits["bare_m"],
        "homes": limits["bare_households"],
    }
    return {
        "format": "geogrid-streets",
        "version": __version__,
        "place": list(report.place) if report.place.zh else None,
        "sample": SAMPLE in report.place,
        "services": [{"id": service, "name": list(name)} for service, name in report.services.items()],
        "totals": {name: round(float(value), 1) for name, value in report.totals.items()},
        "notes": [list(note) for note in report.notes],
        "kinds": [
            {"id": kind, "name": name, "why": _filled(why, said), **asdict(SIGNS[kind])} for kind, (name, why) in KINDS.items()
        ],
        "style": {"text": LABELS, "classes": [asdict(row) for row in CLASSES], "lines": LINES},
    }


def _filled(text: Text, values: Mapping[str, float]) -> Text:
    return text.fill(**{name: f"{value:g}" for name, value in values.items()})


def _streets(report: StreetReport) -> tuple[dict[str, Any], dict[str, int]]:
    """Return stretches (parts of streets used alike) and streets as columns, and each street's position."""
    use, stretches = report.use, to_wgs84(report.stretches)
    ids = {road: i for i, road in enumerate(use["road_id"].astype(str))}
    parts, owner = shapely.get_parts(stretches.geometry.to_numpy(), return_index=True)
    columns = [f"{WAYS}{service}" for service in report.services]
    return {
        "id": list(ids),
        "name": use["name"].astype(str).tolist(),
        "metres": _decimetres(use["metres"]),
        "homes": use["homes"].tolist(),
        "ways": [use[column].tolist() for column in ("ways", *columns)],
        "lines": pack_lines(parts),
        "parts": np.bincount(owner, minlength=len(stretches)).tolist(),
        "street": [ids[road] for road in stretches["road_id"].astype(str)],
        "use": [stretches[column].tolist() for column in ("ways", *columns)],
    }, ids


def _findings(findings: gpd.GeoDataFrame, ids: Mapping[str, int]) -> dict[str, Any]:
    """Return the findings as columns. Squares stand among the polygons; unused streets are drawn from their stretches."""
    kind = findings["kind"].to_numpy(dtype=object)
    geometry = findings.geometry.to_numpy().copy()
    points = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    marks = np.where(points, geometry, shapely.point_on_surface(geometry))
    geometry[points | np.isin(kind, ("bare", "unused"))] = None
    parts, owner = shapely.get_parts(geometry, return_index=True)
    return {
        "id": findings["finding_id"].tolist(),
        "kind": [list(SIGNS).index(each) for each in kind],
        "households": findings["households"].tolist(),
        "persons": findings["persons"].tolist(),
        "metres": _decimetres(findings["metres"]),
        "streets": [[ids[str(road)] for road in roads if str(road) in ids] for roads in findings["road_ids"]],
        "marks": pack_points(marks),
        "lines": pack_lines(parts),
        "parts": np.bincount(owner, minlength=len(findings)).tolist(),
    }


def _decimetres(metres: pd.Series) -> list[int | None]:
    return [None if np.isnan(value) else round(value * DECIMETRES) for value in metres.tolist()]
