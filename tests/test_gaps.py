"""Coverage gaps, against linking every pair by its shortest way."""

from __future__ import annotations

import heapq
import math
import time
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import CrsError, InputError
from geogrid.gaps import COLUMNS, LATTICE_M, MEMBER_COLUMNS, coverage_gaps, name_facilities
from geogrid.linkage import street_groups
from geogrid.results import Gaps, Network, Placement
from tests.builders import CRS as TOWN_CRS
from tests.builders import X0, Y0
from tests.streets import walked

Segment = tuple[int, int, float]
Spot = tuple[int, float, float]


def network_of(segments: list[Segment], nodes: int = 0) -> Network:
    """Build streets from (tail, head, metres); coordinates do not matter here."""
    tail, head, length = (np.array(column) for column in zip(*segments, strict=True))
    count = max(nodes, int(max(tail.max(), head.max())) + 1)
    blank = np.zeros(count)
    return walked(blank, blank, np.column_stack([tail, head]), length.astype(float))


def placed(spots: list[Spot]) -> Placement:
    """Place points given as (segment, metres along it, leg in metres)."""
    segment, along, leg = zip(*spots, strict=True)
    return Placement(np.array(segment), np.array(along, dtype=float), np.array(leg, dtype=float))


def where(spots: list[Spot]) -> Any:
    """Give equal spots equal coordinates and other spots others."""
    number = {spot: float(n) for n, spot in enumerate(dict.fromkeys(spots))}
    return np.array([(number[spot], 0.0) for spot in spots])


def shortest(graph: dict[Any, list[tuple[Any, float]]], start: Any) -> dict[Any, float]:
    """Run plain Dijkstra."""
    done: dict[Any, float] = {}
    queue = [(0.0, 0, start)]
    tie = 0
    while queue:
        far, _, node = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = far
        for other, length in graph.get(node, []):
            tie += 1
            heapq.heappush(queue, (far + length, tie, other))
    return done


def by_all_pairs(segments: list[Segment], spots: list[Spot], limit: float) -> list[int]:
    """Slow oracle: split every segment at every point, measure all pairs, merge the groups of near pairs."""
    graph: dict[Any, list[tuple[Any, float]]] = {}

    def join(one: Any, other: Any, length: float) -> None:
        graph.setdefault(one, []).append((other, length))
        graph.setdefault(other, []).append((one, length))

    for number, (tail, head, length) in enumerate(segments):
        cuts = sorted({along for segment, along, _ in spots if segment == number})
        chain = [(("node", tail), 0.0), *((("cut", number, along), along) for along in cuts), (("node", head), length)]
        for (one, start), (other, end) in pairwise(chain):
            join(one, other, end - start)
    group = list(range(len(spots)))
    for i, (segment, along, leg) in enumerate(spots):
        far = shortest(graph, ("cut", segment, along))
        for j, (other_segment, other_along, other_leg) in enumerate(spots):
            way = leg + far.get(("cut", other_segment, other_along), math.inf) + other_leg
            if spots[i] == spots[j] or round(way, 3) <= limit:
                old, new = group[j], group[i]
                group = [new if each == old else each for each in group]
    return group


def partition(group: Any) -> set[frozenset[int]]:
    """Return groups as sets of positions, whatever their numbers."""
    found: dict[int, set[int]] = {}
    for position, number in enumerate(group):
        found.setdefault(int(number), set()).add(position)
    return {frozenset(members) for members in found.values()}


halves = st.integers(0, 24).map(lambda n: n / 2)


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Segment], list[Spot]]:
    """Draw streets (parallel ones and loops among them) and points on them, in half metres so that ties are common."""
    ends = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 24).map(lambda n: n / 2))
    segments = draw(st.lists(ends.filter(lambda each: each[0] != each[1]), min_size=1, max_size=8))
    number = st.integers(0, len(segments) - 1)
    spot = st.tuples(number, halves, st.integers(0, 6).map(lambda n: n / 2))
    spots = draw(st.lists(spot, min_size=1, max_size=12))
    return segments, [(s, min(along, segments[s][2]), leg) for s, along, leg in spots]


