"""The public page of one grid: whom to ask, who reaches what, and where it lies. The code on its notice card leads here.

It shows what is published and nothing else, has no script, prints on one sheet, and may be framed by the portals of its township.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import shapely

from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps import figures, tables
from maps.document import made_up, page
from maps.extract import LONGEST, lines_of
from maps.layers import COUNTS
from maps.markup import Html, element
from maps.overview import Frame, Overview
from maps.qr import qr_code
from maps.style import FIELDS, KIND_VALUES
from maps.view import Column, Row, View
from maps.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

WIDTH, TALLEST = 720.0, 440.0
AROUND = 0.7
"""How much of its surroundings is shown with a grid, as a share of its size."""
SMALLEST = 0.0006
"""Degrees: a smaller grid is shown as if it were as large."""
LEFT_OUT = ("level", "simulated")
NO_GRID = Text(
    "没有网格“{grid}”：它可能已合并或换了编号；全部网格见 /maps/coverage",
    "there is no grid {grid!r}: it may have been merged or got another id; /maps/coverage shows them all",
)
ONLY_TOTALS = Text(
    "本页只含公开的汇总数字，{mark} 表示未公开；不含任何住户。",
    "This page holds published totals only, {mark} marks withheld ones; it never shows a household.",
)


@cache
def stylesheet() -> str:
    """Return what these pages add to the style sheet of written pages."""
    return (files("maps") / "static" / "gridpage.css").read_text(encoding="utf-8")


def grid_page(public: PublicReport, grid_id: str, *, lang: Lang, address: str = "", theme: str = "light") -> str:
    """Return the page of a grid.

    Parameters
    ----------
    public : PublicReport
    grid_id : str
    lang : "zh" or "en"
    address : str
        Of this page, which its code leads to; "" for no code.
    theme : str
        A name of `maps.embedwords.THEMES`.

    Raises
    ------
    NotFoundError
        When nothing of that id is published.
    """
    rows = public.grids[public.grids["grid_id"].astype(str) == grid_id]
    if not len(rows):
        raise NotFoundError(NO_GRID.fill(grid=grid_id[:LONGEST]))
    view, row = View(public, lang), dict(rows.iloc[0])
    name = grid_id if figures.is_missing(row.get("name")) else str(row["name"]) or grid_id
    body = element(
        "main", *_opening(view, row, name), *_map(view, row), *_services(view, grid_id), *_closing(view, grid_id, address)
    )
    return page(name, element("div", body, class_=f"sheet theme-{theme}"), lang=lang, more_css=stylesheet())


def _opening(view: View, row: Row, name: str) -> Iterable[Html | None]:
    where = _where(view, str(row["grid_id"]))
    yield element("header", element("p", where, class_="kicker") if where else None, element("h1", name))
    yield made_up(view)
    yield _fields(view, row)
    yield _counts(view, row)


def _where(view: View, grid_id: str) -> str:
    """Return the place and the areas that a grid lies in, from the largest."""
    names = dict(zip(view.public.areas["area_id"].astype(str), view.public.areas["name"].astype(str), strict=True))
    above = [names[each] for each in reversed(lines_of(view.public)[grid_id]) if each in names]
    return " · ".join(dict.fromkeys(filter(None, [view.place, *above])))


def _fields(view: View, row: Row) -> Html:
    """Return what the profile makes public of a grid and its staff, and its id."""
    told: list[tuple[str, object]] = [(view.say("编号", "Id"), row["grid_id"])]
    for key, label in FIELDS.items():
        value = row.get(key)
        if key not in LEFT_OUT and not figures.is_missing(value) and str(value).strip() and value != row["grid_id"]:
            told.append((label.say(view.lang), _written(view, key, value)))
    pairs = (part for label, value in told for part in (element("dt", label), element("dd", value)))
    return element("dl", *pairs, class_="fields")


def _written(view: View, key: str, value: Any) -> str:
    return figures.say(KIND_VALUES, str(value), view.lang) if key == "kind" else str(value)


def _counts(view: View, row: Row) -> Html:
    withheld = bool(row.get("suppressed"))
    known = [key for key in COUNTS if key in COUNTS[:2] or not figures.is_missing(row.get(key))]
    cells = (
        element("li", element("b", figures.count(row.get(key), withheld=withheld)), element("span", LABELS[key].say(view.lang)))
        for key in known
    )
    return element("ul", *cells, class_="tiles")


@dataclass(frozen=True)
class _Around(Overview):
    """A picture of one grid among its neighbours."""

    chosen: Any = None

    def _labels(self, service: str) -> Iterable[Html]:
        yield element("path", d=self.frame.path(self.chosen), class_="chosen-halo")
        yield element("path", d=self.frame.path(self.chosen), class_="chosen")
        yield from super()._labels(service)


def _map(view: View, row: Row) -> Iterable[Html]:
    shape = row["geometry"]
    if shape is None or shape.is_empty:
        return
    west, south, east, north = shape.bounds
    wide, high = (max(size, SMALLEST) * AROUND / 2 for size in (east - west, north - south))
    frame = Frame.around((west - wide, south - high, east + wide, north + high), width=WIDTH, tallest=TALLEST, margin=0.0)
    overview = _Around(_cut(view.public, frame), view.lang, frame, shape)
    yield element("h2", view.say("位置和覆盖率", "Where it is, and covered shares"))
    yield overview.definitions()
    caption = element("figcaption", overview.service_name(view.headline))
    yield element("figure", overview.picture(view.headline, detailed=True), caption)
    yield overview.legend()


def _cut(public: PublicReport, frame: Frame) -> PublicReport:
    """Return what of a report lies in a window, cut at its edge."""
    east, south = frame.left + frame.width / frame.across, frame.top - frame.height / frame.down
    window = (frame.left, south, east, frame.top)
    parts = {name: _clipped(getattr(public, name), window) for name in ("grids", "areas", "gaps", "facilities", "streets")}
    return replace(public, **parts)


def _clipped(table: gpd.GeoDataFrame, window: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    if not len(table):
        return table
    shapes = table.geometry.to_numpy()
    near = shapely.intersects(shapes, shapely.box(*window))
    cut = table[near].set_geometry(shapely.clip_by_rect(shapes[near], *window), crs=table.crs)
    return cut[~cut.geometry.is_empty].reset_index(drop=True)


SHARES = (
    Column(Text("服务", "Service")),
    Column(Text("覆盖率（户）", "Covered households")),
    Column(Text("规划建成后", "With planned"), numeric=True),
    Column(Text("覆盖户", "Covered"), numeric=True),
    Column(Text("未覆盖户", "Not covered"), numeric=True),
)


def _services(view: View, grid_id: str) -> Iterable[Html]:
    rows = [_service_row(view, grid_id, service) for service in view.services]
    yield element("h2", view.say("各项服务", "Service by service"))
    yield view.table(SHARES, rows)
    yield element("p", _note(view), class_="note")
    yield element("h2", view.say("本网格的设施", "Facilities in this grid"))
    yield _facilities(view, grid_id)
    own = [gap for gap in view.summary["gaps"] if grid_id in map(str, gap["grid_ids"]) and not gap.get("suppressed")]
    if own:
        yield element("h2", view.say("涉及本网格的覆盖缺口", "Coverage gaps that touch this grid"))
        yield tables.gaps(View(replace(view.public, summary={**view.summary, "gaps": own}), view.lang))


def _service_row(view: View, grid_id: str, service: str) -> list[object]:
    now, later = view.coverage("grid", grid_id, service), view.coverage("grid", grid_id, service, "later")
    return [
        view.service(service),
        tables.share_bar(view, now),
        view.share(later),
        view.count(now, "covered"),
        view.not_covered(now),
    ]


def _note(view: View) -> str:
    minutes = set(view.summary["settings"]["cutoff_min"].values())
    written = (
        figures.minutes(minutes.pop(), view.lang) if len(minutes) == 1 else view.say("各服务的时限", "each service's cutoff")
    )
    return view.say(
        "覆盖：沿街道到最近设施不超过{m}（含上街的直线距离）。",
        "Covered: the way along the streets to the nearest facility is within {m}, legs to and from the street included.",
        m=written,
    )


def _facilities(view: View, grid_id: str) -> Html:
    table = view.public.facilities
    own = table[table["grid_id"].astype(str) == grid_id]
    rows = [
        [name, view.say("、", ", ").join(map(view.service, services)), figures.say(figures.STATUSES, status, view.lang)]
        for name, services, status in zip(own["name"], own["services"], own["status"], strict=True)
    ]
    columns = (Column(Text("设施", "Facility")), Column(Text("服务", "Services")), Column(Text("状态", "Status")))
    return view.table(columns, rows, nothing=Text("本网格内没有设施。", "There is no facility in this grid."))


def _closing(view: View, grid_id: str, address: str) -> Iterable[Html | None]:
    on_map = f"../maps/coverage?lang={view.lang}#lang={view.lang}&grid={quote(grid_id, safe='', errors='replace')}"
    links = (
        (on_map, view.say("在互动地图上看", "See it on the interactive map")),
        (f"../report?lang={view.lang}", view.say("整份报告", "The whole report")),
        (f"../?lang={view.lang}", view.say("首页", "Start page")),
        (f"?lang={view.say('en', 'zh')}", view.say("English", "中文")),
    )
    listed = [element("li", element("a", said, href=to, rel="noopener", target="_blank")) for to, said in links]
    code = qr_code(address) if address else None
    seen = element("figure", code, element("figcaption", element("span", address)), class_="code") if code else None
    yield element("div", element("ul", *listed, class_="plain"), seen, class_="ways")
    told = element("p", ONLY_TOTALS.fill(mark=figures.WITHHELD).say(view.lang))
    yield element("footer", told, element("p", f"geogrid {view.summary['geogrid_version']}"))
