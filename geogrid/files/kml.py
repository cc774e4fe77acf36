"""KML placemarks: names, ExtendedData and geometries, read by a guarded XML parser that follows no link and no entity."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geogrid.errors import InputError
from geogrid.files.archive import guarded_parser
from geogrid.files.raw import GEOMETRY, RawTable, column_names, empty_file, rejection, unreadable
from geogrid.files.wkb import flat
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_DEPTH = 64
PROLOG_BYTES = 200
CHINESE = re.compile(rb"""<\?xml[^>]{1,99}encoding=["'](gb|cp936)""", re.IGNORECASE)
SINGLE = ("Point", "LineString", "LinearRing", "Polygon")
COLLECTING = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
MALFORMED_GEOMETRY = (
    "malformed_geometry",
    Text("应为“经度,纬度[,高程]”，以空格分隔", "coordinates as lon,lat[,height], separated by blanks"),
    Text("请在 GIS 软件中修正该地标后重新导出", "mend this placemark in a GIS and export it again"),
)


@dataclass
class _Node:
    """One XML element inside a placemark."""

    tag: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)

    def find(self, *tags: str) -> Iterator[_Node]:
        """Yield the children with one of these tags."""
        return (child for child in self.children if child.tag in tags)

    def said(self, tag: str) -> str | None:
        """Return the text of the first child with this tag, or None."""
        return next((child.content() for child in self.find(tag)), None)

    def content(self) -> str:
        """Return the element's own text."""
        return "".join(self.text).strip()


class _Placemarks:
    """Collects placemarks as small trees while the file is parsed; everything else is passed over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[_Node] = []
        self.root: str | None = None
        self.stack: list[_Node] = []
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InputError(
                Text(
                    f"{self.name} 的标签嵌套过深，不予读取。",
                    f"{self.name} is nested too deeply and is refused; export it again.",
                ),
            )
        local = tag.rpartition(" ")[2]
        self.root = self.root or local
        if self.stack or local == "Placemark":
            node = _Node(local, attributes)
            if self.stack:
                self.stack[-1].children.append(node)
            self.stack.append(node)

    def end(self, _tag: str) -> None:
        self.depth -= 1
        if self.stack:
            node = self.stack.pop()
            if not self.stack:
                self.found.append(node)

    def data(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text.append(text)


def read_kml(path: Path, *, name: str) -> RawTable:
    """Return the placemarks of a KML file, numbered from 1: ``name``, ``description``, ExtendedData, geometry.

    Raises
    ------
    InputError
        Not KML, a DOCTYPE, nested too deeply, or without a placemark.
    """
    placemarks = _parse(path, name)
    rows = {line: _properties(mark) for line, mark in enumerate(placemarks, start=1)}
    shapes: dict[int, Any] = {}
    rejected = []
    for line, mark in enumerate(placemarks, start=1):
        try:
            shapes[line] = _geometry(mark)
        except (ValueError, shapely.errors.GEOSException) as error:
            rejected.append(rejection(line, error, MALFORMED_GEOMETRY, rows[line]))
    if not shapes and not rejected:
        raise empty_file(name)
    return RawTable(_frame(rows, shapes), "kml", crs=CRS.from_epsg(4326), encoding="utf-8", rejected=tuple(rejected))


def _parse(path: Path, name: str) -> list[_Node]:
    target = _Placemarks(name)
    parser = guarded_parser(name=name, separator=" ")
    parser.StartElementHandler = target.start
    parser.EndElementHandler = target.end
    parser.CharacterDataHandler = target.data
    parser.buffer_text = True
    try:
        with path.open("rb") as stream:
            declared = CHINESE.search(stream.read(PROLOG_BYTES))
            stream.seek(0)
            if declared:
                # Expat knows no encoding of several bytes; text overrides what the file declares.
                parser.Parse(stream.read().decode("gb18030", "replace"), True)  # noqa: FBT003 - the last piece
            else:
                parser.ParseFile(stream)
    except InputError:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise unreadable(name, "KML") from error
    if target.root != "kml":
        raise unreadable(name, "KML")
    return target.found


def _properties(mark: _Node) -> dict[str, str | None]:
    """Return name, description and extended data; blank values are None, and extended data wins over the placemark's own."""
    values = {tag: mark.said(tag) for tag in ("name", "description")}
    for extended in mark.find("ExtendedData"):
        values |= {one.attributes.get("name", "?"): one.said("value") for one in extended.find("Data")}
        for schema in extended.find("SchemaData"):
            values |= {one.attributes.get("name", "?"): one.content() for one in schema.find("SimpleData")}
    return {key: value or None for key, value in values.items()}


def _geometry(node: _Node) -> Any:
    shapes = [_shape(child) for child in node.find(*SINGLE)] + [_geometry(child) for child in node.find("MultiGeometry")]
    shapes = [shape for shape in shapes if shape is not None]
    if len(shapes) <= 1:
        return shapes[0] if shapes else None
    parts = [part for shape in shapes for part in getattr(shape, "geoms", [shape])]
    kinds = {part.geom_type for part in parts}
    collect = COLLECTING.get(kinds.pop()) if len(kinds) == 1 else None
    return collect(parts) if collect else shapely.GeometryCollection(parts)


def _shape(node: _Node) -> Any:
    if node.tag == "Polygon":
        outer = [_ring(one) for one in node.find("outerBoundaryIs")]
        inner = [_ring(one) for one in node.find("innerBoundaryIs")]
        return shapely.Polygon(outer[0], [ring for ring in inner if len(ring)]) if outer else shapely.Polygon()
    vertices = _vertices(node)
    if node.tag == "Point":
        return shapely.Point(vertices[0]) if len(vertices) else shapely.Point()
    return shapely.LineString(vertices)


def _ring(boundary: _Node) -> Any:
    ring = next(boundary.find("LinearRing"), None)
    return _vertices(ring) if ring is not None else []


def _vertices(node: _Node) -> Any:
    """Return the x and y of a coordinates element; heights are dropped."""
    tuples = [text.split(",")[:2] for text in (node.said("coordinates") or "").split()]
    return np.array([[float(x), float(y)] for x, y in tuples], dtype=float).reshape(-1, 2)


def _frame(rows: dict[int, dict[str, str | None]], shapes: dict[int, Any]) -> pd.DataFrame:
    """Columns in order of appearance; name and description only where some placemark has them."""
    keys = [
        key for key in dict.fromkeys(key for row in rows.values() for key in row) if any(row.get(key) for row in rows.values())
    ]
    index = pd.Index(shapes, dtype="int64", name="source_line")
    columns = {
        column: pd.Series([rows[line].get(key) for line in shapes], index=index, dtype=object)
        for key, column in zip(keys, column_names(keys, rows=len(shapes)), strict=True)
    }
    geometries = np.empty(len(shapes), dtype=object)
    geometries[:] = list(shapes.values())
    return pd.DataFrame({**columns, GEOMETRY: pd.Series(flat(geometries), index=index, dtype=object)}, index=index)