@given(towns(), st.integers(0, 24).map(lambda n: n / 2))
@settings(max_examples=150, deadline=None)
def test_groups_as_by_all_pairs(town: tuple[list[Segment], list[Spot]], limit: float) -> None:
    segments, spots = town
    group = street_groups(network_of(segments), placed(spots), where(spots), distance_m=limit)
    assert partition(group) == partition(by_all_pairs(segments, spots, limit))
    assert set(group) == set(range(len(set(group))))


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_random_towns_as_by_all_pairs(seed: int) -> None:
    """Lengths that are no round numbers, more points, and neither order nor numbers matter."""
    rng = np.random.default_rng(seed)
    segments = [
        (int(a), int(b), float(w))
        for a, b, w in zip(*rng.integers(0, 12, (2, 20)), rng.uniform(20, 300, 20), strict=True)
        if a != b
    ]
    chosen = rng.integers(0, len(segments), 40)
    spots = [(int(s), float(rng.uniform(0, segments[s][2])), float(rng.uniform(0, 60))) for s in chosen]
    expected = partition(by_all_pairs(segments, spots, 100.0))
    assert partition(street_groups(network_of(segments), placed(spots), where(spots), distance_m=100.0)) == expected
    order = rng.permutation(len(spots))
    shuffled = street_groups(network_of(segments), placed([spots[i] for i in order]), where(spots)[order], distance_m=100.0)
    assert partition(shuffled[np.argsort(order)]) == expected


def test_the_limit_is_inclusive_on_millimetres() -> None:
    street = [(0, 1, 1000.0)]
    for along, together in ((160.0, True), (160.0004, True), (160.001, False)):
        spots: list[Spot] = [(0, 0.0, 15.0), (0, along, 25.0)]
        assert (len(set(street_groups(network_of(street), placed(spots), where(spots), distance_m=200.0))) == 1) is together


def test_one_building_is_one_group_however_long_its_leg() -> None:
    spots: list[Spot] = [(0, 50.0, 150.0)] * 3
    group = street_groups(network_of([(0, 1, 100.0)]), placed(spots), where(spots), distance_m=200.0)
    assert group.tolist() == [0, 0, 0]
    apart = street_groups(network_of([(0, 1, 100.0)]), placed(spots), np.array([[0, 0], [1, 0], [2, 0.0]]), distance_m=200.0)
    assert len(set(apart)) == 3


def test_nobody_is_in_no_group() -> None:
    nobody = Placement(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0))
    assert street_groups(network_of([(0, 1, 1.0)]), nobody, np.zeros((0, 2)), distance_m=200.0).tolist() == []


def town(**extra: Any) -> tuple[Network, Placement, gpd.GeoDataFrame, pd.DataFrame]:
    """Draw a street of 1,000 m to the east with six homes 10 m north of it; the last is 500 m off and unreached.

    ::

        h1   h2        h3             h4   h5
        |    |         |              |    |
        0----100-------350------------900--950--1000
    """
    east = np.array([0.0, 100.0, 350.0, 900.0, 950.0, 500.0])
    north = np.array([10.0] * 5 + [500.0])
    columns = {
        "household_id": ["h1", "h2", "h3", "h4", "h5", "h6"],
        "persons": [1, 2, 3, 4, 5, 6],
        "aged_65": pd.array([1, None, None, 0, 2, 0], dtype="Int64"),
        "grid_id": ["B", "A", None, "B", "B", "C"],
    }
    homes = gpd.GeoDataFrame({**columns, **extra}, geometry=gpd.points_from_xy(X0 + east, Y0 + north), crs=TOWN_CRS)
    placement = Placement(np.array([0, 0, 0, 0, 0, -1]), np.where(north > 200, np.nan, east), north)
    trips = pd.DataFrame(
        {
            "status": ["uncovered"] * 5 + ["unreached"],
            "minutes": [20.0, 21.0, np.nan, 30.0, 31.0, np.nan],
            "facility_id": ["F2", "F1", None, "F3", "F3", None],
            "facility_name": ["Two", "One", None, "Three", "Three", None],
        }
    )
    return network_of([(0, 1, 1000.0)]), placement, homes, trips


