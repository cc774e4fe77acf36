"""What ``compare_router`` compares, and why the two sides differ: the first thing on the shorter way that the other side bars."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid.graph import Graph
from geogrid.modes import street_use
from geogrid.results import Network, Placement

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PEER = Path(__file__).with_name("peer_router.py")
SAME_M, SAME_SHARE, SPOT_M, MOVED_M = 10.0, 0.01, 0.5, 1.0
SHOWN = (
    *("highway", "route", "access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorcar", "service", "area"),
    *("indoor", "railway", "public_transport", "sac_scale", "oneway", "oneway:bicycle", "junction"),
)
SPHERE = 0.005
"""Their metres are measured on a sphere: up to half a percent off."""

RULES = (
    (r"they (bar|move the point off).*area=yes", "they leave out areas drawn as lines (area=yes)"),
    (r"they (bar|move the point off): highway=cycleway", "they bar walkers from cycleways without foot="),
    (
        r"they (bar|move the point off).*access=(agricultural|psv|forestry|delivery|restricted)",
        "they bar access=agricultural, psv …",
    ),
    (r"we bar.*\[access\]", "we bar access=private or no, they let through"),
    (r"we bar: highway=trunk.*\[class\]", "we bar walkers from trunk roads without foot=, they do not"),
    (
        r"they do not.* (into|start along|go on along) highway=(path|footway|pedestrian|steps|cycleway).*oneway=yes",
        "they hold walkers to oneway= of paths",
    ),
    (
        r"they do not.*node .*(access=(private|no)|foot=(no|private)|barrier=(debris|fence|wall|block)|vehicle=no)",
        "a gate or barrier on a node stops them",
    ),
    (r"they do not.*node .*restriction=", "a turn restriction at a junction (we know none)"),
    (r"they do not.*node .*barrier=(bollard|cycle_barrier|chain|gate|lift_gate)", "a barrier on a node stops vehicles"),
    (r"they do not.*=destination", "they let nobody through where access, vehicle or motor_vehicle=destination"),
    (
        r"we bar: highway=(track|path|footway|cycleway|pedestrian).*\[class\]",
        "we keep this mode off tracks and paths without permission",
    ),
    (r"they do not.*service=(driveway|parking_aisle)", "they let cars go to driveways and parking aisles, not through them"),
    (
        r"own parts add up to less",
        "no rule found; their own ways to the joint and on from there add up to less than their whole way",
    ),
)
"""What explains a difference, by its first cause; a row a rule."""


@dataclass(frozen=True)
class Town:
    """One place and mode: streets as read, the network with one speed for all, and every OSM way and barrier of the file."""

    file: Path
    roads: gpd.GeoDataFrame
    graph: Graph
    tags: Mapping[int, Mapping[str, str]]
    lines: gpd.GeoSeries
    nodes: Mapping[tuple[int, int], Mapping[str, str]]

    @property
    def network(self) -> Network:
        """The network of the graph."""
        return self.graph.network


@dataclass(frozen=True)
class Compared:
    """Metres of both sides, and the ways' ends (rows of homes and facilities) and the engine's vertices in the network's CRS."""

    ours: Floats
    theirs: Floats
    home: Ints
    our_goal: Ints
    ways: list[Floats]


def spot(lon: float, lat: float) -> tuple[int, int]:
    return round(lon * 1e5), round(lat * 1e5)


def ask(peer: str, folder: Path, *, mode: str, points: tuple[Floats, Floats], near: bool) -> Mapping[str, Any]:
    """Return the engine's answer about points in degrees."""
    origin, goal = points
    np.savez(folder / "ask.npz", origin=origin, goal=goal, mode=mode, near=int(near))
    (folder / "locate.npz").unlink(missing_ok=True)
    subprocess.run([peer, str(PEER), str(folder)], check=True)
    return dict(np.load(folder / "answer.npz"))


