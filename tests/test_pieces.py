"""Land cut into pieces: drawings that can be checked by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from geogrid.balancing.land import Land, LandAsked
from geogrid.balancing.making import piece_of_each, pieces_of
from geogrid.balancing.pieces import Pieces
from geogrid.boundaries import Boundaries, Tier
from geogrid.errors import InputError, NotFoundError

VILLAGE = {"V": box(0, 0, 200, 100)}
MIDDLE = LineString([(100, -5), (100, 105)])


def land(xy: Any, areas: Any = None, **more: Any) -> Land:
    places = np.asarray(xy, dtype=float).reshape(-1, 2)
    return Land(areas or VILLAGE, places[:, 0], places[:, 1], **more)


def boxes(pieces: Pieces) -> list[tuple[float, ...]]:
    assert pieces.shapes is not None
    return [tuple(np.round(shape.bounds, 3).tolist()) for shape in pieces.shapes]


def pairs(pieces: Pieces) -> dict[tuple[str, str], tuple[float, float, bool]]:
    return {
        (pieces.ids[i], pieces.ids[j]): (round(m, 2), round(along, 2), bool(is_open))
        for i, j, m, along, is_open in zip(
            pieces.first, pieces.second, pieces.border_m, pieces.along_m, pieces.is_open, strict=True
        )
    }


def test_a_village_without_anything_is_one_piece() -> None:
    whole = pieces_of(land([(10, 10), (150, 20), (500, 500)]), finest=30)
    assert whole.ids == ("V#1",)
    assert (whole.households.tolist(), whole.today.tolist(), whole.locked.tolist()) == ([2], [-1], [False])
    assert (whole.x.tolist(), whole.y.tolist(), len(whole.first)) == ([100], [50], 0)


def test_blocks_between_streets() -> None:
    """A cross of streets; the dead end in the north-east divides nothing.

    100 +----+----+
        | b  | d ||
     50 +----+----+
        | a  | c  |
      0 +----+----+
        0   100  200
    """
    cross = [MIDDLE, LineString([(-5, 50), (205, 50)]), LineString([(150, 80), (150, 105)])]
    pieces = pieces_of(land([(50, 25), (50, 75), (150, 25), (140, 90), (160, 90)], streets=cross), finest=30)
    assert boxes(pieces) == [(0, 0, 100, 50), (0, 50, 100, 100), (100, 0, 200, 50), (100, 50, 200, 100)]
    assert pieces.households.tolist() == [1, 1, 1, 2]
    assert pairs(pieces) == {
        ("V#1", "V#2"): (100, 100, True),
        ("V#1", "V#3"): (50, 50, True),
        ("V#2", "V#4"): (50, 50, True),
        ("V#3", "V#4"): (100, 100, True),
    }


def test_a_weight_counts_instead_of_households() -> None:
    pieces = pieces_of(land([(50, 25), (150, 25)], streets=[MIDDLE], weight=np.array([3, 8])), finest=30)
    assert pieces.households.tolist() == [3, 8]


def test_villages_are_never_joined() -> None:
    """Two villages side by side, nobody lives in the eastern one; no street at all."""
    areas = {"B": box(0, 0, 100, 100), "A": box(100, 0, 200, 100)}
    pieces = pieces_of(land([(50, 50)], areas), finest=30)
    assert (pieces.ids, pieces.area.tolist()) == (("B#1", "A#1"), [0, 1])
    assert pairs(pieces) == {("B#1", "A#1"): (100, 0, False)}


def test_a_river_divides_but_for_its_bridge() -> None:
    """The river at x = 100; a bridge at y = 50, 10 m wide."""
    homes = [(50, 20), (150, 20)]
    closed = pieces_of(land(homes, barriers=[MIDDLE]), finest=30)
    assert pairs(closed) == {("V#1", "V#2"): (100, 100, False)}
    bridge = LineString([(80, 50), (120, 50)])
    opened = pieces_of(land(homes, barriers=[MIDDLE], ways=[bridge]), finest=30)
    assert pairs(opened) == {("V#1", "V#2"): (100, 100, True)}


def test_a_wide_river_goes_to_the_land_beside_it_and_bridges_lead_across() -> None:
    """Water from x = 90 to x = 110: nobody lives there, so it goes to the west, whose bank is as long but comes first."""
    homes, water = [(50, 20), (150, 20)], box(90, -5, 110, 105)
    closed = pieces_of(land(homes, barriers=[water]), finest=30)
    assert (closed.households.tolist(), pairs(closed)[("V#1", "V#2")][2]) == ([1, 1], False)
    opened = pieces_of(land(homes, barriers=[water], ways=[LineString([(80, 50), (120, 50)])]), finest=30)
    assert (opened.households.tolist(), pairs(opened)[("V#1", "V#2")][2]) == ([1, 1], True)


def test_empty_land_goes_to_the_neighbour_with_the_longest_border_that_is_no_street() -> None:
    """Unit U in the west, nobody in the rest of the block; beyond the street lives somebody."""
    pieces = pieces_of(
        land([(20, 50), (150, 50)], units={"U": box(0, 0, 40, 100)}, streets=[MIDDLE], locked=frozenset({"U"})), finest=30
    )
    assert boxes(pieces) == [(0, 0, 100, 100), (100, 0, 200, 100)]
    assert (pieces.ids, pieces.locked.tolist()) == (("U", "V#2"), [True, False])


def test_an_empty_block_of_its_own_stays_and_a_strip_between_carriageways_goes() -> None:
    """Carriageways at 100 and 110 m: the strip goes to one side; the park at 150 to 200 stays."""
    lines = [LineString([(x, -5), (x, 105)]) for x in (100, 110, 150)]
    pieces = pieces_of(land([(50, 50), (120, 50)], streets=lines), finest=30)
    assert boxes(pieces) == [(0, 0, 110, 100), (110, 0, 150, 100), (150, 0, 200, 100)]
    assert pieces.households.tolist() == [1, 1, 0]


def test_polygon_units_are_whole_across_streets_and_barriers() -> None:
    """U1 from 50 to 150, across a street and a river; with more households than wanted."""
    homes = [(60 + i, 50) for i in range(80)]
    more = {"units": {"U1": box(50, 0, 150, 100)}, "streets": [MIDDLE], "barriers": [LineString([(120, -5), (120, 105)])]}
    pieces = pieces_of(land([*homes, (10, 50), (190, 50)], **more), finest=10)
    assert boxes(pieces) == [(0, 0, 50, 100), (50, 0, 150, 100), (150, 0, 200, 100)]
    assert (pieces.ids, pieces.households.tolist()) == (("V#1", "U1", "V#3"), [1, 80, 1])


def test_a_unit_in_two_villages_has_its_name_where_most_of_it_is() -> None:
    areas = {"V": box(0, 0, 100, 100), "W": box(100, 0, 200, 100)}
    pieces = pieces_of(land([(50, 50), (60, 50), (150, 50)], areas, units={"U": box(40, 0, 160, 100)}), finest=30)
    assert (pieces.ids, pieces.households.tolist()) == (("U", "W#1"), [2, 1])


def test_point_units_have_the_land_of_their_households() -> None:
    """U1's households at x = 20 and 80, U2's at 120, U3 at 180 has none; streets do not count."""
    homes = [(20, 50), (80, 50), (120, 50)]
    units = {"U1": Point(50, 50), "U2": Point(120, 50), "U3": Point(180, 50)}
    names = np.array(["U1", "U1", "U2"], dtype=object)
    pieces = pieces_of(land(homes, units=units, unit_of=names, streets=[LineString([(50, -5), (50, 105)])]), finest=1)
    assert boxes(pieces) == [(0, 0, 100, 100), (100, 0, 150, 100), (150, 0, 200, 100)]
    assert (pieces.ids, pieces.households.tolist()) == (("U1", "U2", "U3"), [2, 1, 0])


def test_what_is_cut_off_from_a_point_unit_goes_to_its_neighbour() -> None:
    """U2 lives from x = 60 on, with a household of U1 in the middle of it."""
    homes = [(10, 50), (20, 50), (60, 20), (60, 80), (190, 20), (150, 70)]
    names = np.array(["U1", "U1", "U2", "U2", "U2", "U1"], dtype=object)
    units = {"U1": Point(10, 50), "U2": Point(100, 20)}
    pieces = pieces_of(land(homes, units=units, unit_of=names), finest=30)
    assert (pieces.ids, pieces.households.tolist()) == (("U1", "U2"), [2, 4])


def test_large_blocks_are_cut_half_way_between_buildings() -> None:
    """Two houses of four households each, at 20 to 40 and 140 to 160: the border is at 90."""
    houses = [box(20, 40, 40, 60), box(140, 40, 160, 60)]
    homes = [(x + i, 50) for x in (25, 145) for i in range(4)]
    pieces = pieces_of(land(homes, buildings=houses), finest=5)
    assert boxes(pieces) == [(0, 0, 90, 100), (90, 0, 200, 100)]
    assert pieces.households.tolist() == [4, 4]


def test_small_cells_of_a_block_come_together() -> None:
    """Four houses of two households in a row: with five at most, two and two."""
    houses = [box(x, 40, x + 20, 60) for x in (15, 65, 115, 165)]
    homes = [(h.centroid.x + i, 50) for h in houses for i in range(2)]
    pieces = pieces_of(land(homes, buildings=houses), finest=5)
    assert boxes(pieces) == [(0, 0, 100, 100), (100, 0, 200, 100)]


def test_a_building_is_whole_however_many_live_there() -> None:
    """A tower across the village's middle with 30 households, 10 more in the east."""
    homes = [*((90 + i / 2, 50) for i in range(30)), *((180 + i, 50) for i in range(10))]
    pieces = pieces_of(land(homes, buildings=[box(80, 30, 120, 70)]), finest=12)
    assert sorted(pieces.households.tolist()) == [10, 30]


