"""The sentences of the page of reach in both languages; ``{name}`` marks what the page puts in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Text] = {
    # Page
    "title": Text("可达范围示意图", "Pictures of reach"),
    "titleStaff": Text("可达范围示意图（内部）", "Pictures of reach (office)"),
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
    "service": Text("服务", "Service"),
    "tabs": Text("面板", "Panels"),
    "picture": Text("范围", "Reach"),
    "about": Text("说明", "About"),
    "closeSheet": Text("收起面板", "Close the panel"),
    "legend": Text("图例", "Legend"),
    # What is seen
    "isPicture": Text(
        "这是示意图。一户是否被覆盖，看这一户自己的出行时间，不看是否落在色块里。",
        "These are pictures. Whether a household is covered follows from its own travel time, not from a coloured patch.",
    ),
    "legendTitle": Text("{service}：{mode}到{facility}的时间", "{service}: time {mode} to {facility}"),
    "nearest": Text("最近设施", "the nearest facility"),
    "band": Text("{from}–{to} 分钟", "{from}–{to} min"),
    "first": Text("{to} 分钟内", "up to {to} min"),
    "beyond": Text(
        "不着色：超过 {to} 分钟，或离街道超过 {snap} 米", "no colour: over {to} min, or more than {snap} m from a street"
    ),
    "built": Text("现有设施（实心）", "existing (filled)"),
    "planned": Text("规划设施（空心）", "planned (hollow)"),
    "catchmentSign": Text("最近设施的分界", "border between catchments"),
    "facility": Text("看哪处设施", "Facility"),
    "everyFacility": Text("全部设施（取最近的）", "All (the nearest one)"),
    "pickHint": Text("也可以点击地图上的设施符号。", "Or click a facility on the map."),
    "onlyWhole": Text("本图只画了各服务的总范围。", "Only services as a whole were drawn."),
    "areas": Text("能及时到达的范围", "Area that reaches it in time"),
    "within": Text("{to} 分钟内", "within {to} min"),
    "squareKm": Text("{n} 平方公里", "{n} km²"),
    "nothing": Text("无", "none"),
    "backToAll": Text("看全部设施", "Show all facilities"),
    "tooFar": Text("离街道太远，没有可达范围", "too far from any street: no picture"),
    "clickAlone": Text("点击只看这一处", "click to see it alone"),
    # Staff
    "catchments": Text("服务范围（最近设施）", "Catchments (nearest facility)"),
    "showCatchments": Text("在图上显示分界", "Show their borders on the map"),
    "catchmentsHint": Text(
        "住户归最近的设施；图上每个{over}整体归给其中多数人最近的那一处。",
        "Households belong to their nearest facility; on the map each {over} goes to the one nearest for most of its people.",
    ),
    "over_units": Text("单元", "unit"),
    "over_grids": Text("网格", "grid"),
    "catchmentRow": Text(
        "{households} 户 {persons} 人 · 图上相符 {agreeing}",
        "{households} households, {persons} persons · {agreeing} of the patch agree",
    ),
    "noPatch": Text("图上没有它的色块", "no patch of its own"),
    "catchmentTip": Text("最近设施：{name}（图上相符 {agreeing}）", "Nearest: {name} ({agreeing} agree)"),
    "agreement": Text("图与住户自身时间不符", "Households the picture is wrong about"),
    "agreementTotal": Text("{n} 户（{share}）", "{n} ({share})"),
    "agreementRow": Text(
        "图内超时 {inside} 户，图外及时 {outside} 户", "{inside} inside but over time, {outside} outside but in time"
    ),
    # About
    "method": Text("如何绘制", "How it is drawn"),
    "methodText": Text(
        "每隔 {spacing} 米取一点，像住户一样落到最近的街道（不超过 {snap} 米），沿街道走到设施，算出时间，再画等时线。",
        "A place every {spacing} m is treated as a household would be: put on the nearest street (at most {snap} m away) and "
        "sent along the streets to the facility; lines of equal time are drawn between them.",
    ),
    "cleaning": Text(
        "边界化简不超过 {tolerance} 米；小于 {island} 公顷且没有设施的孤块略去，小于 {hole} 公顷的空洞填上。",
        "Borders are simplified by at most {tolerance} m; islands below {island} ha without a facility are left out, holes below "
        "{hole} ha are filled.",
    ),
    "cleaned": Text(
        "本图：略去孤块 {islands} 处，填上空洞 {holes} 处。", "In this picture: {islands} islands left out, {holes} holes filled."
    ),
    "speed": Text("出行方式：{mode}，{pace}。", "Way of travelling: {mode}, {pace}."),
    "direction": Text(
        "时间是从所在地到设施，单行道照此计算。", "Times are from the place to the facility, one-way streets included."
    ),
    "notes": Text("备注", "Notes"),
    "data": Text("数据", "Data"),
    "publicText": Text(
        "本图只由街道和设施得出，不含任何住户。", "Drawn from streets and facilities alone; it holds no household."
    ),
    "staffText": Text("含住户的准确户数，请勿外传。", "Holds exact counts of households: do not pass it on."),
    "noBasemap": Text("不含底图，不访问任何外部网站。", "No basemap; nothing is requested from any other site."),
}
