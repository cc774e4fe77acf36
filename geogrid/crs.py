"""Coordinate reference systems: metres are measured only in a projected one that is picked from the data.

The CRS picked is a CGCS2000 3-degree Gauss-Krüger zone in China (EPSG 4534 to 4554, named by central meridian) and the UTM
zone elsewhere. Polygons are given points along their long edges before they are transformed: a straight edge becomes a curve in
another CRS, and two neighbours that draw the same border with different vertices would part by up to metres.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer

from geogrid.errors import CrsError
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

WGS84 = CRS.from_epsg(4326)
"""Longitude and latitude in degrees: what every reader returns."""

SEGMENT_M = 100.0
"""Longest edge of a polygon that is transformed: on 100 m a parallel leaves its chord by 0.1 mm at 30°, 0.3 mm at 55° north."""

MOST_PIECES = 500_000
"""An edge that would have more goes farther than around the earth; it stays as it is, and has no place in any CRS."""

METRES_PER_DEGREE = 111_320.0
"""Length of a degree of the equator, rounded up: the largest length of any degree but for 0.4 % at the poles."""

MAX_SCALE_ERROR = 0.01
"""A CRS is fit for metres where its scale is true to one part in a hundred; Web Mercator is not at any latitude above 8°."""

_LON = (-180.0, 180.0)
_CHINA_LON = (73.0, 136.0)
_CHINA_LAT = (3.0, 54.0)
_CGCS2000_ZONE_75E = 4534
_UTM_LAT = (-80.0, 84.0)


def projected_crs(frame: gpd.GeoDataFrame) -> CRS:
    """Pick the CRS in which to measure metres, from where the data is.

    The place is the median of the rows' positions, so that a few rows with absurd coordinates do not decide. Within 73 to 136
    degrees east and 3 to 54 degrees north it is the CGCS2000 3-degree Gauss-Krüger zone with the nearest central meridian
    (EPSG 4534 for 75 degrees east up to 4554 for 135), elsewhere the UTM zone (EPSG 326xx north, 327xx south).

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries, in any CRS.

    Returns
    -------
    pyproj.CRS
        In metres.

    Raises
    ------
    CrsError
        When the frame has no CRS, no row with a position, or lies nearer to a pole than UTM goes.

    Examples
    --------
    >>> from shapely import Point
    >>> projected_crs(gpd.GeoDataFrame(geometry=[Point(117.23, 28.29)], crs=4326)).to_epsg()
    4548
    >>> projected_crs(gpd.GeoDataFrame(geometry=[Point(8.69, 49.41)], crs=4326)).to_epsg()
    32632
    """
    lon, lat = median_lonlat(frame)
    if _CHINA_LON[0] <= lon <= _CHINA_LON[1] and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]:
        zone = min(max(math.floor((lon + 1.5) / 3), 25), 45)
        return CRS.from_epsg(_CGCS2000_ZONE_75E + zone - 25)
    if not (_LON[0] <= lon <= _LON[1] and _UTM_LAT[0] <= lat <= _UTM_LAT[1]):
        raise CrsError(
            Text(
                f"数据位于经度 {lon:.4f}、纬度 {lat:.4f}，没有适用的投影坐标系（纬度应在 -80 到 84 度之间）；"
                "请检查经纬度是否写反、坐标系声明是否正确。",
                f"the data lies at longitude {lon:.4f}, latitude {lat:.4f}, where no projected CRS fits "
                "(latitude must be -80 to 84); check whether the columns are swapped and whether the declared CRS is right.",
            )
        )
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)


def project(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Transform a table to a CRS so that a border stays the same line for both neighbours.

    Polygons of another CRS first get points on every edge longer than 100 m (equally spaced, computed in the same order whichever
    way the ring runs, so that equal edges stay equal to the last bit); heights of polygons are dropped.

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries, in any CRS.
    crs : pyproj.CRS
        Where to; usually :func:`projected_crs`.

    Returns
    -------
    GeoDataFrame
        A new frame with the same rows, index and columns.

    Raises
    ------
    CrsError
        When the frame has no CRS, or a row has no position in the new one.

    Examples
    --------
    >>> from shapely import box
    >>> town = gpd.GeoDataFrame(geometry=[box(117.2, 28.28, 117.25, 28.32)], crs=4326)
    >>> round(float(project(town, projected_crs(town)).area.sum()) / 1e6, 2)
    21.74
    """
    source = require_crs(frame)
    if source.equals(crs):
        return frame.copy()
    _require_finite(frame)
    dense = frame.set_geometry(gpd.GeoSeries(densify(frame.geometry.to_numpy(), _segment(source)), index=frame.index, crs=source))
    moved = dense.to_crs(crs)
    _require_finite(moved)
    return moved