def test_gaps_by_hand() -> None:
    network, placement, homes, trips = town()
    homes.index = pd.Index(np.arange(6) + 100)
    gaps = coverage_gaps(network, placement, homes, {"medical": trips})
    table = gaps.table
    assert table.columns.tolist() == list(COLUMNS)
    assert table["gap_id"].tolist() == ["medical-1", "medical-2", "medical-3"]
    assert table["persons"].tolist() == [9, 3, 3]
    assert table["households"].tolist() == [2, 2, 1]
    assert table["aged_65"].fillna(-1).tolist() == [2, 1, -1]
    assert table["children_0_14"].isna().all()
    assert table["grid_ids"].tolist() == [("B",), ("A", "B"), ()]
    assert table["nearest_facility_id"].fillna("none").tolist() == ["F3", "F1", "none"]
    assert table["nearest_facility"].fillna("none").tolist() == ["Three", "One", "none"]
    assert table["minutes"].fillna(-1).tolist() == [30.5, 20.5, -1]
    assert gaps.members.columns.tolist() == list(MEMBER_COLUMNS)
    members = dict(zip(gaps.members["household"], gaps.members["gap_id"], strict=True))
    assert members == {100: "medical-2", 101: "medical-2", 102: "medical-3", 103: "medical-1", 104: "medical-1"}


def test_drawings_are_whole_squares_of_the_lattice_that_hold_the_households() -> None:
    network, placement, homes, trips = town()
    table = coverage_gaps(network, placement, homes, {"medical": trips}).table
    assert table.crs == homes.crs
    assert table.geom_type.tolist() == ["MultiPolygon"] * 3
    assert table.is_valid.all()
    assert (table.area / LATTICE_M**2).tolist() == [1.0, 2.0, 1.0]
    assert (shapely.get_coordinates(np.asarray(table.geometry)) % LATTICE_M == 0).all()
    assert table.geometry.iloc[1].equals(shapely.box(X0, Y0, X0 + 200, Y0 + 100))
    wide = coverage_gaps(network, placement, homes, {"medical": trips}, distance_m=600).table
    assert len(wide) == 1
    assert len(wide.geometry.iloc[0].geoms) == 3


def test_squares_that_touch_only_at_a_corner_make_a_valid_drawing() -> None:
    network, placement, homes, trips = town()
    corner = homes.set_geometry(
        gpd.points_from_xy(X0 + np.array([0, 100, 350, 900, 950, 500]), Y0 + np.array([99, 100, 0, 0, 0, 0]))
    )
    table = coverage_gaps(network, placement, corner.set_crs(TOWN_CRS), {"medical": trips}).table
    assert table.is_valid.all()
    assert [len(drawing.geoms) for drawing in table.geometry] == [1, 2, 1]


def test_services_together_worst_first() -> None:
    network, placement, homes, trips = town()
    sport = trips.assign(status=["covered", "uncovered", "covered", "covered", "uncovered", "unreached"])
    gaps = coverage_gaps(network, placement, homes, {"medical": trips, "sport": sport})
    assert gaps.table["gap_id"].tolist() == ["medical-1", "sport-1", "medical-2", "medical-3", "sport-2"]
    assert gaps.table["persons"].tolist() == [9, 5, 3, 3, 2]
    assert gaps.members.groupby("service").size().to_dict() == {"medical": 5, "sport": 2}


def test_equal_gaps_are_ranked_by_household_id_not_by_row() -> None:
    network, placement, homes, trips = town(persons=[1] * 6, household_id=["z", "y", "a", "x", "b", "c"])
    expected = coverage_gaps(network, placement, homes, {"m": trips}, distance_m=30).table
    order = [4, 2, 0, 5, 1, 3]
    mixed = Placement(placement.segment[order], placement.along_m[order], placement.leg_m[order])
    shuffled = coverage_gaps(network, mixed, homes.iloc[order], {"m": trips.iloc[order].reset_index(drop=True)}, distance_m=30)
    assert shuffled.table.equals(expected)
    assert expected["minutes"].fillna(-1).tolist() == [-1, 31.0, 30.0, 21.0, 20.0]


