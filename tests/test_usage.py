"""How much streets are used: against walking every household's way segment by segment."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.graph import Graph, Places, measure, prepare
from geogrid.nearest import along_segments
from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.usage import by_street, segment_ways, stretches
from tests.builders import CRS
from tests.streets import ANY_WAY, AXES, placed, put, random_town, town
from tests.test_joining import roads

Label = tuple[float, int, int]
"""Of a node: units to the nearest facility, the facility's rank, and the segments that are walked whole."""


def moves_of(graph: Graph) -> list[tuple[int, int, int, float]]:
    """List every move (from node, to node, segment, units) that is allowed."""
    network = graph.network
    ends = list(enumerate(zip(network.tail.tolist(), network.head.tolist(), strict=True)))
    ahead = [(a, b, i, float(graph.ahead[i])) for i, (a, b) in ends if graph.may_ahead[i]]
    return ahead + [(b, a, i, float(graph.back[i])) for i, (a, b) in ends if graph.may_back[i]]


def started(stops: Places, rank: dict[int, int]) -> dict[int, Label]:
    """Label the ends of the facilities' segments."""
    start: dict[int, Label] = {}
    for row in np.flatnonzero(stops.segment >= 0).tolist():
        for node, units in ((int(stops.tail[row]), stops.from_tail[row]), (int(stops.head[row]), stops.from_head[row])):
            if np.isfinite(units):
                start[node] = min(start.get(node, NEVER), (float(units), rank[row], 0))
    return start


def onward(node: int, moves: list[tuple[int, int, int, float]], start: dict[int, Label], label: dict[int, Label]) -> set[int]:
    """Walk from a node to where its facility's segment begins, and return the segments walked."""
    way: set[int] = set()
    while label[node] != start.get(node):
        units, which, hops = label[node]
        step = [(s, b) for a, b, s, cost in moves if a == node and label.get(b) == (units - cost, which, hops - 1)]
        segment, node = min(step)
        way.add(segment)
    return way


def walked_one_by_one(graph: Graph, households: Placement, facilities: Placement, ids: list[str]) -> list[int]:
    """Label the nodes until nothing changes, then walk every household's way and count the segments it sets foot on."""
    homes, stops, moves = measure(graph, households), measure(graph, facilities), moves_of(graph)
    by_id = sorted(range(len(ids)), key=lambda row: ids[row])
    rank = {row: place for place, row in enumerate(by_id)}
    start = started(stops, rank)
    label = dict(start)
    for _ in range(len(graph.network.x) + 1):
        for a, b, _segment, cost in moves:
            units, which, hops = label.get(b, NEVER)
            label[a] = min(label.get(a, NEVER), (units + cost, which, hops + 1))
    direct: dict[int, tuple[float, int]] = {}
    for place, stop, units in zip(*along_segments(graph, homes, stops), strict=True):
        direct[int(place)] = min(direct.get(int(place), NEVER[:2]), (float(units), rank[int(stop)]))
    used = [0] * len(graph.network.tail)
    for home in np.flatnonzero(homes.segment >= 0).tolist():
        exits = [(int(homes.tail[home]), float(homes.to_tail[home])), (int(homes.head[home]), float(homes.to_head[home]))]
        by = [((label.get(node, NEVER)[0] + cost, label.get(node, NEVER)[1]), node) for node, cost in exits]
        best, way = min([option for option, _ in by] + [direct.get(home, NEVER[:2])]), {int(homes.segment[home])}
        if not np.isfinite(best[0]):
            continue
        if direct.get(home) != best:
            node = next(node for option, node in by if option == best)
            way |= onward(node, moves, start, label) | {int(stops.segment[by_id[best[1]]])}
        for segment in way:
            used[segment] += 1
    return used


NEVER: Label = (np.inf, 0, 0)