def to_wgs84(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Transform a table to longitude and latitude (EPSG:4326).

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries, in any CRS.

    Returns
    -------
    GeoDataFrame
        A new frame with the same rows, index and columns.

    Raises
    ------
    CrsError
        When the frame has no CRS, or a row has no longitude and latitude.

    Examples
    --------
    >>> from shapely import Point
    >>> there = gpd.GeoDataFrame(geometry=[Point(500_000, 3_100_000)], crs=4548)
    >>> round(to_wgs84(there).geometry[0].x, 6)
    117.0
    """
    return project(frame, WGS84)


def require_crs(frame: gpd.GeoDataFrame) -> CRS:
    """Return the frame's CRS, or say that it has none.

    Raises
    ------
    CrsError
        When the frame has no CRS.
    """
    crs = frame.crs
    if crs is None:
        raise CrsError(
            Text(
                "这张表没有声明坐标系；请在文件中声明（例如 .prj 文件），或指定坐标系，"
                "例如 EPSG:4326（经纬度）、EPSG:4548（CGCS2000 三度带，中央经线 117°）。",
                "this table declares no CRS; declare it in the file (a .prj, for example) or name it, such as EPSG:4326 "
                "for longitude and latitude or EPSG:4548 for CGCS2000 with central meridian 117 degrees.",
            )
        )
    return CRS.from_user_input(crs)


def require_projected(frame: gpd.GeoDataFrame) -> CRS:
    """Return the frame's CRS if lengths in it are metres on the ground.

    Refused are degrees, feet, and a projection whose scale at the data is off by more than 1 %, such as Web Mercator.

    Raises
    ------
    CrsError
        When the frame has no CRS, or one that is not fit for measuring metres.

    Examples
    --------
    >>> from shapely import Point
    >>> require_projected(gpd.GeoDataFrame(geometry=[Point(117.2, 28.3)], crs=4326))
    Traceback (most recent call last):
    ...
    geogrid.errors.CrsError: WGS 84 (EPSG:4326) is not in metres; ...
    """
    crs = require_crs(frame)
    unit_m = crs.axis_info[0].unit_conversion_factor if crs.is_projected and crs.axis_info else math.nan
    if unit_m != 1.0:
        raise CrsError(_unfit(crs, Text("的单位不是米", "is not in metres")))
    scale_error = _scale_error(frame, crs)
    if scale_error > MAX_SCALE_ERROR:
        raise CrsError(
            _unfit(
                crs,
                Text(
                    f"在数据所在位置长度偏差达 {scale_error:.0%}（允许 {MAX_SCALE_ERROR:.0%}）",
                    f"is off by {scale_error:.0%} in length where the data lies (at most {MAX_SCALE_ERROR:.0%} is allowed)",
                ),
            )
        )
    return crs


def require_same_crs(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> CRS:
    """Return the CRS that two frames share.

    Raises
    ------
    CrsError
        When one of them has none, or they differ.
    """
    one, other = require_crs(first), require_crs(second)
    if not one.equals(other):
        raise CrsError(
            Text(
                f"两张表的坐标系不同：{label(one)} 与 {label(other)}；请先用 geogrid.crs.project 转到同一坐标系。",
                f"the two tables are in different CRS: {label(one)} and {label(other)}; "
                "bring both to one with geogrid.crs.project first.",
            )
        )
    return one


def median_lonlat(frame: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return the median longitude and latitude of the rows, in degrees.

    Raises
    ------
    CrsError
        When the frame has no CRS or no row with a position.
    """
    crs = require_crs(frame)
    x, y = _median_position(frame)
    if not math.isfinite(x + y):
        raise CrsError(
            Text(
                "这张表没有任何带坐标的行，无法选择投影坐标系；请检查文件内容。",
                "this table has no row with a position, so no projected CRS can be picked; check the file.",
            )
        )
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    return float(lon), float(lat)


def densify(geometries: npt.NDArray[np.object_], longest: float) -> npt.NDArray[np.object_]:
    """Put equally spaced points on every polygon edge that is longer than ``longest`` (units of the coordinates).

    An edge gets the same points, to the last bit, whichever way it is drawn. What is not a polygon is returned as it is.

    Examples
    --------
    >>> square = shapely.box(0, 0, 2, 2)
    >>> densify(np.array([square], dtype=object), 1.0)[0].exterior.coords[:3]
    [(2.0, 0.0), (2.0, 1.0), (2.0, 2.0)]
    """
    result = np.array(geometries, dtype=object)
    kinds = shapely.get_type_id(result)
    full = ~shapely.is_empty(result)
    for kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        mine = np.flatnonzero((kinds == kind) & full)
        if len(mine):
            result[mine] = _densified(result[mine], longest)
    return result


def label(crs: CRS) -> str:
    """Name a CRS for a message: its own name, and its code where it has one.

    Examples
    --------
    >>> label(CRS.from_epsg(4326))
    'WGS 84 (EPSG:4326)'
    """
    code = crs.to_authority()
    return f"{crs.name} ({':'.join(code)})" if code else str(crs.name)


def _densified(polygons: npt.NDArray[np.object_], longest: float) -> Any:
    """Densify geometries of one kind by way of their flat coordinate arrays."""
    kind, coordinates, offsets = shapely.to_ragged_array(polygons, include_z=False)
    rings = offsets[0]
    start, end = coordinates[:-1], coordinates[1:]
    wanted = np.ceil(np.hypot(*(end - start).T) / longest)
    pieces = np.where((wanted >= 1) & (wanted <= MOST_PIECES), wanted, 1).astype(np.int64)
    pieces[rings[1:-1] - 1] = 1  # from the end of one ring to the start of the next
    reverse = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(reverse[:, None], end, start), np.where(reverse[:, None], start, end)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    first = np.concatenate([[0], np.cumsum(pieces)])
    step = np.arange(first[-1]) - first[edge]
    share = np.where(reverse[edge], pieces[edge] - step, step) / pieces[edge]
    points = low[edge] + share[:, None] * (high[edge] - low[edge])
    at_vertex = step == 0
    points[at_vertex] = start[edge[at_vertex]]
    dense = np.concatenate([points, coordinates[-1:]])
    ring_ends = np.append(first, first[-1] + 1)[rings]
    return shapely.from_ragged_array(kind, dense, (ring_ends, *offsets[1:]))


def _segment(crs: CRS) -> float:
    """Return the longest edge in units of the CRS."""
    if crs.is_geographic:
        return SEGMENT_M / METRES_PER_DEGREE
    return SEGMENT_M / float(crs.axis_info[0].unit_conversion_factor)


def _require_finite(frame: gpd.GeoDataFrame) -> None:
    coordinates, row = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    bad = row[~np.isfinite(coordinates).all(axis=1)]
    if len(bad):
        rows = np.unique(bad)
        raise CrsError(
            Text(
                f"{len(rows)} 行的坐标无法换算到 {label(frame.crs)}（第一行的行号 {frame.index[rows[0]]}）；"
                "请检查声明的坐标系与坐标是否相符。",
                f"{len(rows)} rows have coordinates that do not exist in {label(frame.crs)} "
                f"(the first is row {frame.index[rows[0]]}); check that the declared CRS fits the coordinates.",
            )
        )


def _median_position(frame: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return the median of the middles of the rows' bounding boxes; NaN when no row has a position."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return math.nan, math.nan
    x, y = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    return float(x), float(y)


def _scale_error(frame: gpd.GeoDataFrame, crs: CRS) -> float:
    """Return how far the scale is from true at the data, as a fraction; 0 where it cannot be told."""
    x, y = _median_position(frame)
    if not math.isfinite(x + y):
        return 0.0
    projection = Proj(crs)
    factors = projection.get_factors(*projection(x, y, inverse=True))
    errors = [abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1)]
    return float(max(errors)) if np.isfinite(errors).all() else 0.0


def _unfit(crs: CRS, why: Text) -> Text:
    name = label(crs)
    return Text(
        f"{name} {why.zh}；请先用 geogrid.crs.project 转到投影坐标系（geogrid.crs.projected_crs 会按数据选择），再量距离和面积。",
        f"{name} {why.en}; bring it to a projected CRS with geogrid.crs.project first "
        "(geogrid.crs.projected_crs picks one from the data).",
    )