def test_a_street_through_a_building_goes_around_it() -> None:
    """The building from 90 to 150 lies mostly east of the street at 100."""
    house = box(90, 40, 150, 60)
    pieces = pieces_of(land([(95, 50), (50, 50), (190, 50)], buildings=[house], streets=[MIDDLE]), finest=30)
    assert pieces.households.tolist() == [1, 2]
    assert pieces.shapes is not None
    assert shapely.area(pieces.shapes).tolist() == [9_800, 10_200]


def test_households_without_buildings_are_parted_by_straight_lines() -> None:
    homes = [(x, 50) for x in (10, 30, 70, 90, 150, 190)]
    pieces = pieces_of(land(homes), finest=2)
    assert boxes(pieces) == [(0, 0, 50, 100), (50, 0, 120, 100), (120, 0, 200, 100)]


def test_households_in_one_place_cannot_be_parted() -> None:
    pieces = pieces_of(land([(50, 50)] * 9 + [(150, 50)]), finest=2)
    assert pieces.households.tolist() == [9, 1]


def test_borders_of_today_are_kept() -> None:
    """Today W has the land up to 70; the street is at 100."""
    today = {"E": box(70, 0, 200, 100), "W": box(0, 0, 70, 100)}
    homes = [(50, 50), (90, 50), (150, 50)]
    pieces = pieces_of(land(homes, today=today, streets=[MIDDLE]), finest=30)
    assert boxes(pieces) == [(0, 0, 70, 100), (70, 0, 100, 100), (100, 0, 200, 100)]
    assert pieces.today.tolist() == [1, 0, 0]
    scratch = pieces_of(land(homes, today=today, streets=[MIDDLE], along_today=False), finest=30)
    assert boxes(scratch) == [(0, 0, 100, 100), (100, 0, 200, 100)]
    # One household each: the west has more land.
    assert scratch.today.tolist() == [1, 0]


