"""Pictures of reach: from minutes on a lattice of places to bands that nest, share their borders and say how far they are off.

They are pictures. Who is covered is decided by each household's own time, never by these polygons.

A place is inside a limit when its own time is within it and it lies within the projection limit of a street: both as one
number, *over*, in minutes, which is not above 0 inside. Borders run where ``over`` is 0, between lattice points in proportion
(marching squares). Travel time jumps where the nearest street changes, so ``over`` is cut off on both sides at what it can change
within two spacings along a street: then a high jump has its border halfway, and the borders of several limits at one jump are the
same line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from contourpy import FillType, contour_generator

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.sampling import Sampling

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

JUMP_SPACINGS = 2.0
"""``over`` is cut off at what it changes within so many spacings at the leg's pace."""
NUDGE = 1e-4
"""Part of that cut-off by which a value of exactly 0 is put inside: borders keep off lattice points, where they could touch."""
HALVINGS = 12
"""Tries to simplify, each with half the tolerance of the one before; then borders stay as they are."""
COLUMNS = ("from_minutes", "minutes", "area_m2", "islands_dropped", "holes_filled", "geometry")


@dataclass(frozen=True)
class Drawing:
    """How finely pictures of reach are drawn.

    Attributes
    ----------
    spacing_m : float
        Distance between the places that are asked for their time; widened where ``max_points`` are not enough.
    max_points : int
        Most places to ask.
    tolerance_m : float
        Simplified borders are nowhere farther than this from the borders found.
    min_island_m2, min_hole_m2 : float
        Smaller parts without a facility are dropped, smaller holes filled, and both counted.
    """

    spacing_m: float = 20.0
    max_points: int = 1_000_000
    tolerance_m: float = 10.0
    min_island_m2: float = 10_000.0
    min_hole_m2: float = 10_000.0

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be drawn with.

        Raises
        ------
        InputError
            The spacing or the number of points is not positive, or another number is negative.
        """
        for name, value in vars(self).items():
            least_ok = value > 0 if name in ("spacing_m", "max_points") else value >= 0
            if not (least_ok and value < np.inf):
                raise InputError(_UNFIT.fill(name=name, value=value))


@dataclass(frozen=True, eq=False)
class Sheet:
    """The lattice to draw on, placed on the streets of a mode; the same for every service and facility.

    Attributes
    ----------
    sampling : Sampling
        The places.
    beyond_m : array of float
        Of each place, how far it is beyond the projection limit (0 and below: near enough to a street).
    minutes_per_m : float
        What a metre of the straight leg to the street takes.
    """

    sampling: Sampling
    beyond_m: Floats
    minutes_per_m: float


def bands(
    sheet: Sheet, minutes: Floats, limits: Sequence[float], *, stops: Any = None, drawing: Drawing | None = None
) -> gpd.GeoDataFrame:
    """Draw the bands of equal reach.

    Parameters
    ----------
    sheet
        The lattice.
    minutes
        Of each place, the minutes to the nearest facility; NaN or infinite where there is no way.
    limits
        Upper limits of the bands, in minutes, in any order.
    stops
        The facilities (a point or multipoint): an island with one is never dropped.
    drawing
        Tolerance, smallest island and smallest hole.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per limit, smallest first, in the sheet's CRS: from_minutes (the limit before, or 0), minutes, area_m2,
        islands_dropped and holes_filled (of everything within ``minutes``) and geometry, always a multipolygon, empty where
        nothing is within the limit. Bands side by side share their borders to the last bit.

    Raises
    ------
    InputError
        A limit is not positive, there is none, or the number of minutes does not fit.

    Examples
    --------
    >>> from shapely import LineString
    >>> from geogrid.network import build_network
    >>> from geogrid.sampling import sample_streets
    >>> street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1000, 0)])], crs=4548)
    >>> sampling = sample_streets(build_network(street), within_m=100)
    >>> sheet = Sheet(sampling, np.abs(sampling.y) - 100, 0.012)
    >>> drawn = bands(sheet, 0.012 * sampling.x, [5, 10])
    >>> drawn[["from_minutes", "minutes"]].to_numpy().tolist()
    [[0.0, 5.0], [5.0, 10.0]]
    """
    drawing = drawing or Drawing()
    limits = in_order(limits)
    if len(minutes) != len(sheet.sampling.at):
        raise InputError(_OTHER_COUNT.fill(minutes=len(minutes), points=len(sheet.sampling.at)))
    tidied = [_tidied(_within(sheet, minutes, limit), stops, drawing) for limit in limits]
    simple = _wholes(_simplified(_rings([area for area, _ in tidied]), drawing.tolerance_m))
    again = [_tidied(area, stops, drawing) for area in simple]
    counts = np.array([(a[0] + b[0], a[1] + b[1]) for (_, a), (_, b) in zip(tidied, again, strict=True)], dtype=np.int64)
    return _frame(sheet, limits, _rings([area for area, _ in again]), counts)


def service_areas(drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return everything within each limit of the bands: the first band, the first two, and so on.

    Parameters
    ----------
    drawn
        From ``bands``: the rows of one picture.

    Returns
    -------
    geopandas.GeoDataFrame
        The same columns and index; from_minutes is 0.

    Examples
    --------
    >>> from geogrid.isochrones import COLUMNS
    >>> ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    >>> rows = [(0.0, 5.0, 1.0, 0, 0, shapely.box(1, 1, 2, 2)), (5.0, 10.0, 8.0, 0, 0, ring)]
    >>> service_areas(gpd.GeoDataFrame(rows, columns=list(COLUMNS), crs=4548))["area_m2"].tolist()
    [1.0, 9.0]
    """
    wholes = _wholes(drawn.geometry.to_numpy())
    shapes = gpd.GeoSeries(wholes, index=drawn.index, crs=drawn.crs)
    return drawn.assign(from_minutes=0.0, area_m2=drawn["area_m2"].cumsum()).set_geometry(shapes)


