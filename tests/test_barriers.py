"""Rivers, railways and trunk roads: on which sides a grid stands, and what lies across."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, box

from geogrid.barriers import crossed, opened, sides_of, unlived, ways_across

RIVER = LineString([(100, -50), (100, 150)])
"""Between x = 0 and x = 200 in the drawings below, at 100."""


def across(now: object, before: object, got: object, *lines: object) -> float:
    found = crossed(now, before, got, list(lines))
    return 0.0 if found is None else float(found.area)


def test_sides() -> None:
    assert sorted(shapely.area(sides_of(box(0, 0, 200, 50), np.array([RIVER])))) == [5_000, 5_000]
    assert shapely.area(sides_of(box(0, 0, 90, 50), np.array([RIVER]))).tolist() == [4_500]
    bend = LineString([(50, -10), (50, 20), (60, 20), (60, -10)])
    assert sorted(shapely.area(sides_of(box(0, 0, 200, 50), np.array([bend])))) == [200, 9_800]


def test_a_hole_is_no_side() -> None:
    ring = box(0, 0, 200, 50) - box(80, 10, 120, 40)
    assert sorted(shapely.area(sides_of(ring, np.array([RIVER])))) == [4_400, 4_400]


@pytest.mark.parametrize(
    ("river_at", "left_to", "got_to", "refused_m2"),
    [
        (100, 100, 150, 2_500),  # the river is the border
        (105, 100, 150, 2_250),  # 5 m beyond it
        (95, 100, 150, 2_500),  # 5 m inside: the grid's own 5 % x 0.95 beyond the river are a fringe
        (105, 100, 105, 0),  # up to the river
        (200, 100, 150, 0),  # far away
        (60, 100, 150, 0),  # the grid stands on both sides
    ],
)
def test_land_beyond_the_river(river_at: float, left_to: float, got_to: float, refused_m2: float) -> None:
    river = LineString([(river_at, -50), (river_at, 150)])
    former = box(-1, 0, left_to, 50)
    got = box(left_to, 0, got_to, 50)
    assert across(former | got, former, got, river) == refused_m2


def test_a_grid_gets_land_on_a_side_where_it_stands() -> None:
    """It lies across the river already, with a fifth of its land: more of that side is fine."""
    former = box(0, 0, 125, 50)
    assert across(box(0, 0, 200, 50), former, box(125, 0, 200, 50), RIVER) == 0


def test_a_bridge_is_a_gap() -> None:
    """What dangles divides nothing, and two pieces with a gap of 10 m dangle."""
    pieces = [LineString([(100, -50), (100, 20)]), LineString([(100, 30), (100, 150)])]
    assert across(box(0, 0, 200, 50), box(0, 0, 100, 50), box(100, 0, 200, 50), *pieces) == 0
    assert across(box(0, 0, 200, 50), box(0, 0, 100, 50), box(100, 0, 200, 50), MultiLineString([*pieces, RIVER])) == 5_000


def test_several_rivers() -> None:
    """Rivers at 100 and 150: land between and beyond is across, both pieces are named."""
    second = LineString([(150, -50), (150, 150)])
    found = crossed(box(0, 0, 200, 50), box(0, 0, 100, 50), box(100, 0, 200, 50), [RIVER, second])
    assert [part.area for part in found.geoms] == [2_500, 2_500]


def test_a_new_grid_stands_where_most_of_it_lies() -> None:
    assert across(box(80, 0, 180, 50), None, box(80, 0, 180, 50), RIVER) == 1_000
    assert across(box(100, 0, 180, 50), None, box(100, 0, 180, 50), RIVER) == 0


def test_a_fringe_narrower_than_a_metre_is_nothing() -> None:
    """A border drawn beside the river's line, 0.9 m beyond it."""
    assert across(box(0, 0, 100.9, 50), box(0, 0, 80, 50), box(80, 0, 100.9, 50), RIVER) == 0
    assert across(box(0, 0, 101.1, 50), box(0, 0, 80, 50), box(80, 0, 101.1, 50), RIVER) == pytest.approx(55)


def test_without_barriers() -> None:
    assert crossed(box(0, 0, 9, 9), None, box(0, 0, 9, 9), []) is None


def test_the_water_of_a_wide_river_may_be_anybodys_but_not_the_other_bank() -> None:
    """Water from 100 to 120."""
    water, west = box(100, -50, 120, 150), box(0, 0, 100, 50)
    assert across(box(0, 0, 120, 50), west, box(100, 0, 120, 50), water) == 0
    assert across(box(0, 0, 150, 50), west, box(100, 0, 150, 50), water) == 30 * 50
    assert across(box(20, 0, 120, 50), None, box(20, 0, 120, 50), box(50, -50, 120, 150)) == 0


