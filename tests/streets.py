"""Street networks for tests, random ones too, and the slow and obvious oracles of places and ways on them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from hypothesis import strategies as st

from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.travel import nearest_facility
from tests.builders import CRS, X0, Y0, at, street

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import numpy.typing as npt
    import pandas as pd

HALF_MM = 0.0005 + 1e-6


def town(*lines: Iterable[tuple[float, float]]) -> Network:
    return build_network(gpd.GeoDataFrame(geometry=[street(*line) for line in lines], crs=CRS))


def points(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[at(*each) for each in xy], crs=CRS)


def put(*places: tuple[int, float, float]) -> Placement:
    segment, along, leg = (np.array(column) for column in zip(*places, strict=True)) if places else (np.empty(0),) * 3
    return Placement(segment.astype(np.int64), along.astype(float), leg.astype(float))


AXES = st.sampled_from([(10, 0), (0, 10), (-10, 0), (0, -10), (0, 0)])
ANY_WAY = st.tuples(st.integers(-12, 12), st.integers(-12, 12))


def walked(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.int64],
    length_m: npt.NDArray[np.float64],
    **other: Any,
) -> Network:
    """Make a network of segments between nodes, walked both ways at the mode's pace unless ``other`` says otherwise."""
    usual = {
        "crs": pyproj.CRS(CRS),
        "road_id": np.array([str(i) for i in range(len(pairs))], dtype=object),
        "component": np.zeros(len(x), dtype=np.int64),
        "forward_m": length_m,
        "backward_m": length_m,
        "is_stop": np.ones(len(pairs), dtype=bool),
        "mode": "walk",
        "speed_kmh": 5.0,
        "leg_factor": 1.0,
    }
    return Network(x=x, y=y, tail=pairs[:, 0], head=pairs[:, 1], length_m=length_m, **{**usual, **other})


COSTS = st.sampled_from([1.0, 1.0, 1.0, 2.0, 1.3, np.inf])
"""What a metre of street may cost: the pace, slower, or no way through."""


@st.composite
def random_town(draw: st.DrawFn, steps: st.SearchStrategy[tuple[int, int]], *, is_oneway: bool = False) -> Network:
    """Draw nodes by walking, then segments between any two of them: parallels, loops, pieces, and segments without length.

    With ``is_oneway`` some segments may be used one way only, in neither way, or slower one way than the other.
    """
    nodes = [(0, 0)]
    for dx, dy in draw(st.lists(steps, min_size=1, max_size=7)):
        x, y = nodes[draw(st.integers(0, len(nodes) - 1))]
        nodes.append((x + dx, y + dy))
    pick = st.integers(0, len(nodes) - 1)
    pairs = draw(st.lists(st.tuples(pick, pick), min_size=1, max_size=10))
    tail, head = np.array(pairs, dtype=np.int64).T
    x, y = np.array(nodes, dtype=float).T
    straight = np.hypot(x[head] - x[tail], y[head] - y[tail])
    if steps is AXES:
        straight = np.abs(x[head] - x[tail]) + np.abs(y[head] - y[tail])
    longer = np.array(draw(st.lists(st.sampled_from([0.0, 0.0, 7.0]), min_size=len(pairs), max_size=len(pairs))))
    length = straight + longer
    if not is_oneway:
        return walked(x + X0, y + Y0, np.array(pairs, dtype=np.int64), length)
    ahead, back = (np.array(draw(st.lists(COSTS, min_size=len(pairs), max_size=len(pairs)))) for _ in range(2))
    costs = {
        "forward_m": _times(length, ahead),
        "backward_m": _times(length, back),
        "leg_factor": draw(st.sampled_from([1.0, 3.0])),
    }
    return walked(x + X0, y + Y0, np.array(pairs, dtype=np.int64), length, **costs)