def in_order(limits: Sequence[float]) -> list[float]:
    """Return limits of bands in order, each once.

    Raises
    ------
    InputError
        A limit is not positive, or there is none.

    Examples
    --------
    >>> in_order([15, 5, 15])
    [5.0, 15.0]
    """
    if not len(limits) or not all(0 < limit < np.inf for limit in limits):
        raise InputError(_BAD_LIMITS.fill(limits=", ".join(map(str, limits))))
    return sorted({float(limit) for limit in limits})


def _within(sheet: Sheet, minutes: Floats, limit: float) -> Any:
    """Return where ``over`` is not above 0, as a multipolygon."""
    sampling = sheet.sampling
    most = JUMP_SPACINGS * sampling.spacing_m * sheet.minutes_per_m
    over = np.maximum(np.nan_to_num(minutes, nan=np.inf) - limit, sheet.beyond_m * sheet.minutes_per_m)
    over = np.clip(over, -most, most)
    over = np.where(over <= 0, np.minimum(over, -NUDGE * most), np.maximum(over, NUDGE * most))
    inside = sampling.at[over < 0]
    if not len(inside):
        return shapely.MultiPolygon()
    column, row = inside % sampling.shape[1], inside // sampling.shape[1]
    rows, columns = (slice(int(part.min()) - 1, int(part.max()) + 2) for part in (row, column))
    level = np.full(sampling.shape[0] * sampling.shape[1], most)
    level[sampling.at] = over
    y, x = ((first + np.arange(part.start, part.stop)) for first, part in ((sampling.bottom, rows), (sampling.left, columns)))
    z = level.reshape(sampling.shape)[rows, columns]
    generator = contour_generator(x * sampling.spacing_m, y * sampling.spacing_m, z, fill_type=FillType.OuterOffset)
    return _polygons(*generator.filled(-np.inf, 0.0))


def _polygons(points: list[Floats], offsets: list[npt.NDArray[np.uint32]]) -> Any:
    """Join rings, outer ones first, into one multipolygon; ``offsets`` say where each polygon's rings begin."""
    length = np.concatenate([np.diff(each).astype(np.int64) for each in offsets])
    rings = shapely.linearrings(np.concatenate(points), indices=np.repeat(np.arange(len(length)), length))
    return shapely.multipolygons(
        shapely.polygons(rings, indices=np.repeat(np.arange(len(offsets)), [len(each) - 1 for each in offsets]))
    )


def _tidied(area: Any, stops: Any, drawing: Drawing) -> tuple[Any, tuple[int, int]]:
    """Drop small parts without a facility, then fill small holes; return how many of each."""
    parts = shapely.get_parts(area)
    keep = shapely.area(parts) >= drawing.min_island_m2
    if stops is not None:
        keep[shapely.STRtree(parts).query(shapely.get_parts(stops), predicate="intersects")[1]] = True
    parts = parts[keep]
    holes, owner = shapely.get_rings(parts, return_index=True)
    small = shapely.area(shapely.polygons(holes)) < drawing.min_hole_m2
    small[np.searchsorted(owner, np.arange(len(parts)))] = False
    kept = shapely.polygons(holes[~small], indices=owner[~small]) if len(parts) else parts
    # A filled hole may hold an island, which is then no part of its own any more.
    filled = _multi([shapely.union_all(kept)])[0] if small.any() else shapely.multipolygons(kept)
    return filled, (int((~keep).sum()), int(small.sum()))


def _rings(areas: Sequence[Any]) -> Geometries:
    """Return what each area has beyond the one before."""
    before = [shapely.MultiPolygon(), *areas[:-1]]
    return _multi(shapely.difference(np.array(areas, dtype=object), np.array(before, dtype=object)))


def _wholes(rings: Geometries) -> Geometries:
    """Return the unions of the first, the first two … rings, whose common borders are the same to the last bit."""
    return _multi([shapely.coverage_union_all(rings[: count + 1]) for count in range(len(rings))])