def test_nobody_uncovered() -> None:
    network, placement, homes, trips = town()
    for nearest in ({"medical": trips.assign(status="covered")}, {}):
        gaps = coverage_gaps(network, placement, homes, nearest)
        assert isinstance(gaps, Gaps)
        assert gaps.table.empty
        assert gaps.table.columns.tolist() == list(COLUMNS)
        assert gaps.table.crs == homes.crs
        assert gaps.members.columns.tolist() == list(MEMBER_COLUMNS)


def test_arguments_are_left_as_they_were() -> None:
    network, placement, homes, trips = town()
    before = homes.copy(), trips.copy(), placement.segment.copy()
    coverage_gaps(network, placement, homes, {"medical": trips})
    assert homes.equals(before[0])
    assert trips.equals(before[1])
    assert (placement.segment == before[2]).all()


def test_tables_that_do_not_belong_together() -> None:
    network, placement, homes, trips = town()
    with pytest.raises(CrsError, match="is not in metres"):
        coverage_gaps(network, placement, homes.to_crs(4326), {"medical": trips})
    with pytest.raises(CrsError, match="both must be in the same CRS") as elsewhere:
        coverage_gaps(network, placement, homes.to_crs(4547), {"medical": trips})
    assert "必须相同" in elsewhere.value.say("zh")
    with pytest.raises(InputError, match="medical: 6 households, 6 places on streets, 5 travel times, expected the same number"):
        coverage_gaps(network, placement, homes, {"medical": trips.iloc[:5]})
    with pytest.raises(
        InputError, match="medical: 1 households too far from any street are called uncovered, expected unreached"
    ):
        coverage_gaps(network, placement, homes, {"medical": trips.assign(status="uncovered")})
    for wrong in (-1.0, math.nan):
        with pytest.raises(InputError, match=f"the gap distance is {wrong} m, expected a number of at least 0"):
            coverage_gaps(network, placement, homes, {"medical": trips}, distance_m=wrong)


def test_names_of_facilities() -> None:
    facilities = pd.DataFrame({"facility_id": ["F1", "F2"], "name": ["One", "Two"]}, index=[5, 6])
    nearest = pd.DataFrame({"facility": [1, -1, 0], "minutes": [1.0, np.nan, 2.0]}, index=[9, 8, 7])
    named = name_facilities(nearest, facilities)
    assert named["facility_id"].fillna("").tolist() == ["F2", "", "F1"]
    assert named["facility_name"].fillna("").tolist() == ["Two", "", "One"]
    assert named.index.tolist() == [9, 8, 7]
    assert name_facilities(nearest.assign(facility=-1), facilities.iloc[:0])["facility_id"].isna().all()


def test_a_hundred_thousand_uncovered_households_take_seconds() -> None:
    """A grid of streets, 160 by 160 crossings 100 m apart."""
    rng = np.random.default_rng(1)
    side, count = 160, 100_000
    number = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    y, x = np.divmod(np.arange(side * side), side)
    network = walked(x * 100.0, y * 100.0, np.column_stack([tail, head]), np.full(len(tail), 100.0))
    segment, along, leg = rng.integers(0, len(tail), count), rng.uniform(0, 100, count), rng.uniform(0, 30, count)
    start, end = (np.column_stack([network.x[ends], network.y[ends]])[segment] for ends in (tail, head))
    xy = np.array([X0, Y0]) + start + (end - start) * along[:, None] / 100
    homes = gpd.GeoDataFrame(
        {"household_id": np.arange(count).astype(str), "persons": 3, "grid_id": "A"},
        geometry=gpd.points_from_xy(*xy.T),
        crs=TOWN_CRS,
    )
    trips = pd.DataFrame({"status": "uncovered", "minutes": 20.0, "facility_id": "F", "facility_name": "F"}, index=homes.index)
    started = time.process_time()
    gaps = coverage_gaps(network, Placement(segment, along, leg), homes, {"medical": trips}, distance_m=60)
    assert time.process_time() - started < 10
    assert gaps.table["households"].sum() == count
    assert gaps.table["persons"].sum() == 3 * count
