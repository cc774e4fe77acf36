"""The small map of a notice card as SVG: the grid among its neighbours, streets, and its facilities; no basemap, no script."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.cardwords import LABELS
from maps.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from geogrid.words import Lang
    from maps.cardfacts import Notice
    from maps.cardground import Ground, Shapes, Site

    Objects = npt.NDArray[np.object_]

UNITS_PER_MM = 10.0
MARGIN = 0.1
"""Free space around the grid, as a share of the picture."""
BEYOND = 0.3
"""How much farther than the picture its surroundings are drawn, as a share of it: a box of another shape shows them."""
STREET_WIDTH_MM = {"major": 1.3, "minor": 0.7, "path": 0.35}
STREET_KINDS = tuple(reversed(STREET_WIDTH_MM))
"""From the narrowest, which is drawn first."""
CASING_MM = 0.35
SMOOTH_UNITS = 0.7
"""Lines may be off by this much, less than a tenth of a millimetre."""
LETTER_MM = 2.6
LONGEST_NAME = 16
MOST_STREET_NAMES = 10
POINT = 2
"""Numbers of a point."""
MULTIPLE = 4
"""The first of the numbers of types of geometries that have parts."""
SMALLEST_SPAN_M = 40.0
"""A grid smaller than this is drawn as if it were as large."""
Box = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True)
class _Frame:
    """Which metres become which units of the picture; north is up."""

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, bounds: Iterable[float], width_mm: float, height_mm: float) -> _Frame:
        west, south, east, north = bounds
        width, height = width_mm * UNITS_PER_MM, height_mm * UNITS_PER_MM
        wide, high = max(east - west, SMALLEST_SPAN_M), max(north - south, SMALLEST_SPAN_M)
        scale = (1 - 2 * MARGIN) * min(width / wide, height / high)
        return cls((west + east - width / scale) / 2, (south + north + height / scale) / 2, scale, width, height)

    def box(self, beyond: float = 0.0) -> Box:
        """Return the picture's window in metres, wider by a share of it."""
        wide, high = self.width / self.scale, self.height / self.scale
        left, bottom = self.west - beyond * wide, self.north - high - beyond * high
        return left, bottom, left + wide * (1 + 2 * beyond), bottom + high * (1 + 2 * beyond)

    def units(self, metres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return coordinates (n, 2) in whole units."""
        shifted: npt.NDArray[np.float64] = ((metres - (self.west, self.north)) * (self.scale, -self.scale)).round()
        return shifted

    def unit(self, x: float, y: float) -> Point:
        found = self.units(np.array([[x, y]]))[0]
        return float(found[0]), float(found[1])

    def paths(self, groups: Sequence[Objects]) -> list[str]:
        """Return the path data of each of several groups of lines and rings; a point in one place is not drawn."""
        lines = np.concatenate([np.empty(0, dtype=object), *groups])
        metres, line = shapely.get_coordinates(lines, return_index=True)
        if not len(metres):
            return [""] * len(groups)
        points = self.units(metres).astype(np.int64)
        is_first = np.diff(line, prepend=-1) != 0
        is_new = is_first | np.any(np.diff(points, axis=0, prepend=points[:1]) != 0, axis=1)
        starts = np.flatnonzero(is_first[is_new])
        drawn, flat = line[is_first], points[is_new].ravel().tolist()
        ends = [*(2 * starts[1:]).tolist(), len(flat)]
        group = np.repeat(np.arange(len(groups)), [len(each) for each in groups])[drawn]
        parts: list[list[str]] = [[] for _ in groups]
        runs = zip((2 * starts).tolist(), ends, shapely.is_closed(lines[drawn]).tolist(), group.tolist(), strict=True)
        for start, end, is_ring, of in runs:
            if end - start > POINT:
                written = str(flat[start:end])[1:-1].replace(",", "")  # many times faster than number by number
                parts[of].append(f"M{written}{'Z' if is_ring else ''}")
        return ["".join(each) for each in parts]


def picture(
    ground: Ground,
    notice: Notice,
    sites: Sequence[Site],
    size_mm: tuple[float, float],
    lang: Lang,
    *,
    detailed: bool = True,
) -> Html:
    """Draw a grid.

    Parameters
    ----------
    ground : Ground
        What is around.
    notice : Notice
        The grid; without a shape there is only a word about it.
    sites : sequence of Site
        Its facilities.
    size_mm : pair of float
        Width and height of the picture on paper.
    lang : "zh" or "en"
        Of its few words.
    detailed : bool
        Whether there is room for names of streets and neighbours, and for numbers.

    Returns
    -------
    Html
        An SVG whose surroundings go on beyond its frame, for a box of another shape.
    """
    title = LABELS["map"].fill(name=notice.name).say(lang)
    width, height = (side * UNITS_PER_MM for side in size_mm)
    window = {"viewBox": f"0 0 {width:.0f} {height:.0f}"}
    if notice.shape is None:
        word = element("text", LABELS["no_shape"].say(lang), x=width / 2, y=height / 2, class_="none")
        return element("svg", element("title", title), word, class_="map", role="img", **window)
    frame = _Frame.around(notice.shape.bounds, *size_mm)
    drawing = _Drawing(ground, notice, sites, frame, lang, is_detailed=detailed)
    sort = "map" if detailed else "map plain"
    return element("svg", element("title", title), *drawing.layers(), class_=sort, role="img", **window)


@dataclass(frozen=True)
class _Drawing:
    """One picture, and the boxes of it that words and signs have taken."""

    ground: Ground
    notice: Notice
    sites: Sequence[Site]
    frame: _Frame
    lang: Lang
    is_detailed: bool

    def layers(self) -> list[Html]:
        """Return what is drawn, lowest first; who comes first gets the room, so names come last."""
        furniture, taken = self._furniture()
        badges = list(self._badges(taken))
        names = [*self._street_names(taken), *self._neighbour_names(taken)] if self.is_detailed else []
        own, others, *streets = self._paths()
        return [
            element("path", d=others, class_="other"),
            element("path", d=own, class_="own"),
            *self._streets(streets),
            element("path", d=own, class_="halo"),
            element("path", d=own, class_="border"),
            *names,
            *badges,
            *furniture,
        ]

    @property
    def _tolerance(self) -> float:
        return SMOOTH_UNITS / self.frame.scale

    def _paths(self) -> list[str]:
        """Return the path data of the grid, of the others around, and of streets kind by kind."""
        grids = self.ground.simpler("neighbours", self._tolerance).shapes
        own = self.ground.position[self.notice.grid_id]
        lines, street = _line_parts(self._near_streets.shapes)
        sorts = self._near_streets.sorts[street]
        kinds = [lines[sorts == kind] for kind in STREET_KINDS]
        return self.frame.paths([_rings(grids[own : own + 1]), _rings(self._neighbours.shapes), *kinds])

    @cached_property
    def _box(self) -> Box:
        return self.frame.box(BEYOND if self.is_detailed else 0.02)

    @cached_property
    def _neighbours(self) -> Shapes:
        """Return the grids around that are of the same sort, but for the grid itself."""
        ground = self.ground
        near = ground.grid_tree.query(shapely.box(*self._box))
        near = near[(ground.neighbours.sorts[near] == self.notice.peers) & (near != ground.position[self.notice.grid_id])]
        return ground.simpler("neighbours", self._tolerance).clipped(near, self._box)

    @cached_property
    def _near_streets(self) -> Shapes:
        near = self.ground.street_tree.query(shapely.box(*self._box))
        return self.ground.simpler("streets", self._tolerance).clipped(near, self._box)

    def _streets(self, paths: Sequence[str]) -> Iterator[Html]:
        """Yield streets, the edges of all below the middles of all, so that crossings stay open."""
        for layer, more in (("casing", CASING_MM), ("street", 0.0)):
            for kind, data in zip(STREET_KINDS, paths, strict=True):
                if data:
                    width = (STREET_WIDTH_MM[kind] + more) * UNITS_PER_MM * (1.0 if self.is_detailed else 0.6)
                    yield element("path", d=data, class_=f"{layer} {kind}", stroke_width=f"{width:.1f}")

    def _street_names(self, taken: list[Box]) -> Iterator[Html]:
        """Yield the names of the longest streets, along them, where there is room."""
        near = self._near_streets
        named = near.names != ""
        names, shapes = near.names[named], shapely.clip_by_rect(near.shapes[named], *self.frame.box())
        lines = {name: _longest_line(shapes[names == name]) for name in sorted(set(names.tolist()))}
        known = {name: line for name, line in lines.items() if line is not None}
        ranked = sorted(known.items(), key=lambda item: -float(item[1].length))
        placed = 0
        for name, line in ranked:
            spot = self._along(line, name)
            if placed < MOST_STREET_NAMES and spot is not None and _is_free(spot[1], taken):
                (x, y, angle), box = spot
                taken.append(box)
                placed += 1
                turn = f"rotate({angle:.0f} {x:.0f} {y:.0f})"
                yield element("text", name, x=f"{x:.0f}", y=f"{y:.0f}", dy="0.35em", transform=turn, class_="street-name")

    def _along(self, line: Any, name: str) -> tuple[tuple[float, float, float], Box] | None:
        """Return middle and angle of a name on a line, and the box it takes; None where the line is too short or bent."""
        half = _width(name) / 2 + LETTER_MM * UNITS_PER_MM / 2
        length = line.length * self.frame.scale
        if len(name) > LONGEST_NAME or length < 2 * half:
            return None
        ends = [line.interpolate(0.5 + side * half / length, normalized=True) for side in (-1, 1)]
        (x1, y1), (x2, y2) = (self.frame.unit(end.x, end.y) for end in ends)
        if math.hypot(x2 - x1, y2 - y1) < 1.8 * half:
            return None
        (x1, y1), (x2, y2) = sorted(((x1, y1), (x2, y2)))
        angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
        pad = LETTER_MM * UNITS_PER_MM / 2
        box = (x1 - pad, min(y1, y2) - pad, x2 + pad, max(y1, y2) + pad)
        return ((x1 + x2) / 2, (y1 + y2) / 2, angle), box

    def _neighbour_names(self, taken: list[Box]) -> Iterator[Html]:
        shapes = shapely.clip_by_rect(self._neighbours.shapes, *self.frame.box())
        is_seen = ~shapely.is_empty(shapes)
        spots = self.frame.units(shapely.get_coordinates(shapely.point_on_surface(shapes[is_seen])))
        for name, (x, y) in zip(self._neighbours.names[is_seen], spots.tolist(), strict=True):
            short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
            half, tall = _width(short) / 2, LETTER_MM * UNITS_PER_MM * 0.7
            box = (x - half, y - tall, x + half, y + tall)
            if _is_free(box, taken) and self._holds(box):
                taken.append(box)
                yield element("text", short, x=f"{x:.0f}", y=f"{y:.0f}", dy="0.35em", class_="other-name")

    def _holds(self, box: Box) -> bool:
        return box[0] >= 0 and box[1] >= 0 and box[2] <= self.frame.width and box[3] <= self.frame.height

    def _badges(self, taken: list[Box]) -> Iterator[Html]:
        """Yield the numbers of the facilities where they stand, or beside it where another stands there already."""
        radius = (2.3 if self.is_detailed else 1.3) * UNITS_PER_MM
        for site in self.sites:
            x0, y0 = self.frame.unit(site.x, site.y)
            x, y = _free_spot(x0, y0, radius, taken)
            taken.append((x - radius, y - radius, x + radius, y + radius))
            colour = self.ground.colours.get(next(iter(site.services), ""), "#33424d")
            if (x, y) != (x0, y0):
                yield element("path", d=f"M{x0:.0f} {y0:.0f}L{x:.0f} {y:.0f}", stroke=colour, class_="lead")
            yield badge(site, colour, (x, y), radius, numbered=self.is_detailed)

    def _furniture(self) -> tuple[list[Html], list[Box]]:
        """Return the scale bar and the north arrow, and where they stand."""
        mm, high = UNITS_PER_MM * (1.0 if self.is_detailed else 0.65), self.frame.height
        metres = _round_length(self.frame.width / self.frame.scale / 5)
        long, left, base = metres * self.frame.scale, 4 * mm, high - 4 * mm
        written = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004 -- metres in a kilometre
        bar = f"M{left:.0f} {base - 1.5 * mm:.0f}V{base:.0f}H{left + long:.0f}V{base - 1.5 * mm:.0f}"
        x, y = self.frame.width - 6 * mm, 4 * mm
        arrow = f"M{x:.0f} {y:.0f}l{2.2 * mm:.0f} {6.5 * mm:.0f}l-{2.2 * mm:.0f} -{1.6 * mm:.0f}l-{2.2 * mm:.0f} {1.6 * mm:.0f}z"
        drawn = [
            element("path", d=bar, class_="scale-halo"),
            element("path", d=bar, class_="scale"),
            element("text", written, x=f"{left + long + 1.2 * mm:.0f}", y=f"{base:.0f}", class_="scale-text"),
            element("path", d=arrow, class_="north"),
            element("text", LABELS["north"].say(self.lang), x=f"{x:.0f}", y=f"{y + 9.6 * mm:.0f}", class_="north-text"),
        ]
        width = long + 14 * mm
        return drawn, [(left - mm, base - 4 * mm, left + width, base + mm), (x - 3 * mm, 3 * mm, x + 3 * mm, 15 * mm)]


def badge(site: Site, colour: str, at: Point, radius: float, *, numbered: bool = True) -> Html:
    """Return the sign of a facility: a disc of its service's colour, hollow where it is planned, with its number."""
    x, y = at
    fill, ink = ("#ffffff", colour) if site.is_planned else (colour, "#ffffff")
    edge = colour if site.is_planned else ink
    disc = element("circle", cx=f"{x:.0f}", cy=f"{y:.0f}", r=f"{radius:.0f}", fill=fill, stroke=edge)
    size = radius * (1.25 if site.number < 10 else 1.0)  # noqa: PLR2004 -- two digits
    digits = element("text", site.number, x=f"{x:.0f}", y=f"{y:.0f}", dy="0.36em", fill=ink)
    return element("g", disc, digits if numbered else None, class_="site", font_size=f"{size:.0f}")


def _free_spot(x: float, y: float, radius: float, taken: list[Box]) -> Point:
    """Return the place itself, or the nearest of those around it that nothing covers."""
    steps = [(0.0, 0.0)] + [
        (2.1 * ring * radius * math.cos(turn * math.pi / 4), 2.1 * ring * radius * math.sin(turn * math.pi / 4))
        for ring in (1, 2)
        for turn in range(8)
    ]
    spots = [(x + right, y + down) for right, down in steps]
    free = (spot for spot in spots if _is_free((spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius), taken))
    return next(free, (x, y))


def _rings(polygons: Objects) -> Objects:
    """Return the rings of polygons of any number of parts."""
    rings: Objects = shapely.get_rings(shapely.get_parts(polygons))
    return rings


def _line_parts(shapes: Objects) -> tuple[Objects, npt.NDArray[np.intp]]:
    """Return the lines that shapes consist of, and which shape each is of; what a clipping left as points is none."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    if np.any(shapely.get_type_id(parts) >= MULTIPLE):
        parts, part = shapely.get_parts(parts, return_index=True)
        shape = shape[part]
    is_line = shapely.length(parts) > 0
    is_line &= shapely.get_dimensions(parts) == 1
    return parts[is_line], shape[is_line]


def _longest_line(shapes: Objects) -> Any:
    """Return the longest piece of a street; None where nothing of it is a line."""
    lines, _ = _line_parts(shapes)
    if not len(lines):
        return None
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    return max(merged, key=lambda line: float(line.length))


def _width(words: str) -> float:
    """Return about how wide a name is, in units."""
    return sum(1.0 if ord(letter) > 255 else 0.55 for letter in words) * LETTER_MM * UNITS_PER_MM  # noqa: PLR2004 -- Latin


def _is_free(box: Box, taken: list[Box]) -> bool:
    return not any(box[0] <= other[2] and other[0] <= box[2] and box[1] <= other[3] and other[1] <= box[3] for other in taken)


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)
