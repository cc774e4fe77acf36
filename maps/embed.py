"""Maps for a frame in another page: a small document, and its data apart, to be kept for ever under their hash.

The coverage map is made here; `maps.embedmaps` has all of them.

The document is the same whatever is chosen: its script reads ``service``, ``grid``, ``when``, ``lang``, ``theme`` and ``size``
from its address. The data come in two parts: what is drawn first, with names, shares and coarse borders, and the rest, which
follows: streets, counts and fine borders. A locked map carries both inside and takes nothing from its address. No modules,
cookies or storage: it works in a sandboxed frame.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.errors import NotFoundError
from geogrid.words import LANGS, Text
from maps import assets
from maps.basemap import under
from maps.embedwords import AREA_LABELS, AREA_LAYER, FAILED, LINES, LOADING, RETRY, SIZES, THEMES, UNKNOWN
from maps.extract import GRID, at_level, in_area
from maps.layers import data_layers, polygons
from maps.markup import element
from maps.packing import UNITS, pack_polygons
from maps.page import SAMPLE, page_data
from maps.simplified import coarse_units, simplified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang
    from maps.basemap import Basemap

STYLES = (*assets.STYLES, "embed.css")
FIRST, REST = PARTS = ("first", "rest")
AT_ONCE = ("id", "name", "parent", "hidden")
"""What a first look needs of every grid besides its shares."""
DIGITS = 32
"""Hexadecimal digits of a hash in an address."""


@dataclass(frozen=True)
class Drawing:
    """How a map is drawn, whatever its data.

    Attributes
    ----------
    body : str
        The file of ``static`` that holds the page's elements.
    scripts, styles : tuple of str
        Files of ``static``: scripts that add to ``geogrid``, the last of them with ``geogrid.begin`` and ``geogrid.addRest``; and
        style sheets.
    after : str
        Elements behind the body's.
    """

    body: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    after: str = ""

    def code(self) -> tuple[str, ...]:
        """Return the scripts: one that fetches the data at once, Leaflet, and the map's own, which wait for the data."""
        leaflet, ours = assets.scripts(self.scripts)
        return assets.static("embedload.js"), leaflet, f"geogridLoaded(function () {{\n{ours}\n}});"


COVERAGE = Drawing("coverage.html", (*assets.SCRIPTS, "embedstart.js"), STYLES, '<div class="folium-map" id="map"></div>\n')


@dataclass(frozen=True)
class EmbedData:
    """The two parts of a map's data as JSON, the same bytes for the same report."""

    first: bytes
    rest: bytes

    def digest(self, part: str) -> str:
        """Return the hash that names a part."""
        return hashlib.sha256(getattr(self, part)).hexdigest()[:DIGITS]


def embed_data(public: PublicReport, *, area: str = "", level: str = GRID, basemap: Basemap | None = None) -> EmbedData:
    """Return what a map of a report shows.

    Parameters
    ----------
    public : PublicReport
    area : str
        Id of the area to show alone; "" shows everything.
    level : str
        "grid", or the level of areas that are coloured instead of grids.
    basemap : Basemap, optional
        What lies under it.

    Raises
    ------
    NotFoundError
        When there is no such area or level.
    """
    whole = under(public, basemap)
    part = in_area(whole, area) if area else whole
    coarse, fine = (at_level(report, level) for report in simplified(part))
    services = [str(row["id"]) for row in public.summary["services"]]
    layers = {layer.key: layer.payload for layer in data_layers(fine, services)}
    data = _named(page_data(fine, services), part, area, level) | ({} if basemap is None else {"basemap": basemap.payload()})
    first = data | _shapes(coarse, coarse_units(part) if coarse is not fine else UNITS) | {"layers": _at_once(layers)}
    rest = {"layers": {name: layers[name] for name in ("grids", "streets")}} | (
        _shapes(fine, UNITS) if coarse is not fine else {}
    )
    return EmbedData(encoded(first), encoded(rest))


def _shapes(public: PublicReport, units: int) -> dict[str, Any]:
    arcs, shapes = pack_polygons(polygons(public), units=units)
    return {"arcs": arcs, "shapes": shapes, "shapeOrder": list(shapes), "units": units}


