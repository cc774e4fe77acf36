"""The map of a place's themes for a frame in another page, made of a published report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.words import Text
from maps.embed import Drawing, EmbedData, encoded
from maps.extract import GRID, at_level, in_area
from maps.packing import UNITS
from maps.page import OSM
from maps.place import SCRIPTS, STYLES, place_data
from maps.placepublished import published_themes
from maps.simplified import coarse_units, simplified

if TYPE_CHECKING:
    from geogrid.privacy import PublicReport
    from maps.basemap import Basemap

PLACE = Drawing("place.html", (*SCRIPTS, "placeembed.js"), (*STYLES, "embed.css", "placeembed.css"))
LATE = ("value", "advice")
"""What a first look does not need of a theme: what is said of each feature."""
SAID = ("arcs", "shapes", "shapeOrder", "units")
ALIKE = ("ids", "names")


def place_embed_data(
    public: PublicReport,
    *,
    area: str = "",
    level: str = GRID,
    basemap: Basemap | None = None,  # noqa: ARG001 -- it needs none
) -> EmbedData:
    """Return what a place's map shows of a report; `maps.embed.embed_data` names the parameters.

    Its areas are filled, so nothing lies under it.

    Raises
    ------
    NotFoundError
        When there is no such area or level.
    """
    whole = at_level(public, level)
    part = in_area(public, area) if area else public
    coarse, fine = (at_level(report, level) for report in simplified(part))
    units = coarse_units(part) if coarse is not fine else UNITS
    first = _data(whole, coarse, units) | _start(public, area)
    last = first if coarse is fine else _data(whole, fine, UNITS)
    rest = {"themes": [{key: theme[key] for key in LATE} for theme in last["themes"]], "texts": last["texts"]}
    rest |= {"layers": last["layers"]} | ({key: last[key] for key in SAID} if coarse is not fine else {})
    return EmbedData(
        encoded(first | {"themes": _at_once(first["themes"]), "texts": [], "layers": {"streets": {}}}), encoded(rest)
    )


def _data(whole: PublicReport, shown: PublicReport, units: int) -> dict[str, Any]:
    notes = [Text(row["zh"], row["en"]) for row in shown.summary["notes"] if OSM in row["en"]]
    data = place_data(published_themes(whole, shown), title=Text("", ""), streets=shown.streets, notes=notes, units=units)
    return data | {"units": units}


def _start(public: PublicReport, area: str) -> dict[str, Any]:
    """Return what the page is called, and which services may be asked for."""
    summary, names = public.summary, dict(zip(public.areas["area_id"].astype(str), public.areas["name"].astype(str), strict=True))
    place = [str(summary["place"][lang]) for lang in ("zh", "en")]
    title = [" · ".join(dict.fromkeys(filter(None, (each, names.get(area, ""))))) for each in place]
    services = [{"id": str(row["id"])} for row in summary["services"]]
    return {"title": title, "services": services, "all": len(services) > 1, "first": [0, 0]}


def _at_once(themes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return themes as far as a first look needs them; ids and names that an earlier theme has are said once."""
    found: list[dict[str, Any]] = []
    for theme in themes:
        row = {key: value for key, value in theme.items() if key not in LATE}
        like = next((i for i, each in enumerate(themes[: len(found)]) if all(each[key] == row[key] for key in ALIKE)), None)
        found.append(row if like is None else {key: value for key, value in row.items() if key not in ALIKE} | {"like": like})
    return found
