"""The sentences of the page of street data in both languages; ``{name}`` marks what the page puts in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Text] = {
    # Page
    "title": Text("街道数据检查", "Street data check"),
    "office": Text("仅供内部使用", "Office only"),
    "sample": Text("虚构样例镇", "Made-up sample"),
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
    "kinds": Text("显示哪些问题", "Which findings to show"),
    "findings": Text("问题", "Findings"),
    "overview": Text("概况", "Overview"),
    "about": Text("说明", "About"),
    "close": Text("返回", "Back"),
    "closeSheet": Text("收起面板", "Close the panel"),
    "legend": Text("图例", "Legend"),
    # Use
    "useOf": Text("街道用量", "Use of streets"),
    "useAll": Text(
        "街道用量：去最近设施经过的户次（各服务合计）", "Use of streets: ways to nearest facilities (all services together)"
    ),
    "useService": Text("街道用量：去{service}经过的户数", "Use of streets: households on their way to {service}"),
    "everyService": Text("各服务合计", "All services together"),
    "nobody": Text("无人经过", "nobody"),
    "facility": Text("设施", "facility"),
    # Figures
    "households": Text("{n} 户", "{n} households"),
    "persons": Text("{n} 人", "{n} persons"),
    "metres": Text("{n} 米", "{n} m"),
    "kilometres": Text("{n} 公里", "{n} km"),
    "unnamed": Text("街道 {id}", "street {id}"),
    "showMe": Text("定位", "Show me"),
    "streetLength": Text("街道长度", "Length"),
    "pieceLength": Text("这一片街道总长", "Street on this piece"),
    "gap": Text("缺口宽度", "Gap"),
    "medianAway": Text("离最近街道（中位数）", "To the nearest street (median)"),
    "homes": Text("两侧住户", "Households along it"),
    "ways": Text("经过的户数", "Households that pass"),
    "streets": Text("涉及街道", "Streets"),
    "manyStreets": Text("{first} 等 {n} 条", "{first} and {n} in all"),
    "affected": Text("牵涉住户", "Households concerned"),
    "nobodyApart": Text("没有住户因此被隔开", "nobody is cut off by it"),
    "street": Text("街道", "Street"),
    # Lists
    "sorted": Text("按牵涉的户数排列", "most households first"),
    "none": Text("所选类别没有发现问题", "Nothing found of the kinds chosen"),
    "more": Text("继续显示（还有 {n} 项）", "Show more ({n} left)"),
    "hidden": Text("另有 {n} 项未勾选，点上方类别显示", "{n} more are not ticked; tick their kind above the map"),
    "chooseHint": Text("点击列表定位，点击地图查看详情。", "Click a row to go there, or anything on the map for details."),
    # Overview
    "totals": Text("街道总览", "Streets in all"),
    "totalStreets": Text("街道总长", "Street length"),
    "totalPieces": Text("互不相连的片数", "Separate pieces"),
    "onLargest": Text("在最大一片上的住户", "Households on the largest piece"),
    "deadEnds": Text("断头", "Dead ends"),
    "unreached": Text("离街道太远的住户", "Households too far from any street"),
    "onBlocked": Text("在封闭街道上的住户", "Households on closed streets"),
    "blocked": Text("封闭街道", "Closed streets"),
    "byKind": Text("发现的问题", "What was found"),
    "busiest": Text("用量最大的街道", "Busiest streets"),
    # About
    "method": Text("怎样查找", "How this was found"),
    "useMethod": Text(
        "每户到每类服务最近的现有设施走最短的路；一段街道的用量是经过它的户数，一户每类服务计一次。"
        "街道一行显示的是它最繁忙一段的用量。",
        "Every household takes the shortest way to its nearest existing facility of each service; a stretch's use is the number "
        "of households that pass it, once for each service. A street's use is that of its busiest stretch.",
    ),
    "suspect": Text(
        "这些只是疑点，请实地或对照影像核实后再改数据。", "These are suspicions: check on site or on imagery before mending data."
    ),
    "notes": Text("备注", "Notes"),
    "data": Text("数据与隐私", "Data and privacy"),
    "staffText": Text(
        "本页含精确的小数目，只供内部使用，不得公开。",
        "This page holds exact small counts: for the office only, never to publish.",
    ),
    "noRows": Text("不含任何住户的记录或位置。", "It holds no household's record or place."),
    "noBasemap": Text("不含底图，不访问任何外部网站。", "No basemap; nothing is requested from any other site."),
}

KINDS: Mapping[str, tuple[Text, Text]] = {
    "piece": (
        Text("断开的街道", "Loose piece"),
        Text(
            "与最大一片街道不相连的街道，及只能走到这一片之内的住户。",
            "Streets not joined to the largest piece, and who gets no farther than them.",
        ),
    ),
    "near_miss": (
        Text("差一点相连", "Near miss"),
        Text(
            "断头处离同层的另一条街道不到 {near} 米却没有相连（沿街 {meets} 米内能走到的不算）。",
            "A dead end within {near} m of a street on its level that it does not join (unless they meet within {meets} m along "
            "the streets).",
        ),
    ),
    "crossing": (
        Text("交叉无路口", "No junction"),
        Text(
            "两条同层街道交叉却没有共同的顶点；桥、隧道和不同层的不算。",
            "Streets cross on one level without a common vertex; bridges, tunnels and other layers are not meant.",
        ),
    ),
    "bare": (
        Text("缺街道", "Bare stretch"),
        Text(
            "至少 {homes} 户聚在一起，离任何街道都超过 {bare} 米；按 100 米方格画出。",
            "At least {homes} households together, more than {bare} m from every street; drawn in 100 m squares.",
        ),
    ),
    "unused": (
        Text("无人使用", "Unused"),
        Text(
            "街上没有住户，也没有住户去最近设施时经过。",
            "Nobody lives on it, and nobody passes it on the way to a nearest facility.",
        ),
    ),
}
"""Name and explanation of every kind of finding; the explanation's placeholders are the report's limits."""
