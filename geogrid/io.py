"""Reading the canonical tables from any accepted file or frame, and writing them out again.

Every reader answers with the good rows in WGS 84, the rejected ones, and where they came from.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from geogrid.crs import to_wgs84
from geogrid.datum import convert_datum
from geogrid.errors import CrsError
from geogrid.files.formats import checked_path, read_raw
from geogrid.files.raw import GEOMETRY, RawTable, empty_file, located, rejection, show, shown_name
from geogrid.files.writing import safe_cell, write_table
from geogrid.profile import load_profile
from geogrid.results import REJECTED_COLUMNS, ReadResult, Source
from geogrid.rows.codelisttable import CODE_LIST
from geogrid.rows.headers import columns_of, match_headers
from geogrid.rows.seasons import with_seasons
from geogrid.schema import table_spec, validate
from geogrid.words import Text

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from geogrid.profile import Profile
    from geogrid.rows.spec import TableSpec

    Given: TypeAlias = str | os.PathLike[str] | gpd.GeoDataFrame | pd.DataFrame

__all__ = [
    "read_area_members",
    "read_areas",
    "read_barriers",
    "read_buildings",
    "read_candidates",
    "read_closures",
    "read_codes",
    "read_events",
    "read_facilities",
    "read_grades",
    "read_grids",
    "read_households",
    "read_points",
    "read_roads",
    "read_staff",
    "read_units",
    "rejected_frame",
    "safe_cell",
    "write_table",
]

WGS84 = CRS.from_epsg(4326)
FRAME_NAME = "<GeoDataFrame>"
ASSUMED_WGS84 = Text(
    "文件没有声明坐标系，坐标在经纬度范围内，按 EPSG:4326 读取",
    "no CRS is declared; the coordinates are in the range of degrees and are read as EPSG:4326",
)
NOT_ON_EARTH = (
    "out_of_bounds_coordinate",
    Text("应能换算成经纬度", "a position that has a longitude and latitude"),
    Text("请检查坐标与所声明的坐标系是否一致", "check that the coordinates belong to the CRS that the file declares"),
)


class Options(TypedDict, total=False):
    """How to read: the datum that the coordinates are in, a CRS that overrides the file's, a layer, the profile, known units."""

    datum: str
    crs: Any
    layer: str | None
    profile: Profile | str | None
    units: Collection[str]


