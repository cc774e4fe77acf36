"""The table of closures: streets out of use, as polygons or lines. A row of ``geogrid.rows.tables``."""

from __future__ import annotations

from geogrid.rows.spec import Column, TableSpec
from geogrid.words import Text

CLOSURE_KIND = {
    "flood": "洪水|内涝|积水|水淹|淹没|洪涝|涨水",
    "works": "施工|道路施工|修路|维修|改造|挖掘|road works|roadworks|construction",
    "landslide": "塌方|滑坡|泥石流|山体滑坡|地质灾害",
    "accident": "事故|交通事故",
    "event": "活动|赛事|集市|演练",
}

CLOSURES = TableSpec(
    "closures",
    Text("封闭", "closures"),
    ("line", "polygon"),
    (
        Column(
            "closure_id",
            "id",
            Text("封闭编号", "closure id"),
            "封闭编号|封闭id|封路编号|管制编号|事件编号|closure",
            "编号|id|osm_id",
            required=True,
            fallback=("source_line",),
        ),
        Column("name", "text", Text("封闭名称", "closure name"), "封闭名称|封路名称|管制名称|事件名称", "名称|name_zh"),
        Column(
            "kind",
            "choice",
            Text("封闭原因", "kind of closure"),
            "封闭原因|封闭类型|封路原因|管制类型|管制原因|原因|reason",
            "类型|type",
            choices=CLOSURE_KIND,
            is_open=True,
        ),
        # A flood takes the streets, not the bridges above it.
        Column("ground_only", "bool", Text("仅封地面", "ground only"), "仅封地面|仅地面|只封地面|桥梁不封"),
        Column("valid_from", "text", Text("开始日期", "valid from"), "开始日期|起始日期|封闭开始|开始时间|start|start_date"),
        Column("valid_to", "text", Text("结束日期", "valid to"), "结束日期|截止日期|封闭结束|结束时间|恢复日期|end|end_date"),
    ),
)
