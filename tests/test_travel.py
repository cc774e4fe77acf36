"""Households to facilities: against brute force, by hand, and at the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import CrsError, InputError
from geogrid.network import build_network
from geogrid.travel import minutes_within, nearest_facility, snap_to_streets
from tests.builders import CRS, at, street
from tests.streets import ANY_WAY, AXES, check, check_snap, placed, points, put, random_town, segments, take, town, walked

if TYPE_CHECKING:
    from pathlib import Path

# --- Towns by hand -----------------------------------------------------------------------------------------------------------


def test_a_way_counts_both_legs_and_the_street() -> None:
    """Draw a corner: home 10 m off the long street, school 20 m off the short one.

    ::

        h           | S
        ------------+
        0          100
    """
    network = town([(0, 0), (100, 0)], [(100, 0), (100, 50)])
    homes = snap_to_streets(points((30, 10)), network)
    school = snap_to_streets(points((120, 40)), network)
    answer = nearest_facility(network, homes, school, facility_ids=["S"], speed_kmh=6)
    assert answer.to_dict("records") == [{"metres": 140.0, "minutes": 1.4, "facility": 0, "reason": ""}]


def test_same_street_direct_and_around() -> None:
    """Walk directly between home and shop on one street, unless a shorter parallel one leads around."""
    network = town([(0, 0), (100, 0)])
    homes, shops = snap_to_streets(points((10, 0), (95, 0)), network), snap_to_streets(points((60, 0), (90, 0)), network)
    answer = nearest_facility(network, homes, shops, facility_ids=["b", "a"])
    assert answer["metres"].tolist() == [50.0, 5.0]
    assert answer["facility"].tolist() == [0, 1]
    # A winding street of 1000 m (its length is its own) and a straight one of 100 m join the same two nodes.
    winding = walked(network.x, network.y, np.array([[0, 1], [0, 1]]), np.array([1000.0, 100.0]))
    around = nearest_facility(winding, put((0, 10, 0), (0, 400, 0)), put((0, 980, 3)), facility_ids=["a"])
    assert around["metres"].tolist() == [133.0, 523.0]


def test_equal_ways_go_to_the_smallest_id() -> None:
    network = town([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 80)])
    homes = snap_to_streets(points((50, 70), (50, 0), (20, 0)), network)
    shops = snap_to_streets(points((90, 0), (10, 0), (10, 0), (90, 0)), network)
    answer = nearest_facility(network, homes, shops, facility_ids=["10", "9", "7", "2"])
    assert answer["facility"].tolist() == [0, 0, 2]
    assert answer["metres"].tolist() == [110.0, 40.0, 10.0]
    same_id = nearest_facility(network, homes, shops, facility_ids=["x", "x", "x", "x"])
    assert same_id["facility"].tolist() == [0, 0, 1]


def test_unreached_and_no_path_differ() -> None:
    network = town([(0, 0), (100, 0)], [(0, 500), (100, 500)])
    homes = snap_to_streets(points((0, 10), (50, 500), (50, 250)), network)
    shops = snap_to_streets(points((100, 0), (50, 800)), network)
    answer = nearest_facility(network, homes, shops, facility_ids=["a", "b"])
    assert answer["reason"].tolist() == ["", "no_path", "unreached"]
    assert answer["facility"].tolist() == [0, -1, -1]
    np.testing.assert_array_equal(answer["metres"], [110, np.nan, np.nan])
    np.testing.assert_array_equal(answer["minutes"], [1.32, np.nan, np.nan])
    assert homes.leg_m.tolist() == [10, 0, 250]
    assert shops.unreached.tolist() == [False, True]


def test_without_facilities_or_households() -> None:
    network = town([(0, 0), (100, 0)])
    homes = snap_to_streets(points((0, 10), (50, 900)), network)
    alone = nearest_facility(network, homes, put(), facility_ids=[])
    assert alone["reason"].tolist() == ["no_path", "unreached"]
    none = nearest_facility(network, put(), homes, facility_ids=["a", "b"])
    assert none.columns.tolist() == ["metres", "minutes", "facility", "reason"]
    assert len(none) == 0
    assert len(snap_to_streets(points((0, 0)).iloc[:0], network).segment) == 0


def test_bridges_are_crossed_only_at_their_ends() -> None:
    lines = [street((0, 50), (50, 50), (100, 50)), street((50, 0), (50, 50), (50, 100)), street((100, 50), (100, 100), (50, 100))]
    network = build_network(gpd.GeoDataFrame({"bridge": ["yes", None, None]}, geometry=lines, crs=CRS))
    homes, shop = snap_to_streets(points((49, 50)), network), snap_to_streets(points((50, 40)), network)
    assert nearest_facility(network, homes, shop, facility_ids=["a"])["metres"].tolist() == [51 + 50 + 50 + 60]


def test_minutes() -> None:
    assert minutes_within(np.array([0.0, 1250.0, np.nan]), 5.0).tolist()[:2] == [0.0, 15.0]
    for speed in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match=rf"speed {speed} km/h is not usable; give a number above 0, such as 5"):
            minutes_within(np.array([1.0]), speed)


def test_wrong_input_is_named() -> None:
    network = town([(0, 0), (100, 0)])
    home = snap_to_streets(points((0, 10)), network)
    with pytest.raises(InputError, match=r"there are 2 facility ids for 1 facilities; give one id per facility"):
        nearest_facility(network, home, home, facility_ids=["a", "b"])
    with pytest.raises(InputError, match=r"a place is on segment 7, but the network has 1; snap the points onto this network"):
        nearest_facility(network, put((7, 0, 0)), home, facility_ids=["a"])
    with pytest.raises(InputError, match=r"speed 0 km/h"):
        nearest_facility(network, home, home, facility_ids=["a"], speed_kmh=0)
    for limit in (-1.0, float("nan")):
        with pytest.raises(InputError, match=rf"max_snap_m {limit} is not usable; give metres from 0 up, such as 200"):
            snap_to_streets(points((0, 0)), network, max_snap_m=limit)
    odd = gpd.GeoDataFrame(geometry=[at(0, 0), None, shapely.Point(), street((0, 0), (1, 1))], crs=CRS)
    with pytest.raises(InputError, match=r"3 rows are not points with coordinates \(the first is row 2\)") as error:
        snap_to_streets(odd, network)
    assert error.value.say("zh").startswith("3 行不是有坐标的点（首个在第 2 行）")
    with pytest.raises(CrsError, match=r"the points are in CGCS2000 .*4549\) and the streets in .*4548\); project both"):
        snap_to_streets(points((0, 0)).to_crs(4549), network)
    with pytest.raises(CrsError):
        snap_to_streets(points((0, 0)).set_crs(None, allow_override=True), network)
    with pytest.raises(CrsError, match="not in metres"):
        snap_to_streets(points((0, 0)).to_crs(4326), network)


def test_arguments_stay_as_they_are() -> None:
    network = town([(0, 0), (100, 0)])
    homes = points((3, 4), (50, 900))
    before, placement = homes.copy(deep=True), snap_to_streets(homes, network)
    again = snap_to_streets(homes, network)
    nearest_facility(network, placement, placement, facility_ids=["a", "b"])
    assert homes.equals(before)
    for column in ("segment", "along_m", "leg_m"):
        np.testing.assert_array_equal(getattr(placement, column), getattr(again, column))


# --- Random towns ------------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_ways_equal_the_oracle(data: st.DataObject) -> None:
    network = data.draw(random_town(ANY_WAY))
    households, facilities = data.draw(placed(network, 7, 12)), data.draw(placed(network, 7, 6))
    ids = data.draw(st.lists(st.sampled_from("abc"), min_size=len(facilities.segment), max_size=len(facilities.segment)))
    check(network, households, facilities, ids)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_ties_go_to_the_smallest_id(data: st.DataObject) -> None:
    """On a town of whole metres every sum is exact, so the oracle knows all ties."""
    network = data.draw(random_town(AXES))
    households, facilities = data.draw(placed(network, 2, 12)), data.draw(placed(network, 2, 6))
    ids = [str(i) for i in data.draw(st.permutations(range(len(facilities.segment))))]
    found = check(network, households, facilities, ids)
    assert found["facility"].tolist() == found["smallest"].tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_order_does_not_matter_and_more_facilities_never_lengthen(data: st.DataObject) -> None:
    network = data.draw(random_town(ANY_WAY))
    households, facilities = data.draw(placed(network, 4, 8)), data.draw(placed(network, 4, 6))
    ids = [f"f{i}" for i in range(len(facilities.segment))]
    answer = nearest_facility(network, households, facilities, facility_ids=ids)
    order = np.array(data.draw(st.permutations(range(len(ids)))), dtype=int)
    turned = nearest_facility(network, households, take(facilities, order), facility_ids=[ids[i] for i in order])
    np.testing.assert_array_equal(answer["metres"], turned["metres"])
    assert [ids[i] if i >= 0 else None for i in answer["facility"]] == [
        ids[order[i]] if i >= 0 else None for i in turned["facility"]
    ]
    fewer = nearest_facility(network, households, take(facilities, np.arange(len(ids) // 2)), facility_ids=ids[: len(ids) // 2])
    assert (answer["metres"].fillna(np.inf) <= fewer["metres"].fillna(np.inf)).all()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_oneway_and_slow_streets_equal_the_oracle(data: st.DataObject) -> None:
    network = data.draw(random_town(st.one_of(ANY_WAY, AXES), is_oneway=True))
    households, facilities = data.draw(placed(network, 4, 12)), data.draw(placed(network, 4, 6))
    check(network, households, facilities, [f"f{i}" for i in range(len(facilities.segment))])


def test_a_oneway_street_leads_on_or_around() -> None:
    """Draw a square of 100 m sides whose south side is one-way eastwards; leaving against it costs the way around.

    ::

        +-------------+
        |             |
        +--s--h--S----+   one-way to the right
    """
    ring = [street((0, 0), (100, 0)), street((100, 0), (100, 100), (0, 100), (0, 0))]
    roads = gpd.GeoDataFrame(
        {"road_id": ["one", "two"], "oneway": ["yes", None], "highway": "residential"}, geometry=ring, crs=CRS
    )
    walk, car = (build_network(roads, mode=mode) for mode in ("walk", "car"))
    home, west, east = points((40, 0)), points((20, 0)), points((70, 0))
    metres = {}
    for network in (walk, car):
        at_home = snap_to_streets(home, network)
        metres[network.mode] = [
            float(nearest_facility(network, at_home, snap_to_streets(shop, network), facility_ids=["a"])["metres"].iloc[0])
            for shop in (west, east)
        ]
    assert metres["walk"] == [20.0, 30.0]
    slowness = car.forward_m[car.forward_m < np.inf].sum() / 400
    np.testing.assert_allclose(metres["car"], [slowness * 380, slowness * 30], atol=0.001)


def test_who_stands_at_a_corner_leaves_by_any_street() -> None:
    """A home at the start of a one-way street that leads to it is at the corner, not on the street."""
    lines = [street((100, 0), (0, 0)), street((0, 0), (0, 100))]
    roads = gpd.GeoDataFrame({"oneway": ["yes", None], "highway": "residential"}, geometry=lines, crs=CRS)
    network = build_network(roads, mode="car")
    home, shops = snap_to_streets(points((-5, -5)), network), snap_to_streets(points((0, 50), (60, 0)), network)
    assert nearest_facility(network, home, take(shops, np.array([0])), facility_ids=["a"])["reason"].tolist() == [""]
    assert nearest_facility(network, home, take(shops, np.array([1])), facility_ids=["b"])["reason"].tolist() == ["no_path"]


def test_a_blocked_street_keeps_its_place_and_leads_nowhere() -> None:
    lines = [street((0, 0), (40, 0)), street((40, 0), (60, 0)), street((60, 0), (100, 0))]
    roads = gpd.GeoDataFrame({"blocked": [False, True, None]}, geometry=lines, crs=CRS)
    network = build_network(roads)
    assert sorted(np.unique(network.component).tolist()) == [0, 1]
    homes, shop = snap_to_streets(points((10, 0), (50, 0), (90, 0)), network), snap_to_streets(points((70, 0)), network)
    assert homes.segment.tolist() == [0, 1, 2]
    answer = nearest_facility(network, homes, shop, facility_ids=["a"])
    assert answer["reason"].tolist() == ["no_path", "no_path", ""]
    assert answer["metres"].tolist()[2] == 20.0


def test_slower_people_take_longer_on_the_same_way() -> None:
    network = town([(0, 0), (900, 0)])
    home, shop = snap_to_streets(points((0, 0)), network), snap_to_streets(points((900, 0)), network)
    answer = nearest_facility(network, home, shop, facility_ids=["a"], speed_kmh=3.6)
    assert answer[["metres", "minutes"]].to_numpy().tolist() == [[900.0, 15.0]]


# --- A real town -------------------------------------------------------------------------------------------------------------

GUIXI_CRS = "EPSG:4548"


def _osm_streets(path: Path) -> gpd.GeoDataFrame:
    root = ET.parse(path).getroot()  # noqa: S314 - a file of our own
    place = {node.get("id"): (float(node.get("lon", "nan")), float(node.get("lat", "nan"))) for node in root.iter("node")}
    rows = []
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        vertices = [place[node.get("ref")] for node in way.iter("nd") if node.get("ref") in place]
        if "highway" in tags and len(vertices) > 1:
            rows.append({"road_id": way.get("id"), **tags, "geometry": shapely.LineString(vertices)})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326").to_crs(GUIXI_CRS)


def _csv_points(path: Path) -> gpd.GeoDataFrame:
    table = pd.read_csv(path, dtype=str)
    geometry = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=geometry).to_crs(GUIXI_CRS)


def test_guixi_equals_the_oracle(real_data: Path) -> None:
    """Check every household's place on the streets, and 400 households' ways to the schools."""
    network = build_network(_osm_streets(real_data / "guixi" / "roads.osm"))
    homes = _csv_points(real_data / "guixi" / "households.csv")
    facilities = _csv_points(real_data / "guixi" / "facilities.csv")
    schools = facilities[facilities["service"].str.contains("education")]
    placement = snap_to_streets(homes, network)
    sample = np.random.default_rng(7).choice(len(homes), 400, replace=False)
    check_snap(network, homes.geometry.to_numpy()[sample], take(placement, sample), 200)
    nearest = shapely.STRtree(segments(network)).query_nearest(
        homes.geometry.to_numpy(), all_matches=False, return_distance=True
    )[1]
    np.testing.assert_allclose(placement.leg_m, nearest, rtol=1e-12, atol=1.1e-6)
    found = check(network, take(placement, sample), snap_to_streets(schools, network), schools["facility_id"].tolist())
    assert len(schools) > 5
    assert found["metres"].notna().sum() > 300
