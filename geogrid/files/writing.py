"""Writing a table in any accepted format: whole or not at all, and text that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
import json
import math
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geogrid.datum import convert_datum
from geogrid.errors import InputError
from geogrid.files.csvtable import FORMULA_STARTS
from geogrid.files.raw import show, shown_name
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import openpyxl
    import pyogrio
    from openpyxl.cell import cell as sheet_cell
else:
    openpyxl, pyogrio, sheet_cell = Late("openpyxl"), Late("pyogrio"), Late("openpyxl.cell.cell")

LISTS = (tuple, list, set, frozenset, np.ndarray)
SHAPEFILE_NAME_BYTES = 10
LARGEST_INT = 1 << 63


def safe_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows as it is: text that looks like a formula gets an apostrophe, numbers stay numbers.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("＠a"), safe_cell(-3), safe_cell("网格")
    ("'=1+1", "'＠a", -3, '网格')
    """
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def write_table(frame: gpd.GeoDataFrame, path: str | os.PathLike[str], *, datum: str = "wgs84", crs: Any = None) -> Path:
    """Write a table; the extension says in which format.

    Parameters
    ----------
    frame : any geometries, CRS known
    path : ``.geojson .gpkg .shp .zip`` (Shapefile) ``.kml .fgb .parquet .csv .xlsx``; CSV and XLSX take points only
    datum : convert from WGS 84 to "gcj02" or "bd09"
    crs : CRS to write in; None keeps the frame's

    Returns
    -------
    Path
        The file written. It appears whole or not at all: a temporary file is flushed to disk and renamed.

    Raises
    ------
    InputError
        An extension that is not written, or geometries that the format cannot hold.
    CrsError
        A frame without CRS.
    """
    target = Path(path)
    writer = WRITERS.get(target.suffix.casefold())
    if writer is None:
        accepted = " ".join(WRITERS)
        raise InputError(
            Text(
                f"不能写成扩展名“{show(target.suffix)}”；可用：{accepted}。",
                f"a table is not written as {show(target.suffix)!r}; accepted: {accepted}.",
            )
        )
    if not target.parent.is_dir():
        raise InputError(Text("要写入的文件夹不存在；请先建立它。", "the folder to write to does not exist; make it first."))
    table = convert_datum(frame, "wgs84", datum) if datum != "wgs84" else frame
    table = table.to_crs(crs) if crs is not None else table
    with tempfile.TemporaryDirectory(prefix=".geogrid-", dir=target.parent) as folder:
        draft = Path(folder, target.name)
        writer(table.reset_index(drop=True), draft, shown_name(target))
        _publish(Path(folder), target)
    return target


def _publish(folder: Path, target: Path) -> None:
    """Flush every part to disk and move it into place, the named file last."""
    parts = sorted(folder.iterdir(), key=lambda part: part.name == target.name)
    for part in parts:
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(target.parent / part.name)