def read_grids(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the grids in a file.

    Parameters
    ----------
    path : path or GeoDataFrame
        A local file of an accepted format, or a frame (lines are then counted from 1).
    **options
        ``datum`` ("wgs84", "gcj02" or "bd09": what the coordinates are in), ``crs`` (overrides what the file declares), ``layer``
        (layer or sheet, where a file holds several), ``profile`` (a Profile or its name; services are known by it).

    Returns
    -------
    ReadResult
        ``table`` in EPSG:4326 with a RangeIndex and ``source_line``; ``rejected`` names every bad row.

    Raises
    ------
    InputError
        A file that is wrong as a whole.
    CrsError
        Projected coordinates without a declared CRS.
    NotFoundError
        An unknown datum.

    Examples
    --------
    >>> square = shapely.box(117, 28, 117.1, 28.1)
    >>> square = gpd.GeoDataFrame({"网格编号": ["G1"], "网格名称": ["一网格"]}, geometry=[square], crs=4326)
    >>> read_grids(square).table[["grid_id", "name"]].values.tolist()
    [['G1', '一网格']]
    """
    return _read(path, "grids", options)


def read_areas(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the areas (townships, villages, communities ...) in a file; see :func:`read_grids`."""
    return _read(path, "areas", options)


def read_units(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the units (villager groups, estates, buildings ...) in a file; see :func:`read_grids`."""
    return _read(path, "units", options)


def read_households(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the households in a file; see :func:`read_grids`."""
    return _read(path, "households", options)


def read_facilities(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the facilities in a file, their services known by the profile; see :func:`read_grids`."""
    return _read(path, "facilities", options)


def read_points(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return named points (centres for draft grids) in a file; see :func:`read_grids`."""
    return _read(path, "points", options)


def read_roads(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the streets in a file, one line a row: a multi-line becomes several rows; see :func:`read_grids`."""
    result = _read(path, "roads", options)
    table = result.table.explode(ignore_index=True) if (result.table.geom_type == "MultiLineString").any() else result.table
    return ReadResult(table, result.rejected, result.source)


def read_closures(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the closures (streets out of use, as polygons or lines) in a file; see :func:`read_grids`."""
    return _read(path, "closures", options)


def read_buildings(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the buildings (outlines that a border should not cut) in a file; see :func:`read_grids`."""
    return _read(path, "buildings", options)


def read_barriers(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the barriers (water, railways, trunk roads) in a file; see :func:`read_grids`."""
    return _read(path, "barriers", options)


def read_candidates(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the candidate sites in a file; see :func:`read_grids`."""
    return _read(path, "candidates", options)


def read_staff(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the people responsible for grids, areas or units; no row has a geometry. Private; see :func:`read_grids`."""
    return _read(path, "staff", options)


def read_events(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the matters reported, some of them without a geometry, dates as ISO text. Private; see :func:`read_grids`."""
    return _read(path, "events", options)


def read_grades(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the grades of grids, areas or organisations by period; no row has a geometry; see :func:`read_grids`."""
    return _read(path, "grades", options)


def read_area_members(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return which areas belong to an alliance or another area across the tree; no geometry; see :func:`read_grids`."""
    return _read(path, "area_members", options)


def read_codes(path: Given, **options: Unpack[Options]) -> ReadResult:
    """Return the codes and names of a list of codes, with those that took the place of ended ones; see :func:`read_grids`."""
    return _read(path, CODE_LIST, options)


def _read(given: Given, table: str | TableSpec, options: Options) -> ReadResult:
    """Take apart, judge, bring to WGS 84: the same for every table."""
    chosen = options.get("profile") or "generic"
    profile = load_profile(chosen) if isinstance(chosen, str) else chosen
    spec = with_seasons(table_spec(table) if isinstance(table, str) else table, profile.seasons)
    raw, name, digest = _taken(given, spec, options)
    if raw.frame.empty and not raw.rejected:
        raise empty_file(name)
    crs, assumed = _crs_of(raw, options.get("crs"), name=name)
    judged = validate(raw.frame, spec, services=profile.services, file=name, crs=crs, units=options.get("units", ()))
    found = judged.table.set_crs(judged.table.crs or WGS84)
    good, lost = _on_earth(found)
    datum = options.get("datum", "wgs84")
    placed = to_wgs84(good) if datum == "wgs84" else convert_datum(good, datum)
    rejected = rejected_frame([judged.rejected, _named(raw.rejected, name), _named(lost, name)])
    source = Source(
        name=name,
        sha256=digest,
        format=raw.format,
        encoding=raw.encoding,
        crs=_crs_name(found.crs),
        rows=len(raw.frame) + len(raw.rejected),
        notes=(*raw.notes, *assumed, *judged.notes),
    )
    return ReadResult(placed.reset_index(drop=True), rejected, source)


def _taken(given: Given, spec: TableSpec, options: Options) -> tuple[RawTable, str, str]:
    """Return raw rows, a name fit to show, and the hash of the content."""
    if isinstance(given, pd.DataFrame):
        return _from_frame(given), FRAME_NAME, _frame_hash(given)
    path = checked_path(given)
    raw = read_raw(path, layer=options.get("layer"), fits=lambda columns: _fits(columns, spec))
    return raw, shown_name(path), _file_hash(path)


def _fits(columns: Sequence[str], spec: TableSpec) -> int:
    """Return how many of the table's columns a layer has; 0 when it lacks a required one that nothing can stand in for."""
    used = match_headers(columns, spec).used
    known = columns_of(spec) if spec.needs_place else spec.columns
    needed = (column.name for column in known if column.required and not column.fallback and column.default is None)
    return len(used) if all(name in used for name in needed) else 0


def _from_frame(given: pd.DataFrame) -> RawTable:
    """Return a frame as raw rows numbered from 1; the caller's frame is left as it is."""
    index = pd.RangeIndex(1, len(given) + 1, name="source_line")
    if not isinstance(given, gpd.GeoDataFrame):
        return RawTable(pd.DataFrame(given).set_axis(index, axis="index"), "frame")
    plain = pd.DataFrame(given.drop(columns=given.geometry.name)).set_axis(index, axis="index")
    flat = shapely.force_2d(given.geometry.to_numpy())
    return RawTable(plain.assign(**{GEOMETRY: pd.Series(flat, index=index, dtype=object)}), "frame", crs=given.crs)


def _frame_hash(given: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for column in given.columns:
        values = given[column]
        cells = shapely.to_wkb(values.to_numpy()) if isinstance(values, gpd.GeoSeries) else values.tolist()
        digest.update(repr((str(column), list(cells))).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _file_hash(path: os.PathLike[str]) -> str:
    with open(path, "rb") as stream:  # noqa: PTH123 - any path-like
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _crs_of(raw: RawTable, given: Any, *, name: str) -> tuple[CRS | None, tuple[Text, ...]]:
    """Return the CRS to read in: the one given, the file's own, or WGS 84 when all coordinates could be degrees (and say so)."""
    if given is not None:
        return _known_crs(given), ()
    if raw.crs is not None or not raw.has_geometry:
        return raw.crs, ()
    bounds = shapely.bounds(raw.frame[GEOMETRY].to_numpy(dtype=object))
    if not np.nanmax(np.abs(bounds) / [180.0, 90.0, 180.0, 90.0], initial=0.0) > 1.0:
        return WGS84, (ASSUMED_WGS84,)
    raise CrsError(
        Text(
            f"{name} 没有声明坐标系（如缺 .prj），坐标又不是经纬度；请补上声明，或用 crs 指明，如 EPSG:4549。",
            f"{name} declares no CRS (a missing .prj?) and its coordinates are not degrees; declare it, or give crs (EPSG:4549).",
        )
    )


def _known_crs(given: Any) -> CRS:
    try:
        return located(CRS.from_user_input(given))
    except ProjError as error:
        raise CrsError(
            Text(
                f"坐标系“{show(given)}”无法识别；请用 EPSG 代码，如 EPSG:4490。",
                f"the CRS {show(given)!r} is not understood; use an EPSG code such as EPSG:4490.",
            )
        ) from error


def _crs_name(crs: Any) -> str:
    known = CRS.from_user_input(crs)
    return known.to_string() if known.to_authority() else known.to_wkt()


def _on_earth(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[dict[str, object]]]:
    """Set apart rows whose projected coordinates have no longitude and latitude: one of them must not lose the table."""
    if table.crs.is_geographic or table.empty:
        return table, []
    moved = shapely.bounds(table.geometry.to_crs(WGS84).to_numpy())
    has_place = table.geometry.notna().to_numpy() & ~table.geometry.is_empty.to_numpy()
    lost = ~np.isfinite(moved).all(axis=1) & has_place
    rows = [
        rejection(int(line), shape.wkt, NOT_ON_EARTH, {table.columns[0]: str(key), "geometry": show(shape.wkt)})
        for line, key, shape in zip(
            *(table.loc[lost, name] for name in ("source_line", table.columns[0])), table.geometry[lost], strict=True
        )
    ]
    return table[~lost], rows


def _named(rows: Iterable[Mapping[str, object]], name: str) -> pd.DataFrame:
    return pd.DataFrame([{**row, "file": name} for row in rows], columns=list(REJECTED_COLUMNS), dtype=object)


def rejected_frame(rejected: pd.DataFrame | Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of rejected rows as one, sorted by file and line.

    Examples
    --------
    >>> rejected_frame([]).columns.tolist()[:3]
    ['file', 'line', 'column']
    """
    tables = [rejected] if isinstance(rejected, pd.DataFrame) else list(rejected)
    filled = [one.astype(object) for one in tables if len(one)]
    if not filled:
        return pd.DataFrame(columns=list(REJECTED_COLUMNS))
    return pd.concat(filled, ignore_index=True).sort_values(["file", "line"], kind="stable", ignore_index=True)
