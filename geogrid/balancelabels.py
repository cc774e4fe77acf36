"""What sheets and columns of a workbook of proposed grids are called; rows of `geogrid.labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

BALANCE_SHEETS: Mapping[str, Text] = {
    "alternatives": Text("备选方案", "Alternatives"),
    "proposed": Text("建议网格", "Proposed grids"),
    "today_grids": Text("现有网格", "Grids today"),
    "obstacles": Text("做不到的地方", "Not possible"),
    "moves": Text("逐步调整", "Moves"),
    "merged": Text("合并结果", "Merged"),
    "shares": Text("分片", "Shares"),
    "made_from": Text("依据", "Made from"),
}

BALANCE_COLUMNS: Mapping[str, Text] = {
    "plan": Text("方案", "Plan"),
    "style": Text("侧重", "Leans to"),
    "area": Text("村（社区）", "Village"),
    "is_locked": Text("锁定", "Locked"),
    "moved_in": Text("划入户数", "Households in"),
    "moved_out": Text("划出户数", "Households out"),
    "why": Text("原因", "Why"),
    "releases": Text("怎样才行", "What would release it"),
    "is_proven": Text("已证明", "Proven"),
    "step": Text("步骤", "Step"),
    "piece": Text("地块", "Piece"),
    "from_before": Text("划出方原有户数", "Giver before"),
    "from_after": Text("划出方现有户数", "Giver after"),
    "to_before": Text("划入方原有户数", "Taker before"),
    "to_after": Text("划入方现有户数", "Taker after"),
    "beyond_before": Text("原先超出或不足合计", "Beyond the range before"),
    "beyond_after": Text("之后超出或不足合计", "Beyond the range after"),
    "out_before": Text("原先范围外网格", "Out of range before"),
    "out_after": Text("之后范围外网格", "Out of range after"),
    "share_id": Text("片号", "Share"),
    "staff_before": Text("原负责人", "Before"),
    "unit_ids": Text("合并的单元", "Units joined"),
    "value_before": Text("合并前最少", "Least before"),
    "value_after": Text("合并后", "Joined"),
    "members": Text("人数", "Members"),
}
