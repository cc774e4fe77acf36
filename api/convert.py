"""One file into another: format, datum, coordinate reference system."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geogrid import io
from geogrid.crs import to_wgs84
from geogrid.datum import convert_datum
from geogrid.errors import CrsError, InputError
from geogrid.files.formats import read_raw
from geogrid.replacing import PRIVATE_FILE, replacing
from geogrid.rows.headers import match_headers
from geogrid.schema import table_spec
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geogrid.results import ReadResult

WGS84 = "EPSG:4326"
LONGEST_DBF_NAME = 10
"""Bytes that a Shapefile keeps of a column's name."""
READERS: dict[str, Callable[..., ReadResult]] = {
    "grids": io.read_grids,
    "areas": io.read_areas,
    "units": io.read_units,
    "households": io.read_households,
    "facilities": io.read_facilities,
    "roads": io.read_roads,
    "points": io.read_points,
    "buildings": io.read_buildings,
    "barriers": io.read_barriers,
    "candidates": io.read_candidates,
    "closures": io.read_closures,
}
"""Tables that a file can be read as."""


def convert(
    source: Path, target: Path, *, datums: tuple[str, str], crs: str | None = None, table: str | None = None
) -> list[Text]:
    """Read a file and write it as another.

    Parameters
    ----------
    source, target : Path
        The extension of the target decides its format.
    datums : (str, str)
        Datum of the source, and the one wanted: wgs84, gcj02 or bd09.
    crs : str, optional
        CRS to write in; longitude and latitude unless given.
    table : str, optional
        Read as one of the tables, with its columns checked and renamed; otherwise every row and column is kept as it is.

    Returns
    -------
    list of Text
        What was done, and what was left out.
    """
    ready(target, source)
    wanted = None if crs is None else known_crs(crs)
    if table is None:
        frame, told = as_it_is(source, datums[0])
    else:
        read = reader(table)(source, datum=datums[0])
        frame, told = read.table.drop(columns="source_line"), rejected_beside(read, target)
    io.write_table(frame, target, datum=datums[1], crs=wanted)
    if table == "households":
        target.chmod(0o600)
    done = Text("已写入 {file}：{n} 行。", "{file}: {n} rows written.").fill(file=target, n=len(frame))
    return [done, *told, *_shortened(frame, target)]


def ready(target: Path, *sources: Path) -> None:
    """Refuse a target that cannot be written, or that is being read.

    Raises
    ------
    InputError
        If the target's folder is missing or closed to us, or the target is one of the sources.
    """
    if not os.access(target.parent, os.W_OK | os.X_OK):
        message = Text(
            "文件夹 {folder} 不存在或不能写入：请先建立，或换一个",
            "the folder {folder} is missing or not writable: make it, or give another",
        )
        raise InputError(message.fill(folder=target.parent))
    if target.resolve() in {source.resolve() for source in sources}:
        message = Text(
            "{file} 既是输入又是输出：请换一个输出文件名", "{file} is both input and output: give another name to write to"
        )
        raise InputError(message.fill(file=target))


