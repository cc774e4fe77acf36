"""What looks wrong with streets: every kind drawn on paper, and searches against looking at every pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.closures import block
from geogrid.crs import project, projected_crs
from geogrid.errors import CrsError, InputError
from geogrid.findings import COLUMNS, KINDS, Limits, street_findings
from geogrid.io import read_households, read_roads
from geogrid.joining import join_crossings
from geogrid.misses import _way_round
from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.travel import snap_to_streets
from tests.builders import CRS, X0, Y0, at
from tests.streets import AXES, dijkstra, random_town
from tests.test_closures import closed
from tests.test_joining import roads

if TYPE_CHECKING:
    from pathlib import Path


def homes(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"persons": np.arange(1, len(xy) + 1)}, geometry=[at(*each) for each in xy], crs=CRS)


def findings(streets: gpd.GeoDataFrame, people: gpd.GeoDataFrame | None = None, limits: Limits | None = None) -> gpd.GeoDataFrame:
    network = build_network(streets)
    people = homes() if people is None else people
    return street_findings(network, streets, people, snap_to_streets(people, network), limits=limits)


def rows(found: pd.DataFrame, kind: str, *columns: str) -> list[list[Any]]:
    return list(found.loc[found["kind"] == kind, list(columns)].to_numpy(dtype=object).tolist())


def test_pieces_with_whom_they_carry() -> None:
    """The long street is the largest piece; two loose pieces, one with two households, one with none."""
    streets = roads(
        [(0, 0), (50, 0), (100, 0), (200, 0)], [(0, 300), (40, 300)], [(40, 300), (40, 330)], [(500, 500), (520, 500)]
    )
    found = findings(streets, homes((10, 3), (10, 303), (42, 320)))
    assert rows(found, "piece", "finding_id", "households", "persons", "metres", "road_ids") == [
        ["piece-1", 2, 5, 70.0, ("1", "2")],
        ["piece-2", 0, 0, 20.0, ("3",)],
    ]
    assert found.columns.tolist() == list(COLUMNS)
    assert found.geometry.iloc[0].length == 70
    assert found["note_zh"].iloc[0] == "与最大一片街道不相连，2 户只能走到这一片之内"
    assert found["note_en"].iloc[1].endswith("0 households get no farther than this piece")


def test_streets_under_a_closure_are_no_piece_of_their_own() -> None:
    streets = block(roads([(0, 0), (200, 0)]), closed(shapely.box(X0 + 80, Y0 - 1, X0 + 100, Y0 + 1)))
    found = findings(streets, homes((10, 3), (90, 3), (190, 3)))
    assert rows(found, "piece", "households", "persons", "metres") == [[1, 3, 100.0]]
    assert rows(found, "near_miss", "metres") == []


def test_a_dead_end_that_misses_a_street() -> None:
    streets = roads([(0, 0), (100, 0)], [(50, 4), (50, 80)], [(80, 5.001), (80, 60)])
    found = findings(streets, homes((52, 50), (10, 1)))
    assert rows(found, "near_miss", "households", "persons", "metres", "road_ids") == [[1, 1, 4.0, ("1", "0")]]
    link = found.loc[found["kind"] == "near_miss"].geometry.iloc[0]
    assert (shapely.get_coordinates(link) - [X0, Y0]).tolist() == [[50, 4], [50, 0]]
    wide = findings(streets, limits=Limits(near_m=6))
    assert [round(metres, 3) for (metres,) in rows(wide, "near_miss", "metres")] == [5.001, 4.0]


def test_two_dead_ends_that_face_each_other_are_one_miss() -> None:
    found = findings(roads([(0, 0), (100, 0)], [(103, 0), (200, 0)]))
    assert rows(found, "near_miss", "metres", "road_ids") == [[3.0, ("0", "1")]]
    both_ends = findings(roads([(0, 0), (100, 0)], [(3, 2), (97, 2)]))
    assert [round(metres, 6) for (metres,) in rows(both_ends, "near_miss", "metres")] == [3.605551, 3.605551]


def test_touching_without_a_vertex_is_a_miss_of_no_width() -> None:
    found = findings(roads([(0, 0), (100, 0)], [(50, 0), (50, 40)]))
    assert rows(found, "near_miss", "metres") == [[0.0]]
    assert found.loc[found["kind"] == "near_miss"].geometry.iloc[0].equals(at(50, 0))
    assert rows(found, "crossing", "road_ids") == []


def test_no_miss_of_what_is_met_soon_or_lies_on_another_level() -> None:
    r"""A cul-de-sac bends back to 3 m beside its own street, 40 or 60 m along it; and one ends above a tunnel.

    ::

        0----------+ 3 m above the street: the way round is 20 + 3 + 17 m, or 30 + 3 + 27 m
    """
    hook = [(0, 0), (100, 0)]
    near = findings(roads(hook, [(100, 0), (100, 3), (83, 3)]))
    assert rows(near, "near_miss", "metres") == []
    far = findings(roads(hook, [(100, 0), (100, 3), (73, 3)]))
    assert rows(far, "near_miss", "metres") == [[3.0]]
    assert (
        rows(findings(roads(hook, [(100, 0), (100, 3), (73, 3)]), limits=Limits(meets_within_m=60)), "near_miss", "metres") == []
    )
    below = findings(roads(hook, [(50, 3), (50, 90)], tunnel=["yes", None]))
    assert rows(below, "near_miss", "metres") == []


def test_crossings_without_a_junction() -> None:
    streets = roads([(0, 0), (100, 100)], [(0, 100), (100, 0)], [(0, 30), (100, 30)], bridge=[None, None, "yes"])
    found = findings(streets, homes((1, 99)))
    assert rows(found, "crossing", "households", "persons", "road_ids") == [[1, 1, ("0", "1")]]
    assert found.loc[found["kind"] == "crossing"].geometry.iloc[0].equals(at(50, 50))
    through = findings(roads([(0, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]))
    assert [set(pair) for (pair,) in rows(through, "crossing", "road_ids")] == [{"0", "1"}]
    same_piece = findings(roads([(0, 0), (100, 100), (100, 0), (0, 100)]), homes((1, 99)))
    assert rows(same_piece, "crossing", "households") == [[0]]


def test_bare_stretches_are_whole_squares() -> None:
    """Ten homes in two squares side by side and one that touches at a corner; two elsewhere, and one near the street."""
    west = [(-750.0, 10.0)] * 5 + [(-650.0, 10.0)] * 4 + [(-550.0, 110.0)]
    found = findings(roads([(0, 0), (100, 0)]), homes(*west, (-100, 0), (800, 800), (810, 800)))
    assert rows(found, "bare", "households", "persons", "road_ids") == [[10, 55, ()]]
    drawing = found.geometry.iloc[0]
    assert drawing.area == 3 * 100**2
    assert (shapely.get_coordinates(drawing) % 100 == 0).all()
    assert found["metres"].tolist() == [pytest.approx((np.hypot(750, 10) + np.hypot(650, 10)) / 2)]
    fewer = findings(roads([(0, 0), (100, 0)]), homes((800, 800)), Limits(bare_households=1, bare_m=50))
    assert fewer["note_en"].tolist() == ["1 households are more than 50 m from every street (median 1063 m)"]


def test_unused_streets_and_order() -> None:
    streets = roads([(0, 0), (50, 0), (100, 0)], [(0, 100), (10, 100)])
    network = build_network(streets)
    use = gpd.GeoDataFrame(
        {"road_id": ["0", "1"], "metres": [100.0, 10.0], "homes": [0, 1], "ways": [0, 0]},
        geometry=streets.geometry.to_numpy(),
        crs=CRS,
    )
    found = street_findings(network, streets, homes(), snap_to_streets(homes(), network), use=use)
    assert rows(found, "unused", "metres", "road_ids") == [[100.0, ("0",)]]
    assert found["kind"].map(KINDS.index).is_monotonic_increasing
    nothing = findings(roads([(0, 0), (100, 0)]))
    assert (len(nothing), nothing.columns.tolist(), nothing.crs) == (0, list(COLUMNS), streets.crs)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_way_round_as_by_dijkstra(data: st.DataObject) -> None:
    network: Network = data.draw(random_town(AXES))
    pick = st.tuples(st.integers(0, len(network.x) - 1), st.integers(0, len(network.tail) - 1))
    node, segment = (np.array(column) for column in zip(*data.draw(st.lists(pick, min_size=1, max_size=6)), strict=True))
    along = network.length_m[segment] * 0.25
    graph: dict[object, list[tuple[object, float]]] = {i: [] for i in range(len(network.x))}
    for a, b, length in zip(network.tail.tolist(), network.head.tolist(), network.length_m.tolist(), strict=True):
        graph[a].append((b, length))
        graph[b].append((a, length))
    far = [dijkstra(graph, start) for start in node.tolist()]
    ends = [(d.get(int(network.tail[s]), np.inf), d.get(int(network.head[s]), np.inf)) for d, s in zip(far, segment, strict=True)]
    ends = [(a if a <= 25 else np.inf, b if b <= 25 else np.inf) for a, b in ends]
    expected = [min(a + x, b + network.length_m[s] - x) for (a, b), x, s in zip(ends, along, segment, strict=True)]
    assert _way_round(network, (node, segment, along), 25.0).tolist() == pytest.approx(expected)


def test_tables_that_do_not_belong_together() -> None:
    streets = roads([(0, 0), (100, 0)])
    network, nobody = build_network(streets), Placement(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0))
    with pytest.raises(CrsError, match="in one CRS"):
        street_findings(network, streets.to_crs(4547), homes(), nobody)
    with pytest.raises(InputError, match="1 households and 0 places"):
        street_findings(network, streets, homes((0, 0)), nobody)
    with pytest.raises(InputError, match="near_m = -1 is not usable"):
        street_findings(network, streets, homes(), nobody, limits=Limits(near_m=-1))
    unnamed = findings(streets.drop(columns="road_id"))
    assert len(unnamed) == 0


@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4).filter(lambda c: c[:2] != c[2:]), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_joined_crossings_are_findings_no_more(ends: list[tuple[int, int, int, int]]) -> None:
    streets = roads(*([(a, b), (c, d)] for a, b, c, d in ends))
    joined, count = join_crossings(streets)
    after = findings(joined, limits=Limits(near_m=0))
    assert rows(after, "crossing", "road_ids") == []
    assert rows(after, "near_miss", "metres") == []
    before = findings(streets, limits=Limits(near_m=0))
    assert (len(rows(before, "crossing", "metres")) + len(rows(before, "near_miss", "metres")) > 0) == (count > 0)


def test_the_streets_of_guixi(real_data: Path) -> None:
    """One piece; a bridge of two carriageways that ends with the extract; and one crossing that joining mends."""
    streets = read_roads(real_data / "guixi" / "roads.osm").table
    people = read_households(real_data / "guixi" / "households.csv").table
    streets, people = (project(table, projected_crs(people)) for table in (streets, people))
    found = findings(streets, people)
    assert found["kind"].value_counts().to_dict() == {"bare": 6, "near_miss": 1, "crossing": 1}
    assert rows(found, "bare", "finding_id", "households")[0] == ["bare-1", 477]
    assert round(rows(found, "near_miss", "metres")[0][0], 2) == 3.37
    joined, count = join_crossings(streets)
    assert count == 1
    assert rows(findings(joined, people), "crossing", "road_ids") == []
