"""What the roles of staff are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Mapping[str, Text] = {
    "leader": Text("网格长", "Grid leader"),
    "member": Text("网格员", "Grid member"),
    "deputy": Text("副网格长", "Deputy grid leader"),
    "manager": Text("网格管理员", "Grid manager"),
    "building_leader": Text("楼长", "Building leader"),
    "stairwell_leader": Text("单元长", "Stairwell leader"),
    "centre_household": Text("党员中心户", "Party centre household"),
    "cadre": Text("包联干部", "Cadre"),
    "police": Text("民警", "Police officer"),
    "part_time": Text("兼职委员", "Part-time member"),
    "firm": Text("共建企业", "Partner firm"),
    "partner": Text("共建单位", "Partner organisation"),
    "medical": Text("医生", "Doctor"),
}
"""Names of the roles that the table of staff knows; others are shown as written."""
