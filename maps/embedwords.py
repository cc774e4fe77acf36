"""What may be chosen about a map in a frame: themes with their colours, sizes, and the words that embeds add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

THEMES: Mapping[str, Text] = {
    "light": Text("浅色", "light"),
    "dark": Text("深色", "dark"),
    "contrast": Text("高对比度", "high contrast"),
}
"""Names of the themes; ``static/embed.css`` has their colours of everything that is not drawn on a canvas."""

SIZES: Mapping[str, Text] = {
    "full": Text("全部", "full, with its panel"),
    "small": Text("只有地图和图例", "map and legend only"),
}

LINES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "light": {},
    "dark": {
        "grid": {"color": "#12181d", "fillOpacity": 0.86},
        "grid_hover": {"color": "#ffffff"},
        "grid_halo": {"color": "#10181f"},
        "grid_chosen": {"color": "#ffffff"},
        "area": {"color": "#c3ccd3"},
        "area_top": {"color": "#f0f4f6"},
        "street_major": {"color": "#e8e4da", "opacity": 0.5},
        "street_minor": {"color": "#e8e4da", "opacity": 0.4},
        "street_path": {"color": "#e8e4da", "opacity": 0.35},
        "gap": {"color": "#f3d9ff", "weight": 1.6},
    },
    "contrast": {
        "grid": {"color": "#000000", "weight": 1.6, "opacity": 1, "fillOpacity": 1},
        "area": {"color": "#000000", "weight": 3, "opacity": 1},
        "area_top": {"color": "#000000", "weight": 4.5, "opacity": 1},
        "street_major": {"color": "#000000", "opacity": 0.55},
        "street_minor": {"color": "#000000", "opacity": 0.4},
        "street_path": {"color": "#000000", "opacity": 0.4},
        "gap": {"color": "#000000", "weight": 2.5, "fillOpacity": 0.9},
    },
}
"""What each theme draws otherwise than `maps.style.LINES`."""

UNKNOWN: Mapping[str, Mapping[str, str]] = {
    "light": {},
    "dark": {"fill": "#2c343a", "line": "#66717a"},
    "contrast": {"fill": "#ffffff", "line": "#000000"},
}
"""Hatching of what has no share."""

AREA_LABELS: Mapping[str, Text] = {
    "grids": Text("区域", "Areas"),
    "grid": Text("区域", "Area"),
    "gridCount": Text("区域", "Areas"),
    "worstGrids": Text("覆盖率最低的区域", "Areas with the lowest coverage"),
    "gapsInGrid": Text("涉及本区域的缺口", "Gaps touching this area"),
    "facilitiesInGrid": Text("本区域的设施", "Facilities in this area"),
    "search": Text("搜索区域", "Search an area"),
    "chooseGrid": Text("点击地图上的区域查看详情", "Click an area on the map for its details"),
    "noGrids": Text("没有可显示的区域", "There are no areas to show"),
}
"""Words of a map that shows areas for grids."""
AREA_LAYER = Text("区域覆盖率", "Coverage of areas")

LOADING = Text("正在加载地图…", "Loading the map…")
FAILED = Text("地图数据没有加载成功。", "The map's data could not be loaded.")
RETRY = Text("重试", "Try again")