def _multi(shapes: Any) -> Geometries:
    """Return the polygons of each shape as one multipolygon; shared points and lines are nothing."""
    parts, owner = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    found = np.empty(len(shapes), dtype=object)
    for i in range(len(shapes)):
        of_shape = parts[owner == i]
        found[i] = shapely.MultiPolygon(list(of_shape[shapely.get_type_id(of_shape) == shapely.GeometryType.POLYGON]))
    return found


def _simplified(rings: Geometries, tolerance_m: float) -> Geometries:
    """Simplify all borders at once, so that neighbours still share them, and nowhere by more than the tolerance.

    The library's own tolerance bounds areas (Visvalingam and Whyatt), so what it moved is measured, and tried with less.
    """
    filled = np.flatnonzero(~shapely.is_empty(rings))
    tries = [tolerance_m / 2**i for i in range(HALVINGS)] if tolerance_m and len(filled) else []
    for attempt in tries:
        simple = rings.copy()
        simple[filled] = _multi(shapely.coverage_simplify(rings[filled], attempt))
        if all(moved_m(rings[i], simple[i]) <= tolerance_m for i in filled):
            return simple
    return rings


def moved_m(before: Any, after: Any) -> float:
    """Return how far simplifying moved a border, in metres: the largest distance from a corner to the edge that replaced it.

    A new edge replaces a chain of old ones between the same ends. If every corner of the chain is within d of the edge, so is the
    whole chain, and every place on the edge is within d of the chain: so this is never less than the Hausdorff distance. (A
    corner may be nearer to some other edge, which says nothing of where its own went.)

    Returns
    -------
    float
        Infinite where a ring was lost, or is not made of corners of an old one in their order.

    Examples
    --------
    >>> moved_m(shapely.Polygon([(0, 0), (5, 1), (10, 0), (10, 9)]), shapely.Polygon([(0, 0), (10, 0), (10, 9)]))
    1.0
    """
    old, new = _corners(before), _corners(after)
    with_corner: dict[complex, list[int]] = {}
    for number, ring in enumerate(old):
        for corner in ring.tolist():
            with_corner.setdefault(corner, []).append(number)
    far, kept = 0.0, set()
    for ring in new:
        moved = {number: _replaced_m(old[number], ring) for number in with_corner.get(complex(ring[0]), [])}
        replaced = {number: metres for number, metres in moved.items() if np.isfinite(metres)}
        kept |= set(replaced)
        far = max(far, *replaced.values()) if replaced else np.inf
    return far if len(kept) == len(old) else np.inf


def _corners(area: Any) -> list[npt.NDArray[np.complex128]]:
    """Return the corners of each ring, x + iy, each once."""
    return [shapely.get_coordinates(ring)[:-1] @ np.array([1, 1j]) for ring in shapely.get_rings(shapely.get_parts(area))]


def _replaced_m(old: npt.NDArray[np.complex128], new: npt.NDArray[np.complex128]) -> float:
    """Return the largest distance from a corner of a ring to the edge that replaced its chain; inf where none did."""
    order = np.argsort(old)
    place = order[np.searchsorted(old, new, sorter=order).clip(max=len(old) - 1)]
    steps = np.roll(place, -1) - place
    if (old[place] != new).any():
        return np.inf
    if (steps % len(old)).sum() != len(old):  # the other way round, or not a chain for each edge
        return _replaced_m(old, new[::-1]) if (-steps % len(old)).sum() == len(old) else np.inf
    edge = np.repeat(np.arange(len(new)), steps % len(old))
    start, along = new[edge], (np.roll(new, -1) - new)[edge]
    to_corner = np.roll(old, -place[0]) - start
    share = np.clip((to_corner * along.conj()).real / np.abs(along) ** 2, 0, 1)
    return float(np.abs(to_corner - share * along).max())


def _frame(sheet: Sheet, limits: list[float], rings: Geometries, counts: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    columns = {
        "from_minutes": [0.0, *limits[:-1]],
        "minutes": limits,
        "area_m2": shapely.area(rings),
        "islands_dropped": counts[:, 0],
        "holes_filled": counts[:, 1],
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(rings, crs=sheet.sampling.crs))


_UNFIT = Text(
    "{name} = {value} 无效：间距和点数应大于 0，容差和面积不能为负",
    "{name} = {value} is not usable: spacing and number of points must be above 0, tolerance and areas not below",
)
_BAD_LIMITS = Text(
    "分钟界限“{limits}”无效：请给一个或多个大于 0 的数，例如 5, 10, 15",
    "the limits '{limits}' are not usable: give one or more minutes above 0, such as 5, 10, 15",
)
_OTHER_COUNT = Text(
    "有 {minutes} 个时间，却有 {points} 个格点；每个格点应有一个时间",
    "there are {minutes} times for {points} places of the lattice; give one per place",
)
