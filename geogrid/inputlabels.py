"""What tables of an input, levels of areas and reasons for rejecting rows are called in front of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE_NAMES: Mapping[str, Text] = {
    "grids": Text("网格", "Grids"),
    "areas": Text("区域", "Areas"),
    "units": Text("单元", "Units"),
    "households": Text("住户", "Households"),
    "facilities": Text("设施", "Facilities"),
    "roads": Text("道路", "Streets"),
    "add_streets": Text("新增道路", "Added streets"),
    "closures": Text("封闭", "Closures"),
    "points": Text("点", "Points"),
    "buildings": Text("建筑", "Buildings"),
    "staff": Text("人员", "Staff"),
    "events": Text("事项", "Matters"),
    "grades": Text("等级", "Grades"),
    "area_members": Text("区域成员", "Members of areas"),
}
"""Every table that a check reads."""

LEVEL_NAMES: Mapping[str, Text] = {
    "county": Text("区县", "County"),
    "township": Text("乡镇（街道）", "Township"),
    "village": Text("村（社区）", "Village or community"),
    "zone": Text("片区", "Zone"),
    "community": Text("社区", "Community"),
    "urban": Text("城镇", "Urban"),
    "rural": Text("农村", "Rural"),
}
"""Levels, and urban or rural, as the tables of areas and grids write them."""

PROBLEM_NAMES: Mapping[str, Text] = {
    "missing_value": Text("缺少必填值", "value missing"),
    "not_a_number": Text("不是数字", "not a number"),
    "not_whole": Text("不是整数", "not a whole number"),
    "out_of_range": Text("超出允许范围", "out of range"),
    "latitude_longitude_swapped": Text("经纬度颠倒", "longitude and latitude swapped"),
    "not_a_period": Text("不是周期", "not a period"),
    "closed_before_opened": Text("办结早于受理", "closed before it was opened"),
    "null_island": Text("坐标为 0,0", "coordinates 0,0"),
    "out_of_bounds_coordinate": Text("坐标超出范围", "coordinate out of bounds"),
    "far_away": Text("离其他行太远", "far from all other rows"),
    "duplicate_id": Text("编号重复", "duplicate id"),
    "unknown_choice": Text("不在可选值之内", "not one of the choices"),
    "unknown_service": Text("未知服务", "unknown service"),
    "parts_exceed_total": Text("分项之和超过总数", "parts exceed the total"),
    "missing_geometry": Text("没有图形或坐标", "no geometry"),
    "invalid_geometry": Text("图形无效", "invalid geometry"),
    "wrong_geometry_kind": Text("图形类型不符", "wrong kind of geometry"),
    "empty_geometry": Text("图形为空", "empty geometry"),
    "non_finite_coordinate": Text("坐标不是有限数", "coordinate not finite"),
    "too_long_text": Text("文字太长", "text too long"),
    "control_character": Text("含控制字符", "control character"),
    "not_a_date": Text("不是日期", "not a date"),
    "lost_digits": Text("长编号丢了末几位", "long id lost its last digits"),
    "too_complex_geometry": Text("图形过于复杂", "geometry too complex"),
    "malformed_row": Text("这一行读不成表格", "row cannot be read"),
    "unreadable_text": Text("文字编码无法识别", "text cannot be read"),
    "malformed_feature": Text("这一要素读不出来", "feature cannot be read"),
    "malformed_geometry": Text("图形读不出来", "geometry cannot be read"),
}
"""What is wrong with a rejected row, in short; `geogrid.rows.problems` says what was expected."""
