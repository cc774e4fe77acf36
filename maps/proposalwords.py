"""What the page of a proposal says: its figures as rows, and its labels in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = Literal["count", "amount", "share", "metres", "ratio", "minutes", "seconds"]
"""How a figure is written: a whole number, one with decimals, a fraction as per cent, a length, 0 to 1, and times."""


class Figure(NamedTuple):
    """A figure of an answer: its name, how it is written, and which of two is better ("" where neither)."""

    label: Text
    unit: Unit
    better: Literal["", "less", "more"] = ""


FIGURES: Mapping[str, Figure] = {
    # Shares, and units that are merged
    "shares": Figure(Text("片数", "Shares"), "count"),
    "smallest_share": Figure(Text("最小的片", "Smallest share"), "count"),
    "largest_share": Figure(Text("最大的片", "Largest share"), "count"),
    "over_mean": Figure(Text("比本网格平均多出最多", "Most over the mean of its grid"), "share", "less"),
    "reassigned": Figure(Text("换负责人的住户", "Households whose person changes"), "count", "less"),
    "units": Figure(Text("单元数", "Units"), "count"),
    "units_short": Figure(Text("仍不足的单元", "Units still short"), "count", "less"),
    "smallest_unit": Figure(Text("最小的单元", "Smallest unit"), "count"),
    "largest_unit": Figure(Text("最大的单元", "Largest unit"), "count"),
    # Divisions
    "grids": Figure(Text("网格数", "Grids"), "count"),
    "in_range": Figure(Text("范围内网格", "Grids in range"), "count", "more"),
    "out_of_range": Figure(Text("范围外网格", "Grids out of range"), "count", "less"),
    "largest_over": Figure(Text("偏离目标最多", "Farthest from target"), "share", "less"),
    "smallest": Figure(Text("最小网格", "Smallest grid"), "count"),
    "largest": Figure(Text("最大网格", "Largest grid"), "count"),
    "spread": Figure(Text("平均偏离目标", "Mean deviation"), "share", "less"),
    "households_moved": Figure(Text("换网格的住户", "Households that change hands"), "count", "less"),
    "persons_moved": Figure(Text("换网格的人口", "Persons that change hands"), "count", "less"),
    "moved_share": Figure(Text("换网格住户占比", "Share that changes hands"), "share", "less"),
    "border_m": Figure(Text("内部边界总长", "Inner borders"), "metres", "less"),
    "along_share": Figure(Text("边界沿街沿河", "Borders along streets or water"), "share", "more"),
    "compactness": Figure(Text("平均紧凑度", "Mean compactness"), "ratio", "more"),
    "parts_split": Figure(Text("被拆开的单元", "Units split"), "count", "less"),
    "areas_infeasible": Figure(Text("做不到的片区", "Places that cannot be met"), "count", "less"),
    # Sites
    "sites": Figure(Text("新增选址点", "New sites"), "count"),
    "covered_before": Figure(Text("现在覆盖", "Covered today"), "count"),
    "covered_after": Figure(Text("建成后覆盖", "Covered with them"), "count", "more"),
    "gain": Figure(Text("新增覆盖", "Newly covered"), "count", "more"),
    "weight": Figure(Text("总数", "All"), "count"),
    "covered_share": Figure(Text("建成后覆盖率", "Share covered"), "share", "more"),
    "remaining": Figure(Text("仍未覆盖", "Still uncovered"), "count", "less"),
    "price": Figure(Text("总费用", "Price"), "amount", "less"),
    "mean_minutes": Figure(Text("平均用时", "Mean time"), "minutes", "less"),
    "longest_minutes": Figure(Text("最长用时", "Longest time"), "minutes", "less"),
    "value": Figure(Text("目标值", "Value of the aim"), "amount"),
    "bound": Figure(Text("理论界限", "Bound"), "amount"),
    # Zones
    "zones": Figure(Text("片区数", "Zones"), "count"),
    "villages_placed": Figure(Text("编入的村", "Villages placed"), "count", "more"),
    "villages_unplaced": Figure(Text("未编入的村", "Villages in none"), "count", "less"),
    "households": Figure(Text("住户", "Households"), "count", "more"),
    "persons": Figure(Text("人口", "Persons"), "count", "more"),
    "persons_share": Figure(Text("人口占比", "Share of persons"), "share", "more"),
    "fewest_villages": Figure(Text("村最少的片区", "Fewest villages in one"), "count"),
    "most_villages": Figure(Text("村最多的片区", "Most villages in one"), "count"),
    # All
    "mean_m": Figure(Text("平均距离", "Mean distance"), "metres", "less"),
    "longest_m": Figure(Text("最远距离", "Longest distance"), "metres", "less"),
    "gap": Figure(Text("离最优不超过", "At most from the best"), "share", "less"),
    "seconds": Figure(Text("用时", "Seconds"), "seconds"),
}
"""Figures that an answer may have, in the order in which they are shown."""

KINDS: Mapping[str, Text] = {
    "grids": Text("重新划分网格", "Grids from scratch"),
    "even": Text("在现有基础上均衡网格", "Grids evened out"),
    "merge": Text("合并过小的网格", "Small grids merged"),
    "shares": Text("网格内分片包干", "Shares within grids"),
    "sites": Text("设施选址", "Sites for facilities"),
    "zones": Text("村庄组片", "Villages joined into zones"),
}
"""Titles by kind of proposal."""

LABELS: Mapping[str, Text] = {
    "title": Text("{kind} · 建议方案", "{kind} · proposal"),
    "sample": Text("虚构样例", "Made-up sample"),
    "office": Text("仅限内部", "Office only"),
    "officeNote": Text(
        "本页含未经脱敏的准确数字，仅供内部使用，请勿外传。",
        "Exact counts for the office only: do not pass it on.",
    ),
    "sampleNote": Text(
        "这是虚构的样例镇：地名、人员和数字均不真实。",
        "This is a made-up sample town: its names, people and numbers are not real.",
    ),
    "language": Text("语言", "Language"),
    "mapOf": Text("{side}的地图：可用方向键平移，用加减号缩放", "Map, {side}: arrow keys move it, plus and minus zoom"),
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
    "legend": Text("图例", "Legend"),
    "panel": Text("面板", "Panel"),
    "close": Text("返回", "Back"),
    "closeSheet": Text("收起面板", "Close the panel"),
    "tabAnswers": Text("方案", "Proposal"),
    "tabList": Text("清单", "List"),
    "tabTroubles": Text("做不到的", "Not met"),
    "tabAbout": Text("依据", "Basis"),
    # Maps
    "sides": Text("显示哪一边", "Which side to show"),
    "both": Text("并排", "Side by side"),
    "today": Text("现状", "Today"),
    "proposal": Text("建议", "Proposal"),
    "noToday": Text("村居范围", "Villages"),
    "places": Text("受阻之处", "Where it is stopped"),
    "colour": Text("着色", "Colours"),
    "modeClass": Text("按数量", "By number"),
    "modeEach": Text("逐个", "One by one"),
    "legendEach": Text("每个网格一色，两边同色", "One colour for each grid, the same on both sides"),
    "movedSign": Text("换网格的土地", "land that changes hands"),
    "troubleSign": Text("做不到的地方", "cannot be met"),
    "lockedSign": Text("锁定", "locked"),
    "barrierSign": Text("河流等阻隔", "river or other barrier"),
    "fromTo": Text("{from} → {to}", "{from} → {to}"),
    # Answers
    "alternatives": Text("备选方案", "Alternatives"),
    "alternativesHint": Text(
        "点选方案查看地图；加粗的是该项最好的。",
        "Choose one to see it on the map; the best of each figure is bold.",
    ),
    "shown": Text("正在显示", "shown"),
    "unchanged": Text("无需改变", "Nothing to change"),
    "nothing": Text("没有可行的方案", "No proposal is possible"),
    "tradeoff": Text("权衡", "Trade-off"),
    "tradeoffHint": Text(
        "点上的数字是方案序号。",
        "Numbers are those of the alternatives.",
    ),
    "tradeoffAxes": Text("横轴：{x}；纵轴：{y}", "Across: {x}; upwards: {y}"),
    "tradeoffPick": Text("比较哪两项", "Which two to compare"),
    "curve": Text("{what}随选址点数的变化", "{what} by number of sites"),
    "curveSites": Text("新增选址点（个）", "New sites"),
    "curveTotal": Text("全部 {n}", "all: {n}"),
    "curveProven": Text("实心：已证明最优", "filled: proven the best"),
    "curveOpen": Text("空心：未证明最优", "hollow: not proven"),
    "curveBound": Text("虚线：不可能超过的界限", "dashed: what none can beat"),
    "curvePoint": Text("{sites} 个选址点：{value}", "{sites} sites: {value}"),
    # Lists
    "more": Text("继续显示（还有 {n} 项）", "Show more ({n} left)"),
    "listEmpty": Text("没有内容", "Nothing to list"),
    "troubles": Text("做不到的地方", "Where it cannot be met"),
    "troublesNone": Text("没有做不到的地方。", "Nothing stands in the way."),
    "release": Text("放宽任一项即可", "Any one of these would release it"),
    "onMap": Text("在地图上显示", "Show on the map"),
    "choose": Text("点击地图或清单中的一项查看详情。", "Click something on the map or in the list for details."),
    # Basis
    "provenance": Text("怎样得出的", "How it was made"),
    "settings": Text("要求", "What was asked"),
    "inputs": Text("所用数据（指纹）", "Data used (fingerprints)"),
    "notes": Text("需要知道", "Worth knowing"),
    "data": Text("数据", "Data"),
    "privacyText": Text(
        "本页只有汇总数字，不含任何住户的位置或编号。",
        "Totals only: no household's place or id is in this page.",
    ),
    "drawing": Text(
        "图上边界化简约 {n} 米；数字按原边界计算。",
        "Borders are simplified by about {n} m in the picture; figures are not.",
    ),
    "noBasemap": Text("不含底图，不访问任何外部网站。", "No basemap; nothing is requested from any other site."),
    # Units
    "unknown": Text("—", "—"),
    "metres": Text("{n} 米", "{n} m"),
    "kilometres": Text("{n} 公里", "{n} km"),
    "minutes": Text("{n} 分钟", "{n} min"),
    "seconds": Text("{n} 秒", "{n} s"),
}