def known_crs(text: str) -> pyproj.CRS:
    """Return the CRS that a caller names.

    Raises
    ------
    CrsError
        If there is none of that name.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except (pyproj.exceptions.CRSError, UnicodeEncodeError) as error:
        message = Text(
            "没有坐标系“{crs}”：请写 EPSG 代码，如 EPSG:4548", "there is no CRS {crs!r}: write an EPSG code, such as EPSG:4548"
        )
        raise CrsError(message.fill(crs=text)) from error


def _shortened(frame: gpd.GeoDataFrame, target: Path) -> list[Text]:
    """Say which column names a Shapefile cuts."""
    cut = [name for name in frame.columns if name != frame.geometry.name and len(str(name).encode()) > LONGEST_DBF_NAME]
    if not cut or target.suffix.casefold() not in (".shp", ".zip"):
        return []
    said = Text(
        "Shapefile 的列名最多 10 个字节，这些列名被截短：{names}；写成 .gpkg 或 .geojson 则保持原样。",
        "A Shapefile keeps 10 bytes of a column's name; cut: {names}. Write .gpkg or .geojson to keep them.",
    )
    return [said.fill(names=", ".join(map(str, cut)))]


def reader(table: str) -> Callable[..., ReadResult]:
    """Return the reader of a table.

    Raises
    ------
    InputError
        If there is no such table.
    """
    if table in READERS:
        return READERS[table]
    message = Text("没有表“{table}”：可选 {known}", "there is no table {table!r}: choose {known}")
    raise InputError(message.fill(table=table, known=", ".join(READERS)))


def as_it_is(source: Path, datum: str) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Read every row and column of a file, unchecked, with its position in WGS 84."""
    raw = read_raw(source)
    frame = gpd.GeoDataFrame(raw.frame, crs=_crs_of(raw.frame, raw.crs)) if raw.has_geometry else _placed(raw.frame)
    frame = frame.reset_index(drop=True)
    placed = to_wgs84(frame) if datum == "wgs84" else convert_datum(frame, datum)
    told = list(raw.notes)
    if raw.rejected:
        told.append(
            Text("有 {n} 行拆不开，没有写入。", "{n} rows could not be taken apart and are left out.").fill(n=len(raw.rejected))
        )
    without = int((placed.geometry.isna() | placed.geometry.is_empty).sum())
    if without:
        told.append(
            Text("有 {n} 行没有可用的坐标，按无图形写入。", "{n} rows have no usable position and are written without one.").fill(
                n=without
            )
        )
    return placed, told


def _crs_of(frame: pd.DataFrame, declared: Any) -> Any:
    """Return the declared CRS, or WGS 84 when every coordinate could be degrees."""
    if declared is not None:
        return declared
    bounds = np.abs(shapely.bounds(frame["geometry"].to_numpy(dtype=object)))
    if np.nanmax(bounds / (180.0, 90.0, 180.0, 90.0), initial=0.0) <= 1.0:
        return WGS84
    raise CrsError(
        Text(
            "文件没有声明坐标系，坐标又不是经纬度：请补上声明（如 .prj）后再转换",
            "the file declares no CRS and its coordinates are not degrees: add the declaration (such as a .prj) first",
        )
    )


def _placed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Make points of the longitude and latitude columns; a row whose numbers are unusable keeps no position."""
    used = match_headers([str(name) for name in frame.columns], table_spec("points")).used
    if "lon" not in used or "lat" not in used:
        message = Text(
            "表中没有经度、纬度列：请加上，例如 经度、纬度 或 lon、lat",
            "the table has no longitude and latitude columns: add them, such as lon and lat",
        )
        raise InputError(message)
    headers = (used["lon"][0], used["lat"][0])
    x, y = (pd.to_numeric(frame[header], errors="coerce").to_numpy(dtype=float) for header in headers)
    usable = (np.abs(x) <= 180) & (np.abs(y) <= 90)  # noqa: PLR2004 -- degrees
    points = np.where(usable, shapely.points(np.where(usable, x, 0), np.where(usable, y, 0)), None)
    return gpd.GeoDataFrame(frame.drop(columns=list(headers)), geometry=points, crs=WGS84)


def rejected_beside(read: ReadResult, target: Path) -> list[Text]:
    """Write rejected rows beside the target, readable by its owner alone, and say so."""
    lines = read.rejected["line"].nunique()
    if not lines:
        return []
    beside = target.with_name(f"{target.stem[:40]}.{read.source.name[-40:]}.rejected.csv")  # a name has 255 bytes at most
    with replacing(beside, mode=PRIVATE_FILE) as part:
        read.rejected.map(io.safe_cell).to_csv(part, index=False, encoding="utf-8-sig")
    said = Text(
        "{file} 有 {n} 行不可用，逐行原因见 {beside}。", "{n} rows of {file} were rejected; {beside} says why, row by row."
    )
    return [said.fill(file=read.source.name, n=lines, beside=beside)]
