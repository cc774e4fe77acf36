"""GeoJSON, feature by feature: one bad feature never loses the file. No GDAL: a ``.geojson`` is JSON or it is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geogrid.errors import CrsError, InputError
from geogrid.files.encoding import decode
from geogrid.files.raw import GEOMETRY, RawTable, column_names, declared_crs, empty_file, rejection, show, unreadable
from geogrid.files.wkb import flat
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

MAX_DIGITS = 18
MAX_DEPTH = 4
BUILDERS = {
    "Point": lambda position: shapely.Point(position) if position else shapely.Point(),
    "LineString": lambda line: shapely.LineString(_line(line)),
    "Polygon": lambda rings: shapely.Polygon(*_polygon(rings)),
    "MultiPoint": shapely.MultiPoint,
    "MultiLineString": lambda lines: shapely.MultiLineString([_line(line) for line in lines]),
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_polygon(part) for part in parts if part]),
}
DEPTHS = {"Point": 1, "LineString": 2, "Polygon": 3, "MultiPoint": 2, "MultiLineString": 3, "MultiPolygon": 4}
"""How many lists deep the coordinates of each type are."""

MALFORMED = (
    "malformed_feature",
    Text(
        "应为 GeoJSON 要素（Feature），含 properties 和 geometry，键不重复",
        "a GeoJSON Feature with properties and geometry and no repeated key",
    ),
    Text("请改正该要素或重新导出", "mend this feature or export it again"),
)
MALFORMED_GEOMETRY = (
    "malformed_geometry",
    Text(
        "应为类型与坐标层次相符的 GeoJSON 几何，坐标为有限的数字",
        "a GeoJSON geometry whose coordinates are finite numbers, nested as its type says",
    ),
    Text("请在 GIS 软件中修正该图形后重新导出", "mend this shape in a GIS and export it again"),
)


class _Repeated(dict[str, Any]):
    """An object whose keys repeat: nobody can know which value is meant."""


def read_geojson(path: Path, *, name: str) -> RawTable:
    """Return the features of a GeoJSON file (FeatureCollection, one Feature, or a bare geometry), numbered from 1.

    Raises
    ------
    InputError
        Not JSON, not GeoJSON, nested too deeply, or without a feature.
    CrsError
        A ``crs`` member that is not understood.
    """
    try:
        return _table(*_document(path, name), name)
    except RecursionError as error:
        raise InputError(
            Text(f"{name} 的括号嵌套过深，不予读取。", f"{name} is nested too deeply and is refused; export it again."),
        ) from error


def _document(path: Path, name: str) -> tuple[Any, str]:
    """Return what a file says, and its encoding; the text itself, which may be large, is not kept."""
    decoded = decode(path.read_bytes(), name=name)
    return _parse(decoded.text, name), decoded.encoding


def _table(document: Any, encoding: str, name: str) -> RawTable:
    """Keep the features that can be taken apart, reject the others."""
    features = _features(document, name)
    crs = _crs(document, name)
    rejected: list[dict[str, object]] = []
    kept: list[tuple[int, dict[str, Any], Any]] = []
    for line, feature in enumerate(features, start=1):
        problem = _problem(feature)
        if problem is None:
            kept.append((line, feature.get("properties") or {}, feature.get("geometry")))
        else:
            rejected.append(rejection(line, problem, MALFORMED, {"feature": show(json.dumps(feature, default=str))}))
    frame, broken = _frame(kept)
    rejected += broken
    if frame.empty and not rejected:
        raise empty_file(name)
    return RawTable(frame, "geojson", crs=crs, encoding=encoding, rejected=tuple(rejected))


def _parse(text: str, name: str) -> Any:
    """Parse JSON; whole numbers of absurd length stay text, NaN and Infinity stay floats for their row to answer for."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    except ValueError as error:
        raise unreadable(name, "GeoJSON") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else _Repeated(plain)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def _features(document: Any, name: str) -> list[Any]:
    kind = document.get("type") if isinstance(document, dict) and not isinstance(document, _Repeated) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return list(document["features"])
    if kind == "Feature":
        return [document]
    if kind in {*DEPTHS, "GeometryCollection"}:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise InputError(
        Text(
            f"{name} 不是 GeoJSON：最外层应是 type 为 FeatureCollection 的对象（键不重复）。",
            f"{name} is not GeoJSON: its outermost value must be an object of type FeatureCollection, without repeated keys.",
        )
    )


def _crs(document: Mapping[str, Any], name: str) -> CRS:
    """Return the CRS of the old ``crs`` member, or WGS 84, which is what GeoJSON means without one."""
    member = document.get("crs")
    if member is None:
        return CRS.from_epsg(4326)
    properties = member.get("properties") if isinstance(member, dict) and member.get("type") == "name" else None
    label = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(label, str):
        raise CrsError(
            Text(
                f"{name} 的 crs 成员无法识别；应写成 EPSG 名称，如 urn:ogc:def:crs:EPSG::4490。",
                f"the crs member of {name} is not understood; it must name an EPSG code, such as urn:ogc:def:crs:EPSG::4490.",
            )
        )
    return declared_crs(label, name=name)


