"""What sheets, columns and codes of a workbook of proposed sites are called; rows of `geogrid.labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

SITE_SHEETS: Mapping[str, Text] = {
    "sites": Text("选址点", "Sites"),
    "curve": Text("点数与覆盖", "Coverage by sites"),
    "site_grids": Text("各网格覆盖", "Coverage by grid"),
    "site_covers": Text("各点新增覆盖", "Covered by site"),
    "left_grids": Text("仍未覆盖（网格）", "Uncovered by grid"),
    "left": Text("仍未覆盖（住户）", "Households uncovered"),
    "newly": Text("新增覆盖（住户）", "Households gained"),
    "candidates": Text("候选点", "Candidates"),
    "candidates_far": Text("离街道过远的候选点", "Candidates left out"),
}

SITE_COLUMNS: Mapping[str, Text] = {
    "adds": Text("比少一个点多", "More than with one less"),
    "at_most": Text("不可能超过", "None can beat"),
    "minutes_candidate": Text("到最近候选点（分钟）", "Minutes to a candidate"),
    "weight_covered_before": Text("权重覆盖（前）", "Weight covered before"),
    "weight_covered_after": Text("权重覆盖（后）", "Weight covered after"),
    "candidate_id": Text("候选点编号", "Candidate id"),
    "candidate_ids": Text("候选点编号", "Candidate ids"),
    "capacity": Text("容量", "Capacity"),
    "cost": Text("费用", "Cost"),
    "covers": Text("新增覆盖", "Newly covered"),
    "gain": Text("增益", "Gain"),
    "leaves": Text("去掉它会失去的覆盖", "Uncovered without it"),
    "lost": Text("去掉它的损失", "Lost without it"),
    "served": Text("容量内服务", "Served within capacity"),
    "sites": Text("新增点数", "New sites"),
    "weight": Text("权重", "Weight"),
}

SITE_CODES: Mapping[str, Text] = {
    "no_candidate": Text("没有候选点在时限内能到", "No candidate within the cutoff"),
    "not_chosen": Text("只有未选中的候选点能到", "Only candidates not chosen"),
    "street": Text("沿街", "Along a street"),
    "land": Text("空地", "Land"),
    "building": Text("房屋", "Building"),
    "extension": Text("改扩建", "Extension"),
}
