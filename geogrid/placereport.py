"""A place held against its own profile: standards, levels, staff, matters, grades and blind spots, all from one set of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.blindspots import blind_spots
from geogrid.clock import Clock
from geogrid.grading import graded
from geogrid.levels import fill
from geogrid.matters import matters_by
from geogrid.staffing import duties
from geogrid.standards import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    seconds : mapping
        Seconds per step, by the ids of `stepnames.PLACE_STEPS`.
    """

    facts: Facts
    judged: Judged
    levels: LevelFill
    staffing: Staffing
    matters: Matters
    grading: Grading
    spots: gpd.GeoDataFrame
    seconds: Mapping[str, float]


PARTS: Mapping[str, Callable[[Facts], Any]] = {
    "standards": judge,
    "levels": fill,
    "staffing": duties,
    "matters": matters_by,
    "grading": graded,
    "blind_spots": blind_spots,
}
"""What a place is tested by, in the order of the fields of `PlaceReport`, by the ids of `stepnames.PLACE_STEPS`."""


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
    clock = Clock()
    found = [_timed(clock, step, part, facts) for step, part in PARTS.items()]
    return PlaceReport(facts, *[*found, clock.seconds])


def _timed(clock: Clock, step: str, part: Callable[[Facts], Any], facts: Facts) -> Any:
    with clock.step(step):
        return part(facts)
