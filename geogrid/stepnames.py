"""What the steps of a check are called in front of people: those of the check itself, of a place's standards, of writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS: tuple[tuple[str, Text], ...] = (
    ("read", Text("读取文件", "Reading files")),
    ("datum", Text("核对坐标基准", "Checking the datum")),
    ("tiling", Text("检查网格边界", "Checking the tiling")),
    ("assign", Text("住户与设施归入网格", "Assigning to grids")),
    ("streets", Text("搭建路网", "Building the street network")),
    ("snap", Text("住户与设施落到街道", "Placing points on streets")),
    ("travel", Text("计算出行时间", "Computing travel times")),
    ("coverage", Text("统计覆盖情况", "Counting coverage")),
    ("gaps", Text("查找覆盖缺口", "Finding coverage gaps")),
)
"""Steps in order, with what a progress bar calls them; ``check`` tells each to ``progress``."""

PLACE_STEPS: tuple[tuple[str, Text], ...] = (
    ("standards", Text("检验标准", "Testing standards")),
    ("levels", Text("检查各级是否填满", "Checking that levels are filled")),
    ("staffing", Text("查责任人", "Finding who is responsible")),
    ("matters", Text("统计事项", "Counting matters")),
    ("grading", Text("比较等级", "Comparing grades")),
    ("blind_spots", Text("查找盲区", "Finding blind spots")),
)
"""What a place's profile asks for besides; see `geogrid.placereport`."""

WRITING_STEPS: tuple[tuple[str, Text], ...] = (
    ("publish", Text("隐去小数字", "Withholding small counts")),
    ("themes", Text("生成专题", "Making themes")),
    ("place_page", Text("生成专题地图", "Making the map of themes")),
    ("book", Text("生成内部工作簿", "Making the office's workbook")),
    ("cards", Text("制作公示牌", "Making notice cards")),
    ("write", Text("写出数据", "Writing data")),
    ("pages", Text("生成页面", "Making pages")),
)
"""What comes after; the last two end after the report is written, so it does not time them."""

STEP_NAMES: Mapping[str, Text] = dict(STEPS + PLACE_STEPS + WRITING_STEPS)
