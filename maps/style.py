"""Every colour, width, symbol and label of the map, as rows: to add one is to add a row.

Colours of coverage run from orange to blue, so that they differ for every kind of colour vision, and in print by their lightness.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geogrid.themecolours import COLOURS
from geogrid.words import Text
from maps.figures import KINDS, STATUSES
from maps.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class CoverageClass:
    """A class of the legend: covered share of at least ``least`` (per mille, as shown: rounded to 0.1 %)."""

    least: int
    colour: str
    label: Text


CLASSES: tuple[CoverageClass, ...] = (
    CoverageClass(0, "#b9570f", Text("<60%", "<60%")),
    CoverageClass(600, "#e8963a", Text("60–80%", "60–80%")),
    CoverageClass(800, "#fad7a0", Text("80–90%", "80–90%")),
    CoverageClass(900, "#b5d3ea", Text("90–95%", "90–95%")),
    CoverageClass(950, "#5a9bd0", Text("≥95%", "≥95%")),
)
"""Lowest first; a share belongs to the last class whose ``least`` it reaches."""

UNKNOWN = {"fill": "#eceae4", "line": "#aaa69b"}
"""Hatching of grids whose share is withheld, or that have no households."""


@dataclass(frozen=True)
class Symbol:
    """How a service's facilities are drawn: filled when they exist, hollow when planned."""

    shape: str
    colour: str


SYMBOLS: Mapping[str, Symbol] = {
    "education": Symbol("square", "#1d3f94"),
    "medical": Symbol("cross", "#b0122b"),
    "sport": Symbol("triangle", "#17642d"),
    "day_care": Symbol("circle", "#7a4a1e"),
    "courier_rest": Symbol("diamond", "#00695c"),
    "party_service": Symbol("star", "#c8102e"),
    "convenience": Symbol("hexagon", "#33424d"),
}
SPARE_SYMBOLS: tuple[Symbol, ...] = (
    Symbol("pentagon", "#6a3d9a"),
    Symbol("wedge", "#0b5394"),
    Symbol("ring", "#8c510a"),
    Symbol("bowtie", "#3f5f1f"),
)
"""For services that a profile adds, in their order, over and over."""

LINES: Mapping[str, Mapping[str, Any]] = {
    "grid": {"color": "#ffffff", "weight": 1.2, "opacity": 0.95, "fillOpacity": 0.74},
    "grid_hover": {"color": "#1f2a33", "weight": 2, "opacity": 0.75, "fill": False},
    "grid_halo": {"color": "#ffffff", "weight": 6.5, "opacity": 0.9, "fill": False},
    "grid_chosen": {"color": "#10181f", "weight": 3.2, "opacity": 1, "fill": False},
    "area": {"color": "#4a5560", "weight": 1.4, "opacity": 0.85, "fill": False},
    "area_top": {"color": "#2b343c", "weight": 2.4, "opacity": 0.9, "fill": False},
    "street_major": {"color": "#2f2c27", "weight": 1.7, "opacity": 0.62},
    "street_minor": {"color": "#35322c", "weight": 0.9, "opacity": 0.58},
    "street_path": {"color": "#35322c", "weight": 0.7, "opacity": 0.5, "dashArray": "3 3"},
    "gap": {"color": "#2d0442", "weight": 1.1, "opacity": 1, "fillColor": "#4a0d67", "fillOpacity": 0.66},
    "defect": {"color": "#d11507", "weight": 2.4, "opacity": 1, "fillColor": "#ffd400", "fillOpacity": 0.55},
    "radius": {
        "color": "#27404f",
        "weight": 1.1,
        "opacity": 0.75,
        "dashArray": "5 4",
        "fillColor": "#27404f",
        "fillOpacity": 0.05,
    },
}
"""Options of Leaflet paths."""

STREETS: Mapping[str, str] = {"major": "street_major", "minor": "street_minor", "path": "street_path"}

BARS = {"covered": "#3f86c0", "uncovered": "#df8b31", "unreached": "#8d8a82"}
"""Parts of a coverage bar in the panel."""

