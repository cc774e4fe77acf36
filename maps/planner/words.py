"""What the planner's page says, in both languages; each part of the page brings its own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FRAME: Mapping[str, Text] = {
    "title": Text("网格规划台", "Planner's desk"),
    "home": Text("首页", "Start page"),
    "language": Text("语言", "Language"),
    "plan": Text("方案", "Plan"),
    "map": Text("地图：方向键平移，加减号缩放", "Map: arrow keys move it, plus and minus zoom"),
    "tools": Text("工具", "Tools"),
    "panels": Text("面板", "Panels"),
    "zoomIn": Text("放大", "Zoom in"),
    "zoomOut": Text("缩小", "Zoom out"),
    "fit": Text("显示全部", "Show everything"),
    "loading": Text("正在读取…", "Loading…"),
    "failed": Text("没有成功：{why}", "It did not work: {why}"),
    "offline": Text(
        "连不上服务：改动先保存在本机，连上后自动补交", "No connection: changes are kept here and sent once it is back"
    ),
    "close": Text("关闭", "Close"),
    "showMe": Text("在地图上看", "Show me"),
    "baseVersion": Text("第 {n} 版", "Version {n}"),
    "readOnly": Text("只读", "Read only"),
    "undo": Text("撤销", "Undo"),
    "redo": Text("重做", "Redo"),
    "madeWith": Text("geogrid {version}", "geogrid {version}"),
}

TOOLS: Mapping[str, Text] = {
    "toolSelect": Text("选择网格", "Select a grid"),
    "toolMerge": Text("合并网格", "Merge grids"),
}

PREVIEW: Mapping[str, Text] = {
    "previewTitle": Text("这样改的结果", "What this would do"),
    "confirm": Text("确认", "Do it"),
    "cancel": Text("取消", "Cancel"),
    "refused": Text("不能这样改", "This cannot be done"),
    "beforeAfter": Text("{before} → {after}", "{before} → {after}"),
    "people": Text("换网格：{households} 户 {persons} 人", "Changing grid: {households} households, {persons} people"),
    "nobodyMoves": Text("没有住户换网格", "No household changes grid"),
}

GRIDS: Mapping[str, Text] = {
    "panelGrids": Text("网格", "Grids"),
    "grid": Text("网格", "Grid"),
    "households": Text("户数", "Households"),
    "deviation": Text("偏差", "Deviation"),
    "compactness": Text("紧凑度", "Compactness"),
    "leader": Text("网格长", "Leader"),
    "unknown": Text("不详", "unknown"),
    "range": Text("户数范围 {low}–{high}，目标 {target}", "Households {low}–{high}, target {target}"),
    "inRange": Text("{n} 个在范围内", "{n} in range"),
    "below": Text("{n} 个偏少", "{n} below"),
    "above": Text("{n} 个偏多", "{n} above"),
}

LABELS: Mapping[str, Text] = {**FRAME, **TOOLS, **PREVIEW, **GRIDS}