def test_locked_grids_are_one_piece_each_also_from_scratch() -> None:
    today = {"E": box(70, 0, 200, 100), "W": box(0, 0, 70, 100)}
    more = {"today": today, "streets": [MIDDLE, LineString([(30, -5), (30, 105)])], "along_today": False}
    pieces = pieces_of(land([(10, 50), (50, 50), (90, 50), (150, 50)], **more, locked=frozenset({"W"})), finest=30)
    assert boxes(pieces) == [(0, 0, 70, 100), (70, 0, 100, 100), (100, 0, 200, 100)]
    assert (pieces.locked.tolist(), pieces.today.tolist()) == ([True, False, False], [1, 0, 0])


def test_a_unit_that_todays_border_only_brushes_is_trimmed_and_one_that_it_cuts_stays_whole() -> None:
    """The unit reaches 4 m of 100, then 40 m of 136, beyond the border of today; nobody lives there."""
    today = {"E": box(100, 0, 200, 100), "W": box(0, 0, 100, 100)}
    homes = [(50, 50), (190, 50)]
    brushed = pieces_of(land(homes, today=today, units={"U": box(4, 0, 104, 100)}), finest=30)
    assert boxes(brushed) == [(0, 0, 100, 100), (100, 0, 200, 100)]
    cut = pieces_of(land(homes, today=today, units={"U": box(4, 0, 140, 100)}), finest=30)
    assert (boxes(cut), cut.today.tolist()) == ([(0, 0, 140, 100), (140, 0, 200, 100)], [1, 0])


