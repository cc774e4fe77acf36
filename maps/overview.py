"""A still map of the report as inline SVG: no script, prints sharp, and the same bytes every time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from geogrid.words import Text
from maps import figures
from maps.markup import Html, element, joined
from maps.style import CLASSES, LINES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

EARTH_M_PER_DEGREE = 111_320.0
UNKNOWN_FILL = "url(#unknown)"
STREET_WIDTH = {"major": 1.4, "minor": 0.7, "path": 0.4}
MAX_LABELS = 60
LONGEST_LABEL = 14
STRIP = 24.0
"""Height of the strip under a labelled map that holds the scale bar and the north arrow."""
RADIUS = 4.5
"""Of a facility's dot, in pixels of the large picture."""
GAP = {
    "fill": LINES["gap"]["fillColor"],
    "fill_opacity": LINES["gap"]["fillOpacity"],
    "stroke": LINES["gap"]["color"],
    "stroke_width": LINES["gap"]["weight"],
}
"""How a coverage gap is drawn, as on the interactive map."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """The picture's window: which degrees become which of its pixels (north up, equirectangular about the middle latitude)."""

    left: float
    top: float
    across: float
    down: float
    width: float
    height: float

    @classmethod
    def around(cls, bounds: Sequence[float], *, width: float, tallest: float, margin: float = 10.0) -> Frame:
        """Return the window that shows ``bounds`` (degrees: west, south, east, north) at most ``width`` by ``tallest`` pixels."""
        west, south, east, north = (float(bound) for bound in bounds)
        squeeze = math.cos(math.radians((south + north) / 2))
        wide, high = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
        scale = min((width - 2 * margin) / wide, (tallest - 2 * margin) / high)
        left = west - (width - wide * scale) / 2 / (scale * squeeze)
        return cls(left, north + margin / scale, scale * squeeze, scale, width, high * scale + 2 * margin)

    @property
    def metres_per_pixel(self) -> float:
        """Return the scale of the picture."""
        return EARTH_M_PER_DEGREE / self.down

    def pixels(self, degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return coordinates (n, 2) in pixels, rounded to a tenth."""
        shifted = (degrees - (self.left, self.top)) * (self.across, -self.down)
        rounded: npt.NDArray[np.float64] = shifted.round(1)
        return rounded

    def pixel(self, point: Any) -> Point:
        """Return where one point stands in the picture."""
        x, y = self.pixels(shapely.get_coordinates(point))[0]
        return float(x), float(y)

    def path(self, shape: Any) -> str:
        """Return the path data of a line or polygon of any number of parts."""
        return "".join(self._ring(part) for part in shapely.get_parts(_rings(shape)))

    def _ring(self, line: Any) -> str:
        points = [f"{x:g} {y:g}" for x, y in self.pixels(shapely.get_coordinates(line))]
        kept = [point for position, point in enumerate(points) if position == 0 or point != points[position - 1]]
        return f"M{'L'.join(kept)}{'Z' if line.is_ring else ''}"


def _rings(shape: Any) -> Any:
    """Return the lines of a shape: its rings when it is a polygon."""
    is_polygon = shapely.get_dimensions(shape) == 2  # noqa: PLR2004 -- the dimension of a surface
    lines = shapely.get_rings(shapely.get_parts(shape)) if is_polygon else shapely.get_parts(shape)
    return shapely.multilinestrings(lines)


@dataclass(frozen=True)
class Overview:
    """The shapes of one report, written once; each picture of a service refers to them."""

    public: PublicReport
    lang: Lang
    frame: Frame

    @classmethod
    def of(cls, public: PublicReport, lang: Lang, *, width: float = 720.0, tallest: float = 620.0) -> Overview:
        """Return the overview of a report, framed around its grids."""
        bounds = public.grids.total_bounds if len(public.grids) else (0.0, 0.0, 1.0, 1.0)
        return cls(public, lang, Frame.around(bounds, width=width, tallest=tallest))

    def definitions(self) -> Html:
        """Return the shapes that all pictures share; must stand in the page before them."""
        shapes = enumerate(self.public.grids.geometry)
        grids = (element("path", id=f"g{position}", d=self.frame.path(shape)) for position, shape in shapes)
        shared = joined([_hatching(), *grids, element("g", *self._streets(), id="streets"), self._borders()])
        return element("svg", element("defs", shared), width=0, height=0, class_="definitions", aria_hidden="true")

    def picture(self, service: str, *, detailed: bool = False, shrunk: float = 1.0) -> Html:
        """Return the map of one service (or "all"): grids by covered share, its gaps and its facilities.

        A detailed picture has names, a scale bar and a north arrow; one that is shown ``shrunk`` times has heavier signs.
        """
        title = f"{self.service_name(service)} · {Text('覆盖率', 'covered share').say(self.lang)}"
        height = self.frame.height + (STRIP if detailed else 0.0)
        layers: list[object] = [
            element("title", title),
            element("rect", width=self.frame.width, height=height, class_="paper"),
            *self._grids(service),
            element("use", href="#streets"),
            element("use", href="#borders"),
            *self._gaps(service),
            *self._facilities(service, RADIUS * max(1.0, 0.7 * shrunk)),
        ]
        layers += [*self._labels(service), self._scale_bar()] if detailed else []
        size = {"viewBox": f"0 0 {self.frame.width:g} {height:g}"}
        return element("svg", *layers, role="img", class_="map small" if shrunk > 1 else "map", aria_label=title, **size)

    def legend(self) -> Html:
        """Return what the colours and signs mean."""
        words = [(swatch(row.colour), row.label.say(self.lang)) for row in CLASSES]
        words.append((swatch(UNKNOWN["fill"], hatched=True), Text("未公开或无住户", "withheld, or no households").say(self.lang)))
        words.append((_sign("gap"), Text("覆盖缺口", "coverage gap").say(self.lang)))
        words.append((_sign("dot"), Text("设施（已有）", "facility (now)").say(self.lang)))
        words.append((_sign("ring"), Text("设施（规划）", "facility (planned)").say(self.lang)))
        return element("ul", *(element("li", picture, " ", word) for picture, word in words), class_="legend")

    def service_name(self, service: str) -> str:
        """Return the name of a service in the page's language."""
        named = {row["id"]: Text(row["zh"], row["en"]) for row in self.public.summary["services"]} | {"all": figures.ALL}
        return figures.say(named, service, self.lang)

    def _grids(self, service: str) -> Iterable[Html]:
        columns = (self.public.grids[column] for column in ("name", f"share_{service}", "suppressed"))
        for position, (name, share, suppressed) in enumerate(zip(*columns, strict=True)):
            withheld = bool(suppressed)
            told = element("title", f"{name} {figures.share(share, withheld=withheld)}")
            yield element("use", told, href=f"#g{position}", fill=_fill(share), class_="grid")

    def _streets(self) -> Iterable[Html]:
        for kind, width in STREET_WIDTH.items():
            lines = self.public.streets.geometry[self.public.streets["kind"] == kind]
            shapes = "".join(self.frame.path(line) for line in lines)
            yield element("path", d=shapes, class_="street", stroke_width=width)

    def _borders(self) -> Html:
        shapes = "".join(self.frame.path(shape) for shape in self.public.areas.geometry if shape is not None)
        return element("path", id="borders", d=shapes, class_="border")

    def _gaps(self, service: str) -> Iterable[Html]:
        table = self.public.gaps
        for gap_id, shape in zip(*_columns(table[table["service"] == service], "gap_id"), strict=True):
            if shape is not None:
                yield element("path", element("title", gap_id), d=self.frame.path(shape), **GAP)

    def _facilities(self, service: str, radius: float) -> Iterable[Html]:
        for name, status, (x, y) in self._offering(service):
            kind = "facility planned" if status == "planned" else "facility"
            yield element("circle", element("title", name), cx=f"{x:g}", cy=f"{y:g}", r=f"{radius:g}", class_=kind)

    def _offering(self, service: str) -> list[tuple[str, str, Point]]:
        """Return name, status and place (pixels) of the facilities that offer a service."""
        table = self.public.facilities
        places = [self.frame.pixel(shape) for shape in table.geometry]
        rows = zip(table["services"], table["name"], table["status"], places, strict=True)
        return [(name, status, place) for offers, name, status, place in rows if service in offers or service == "all"]

    def _labels(self, service: str) -> Iterable[Html]:
        """Yield the names of grids, each where it touches no facility and no name placed before; the others go without."""
        taken = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for _, _, (x, y) in self._offering(service)]
        few = self.public.grids if len(self.public.grids) <= MAX_LABELS else self.public.grids.iloc[:0]
        for name, shape in zip(*_columns(few, "name"), strict=True):
            short = name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
            x, y = self.frame.pixel(shapely.point_on_surface(shape))
            half = sum(5.5 if ord(letter) > 255 else 3.0 for letter in short) + 2  # noqa: PLR2004 -- beyond Latin letters are wide
            boxes = [(x - half, y + shift - 7, x + half, y + shift + 7) for shift in (0, -13, 13)]
            free = [box for box in boxes if not any(_touch(box, other) for other in taken)]
            if free:
                taken.append(free[0])
                yield element("text", short, x=f"{x:g}", y=f"{free[0][1] + 11:g}", class_="name")

    def _scale_bar(self) -> Html:
        metres = _round_length(self.frame.width * self.frame.metres_per_pixel / 5)
        length, bottom = metres / self.frame.metres_per_pixel, self.frame.height + STRIP - 10
        written = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004 -- metres in a kilometre
        line = element("path", d=f"M10 {bottom - 5:g}V{bottom:g}H{10 + length:.1f}V{bottom - 5:g}", class_="scale")
        north = element("path", d=f"M{self.frame.width - 24:g} {bottom:g}l6 -18l6 18l-6 -5z", class_="north")
        return element("g", line, element("text", written, x=f"{16 + length:.1f}", y=f"{bottom:g}", class_="scale-text"), north)