def _at_once(layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layers as far as a first look needs them."""
    grids = layers["grids"]
    cover = {service: {"share": columns["share"]} for service, columns in grids["cover"].items()}
    return {**layers, "grids": {name: grids[name] for name in AT_ONCE} | {"fields": {}, "cover": cover}, "streets": {}}


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return a part of a map's data: the same bytes for the same content."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _named(data: dict[str, Any], public: PublicReport, area: str, level: str) -> dict[str, Any]:
    """Return a page's data with the name of the area beside the place's, and words for the level that is shown."""
    place = data["place"] or ["", ""]
    names = dict(zip(public.areas["area_id"].astype(str), public.areas["name"].astype(str), strict=True))
    if area and place[0] != names[area]:
        data = data | {"place": [f"{name} · {names[area]}".strip(" ·") for name in place], "sample": SAMPLE in place}
    if level == GRID:
        return data
    style = data["style"]
    layers = [{**row, "label": AREA_LAYER} if row["key"] == "grids" else row for row in style["layers"]]
    return data | {"style": style | {"text": {**style["text"], **AREA_LABELS}, "layers": layers}}


def choice(name: str, value: str, known: Mapping[str, Text]) -> str:
    """Return a theme or size that was asked for.

    Raises
    ------
    NotFoundError
        When there is none of that name.

    Examples
    --------
    >>> choice("theme", "dark", THEMES)
    'dark'
    """
    if value not in known:
        message = Text("没有 {name}“{value}”：可选 {known}", "there is no {name} {value!r}: choose {known}")
        raise NotFoundError(message.fill(name=name, value=value[:80], known=", ".join(known)))
    return value


def embed_page(
    addresses: Mapping[str, str],
    *,
    lang: Lang,
    origins: tuple[str, ...] = (),
    basemap: Basemap | None = None,
    drawing: Drawing = COVERAGE,
) -> str:
    """Return the document of a map whose data lie elsewhere.

    Parameters
    ----------
    addresses : mapping
        Of the parts of its data, relative to the document.
    lang : "zh" or "en"
        Where its address says nothing.
    origins : tuple of str
        Where the data may be besides the document's own origin, for browsers that know none in a sandboxed frame.
    basemap : Basemap, optional
        The same as of the data.
    drawing : Drawing
        Of the map.
    """
    allowed = (" ".join(("connect-src 'self'", *origins)), *_pictures(basemap, origins))
    return _document({"lang": lang, "parts": dict(addresses)}, drawing, lang=lang, allowed=allowed)


def _pictures(basemap: Basemap | None, origins: tuple[str, ...]) -> tuple[str, ...]:
    return () if basemap is None else (" ".join((basemap.allowed, *origins)),)


def locked_page(
    data: EmbedData,
    chosen: Mapping[str, str],
    *,
    lang: Lang,
    origins: tuple[str, ...] = (),
    basemap: Basemap | None = None,
    drawing: Drawing = COVERAGE,
) -> str:
    """Return a map in one document, with its choices fixed: its address changes nothing, and no data are fetched.

    Parameters
    ----------
    data : EmbedData
    chosen : mapping
        ``service``, ``grid``, ``when``, ``lang``, ``theme``, ``size`` as far as they are fixed.
    lang, origins, basemap, drawing
        As for `embed_page`.
    """
    inside = {part: json.loads(getattr(data, part)) for part in PARTS}
    config = {"lang": lang, "locked": dict(chosen), "inside": inside}
    return _document(config, drawing, lang=lang, allowed=_pictures(basemap, origins), head=PRIVATE)


def embed_files(data: EmbedData, *, lang: Lang, drawing: Drawing = COVERAGE) -> dict[str, str]:
    """Return a map as files that work in any folder, on any server of files and without one: their names and contents.

    The data are scripts, because pages that are opened as files may fetch nothing; each is named by its hash.

    Examples
    --------
    >>> from tests.published import public_report
    >>> [name.partition("-")[0] for name in embed_files(embed_data(public_report()), lang="zh")]
    ['index.html', 'first', 'rest']
    """
    names = {part: f"{part}-{data.digest(part)}.js" for part in PARTS}
    own = " ".join(("script-src 'self'", *map(assets.fingerprint, drawing.code())))
    index = _document({"lang": lang, "files": names}, drawing, lang=lang, allowed=(own,))
    return {"index.html": index} | {names[part]: _as_script(part, getattr(data, part)) for part in PARTS}


def _as_script(part: str, content: bytes) -> str:
    inside = assets.data_block(json.loads(content))
    return f"(window.geogridFiles=window.geogridFiles||{{}}).{part}={inside};\n"


PRIVATE = '<meta name="robots" content="noindex">'


def _document(config: dict[str, Any], drawing: Drawing, *, lang: Lang, allowed: tuple[str, ...] = (), head: str = "") -> str:
    says = {"failed": FAILED, "retry": RETRY}
    themes = {name: {"lines": LINES[name], "unknown": UNKNOWN[name]} for name in THEMES}
    config = config | {"says": says, "themes": themes, "sizes": list(SIZES), "langs": list(LANGS)}
    waiting = element("p", LOADING.say(lang), id="wait", class_="wait", role="status")
    run, look, after = drawing.code(), assets.styles(drawing.styles), f"{drawing.after}{waiting}"
    return assets.document(config, drawing.body, run, look, classes="embed", head=head, after=after, allowed=allowed)