def test_a_new_grid_keeps_its_fringes() -> None:
    assert across(box(0, 0, 104, 50), None, box(0, 0, 104, 50), RIVER) == 0
    assert across(box(0, 0, 110, 50), None, box(0, 0, 110, 50), RIVER) == 500


BRIDGE = LineString([(80, 20), (120, 20)])


def lengths(*ways: LineString, river: object = RIVER) -> list[float]:
    return [round(part.length, 2) for line in opened([river], list(ways)) for part in getattr(line, "geoms", [line])]


def test_a_bridge_opens_ten_metres_of_a_river() -> None:
    """The river from y = -50 to 150, the bridge at 20."""
    assert lengths(BRIDGE) == [65, 125]
    assert lengths() == [200]
    (line,) = opened([RIVER], [BRIDGE])
    assert across(box(0, 0, 200, 50), box(0, 0, 100, 50), box(100, 0, 200, 50), line) == 0
    assert across(box(0, 40, 200, 50), box(0, 40, 100, 50), box(100, 40, 200, 50), line) == 1_000


@pytest.mark.parametrize(
    "way",
    [
        LineString([(80, 20), (100, 20)]),  # ends at the river
        LineString([(80, 20), (95, 20)]),  # before it
        LineString([(100, 0), (100, 50)]),  # is the river: a trunk road on its own bridge
        LineString([(99, 0), (101, 50)]),  # runs along it, at 2 degrees
    ],
)
def test_what_does_not_cross_opens_nothing(way: LineString) -> None:
    assert lengths(way) == [200]


def test_a_bridge_opens_a_wide_river_from_bank_to_bank() -> None:
    water = box(100, -50, 110, 150)
    (halves,) = opened([water], [BRIDGE])
    assert sorted(part.area for part in halves.geoms) == [pytest.approx(650, abs=1), pytest.approx(1250, abs=1)]
    assert across(box(0, 0, 200, 50), box(0, 0, 100, 50), box(100, 0, 200, 50), halves) == 0
    assert opened([water], [LineString([(80, 20), (105, 20)])]) == [water]


def test_only_the_barrier_that_is_crossed_is_opened() -> None:
    rail = LineString([(121, -50), (121, 150)])
    assert [line.length for line in opened([RIVER, rail], [BRIDGE])] == [190, 200]
    assert opened([LineString([(100, 18), (100, 22)])], [BRIDGE]) == []


def test_which_streets_lead_across() -> None:
    """A bridge in two pieces is one way; what may not be walked, lies on the ground or is not built leads nowhere."""
    rows = [
        ("yes", None, "residential", None),
        ("yes", None, "residential", None),
        (None, "yes", "footway", None),
        ("yes", None, "motorway", "no"),
        (None, None, "residential", None),
        ("yes", None, "construction", None),
        (None, "culvert", "residential", None),
    ]
    lines = [LineString([(0, 0), (9, 0)]), LineString([(9, 0), (20, 0)]), *(LineString([(0, y), (9, y)]) for y in range(1, 6))]
    roads = gpd.GeoDataFrame(rows, columns=["bridge", "tunnel", "highway", "foot"], geometry=lines, crs=4548)
    assert sorted(line.length for line in ways_across(roads)) == [9, 20]
    assert len(ways_across(roads.iloc[:0])) == len(ways_across(roads.iloc[4:5])) == 0


def test_what_barriers_cut_off_and_nobody_lives_on() -> None:
    """Villages with a railway in the west and one in the east: people live between them, and in the east of the second."""
    villages = [shapely.box(0, 0, 100, 50), shapely.box(0, 50, 100, 100), shapely.box(200, 0, 300, 50)]
    rails = [LineString([(20, -5), (20, 105)]), LineString([(80, -5), (80, 105)])]
    homes = [shapely.Point(50, 10), shapely.Point(90, 60)]
    found = {shape.bounds for shape in unlived(rails, villages, homes)}
    assert found == {(0, 0, 20, 50), (80, 0, 100, 50), (0, 50, 20, 100), (20, 50, 80, 100)}
    assert unlived([], villages, homes) == []
    bridged = opened(rails, [LineString([(10, 20), (30, 20)]), LineString([(10, 70), (30, 70)])])
    assert {shape.bounds for shape in unlived(bridged, villages, homes)} == {(80, 0, 100, 50), (0, 50, 80, 100)}
