"""Metres to the nearest facility against networkx, from a reading of the OpenStreetMap file that shares nothing with ours.

The oracle parses the XML itself, joins streets by the ids of their nodes (we join by position), knows the few rules that the file
needs, finds the nearest street by measuring all of them, cuts streets at every home and facility, and lets networkx search.
"""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET
from collections import defaultdict
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import pytest

from geogrid import io
from geogrid.network import build_network
from geogrid.results import Placement
from geogrid.travel import nearest_facility, snap_to_streets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

Floats = npt.NDArray[np.float64]

EPSG = 4548
MM, NOTHING_M, MOST_M = 0.0011, 1e-6, 200.0
PACE = {"walk": 5.0, "car": 90.0}
LEG_KMH = 5.0
CAR_KMH = (
    {"motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40, "primary": 65, "primary_link": 30}
    | {"secondary": 55, "secondary_link": 25, "tertiary": 40, "tertiary_link": 20, "unclassified": 25, "residential": 25}
    | {"living_street": 10, "service": 15}
)
"""OSRM's car profile, typed again."""


class Street:
    """One straight piece between two OSM nodes, and what a metre of it costs each way (None: may not)."""

    def __init__(self, ends: tuple[str, str], cost: tuple[float | None, float | None], *, is_stop: bool) -> None:
        self.tail, self.head = ends
        self.ahead, self.back = cost
        self.is_stop = is_stop


def read(file: Path, mode: str) -> tuple[dict[str, list[float]], list[Street]]:
    """Return node positions in metres and the usable pieces of streets."""
    root = ET.parse(file).getroot()  # noqa: S314 - the tests' own file
    to_metres = pyproj.Transformer.from_crs(4326, EPSG, always_xy=True)
    nodes = list(root.iter("node"))
    lon, lat = ([float(node.attrib[key]) for node in nodes] for key in ("lon", "lat"))
    x, y = to_metres.transform(lon, lat)
    where = {node.attrib["id"]: position for node, *position in zip(nodes, x, y, strict=True)}
    streets = []
    for way in root.iter("way"):
        tags = {tag.attrib["k"]: tag.attrib["v"] for tag in way.iter("tag")}
        cost = usable(tags, mode)
        refs = [each.attrib["ref"] for each in way.iter("nd")]
        is_stop = mode == "walk" or tags.get("highway") != "motorway"
        if cost is not None:
            known = (ends for ends in itertools.pairwise(refs) if ends[0] in where and ends[1] in where)
            streets += [Street(ends, cost, is_stop=is_stop) for ends in known]
    return where, streets


def usable(tags: dict[str, str], mode: str) -> tuple[float | None, float | None] | None:
    """Return the cost of a metre along a way and against it, or None where the mode may not use it."""
    kind, access = tags.get("highway"), tags.get("access")
    if kind is None or kind in {"construction", "proposed"}:
        return None
    if mode == "walk":
        barred = tags.get("foot") == "no" or (access in {"private", "no"} and tags.get("foot") != "yes")
        return None if barred or (kind in {"motorway", "trunk"} and tags.get("foot") != "yes") else (1.0, 1.0)
    if kind not in CAR_KMH or access in {"private", "no"}:
        return None
    cost = PACE["car"] / CAR_KMH[kind]
    if tags.get("oneway") == "-1":
        return None, cost
    one_way = tags.get("oneway") == "yes" or tags.get("junction") == "roundabout" or kind == "motorway"
    return cost, None if one_way else cost


def placed(points: Floats, where: dict[str, list[float]], streets: list[Street]) -> Iterator[tuple[int, float, float]]:
    """Yield for each point the nearest piece of street, how far along it, and how far away: every piece is measured."""
    start, end = (np.array([where[getattr(street, side)] for street in streets]) for side in ("tail", "head"))
    barred = np.array([0.0 if street.is_stop else np.inf for street in streets])
    run = end - start
    square = np.maximum((run**2).sum(axis=1), 1e-12)
    for point in points:
        share = np.clip(((point - start) * run).sum(axis=1) / square, 0, 1)
        away = np.hypot(*(point - start - share[:, None] * run).T) + barred
        nearest = int(away.argmin())
        yield nearest, float(share[nearest] * np.sqrt(square[nearest])), float(away[nearest])


Services = dict[str, npt.NDArray[np.int64]]


def oracle(file: Path, mode: str, homes: Floats, facilities: Floats, services: Services) -> dict[str, Floats]:
    """Return for each service (rows of facilities) the cost in metres at the mode's pace from every home, NaN without a way."""
    where, streets = read(file, mode)
    leg = PACE[mode] / LEG_KMH
    graph = nx.DiGraph()
    stops: dict[int, list[tuple[float, str]]] = defaultdict(list)
    offering = defaultdict(list)
    for service, rows in services.items():
        for row in rows:
            offering[row].append(service)
    for row, (street, along, away) in enumerate(placed(homes, where, streets)):
        if round(away, 3) <= MOST_M:
            stops[street].append((along, f"home {row} on its street"))
            graph.add_edge(f"home {row}", f"home {row} on its street", weight=away * leg)
    for row, (street, along, away) in enumerate(placed(facilities, where, streets)):
        if round(away, 3) <= MOST_M:
            stops[street].append((along, f"facility {row}"))
            graph.add_weighted_edges_from((f"facility {row}", f"service {service}", away * leg) for service in offering[row])
    for number, piece in enumerate(streets):
        cut(graph, piece, float(np.hypot(*np.subtract(where[piece.tail], where[piece.head]))), sorted(stops[number]))
    backwards = graph.reverse(copy=False)
    found = {service: nx.single_source_dijkstra_path_length(backwards, f"service {service}") for service in services}
    return {service: np.array([found[service].get(f"home {row}", np.nan) for row in range(len(homes))]) for service in services}


def cut(graph: nx.DiGraph, street: Street, length: float, stops: list[tuple[float, str]]) -> None:
    """Add a piece of street, cut where somebody stands; who stands at its very end stands on the junction."""
    cuts = [(0.0, street.tail), *stops, (length, street.head)]
    for (here, one), (there, other) in itertools.pairwise(cuts):
        metres = max(there - here, 0.0)
        for tail, head, cost in ((one, other, street.ahead), (other, one, street.back)):
            weight = 0.0 if metres < NOTHING_M else np.inf if cost is None else metres * cost
            if weight < graph.get_edge_data(tail, head, {"weight": np.inf})["weight"]:
                graph.add_edge(tail, head, weight=weight)


def product(
    file: Path, mode: str, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, services: Services
) -> dict[str, Floats]:
    """Return the product's metres."""
    network = build_network(io.read_roads(file).table.to_crs(EPSG), mode=mode)
    at_home, at_facility = (snap_to_streets(points.to_crs(EPSG), network) for points in (homes, facilities))
    found = {}
    for service, rows in services.items():
        some = Placement(at_facility.segment[rows], at_facility.along_m[rows], at_facility.leg_m[rows])
        ids = [f"{row:05}" for row in rows]
        found[service] = nearest_facility(network, at_home, some, facility_ids=ids)["metres"].to_numpy()
    return found


def xy(points: gpd.GeoDataFrame) -> Floats:
    """Return positions in metres, projected by pyproj itself."""
    to_metres = pyproj.Transformer.from_crs(4326, EPSG, always_xy=True)
    return np.column_stack(to_metres.transform(points.geometry.x.to_numpy(), points.geometry.y.to_numpy()))


def check(file: Path, mode: str, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, services: Services) -> dict[str, Floats]:
    """Compare every service to the millimetre, and return the metres."""
    expected = oracle(file, mode, xy(homes), xy(facilities), services)
    found = product(file, mode, homes, facilities, services)
    for service in services:
        np.testing.assert_allclose(found[service], expected[service], rtol=0, atol=MM, err_msg=service)
    return expected


@pytest.mark.parametrize("mode", ["walk", "car"])
def test_guixi(real_data: Path, mode: str) -> None:
    folder = real_data / "guixi"
    homes = io.read_households(folder / "households.csv").table.iloc[::20]
    facilities = io.read_facilities(folder / "facilities.csv").table
    names = sorted({service for listed in facilities["services"] for service in listed})
    services = {name: np.flatnonzero([name in listed for listed in facilities["services"]]) for name in names}
    assert len(services) > 3
    expected = check(folder / "roads.osm", mode, homes, facilities, services)
    assert all(np.isfinite(metres).mean() > 0.8 for metres in expected.values())


def made_up(file: Path, rng: random.Random) -> None:
    """Write a jittered lattice of 12 × 12 nodes at 80 m: some streets missing, one-way, private, for cars only, or not built."""
    step, across = 0.0008, 12
    node = {(i, j): 1 + i * across + j for i in range(across) for j in range(across)}
    kinds = ["residential", "tertiary", "primary", "footway", "motorway", "construction", "service"]
    lines = ['<osm version="0.6">']
    for (i, j), number in node.items():
        lon, lat = (117.2 + step * (i + rng.uniform(-0.3, 0.3)), 28.3 + step * (j + rng.uniform(-0.3, 0.3)))
        lines.append(f'<node id="{number}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    links = [
        (here, (here[0] + di, here[1] + dj))
        for here in node
        for di, dj in ((0, 1), (1, 0))
        if (here[0] + di, here[1] + dj) in node
    ]
    for number, (one, other) in enumerate(link for link in links if rng.random() < 0.85):
        tags = {"highway": rng.choice(kinds)}
        tags |= rng.choice(
            [{}, {}, {"oneway": "yes"}, {"oneway": "-1"}, {"access": "private"}, {"foot": "no"}, {"junction": "roundabout"}]
        )
        inner = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{number + 1}" version="1"><nd ref="{node[one]}"/><nd ref="{node[other]}"/>{inner}</way>')
    file.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", ["walk", "car"])
def test_made_up(tmp_path: Path, mode: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    made_up(tmp_path / "town.osm", rng)
    points = pd.DataFrame(
        {"lon": [117.2 + rng.random() * 0.009 for _ in range(60)], "lat": [28.3 + rng.random() * 0.009 for _ in range(60)]}
    )
    table = pd.DataFrame({"household_id": range(60), "persons": 1, **points})
    table.to_csv(tmp_path / "homes.csv", index=False)
    homes = io.read_households(tmp_path / "homes.csv").table
    homes, facilities = homes.iloc[6:], homes.iloc[:6]
    expected = check(tmp_path / "town.osm", mode, homes, facilities, {"all": np.arange(6), "one": np.array([0])})
    assert np.isfinite(expected["all"]).any()