def test_where_each_household_is() -> None:
    town = land([(50, 50), (150, 50), (999, 0)], streets=[MIDDLE])
    assert piece_of_each(pieces_of(town, finest=5), town).tolist() == [0, 1, -1]


def test_what_cannot_be_divided() -> None:
    with pytest.raises(InputError, match="at most 0 households"):
        pieces_of(land([(1, 1)]), finest=0)
    with pytest.raises(InputError, match="no land to divide"):
        land([(1, 1)], {"V": shapely.Polygon()})


def table(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4548)


def test_land_from_tables() -> None:
    """A township T over two villages, grids in one; a tunnel and a street not built yet are no borders."""
    places = [("T", "", box(0, 0, 200, 100)), ("V", "T", box(0, 0, 100, 100)), ("W", "T", box(100, 0, 200, 100))]
    areas = table([{"area_id": key, "name": key, "level": "x", "parent_id": up, "geometry": shape} for key, up, shape in places])
    grids = table([{"grid_id": "G", "name": "G", "parent_id": "V", "geometry": box(0, 0, 100, 100)}])
    streets = [
        ("a", "residential", None, None),
        ("b", "construction", None, None),
        ("c", "footway", None, "yes"),
        ("d", "primary", "yes", None),
    ]
    roads = table(
        [
            {
                "road_id": key,
                "highway": kind,
                "bridge": bridge,
                "tunnel": tunnel,
                "geometry": LineString([(10 + i, 0), (10 + i, 99)]),
            }
            for i, (key, kind, bridge, tunnel) in enumerate(streets)
        ]
    )
    homes = table(
        [
            {"household_id": "H1", "persons": 3, "unit_id": "U", "geometry": Point(5, 5)},
            {"household_id": "H2", "persons": None, "unit_id": None, "geometry": Point(150, 5)},
            {"household_id": "H3", "persons": 2, "unit_id": None, "geometry": None},
        ]
    )
    units = table([{"unit_id": "U", "geometry": Point(5, 5)}])
    tables = {"roads": roads, "households": homes, "units": units}
    boundaries = Boundaries.of(grids, areas)
    asked = LandAsked(tier=Tier("", ""), weight="persons", locked=frozenset({"G"}))
    made = Land.of(boundaries, tables, asked)
    assert (list(made.areas), list(made.today), list(made.units)) == (["V", "W"], ["G"], ["U"])
    assert (made.x.tolist(), made.weights.tolist()) == ([5, 150], [3, 0])
    assert made.unit_of is not None
    assert made.unit_of.tolist() == ["U", ""]
    assert [line.coords[0][0] for line in made.streets] == [10, 13]
    assert sorted(line.coords[0][0] for line in made.ways) == [12, 13]
    only = Land.of(boundaries, {}, LandAsked(within=("W",)))
    assert (list(only.areas), len(only.x), dict(only.today)) == (["W"], 0, {})
    with pytest.raises(NotFoundError, match="no area X"):
        Land.of(boundaries, tables, LandAsked(within=("X",)))
    with pytest.raises(InputError, match="no column aged"):
        Land.of(boundaries, tables, LandAsked(weight="aged"))
