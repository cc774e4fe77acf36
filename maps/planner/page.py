"""The planner's page: a shell without data, and the files that it loads from our own service.

Nothing is built: what runs in the browser are the files of ``static``, as they lie there, Leaflet from its package, and some
scripts of the other maps. They are served under a name that changes whenever one of them does, so that browsers keep them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from geogrid import __version__
from maps import assets
from maps.planner.words import LABELS
from maps.style import BARS, CLASSES, LINES, SPARE_SYMBOLS, STREETS, SYMBOLS, UNKNOWN
from maps.tilemap import NO_SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Lang
    from maps.basemap import Basemap

CLASSIC = ("decode.js", "basemap.js", "symbols.js", "mvt.js", "controls.js")
"""Scripts of the other maps that the modules use through ``shared.js``; they run first, in this order."""
STYLES = ("leaflet.css", "planner.css")
TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
)


@cache
def served() -> Mapping[str, str]:
    """Return the page's scripts and styles by name."""
    own = {each.name: each.read_text(encoding="utf-8") for each in files("maps.planner").joinpath("static").iterdir()}
    leaflet, *_ = assets.scripts(())
    sheet, *_ = assets.styles(())
    return {**own, **{name: assets.static(name) for name in CLASSIC}, "leaflet.js": leaflet, "leaflet.css": sheet}


@cache
def mark() -> str:
    """Return what changes when one of the files does."""
    every = hashlib.sha256()
    for name, content in sorted(served().items()):
        every.update(f"{name}\0{content}\0".encode())
    return every.hexdigest()[:16]


def planner_page(who: Mapping[str, Any], *, start: str, lang: Lang = "zh", basemap: Basemap | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    who : mapping
        Who uses it: role, areas, name, note and csrf_token, as ``/api/v1/me`` tells them.
    start : str
        Path of the service, "" or such as "/grids"; addresses are put behind it.
    lang : "zh" or "en"
    basemap : Basemap, optional
        Tiles under the map.
    """
    data = {
        "lang": lang,
        "version": __version__,
        "start": start,
        "who": dict(who),
        "style": {
            "text": LABELS,
            "classes": [{"least": row.least, "colour": row.colour, "label": row.label} for row in CLASSES],
            "symbols": {key: symbol.__dict__ for key, symbol in SYMBOLS.items()},
            "spareSymbols": [symbol.__dict__ for symbol in SPARE_SYMBOLS],
            "unknown": UNKNOWN,
            "lines": LINES,
            "streets": STREETS,
            "bars": BARS,
        },
        **NO_SHAPES,
    } | ({} if basemap is None else {"basemap": basemap.payload()})
    at = f"{start}/planner/assets/{mark()}"
    allowed = "; ".join(POLICY) if basemap is None else "; ".join((*POLICY[:3], basemap.allowed, *POLICY[4:]))
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{allowed}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{LABELS['title'].say(lang)}</title>",
            *(f'<link rel="stylesheet" href="{at}/{name}">' for name in STYLES),
            f'<script type="application/json" id="geogrid-data">{assets.data_block(data)}</script>',
            *(f'<script src="{at}/{name}" defer></script>' for name in ("leaflet.js", *CLASSIC)),
            f'<script type="module" src="{at}/main.js"></script>',
            "</head>",
            "<body>",
            files("maps.planner").joinpath("planner.html").read_text(encoding="utf-8"),
            "</body>",
            "</html>",
        )
    )