@given(st.data(), st.booleans())
@settings(max_examples=250, deadline=None)
def test_as_walked_one_by_one(data: st.DataObject, is_oneway: bool) -> None:
    network = data.draw(random_town(data.draw(st.sampled_from([AXES, ANY_WAY])), is_oneway=is_oneway))
    homes, stops = data.draw(placed(network, 4, 8)), data.draw(placed(network, 4, 4))
    ids = data.draw(st.permutations([f"F{i}" for i in range(len(stops.segment))]))
    graph = prepare(network)
    found = segment_ways(graph, homes, stops, facility_ids=ids)
    assert found.tolist() == walked_one_by_one(graph, homes, stops, ids)
    again = segment_ways(graph, measure(graph, homes), measure(graph, stops), facility_ids=ids)
    assert again.tolist() == found.tolist()


def test_by_hand() -> None:
    r"""Three homes and a clinic on a high street with a lane.

    ::

        h1      h2        C
        0---100---200---300---400   (segments 0, 1, 2, 3)
                   |
                  200,80  h3 half way
    """
    network = town([(0, 0), (100, 0), (200, 0), (300, 0), (400, 0)], [(200, 0), (200, 80)])
    by_end = {
        (round(float(network.x[a]) - 500_000), round(float(network.x[b]) - 500_000)): i
        for i, (a, b) in enumerate(zip(network.tail, network.head, strict=True))
    }
    first, second, lane, third, last = (by_end[key] for key in ((0, 100), (100, 200), (200, 200), (200, 300), (300, 400)))
    homes = put((first, 20.0, 5.0), (second, 50.0, 5.0), (lane, 40.0, 5.0), (-1, np.nan, 900.0))
    clinic = put((third, 90.0, 0.0))
    ways = segment_ways(prepare(network), homes, clinic, facility_ids=["C"])
    assert [int(ways[i]) for i in (first, second, lane, third, last)] == [1, 2, 1, 3, 0]
    table = stretches(network, homes, {"medical": ways, "sport": ways * 0})
    assert table[["metres", "homes", "ways", "ways_medical", "ways_sport"]].values.tolist() == [
        [100, 0, 0, 0, 0],
        [100, 1, 1, 1, 0],
        [100, 1, 2, 2, 0],
        [100, 0, 3, 3, 0],
        [80, 1, 1, 1, 0],
    ]
    assert table.length.tolist() == table["metres"].tolist()
    streets = by_street(table)
    assert streets[["road_id", "metres", "homes", "ways"]].values.tolist() == [["0", 400, 2, 3], ["1", 80, 1, 1]]
    assert streets.geom_type.tolist() == ["MultiLineString"] * 2


def test_nobody_or_nowhere_to_go() -> None:
    network = town([(0, 0), (100, 0)], [(0, 50), (100, 50)])
    graph, nobody = prepare(network), put()
    home, clinic = put((0, 10.0, 0.0)), put((1, 10.0, 0.0))
    assert segment_ways(graph, nobody, clinic, facility_ids=["C"]).tolist() == [0, 0]
    assert segment_ways(graph, home, nobody, facility_ids=[]).tolist() == [0, 0]
    assert segment_ways(graph, home, clinic, facility_ids=["C"]).tolist() == [0, 0]
    assert stretches(network, nobody, {})["ways"].tolist() == [0, 0]
    with pytest.raises(InputError, match="0 facility ids for 1 facilities"):
        segment_ways(graph, home, clinic, facility_ids=[])


def test_modes_add_up_by_street() -> None:
    line = shapely.LineString([(0, 0), (10, 0)])
    table = gpd.GeoDataFrame(
        {
            "road_id": ["b", "a", "b", "b"],
            "metres": [10.0, 10, 4, 10],
            "homes": [1, 0, 2, 3],
            "ways": [5, 0, 2, 1],
            "mode": ["walk", "walk", "walk", "car"],
        },
        geometry=[line] * 4,
        crs=CRS,
    )
    assert by_street(table)[["road_id", "metres", "homes", "ways"]].values.tolist() == [["a", 10, 0, 0], ["b", 14, 3, 6]]


def test_alike_stretches_of_one_street_are_one_row() -> None:
    network: Network = build_network(roads([(0, 0), (10, 0), (20, 0), (30, 0)]))
    table = stretches(network, put(), {"m": np.array([4, 0, 4])})
    assert table["metres"].tolist() == [10, 20]
    assert table.geom_type.tolist() == ["LineString", "MultiLineString"]
