"""What tables call their columns and codes in front of people, in both languages: add a column by adding a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.settings import ALL
from geogrid.words import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

SHEETS: Mapping[str, Text] = {
    "totals": Text("概况", "Totals"),
    "coverage": Text("覆盖情况", "Coverage"),
    "grids": Text("网格", "Grids"),
    "areas": Text("区域", "Areas"),
    "gaps": Text("覆盖缺口", "Coverage gaps"),
    "facilities": Text("设施统计", "Facility counts"),
    "facilities_by_grid": Text("各网格设施", "Facilities by grid"),
    "facility_list": Text("设施名单", "Facilities"),
    "radius": Text("半径与步行对照", "Radius and walking"),
    "sensitivity": Text("把握程度", "How sure"),
    "defects": Text("边界问题", "Tiling defects"),
    "rejected": Text("未采用的行", "Rejected rows"),
    "inputs": Text("输入文件", "Inputs"),
    "settings": Text("设定", "Settings"),
    "seasons": Text("季节人口", "Seasons"),
    "seasons_by_grid": Text("各网格季节人口", "Seasons by grid"),
    "notes": Text("说明", "Notes"),
    "unreached": Text("离街道过远", "Unreached"),
    "outside": Text("网格外住户", "Outside all grids"),
    "disagreements": Text("网格编号不符", "Claimed grid differs"),
    "findings": Text("可疑之处", "Suspect"),
    "street_use": Text("街道用量", "Street use"),
    "joined": Text("接上的端点", "Ends joined"),
    "loose": Text("没接上的端点", "Ends not joined"),
    "agreement": Text("图与实际", "Picture and times"),
    "catchments": Text("服务范围", "Catchments"),
    "without_catchment": Text("不在任何服务范围", "In no catchment"),
    "access_facilities": Text("各设施", "By facility"),
    "access_grids": Text("各网格", "By grid"),
    "displaced": Text("去不了最近设施的户", "Displaced"),
    "inequality": Text("不平等", "Inequality"),
    "inequality_groups": Text("不平等的组成", "Parts of inequality"),
    "effect": Text("变化", "Effect"),
    "effect_grids": Text("各网格变化", "Effect by grid"),
    "effect_households": Text("受影响住户", "Households affected"),
    "changes": Text("变更", "Changes"),
    "closed": Text("封闭路段", "Closed streets"),
}

COLUMNS: Mapping[str, Text] = {
    "aged_65": Text("65岁及以上", "Aged 65+"),
    "agreeing": Text("一致的比例", "Share that agrees"),
    "area_id": Text("区域编号", "Area id"),
    "area_m2": Text("面积（平方米）", "Area (m²)"),
    "between": Text("组间", "Between"),
    "borderline_share": Text("临界住户比例", "Borderline share"),
    "both": Text("两者都覆盖", "Covered by both"),
    "by": Text("分组", "Grouped by"),
    "change": Text("变化", "Change"),
    "children_0_14": Text("0-14岁", "Aged 0–14"),
    "claimed": Text("文件所写网格", "Claimed grid"),
    "code": Text("原因", "Reason"),
    "column": Text("列", "Column"),
    "computed": Text("按位置所在网格", "Grid by position"),
    "covered": Text("覆盖户数", "Households covered"),
    "crs": Text("坐标系", "CRS"),
    "defect_id": Text("问题编号", "Defect"),
    "demand": Text("需求", "Demand"),
    "deviation": Text("与目标户数偏差", "Deviation from target"),
    "disagree": Text("不一致户数", "Households that differ"),
    "displaced_demand": Text("去不了最近设施的需求", "Displaced demand"),
    "displaced_households": Text("去不了最近设施的户", "Displaced households"),
    "encoding": Text("编码", "Encoding"),
    "end": Text("端点", "End"),
    "expected_en": Text("应为（英文）", "Expected"),
    "expected_zh": Text("应为", "Expected (Chinese)"),
    "extra_m": Text("多走（米）", "Farther by (m)"),
    "facilities": Text("设施数", "Facilities"),
    "facility": Text("设施", "Facility"),
    "facility_after": Text("变化后设施", "Facility after"),
    "facility_before": Text("变化前设施", "Facility before"),
    "facility_id": Text("设施编号", "Facility id"),
    "file": Text("文件", "File"),
    "finding_id": Text("编号", "Finding"),
    "floor_area_m2": Text("建筑面积（平方米）", "Floor area (m²)"),
    "format": Text("格式", "Format"),
    "free": Text("空余", "Free"),
    "from_minutes": Text("自（分钟）", "From (min)"),
    "gap_id": Text("缺口编号", "Gap"),
    "gini": Text("基尼系数", "Gini"),
    "good": Text("采用行数", "Rows used"),
    "grid_id": Text("网格编号", "Grid id"),
    "grid_ids": Text("涉及网格", "Grids"),
    "group": Text("组", "Group"),
    "homes": Text("两侧住户", "Households along it"),
    "household_id": Text("户编号", "Household id"),
    "households": Text("户数", "Households"),
    "households_assumed": Text("未填该季节的户数", "Households without a figure"),
    "id": Text("编号", "Id"),
    "in_range": Text("户数在范围内", "In household range"),
    "inside": Text("网格内", "Inside grids"),
    "inside_over": Text("图内但超时", "Inside, over the limit"),
    "is_full": Text("已满", "Full"),
    "key": Text("项目", "Item"),
    "kind": Text("类型", "Kind"),
    "lat": Text("纬度", "Latitude"),
    "leader": Text("网格长", "Grid leader"),
    "level": Text("层级", "Level"),
    "line": Text("行号", "Line"),
    "lon": Text("经度", "Longitude"),
    "mean": Text("平均", "Mean"),
    "metres": Text("米", "Metres"),
    "metres_nearest": Text("到最近设施（米）", "To the nearest (m)"),
    "minutes": Text("分钟（中位数）", "Minutes (median)"),
    "minutes_added": Text("多用分钟", "Minutes more"),
    "minutes_after": Text("变化后分钟", "Minutes after"),
    "minutes_before": Text("变化前分钟", "Minutes before"),
    "mode": Text("出行方式", "Mode"),
    "most_minutes_added": Text("最多多用分钟", "Most minutes more"),
    "name": Text("名称", "Name"),
    "nearest": Text("最近的设施", "Nearest"),
    "nearest_facility": Text("最近设施", "Nearest facility"),
    "nearest_facility_id": Text("最近设施编号", "Nearest facility id"),
    "no_place_demand": Text("没有位置的需求", "Demand without a place"),
    "note": Text("说明", "Note"),
    "only_radius": Text("仅半径内", "Within radius only"),
    "only_walking": Text("仅步行可达", "Within walking time only"),
    "outside": Text("网格外", "Outside grids"),
    "outside_within": Text("图外但够得着", "Outside, within the limit"),
    "palma": Text("帕尔马比", "Palma"),
    "parent_id": Text("上级编号", "Parent id"),
    "people": Text("人数", "People"),
    "persons": Text("人数", "Persons"),
    "persons_change": Text("人数变化", "Change of persons"),
    "persons_covered_change": Text("覆盖人数变化", "Change of persons covered"),
    "point": Text("位置（经纬度）", "Position (lon, lat)"),
    "radius_m": Text("半径（米）", "Radius (m)"),
    "rank": Text("名次", "Rank"),
    "ratio": Text("每人", "For each"),
    "reason": Text("原因", "Reason"),
    "rejected": Text("未采用行数", "Rows rejected"),
    "remedy_en": Text("改法（英文）", "Remedy"),
    "remedy_zh": Text("改法", "Remedy (Chinese)"),
    "road_id": Text("街道编号", "Street id"),
    "road_ids": Text("街道编号", "Street ids"),
    "row": Text("原行", "Whole row"),
    "rows": Text("行数", "Rows"),
    "score": Text("得分", "Score"),
    "season": Text("季节", "Season"),
    "service": Text("服务", "Service"),
    "services": Text("服务", "Services"),
    "sha256": Text("SHA-256", "SHA-256"),
    "share": Text("覆盖率", "Covered share"),
    "share_after": Text("变化后覆盖率", "Share after"),
    "share_before": Text("变化前覆盖率", "Share before"),
    "share_change": Text("覆盖率变化", "Change of share"),
    "share_cutoff_less": Text("时限少 2 分钟", "Cutoff 2 min less"),
    "share_cutoff_more": Text("时限多 2 分钟", "Cutoff 2 min more"),
    "share_faster": Text("快 10 %", "10 % faster"),
    "share_disagree": Text("不一致的比例", "Share that differs"),
    "share_held": Text("占供给的比例", "Share of supply"),
    "share_of_people": Text("占人数的比例", "Share of people"),
    "share_older": Text("老年人步速", "Older people's pace"),
    "share_slower": Text("慢 10 %", "10 % slower"),
    "share_walking": Text("步行覆盖率", "Share by walking"),
    "share_within_radius": Text("半径覆盖率", "Share within radius"),
    "status": Text("状态", "Status"),
    "status_after": Text("变化后状态", "Status after"),
    "status_before": Text("变化前状态", "Status before"),
    "street_m": Text("离街道（米）", "Metres to street"),
    "supervision_phone": Text("监督电话", "Supervision phone"),
    "supply": Text("供给", "Supply"),
    "suppressed": Text("有未公开数", "Something withheld"),
    "table": Text("表", "Table"),
    "taken": Text("已用", "Taken"),
    "theil": Text("泰尔指数", "Theil"),
    "theil_between": Text("组间", "Between"),
    "theil_within": Text("组内", "Within"),
    "to_road_id": Text("接到街道", "Joined to"),
    "turned_away": Text("被挤走", "Turned away"),
    "uncovered": Text("未覆盖户数", "Households uncovered"),
    "unit": Text("单元", "Unit"),
    "units": Text("单元", "Units"),
    "unmeasured": Text("无法测算", "Unmeasured"),
    "unreached": Text("离街道过远", "Unreached"),
    "value": Text("值", "Value"),
    "ways": Text("经过户次", "Ways"),
    "when": Text("时点", "When"),
    "width_m": Text("宽度（米）", "Width (m)"),
    "within": Text("组内", "Within"),
}

PARTS: Mapping[str, Text] = {
    "share_later": Text("{s} 建成后覆盖率", "{s}: share when planned are built"),
    "share": Text("{s} 覆盖率", "{s}: covered share"),
    "covered": Text("{s} 覆盖户数", "{s}: covered"),
    "uncovered": Text("{s} 未覆盖户数", "{s}: uncovered"),
    "unreached": Text("{s} 离街道过远", "{s}: unreached"),
    "facilities": Text("{s} 设施数", "{s}: facilities"),
    "ways": Text("{s} 经过户数", "{s}: households that pass"),
}
"""Columns that exist per service, by what stands before the service's id; longer prefixes first."""