def locate(peer: str, folder: Path, mode: str, points: Floats) -> list[set[int]]:
    """Return which ways the engine would use under each point."""
    np.savez(folder / "ask.npz", origin=points[:1], goal=points[:1], mode=mode, near=0)
    np.savez(folder / "locate.npz", points=points)
    subprocess.run([peer, str(PEER), str(folder)], check=True)
    return [set(row.tolist()) - {-1} for row in np.load(folder / "located.npz")["ways"]]


def take(placement: Placement, rows: Ints) -> Placement:
    return Placement(placement.segment[rows], placement.along_m[rows], placement.leg_m[rows])


def positions(network: Network, placement: Placement) -> Floats:
    tail, head = network.tail[placement.segment], network.head[placement.segment]
    share = (placement.along_m / network.length_m[placement.segment])[:, None]
    start, end = (np.column_stack([network.x[at], network.y[at]]) for at in (tail, head))
    return start + share * (end - start)


def larger(found: Compared) -> Ints:
    """Return the rows that differ by more than 10 m or more than 1 % (and a metre: whole metres per edge are no difference)."""
    gap = np.abs(found.ours - found.theirs)
    one = np.isnan(found.ours) != np.isnan(found.theirs)
    return np.flatnonzero(one | (gap > SAME_M) | ((gap > MOVED_M) & (gap > SAME_SHARE * np.maximum(found.ours, found.theirs))))


def costs(network: Network) -> csr_array:
    """Return the matrix of metres from node to node."""
    row, column = np.concatenate([network.tail, network.head]), np.concatenate([network.head, network.tail])
    metres = np.concatenate([network.forward_m, network.backward_m])
    may = np.isfinite(metres)
    return csr_array((metres[may], (row[may], column[may])), shape=(len(network.x),) * 2)


def sides(network: Network, place: Placement, *, leaving: bool) -> tuple[float, float]:
    """Return the metres between one place and the tail and head of its segment, when leaving it or coming to it."""
    segment, along = place.segment[0], place.along_m[0]
    share = along / network.length_m[segment]
    forth, back = network.forward_m[segment], network.backward_m[segment]
    by_tail, by_head = (back * share, forth * (1 - share)) if leaving else (forth * share, back * (1 - share))
    return 0.0 if share == 0 else by_tail, 0.0 if share == 1 else by_head