def _plain(value: Any) -> Any:
    """Return a cell as text, number or None: lists joined with ``;``, times as ISO text."""
    if isinstance(value, LISTS):
        return ";".join(str(one) for one in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return _plain(value.item())
    return value if isinstance(value, str | int | float) else str(value)


def _columns(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    names = [column for column in frame.columns if column != frame.geometry.name]
    return {str(column): [_plain(cell) for cell in frame[column].astype(object)] for column in names}


def _records(frame: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    columns = _columns(frame)
    return (
        (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
        if columns
        else ({} for _ in range(len(frame)))
    )


def _write_geojson(frame: gpd.GeoDataFrame, path: Path, _name: str) -> None:
    """One feature a line; a ``crs`` member only where it is not WGS 84, which GeoJSON means without one."""
    code = frame.crs.to_epsg() if frame.crs is not None else None
    member = {} if code in {None, 4326} else {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{code}"}}}
    head = json.dumps({"type": "FeatureCollection", **member})[:-1]
    features = (
        json.dumps({"type": "Feature", "properties": row, "geometry": _mapping(shape)}, ensure_ascii=False, allow_nan=False)
        for row, shape in zip(_records(frame), frame.geometry, strict=True)
    )
    text = f'{head}, "features": [\n' + ",\n".join(features) + "\n]}\n"
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def _mapping(shape: Any) -> dict[str, Any] | None:
    return None if shape is None else dict(shapely.geometry.mapping(shapely.force_2d(shape)))


def _write_parquet(frame: gpd.GeoDataFrame, path: Path, _name: str) -> None:
    _typed(frame).to_parquet(path)


def _typed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with cells that every driver takes: one type a column, mixed ones as text."""
    columns = {name: _one_type(pd.Series(cells, dtype=object)) for name, cells in _columns(frame).items()}
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _one_type(cells: pd.Series) -> pd.Series:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return cells.astype("boolean")
    is_small = all(abs(cell) < LARGEST_INT for cell in cells if type(cell) is int)
    if kinds == {int} and is_small:
        return cells.astype("Int64")
    if kinds and kinds <= {int, float} and is_small:
        return cells.astype("float64")
    return cells.map(lambda cell: None if cell is None else str(cell)).astype(object)


def _driver(driver: str, **options: Any) -> Callable[[gpd.GeoDataFrame, Path, str], None]:
    def write(frame: gpd.GeoDataFrame, path: Path, _name: str) -> None:
        pyogrio.write_dataframe(_typed(frame), path, driver=driver, **options)

    return write


def _write_shapefile(frame: gpd.GeoDataFrame, path: Path, _name: str) -> None:
    table = _typed(frame)
    names = _short_names([str(column) for column in table.columns if column != table.geometry.name])
    pyogrio.write_dataframe(table.rename(columns=names), path, driver="ESRI Shapefile", encoding="UTF-8")


def _short_names(names: list[str]) -> dict[str, str]:
    """Return distinct names of at most 10 bytes, which is all that the format holds."""
    short: dict[str, str] = {}
    for name in names:
        free, number = _cut(name, SHAPEFILE_NAME_BYTES), 1
        while free in short.values():
            number += 1
            free = _cut(name, SHAPEFILE_NAME_BYTES - 1 - len(str(number))) + f"_{number}"
        short[name] = free
    return short


def _cut(name: str, size: int) -> str:
    return name.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def _write_zip(frame: gpd.GeoDataFrame, path: Path, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix=".geogrid-", dir=path.parent.parent) as folder:
        _write_shapefile(frame, Path(folder, f"{path.stem}.shp"), name)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)


def _table_rows(frame: gpd.GeoDataFrame, name: str) -> Iterator[list[Any]]:
    """Yield a header and the rows of a table of points, positions as the last two columns."""
    if not set(frame.geom_type.dropna()) <= {"Point"}:
        raise InputError(
            Text(
                f"{name}：CSV 和 XLSX 只能写点；线和面请写成 .geojson 或 .gpkg。",
                f"{name}: CSV and XLSX hold points only; write lines and polygons as .geojson or .gpkg.",
            )
        )
    axes = ("x", "y") if frame.crs is not None and CRS(frame.crs).is_projected else ("lon", "lat")
    columns = _columns(frame)
    yield [safe_cell(column) for column in columns] + list(axes)
    positions = ([None, None] if shape is None or shape.is_empty else [shape.x, shape.y] for shape in frame.geometry)
    for row, position in zip(_records(frame), positions, strict=True):
        yield [safe_cell(cell) for cell in row.values()] + position


def _write_csv(frame: gpd.GeoDataFrame, path: Path, name: str) -> None:
    """UTF-8 with BOM, which is what spreadsheet programs need to show Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as stream:
        csv.writer(stream).writerows(_table_rows(frame, name))


def _write_xlsx(frame: gpd.GeoDataFrame, path: Path, name: str) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")
    for row in _table_rows(frame, name):
        sheet.append([sheet_cell.ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row])
    book.save(path)


def _write_kml(frame: gpd.GeoDataFrame, path: Path, name: str) -> None:
    if frame.crs is None or not CRS(frame.crs).is_geographic:
        raise InputError(
            Text(
                f"{name}：KML 只能写经纬度；请不要指定投影坐标系。",
                f"{name}: KML holds longitude and latitude only; give no projected CRS.",
            )
        )
    marks = (_placemark(row, shape) for row, shape in zip(_records(frame), frame.geometry, strict=True))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    folder = f"<Folder><name>{_xml(Path(name).stem)}</name>"  # what programs show as a layer, also one without a row
    text = head + folder + "\n" + "\n".join(marks) + "\n</Folder></Document></kml>\n"
    path.write_bytes(text.encode("utf-8", "replace"))


def _placemark(row: Mapping[str, Any], shape: Any) -> str:
    """Return a row as a placemark, called by its name, or where it has none by its first cell, which is its id."""
    title = row["name"] if row.get("name") is not None else next(iter(row.values()), None)
    named = f"<name>{_xml(title)}</name>" if title is not None else ""
    cells = "".join(
        f"<Data name={quoteattr(_clean(key))}><value>{_xml(cell)}</value></Data>"
        for key, cell in row.items()
        if key != "name" and cell is not None
    )
    return f"<Placemark>{named}<ExtendedData>{cells}</ExtendedData>{_kml_shape(shape)}</Placemark>"


def _clean(value: Any) -> str:
    return str(sheet_cell.ILLEGAL_CHARACTERS_RE.sub("", str(value)))


def _xml(value: Any) -> str:
    return escape(_clean(value))


def _kml_shape(shape: Any) -> str:
    if shape is None or shape.is_empty:
        return ""
    if hasattr(shape, "geoms"):
        return f"<MultiGeometry>{''.join(map(_kml_shape, shape.geoms))}</MultiGeometry>"
    if shape.geom_type == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_kml_line('LinearRing', ring)}</innerBoundaryIs>" for ring in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_kml_line('LinearRing', shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return _kml_line(shape.geom_type, shape)


def _kml_line(tag: str, line: Any) -> str:
    vertices = " ".join(f"{x!r},{y!r}" for x, y in shapely.get_coordinates(line).tolist())
    return f"<{tag}><coordinates>{vertices}</coordinates></{tag}>"


# A spatial index in a FlatGeobuf file would put the rows in another order.
WRITERS: Mapping[str, Callable[[gpd.GeoDataFrame, Path, str], None]] = {
    ".geojson": _write_geojson,
    ".gpkg": _driver("GPKG"),
    ".shp": _write_shapefile,
    ".zip": _write_zip,
    ".kml": _write_kml,
    ".fgb": _driver("FlatGeobuf", SPATIAL_INDEX="NO"),
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}
"""How each extension is written: a new format is a row here."""
