"""Geometries as they come from files: which can be used, which can be mended unchanged, and what is wrong with the rest.

A polygon that crosses or touches itself is mended with ``shapely.make_valid(method="structure")`` only where that keeps its
area within one part in a million. Validity tests and mending take time that grows with the square of tangled edges, so both
are preceded by a count of edges that meet, which stops early.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.rows.problems import words
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from geogrid.rows.spec import TableSpec

    Mask = npt.NDArray[np.bool_]
    Geometries = npt.NDArray[np.object_]

KINDS = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}
KIND_NAMES = {"point": Text("点", "point"), "line": Text("线", "line"), "polygon": Text("面", "polygon")}
TYPE_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
MAX_VERTICES = 200_000
SMALL_VERTICES = 2_000
MAX_MEETING_BOXES = 5_000_000
MAX_CROSSINGS = 200
MAX_WINDING = 400.0
"""Outline over the diagonal of the box: 4 for a township, 70 for 2,500 estates. Beyond, strips take hours to shrink or grow."""
BOXES_AT_ONCE = 2_000_000
MENDED_AREA_TOLERANCE = 1e-6
FAR_DEGREES = 3.0
FAR_METRES = 330_000.0
FEWEST_FOR_MEDIAN = 3
AT_ZERO = 1e-6
MAX_LON, MAX_LAT, FULL_TURN = 180.0, 90.0, 360.0


@dataclass(frozen=True)
class BadShape:
    """What is wrong with the geometry of one row (its position), with the words for it."""

    row: int
    code: str
    value: str
    expected: Text
    remedy: Text


@dataclass(frozen=True)
class Shapes:
    """Geometries fit for use (as given where bad), at most one problem per row, and notes on what was changed."""

    geometry: Geometries
    bad: tuple[BadShape, ...]
    notes: tuple[Text, ...]


def check_shapes(geometry: Geometries, spec: TableSpec, *, geographic: bool) -> Shapes:
    """Say which geometries a table can use.

    Parameters
    ----------
    geometry
        Shapely geometries, None, or anything else (which is then of the wrong kind).
    spec
        The table.
    geographic
        Whether coordinates are degrees; otherwise they are taken for metres and only their distance from the others is checked.

    Examples
    --------
    >>> from geogrid.rows.tables import TABLES
    >>> points = np.array([shapely.Point(117.2, 28.3), shapely.Point(0, 0), None], dtype=object)
    >>> [(bad.row, bad.code) for bad in check_shapes(points, TABLES["facilities"], geographic=True).bad]
    [(1, 'null_island'), (2, 'missing_geometry')]
    """
    finder = _Finder(geometry)
    _check_presence(finder, spec)
    notes = [*_flatten(finder), *_take_single_points(finder, spec)]
    _check_position(finder, geographic=geographic)
    notes += _check_validity(finder)
    return Shapes(finder.geometry, tuple(sorted(finder.bad, key=lambda bad: bad.row)), tuple(notes))


class _Finder:
    """Collects at most one problem per row; ``open`` marks rows that have none yet."""

    def __init__(self, geometry: Geometries) -> None:
        self.geometry = geometry.copy()
        self.open: Mask = np.ones(len(geometry), dtype=bool)
        self.bad: list[BadShape] = []

    def report(self, code: str, where: Mask, **values: object) -> None:
        """Report a problem of rows that have none yet."""
        rows = np.flatnonzero(where & self.open)
        expected, remedy = words(code, **values)
        self.bad += [BadShape(int(row), code, value_text(self.geometry[row]), expected, remedy) for row in rows]
        self.open[rows] = False


def value_text(geometry: Any) -> str:
    """Return a geometry for a message: a point's coordinates, else its type.

    Examples
    --------
    >>> value_text(shapely.Point(117.2, 28.3)), value_text(None)
    ('117.2, 28.3', '')
    """
    if geometry is None or not isinstance(geometry, shapely.Geometry):
        return "" if geometry is None else str(geometry)
    if geometry.geom_type == "Point" and not geometry.is_empty:
        return f"{geometry.x!r}, {geometry.y!r}"
    return str(geometry.geom_type)


def _check_presence(finder: _Finder, spec: TableSpec) -> None:
    """Report missing, foreign, empty and infinite geometries, and those of the wrong kind."""
    missing = np.array([value is None or value != value for value in finder.geometry], dtype=bool)  # noqa: PLR0124 - NaN
    finder.report("missing_geometry", missing)
    kinds = Text(
        "或".join(KIND_NAMES[kind].zh for kind in spec.geometry), " or ".join(KIND_NAMES[kind].en for kind in spec.geometry)
    )
    finder.report("wrong_geometry_kind", ~np.asarray(shapely.is_geometry(finder.geometry)), kinds=kinds)
    finder.geometry[~finder.open & ~missing] = None
    finder.geometry[missing] = None
    finder.report("empty_geometry", np.asarray(shapely.is_empty(finder.geometry)))
    wanted = [place for place, name in enumerate(TYPE_NAMES) if KINDS.get(name) in spec.geometry]
    finder.report("wrong_geometry_kind", ~np.isin(shapely.get_type_id(finder.geometry), wanted), kinds=kinds)
    coordinates, owner = shapely.get_coordinates(finder.geometry, return_index=True)
    infinite = np.zeros(len(finder.geometry), dtype=bool)
    infinite[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    finder.report("non_finite_coordinate", infinite)


def _flatten(finder: _Finder) -> list[Text]:
    """Drop heights and measures."""
    tall = finder.open & np.asarray(shapely.has_z(finder.geometry) | shapely.has_m(finder.geometry))
    if not tall.any():
        return []
    finder.geometry[tall] = shapely.force_2d(finder.geometry[tall])
    note = Text("{n} 行的图形带有高程或量测值，已去掉", "{n} rows had heights or measures in their geometry, which were dropped")
    return [note.fill(n=int(tall.sum()))]


def _take_single_points(finder: _Finder, spec: TableSpec) -> list[Text]:
    """Take the point out of multi-points of one; report the others."""
    multi = finder.open & (shapely.get_type_id(finder.geometry) == TYPE_NAMES.index("MultiPoint"))
    single = multi & (shapely.get_num_geometries(finder.geometry) == 1)
    finder.report("wrong_geometry_kind", multi & ~single, kinds=KIND_NAMES["point"])
    if "point" not in spec.geometry or not single.any():
        return []
    finder.geometry[single] = shapely.get_geometry(finder.geometry[single], 0)
    note = Text("{n} 行的多点图形只有一个点，按点使用", "{n} rows were multi-points of a single point and are used as points")
    return [note.fill(n=int(single.sum()))]


def _check_position(finder: _Finder, *, geographic: bool) -> None:
    """Report positions that cannot be, or that lie far from the others."""
    bounds = np.full((len(finder.geometry), 4), np.nan)
    bounds[finder.open] = shapely.bounds(finder.geometry[finder.open])
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    if not geographic:
        middle = _middle(x, y, finder.open)
        _report_far(finder, ~_is_near(x, y, middle, FAR_METRES), middle, geographic=False)
        return
    zero = (shapely.get_type_id(finder.geometry) == TYPE_NAMES.index("Point")) & (np.abs(x) < AT_ZERO) & (np.abs(y) < AT_ZERO)
    finder.report("null_island", zero)
    inside = (bounds[:, 0] >= -MAX_LON) & (bounds[:, 2] <= MAX_LON) & (bounds[:, 1] >= -MAX_LAT) & (bounds[:, 3] <= MAX_LAT)
    middle = _middle(_turned(x, finder.open & inside), y, finder.open & inside)
    far = ~_is_near(x, y, middle, FAR_DEGREES, turn=True)
    near_when_swapped = (np.abs(y) <= MAX_LON) & (np.abs(x) <= MAX_LAT) & _is_near(y, x, middle, FAR_DEGREES, turn=True)
    finder.report("latitude_longitude_swapped", (~inside | far) & near_when_swapped)
    finder.report("out_of_bounds_coordinate", ~inside)
    _report_far(finder, far, middle, geographic=True)


def _middle(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], usable: Mask) -> tuple[float, float] | None:
    """Return the median position of the usable rows, None for too few to tell which of them is odd."""
    if usable.sum() < FEWEST_FOR_MEDIAN:
        return None
    return float(np.median(x[usable])), float(np.median(y[usable]))


def _turned(x: npt.NDArray[np.float64], usable: Mask) -> npt.NDArray[np.float64]:
    """Return longitudes without the jump at ±180, which would put the middle of a town there on the other side of the Earth."""
    angles = np.radians(x[usable])
    middle = np.degrees(np.arctan2(np.sin(angles).sum(), np.cos(angles).sum()))
    return np.asarray((x - middle + MAX_LON) % FULL_TURN - MAX_LON + middle)


def _is_near(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    middle: tuple[float, float] | None,
    limit: float,
    *,
    turn: bool = False,
) -> Mask:
    """Return whether positions lie within ``limit`` of the middle, in each direction; ``turn`` lets longitudes meet at ±180."""
    if middle is None:
        return np.ones(len(x), dtype=bool)
    east = np.abs(x - middle[0])
    if turn:
        east = np.minimum(east, FULL_TURN - east)
    return (east <= limit) & (np.abs(y - middle[1]) <= limit)


def _report_far(finder: _Finder, far: Mask, middle: tuple[float, float] | None, *, geographic: bool) -> None:
    """Report positions far from the table's middle, which the message gives to a tenth of a degree or a kilometre."""
    if middle is None:
        return
    limit = Text(f"{FAR_DEGREES:g} 度", f"{FAR_DEGREES:g} degrees") if geographic else Text("330 公里", "330 km")
    near = f"{middle[0]:.1f}, {middle[1]:.1f}" if geographic else f"{middle[0]:.0f}, {middle[1]:.0f}"
    finder.report("far_away", far, near=near, limit=limit)


