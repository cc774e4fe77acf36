"""The coverage map: a folium map, a file that works on its own, and an embed, from what is public of a report.

The page is one document without any request: scripts and styles inline, allowed by their hashes in a Content-Security-Policy, and
the data in one inert block. Element ids are fixed, so the same report gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
from branca.element import Figure
from folium.template import Template

from geogrid import __version__
from geogrid.errors import NotFoundError
from geogrid.privacy import PublicReport
from geogrid.words import Text
from maps import assets
from maps.basemap import Basemap, under
from maps.layers import ALL, COUNTS, PARTS, DataLayer, data_layers, polygons, share_of
from maps.packing import pack_polygons
from maps.style import sheet, symbol_of
from maps.view import WALK, mode_name, mode_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.report import Report
    from geogrid.words import Lang

SAMPLE = "样例镇"
"""Name of the made-up sample town; a place so called is marked as made up."""
LATER_STATUSES = ("planned",)
OSM = "OpenStreetMap"


class CoverageMap(folium.Map):
    """A folium map without tiles, links or random ids, created and drawn by the page's own script."""

    _template = Template(
        '{% macro html(this, kwargs) %}<div class="folium-map" id={{ this.get_name()|tojson }}></div>{% endmacro %}'
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = geogrid.map({{ this.get_name()|tojson }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__(tiles=None)
        self._id = "coverage"
        # On the instance: the class's own lists are shared by every folium map of the process.
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []


class Page(Figure):
    """The document around the map. It is put together as text; only folium's own constant templates were rendered before."""

    def __init__(self, data: Mapping[str, Any], allowed: tuple[str, ...] = ()) -> None:
        super().__init__(height="640px")
        self.data, self.allowed = data, allowed

    def render(self, **kwargs: Any) -> str:
        """Return the whole document; the same every time."""
        for child in self._children.values():
            child.render(**kwargs)
        start = f"{self.script.render(**kwargs)}\ngeogrid.start({self._map().get_name()});"
        scripts, styles = (*assets.scripts(), start), assets.styles()
        return assets.document(
            self._content(),
            "coverage.html",
            scripts,
            styles,
            classes="embed" if self.data["embed"] else "",
            head=self.header.render(**kwargs).strip(),
            after=self.html.render(**kwargs).strip(),
            allowed=self.allowed,
        )

    def _map(self) -> CoverageMap:
        return next(child for child in self._children.values() if isinstance(child, CoverageMap))

    def _content(self) -> dict[str, Any]:
        layers = [child for child in self._map()._children.values() if isinstance(child, DataLayer)]  # noqa: SLF001 -- branca has no accessor
        return {**self.data, "layers": {layer.key: layer.payload for layer in layers}}


def coverage_map(
    report: Report | PublicReport,
    *,
    service: str | None = None,
    lang: Lang = "zh",
    embed: bool = False,
    basemap: Basemap | None = None,
) -> folium.Map:
    """Show who is covered where: a folium map of a report, which a notebook displays.

    Parameters
    ----------
    report : Report or PublicReport
        Of a whole report, only what is public is used.
    service : str, optional
        The service to show first, or "all" for every service at once; "all" when not given.
    lang : "zh" or "en"
        The language to begin with; the page can switch.
    embed : bool
        Draw less around the map, for a frame in another page.
    basemap : Basemap, optional
        What lies under it; without one the page asks nobody for anything.

    Returns
    -------
    folium.Map
        ``map.get_root().render()`` is a document of its own.

    Raises
    ------
    NotFoundError
        The report has no such service.
    """
    public = under(report if isinstance(report, PublicReport) else report.public, basemap)
    services = [str(row["id"]) for row in public.summary.get("services", [])]
    chosen = _service(service, services)
    arcs, shapes = pack_polygons(polygons(public))
    data = page_data(public, services) | {
        "lang": lang,
        "service": chosen,
        "embed": embed,
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
    }
    if basemap is not None:
        data |= {"basemap": basemap.payload()}
    drawn = CoverageMap()
    Page(data, () if basemap is None else (basemap.allowed,)).add_child(drawn)
    for layer in data_layers(public, services):
        drawn.add_child(layer)
    return drawn


def map_page(
    public: Report | PublicReport,
    *,
    service: str | None = None,
    lang: Lang = "zh",
    embed: bool = False,
    basemap: Basemap | None = None,
) -> str:
    """Return the coverage map as one HTML document, without a basemap one that needs no network; see `coverage_map`."""
    return str(coverage_map(public, service=service, lang=lang, embed=embed, basemap=basemap).get_root().render())


def _service(wanted: str | None, services: list[str]) -> str:
    """Return the service to begin with; "all" exists where there are several."""
    choices = [ALL, *services] if len(services) != 1 else services
    if wanted is None:
        return choices[0]
    if wanted == ALL or wanted in choices:
        return wanted if wanted in choices else choices[0]
    names = ", ".join(choices)
    raise NotFoundError(
        Text("没有服务“{wanted}”；可选：{names}", "there is no service '{wanted}'; choose one of: {names}").fill(
            wanted=wanted, names=names
        )
    )


def page_data(public: PublicReport, services: Sequence[str]) -> dict[str, Any]:
    """Return what the page needs besides the layers: place, services, totals, settings, notes, words and colours."""
    summary = public.summary
    settings = summary.get("settings", {})
    rows = [
        _service_row(row, symbol, settings.get("speed_kmh", 5))
        for row, symbol in zip(summary.get("services", []), symbol_of(services).values(), strict=True)
    ]
    place = _pair(summary.get("place"))
    total = _total(summary)
    return {
        "format": "geogrid-map",
        "version": __version__,
        "place": place,
        "sample": SAMPLE in (place or ()),
        "osm": is_osm(summary),
        "services": rows,
        "all": len(services) > 1,
        "minutes": _only(row["cutoff"] for row in rows) if len({row["mode"] for row in rows}) == 1 else None,
        "speed": settings.get("speed_kmh", 5),
        "modes": _modes(rows),
        "walked": {row["mode"] for row in rows} <= {WALK},
        "snap": settings.get("max_snap_m", 200),
        "suppress": settings.get("suppress_below", 10),
        "crs": str(settings.get("crs", "")),
        "laterStatuses": list(settings.get("later_statuses", LATER_STATUSES)),
        "total": total,
        "measures": [measure for measure in COUNTS if total[measure] is not None or measure in COUNTS[:2]],
        "inputs": [{key: row.get(key) for key in ("table", "good", "rejected")} for row in summary.get("inputs", [])],
        "notes": [_pair(note) for note in _notes(summary)],
        "style": sheet(),
    }


def _modes(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how the services are reached and how fast, each way once."""
    return [{"by": by, "speed": speed} for by, speed in {row["mode"]: (row["by"], row["speed"]) for row in rows}.values()]


def _service_row(row: Mapping[str, Any], symbol: Any, pace: float) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "name": _pair(row),
        "shape": symbol.shape,
        "colour": symbol.colour,
        "mode": mode_of(row),
        "by": list(mode_name(mode_of(row))),
        "speed": row.get("speed_kmh", pace),
        "cutoff": row.get("cutoff_min", 15),
        "radius": row.get("radius_m", 1000),
        "source": _pair(row.get("source")),
    }


def _total(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole place's counts and coverage in the form of a grid's."""
    rows = [row for row in summary.get("coverage", []) if row.get("level") == "total"]
    first: Mapping[str, Any] = rows[0] if rows else summary.get("totals", {})
    cover: dict[str, dict[str, Any]] = {}
    for row in rows:
        columns = cover.setdefault(str(row["service"]), {})
        if row.get("when") == "later":
            columns["later"] = share_of(row.get("share"))
        else:
            columns |= {"share": share_of(row.get("share")), **{part: row.get(part) for part in PARTS}}
    return {
        **{measure: first.get(measure) for measure in COUNTS},
        "hidden": int(any(row.get("suppressed") for row in rows)),
        "cover": cover,
    }


def _notes(summary: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return the report's notes and those of its inputs, each once."""
    notes = [*summary.get("notes", []), *(note for row in summary.get("inputs", []) for note in row.get("notes", []))]
    return list({(note.get("zh"), note.get("en")): note for note in notes}.values())


def is_osm(summary: Mapping[str, Any]) -> bool:
    """Return whether any input comes from OpenStreetMap, by its format or by what its notes say."""
    formats = [str(row.get("format", "")).lower() for row in summary.get("inputs", [])]
    return any("osm" in form.split(".") for form in formats) or any(OSM in str(note.get("en", "")) for note in _notes(summary))


def _pair(value: Any) -> list[str] | None:
    """Return a {zh, en} object as a pair; one language stands in for a missing other."""
    if not value or not (value.get("zh") or value.get("en")):
        return None
    return [str(value.get("zh") or value.get("en")), str(value.get("en") or value.get("zh"))]


def _only(values: Any) -> Any:
    """Return the one value that all share, or None."""
    different = list(dict.fromkeys(values))
    return different[0] if len(different) == 1 else None
