"""Which streets may be walked, where they join, and how they are numbered."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import CrsError, InputError, NotFoundError
from geogrid.modes import barred_streets
from geogrid.network import build_network
from tests.builders import CRS, X0, Y0, frame, street

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.results import Network

Point = tuple[float, float]
Edge = tuple[Point, Point]


def roads(*lines: shapely.Geometry | None, **columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Return streets called r0, r1 … with the columns given."""
    return gpd.GeoDataFrame({"road_id": [f"r{i}" for i in range(len(lines))], **columns}, geometry=list(lines), crs=CRS)


def edges(network: Network) -> set[Edge]:
    """Return the segments as pairs of coordinates from the town's corner, smaller end first."""
    ends = [tuple(zip(network.x[at] - X0, network.y[at] - Y0, strict=True)) for at in (network.tail, network.head)]
    return {tuple(sorted(((float(a), float(b)), (float(c), float(d))))) for (a, b), (c, d) in zip(*ends, strict=True)}  # type: ignore[misc]


def pieces(network: Network) -> int:
    return int(network.component.max()) + 1


def test_streets_join_at_shared_vertices_only() -> None:
    """Draw a cross with a vertex in the middle, and one street that crosses both without.

    ::

             |  /
         ----+-/--
             |/
             /
    """
    cross = roads(street((0, 50), (50, 50), (100, 50)), street((50, 0), (50, 50), (50, 100)), street((40, 10), (80, 90)))
    network = build_network(cross)
    assert edges(network) == {
        ((0, 50), (50, 50)),
        ((50, 50), (100, 50)),
        ((50, 0), (50, 50)),
        ((50, 50), (50, 100)),
        ((40, 10), (80, 90)),
    }
    assert pieces(network) == 2
    assert sorted(network.length_m.tolist()) == pytest.approx([50, 50, 50, 50, np.hypot(40, 80)])
    assert sorted(network.road_id) == ["r0", "r0", "r1", "r1", "r2"]


@pytest.mark.parametrize(
    ("bridge", "layer", "tunnel", "joined"),
    [
        ([None, None], [None, None], [None, None], True),
        (["yes", None], [1, None], [None, None], False),
        ([True, False], [0, 0], [None, None], False),
        ([None, None], [None, "-1"], [None, "yes"], False),
        ([None, None], [1, 1], [None, None], True),
        (["no", None], [None, "0"], [None, "building_passage"], True),
        ([None, None], ["zwei", 0], [None, "no"], True),
        (["yes", "viaduct"], [1.0, "1"], [None, None], True),
    ],
)
def test_a_vertex_inside_two_streets_joins_them_on_one_level(
    bridge: list[object], layer: list[object], tunnel: list[object], joined: bool
) -> None:
    crossing = (street((0, 50), (50, 50), (100, 50)), street((50, 0), (50, 50), (50, 100)))
    network = build_network(roads(*crossing, bridge=bridge, layer=layer, tunnel=tunnel))
    assert pieces(network) == (1 if joined else 2)
    assert len(network.x) == (5 if joined else 6)
    assert len(edges(network)) == 4


def test_a_bridge_joins_the_streets_at_its_ends() -> None:
    parts = (
        street((0, 0), (10, 0)),
        street((10, 0), (50, 0), (90, 0)),
        street((90, 0), (99, 0)),
        street((10, -9), (10, 0), (10, 9)),
    )
    network = build_network(roads(*parts, bridge=[None, "yes", None, None], layer=[0, 1, 0, 0]))
    assert pieces(network) == 1
    assert len(network.x) == 7


@pytest.mark.parametrize(("layer", "partner"), [(1, "bridge"), (0, "street"), (-1, "street"), (5, "bridge")])
def test_an_end_under_a_bridge_joins_its_own_level_or_the_nearest(layer: int, partner: str) -> None:
    lines = (street((0, 0), (50, 0), (99, 0)), street((50, -50), (50, 0), (50, 50)), street((50, 0), (70, 20)))
    network = build_network(roads(*lines, layer=[0, 1, layer]))
    component = dict(zip(network.road_id, network.component[network.tail], strict=True))
    assert pieces(network) == 2
    assert component["r2"] == component["r1" if partner == "bridge" else "r0"]
    assert component["r0"] != component["r1"]


@pytest.mark.parametrize(("bridge", "partner"), [("yes", "r1"), (None, "r0")])
def test_an_end_joins_what_is_a_bridge_like_itself_where_layers_do_not_tell(bridge: str | None, partner: str) -> None:
    lines = (street((0, 0), (50, 0), (99, 0)), street((50, -50), (50, 0), (50, 50)), street((50, 0), (70, 20)))
    network = build_network(roads(*lines, bridge=[None, "yes", bridge]))
    component = dict(zip(network.road_id, network.component[network.tail], strict=True))
    assert component["r2"] == component[partner]
    assert component["r0"] != component["r1"]