def _check_validity(finder: _Finder) -> list[Text]:
    """Mend polygons that can be mended without changing them; report the other invalid geometries."""
    vertices = np.asarray(shapely.get_num_coordinates(finder.geometry))
    finder.report("too_complex_geometry", vertices > MAX_VERTICES, limit=MAX_VERTICES)
    large = np.flatnonzero(finder.open & (vertices > SMALL_VERTICES))
    tangled = np.zeros(len(vertices), dtype=bool)
    tangled[large] = [_is_tangled(finder.geometry[row]) for row in large]
    finder.report("too_complex_geometry", tangled | winds(finder.geometry), limit=MAX_VERTICES)
    # Points with finite coordinates are always valid.
    testable = finder.open & (shapely.get_dimensions(finder.geometry) > 0)
    invalid = np.flatnonzero(testable)[~shapely.is_valid(finder.geometry[testable])]
    mended = sum(_mend(finder, int(row)) for row in invalid)
    note = Text(
        "{n} 个图形有自接触等小毛病，已修复（面积不变）",
        "{n} polygons touched themselves and were mended (their area is unchanged)",
    )
    return [note.fill(n=mended)] if mended else []


def winds(geometries: Geometries) -> Mask:
    """Return which outlines of polygons go back and forth so often that nobody drew them on purpose.

    Examples
    --------
    >>> zigzag = [(x, 1_000 * (x % 2)) for x in range(1_000)]
    >>> winds(np.array([shapely.Polygon([*zigzag, (999, 1_001)]), shapely.Polygon([*zigzag[:100], (99, 1_001)])])).tolist()
    [True, False]
    """
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):  # coordinates without an end
        diagonal = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    is_open = shapely.get_dimensions(geometries) == 2  # noqa: PLR2004 - polygons
    return np.asarray(is_open & (shapely.length(geometries) > MAX_WINDING * diagonal))


