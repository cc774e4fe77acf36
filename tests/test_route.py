"""The ways of one household: the costs that everybody's travel has, and lines that are as long as they say."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.graph import prepare
from geogrid.network import build_network
from geogrid.route import Route, Stretch, routes
from geogrid.travel import nearest_facility, snap_to_streets
from tests.builders import CRS, X0, Y0, street
from tests.streets import ANY_WAY, AXES, HALF_MM, placed, points, put, random_town, straightened, take, town, ways

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from geogrid.results import Network, Placement


def go(network: Network, home: Placement, facilities: Placement, ids: list[str], count: int = 99) -> tuple[Route, ...]:
    return routes(prepare(network), home, facilities, facility_ids=ids, count=count)


def path(route: Route) -> list[list[float]]:
    """Return a route's vertices in metres from the town's corner."""
    moved: list[list[float]] = (route.xy - [X0, Y0]).round(3).tolist()
    return moved


def line_length(xy: npt.NDArray[np.float64]) -> float:
    return float(np.hypot(*np.diff(xy, axis=0).T).sum())


def one_way_town() -> Network:
    """A ring that is walked against the clock only, 100 m a side, with numbers of streets at their middles.

    ::

        100 +--3--+
            4     2
          0 +--1--+
            0    100
    """
    corners = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    sides = [street(a, b) for a, b in pairwise(corners)]
    roads = gpd.GeoDataFrame({"road_id": list("1234"), "oneway": "yes"}, geometry=sides, crs=CRS)
    return build_network(roads, mode="car", speed_kmh=5.0)


def test_legs_and_streets_of_a_way_by_hand() -> None:
    network = town([(0, 0), (50, 0), (100, 0)], [(100, 0), (100, 80)])
    home, schools = snap_to_streets(points((30, 5)), network), snap_to_streets(points((90, 60), (0, 10)), network)
    near, far = go(network, home, schools, ["S1", "S2"])
    assert (near.facility, near.cost_m, near.metres) == (1, 45.0, 45.0)
    assert (near.to_street, near.along, near.from_street) == ((5.0, 5.0), (30.0, 30.0), (10.0, 10.0))
    assert path(near) == [[30, 0], [0, 0]]
    assert (far.facility, far.cost_m, far.to_street.metres, far.along.metres, far.from_street.metres) == (0, 145.0, 5, 130, 10)
    assert path(far) == [[30, 0], [50, 0], [100, 0], [100, 60]]
    assert far.streets == (Stretch("0", 70.0), Stretch("1", 60.0))


def test_the_same_street_again_after_another_is_named_again() -> None:
    """A high street that is blocked by nothing but a missing piece: one leaves it and comes back."""
    roads = gpd.GeoDataFrame(
        {"road_id": ["high", "lane", "high"]},
        geometry=[street((0, 0), (50, 0)), street((50, 0), (50, 20), (70, 20), (70, 0)), street((70, 0), (200, 0))],
        crs=CRS,
    )
    network = build_network(roads)
    (way,) = go(network, snap_to_streets(points((10, 0)), network), snap_to_streets(points((100, 0)), network), ["S"])
    assert way.streets == (Stretch("high", 40.0), Stretch("lane", 60.0), Stretch("high", 30.0))


def test_on_one_segment_one_walks_straight_there_and_back() -> None:
    network = town([(0, 0), (100, 0)])
    homes = snap_to_streets(points((30, 0), (70, 0)), network)
    for home, other in ((0, 1), (1, 0)):
        (way,) = go(network, take(homes, np.array([home])), take(homes, np.array([other])), ["S"])
        assert path(way) == [[30 + 40 * home, 0], [30 + 40 * other, 0]]
        assert (way.cost_m, way.streets) == (40.0, (Stretch("0", 40.0),))


def test_at_one_spot_the_way_has_no_length_but_is_a_line() -> None:
    network = town([(0, 0), (100, 0)])
    (way,) = go(network, put((0, 30.0, 4.0)), put((0, 30.0, 3.0)), ["S"])
    assert (way.cost_m, way.along, way.streets) == (7.0, (0.0, 0.0), ())
    assert path(way) == [[30, 0], [30, 0]]


def test_one_way_streets_lead_around() -> None:
    network = one_way_town()
    home, schools = snap_to_streets(points((60, 0)), network), snap_to_streets(points((80, 0), (40, 0)), network)
    ahead, behind = go(network, home, schools, ["S1", "S2"])
    assert (ahead.facility, ahead.cost_m, path(ahead)) == (0, 20.0, [[60, 0], [80, 0]])
    assert (behind.facility, behind.cost_m) == (1, 380.0)
    assert path(behind) == [[60, 0], [100, 0], [100, 100], [0, 100], [0, 0], [40, 0]]
    assert [s.road_id for s in behind.streets] == ["1", "2", "3", "4", "1"]


def test_nobody_is_found_from_too_far_away_or_on_another_piece() -> None:
    network = town([(0, 0), (100, 0)], [(0, 500), (100, 500)])
    homes, schools = snap_to_streets(points((30, 250), (30, 500)), network), snap_to_streets(points((80, 0), (0, 900)), network)
    for home in (0, 1):
        assert go(network, take(homes, np.array([home])), schools, ["S1", "S2"]) == ()
    assert go(network, take(homes, np.array([1])), put(), []) == ()


def test_equally_near_facilities_come_in_the_order_of_their_ids() -> None:
    network = town([(0, 0), (100, 0)])
    found = go(network, put((0, 50.0, 0.0)), put((0, 10.0, 0.0), (0, 90.0, 0.0), (0, 90.0, 0.0)), ["9", "10", "2"], count=2)
    assert [way.facility for way in found] == [1, 2]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_way_costs_what_travel_says_and_what_the_oracle_says(data: st.DataObject) -> None:
    network = data.draw(random_town(AXES, is_oneway=True))
    homes, facilities = data.draw(placed(network, 4, 3)), data.draw(placed(network, 4, 5))
    ids = data.draw(st.lists(st.sampled_from("abc"), min_size=len(facilities.segment), max_size=len(facilities.segment)))
    graph, table = prepare(network), ways(network, homes, facilities)
    travelled = nearest_facility(graph, homes, facilities, facility_ids=ids)
    for row in range(len(homes.segment)):
        found = routes(graph, take(homes, np.array([row])), facilities, facility_ids=ids, count=99)
        assert [way.facility for way in found[:1]] == travelled["facility"].iloc[[row]][lambda facility: facility >= 0].tolist()
        assert [way.cost_m for way in found[:1]] == travelled["metres"].iloc[[row]].dropna().tolist()
        assert sorted(way.facility for way in found) == np.flatnonzero(np.isfinite(table[row])).tolist()
        for way in found:
            assert abs(way.cost_m - table[row, way.facility]) <= HALF_MM
            assert way.cost_m == pytest.approx(
                sum(part.cost_m for part in (way.to_street, way.along, way.from_street)), abs=HALF_MM
            )
        assert [(way.cost_m, ids[way.facility]) for way in found] == sorted((way.cost_m, ids[way.facility]) for way in found)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_looking_only_as_far_as_needed_finds_the_same(data: st.DataObject) -> None:
    network = data.draw(random_town(AXES, is_oneway=True))
    home = data.draw(placed(network, 4, 1).filter(lambda made: len(made.segment) == 1))
    facilities, count = data.draw(placed(network, 4, 5)), data.draw(st.integers(1, 4))
    ids = [str(i) for i in range(len(facilities.segment))]
    found = [(way.facility, way.cost_m) for way in go(network, home, facilities, ids, count)]
    with patch("geogrid.route.LOOKS_M", (4.0, 12.0, 20.0, np.inf)):
        assert [(way.facility, way.cost_m) for way in go(network, home, facilities, ids, count)] == found
    assert found == [(way.facility, way.cost_m) for way in go(network, home, facilities, ids)][:count]


def test_facilities_are_found_at_any_distance() -> None:
    network = town([(0, 0), (500, 0), (3_000, 0), (60_000, 0)])
    schools = snap_to_streets(points((600, 0), (5_000, 0), (59_000, 0)), network)
    found = go(network, snap_to_streets(points((100, 0)), network), schools, ["a", "b", "c"], 3)
    assert [way.cost_m for way in found] == [500.0, 4_900.0, 58_900.0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_way_is_a_line_as_long_as_it_says_between_the_two_places(data: st.DataObject) -> None:
    network = straightened(data.draw(random_town(ANY_WAY)))
    home = data.draw(placed(network, 4, 1).filter(lambda made: len(made.segment) == 1))
    facilities = data.draw(placed(network, 4, 4))
    for way in go(network, home, facilities, [str(i) for i in range(len(facilities.segment))]):
        assert line_length(way.xy) == pytest.approx(way.along.metres, abs=1e-6)
        assert way.metres == pytest.approx(way.cost_m, abs=HALF_MM)
        assert sum(stretch.metres for stretch in way.streets) == pytest.approx(way.along.metres, abs=1e-9)
        assert all(one.road_id != other.road_id for one, other in pairwise(way.streets))
        for place, row, end in ((home, 0, way.xy[0]), (facilities, way.facility, way.xy[-1])):
            np.testing.assert_allclose(end, spot(network, place, row), atol=1e-6)


def spot(network: Network, place: Placement, row: int) -> tuple[float, float]:
    segment, along = int(place.segment[row]), float(place.along_m[row])
    tail, head, length = network.tail[segment], network.head[segment], float(network.length_m[segment])
    share = along / length if length else 0.0
    return tuple(float(axis[tail] + share * (axis[head] - axis[tail])) for axis in (network.x, network.y))  # type: ignore[return-value]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_way_never_goes_against_the_direction(data: st.DataObject) -> None:
    """Every leg of the path is a segment that may be travelled that way; the sum of their costs is the cost along."""
    network = data.draw(random_town(AXES, is_oneway=True))
    home = data.draw(placed(network, 2, 1).filter(lambda made: len(made.segment) == 1))
    facilities = data.draw(placed(network, 2, 3))
    may = {
        (tuple(at), tuple(to))
        for tail, head, ends in zip(
            *(np.column_stack([network.x, network.y])[end].tolist() for end in (network.tail, network.head)),
            zip(network.forward_m, network.backward_m, strict=True),
            strict=True,
        )
        for at, to, cost in ((tail, head, ends[0]), (head, tail, ends[1]))
        if np.isfinite(cost)
    }
    for way in go(network, home, facilities, [str(i) for i in range(len(facilities.segment))]):
        inner = [tuple(place) for place in way.xy.tolist()][1:-1]
        assert all(pair in may for pair in pairwise(inner))


@pytest.mark.parametrize(
    ("home", "ids", "count", "said"),
    [
        (put(), ["S"], 3, "0 households were given"),
        (put((0, 1.0, 0.0), (0, 2.0, 0.0)), ["S"], 3, "2 households were given"),
        (put((0, 1.0, 0.0)), ["S", "T"], 3, "there are 2 facility ids for 1 facilities"),
        (put((0, 1.0, 0.0)), ["S"], 0, "count 0 is not usable"),
        (put((7, 1.0, 0.0)), ["S"], 3, "a place is on segment 7"),
    ],
)
def test_unusable_questions_are_refused(home: Placement, ids: list[str], count: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        go(town([(0, 0), (100, 0)]), home, put((0, 50.0, 0.0)), ids, count)


def test_guixi_ways_are_those_of_travel(real_data: Path) -> None:
    from geogrid import io  # noqa: PLC0415 -- only here
    from geogrid.crs import project  # noqa: PLC0415

    folder = real_data / "guixi"
    read = {
        "roads": io.read_roads(folder / "roads.osm"),
        "households": io.read_households(folder / "households.csv"),
        "facilities": io.read_facilities(folder / "facilities.csv"),
    }
    roads, households, facilities = (project(table.table, pyproj.CRS(CRS)) for table in read.values())
    graph = prepare(build_network(roads))
    at_home = snap_to_streets(households.iloc[::97], graph.network)
    at_facility = snap_to_streets(facilities, graph.network)
    ids = facilities["facility_id"].to_numpy()
    travelled = nearest_facility(graph, at_home, at_facility, facility_ids=ids)
    for row in range(len(at_home.segment)):
        found = routes(graph, take(at_home, np.array([row])), at_facility, facility_ids=ids)
        nearest = travelled.iloc[row]
        assert [(way.facility, way.cost_m) for way in found[:1]] == (
            [] if nearest["reason"] else [(nearest["facility"], nearest["metres"])]
        )
        for way in found:
            assert line_length(way.xy) == pytest.approx(way.along.metres, abs=1e-5)
            assert way.metres == pytest.approx(way.cost_m, abs=0.001)
    assert (travelled["reason"] == "").sum() > 100
