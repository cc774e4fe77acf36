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
    "notes": Text("说明", "Notes"),
    "unreached": Text("离街道过远", "Unreached"),
    "outside": Text("网格外住户", "Outside all grids"),
    "disagreements": Text("网格编号不符", "Claimed grid differs"),
}

COLUMNS: Mapping[str, Text] = {
    "aged_65": Text("65岁及以上", "Aged 65+"),
    "area_id": Text("区域编号", "Area id"),
    "area_m2": Text("面积（平方米）", "Area (m²)"),
    "both": Text("两者都覆盖", "Covered by both"),
    "borderline_share": Text("临界住户比例", "Borderline share"),
    "children_0_14": Text("0-14岁", "Aged 0–14"),
    "claimed": Text("文件所写网格", "Claimed grid"),
    "code": Text("原因", "Reason"),
    "column": Text("列", "Column"),
    "computed": Text("按位置所在网格", "Grid by position"),
    "covered": Text("覆盖户数", "Households covered"),
    "crs": Text("坐标系", "CRS"),
    "defect_id": Text("问题编号", "Defect"),
    "deviation": Text("与目标户数偏差", "Deviation from target"),
    "encoding": Text("编码", "Encoding"),
    "expected_zh": Text("应为", "Expected (Chinese)"),
    "expected_en": Text("应为（英文）", "Expected"),
    "facilities": Text("设施数", "Facilities"),
    "facility_id": Text("设施编号", "Facility id"),
    "file": Text("文件", "File"),
    "floor_area_m2": Text("建筑面积（平方米）", "Floor area (m²)"),
    "format": Text("格式", "Format"),
    "gap_id": Text("缺口编号", "Gap"),
    "good": Text("采用行数", "Rows used"),
    "grid_id": Text("网格编号", "Grid id"),
    "grid_ids": Text("涉及网格", "Grids"),
    "household_id": Text("户编号", "Household id"),
    "households": Text("户数", "Households"),
    "id": Text("编号", "Id"),
    "in_range": Text("户数在范围内", "In household range"),
    "inside": Text("网格内", "Inside grids"),
    "key": Text("项目", "Item"),
    "kind": Text("类型", "Kind"),
    "leader": Text("网格长", "Grid leader"),
    "level": Text("层级", "Level"),
    "line": Text("行号", "Line"),
    "minutes": Text("分钟（中位数）", "Minutes (median)"),
    "name": Text("名称", "Name"),
    "nearest_facility": Text("最近设施", "Nearest facility"),
    "nearest_facility_id": Text("最近设施编号", "Nearest facility id"),
    "note": Text("说明", "Note"),
    "only_radius": Text("仅半径内", "Within radius only"),
    "only_walking": Text("仅步行可达", "Within walking time only"),
    "outside": Text("网格外", "Outside grids"),
    "parent_id": Text("上级编号", "Parent id"),
    "persons": Text("人数", "Persons"),
    "point": Text("位置（经纬度）", "Position (lon, lat)"),
    "radius_m": Text("半径（米）", "Radius (m)"),
    "rank": Text("名次", "Rank"),
    "rejected": Text("未采用行数", "Rows rejected"),
    "remedy_zh": Text("改法", "Remedy (Chinese)"),
    "remedy_en": Text("改法（英文）", "Remedy"),
    "row": Text("原行", "Whole row"),
    "rows": Text("行数", "Rows"),
    "service": Text("服务", "Service"),
    "services": Text("服务", "Services"),
    "share": Text("覆盖率", "Covered share"),
    "share_cutoff_less": Text("时限少 2 分钟", "Cutoff 2 min less"),
    "share_cutoff_more": Text("时限多 2 分钟", "Cutoff 2 min more"),
    "share_faster": Text("快 10 %", "10 % faster"),
    "share_slower": Text("慢 10 %", "10 % slower"),
    "share_walking": Text("步行覆盖率", "Share by walking"),
    "share_within_radius": Text("半径覆盖率", "Share within radius"),
    "sha256": Text("SHA-256", "SHA-256"),
    "status": Text("状态", "Status"),
    "street_m": Text("离街道（米）", "Metres to street"),
    "supervision_phone": Text("监督电话", "Supervision phone"),
    "suppressed": Text("有未公开数", "Something withheld"),
    "table": Text("表", "Table"),
    "uncovered": Text("未覆盖户数", "Households uncovered"),
    "unreached": Text("离街道过远", "Unreached"),
    "value": Text("值", "Value"),
    "when": Text("时点", "When"),
    "width_m": Text("宽度（米）", "Width (m)"),
}

PARTS: Mapping[str, Text] = {
    "share_later": Text("{s} 建成后覆盖率", "{s}: share when planned are built"),
    "share": Text("{s} 覆盖率", "{s}: covered share"),
    "covered": Text("{s} 覆盖户数", "{s}: covered"),
    "uncovered": Text("{s} 未覆盖户数", "{s}: uncovered"),
    "unreached": Text("{s} 离街道过远", "{s}: unreached"),
    "facilities": Text("{s} 设施数", "{s}: facilities"),
}
"""Columns that exist per service, by what stands before the service's id; longer prefixes first."""

MEASURE_PARTS: Mapping[str, Text] = {
    "_covered": Text("{m} 覆盖", "{m}: covered"),
    "_uncovered": Text("{m} 未覆盖", "{m}: uncovered"),
    "_unreached": Text("{m} 离街道过远", "{m}: unreached"),
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
}
"""Values that stand for something, wherever they appear in these columns: level, service, when, status, kind."""

CODED = ("level", "service", "when", "status", "kind")


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