def test_repeats_zero_lengths_loops_and_multi_lines() -> None:
    """Keep one of two equal segments (smallest road_id), drop segments without length, close rings, and cut multi-lines apart."""
    ring = street((0, 0), (10, 0), (10, 10), (0, 0))
    odd = roads(
        street((20, 0), (10, 0)),
        street((10, 0), (20, 0), (20, 0), (30, 0)),
        ring,
        shapely.MultiLineString([street((30, 0), (30, 5)), street((30, 0), (35, 0))]),
        street((500, 500), (500, 500)),
        None,
        shapely.LineString(),
        shapely.force_3d(street((35, 0), (36, 0)), 7.0),
    )
    network = build_network(odd)
    found = dict(zip(sorted(edges(network)), network.road_id, strict=True))
    assert found == {
        ((0, 0), (10, 0)): "r2",
        ((0, 0), (10, 10)): "r2",
        ((10, 0), (10, 10)): "r2",
        ((10, 0), (20, 0)): "r0",
        ((20, 0), (30, 0)): "r1",
        ((30, 0), (30, 5)): "r3",
        ((30, 0), (35, 0)): "r3",
        ((35, 0), (36, 0)): "r7",
    }
    assert pieces(network) == 1
    assert len(network.x) == 8


def test_a_street_that_crosses_itself_joins_itself() -> None:
    knot = build_network(roads(street((0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (10, 0), (10, -10))))
    assert len(knot.x) == 6
    assert len(knot.tail) == 6


def test_vertices_within_a_micrometre_are_one() -> None:
    near = build_network(roads(street((0, 0), (10, 0)), street((10 + 2e-7, 0), (20, 0)), street((20 + 1e-5, 0), (30, 0))))
    assert pieces(near) == 2


def test_components_are_numbered_by_size() -> None:
    network = build_network(roads(street((0, 0), (1, 0)), street((5, 0), (6, 0), (7, 0)), street((9, 0), (10, 0))))
    assert network.component.tolist() == [1, 1, 0, 0, 0, 2, 2]


def test_without_road_ids_the_rows_are_counted() -> None:
    network = build_network(gpd.GeoDataFrame(geometry=[street((0, 0), (1, 0)), street((1, 0), (2, 0))], crs=CRS))
    assert network.road_id.tolist() == ["0", "1"]


def test_arguments_stay_as_they_are() -> None:
    given_roads = roads(street((0, 0), (9, 0)), street((9, 0), (9, 9)), foot=["YES ", None], closed=[False, None])
    before = given_roads.copy(deep=True)
    build_network(given_roads)
    pd.testing.assert_frame_equal(given_roads, before)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({}, ""),
        ({"highway": "residential"}, ""),
        ({"highway": "村道"}, ""),
        ({"highway": "motorway"}, "class"),
        ({"highway": "Motorway_Link "}, "class"),
        ({"highway": "高速公路"}, "class"),
        ({"highway": "motorway", "foot": "yes"}, ""),
        ({"highway": "trunk"}, "class"),
        ({"highway": "trunk", "foot": "designated"}, ""),
        ({"highway": "trunk", "foot": True}, ""),
        ({"highway": "trunk_link", "foot": "no"}, "class"),
        ({"highway": "construction", "foot": "yes"}, "class"),
        ({"highway": "residential", "foot": "no"}, "access"),
        ({"highway": "residential", "foot": "private"}, "access"),
        ({"highway": "residential", "foot": False}, "access"),
        ({"highway": "service", "access": "private"}, "access"),
        ({"highway": "service", "access": "no"}, "access"),
        ({"highway": "service", "access": "private", "foot": "yes"}, ""),
        ({"highway": "service", "access": "destination"}, ""),
        ({"highway": "service", "closed": "yes"}, "closed"),
        ({"highway": "service", "closed": True, "foot": "yes"}, "closed"),
        ({"highway": "service", "closed": "是"}, "closed"),
        ({"highway": "service", "closed": False}, ""),
    ],
)
def test_who_may_walk_where(tags: dict[str, object], reason: str) -> None:
    table = pd.DataFrame([{"road_id": "a", **tags}], index=["label"])
    barred = barred_streets(table)
    assert barred.tolist() == [reason]
    assert barred.index.tolist() == ["label"]


def test_missing_values_bar_nobody() -> None:
    table = pd.DataFrame({"highway": [None, np.nan, pd.NA], "foot": [pd.NA] * 3, "access": ""}, index=[3, 3, 1])
    assert barred_streets(table).tolist() == ["", "", ""]


