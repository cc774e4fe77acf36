"""The page of a proposal: today and the proposal on two linked maps, with figures, the trade-off, and what it was made from.

One offline document for the office: exact counts by grid, site and zone, no household's row, id or place. Built as the coverage
map is: scripts and styles inline and allowed by their hashes, data in one inert block, no request.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geogrid import __version__
from geogrid.crs import label, to_wgs84
from geogrid.errors import InputError
from geogrid.words import Text
from maps import assets, proposaldivisions, proposalsites, proposalzones
from maps.layers import streets_layer
from maps.packing import pack_lines, pack_polygons
from maps.page import SAMPLE
from maps.proposalbasis import basis
from maps.proposalscene import HUES, TOLERANCE_M, Sets
from maps.proposaltypes import (
    CurvePoint,
    Division,
    DivisionsPage,
    Figures,
    Head,
    Page,
    Remains,
    Site,
    SitesPage,
    Trouble,
    ZonesPage,
    Zoning,
)
from maps.proposalwords import FIGURES, KINDS, LABELS
from maps.style import LINES, STREETS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from geogrid.words import Lang

__all__ = [
    "CurvePoint",
    "Division",
    "DivisionsPage",
    "Figures",
    "Head",
    "Page",
    "Remains",
    "Site",
    "SitesPage",
    "Trouble",
    "ZonesPage",
    "Zoning",
    "proposal_page",
]

SCRIPTS = (
    "decode.js",
    "symbols.js",
    "controls.js",
    "labels.js",
    "proposal.js",
    "proposalmaps.js",
    "proposalcharts.js",
    "proposalpanel.js",
    "proposalpaper.js",
)
STYLES = ("coverage.css", "proposal.css")
START = "geogrid.start();"
NOINDEX = '<meta name="robots" content="noindex">'
AXES = (
    ("households_moved", "out_of_range"),
    ("households_moved", "border_m"),
    ("out_of_range", "border_m"),
    ("largest_over", "border_m"),
    ("zones", "persons"),
)
"""Pairs of figures that a trade-off is drawn of, where at least two alternatives differ in both."""


def proposal_page(page: Page, *, lang: Lang = "zh") -> str:
    """Return the page of a proposal as one HTML document that works without a network. For the office only.

    Parameters
    ----------
    page : DivisionsPage, SitesPage or ZonesPage
        What is proposed.
    lang : "zh" or "en"
        The language to begin with; the page can switch.

    Returns
    -------
    str
        Write it below ``private/``.

    Raises
    ------
    InputError
        When the kind is unknown, a figure has no row in `FIGURES`, columns are missing, or nothing can be drawn; all are named.
    CrsError
        When a frame has no CRS.
    """
    _checked(page)
    sets = Sets()
    answers = _answers(page, sets)
    barriers = page.barriers if isinstance(page, DivisionsPage) else None
    arcs, shapes = pack_polygons(sets.arrays)
    data = {
        "format": "geogrid-proposal",
        "version": __version__,
        "lang": lang,
        "office": True,
        "kind": page.head.kind,
        "title": KINDS[page.head.kind],
        "place": page.head.place,
        "sample": SAMPLE in page.head.place,
        "osm": page.head.is_osm,
        "summary": list(page.head.summary),
        "notes": list(page.head.notes),
        "crs": label(_main(page).crs),
        "tolerance": TOLERANCE_M,
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
        "answers": [_told(answer) for answer in answers],
        "chart": {"axes": _axes(answers), "curve": proposalsites.curve(page) if isinstance(page, SitesPage) else None},
        "classes": [row.row() for _, row in _classes(page)],
        "legend": _legend(page),
        "modes": _modes(page),
        "layers": {
            "streets": {} if page.head.streets is None else streets_layer(page.head.streets).payload,
            "barriers": None if barriers is None or barriers.empty else _lines(barriers),
        },
        "style": {
            "text": LABELS,
            "figures": {key: {"label": row.label, "unit": row.unit, "better": row.better} for key, row in FIGURES.items()},
            "hues": HUES,
            "lines": LINES,
            "streets": STREETS,
            "unknown": UNKNOWN,
        },
    }
    run, look = (*assets.scripts(SCRIPTS), START), assets.styles(STYLES)
    return assets.document(data, "proposal.html", run, look, head=NOINDEX)


def _answers(page: Page, sets: Sets) -> list[dict[str, Any]]:
    if isinstance(page, DivisionsPage):
        return proposaldivisions.answers(page, sets)
    return proposalsites.answers(page, sets) if isinstance(page, SitesPage) else proposalzones.answers(page, sets)


def _classes(page: Page) -> list[Any]:
    if isinstance(page, DivisionsPage):
        return proposaldivisions.classes(page)
    return proposalsites.classes(page) if isinstance(page, SitesPage) else proposalzones.classes(page)


def _legend(page: Page) -> Text:
    """Return the title of the legend."""
    if isinstance(page, DivisionsPage):
        return Text(
            f"每个{page.thing.zh}的{page.unit.zh.removeprefix('名')}数",
            f"{page.unit.en[:1].upper()}{page.unit.en[1:]} in each {page.thing.en}",
        )
    if isinstance(page, SitesPage):
        return Text(f"{page.service.zh}：覆盖率", f"{page.service.en[:1].upper()}{page.service.en[1:]}: share covered")
    return page.zone if page.zone.zh == page.zone.en else Text(page.zone.zh, page.zone.en[:1].upper() + page.zone.en[1:] + "s")


def _modes(page: Page) -> list[str]:
    """Return the ways to colour: by number, each grid alone, or both."""
    if isinstance(page, DivisionsPage):
        return ["class", "each"] if proposaldivisions.classes(page) else ["each"]
    return ["class"] if isinstance(page, SitesPage) else ["each"]


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with its figures in the order of their rows and its provenance in words."""
    figures = [[key, _finite(answer["figures"][key])] for key in FIGURES if key in answer["figures"]]
    return {**answer, "figures": figures, "made": basis(answer["made"])}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _axes(answers: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the pairs of figures in which the answers differ."""

    def differ(key: str) -> bool:
        values = [answer["figures"].get(key) for answer in answers]
        return None not in values and len(set(values)) > 1

    return [pair for pair in AXES if differ(pair[0]) and differ(pair[1])]


def _lines(barriers: gpd.GeoDataFrame) -> Any:
    """Return barriers as lines; of a polygon its edge."""
    shapes = to_wgs84(barriers).geometry
    return pack_lines(shapes.where(~shapes.geom_type.str.contains("Polygon"), shapes.boundary).explode().to_numpy())


# What may be wrong with a page


def _main(page: Page) -> gpd.GeoDataFrame:
    """Return the frame whose CRS the page is measured in."""
    if isinstance(page, SitesPage):
        return page.grids
    if isinstance(page, ZonesPage):
        return page.villages
    frames = [*(each.grids for each in page.alternatives), page.today, page.areas]
    return next(frame for frame in frames if frame is not None)


def _checked(page: Page) -> None:
    problems = [*_kind_problems(page), *_figure_problems(page), *_column_problems(page)]
    if problems:
        raise InputError(Text("；".join(each.zh for each in problems), "; ".join(each.en for each in problems)))


def _kind_problems(page: Page) -> Iterable[Text]:
    if page.head.kind not in KINDS:
        known = ", ".join(KINDS)
        yield Text(
            f"没有建议类型 {page.head.kind!r}，可选：{known}", f"no kind of proposal {page.head.kind!r}: take one of {known}"
        )
    if isinstance(page, DivisionsPage) and not page.alternatives and page.today is None and page.areas is None:
        yield Text("没有可画的内容，请给出备选、现状或片区之一", "nothing to draw: give an alternative, today's grids or areas")
    if isinstance(page, ZonesPage) and not page.answers:
        yield Text("没有可画的结果，请至少给出一个", "nothing to draw: give at least one answer")


def _figure_problems(page: Page) -> Iterable[Text]:
    for key in sorted({key for figures in _figures(page) for key in figures} - set(FIGURES)):
        yield Text(f"没有指标 {key!r}，请在 FIGURES 中加一行", f"no figure {key!r}: add a row to FIGURES")


def _figures(page: Page) -> list[Figures]:
    if isinstance(page, SitesPage):
        return [page.figures]
    return [each.figures for each in (page.answers if isinstance(page, ZonesPage) else page.alternatives)]


def _column_problems(page: Page) -> Iterable[Text]:
    for name, frame, wanted in _tables(page):
        missing = ", ".join(column for column in wanted if column not in frame)
        if missing:
            yield Text(f"表 {name} 缺少列：{missing}", f"table {name} lacks the columns {missing}")


def _tables(page: Page) -> list[tuple[str, gpd.GeoDataFrame, tuple[str, ...]]]:
    """Return every table of a page with the columns that it must have."""
    if isinstance(page, SitesPage):
        return [
            ("grids", page.grids, ("grid_id", "weight", "covered_before", "covered_after")),
            ("existing", page.existing, ("name",)),
            ("candidates", page.candidates, ("candidate_id",)),
        ]
    if isinstance(page, ZonesPage):
        return [
            ("villages", page.villages, ("village_id",)),
            *((f"zones {each.id}", each.zones, ("zone_id",)) for each in page.answers),
        ]
    grids = [(f"grids {each.id}", each.grids) for each in page.alternatives]
    grids += [("today", page.today)] if page.today is not None else []
    land = [(f"moved {each.id}", each.moved, ("from_id", "to_id")) for each in page.alternatives if each.moved is not None]
    return [*((name, frame, ("grid_id", "households")) for name, frame in grids), *land]
