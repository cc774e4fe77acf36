"""The map of vector tiles: a page that fetches what it shows, so that half a million households are as quick as one grid.

Nothing of the data is in the page: it holds the addresses of tiles, which its policy lets it ask this server for, and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from geogrid import __version__
from geogrid.words import Text
from maps import assets
from maps.figures import STATUSES
from maps.page import is_osm
from maps.style import BARS, CLASSES, LINES, STREETS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.webmercator import Limits
    from geogrid.words import Lang
    from maps.basemap import Basemap

SCRIPTS = ("decode.js", "basemap.js", "controls.js", "mvt.js", "tilemap.js")
STYLES = ("coverage.css", "tilemap.css")
START = "geogrid.start();"
FETCHES = "connect-src 'self'"

LABELS: Mapping[str, Text] = {
    "title": Text("大范围地图", "Large map"),
    "ownTitle": Text("住户地图", "Map of households"),
    "home": Text("← 首页", "← Start page"),
    "private": Text("内部使用：含住户", "For the office: shows households"),
    "map": Text("地图：可用方向键平移，用加减号缩放", "Map: arrow keys move it, plus and minus zoom"),
    "services": Text("服务", "Service"),
    "languages": Text("语言", "Language"),
    "legend": Text("网格覆盖率", "Coverage of grids"),
    "unknown": Text("不公开或无住户", "Withheld, or no households"),
    "gathered": Text("户数多处合并为一点，放大可逐户查看", "Many households are one dot; zoom in to see each"),
    "failed": Text("有一部分地图没有取到，请稍后再试。", "Some of the map did not come; try again in a moment."),
    "osm": Text("© OpenStreetMap 贡献者，ODbL 1.0", "© OpenStreetMap contributors, ODbL 1.0"),
    "madeWith": Text("geogrid {version}", "geogrid {version}"),
    "zoomIn": Text("放大", "Zoom in"),
    "zoomOut": Text("缩小", "Zoom out"),
    "fit": Text("显示全部", "Show everything"),
    "grids": Text("网格", "Grid"),
    "gaps": Text("覆盖缺口", "Coverage gap"),
    "facilities": Text("设施", "Facility"),
    "households": Text("住户", "Household"),
    "workspace_grids": Text("工作区的网格", "Grid of the workspace"),
}


ALL = Text("全部服务", "All services")
REACHED: Mapping[str, Text] = {
    "covered": Text("已覆盖", "Covered"),
    "uncovered": Text("未覆盖", "Uncovered"),
    "unreached": Text("远离街道", "Unreached"),
}


class Row(NamedTuple):
    """A row of what is told of something: which column, how it is called, and how it is written."""

    key: str
    label: Text
    kind: str = ""


SHOWN: Mapping[str, tuple[Row, ...]] = {
    "grids": (
        Row("name", Text("名称", "Name")),
        Row("households", Text("户数", "Households")),
        Row("share_*", Text("覆盖率", "Covered"), "share"),
    ),
    "workspace_grids": (Row("name", Text("名称", "Name")), Row("leader", Text("网格长", "Leader"))),
    "gaps": (Row("households", Text("户数", "Households")), Row("nearest_facility", Text("最近设施", "Nearest facility"))),
    "facilities": (Row("name", Text("名称", "Name")), Row("status", Text("状态", "Status"), "status")),
    "households": (
        Row("household_id", Text("户编号", "Household")),
        Row("persons", Text("人数", "Persons")),
        Row("grid_id", Text("网格", "Grid")),
        Row("households", Text("户数", "Households")),
        Row("minutes_*", Text("分钟", "Minutes")),
        Row("status_*", Text("状态", "Status"), "status"),
        Row("uncovered_*", Text("未覆盖", "Uncovered")),
    ),
}
"""What is told of what is pointed at; ``*`` is the chosen service."""


@dataclass(frozen=True)
class TileSource:
    """Where tiles come from.

    Attributes
    ----------
    url : str
        With {z}, {y} and {x}; of this server.
    limits : sequence of Limits
        The tiles that there are.
    is_own : bool
        Whether the caller must say who he is.
    """

    url: str
    limits: Sequence[Limits]
    is_own: bool = False

    def payload(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        spans = {str(each.z): [each.first_column, each.last_column, each.first_row, each.last_row] for each in self.limits}
        return {
            "url": self.url,
            "own": self.is_own,
            "limits": spans,
            "deepest": max((each.z for each in self.limits), default=-1),
        }


def tile_page(
    sources: Sequence[TileSource],
    summary: Mapping[str, Any],
    *,
    box: Sequence[float] | None,
    lang: Lang = "zh",
    basemap: Basemap | None = None,
) -> str:
    """Return the page.

    Parameters
    ----------
    sources : sequence of TileSource
        The lowest first.
    summary : mapping
        Of the published report: its place and services; {} when nothing is published.
    box : sequence of float or None
        West, south, east and north in degrees, to begin with.
    lang : "zh" or "en"
    basemap : Basemap, optional
    """
    services = [{"id": str(row["id"]), "name": Text(row["zh"], row["en"])} for row in summary.get("services", [])]
    services += [{"id": "all", "name": ALL}] if len(services) > 1 else []
    place = summary.get("place")
    data = {
        "lang": lang,
        "version": __version__,
        "place": [place["zh"], place["en"]] if place else None,
        "services": services,
        "service": services[-1]["id"] if services else "all",
        "sources": [each.payload() for each in sources],
        "staff": any(each.is_own for each in sources),
        "shown": {name: [row._asdict() for row in rows] for name, rows in SHOWN.items()},
        "statuses": {**STATUSES, **REACHED},
        "box": box,
        "osm": is_osm(summary),
        "style": {
            "classes": [{"least": row.least, "colour": row.colour, "label": row.label} for row in CLASSES],
            "unknown": UNKNOWN,
            "lines": LINES,
            "streets": STREETS,
            "bars": BARS,
            "text": LABELS,
        },
        **NO_SHAPES,
    } | ({} if basemap is None else {"basemap": basemap.payload()})
    allowed = (FETCHES, *(() if basemap is None else (basemap.allowed,)))
    return assets.document(data, "tilemap.html", (*assets.scripts(SCRIPTS), START), assets.styles(STYLES), allowed=allowed)


NO_SHAPES: Mapping[str, Any] = {"arcs": {"xy": [], "n": []}, "shapes": {}, "shapeOrder": []}
"""What pages have in them that hold their shapes."""