class Explainer:
    """Finds the first thing on the shorter way that the other side does not accept."""

    def __init__(self, town: Town, peer: str, folder: Path, mode: str) -> None:
        self.town, self.peer, self.folder, self.mode = town, peer, folder, mode
        network = town.network
        ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)]
        self.costs = costs(network)
        self.tree = shapely.STRtree(shapely.linestrings(np.stack(ends, axis=1)))
        self.ways = shapely.STRtree(town.lines.to_numpy())
        self.degrees = Transformer.from_crs(network.crs, 4326, always_xy=True)
        self.reasons = street_use(town.roads, mode).set_axis(town.roads["road_id"])

    def causes(self, found: Compared, ends: tuple[Placement, Placement]) -> dict[int, str]:
        """Return a cause for every larger difference."""
        rows = [int(row) for row in larger(found)]
        ours = {row: self.our_way(ends, found, row) for row in rows}
        said = {row: self.cause(found, row, ends) for row in rows}
        open_rows = [row for row in rows if not said[row]]
        ferries = {row for row in open_rows if any("route=ferry" in self.tags_at(point) for point in middle(ours[row]))}
        said |= dict.fromkeys(ferries, "a ferry on our way costs them its time, even where the shortest way is asked for")
        barred = self.barred({row: ours[row] for row in open_rows if row not in ferries})
        said |= {row: f"they bar: {self.tags_at(middle(ours[row])[place])}" for row, place in barred.items()}
        return said | self.turns({row: ours[row] for row in open_rows if row not in ferries and row not in barred})

    def barred(self, ways: Mapping[int, Floats]) -> dict[int, int]:
        """Return the first step of each way whose middle lies on no street that they would use; ways without one are left out."""
        middles = {row: middle(way) for row, way in ways.items() if len(way) > 1}
        flat = np.concatenate([np.empty((0, 2)), *middles.values()])
        known = iter(locate(self.peer, self.folder, self.mode, self.lonlat(flat)) if len(flat) else [])
        missing = {row: [not next(known) for _ in points] for row, points in middles.items()}
        return {row: steps.index(True) for row, steps in missing.items() if any(steps)}

    def turns(self, ways: Mapping[int, Floats]) -> dict[int, str]:
        """Return the first vertex of each of our ways that they reach by a longer way only, found by halving."""
        low, high = dict.fromkeys(ways, 0), {row: len(way) - 1 for row, way in ways.items()}
        metres = {row: np.append(0.0, np.cumsum(np.hypot(*(way[1:] - way[:-1]).T))) for row, way in ways.items()}
        while asked := [row for row in ways if high[row] - low[row] > 1]:
            at = {row: (low[row] + high[row]) // 2 for row in asked}
            points = np.array([ways[row][0] for row in asked]), np.array([ways[row][at[row]] for row in asked])
            answer = ask(
                self.peer, self.folder, mode=self.mode, points=(self.lonlat(points[0]), self.lonlat(points[1])), near=False
            )
            for row, theirs in zip(asked, answer["metres"], strict=True):
                along = metres[row][at[row]]
                (low if theirs <= along * (1 + SPHERE) + SAME_M / 2 else high)[row] = at[row]
        parts = self.parts([ways[row][[0, low[row], min(low[row] + 1, len(ways[row]) - 1)]] for row in ways])
        return {row: self.turn(ways[row], low[row]) + said for row, said in zip(ways, parts, strict=True)}

    def parts(self, corners: list[Floats]) -> list[str]:
        """Say of each start, joint and end whether their ways to the joint and on from there add up to less than the whole."""
        if not corners:
            return []
        first, joint, last = (self.lonlat(np.array([each[at] for each in corners])) for at in range(3))
        legs = [
            ask(self.peer, self.folder, mode=self.mode, points=ends, near=False)["metres"]
            for ends in ((first, joint), (joint, last), (first, last))
        ]
        return [" their own parts add up to less" if less else "" for less in legs[0] + legs[1] < legs[2] - SAME_M]

    def turn(self, way: Floats, vertex: int) -> str:
        """Say what is at a vertex that they reach, when they do not reach the next one like us."""
        here, there = (tuple(point) for point in self.lonlat(way[[vertex, min(vertex + 1, len(way) - 1)]]))
        where = f"at {here[0]:.6f} {here[1]:.6f}"
        if not 0 < vertex < len(way) - 1:
            return f"they do not start along {self.tags_at(middle(way)[vertex])} {where}"
        said = " ".join(_text(self.town.nodes.get(spot(*each), {})) for each in (here, there))
        before, after = (self.tags_at(middle(way)[each]) for each in (vertex - 1, vertex))
        if before == after:
            return f"they do not go on along {after} node {said} {where}"
        return f"they do not turn from {before} into {after} node {said} {where}"

    def lonlat(self, points: Floats) -> Floats:
        """Return points in degrees."""
        return np.column_stack(self.degrees.transform(*points.T))

    def our_way(self, ends: tuple[Placement, Placement], found: Compared, row: int) -> Floats:
        """Return the vertices of our way; none where there is none."""
        if np.isnan(found.ours[row]):
            return np.empty((0, 2))
        home, goal = (take(part, np.array([at[row]])) for part, at in ((ends[0], found.home), (ends[1], found.our_goal)))
        network = self.town.network
        start, stop = (positions(network, place)[0] for place in (home, goal))
        if home.segment[0] == goal.segment[0] and np.isclose(found.ours[row], np.hypot(*(stop - start)), atol=0.002):
            return np.vstack([start, stop])
        (out_tail, out_head), (in_tail, in_head) = (sides(network, home, leaving=True), sides(network, goal, leaving=False))
        exits, entries = (np.array([network.tail[place.segment[0]], network.head[place.segment[0]]]) for place in (home, goal))
        metres, before = dijkstra(self.costs, indices=exits, return_predecessors=True)
        total = metres[:, entries] + np.array([[out_tail], [out_head]]) + np.array([[in_tail, in_head]])
        by, to = np.unravel_index(total.argmin(), total.shape)
        nodes = [int(entries[to])]
        while before[by, nodes[-1]] >= 0:
            nodes.append(int(before[by, nodes[-1]]))
        return np.vstack([start, np.column_stack([network.x[nodes[::-1]], network.y[nodes[::-1]]]), stop])

    def cause(self, found: Compared, row: int, ends: tuple[Placement, Placement]) -> str:
        """Say what moves their ends or what on their way we bar; "" where ours is the shorter way."""
        theirs = found.ways[row]
        for vertex, placement, at in ((0, ends[0], found.home), (-1, ends[1], found.our_goal)):
            point = positions(self.town.network, take(placement, at[[row]]))[0]
            is_far = len(theirs) and np.hypot(*(theirs[vertex] - point)) > MOVED_M
            if is_far and self.is_moved(point):
                return f"they move the point off: {self.tags_at(point)}"
        return self.why_not_ours(theirs) if not found.ours[row] < found.theirs[row] and len(theirs) else ""

    def is_moved(self, point: Floats) -> bool:
        """Return whether they would use no street under a point."""
        return not locate(self.peer, self.folder, self.mode, self.lonlat(point[None, :]))[0]

    def why_not_ours(self, way: Floats) -> str:
        """Say what on their way we bar."""
        network, graph = self.town.network, self.town.graph
        middles = middle(way)
        for number, point in enumerate(middles):
            near = self.tree.query(shapely.Point(point), predicate="dwithin", distance=SPOT_M)
            if not len(near):
                return f"we bar: {self.tags_at(point)}"
            step = way[number + 1] - way[number]
            dx, dy = network.x[network.head] - network.x[network.tail], network.y[network.head] - network.y[network.tail]
            ahead = dx[near] * step[0] + dy[near] * step[1] > 0
            if not np.where(ahead, graph.may_ahead[near], graph.may_back[near]).any():
                return f"we go one way: {self.tags_at(point)}"
        return "theirs is shorter: not found why"

    def tags_at(self, point: Floats) -> str:
        """Return the tags of every way of the file under a point."""
        rows = self.ways.query(shapely.Point(point), predicate="dwithin", distance=SPOT_M)
        ids = self.town.lines.index[rows] if len(rows) else []
        return " | ".join(sorted({self.tags_of(int(each)) for each in ids})) or "no way of the file"

    def tags_of(self, way: int) -> str:
        """Return the tags of a way that matter, and whether we find it usable."""
        tags = self.town.tags[way]
        road = f"w{way}"
        reason = self.reasons["reason"].get(road, "not read")
        reason = reason if isinstance(reason, str) else reason.iloc[0]
        return f"{_text({key: tags[key] for key in SHOWN if key in tags})} [{reason or 'usable'}]"


def middle(way: Floats) -> Floats:
    return (way[1:] + way[:-1]) / 2


def _text(tags: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in tags.items())


def counted(found: Compared, causes: Mapping[int, str]) -> list[tuple[str, int, float]]:
    """Return the rules with how many differences they explain and the largest of these in metres, most frequent first."""
    most: dict[str, float] = defaultdict(float)
    rule = {row: next((name for pattern, name in RULES if re.search(pattern, cause)), cause) for row, cause in causes.items()}
    for row, name in rule.items():
        most[name] = max(most[name], float(np.nan_to_num(abs(found.ours[row] - found.theirs[row]), nan=np.inf)))
    return [(name, count, most[name]) for name, count in Counter(rule.values()).most_common()]