def _problem(feature: Any) -> str | None:
    if not isinstance(feature, dict):
        return type(feature).__name__
    if isinstance(feature, _Repeated) or isinstance(feature.get("properties"), _Repeated):
        return "repeated key"
    if feature.get("type") != "Feature":
        return f"type {feature.get('type')!r}"
    return None if isinstance(feature.get("properties"), dict | None) else "properties"


def _frame(kept: Sequence[tuple[int, dict[str, Any], Any]]) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    geometries, broken = build_geometries([geometry for _, _, geometry in kept])
    keys = list(dict.fromkeys(key for _, properties, _ in kept for key in properties))
    index = pd.Index([line for line, _, _ in kept], dtype="int64", name="source_line")
    columns: dict[str, Any] = {
        column: pd.Series([_cell(properties.get(key)) for _, properties, _ in kept], index=index, dtype=object)
        for key, column in zip(keys, column_names(keys, rows=len(kept)), strict=True)
    }
    columns[GEOMETRY] = pd.Series(geometries, index=index, dtype=object)
    frame = pd.DataFrame(columns, index=index)
    rejected = [
        rejection(line, json.dumps(geometry, default=str)[:200], MALFORMED_GEOMETRY, properties)
        for (line, properties, geometry), bad in zip(kept, broken.tolist(), strict=True)
        if bad
    ]
    return frame[~broken], rejected


def _cell(value: Any) -> Any:
    """Return a property as a cell: lists of plain values as one text with ``;`` between, other nested values as JSON."""
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ";".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def build_geometries(members: Sequence[Any]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Return a geometry for each GeoJSON geometry member (None stays None), and which could not be built.

    Examples
    --------
    >>> built, broken = build_geometries([{"type": "Point", "coordinates": [1, 2]}, None, {"type": "Point"}])
    >>> built[0], built[1], broken.tolist()
    (<POINT (1 2)>, None, [False, False, True])
    """
    built = np.empty(len(members), dtype=object)
    broken = np.zeros(len(members), dtype=bool)
    points = [place for place, member in enumerate(members) if _plain_point(member)]
    if points:
        built[points] = shapely.points(np.array([members[place]["coordinates"] for place in points], dtype=float))
    for place, member in enumerate(members):
        if member is not None and built[place] is None:
            built[place] = _build(member, MAX_DEPTH)
            broken[place] = built[place] is None
    return flat(built), broken


def _plain_point(member: Any) -> bool:
    """Return whether this is a point with two numbers, which most features are: these are built in one go."""
    if type(member) is not dict or member.get("type") != "Point":
        return False
    pair = member.get("coordinates")
    return type(pair) is list and len(pair) == 2 and all(type(one) is float or type(one) is int for one in pair)  # noqa: PLR2004


def _build(member: Any, depth: int) -> Any:
    """Return a shapely geometry, or None when type and coordinates do not belong together."""
    if not isinstance(member, dict) or isinstance(member, _Repeated) or depth == 0:
        return None
    if member.get("type") == "GeometryCollection":
        parts = member.get("geometries")
        built = [_build(part, depth - 1) for part in parts] if isinstance(parts, list) else [None]
        return None if any(part is None for part in built) else shapely.GeometryCollection(built)
    kind, coordinates = member.get("type"), member.get("coordinates")
    if not isinstance(kind, str) or kind not in BUILDERS or not _nested(coordinates, DEPTHS[kind]):
        return None
    try:
        with np.errstate(invalid="ignore"):  # NaN is a row's problem, told later
            return BUILDERS[kind](coordinates)
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None


def _line(positions: list[list[float]]) -> npt.NDArray[np.float64]:
    """Return the positions of a line in one block: as lists shapely would copy each number, which takes five times the memory."""
    return np.array(positions, dtype=float)


def _polygon(rings: list[Any]) -> tuple[npt.NDArray[np.float64] | None, list[npt.NDArray[np.float64]] | None]:
    """Return the shell and the holes of a polygon; None where there are none."""
    shell, *holes = map(_line, rings) if rings else (None,)
    return shell, holes


def _nested(coordinates: Any, depth: int) -> bool:
    """Return whether coordinates are lists of numbers, nested exactly this deep (empty lists allowed)."""
    level = [coordinates]
    for _ in range(depth):
        if not all(isinstance(one, list) for one in level):
            return False
        level = [inner for one in level for inner in one]
    return all(type(one) is float or type(one) is int for one in level)
