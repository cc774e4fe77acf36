"""Who reaches what: against every way there is, against the nearest facility one at a time, and at the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geogrid import pairs as module
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.graph import Graph, measure, prepare
from geogrid.io import read_facilities, read_households, read_roads
from geogrid.network import build_network
from geogrid.pairs import Pairs, pairs_within, parts_within
from geogrid.results import Placement
from geogrid.travel import nearest_facility, snap_to_streets
from tests.streets import ANY_WAY, HALF_MM, placed, points, put, random_town, take, town, walked, ways

if TYPE_CHECKING:
    from pathlib import Path


def table(pairs: Pairs) -> pd.DataFrame:
    return pd.DataFrame({"household": pairs.household, "facility": pairs.facility, "metres": pairs.metres})


def one_at_a_time(graph: Graph, homes: Placement, stops: Placement, limit_m: float) -> pd.DataFrame:
    """Ask for the nearest of one facility, for each."""
    parts = [pd.DataFrame({"household": [], "facility": [], "metres": []})]
    for number in range(len(stops.segment)):
        found = nearest_facility(graph, homes, take(stops, np.array([number])), facility_ids=["x"])
        near = np.flatnonzero(found["metres"] <= limit_m)
        parts.append(pd.DataFrame({"household": near, "facility": number, "metres": found["metres"].to_numpy()[near]}))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


# --- By hand -----------------------------------------------------------------------------------------------------------------


def test_a_street_by_hand() -> None:
    """Draw a street of 1 km with homes at 100 (10 m off), 500 and 900, clinics at 0 and 600; the far home is alone on its street.

    ::

        h
        A----+--------h----B--------h        h
        0   100      500  600      900     (another street)
    """
    network = town([(0, 0), (1000, 0)], [(2000, 0), (2100, 0)])
    homes = snap_to_streets(points((100, 10), (500, 0), (900, 0), (2050, 0), (500, 900)), network)
    clinics = snap_to_streets(points((0, 0), (600, 0), (300, 900)), network)
    found = pairs_within(prepare(network), homes, clinics, limit_m=500)
    assert table(found).to_numpy().tolist() == [[0, 0, 110], [1, 0, 500], [1, 1, 100], [2, 1, 300]]
    assert [str(each.dtype) for each in (found.household, found.facility, found.metres)] == ["int32", "int32", "float64"]
    longer = pairs_within(prepare(network), homes, clinics, limit_m=510)
    assert table(longer)["household"].tolist() == [0, 1, 0, 1, 2]


def test_the_limit_is_inclusive_on_millimetres() -> None:
    network = town([(0, 0), (1000, 0)])
    homes = put((0, 100.0, 0.0), (0, 100.0004, 0.0), (0, 100.0006, 0.0))
    found = pairs_within(prepare(network), homes, put((0, 0.0, 0.0)), limit_m=100)
    assert table(found).to_numpy().tolist() == [[0, 0, 100.0], [1, 0, 100.0]]
    at_the_door = pairs_within(prepare(network), put((0, 5.0, 0.0), (0, 5.001, 0.0)), put((0, 5.0, 0.0)), limit_m=0)
    assert at_the_door.household.tolist() == [0]


def test_one_way_streets_lead_towards_the_facility() -> None:
    """Draw a ring of three one-way streets of 100 m: the home behind the facility goes all around."""
    length = np.full(3, 100.0)
    x, y = np.array([0.0, 100.0, 50.0]), np.array([0.0, 0.0, 86.602540378])
    ring = walked(x, y, np.array([[0, 1], [1, 2], [2, 0]]), length, backward_m=np.full(3, np.inf))
    found = pairs_within(prepare(ring), put((0, 20, 0), (0, 80, 0), (1, 50, 0)), put((0, 50, 0)), limit_m=1000)
    assert found.metres.tolist() == [30, 270, 200]


def test_nobody_and_nothing() -> None:
    network = town([(0, 0), (100, 0)])
    graph, home = prepare(network), put((0, 5, 0))
    for homes, stops in ((put(), home), (home, put()), (put(), put()), (home, put((-1, np.nan, 300.0)))):
        found = pairs_within(graph, homes, stops, limit_m=100)
        assert len(found) == 0
        assert str(found.household.dtype) == "int32"
    assert len(pairs_within(graph, put((-1, np.nan, 300.0)), home, limit_m=100)) == 0
    assert list(parts_within(graph, home, put(), limit_m=100)) == []


def test_a_facility_nobody_can_leave_its_leg_for() -> None:
    """A leg longer than the limit reaches nobody, and two ways into one node are one."""
    network = town([(0, 0), (100, 0)])
    assert len(pairs_within(prepare(network), put((0, 5, 0)), put((0, 5, 150)), limit_m=100)) == 0
    loop = walked(np.zeros(1), np.zeros(1), np.array([[0, 0], [0, 0]]), np.array([60.0, 40.0]))
    found = pairs_within(prepare(loop), put((1, 10, 0), (0, 50, 0)), put((0, 10, 0)), limit_m=100)
    assert found.metres.tolist() == [20, 20]


def test_wrong_limits_are_named() -> None:
    network = town([(0, 0), (100, 0)])
    for limit in (-1.0, np.nan, np.inf):
        with pytest.raises(InputError, match=rf"a limit of {limit} m is not usable; expected metres from 0 up, such as 1250"):
            pairs_within(prepare(network), put(), put(), limit_m=limit)
        with pytest.raises(InputError):
            parts_within(prepare(network), put(), put(), limit_m=limit)
    with pytest.raises(InputError, match=r"a place is on segment 7"):
        pairs_within(prepare(network), put((7, 0, 0)), put(), limit_m=1)


def test_parts_are_whole_facilities_and_too_many_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = town([(0, 0), (100, 0)])
    graph, homes, stops = prepare(network), put(*[(0, i, 0) for i in range(5)]), put(*[(0, 10 * i, 0) for i in range(4)])
    monkeypatch.setattr(module, "PART", 8)
    parts = list(parts_within(graph, homes, stops, limit_m=100))
    assert [sorted(set(part.facility.tolist())) for part in parts] == [[0, 1], [2, 3]]
    whole = pairs_within(graph, homes, stops, limit_m=100)
    assert len(whole) == 20
    monkeypatch.setattr(module, "PART", 1)
    assert table(pairs_within(graph, homes, stops, limit_m=100)).equals(table(whole))
    assert len(list(parts_within(graph, homes, stops, limit_m=100))) == 4
    monkeypatch.setattr(module, "MOST_PAIRS", 19)
    with pytest.raises(InputError, match=r"more than 19 pairs of household and facility lie within 100 m, too many to hold"):
        pairs_within(graph, homes, stops, limit_m=100)


# --- Random towns ------------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_pairs_equal_every_way_there_is(data: st.DataObject) -> None:
    network = data.draw(random_town(ANY_WAY, is_oneway=data.draw(st.booleans())))
    graph = prepare(network)
    homes, stops = data.draw(placed(network, 7, 10)), data.draw(placed(network, 7, 6))
    limit_m = data.draw(st.sampled_from([0.0, 5.0, 12.5, 30.0, 1000.0]))
    found = pairs_within(graph, homes, stops, limit_m=limit_m)
    assert table(found).equals(table(pairs_within(graph, measure(graph, homes), measure(graph, stops), limit_m=limit_m)))
    expected = one_at_a_time(graph, homes, stops, limit_m)
    np.testing.assert_array_equal(table(found).to_numpy(), expected.to_numpy())
    everything = ways(network, homes, stops)
    close = {(h, f) for h, f in np.argwhere(everything <= limit_m - HALF_MM).tolist()}
    reached = set(zip(found.household.tolist(), found.facility.tolist(), strict=True))
    assert close <= reached <= {(h, f) for h, f in np.argwhere(everything <= limit_m + HALF_MM).tolist()}
    assert np.abs(found.metres - everything[found.household, found.facility]).max(initial=0) <= HALF_MM


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_longer_limit_only_adds_and_order_does_not_matter(data: st.DataObject) -> None:
    network = data.draw(random_town(ANY_WAY, is_oneway=True))
    graph, homes, stops = prepare(network), data.draw(placed(network, 4, 10)), data.draw(placed(network, 4, 6))
    short, long = (table(pairs_within(graph, homes, stops, limit_m=limit)) for limit in (15.0, 40.0))
    assert long[long["metres"] <= 15].reset_index(drop=True).equals(short)
    order = np.array(data.draw(st.permutations(range(len(homes.segment)))), dtype=int)
    turned = table(pairs_within(graph, take(homes, order), stops, limit_m=15.0))
    turned["household"] = order[turned["household"]].astype(np.int32)
    assert turned.sort_values(["facility", "household"], ignore_index=True).equals(short)


# --- A real town -------------------------------------------------------------------------------------------------------------


def test_guixi_equals_one_facility_at_a_time(real_data: Path) -> None:
    folder = real_data / "guixi"
    roads, homes, facilities = (
        project(read(folder / name).table, CRS.from_epsg(4548))
        for read, name in ((read_roads, "roads.osm"), (read_households, "households.csv"), (read_facilities, "facilities.csv"))
    )
    network = build_network(roads)
    graph, at_home, at_facility = prepare(network), snap_to_streets(homes, network), snap_to_streets(facilities, network)
    found = table(pairs_within(graph, at_home, at_facility, limit_m=1250))
    assert len(found) > 100_000
    some = np.array([0, 7, 20])
    expected = one_at_a_time(graph, at_home, take(at_facility, some), 1250)
    expected["facility"] = some[expected["facility"]]
    mine = found[found["facility"].isin(some)]
    np.testing.assert_array_equal(mine.to_numpy(), expected.to_numpy())
    nearest = nearest_facility(graph, at_home, at_facility, facility_ids=facilities["facility_id"].tolist())
    least = found.groupby("household")["metres"].min()
    near = nearest["metres"][nearest["metres"] <= 1250]
    assert least.index.tolist() == near.index.tolist()
    np.testing.assert_array_equal(least, near)
