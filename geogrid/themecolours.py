"""Colours of what themes show where the profile names none; the map takes them from here.

Within a family they differ for every kind of colour vision, and by lightness in print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COLOURS: Mapping[str, str] = {
    "pass": "#8ec3e6",
    "fail": "#c43c12",
    "incomplete": "#e9e0c6",
    "built": "#0f4c81",
    "upgrading": "#4f97cf",
    "improving": "#a3d5e0",
    "planned": "#f2c14b",
    "missing": "#b3261e",
    "grade_1": "#2468a2",
    "grade_2": "#a2cfea",
    "grade_3": "#f6cd78",
    "grade_4": "#b8430e",
    "rose": "#2a6db0",
    "fell": "#d0560f",
    "same": "#d0d6d9",
    "unclear": "#e9e0c6",
    "new": "#f2dc86",
    "gone": "#8d8a82",
    "nothing": "#eceae4",
}
"""By the names of classes."""

GROUPS: tuple[str, ...] = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Colours that tell neighbouring groups apart and mean nothing else (Okabe and Ito, without black)."""
