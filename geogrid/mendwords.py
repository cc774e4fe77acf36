"""The rules by which boundaries are mended, in words."""

from __future__ import annotations

from geogrid.words import Text

RULES = {
    "outline": Text("轮廓自相交，已按环重组", "the outline crossed itself and was mended ring by ring"),
    "code": Text("归所在上级区域的一方", "to the one whose parent it lies in"),
    "border": Text("归公共边界最长的相邻一方", "to the neighbour with the longest shared border"),
    "third": Text("两方争议的土地上，较窄的第三方主张不计", "a third claim, narrow, in land that two dispute, was dropped"),
    "cut": Text("位于上级范围之外，已裁去", "outside the parent, cut off"),
}
"""The rules by their key."""