def _mend(finder: _Finder, row: int) -> bool:
    """Mend one polygon in place in the finder's own array, or report it; return whether it was mended."""
    geometry = finder.geometry[row]
    if shapely.get_dimensions(geometry) == 2 and not _crosses_often(geometry):  # noqa: PLR2004 - polygons
        valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        if (
            valid.geom_type in {"Polygon", "MultiPolygon"}
            and abs(valid.area - geometry.area) <= MENDED_AREA_TOLERANCE * valid.area
        ):
            finder.geometry[row] = valid
            return True
    where = np.zeros(len(finder.geometry), dtype=bool)
    where[row] = True
    finder.report("invalid_geometry", where, reason=_reason(geometry))
    return False


def _reason(geometry: shapely.Geometry) -> Text:
    """Return why a geometry is invalid, in both languages, with the place."""
    name, _, place = shapely.is_valid_reason(geometry).partition("[")
    at = place.rstrip("]")
    return Text(f"{REASONS.get(name, name)}{f'（{at}）' if at else ''}", f"{name}{f' at {at}' if at else ''}")


REASONS = {
    "Self-intersection": "边线自相交",
    "Ring Self-intersection": "边界环自相交",
    "Hole lies outside shell": "内洞在外环之外",
    "Holes are nested": "内洞相互嵌套",
    "Nested shells": "部件相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Too few points in geometry component": "顶点太少",
    "Duplicate Rings": "边界环重复",
}
"""GEOS's reasons in Chinese."""


def _segments(geometry: shapely.Geometry) -> Geometries:
    """Return every edge of a geometry as a line of two points."""
    rings = shapely.get_parts(shapely.boundary(geometry)) if shapely.get_dimensions(geometry) > 1 else shapely.get_parts(geometry)
    coordinates, owner = shapely.get_coordinates(rings, return_index=True)
    same = owner[1:] == owner[:-1]
    return np.asarray(shapely.linestrings(np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1)))


def _meeting_boxes(segments: Geometries) -> Iterator[npt.NDArray[np.intp]]:
    """Yield pairs of edges whose boxes meet, each pair once, a few edges at a time and then more."""
    tree = shapely.STRtree(segments)
    largest = max(1, BOXES_AT_ONCE // len(segments))
    start, step = 0, 8
    while start < len(segments):
        stop = start + min(step, largest)
        pairs = tree.query(segments[start:stop])
        pairs[0] += start
        yield pairs[:, pairs[0] < pairs[1]]
        start, step = stop, step * 2


def _is_tangled(geometry: shapely.Geometry) -> bool:
    """Return whether so many edges meet that a test of validity would take minutes."""
    met = 0
    for pairs in _meeting_boxes(_segments(geometry)):
        met += pairs.shape[1]
        if met > MAX_MEETING_BOXES:
            return True
    return False


def _crosses_often(geometry: shapely.Geometry) -> bool:
    """Return whether more edges cross than can be mended in reasonable time."""
    segments = _segments(geometry)
    crossings = 0
    for first, second in _meeting_boxes(segments):
        crossings += int(shapely.crosses(segments[first], segments[second]).sum())
        if crossings > MAX_CROSSINGS:
            return True
    return False
