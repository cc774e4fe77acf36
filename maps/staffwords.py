"""What the staff's map says, in both languages; what it shares with the public map stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text
from maps.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = (
    "sample", "sampleNote", "language", "map", "osm", "madeWith", "zoomIn", "zoomOut", "fit", "service", "when", "now", "later",
    "tabs", "layers", "about", "close", "closeSheet", "legend", "minutes", "metres", "kilometres", "noPath", "unknown",
    "hits", "grid", "privacy",
)  # fmt: skip
"""Words of the public map that mean the same here."""

STAFF_LABELS: Mapping[str, Text] = {
    **{key: LABELS[key] for key in SHARED},
    "title": Text("逐户路线说明", "Why covered, why not"),
    "home": Text("← 首页", "← Start page"),
    "staffOnly": Text("内部", "Staff"),
    "staffNote": Text(
        "本页显示住户，仅供工作人员使用，请勿截图外传。", "This page shows households. For staff only: do not pass it on."
    ),
    # The door
    "doorTitle": Text("工作人员入口", "For staff"),
    "doorText": Text(
        "请输入令牌。令牌只留在这个页面的内存里，关闭或刷新后需重新输入。",
        "Enter the token. It stays in this page's memory only: close or reload the page and it is gone.",
    ),
    "trouble": Text("住户地图打不开", "The households cannot be shown"),
    "token": Text("令牌", "Token"),
    "enter": Text("进入", "Enter"),
    "leave": Text("退出", "Leave"),
    "left": Text("已退出。", "You have left."),
    "opening": Text("正在读取…", "Loading…"),
    "wrongToken": Text("令牌不对，请核对。", "This is not the token. Check it."),
    "tooMany": Text("错误次数太多，请 {n} 秒后再试。", "Too many wrong tokens. Try again in {n} s."),
    "failed": Text("读取失败：{text}", "Could not be loaded: {text}"),
    "offline": Text("连不上服务，请检查网络后重试。", "The service cannot be reached. Check the connection and try again."),
    "retry": Text("重试", "Try again"),
    # Tabs
    "households": Text("住户", "Households"),
    # Legend
    "legendTitle": Text("{service}：{min} 分钟内{mode}", "{service}: within {min} min, {mode}"),
    **{f"status_{key}": LABELS[key] for key in ("covered", "uncovered", "unreached")},
    "facilityNow": Text("提供这项服务的设施", "facility that offers it"),
    "facilityLater": Text("规划设施（空心）", "planned (hollow)"),
    "wayShown": Text("选中的路线", "the way looked at"),
    "wayOther": Text("其他路线", "other ways"),
    "crow": Text("直线", "straight line"),
    # Search
    "search": Text("输入户编号", "Household id"),
    "noHits": Text("没有编号含“{text}”的住户", "No household id contains “{text}”"),
    # Overview
    "all": Text("总计", "All"),
    "pick": Text(
        "点击地图上的住户，或输入户编号，查看它怎样走到最近的设施。",
        "Click a household on the map, or enter its id, to see how it gets to the nearest facilities.",
    ),
    "farthest": Text("最远的未覆盖住户", "Farthest of the uncovered"),
    "farthestHint": Text("无路可达在前，其余按分钟", "no path first, then by minutes"),
    "noneFar": Text("所有住户都已覆盖", "Every household is covered"),
    "modeRow": Text("{mode}，{pace}，时限 {min} 分钟", "{mode}, {pace}, cutoff {min} min"),
    "atLatest": Text("按现有设施", "with existing facilities"),
    "withLater": Text("含规划设施", "with planned facilities"),
    # A household
    "household": Text("住户", "Household"),
    "inGrid": Text("网格 {name}", "Grid {name}"),
    "outside": Text("不在任何网格内", "in no grid"),
    "toStreet": Text("离最近的街道 {n}", "{n} from the nearest street"),
    "nearest": Text("最近的 {n} 处设施", "The {n} nearest facilities"),
    "nearestOne": Text("只走得到这一处设施", "The only facility within reach"),
    "noWays": Text("没有可走的路线", "There is no way to show"),
    "wayLine": Text("路程 {metres}，直线 {straight}", "{metres} on the way, {straight} straight"),
    "ratio": Text("路程是直线的 {n} 倍", "{n} times the straight line"),
    "legs": Text("分段", "Parts"),
    "leg_to_street": Text("走到街道（直线）", "to the street (straight)"),
    "leg_along": Text("沿街道", "along the streets"),
    "leg_from_street": Text("街道到设施（直线）", "from the street (straight)"),
    "streetsPassed": Text("依次经过", "Streets passed"),
    "unnamed": Text("无名道路", "unnamed street"),
    "moreStreets": Text("…另 {n} 段", "… {n} more"),
    # About
    "how": Text("怎样计算", "How it is computed"),
    "howText": Text(
        "路线与检查报告用同一算法：住户直走到最近的街道（虚线），沿街道走最省时的路（实线），再直走到设施（虚线）。单行道和封闭道路按数据执行。",
        "The ways are those of the check itself: straight to the nearest street (dashed), the quickest way along the streets "
        "(solid), straight to the facility (dashed). One-way streets and closures are obeyed as the data have them.",
    ),
    "privacyText": Text(
        "住户数据只发给有权限的工作人员，不进缓存，不进日志，也不进公开页面；本页不把它们写入浏览器。",
        "Households are sent only to staff who may see them; they enter no cache, no log and no public page, and this page "
        "writes them nowhere in the browser.",
    ),
}