def _times(length: npt.NDArray[np.float64], factor: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what segments cost; one without length costs nothing either way, since both its ends are one place."""
    return np.where(length == 0, 0.0, np.where(np.isfinite(factor), length * np.where(np.isfinite(factor), factor, 0.0), np.inf))


@st.composite
def placed(draw: st.DrawFn, network: Network, parts: int, most: int) -> Placement:
    """Draw places on few segments, at few shares of them (0 and 1 are nodes), some of them unreached."""
    rows = draw(
        st.lists(st.tuples(st.integers(-1, len(network.tail) - 1), st.integers(0, parts), st.integers(0, 3)), max_size=most),
    )
    length = [network.length_m[segment] if segment >= 0 else np.nan for segment, _, _ in rows]
    return put(*((segment, whole * share / parts, float(leg)) for (segment, share, leg), whole in zip(rows, length, strict=True)))


def straightened(network: Network) -> Network:
    length = np.hypot(network.x[network.head] - network.x[network.tail], network.y[network.head] - network.y[network.tail])
    return replace(network, length_m=length, forward_m=length, backward_m=length)


def take(placement: Placement, rows: npt.NDArray[np.int64]) -> Placement:
    return Placement(placement.segment[rows], placement.along_m[rows], placement.leg_m[rows])


def ways(network: Network, households: Placement, facilities: Placement) -> npt.NDArray[np.float64]:
    """Return the cost from every household to every facility: every segment cut at every projection, then plain Dijkstra."""
    graph = _against_travel(network, households, facilities)
    legs = (facilities.leg_m * network.leg_factor, households.leg_m * network.leg_factor)
    table = np.full((len(households.segment), len(facilities.segment)), np.inf)
    for column in np.flatnonzero(facilities.segment >= 0):
        metres = dijkstra(graph, (int(facilities.segment[column]), float(facilities.along_m[column])))
        for row in np.flatnonzero(households.segment >= 0):
            way = metres.get((int(households.segment[row]), float(households.along_m[row])), np.inf)
            table[row, column] = legs[0][column] + way + legs[1][row]
    return table


def _against_travel(network: Network, *placements: Placement) -> dict[Hashable, list[tuple[Hashable, float]]]:
    """Return what it costs to travel, by where one arrives: ways are searched from the facilities."""
    stops: dict[int, set[float]] = defaultdict(set)
    for placement in placements:
        for segment, along in zip(placement.segment.tolist(), placement.along_m.tolist(), strict=True):
            if segment >= 0:
                stops[segment].add(along)
    graph: dict[Hashable, list[tuple[Hashable, float]]] = defaultdict(list)
    for segment, length in enumerate(network.length_m.tolist()):
        for a, b in pairwise(sorted({0.0, length} | stops[segment])):
            for start, end, cost in ((a, b, network.forward_m[segment]), (b, a, network.backward_m[segment])):
                if np.isfinite(cost):
                    graph[segment, end].append(((segment, start), (b - a) / length * float(cost)))
        for node, end in ((network.tail[segment], 0.0), (network.head[segment], length)):
            graph[segment, end].append((f"node {node}", 0.0))
            graph[f"node {node}"].append(((segment, end), 0.0))
    return graph


def dijkstra(graph: dict[Hashable, list[tuple[Hashable, float]]], start: Hashable) -> dict[Hashable, float]:
    best: dict[Hashable, float] = {start: 0.0}
    queue: list[tuple[float, int, Hashable]] = [(0.0, 0, start)]
    pushed = 0
    while queue:
        metres, _, node = heapq.heappop(queue)
        if metres > best[node]:
            continue
        for neighbour, step in graph[node]:
            if metres + step < best.get(neighbour, np.inf):
                best[neighbour] = metres + step
                pushed += 1
                heapq.heappush(queue, (metres + step, pushed, neighbour))
    return best


def check(network: Network, households: Placement, facilities: Placement, ids: list[str]) -> pd.DataFrame:
    """Compare the answer with the oracle to a millimetre, and return both."""
    found = nearest_facility(network, households, facilities, facility_ids=ids)
    table = ways(network, households, facilities)
    least = table.min(axis=1, initial=np.inf)
    no_way = np.isinf(least)
    np.testing.assert_array_equal(found["metres"].isna(), no_way)
    np.testing.assert_array_equal(found["facility"] == -1, no_way)
    assert np.abs(found["metres"] - least)[~no_way].max() <= HALF_MM if (~no_way).any() else True
    chosen = found["facility"].to_numpy()[~no_way]
    assert (table[~no_way][np.arange(len(chosen)), chosen] <= least[~no_way] + 1e-6).all()
    expected = np.where(households.unreached, "unreached", np.where(no_way, "no_path", ""))
    assert found["reason"].tolist() == expected.tolist()
    np.testing.assert_allclose(found["minutes"], found["metres"] * 60 / 5000)
    return found.assign(smallest=_smallest_id(table, least, ids))


def _smallest_id(table: npt.NDArray[np.float64], least: npt.NDArray[np.float64], ids: list[str]) -> list[int]:
    near = [np.flatnonzero((row <= low + 1e-6) & (low < np.inf)).tolist() for row, low in zip(table, least, strict=True)]
    return [min(columns, key=lambda column: (ids[column], column), default=-1) for columns in near]


def segments(network: Network) -> npt.NDArray[np.object_]:
    ends = np.stack([np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)], axis=1)
    return np.asarray(shapely.linestrings(ends))


def check_snap(network: Network, points: npt.NDArray[np.object_], placement: Placement, max_snap_m: float) -> None:
    """Compare with GEOS: the distance to the nearest line, the lowest number among equals, and the place on it."""
    lines = segments(network)
    nearest = shapely.STRtree(lines).query_nearest(points, all_matches=False, return_distance=True)[1]
    np.testing.assert_allclose(placement.leg_m, nearest, rtol=1e-12, atol=1.1e-6)
    np.testing.assert_array_equal(placement.segment < 0, np.round(nearest, 3) > max_snap_m)
    on = placement.segment >= 0
    np.testing.assert_array_equal(np.isnan(placement.along_m), ~on)
    line, along = lines[placement.segment[on]], placement.along_m[on]
    foot = shapely.line_interpolate_point(line, along)
    np.testing.assert_allclose(shapely.distance(foot, points[on]), nearest[on], rtol=1e-12, atol=1.1e-6)
    for point, segment, low in zip(points[on], placement.segment[on], nearest[on], strict=True):
        distance = shapely.distance(lines[: segment + 1], point)
        assert (distance[:-1] > low + 0.9e-6).all()
