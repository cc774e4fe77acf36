"""The staff's map: a page without any data, and the layers that it asks for once its reader has shown a token.

The page is the same bytes for everybody. What stands on it came from its own service, by requests that carry the token; every
text of it becomes text on the page, never markup. Adding a layer is adding a row to ``STAFF_LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid import __version__
from geogrid.crs import to_wgs84
from geogrid.plain import both, plain
from geogrid.streets import network_report
from geogrid.words import Text
from maps import assets
from maps.markup import element, joined, raw
from maps.staffwords import STAFF_LABELS
from maps.style import BARS, LINES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from geogrid.town import Town
    from geogrid.words import Lang

SCRIPTS = ("decode.js", "symbols.js", "controls.js", "staffdoor.js", "staffmap.js", "staffpanel.js", "staffsearch.js", "staff.js")
"""The page's scripts in the order in which they run; the first two are those of the public map."""
COORDINATE_DECIMALS = 6
"""About a tenth of a metre: what a screen shows."""
LEGS: Mapping[str, Mapping[str, Any]] = {
    "halo": {"color": "#ffffff", "weight": 9, "opacity": 0.9},
    "along": {"color": "#7a1160", "weight": 5, "opacity": 1},
    "straight": {"color": "#7a1160", "weight": 3, "opacity": 1, "dashArray": "2 6"},
    "other_along": {"color": "#8a6a86", "weight": 3, "opacity": 0.75},
    "other_straight": {"color": "#8a6a86", "weight": 2, "opacity": 0.75, "dashArray": "2 5"},
    "as_the_crow_flies": {"color": "#33424d", "weight": 1.2, "opacity": 0.8, "dashArray": "8 5"},
}
"""Lines of a household's ways: the one looked at, with a halo, and the others."""


@dataclass(frozen=True)
class StaffLayer:
    """A row of the staff's map: what it shows, from where, and how it is drawn.

    ``read`` returns a frame in any CRS; of its columns those in ``columns`` are sent, once somebody wants to see the layer. One
    that is ``above`` lies over the households and has a tooltip of the columns in ``title``, the first as its heading; "note"
    stands for note_zh or note_en, as the page speaks.
    """

    key: str
    label: Text
    read: Callable[[Town], gpd.GeoDataFrame]
    line: Mapping[str, Any]
    columns: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    show: bool = True
    above: bool = False


def _areas(town: Town) -> gpd.GeoDataFrame:
    return town.grids.iloc[:0] if town.areas is None else town.areas


STAFF_LAYERS: tuple[StaffLayer, ...] = (
    StaffLayer(
        "grids",
        Text("网格", "Grids"),
        lambda town: town.grids,
        {"color": "#77828b", "weight": 1.1, "opacity": 0.9, "fill": False},
        columns=("grid_id", "name", "parent_id"),
    ),
    StaffLayer(
        "areas",
        Text("区域边界", "Area borders"),
        _areas,
        {**LINES["area"], "weight": 1.6},
        columns=("area_id", "name", "level"),
    ),
    StaffLayer(
        "streets",
        Text("街道", "Streets"),
        lambda town: town.roads,
        {"color": "#8f897c", "weight": 1.1, "opacity": 0.85},
        columns=("road_id", "name", "highway", "oneway", "blocked"),
    ),
    StaffLayer(
        "facilities",
        Text("设施", "Facilities"),
        lambda town: town.facilities,
        LINES["grid"],
        columns=("facility_id", "name", "services", "status", "grid_id"),
    ),
    StaffLayer(
        "street-findings",
        Text("街道数据疑点", "Doubts about the street data"),
        lambda town: network_report(town).findings,
        {"color": "#d11507", "weight": 3, "opacity": 0.9, "fillColor": "#ffd400", "fillOpacity": 0.35},
        columns=("finding_id", "kind", "households", "persons", "metres", "note_zh", "note_en"),
        title=("finding_id", "note"),
        show=False,
        above=True,
    ),
)
"""In drawing order, lowest first."""


def layer_features(town: Town, layer: StaffLayer) -> dict[str, Any]:
    """Return a layer of a town as GeoJSON in WGS 84.

    Parameters
    ----------
    town : Town
        Of the office.
    layer : StaffLayer
        A row of ``STAFF_LAYERS``.

    Returns
    -------
    dict
        A FeatureCollection with the layer's columns as properties; a row without a shape is left out.
    """
    frame = layer.read(town)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)]
    degrees = to_wgs84(frame).geometry.to_numpy() if len(frame) else np.empty(0, dtype=object)
    shapes = shapely.transform(degrees, lambda xy: np.round(xy, COORDINATE_DECIMALS))
    names = [name for name in layer.columns if name in frame]
    rows = frame[names].itertuples(index=False, name=None)
    features = [
        {"type": "Feature", "properties": plain(dict(zip(names, row, strict=True))), "geometry": shape.__geo_interface__}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def staff_page(*, lang: Lang = "zh", is_inside: bool = False, note: Text | None = None) -> str:
    """Return the staff's page: scripts, styles and words, and nothing of any town.

    Parameters
    ----------
    lang : "zh" or "en"
        The language to begin with; the page can switch.
    is_inside : bool
        Whether its reader has logged in: then it asks for no token, and leads to the login to leave.
    note : Text, optional
        What the screen must say as long as the page is open, such as that no key is asked for on this machine.

    Returns
    -------
    str
        A complete document, the same every time. Its policy lets it ask its own service and nobody else.
    """
    scripts, styles = _scripts(), (*assets.styles(), assets.static("staff.css"))
    policy = f"{assets.policy(scripts, styles)}; connect-src 'self'"
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", "geogrid"),
        *(raw("style", style) for style in styles),
    ]
    known = _data(lang, is_inside=is_inside) | _note(note)
    data = f'<script type="application/json" id="geogrid-data">{assets.data_block(known)}</script>'
    run = "".join(f"<script>{script}</script>" for script in scripts)
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}"><head>{joined(head)}</head>'
        f'<body class="staff">{assets.static("staff.html")}{data}{run}</body></html>\n'
    )


def _scripts() -> tuple[str, ...]:
    return assets.scripts()[0], "\n".join(assets.static(name) for name in SCRIPTS)


def _data(lang: Lang, *, is_inside: bool) -> dict[str, Any]:
    """Return what the page knows of itself: words, colours and layers; arcs and shapes are what ``decode.js`` looks for."""
    return {
        "format": "geogrid-staff",
        "version": __version__,
        "lang": lang,
        "inside": is_inside,
        "layers": [_row(layer) for layer in STAFF_LAYERS],
        "arcs": {"xy": [], "n": []},
        "shapeOrder": [],
        "style": {"text": STAFF_LABELS, "bars": BARS, "legs": LEGS, "unknown": UNKNOWN},
    }


def _note(note: Text | None) -> dict[str, Any]:
    return {} if note is None else {"note": both(note)}


def _row(layer: StaffLayer) -> dict[str, Any]:
    return {name: value for name, value in vars(layer).items() if name not in ("read", "columns")}
