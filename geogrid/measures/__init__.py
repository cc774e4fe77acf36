"""What standards measure: a function for every row of `geogrid.measuretable.MEASURES`, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.measures.duties import grade, matters_open, matters_overdue, staff
from geogrid.measures.found import Found
from geogrid.measures.land import area, children, compactness, filled, radius, subjects
from geogrid.measures.people import (
    aged_65,
    children_0_14,
    deviation,
    households,
    minutes,
    party_members,
    persons,
    share_covered,
    shared,
    shares_spread,
)
from geogrid.measures.venues import facilities, floor_area, functions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Rule

__all__ = ["FUNCTIONS", "Found"]

FUNCTIONS: Mapping[str, Callable[[Facts, Subjects, npt.NDArray[np.int64], Rule], Found]] = {
    "households": households,
    "persons": persons,
    "aged_65": aged_65,
    "children_0_14": children_0_14,
    "party_members": party_members,
    "area": area,
    "compactness": compactness,
    "deviation": deviation,
    "children": children,
    "subjects": subjects,
    "filled": filled,
    "radius": radius,
    "staff": staff,
    "shares_spread": shares_spread,
    "shared": shared,
    "facilities": facilities,
    "floor_area": floor_area,
    "functions": functions,
    "share_covered": share_covered,
    "minutes": minutes,
    "grade": grade,
    "matters_open": matters_open,
    "matters_overdue": matters_overdue,
}
"""Each takes the place, subjects, the positions of those to measure and the rule, and gives a value for each position."""
