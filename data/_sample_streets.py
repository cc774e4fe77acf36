"""Streets and houses of the sample town: arithmetic on metres that gives the same digits on every machine.

Only + - * / and square roots are used (IEEE 754 fixes their last digit), and of `random` only what is fixed across versions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import sqrt
from random import Random

import _sample_plan as plan

Point = tuple[float, float]


@dataclass
class Street:
    """A street that is still being built: vertices may be added."""

    highway: str
    points: list[Point]
    name: str = ""
    tags: dict[str, str | int] = field(default_factory=dict)
    ground: bool = True


@dataclass(frozen=True)
class Foot:
    """The place on a street nearest to a point."""

    distance: float
    point: Point
    along: Point
    street: int
    segment: int


def parse(text: str) -> list[Point]:
    """Read the plan's ``x y, x y`` into points."""
    return [(float(x), float(y)) for x, y in (pair.split() for pair in text.split(", "))]


def distance(a: Point, b: Point) -> float:
    """Return metres between two points."""
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]))


def unit(a: Point, b: Point) -> Point:
    """Return the direction from a to b with length 1."""
    length = distance(a, b)
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length)


def shift(p: Point, direction: Point, metres: float) -> Point:
    """Return p moved along a direction."""
    return (p[0] + direction[0] * metres, p[1] + direction[1] * metres)


def left(direction: Point) -> Point:
    """Return the direction turned 90 degrees to the left."""
    return (-direction[1], direction[0])


def spline(points: list[Point], step: float = 45.0) -> list[Point]:
    """Return a Catmull-Rom curve through the points, with a vertex about every ``step`` metres."""
    ends = [shift(points[0], unit(points[1], points[0]), 1.0), *points, shift(points[-1], unit(points[-2], points[-1]), 1.0)]
    curve = [points[0]]
    for p0, p1, p2, p3 in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        pieces = max(1, round(distance(p1, p2) / step))
        curve += [_catmull(p0, p1, p2, p3, k / pieces) for k in range(1, pieces)] + [p2]
    return curve