def class_colour(share: float) -> str:
    """Return the colour of a covered share (0..1), by the classes of the interactive map.

    Examples
    --------
    >>> class_colour(0.5999) == class_colour(0.6), class_colour(0.95) == class_colour(1.0)
    (True, True)
    """
    per_mille = round(share * 1000)
    return [row.colour for row in CLASSES if per_mille >= row.least][-1]


def swatch(colour: str, *, hatched: bool = False) -> Html:
    """Return a small square of a colour."""
    box = element("rect", width=16, height=11, fill=colour, class_="grid")
    lines = element("path", d="M0 11L11 0M6 11L16 1", class_="hatch") if hatched else None
    return element("svg", box, lines, width=16, height=11, viewBox="0 0 16 11", aria_hidden="true")


def _fill(share: Any) -> str:
    return UNKNOWN_FILL if figures.is_missing(share) else class_colour(float(share))


def _hatching() -> Html:
    lines = joined([element("rect", width=6, height=6, fill=UNKNOWN["fill"]), element("path", d="M0 6L6 0", class_="hatch")])
    return element("pattern", lines, id="unknown", width=6, height=6, patternUnits="userSpaceOnUse")


def _sign(kind: str) -> Html:
    shapes = {
        "gap": element("rect", x=1, y=1, width=14, height=9, **GAP),
        "dot": element("circle", cx=8, cy=5.5, r=4, class_="facility"),
        "ring": element("circle", cx=8, cy=5.5, r=4, class_="facility planned"),
    }
    return element("svg", shapes[kind], width=16, height=11, viewBox="0 0 16 11", aria_hidden="true")


def _touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _columns(table: gpd.GeoDataFrame, name: str) -> tuple[list[str], list[Any]]:
    return list(table[name]), list(table.geometry)


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)
