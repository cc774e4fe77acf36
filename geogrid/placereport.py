"""A place held against its own profile: standards, levels, staff, matters, grades and blind spots, all from one set of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.blindspots import blind_spots
from geogrid.grading import graded
from geogrid.levels import fill
from geogrid.matters import matters_by
from geogrid.staffing import duties
from geogrid.standards import judge

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.facts import Facts
    from geogrid.grading import Grading
    from geogrid.levels import LevelFill
    from geogrid.matters import Matters
    from geogrid.staffing import Staffing
    from geogrid.standards import Judged


@dataclass(frozen=True, eq=False)
class PlaceReport:
    """What came of testing a place; exact, so for the office only.

    Attributes
    ----------
    facts : Facts
        What was tested.
    judged : Judged
        Standards and stated sizes.
    levels : LevelFill
        Whether every level is filled.
    staffing : Staffing
        Who is responsible for what, and what has nobody.
    matters : Matters
        What residents reported, by grid.
    grading : Grading
        Grades by period.
    spots : GeoDataFrame
        Households and buildings in no grid.
    """

    facts: Facts
    judged: Judged
    levels: LevelFill
    staffing: Staffing
    matters: Matters
    grading: Grading
    spots: gpd.GeoDataFrame


def place_report(facts: Facts) -> PlaceReport:
    """Test a place against its profile.

    Parameters
    ----------
    facts : Facts
        The place.

    Returns
    -------
    PlaceReport
    """
    return PlaceReport(facts, judge(facts), fill(facts), duties(facts), matters_by(facts), graded(facts), blind_spots(facts))