def test_a_network_leaves_out_barred_streets() -> None:
    network = build_network(roads(street((0, 0), (9, 0)), street((9, 0), (9, 9)), highway=["motorway", "path"]))
    assert network.road_id.tolist() == ["r1"]


def test_an_unknown_mode_lists_the_known() -> None:
    with pytest.raises(NotFoundError, match=r"there is no mode 'fly'; use one of: walk") as error:
        build_network(roads(street((0, 0), (9, 0))), mode="fly")
    assert error.value.say("zh") == "没有出行方式“fly”；可用：walk, walk_older, bicycle, ebike, car"


@pytest.mark.parametrize(
    "useless",
    [
        roads(street((0, 0), (9, 0)), highway=["motorway"]),
        roads(street((3, 3), (3, 3))),
        roads(None, shapely.LineString()),
        frame([{"road_id": "a", "geometry": None}]).iloc[:0],
    ],
)
def test_no_usable_street_is_an_error(useless: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=rf"none of the {len(useless)} streets can be used by mode 'walk'; check the columns"):
        build_network(useless)


def test_only_lines_are_streets() -> None:
    with pytest.raises(InputError, match=r"the streets hold Point, Polygon; streets must be lines"):
        build_network(roads(street((0, 0), (9, 0)), shapely.Point(X0, Y0), shapely.box(X0, Y0, X0 + 9, Y0 + 9)))


def test_coordinates_must_be_finite() -> None:
    broken = shapely.LineString([(X0, Y0), (X0 + 1, np.inf), (X0 + 2, Y0)])
    with pytest.raises(InputError, match=r"1 street vertices have coordinates that are not finite"):
        build_network(roads(broken, street((0, 0), (9, 0)), street((0, 0), (9, 9))))


@pytest.mark.parametrize("crs", [None, "EPSG:4326", "EPSG:3857"])
def test_streets_must_be_in_metres(crs: str | None) -> None:
    town = gpd.GeoDataFrame(geometry=[shapely.LineString([(117.2, 28.3), (117.3, 28.3)])], crs="EPSG:4326")
    town = town.to_crs(crs) if crs else town.set_crs(None, allow_override=True)
    with pytest.raises(CrsError):
        build_network(town)


LATTICE = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda at: (at[0] * 10.0, at[1] * 10.0))
LINES = st.lists(st.lists(LATTICE, min_size=2, max_size=5), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(LINES)
def test_on_one_level_the_segments_are_the_distinct_pairs_of_neighbours(lines: list[list[Point]]) -> None:
    expected = {tuple(sorted(pair)) for line in lines for pair in pairwise(line) if pair[0] != pair[1]}
    town = roads(*(street(*line) for line in lines))
    if not expected:
        with pytest.raises(InputError):
            build_network(town)
        return
    network = build_network(town)
    assert edges(network) == expected
    assert len(network.tail) == len(expected)
    assert len(network.x) == len({point for pair in expected for point in pair})
    assert pieces(network) == _pieces_of(expected)


def _pieces_of(pairs: set[tuple[Point, ...]]) -> int:
    """Count connected pieces by merging sets."""
    groups: list[set[Point]] = []
    for pair in pairs:
        touching = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touching] + [set(pair).union(*touching)]
    return len(groups)


@settings(max_examples=60, deadline=None)
@given(LINES, st.data())
def test_order_and_direction_do_not_matter(lines: list[list[Point]], data: st.DataObject) -> None:
    lines = [*lines, [(0.0, 0.0), (10.0, 0.0)]]
    layer = data.draw(st.lists(st.integers(-1, 1), min_size=len(lines), max_size=len(lines)))
    order = data.draw(st.permutations(range(len(lines))))
    turned = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    town = roads(*(street(*line) for line in lines), layer=layer)
    other = town.iloc[order].copy()
    other["geometry"] = [line.reverse() if turn else line for line, turn in zip(other.geometry, turned, strict=True)]
    one, two = build_network(town), build_network(other)
    for column in ("x", "y", "tail", "head", "length_m", "road_id", "component"):
        np.testing.assert_array_equal(getattr(one, column), getattr(two, column))


def test_legs_are_walked_at_the_pace_asked() -> None:
    lane = roads(street((0, 0), (100, 0)))
    assert [build_network(lane, mode=mode, leg_kmh=2.5).leg_factor for mode in ("walk", "walk_older", "bicycle")] == [1, 1, 6]
    with pytest.raises(InputError, match="walking speed 0 km/h is not usable"):
        build_network(lane, leg_kmh=0)
