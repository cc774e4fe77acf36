"""The sentences of the swipe map in both languages; ``{name}`` marks what the page puts in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Text] = {
    # Page
    "title": Text("网格调整对照", "Grids before and after"),
    "office": Text("仅供内部使用", "Office only"),
    "officeNote": Text(
        "本页含住户的准确数字，仅供内部使用，请勿外传。",
        "This page holds exact counts of households: for the office only, do not pass it on.",
    ),
    "sample": Text("虚构样例镇", "Made-up sample"),
    "sampleNote": Text(
        "这是虚构的样例镇，地名、人员和数字均不真实。",
        "This is a made-up sample town: its names, people and numbers are not real.",
    ),
    "language": Text("语言", "Language"),
    "map": Text("地图：可用方向键平移，用加减号缩放", "Map: arrow keys move it, plus and minus zoom"),
    "osm": Text("© OpenStreetMap 贡献者，ODbL 1.0", "© OpenStreetMap contributors, ODbL 1.0"),
    "osmLong": Text(
        "街道数据 © OpenStreetMap 贡献者，按 ODbL 1.0 许可使用，见 openstreetmap.org/copyright。",
        "Streets © OpenStreetMap contributors, under the ODbL 1.0; see openstreetmap.org/copyright.",
    ),
    "madeWith": Text("geogrid {version}", "geogrid {version}"),
    "zoomIn": Text("放大", "Zoom in"),
    "zoomOut": Text("缩小", "Zoom out"),
    "fit": Text("显示全部", "Show everything"),
    "tabs": Text("面板", "Panels"),
    "changes": Text("变化", "Changes"),
    "about": Text("说明", "About"),
    "close": Text("返回", "Back"),
    "closeSheet": Text("收起面板", "Close the panel"),
    # The divider
    "before": Text("调整前", "Before"),
    "after": Text("调整后", "After"),
    "divider": Text("分界线：左边调整前，右边调整后", "Divider: before on its left, after on its right"),
    "dividerAt": Text("左边 {left}% 调整前，右边 {right}% 调整后", "before on the left {left}%, after on the right {right}%"),
    "dividerHint": Text(
        "拖动分界线对照两图；也可用方向键，Home 和 End 键只看一图。",
        "Drag the divider to compare, or use the arrow keys; Home and End show one map alone.",
    ),
    # Colours
    "colour": Text("着色", "Colours"),
    "colour_deviation": Text("与目标户数之差", "Deviation from target"),
    "colour_grid": Text("各网格", "Grid by grid"),
    "legend": Text("图例", "Legend"),
    "legendDeviation": Text("户数与目标（{target} 户）之差", "Households against the target of {target}"),
    "legendDeviationBare": Text("户数与目标之差", "Households against the target"),
    "legendGrid": Text("每个网格一色，两边同色", "One colour for each grid, the same on both sides"),
    "classBelow": Text("<−{n}%", "<−{n}%"),
    "classAbove": Text(">+{n}%", ">+{n}%"),
    "classLess": Text("−{n}% 至 −{m}%", "−{n} to −{m}%"),
    "classMore": Text("+{m}% 至 +{n}%", "+{m} to +{n}%"),
    "classNear": Text("±{m}% 以内", "within ±{m}%"),
    "hidden": Text("未公开", "withheld"),
    "hiddenOffice": Text("无户数", "no count"),
    "movedSign": Text("换网格的土地（点击查看）", "land that changes grids (click it)"),
    "changedSign": Text("有变化的网格", "grid that changes"),
    "sameSign": Text("不变的网格（未列户数）", "unchanged grid (not counted here)"),
    # Land that moves
    "fromTo": Text("{from} → {to}", "{from} → {to}"),
    "nobody": Text("不属于任何网格", "no grid"),
    "landOf": Text("面积 {area}", "{area} of land"),
    # Figures
    "deviation": Text("与目标户数之差", "Deviation from target"),
    "compactnessWhy": Text(
        "紧凑度（Polsby–Popper）：圆为 1，越狭长曲折越接近 0。",
        "Compactness (Polsby–Popper): 1 for a circle, towards 0 the longer and more crooked.",
    ),
    "all": Text("全部服务", "all services"),
    "covered": Text("{service}覆盖", "{service}: covered"),
    "range_in": Text("在范围内", "in range"),
    "range_below": Text("低于范围", "below range"),
    "range_above": Text("高于范围", "above range"),
    "atLeast": Text("至少 {n}", "at least {n}"),
    "movedIn": Text("转入 {n} 户", "{n} households move in"),
    "movedOut": Text("转出 {n} 户", "{n} households move out"),
    "unitHouseholds": Text("{n} 户", "{n} households"),
    "unitPersons": Text("{n} 人", "{n} persons"),
    "metres": Text("{n} 米", "{n} m"),
    "kilometres": Text("{n} 公里", "{n} km"),
    "squareMetres": Text("{n} 平方米", "{n} m²"),
    "hectares": Text("{n} 公顷", "{n} ha"),
    "squareKm": Text("{n} 平方公里", "{n} km²"),
    "withheld": Text("未公开", "withheld"),
    "withheldHouseholds": Text("户数未公开", "households withheld"),
    "splitFrom": Text("拆自 {grids}", "split from {grids}"),
    "landFrom": Text("由 {grids} 划出", "land of {grids}"),
    "landTo": Text("土地归 {grids}", "land to {grids}"),
    "comma": Text("、", ", "),
    "noHouseholds": Text("无住户", "no households"),
    "unknown": Text("—", "—"),
    "withheldWhy": Text(
        "“未公开”：1–{n} 的小数字，以及能推算出它们的数字，为保护隐私不公开。",
        "“Withheld”: counts from 1 to {n}, and those that would reveal them, are not published, to protect privacy.",
    ),
    # Lists
    "movedHouseholds": Text("换网格的住户", "Households that move"),
    "movedPersons": Text("换网格的人口", "Persons that move"),
    "changedGrids": Text("有变化的网格", "Grids that change"),
    "flows": Text("从哪个网格到哪个网格", "From which grid to which"),
    "noFlows": Text("没有住户换网格", "No household changes grids"),
    "noChanges": Text("两版网格相同", "Both versions have the same grids"),
    "measure": Text("项目", "Measure"),
    "more": Text("继续显示（还有 {n} 项）", "Show more ({n} left)"),
    "grid": Text("网格", "Grid"),
    "chooseGrid": Text("点击地图上的网格或斜线土地查看详情。", "Click a grid or hatched land on the map for details."),
    # About
    "method": Text("如何对照", "How they are compared"),
    "methodText": Text(
        "左右两图是同一地方调整前后的网格；斜线是换了网格的土地。住户随住处换网格。",
        "Both maps show the same place, its grids before and after; land that changes grids is hatched. A household moves with "
        "the land that it lives on.",
    ),
    "drawing": Text(
        "图上边界化简约 {n} 米；面积和户数按原边界计算。",
        "Borders are simplified by about {n} m in the picture; areas and counts come from the borders as they are.",
    ),
    "crs": Text("计算坐标系 {crs}；地图坐标 WGS 84", "Measured in {crs}; shown in WGS 84"),
    "notes": Text("需要知道", "Worth knowing"),
    "data": Text("数据", "Data"),
    "privacyText": Text("本页只含汇总数字，不含任何住户。", "This page holds totals only, never a household."),
    "noBasemap": Text("不含底图，不访问任何外部网站。", "No basemap; nothing is requested from any other site."),
}

MEASURES: Mapping[str, tuple[Text, str]] = {
    "households": (Text("住户", "Households"), "count"),
    "persons": (Text("人口", "Persons"), "count"),
    "aged_65": (Text("65 岁及以上", "Aged 65+"), "count"),
    "children_0_14": (Text("0–14 岁", "Aged 0–14"), "count"),
    "deviation": (Text("与目标户数之差", "Deviation"), "deviation"),
    "area_m2": (Text("面积", "Area"), "area"),
    "polsby_popper": (Text("紧凑度", "Compactness"), "ratio"),
    "facilities": (Text("设施", "Facilities"), "number"),
    "leader": (Text("网格长", "Grid leader"), "text"),
    "member": (Text("网格员", "Grid member"), "text"),
}
"""Columns of a change sheet that the tables show, by side, in this order: their names, and the unit that they are written in."""

CHANGES: Mapping[str, Text] = {
    "redrawn": Text("重划", "redrawn"),
    "new": Text("新设", "new"),
    "gone": Text("撤销", "retired"),
    "details": Text("改名或改人", "renamed or re-staffed"),
    "people": Text("仅人数变化", "only its people"),
    "same": Text("不变", "unchanged"),
}
