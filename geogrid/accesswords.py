"""What may be asked of accessibility, by name: ways to share, what is shared, how those far away count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS: Mapping[str, Text] = {
    "2sfca": Text("两步移动搜索法", "two-step floating catchment area"),
    "e2sfca": Text("增强的两步移动搜索法", "enhanced two-step floating catchment area"),
    "nearest": Text("就近分配，满员为止", "nearest facility with room"),
}
SUPPLIES: Mapping[str, Text] = {
    "capacity": Text("容量", "capacity"),
    "floor_area_m2": Text("建筑面积（平方米）", "floor area (m²)"),
}
DECAY_NAMES = ("none", "step", "step_fast", "gaussian", "linear", "power", "exponential")
"""The rows of ``access.DECAYS``."""
