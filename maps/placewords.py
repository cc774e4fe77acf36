"""The sentences of the page of a place's themes in both languages; ``{name}`` marks what the page puts in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Text] = {
    # Page
    "subtitle": Text("网格化治理专题地图", "Grid governance: map of themes"),
    "office": Text("仅供内部使用", "Office only"),
    "officeShort": Text("内部", "office"),
    "language": Text("语言", "Language"),
    "map": Text("地图：可用方向键平移，用加减号缩放", "Map: arrow keys move it, plus and minus zoom"),
    "madeWith": Text("geogrid {version}", "geogrid {version}"),
    "zoomIn": Text("放大", "Zoom in"),
    "zoomOut": Text("缩小", "Zoom out"),
    "fit": Text("显示全部", "Show everything"),
    "panel": Text("主题、清单和说明", "Themes, list and notes"),
    "tabs": Text("面板", "Panels"),
    "themes": Text("主题", "Themes"),
    "list": Text("清单", "List"),
    "about": Text("说明", "About"),
    "back": Text("返回", "Back"),
    "closeSheet": Text("收起面板", "Close the panel"),
    "legend": Text("图例", "Legend"),
    "search": Text("按名称或编号查找", "Search by name or number"),
    "hits": Text("找到 {n} 项", "{n} found"),
    "noHits": Text("没有找到“{text}”", "Nothing found for '{text}'"),
    "chooseTheme": Text("选择主题", "Choose a theme"),
    "chooseTime": Text("选择时间", "Choose a time"),
    "found": Text("本主题", "here"),
    "elsewhere": Text("其他", "other"),
    # Time
    "changes": Text("变化", "Changes"),
    "from": Text("从", "From"),
    "to": Text("到", "to"),
    "fromTo": Text("{from} → {to}", "{from} → {to}"),
    "rose": Text("上升", "Rose"),
    "fell": Text("下降", "Fell"),
    "same": Text("不变", "Same"),
    "unclear": Text("不可比", "Not comparable"),
    "new": Text("新增", "New"),
    "gone": Text("不再列入", "No longer listed"),
    "notListed": Text("未列入", "not listed"),
    # Legend
    "total": Text("共 {n} 个", "{n} in all"),
    "switchHint": Text("点图例可隐藏或显示一类", "Click a class to hide or show it"),
    "nothingDrawn": Text("这个时间没有可画的内容", "Nothing to draw at this time"),
    "facts": Text("数字", "Figures"),
    "notes": Text("备注", "Notes"),
    # List
    "toAct": Text("要处理", "To act on"),
    "everything": Text("全部", "All"),
    "which": Text("列出哪些", "What to list"),
    "inOrder": Text("按轻重排列", "most pressing first"),
    "deepestFirst": Text("降得最多的在前", "deepest fall first"),
    "worstFirst": Text("最差的一类在前", "worst class first"),
    "nothingToAct": Text("没有要处理的。", "Nothing to act on."),
    "nobodyFell": Text("没有下降的。", "Nothing fell."),
    "nothingListed": Text("没有可列的；图例里隐藏的类不列。", "Nothing to list; classes hidden in the legend are left out."),
    "hiddenClasses": Text("另有 {n} 项因图例中隐藏而未列出。", "{n} more are hidden in the legend and not listed."),
    "more": Text("继续显示（还有 {n} 项）", "Show more ({n} left)"),
    "others": Text("另有 {n} 项，见地图页面。", "{n} more: see the page itself."),
    "moves": Text("从哪一类到哪一类", "From which class to which"),
    "showMe": Text("定位", "Show me"),
    "noPlace": Text("没有位置，不在地图上", "No position: not on the map"),
    # Details
    "class": Text("类别", "Class"),
    "value": Text("数值", "Value"),
    "advice": Text("建议", "What to do"),
    "overTime": Text("各时间", "Over time"),
    "change": Text("变化", "Change"),
    "inTheme": Text("主题：{name}", "Theme: {name}"),
    # About
    "reading": Text("怎样看", "How to read it"),
    "readingText": Text(
        "先选主题，再选时间。颜色见图例，最好的一类在前；斜线、虚线或空心表示资料不全等不能与其他类比较的情形。"
        "点地图或清单中的一项，看数值和建议。",
        "Choose a theme, then a time. Colours are explained in the legend, the best class first; hatching, dashes or a hollow "
        "sign mark what cannot be compared with the rest, such as incomplete data. Click the map or a row of the list for values "
        "and advice.",
    ),
    "changesText": Text(
        "“变化”比较两个时间：到更好的一类为上升，到更差的一类为下降；任一时间属于带斜线的类，则不可比。",
        "Changes compares two times: to a better class is a rise, to a worse one a fall; where either time has a hatched class, "
        "the two are not comparable.",
    ),
    "allThemes": Text("全部主题", "All themes"),
    "data": Text("数据与隐私", "Data and privacy"),
    "officeText": Text(
        "本页含内部主题，只供内部使用，不得公开。",
        "This page holds themes for the office: never to publish.",
    ),
    "noRows": Text("不含任何住户的记录或位置。", "It holds no household's record or place."),
    "noBasemap": Text("不含底图，不访问任何外部网站。", "No basemap; nothing is requested from any other site."),
    "metres": Text("{n} 米", "{n} m"),
    "kilometres": Text("{n} 公里", "{n} km"),
}