CLASS_COLOURS = COLOURS
"""Colours of the classes of a place's themes, by name: pass, fail and incomplete; the statuses of a venue; four grades, the best
first; and what becomes of them from one time to the next. Within a family they differ for every kind of colour vision; incomplete
and unclear are meant to be hatched as well, for they have no place between better and worse."""

CARD: Mapping[str, str] = {
    "band": "#0f5c6e",
    "rule": "#e8963a",
    "ink": "#1d2b33",
    "soft": "#5c6b73",
    "line": "#d8dfe2",
    "wash": "#f1f6f7",
    "own": "#fdf3df",
    "border": "#b9570f",
    "other": "#e6e8e6",
    "edge": "#ffffff",
    "paper": "#f6f6f3",
    "street": "#ffffff",
    "casing": "#b4b0a6",
    "street-name": "#4a463d",
    "other-name": "#7d8586",
}
"""Colours of notice cards and of the small maps on them."""


@dataclass(frozen=True)
class LayerStyle:
    """A row of the layer control."""

    key: str
    label: Text
    show: bool


LAYERS: tuple[LayerStyle, ...] = (
    LayerStyle("grids", Text("网格覆盖率", "Coverage of grids"), show=True),
    LayerStyle("streets", Text("街道", "Streets"), show=True),
    LayerStyle("areas", Text("区域边界", "Area borders"), show=True),
    LayerStyle("labels", Text("名称", "Names"), show=True),
    LayerStyle("facilities", Text("设施", "Facilities"), show=True),
    LayerStyle("gaps", Text("覆盖缺口", "Coverage gaps"), show=True),
    LayerStyle("defects", Text("网格划分问题", "Tiling defects"), show=True),
    LayerStyle("radii", Text("服务半径（直线）", "Service radius (straight line)"), show=False),
)

FIELDS: Mapping[str, Text] = {
    "code": Text("编码", "Code"),
    "kind": Text("类型", "Kind"),
    "leader": Text("网格长", "Grid leader"),
    "member": Text("网格员", "Grid member"),
    "phone": Text("电话", "Phone"),
    "supervision_phone": Text("监督电话", "Supervision phone"),
    "duties": Text("职责", "Duties"),
    "grid_set": Text("网格体系", "Set of grids"),
    "functions": Text("功能", "Functions"),
    "capacity": Text("容量", "Capacity"),
    "level": Text("级别", "Level"),
    "simulated": Text("模拟数据", "Simulated"),
}
"""Text columns of public frames that the panel shows, in this order; a column without a row here is not shown."""

KIND_VALUES: Mapping[str, Text] = {
    "basic": Text("基本网格", "basic"),
    "exclusive": Text("专属网格", "exclusive"),
    "draft": Text("草拟网格", "draft"),
}
"""Known values of ``kind``."""


def symbol_of(services: Iterable[str]) -> dict[str, Symbol]:
    """Return each service's symbol; services without a row take spare ones in order.

    Examples
    --------
    >>> {s: v.shape for s, v in symbol_of(["medical", "library"]).items()}
    {'medical': 'cross', 'library': 'pentagon'}
    """
    symbols: dict[str, Symbol] = {}
    for service in services:
        spare = SPARE_SYMBOLS[len([s for s in symbols if s not in SYMBOLS]) % len(SPARE_SYMBOLS)]
        symbols[service] = SYMBOLS.get(service, spare)
    return symbols


def sheet() -> dict[str, Any]:
    """Return all rows as plain values for the page (texts as pairs zh, en)."""
    return {
        "classes": [asdict(row) for row in CLASSES],
        "unknown": UNKNOWN,
        "lines": LINES,
        "streets": STREETS,
        "bars": BARS,
        "layers": [asdict(row) for row in LAYERS],
        "fields": FIELDS,
        "kindValues": KIND_VALUES,
        "kinds": KINDS,
        "statuses": STATUSES,
        "text": LABELS,
    }