def _catmull(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def axis(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t)

    return (axis(p0[0], p1[0], p2[0], p3[0]), axis(p0[1], p1[1], p2[1], p3[1]))


def project(p: Point, a: Point, b: Point) -> Point:
    """Return the point of segment ab nearest to p."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    share = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)
    share = min(1.0, max(0.0, share))
    return (a[0] + dx * share, a[1] + dy * share)


def crossing(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Return where segments ab and cd cross, if they do."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    denominator = rx * sy - ry * sx
    if denominator == 0:
        return None
    t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / denominator
    u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / denominator
    return (a[0] + rx * t, a[1] + ry * t) if 0 <= t <= 1 and 0 <= u <= 1 else None


def wander(points: list[Point], share: float, rng: Random) -> list[Point]:
    """Return the line with a vertex beside the middle of every piece, off by up to a share of the piece's length."""
    result = [points[0]]
    for a, b in pairwise(points):
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        result += [shift(middle, left(unit(a, b)), distance(a, b) * share * (2 * rng.random() - 1)), b]
    return result


def away_from(line: list[Point], p: Point) -> float:
    """Return metres from p to a polyline."""
    return min(distance(p, project(p, a, b)) for a, b in pairwise(line))


RIVER = spline(list(plan.RIVER), 60.0)
BRIDGE_ENDS = frozenset(end for _, _, text in plan.BRIDGES for end in parse(text))


class Streets:
    """All streets, and where to join them."""

    def __init__(self) -> None:
        self.all: list[Street] = []
        self._boxes: list[tuple[float, float, float, float]] = []

    def nearest(self, p: Point) -> Foot:
        """Return the nearest place on a street of the ground that is no path."""
        best = Foot(1e9, p, (1.0, 0.0), -1, -1)
        for i, street in enumerate(self.all):
            box = self._boxes[i]
            off = max(box[0] - p[0], p[0] - box[2], box[1] - p[1], p[1] - box[3])
            if off < best.distance and street.ground and street.highway != "path":
                best = min(best, self._nearest_on(i, p, best.distance), key=lambda foot: foot.distance)
        return best

    def _nearest_on(self, i: int, p: Point, limit: float) -> Foot:
        best = Foot(1e9, p, (1.0, 0.0), -1, -1)
        points = self.all[i].points
        for k, (a, b) in enumerate(pairwise(points)):
            if min(abs(p[0] - a[0]), abs(p[0] - b[0])) > limit + abs(a[0] - b[0]):
                continue  # too far away to matter
            foot = project(p, a, b)
            metres = distance(p, foot)
            if metres < best.distance:
                best = Foot(metres, foot, unit(a, b), i, k)
        return best

    def connect(self, foot: Foot, within: float = 8.0) -> Point:
        """Make the foot a vertex of its street (or take a vertex that near) and return it."""
        points = self.all[foot.street].points
        # Vertices move on as others are added, so the segment is looked up again.
        k = min(range(len(points) - 1), key=lambda j: distance(foot.point, project(foot.point, points[j], points[j + 1])))
        for vertex in (points[k], points[k + 1]):
            if distance(vertex, foot.point) < within:
                return vertex
        points.insert(k + 1, foot.point)
        return foot.point

    def add(self, highway: str, points: list[Point], name: str = "", tags: dict[str, str | int] | None = None) -> int:
        """Add a street and return its number."""
        self.all.append(Street(highway, points, name, tags or {}))
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        self._boxes.append((min(xs), min(ys), max(xs), max(ys)))
        return len(self.all) - 1

    def add_joined(self, highway: str, points: list[Point], name: str = "", *, within: float = 60.0) -> int:
        """Add a street whose ends are drawn onto the streets they come near to, unless a bridge begins there."""
        ends = list(points)
        for at in (0, -1):
            foot = self.nearest(ends[at])
            if foot.distance < within and ends[at] not in BRIDGE_ENDS:
                ends[at] = self.connect(foot, 20.0)
        return self.add(highway, spline(ends), name)


def town_node(column: int, row: int) -> Point:
    """Return a crossing of the town's bent grid."""
    rng = Random(f"{plan.SEED}/node/{column}/{row}")
    across, up = (column - 4.5) / 4.5, (row - 3.5) / 3.5
    x = plan.TOWN_CORNER[0] + column * plan.COLUMN_STEP[0] + row * plan.ROW_STEP[0] + 42 * up * across * abs(across)
    y = plan.TOWN_CORNER[1] + column * plan.COLUMN_STEP[1] + row * plan.ROW_STEP[1] - 75 * across * across * (1.2 - up) / 2
    calm = 3.0 if column == plan.MAIN_COLUMN or row == plan.MAIN_ROW else 12.0
    return (x + calm * (2 * rng.random() - 1), y + calm * (2 * rng.random() - 1))


def _runs(line: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Cut a line of the grid where the plan leaves a street out."""
    runs: list[list[tuple[int, int]]] = [[line[0]]]
    for a, b in pairwise(line):
        if (a, b) in plan.MISSING:
            runs.append([b])
        else:
            runs[-1].append(b)
    return [run for run in runs if len(run) > 1]


def _pedestrian(run: list[tuple[int, int]]) -> list[tuple[str, list[tuple[int, int]]]]:
    """Cut a run of the grid into its parts with and without cars."""
    parts: list[tuple[str, list[tuple[int, int]]]] = []
    for a, b in pairwise(run):
        kind = "pedestrian" if (a, b) in plan.PEDESTRIAN else "residential"
        if parts and parts[-1][0] == kind:
            parts[-1][1].append(b)
        else:
            parts.append((kind, [a, b]))
    return parts


def build_town(streets: Streets) -> None:
    """Add the streets of the town centre."""
    columns = [[(i, j) for j in range(plan.ROWS)] for i in range(plan.COLUMNS)]
    rows = [[(i, j) for i in range(plan.COLUMNS)] for j in range(plan.ROWS)]
    for lines, names, main in ((columns, plan.COLUMN_NAMES, plan.MAIN_COLUMN), (rows, plan.ROW_NAMES, plan.MAIN_ROW)):
        for number, line in enumerate(lines):
            oneway = plan.ONE_WAY_COLUMNS.get(number) if lines is columns else None
            for run in _runs(line):
                for kind, part in _pedestrian(run):
                    highway = "secondary" if number == main else kind
                    tags: dict[str, str | int] = {"oneway": oneway} if oneway else {}
                    streets.add(highway, spline([town_node(*node) for node in part]), names[number], tags)


def build_roads(streets: Streets) -> None:
    """Add bridges, through roads, tracks and paths; the bridges' ends are vertices of the roads that lead to them."""
    streets.add(
        "secondary", spline([town_node(plan.MAIN_COLUMN, 0), parse(plan.BRIDGES[0][2])[0]]), plan.COLUMN_NAMES[plan.MAIN_COLUMN]
    )
    for name, highway, text in plan.ROADS:
        points = wander(parse(text), 0.045, Random(f"{plan.SEED}/road/{text}"))
        streets.add_joined(highway, points, name, within=40.0 if highway == "path" else 140.0)
    for name, highway, text in plan.BRIDGES:
        number = streets.add(highway, parse(text), name, {"bridge": "yes", "layer": 1})
        streets.all[number].ground = False
    for lane in plan.SERVICE_LANES:
        streets.add_joined("service", list(lane))


@dataclass(frozen=True)
class Spine:
    """The lane or piece of road that a hamlet stands on: (point, direction) from end to end."""

    stations: list[tuple[Point, Point]]
    streets: tuple[int, ...]


def build_hamlet(streets: Streets, hamlet: plan.Hamlet) -> list[int]:
    """Add the lanes of one villager group and return the streets its houses stand on."""
    x, y, households = hamlet
    rng = Random(f"{plan.SEED}/hamlet/{x}/{y}")
    foot = streets.nearest((x, y))
    spine = _own_spine(streets, (x, y), foot, rng) if foot.distance > 110 else _road_spine(streets, foot)
    lanes: list[tuple[int, int]] = []
    for at, direction in spine.stations:
        if len(lanes) >= max(4, round(households / 9)) or distance(at, spine.stations[0][0]) > 290:
            break
        for side in (1, -1) if rng.random() < 0.5 else (-1, 1):
            lane = _lane(streets, at, direction, (side, 60 + 70 * rng.random() + households * 0.4), rng)
            lanes += [(side, lane)] if lane >= 0 else []
    return [*spine.streets, *(lane for _, lane in lanes), *_back_lanes(streets, lanes, rng)]


def _back_lanes(streets: Streets, lanes: list[tuple[int, int]], rng: Random) -> list[int]:
    """Join the far ends of some neighbouring lanes."""
    added: list[int] = []
    for k, (side, lane) in enumerate(lanes):
        tips = [streets.all[other].points[-1] for its_side, other in lanes[k + 1 :] if its_side == side]
        tip = streets.all[lane].points[-1]
        near = min(tips, key=lambda other: (distance(other, tip), other), default=tip)
        if 25 < distance(near, tip) < 110 and rng.random() < 0.6:
            middle = shift(((tip[0] + near[0]) / 2, (tip[1] + near[1]) / 2), left(unit(tip, near)), 14 * (rng.random() - 0.5))
            added.append(streets.add("residential", spline([tip, middle, near])))
    return added


def _own_spine(streets: Streets, centre: Point, foot: Foot, rng: Random) -> Spine:
    """Lay a lane from the nearest road through the hamlet."""
    start = streets.connect(foot)
    ahead = unit(start, centre)
    bend = left(ahead)
    middle = shift(shift(start, ahead, foot.distance * 0.5), bend, (rng.random() - 0.5) * foot.distance * 0.4)
    end = shift(shift(centre, ahead, 110 + 60 * rng.random()), bend, (rng.random() - 0.5) * 90)
    number = streets.add("residential", spline([start, middle, centre, end], 38.0))
    return Spine(_stations(streets.all[number].points, centre), (number,))


def _road_spine(streets: Streets, foot: Foot) -> Spine:
    """Take the road itself, near the hamlet."""
    return Spine(_stations(streets.all[foot.street].points, foot.point), (foot.street,))


def _stations(points: list[Point], centre: Point) -> list[tuple[Point, Point]]:
    """Return places about 48 m apart on a line, nearest to the hamlet's centre first."""
    found: list[tuple[Point, Point]] = []
    left_over = 20.0
    for a, b in pairwise(points):
        length = distance(a, b)
        while left_over < length:
            found.append((shift(a, unit(a, b), left_over), unit(a, b)))
            left_over += 48.0
        left_over -= length
    return sorted(found, key=lambda station: (distance(station[0], centre), station))


def _lane(streets: Streets, at: Point, direction: Point, span: tuple[int, float], rng: Random) -> int:
    """Add a lane to one side; -1 when it would reach the river, another street or the border."""
    side, reach = span
    outward = left(direction) if side > 0 else left((-direction[0], -direction[1]))
    lean = (rng.random() - 0.5) * 0.5
    outward = unit((0.0, 0.0), (outward[0] + direction[0] * lean, outward[1] + direction[1] * lean))
    tip = shift(shift(at, outward, reach), direction, (rng.random() - 0.5) * 40)
    middle = shift(shift(at, outward, reach * 0.5), direction, (rng.random() - 0.5) * 22)
    foot = streets.nearest(at)
    if streets.nearest(tip).distance < 38 or streets.nearest(middle).distance < 20:
        return -1
    if foot.distance > 15 or away_from(RIVER, tip) < plan.RIVER_HALF_WIDTH_M + 60:
        return -1
    return streets.add("residential", spline([streets.connect(foot), middle, tip], 32.0))


def node(streets: Streets) -> list[Street]:
    """Return the streets with a shared vertex wherever two of the ground cross (a bridge joins nothing but its ends)."""
    cells: dict[tuple[int, int], list[tuple[int, int]]] = {}
    added: dict[tuple[int, int], list[Point]] = {}
    for i, street in enumerate(streets.all):
        for k, (a, b) in enumerate(pairwise(street.points)):
            if not street.ground:
                continue
            mine = _cells(a, b)
            others = sorted({other for cell in mine for other in cells.get(cell, ()) if other[0] != i})
            for j, m in others:
                meeting = crossing(a, b, *streets.all[j].points[m : m + 2])
                if meeting:
                    shared = _settle(meeting, (a, b, *streets.all[j].points[m : m + 2]))
                    added.setdefault((i, k), []).append(shared)
                    added.setdefault((j, m), []).append(shared)
            for cell in mine:
                cells.setdefault(cell, []).append((i, k))
    return [replace(street, points=_with_added(street.points, i, added)) for i, street in enumerate(streets.all)]


def _cells(a: Point, b: Point) -> set[tuple[int, int]]:
    """Return the 150 m squares that a short segment's box touches."""
    columns = range(int(min(a[0], b[0]) // 150), int(max(a[0], b[0]) // 150) + 1)
    rows = range(int(min(a[1], b[1]) // 150), int(max(a[1], b[1]) // 150) + 1)
    return {(column, row) for column in columns for row in rows}


def _settle(meeting: Point, corners: tuple[Point, ...]) -> Point:
    """Take a vertex that is within half a metre instead of a new one beside it."""
    near = min(corners, key=lambda corner: (distance(corner, meeting), corner))
    return near if distance(near, meeting) < 0.5 else meeting


def _with_added(points: list[Point], street: int, added: dict[tuple[int, int], list[Point]]) -> list[Point]:
    result = [points[0]]
    for k, (a, b) in enumerate(pairwise(points)):
        for point in [*sorted(added.get((street, k), []), key=lambda p: distance(a, p)), b]:
            if point != result[-1]:
                result.append(point)
    return result