MEASURE_PARTS: Mapping[str, Text] = {
    "_covered": Text("{m} 覆盖", "{m}: covered"),
    "_uncovered": Text("{m} 未覆盖", "{m}: uncovered"),
    "_unreached": Text("{m} 离街道过远", "{m}: unreached"),
    "_gain": Text("{m} 新增覆盖", "{m}: gain"),
    "_lose": Text("{m} 失去覆盖", "{m}: lose"),
    "_covered_before": Text("{m} 变化前覆盖", "{m}: covered before"),
    "_covered_after": Text("{m} 变化后覆盖", "{m}: covered after"),
    "_nearer": Text("{m} 更近", "{m}: nearer"),
    "_farther": Text("{m} 更远", "{m}: farther"),
    "_lost": Text("{m} 失去覆盖", "{m}: lose"),
    "_no_path": Text("{m} 无路可达", "{m}: no path"),
    "_longer": Text("{m} 绕远", "{m}: longer way"),
    "_drawn": Text("{m} 图内", "{m}: drawn"),
}

CODES: Mapping[str, Text] = {
    ALL: Text("全部服务", "All services at once"),
    "total": Text("合计", "Total"),
    "grid": Text("网格", "Grid"),
    "now": Text("现在", "Now"),
    "later": Text("规划建成后", "With planned"),
    "built": Text("已建", "Built"),
    "upgrading": Text("升级中", "Upgrading"),
    "improving": Text("改善中", "Improving"),
    "planned": Text("规划", "Planned"),
    "hole": Text("空洞", "Hole"),
    "overlap": Text("重叠", "Overlap"),
    "sliver": Text("细缝", "Sliver"),
    "outside_parent": Text("越出上级边界", "Outside its parent"),
    "multi_part": Text("分成多块", "Several parts"),
    "invalid": Text("图形无效", "Invalid shape"),
    "outside": Text("网格之外", "Outside all grids"),
    "covered": Text("已覆盖", "Covered"),
    "uncovered": Text("未覆盖", "Not covered"),
    "unreached": Text("离街道过远", "Unreached"),
    "gains": Text("新增覆盖", "Gains"),
    "loses": Text("失去覆盖", "Loses"),
    "nearer": Text("更近", "Nearer"),
    "farther": Text("更远", "Farther"),
    "other_facility": Text("换了设施", "Another facility"),
    "no_path": Text("无路可达", "No path"),
    "lost": Text("失去覆盖", "Loses"),
    "longer": Text("绕远", "Longer way"),
    "no_households": Text("没有住户", "No households"),
    "piece": Text("断开的街道", "Loose piece"),
    "near_miss": Text("差一点相连", "Near miss"),
    "crossing": Text("交叉无路口", "No junction"),
    "bare": Text("缺街道", "Bare stretch"),
    "unused": Text("无人使用", "Unused"),
    "add": Text("新增", "Add"),
    "move": Text("移动", "Move"),
    "close": Text("关闭", "Close"),
    "open": Text("开放", "Open"),
    "start": Text("起点", "Start"),
    "end": Text("终点", "End"),
    "age": Text("年龄", "Age"),
}
"""Values that stand for something, wherever they appear in the columns of `CODED`."""

CODED = (
    *("level", "service", "when", "status", "kind"),
    *("change", "status_before", "status_after", "end", "by", "reason"),
)


def column_label(column: str, lang: Lang, services: Mapping[str, Text]) -> str:
    """Return what a column is called in front of people; a column without a row here keeps its name.

    Examples
    --------
    >>> column_label("share_medical", "zh", {"medical": Text("医疗", "Medical")})
    '医疗 覆盖率'
    """
    if column in COLUMNS:
        return COLUMNS[column].say(lang)
    named = {**services, ALL: CODES[ALL]}
    for part, text in PARTS.items():
        service = column.removeprefix(f"{part}_")
        if service != column and service in named:
            return text.say(lang).format(s=named[service].say(lang))
    for part, text in MEASURE_PARTS.items():
        measure = column.removesuffix(part)
        if measure != column and measure in COLUMNS:
            return text.say(lang).format(m=COLUMNS[measure].say(lang))
    return column


def code_label(value: object, lang: Lang, services: Mapping[str, Text]) -> object:
    """Return what a coded value is called in front of people; anything else as it is."""
    known = {**CODES, **services}
    return known[value].say(lang) if isinstance(value, str) and value in known else value
