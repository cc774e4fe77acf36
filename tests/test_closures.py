"""Streets closed: cut by hand, cut at random against shapely, and places that stay where they were."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.closures import block, kept_places
from geogrid.errors import CrsError, InputError
from geogrid.io import read_closures
from geogrid.network import build_network
from geogrid.results import Placement
from geogrid.travel import snap_to_streets
from geogrid.validity import in_force, of_day, today
from geogrid.vertices import CUT_ENDS
from tests.builders import CRS, X0, Y0, at
from tests.builders import block as square
from tests.test_joining import roads


def closed(*shapes: shapely.Geometry, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def cut_lengths(streets: gpd.GeoDataFrame) -> list[tuple[str, float, bool]]:
    return [
        (road, round(float(line.length), 6), bool(b))
        for road, line, b in zip(streets["road_id"], streets.geometry, streets["blocked"], strict=True)
    ]


def test_a_flood_cuts_streets_at_its_edge() -> None:
    streets = roads([(0, 0), (100, 0)], [(0, 50), (100, 50)], name=["South", "North"])
    cut = block(streets, closed(square(40, -10, 60, 10)))
    assert cut_lengths(cut) == [("0", 40, False), ("0", 20, True), ("0", 40, False), ("1", 100, False)]
    assert cut["name"].tolist() == ["South"] * 3 + ["North"]
    ends = shapely.get_coordinates(cut.geometry.iloc[:3].to_numpy()).reshape(3, 2, 2)
    assert (ends[:-1, 1] == ends[1:, 0]).all()
    assert "blocked" not in streets.columns


def test_lines_reach_to_each_side_and_end_flat() -> None:
    streets = roads([(0, 0), (100, 0)])
    across = shapely.LineString([(X0 + 50, Y0 - 20), (X0 + 50, Y0 + 20)])
    assert cut_lengths(block(streets, closed(across))) == [("0", 45, False), ("0", 10, True), ("0", 45, False)]
    assert cut_lengths(block(streets, closed(across), width_m=2))[1] == ("0", 4, True)
    along = shapely.LineString([(X0 + 10, Y0), (X0 + 30, Y0)])
    assert cut_lengths(block(streets, closed(along))) == [("0", 10, False), ("0", 20, True), ("0", 70, False)]


def test_a_flood_under_a_bridge() -> None:
    streets = roads([(0, 0), (100, 0)], [(50, -50), (50, 50)], bridge=[None, "yes"])
    flood = square(40, -10, 60, 10)
    both = block(streets, closed(flood))
    assert both["blocked"].sum() == 2
    ground = block(streets, closed(flood, ground_only=["yes"]))
    assert cut_lengths(ground)[-1] == ("1", 100, False)
    assert ground["blocked"].sum() == 1
    mixed = block(streets, closed(flood, square(0, -60, 100, -40), ground_only=["yes", None]))
    assert cut_lengths(mixed)[-2:] == [("1", 10, True), ("1", 90, False)]


def test_whole_part_touched_and_twice_closed_streets() -> None:
    streets = roads([(10, 10), (20, 20)], [(0, 100), (100, 100)], [(-50, 30), (50, 30), (50, -30), (-50, -30)])
    cut = block(streets, closed(square(0, 0, 100, 100)))
    assert cut_lengths(cut)[:2] == [("0", round(200**0.5, 6), True), ("1", 100, True)]
    assert [(length, is_in) for road, length, is_in in cut_lengths(cut) if road == "2"] == [(50, False), (80, True), (130, False)]
    touching = roads([(-50, 50), (0, 50), (-50, 60)])
    same = block(touching, closed(square(0, 0, 100, 100)))
    assert cut_lengths(same) == [("0", round(50 + 2600**0.5, 6), False)]
    again = block(cut, closed(square(-100, -100, 10, 200)))
    assert again["blocked"].sum() >= cut["blocked"].sum()
    assert again[again["road_id"] == "0"]["blocked"].tolist() == [True]


def may_go(streets: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    """Return the pairs of streets that meet at some node of the network, blocked ones left out."""
    network = build_network(streets)
    open_ = np.isfinite(network.forward_m)
    at: dict[int, set[str]] = {}
    for tail, head, road in zip(network.tail[open_], network.head[open_], network.road_id[open_], strict=True):
        at.setdefault(int(tail), set()).add(str(road))
        at.setdefault(int(head), set()).add(str(road))
    return {(one, two) for roads_here in at.values() for one in roads_here for two in roads_here if one < two}


BRIDGE = ([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)])
"""Street 0, and bridge 1 with a vertex in the same place."""
WEDGE = shapely.Polygon([(X0 + 50, Y0), (X0 + 60, Y0 - 5), (X0 + 60, Y0 + 5)])
"""Touches that place from the east."""


@pytest.mark.parametrize("ground", ["yes", "no"])
@pytest.mark.parametrize("flood", [square(50, -60, 110, 60), square(-10, 0, 110, 60), square(50, 0, 110, 60)])
def test_an_edge_on_a_bridge_does_not_lead_down_from_it(flood: shapely.Polygon, ground: str) -> None:
    streets = roads(*BRIDGE, bridge=[None, "yes"])
    assert may_go(streets) == set()
    assert may_go(block(streets, closed(flood, ground_only=[ground]))) == set()
    twice = block(block(streets, closed(flood, ground_only=["yes"])), closed(flood, ground_only=[ground]))
    assert may_go(twice) == set()


def test_a_cut_without_a_vertex_joins_only_its_own_halves() -> None:
    for other in ([(50, -50), (50, 0), (50, 50)], [(50, -50), (50, 50)], [(50, 0), (50, 50)]):
        streets = roads([(0, 0), (100, 0)], other)
        assert may_go(streets) == set()
        cut = block(streets, closed(WEDGE))
        assert may_go(cut) == set()
        assert len(set(build_network(cut).component)) == len(set(build_network(streets).component)) + 1
        assert may_go(block(cut, closed(square(20, -60, 50, 60)))) == set()


def test_a_cut_where_the_street_touches_itself_joins_nothing() -> None:
    """The street comes back to its first stretch without a junction; works end there."""
    streets = roads([(60, 0), (60, 50), (40, 0), (60, 40)])
    before = len(build_network(streets).x)
    cut = build_network(block(streets, closed(shapely.Polygon([(X0 + 70, Y0 + 30), (X0 + 60, Y0 + 40), (X0 + 60, Y0 + 30)]))))
    assert len(cut.x) == before + 2
    assert len(set(cut.component)) == 2


def test_a_street_that_touches_the_border_gets_no_vertex_there() -> None:
    """A corner of the flood touches street 0, which is cut elsewhere, where street 1 ends without joining it."""
    streets = roads([(0, 0), (100, 0)], [(20, 40), (20, 0)])
    flood = shapely.Polygon([(X0 + 20, Y0), (X0 + 50, Y0 - 30), (X0 + 80, Y0 + 10)])
    for shape in (flood, shapely.union(flood, shapely.Polygon([(X0 + 15, Y0 - 9), (X0 + 20, Y0), (X0 + 25, Y0 - 9)]))):
        assert may_go(block(streets, closed(shape))) == set()
    corner = shapely.Polygon([(X0 + 20, Y0), (X0 + 10, Y0 - 9), (X0 + 40, Y0 - 9)])
    cut = block(streets, closed(corner, square(60, -1, 70, 1)))
    assert shapely.get_num_coordinates(cut.geometry.to_numpy()).tolist() == [2, 2, 2, 2]
    assert may_go(cut) == set()


def test_a_cut_changes_no_junction() -> None:
    star = roads([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 50)], [(50, -40), (50, 0), (90, -40)], layer=[0, 0, 1])
    assert may_go(star) == {("0", "1")}
    assert may_go(block(star, closed(WEDGE))) == {("0", "1")}
    ramp = roads([(50, -50), (50, 0), (50, 50)], [(0, 0), (100, 0)], [(0, 30), (50, 0)], bridge=["yes", None, None])
    assert may_go(ramp) == may_go(block(ramp, closed(WEDGE, ground_only=["yes"]))) == {("0", "2")}


def test_a_street_drawn_twice_stays_one_where_it_is_cut() -> None:
    twice = roads([(0, 0), (100, 0)], [(100, 0), (0, 0)])
    network = build_network(block(twice, closed(square(40, -1, 60, 1))))
    assert network.length_m.tolist() == [40, 20, 40]
    assert len(network.x) == 4


def test_streets_over_one_another_stay_apart_where_both_are_cut() -> None:
    """A street and the bridge along it, whose parts keep their places."""
    over = roads([(0, 0), (50, 0), (100, 0), (100, 50)], [(0, 9), (50, 0), (100, 0), (100, -50)], bridge=["yes", None])
    before, after = build_network(over), build_network(block(over, closed(square(70, -1, 80, 1))))
    assert may_go(over) == may_go(block(over, closed(square(70, -1, 80, 1)))) == set()
    middle = np.flatnonzero(before.length_m == 50)
    at_60 = Placement(middle, np.full(len(middle), 10.0), np.zeros(len(middle)))
    moved = kept_places(before, after, at_60)
    assert after.road_id[moved.segment].tolist() == before.road_id[middle].tolist()


def test_nothing_to_close() -> None:
    streets = roads([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 40)])
    for nothing in (closed(), closed(square(900, 900, 950, 950))):
        same = block(streets, nothing)
        assert same.drop(columns=["blocked", *CUT_ENDS]).equals(streets)
        assert same["blocked"].tolist() == [False, False]
    unnamed = block(streets.drop(columns="road_id"), closed(square(40, -10, 60, 10)))
    assert unnamed["road_id"].tolist() == ["0", "0", "0", "1", "1"]


POINT = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(st.lists(st.lists(POINT, min_size=2, max_size=5), min_size=1, max_size=4), st.tuples(POINT, POINT, POINT))
@settings(max_examples=40, deadline=None)
def test_inside_and_outside_as_shapely_says(lines: list[list[tuple[int, int]]], corners: tuple[tuple[int, int], ...]) -> None:
    flood = shapely.Polygon([(X0 + x, Y0 + y) for x, y in corners])
    streets = roads(*lines)
    if not flood.is_valid or flood.area == 0:
        return
    cut = block(streets, closed(flood))
    for road, line in zip(streets["road_id"], streets.geometry, strict=True):
        mine = cut[cut["road_id"] == road]
        parts = shapely.get_coordinates(mine.geometry.to_numpy())
        assert mine.geometry.length.sum() == pytest.approx(line.length, abs=1e-6)
        # A street drawn to and fro counts as often as it is drawn: leg by leg.
        legs = [shapely.LineString(pair) for pair in zip(line.coords[:-1], line.coords[1:], strict=True)]
        assert mine[mine["blocked"]].geometry.length.sum() == pytest.approx(
            sum(leg.intersection(flood).length for leg in legs), abs=1e-5
        )
        assert (shapely.distance(shapely.points(parts), line) < 1e-6).all()
        runs = mine.geometry.to_numpy()
        for one, two in pairwise(runs):
            assert one.coords[-1] == two.coords[0]


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_everybody_stays_where_they_were(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = roads(*([(x, y) for x, y in rng.uniform(0, 400, (3, 2))] for _ in range(5)))
    flood = closed(shapely.box(*(np.array([X0, Y0, X0, Y0]) + np.sort(rng.uniform(0, 400, (2, 2)), axis=0).ravel())))
    before, after = build_network(streets), build_network(block(streets, flood))
    homes = gpd.GeoDataFrame(geometry=[at(x, y) for x, y in rng.uniform(-300, 700, (30, 2))], crs=CRS)
    old = snap_to_streets(homes, before)
    new = kept_places(before, after, old)
    assert (new.leg_m == old.leg_m).all()
    assert (new.unreached == old.unreached).all()
    on = ~old.unreached
    spots = [_spot(network, placement) for network, placement in ((before, old), (after, new))]
    assert (np.abs(spots[0] - spots[1])[on] < 1e-6).all()
    assert (before.road_id[old.segment[on]] == after.road_id[new.segment[on]]).all()


def _spot(network: object, placement: Placement) -> np.ndarray:
    start = np.column_stack([network.x, network.y])[network.tail[placement.segment]]  # type: ignore[attr-defined]
    end = np.column_stack([network.x, network.y])[network.head[placement.segment]]  # type: ignore[attr-defined]
    share = placement.along_m / network.length_m[placement.segment]  # type: ignore[attr-defined]
    return np.asarray(start + share[:, None] * (end - start))


def test_places_on_whole_streets_stay_to_the_last_bit() -> None:
    streets = roads([(0, 0), (100, 0)], [(0, 50), (100, 53)])
    before, after = build_network(streets), build_network(block(streets, closed(square(40, -10, 60, 10))))
    old = Placement(np.array([1, 0, -1, 0, 0]), np.array([1 / 3, 50.0, np.nan, 40.0, 99.0]), np.array([1.0, 2, 900, 3, 4]))
    if before.road_id[0] != "0":
        pytest.fail("segments are numbered from west to east")
    new = kept_places(before, after, old)
    assert after.road_id[new.segment[0]] == "1"
    assert new.along_m[0] == 1 / 3
    assert new.segment[2] == -1
    blocked = ~np.isfinite(after.forward_m)
    assert blocked[new.segment].tolist()[1] is True
    # At the cut one stands on the open part.
    assert not blocked[new.segment[3]]
    assert (new.along_m[3], new.along_m[4]) == (40.0, pytest.approx(39.0))


def test_places_of_other_streets_are_refused() -> None:
    one, other = roads([(0, 0), (100, 0)]), roads([(0, 500), (100, 500)])
    home = Placement(np.array([0]), np.array([10.0]), np.array([0.0]))
    with pytest.raises(InputError, match="1 places are on no street of the second network"):
        kept_places(build_network(one), build_network(other), home)


def test_closures_hold_from_a_day_to_before_another() -> None:
    rows = closed(
        *[square(0, 0, 1, 1)] * 3, valid_from=["2026-07-01", None, "2026/07/05 08:00"], valid_to=["2026-07-03", "", None]
    )
    held = [in_force(rows, dt.date(2026, 7, day)).index.tolist() for day in (1, 3, 5)]
    assert held == [[0, 1], [1], [1, 2]]
    assert len(in_force(closed(square(0, 0, 1, 1)), dt.date(2026, 1, 1))) == 1
    with pytest.raises(InputError, match="valid_from is 'soon', expected a date such as 2026-07-01"):
        in_force(closed(square(0, 0, 1, 1), valid_from=["soon"]), dt.date(2026, 1, 1))


def test_what_closes_nothing_is_refused() -> None:
    streets = roads([(0, 0), (100, 0)])
    with pytest.raises(InputError, match="closures must be polygons or lines"):
        block(streets, closed(at(0, 0)))
    with pytest.raises(InputError, match="width_m 0 is not usable"):
        block(streets, closed(square(0, 0, 1, 1)), width_m=0)
    with pytest.raises(CrsError, match="different CRS"):
        block(streets, closed(square(0, 0, 1, 1)).to_crs(4547))


def test_a_file_of_closures_in_chinese() -> None:
    rows = gpd.GeoDataFrame(
        {"封闭编号": ["7", "8"], "封闭原因": ["内涝", "施工"], "仅封地面": ["是", None], "开始日期": ["2026-07-01", None]},
        geometry=[
            shapely.MultiPolygon([shapely.box(117, 28, 117.01, 28.01), shapely.box(117.1, 28, 117.11, 28.01)]),
            shapely.LineString([(117, 28), (117.1, 28)]),
        ],
        crs=4326,
    )
    read = read_closures(rows)
    assert read.rejected.empty
    assert read.table["closure_id"].tolist() == ["7", "8"]
    assert read.table["kind"].tolist() == ["flood", "works"]
    assert read.table["ground_only"].tolist()[0]
    assert read.table["valid_from"].fillna("").tolist() == ["2026-07-01", ""]
    assert read_closures(rows.drop(columns="封闭编号")).table["closure_id"].tolist() == ["1", "2"]


def test_which_day_it_is_depends_on_the_place() -> None:
    now = today("Asia/Shanghai")
    rows = closed(*[square(0, 0, 1, 1)] * 2, valid_from=[(now + dt.timedelta(days=days)).isoformat() for days in (-2, 2)])
    held, notes = of_day(rows, None, time_zone="Asia/Shanghai")
    assert len(held) == 1
    assert [note.en for note in notes] == [f"on {now}, 1 closures are in force; 1 are not and do not count"]
    assert of_day(closed(square(0, 0, 1, 1)), None, time_zone="Asia/Shanghai")[1] == ()
    for zone in ("Asia/Guixi", "Asia", "A/B/C"):
        with pytest.raises(InputError, match=f"there is no time zone '{zone}'"):
            today(zone)
