"""GeoPackage through plain SQLite, read-only: ordinary tables only, so that no view or virtual table of a stranger runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geogrid.errors import InputError
from geogrid.files.encoding import BROKEN
from geogrid.files.raw import (
    GEOMETRY,
    Fits,
    RawTable,
    column_names,
    declared_crs,
    empty_file,
    pick_layer,
    rejection,
    show,
    unreadable,
)
from geogrid.files.wkb import decode_wkb
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

MAX_CELL_BYTES = 32 << 20
SMALL_BYTES = 32 << 20
MAX_SECONDS = 120.0
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
READS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_RECURSIVE}
)
MALFORMED_GEOMETRY = (
    "malformed_geometry",
    Text("应为 GeoPackage 几何（GP 头加 WKB）", "a GeoPackage geometry (GP header and WKB)"),
    Text("请在 GIS 软件中修正该图形后重新导出", "mend this shape in a GIS and export it again"),
)


class _Layer(NamedTuple):
    """One feature table: its geometry column (None for attributes), SRS number and attribute columns."""

    table: str
    geometry: str | None
    srs: int | None
    columns: tuple[str, ...]


def read_gpkg(path: Path, *, name: str, layer: str | None = None, fits: Fits | None = None) -> RawTable:
    """Return the features of one layer, numbered from 1 in the order stored.

    The database is opened immutable: nothing is ever written, locked or created beside it.

    Raises
    ------
    InputError
        Damaged, an unclear choice of layer, a layer that is a view, or edits waiting in a ``-wal`` file.
    """
    _refuse_wal(path, name)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            _guard(database)
            layers = _layers(database, name)
            chosen = layers[pick_layer({key: one.columns for key, one in layers.items()}, layer, fits, name=name)]
            crs = _crs(database, chosen.srs, name)
            rows = _rows(database, chosen, SMALL_BYTES + path.stat().st_size)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise unreadable(name, "GeoPackage") from error
    if not rows:
        raise empty_file(name)
    return _table(chosen, rows, crs)


def _refuse_wal(path: Path, name: str) -> None:
    beside = Path(f"{path}-wal")
    if beside.is_file() and beside.stat().st_size:
        raise InputError(
            Text(
                f"{name} 还有未合并的编辑（旁边有 -wal 文件）；请先在 GIS 软件中关闭它再读取。",
                f"{name} has edits that are not merged yet (a -wal file beside it); close it in the GIS first.",
            )
        )


def _guard(database: sqlite3.Connection) -> None:
    """Allow reading only, without trust in the file's own SQL, and with limits of size and time."""
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")
    begin = monotonic()
    database.set_progress_handler(lambda: monotonic() - begin > MAX_SECONDS, 100_000)
    database.set_authorizer(lambda action, *_rest: sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY)
    database.text_factory = lambda data: data.decode("utf-8", "replace")


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _layers(database: sqlite3.Connection, name: str) -> dict[str, _Layer]:
    """Return the ordinary tables listed as features or attributes; views and virtual tables are passed over."""
    stored = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND sql NOT LIKE '%create%virtual%table%using%'"
    )
    ordinary = {row[0] for row in database.execute(stored)}
    if not {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= ordinary:
        raise unreadable(name, "GeoPackage")
    shapes = {row[0]: row[1:] for row in database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")}
    contents = [
        str(row[0])
        for row in database.execute("SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')")
    ]
    layers = {table: _layer(database, table, shapes.get(table, (None, None))) for table in contents if table in ordinary}
    views = [table for table in contents if table not in ordinary]
    if views and not layers:
        listed = ", ".join(map(show, views))
        raise InputError(
            Text(
                f"{name} 的图层（{listed}）是视图或虚拟表，出于安全不予读取；请导出为普通图层。",
                f"the layers of {name} ({listed}) are views or virtual tables, refused for safety; export them as plain layers.",
            )
        )
    with_shapes = {table: one for table, one in layers.items() if one.geometry}
    return with_shapes or layers


def _layer(database: sqlite3.Connection, table: str, shape: Sequence[Any]) -> _Layer:
    described = list(database.execute(f"PRAGMA table_info({_quoted(table)})"))
    key = next(
        (
            row[1]
            for row in described
            if row[5] and str(row[2]).upper() == "INTEGER" and str(row[1]).casefold() in {"fid", "ogc_fid"}
        ),
        None,
    )
    columns = tuple(str(row[1]) for row in described if row[1] not in {key, shape[0]})
    present = shape[0] in {row[1] for row in described}
    return _Layer(table, str(shape[0]) if present else None, shape[1] if isinstance(shape[1], int) else None, columns)


def _crs(database: sqlite3.Connection, srs: int | None, name: str) -> CRS | None:
    query = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
    row = database.execute(query, (srs,)).fetchone() if srs not in {None, 0, -1} else None
    if row is None:
        return None
    organization, code, definition = row
    is_epsg = str(organization).upper() == "EPSG" and isinstance(code, int)
    return declared_crs(f"EPSG:{code}" if is_epsg else str(definition), name=name)


def _rows(database: sqlite3.Connection, layer: _Layer, limit: int) -> list[tuple[Any, ...]]:
    """Return the rows; a column's default fills rows without being stored, so together they may be larger than the file."""
    names = [*layer.columns, *([layer.geometry] if layer.geometry else [])]
    listed = ", ".join(f"t.{_quoted(one)}" for one in names)
    found = database.execute(f"SELECT {listed} FROM {_quoted(layer.table)} AS t")  # noqa: S608 - identifiers are quoted
    rows, size = [], 0
    for row in found:
        size += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        if size > limit:
            raise sqlite3.DataError(size)
        rows.append(row)
    return rows


def _table(layer: _Layer, rows: list[tuple[Any, ...]], crs: CRS | None) -> RawTable:
    index = pd.RangeIndex(1, len(rows) + 1, name="source_line")
    columns: dict[str, Any] = {
        column: pd.Series([_cell(row[place]) for row in rows], index=index, dtype=object)
        for place, column in enumerate(column_names(layer.columns, rows=len(rows)))
    }
    if layer.geometry is None:
        return RawTable(pd.DataFrame(columns, index=index), "gpkg", notes=_broken(rows))
    geometries, broken = decode_wkb([_wkb(row[-1]) for row in rows])
    columns[GEOMETRY] = pd.Series(geometries, index=index, dtype=object)
    frame = pd.DataFrame(columns, index=index)
    rejected = tuple(
        rejection(line, "geometry", MALFORMED_GEOMETRY, dict(zip(layer.columns, rows[line - 1], strict=False)))
        for line in (np.flatnonzero(broken) + 1).tolist()
    )
    return RawTable(frame[~broken], "gpkg", crs=crs, rejected=rejected, notes=_broken(rows))


def _broken(rows: list[tuple[Any, ...]]) -> tuple[Text, ...]:
    broken = sum(isinstance(cell, str) and BROKEN in cell for row in rows for cell in row)
    return (
        (Text("{n} 个单元格的文字不是 UTF-8，有乱码", "{n} cells hold text that is not UTF-8").fill(n=broken),) if broken else ()
    )


def _cell(value: Any) -> Any:
    return None if isinstance(value, bytes) else value


def _wkb(blob: Any) -> bytes | None:
    """Strip the GeoPackage header (magic, version, flags, SRS, envelope); anything else is left to fail as WKB."""
    if not isinstance(blob, bytes) or not blob:
        return b"?" if blob is not None else None
    envelope = (blob[3] >> 1) & 7 if len(blob) > 8 else 7  # noqa: PLR2004 - the shortest header
    if not blob.startswith(b"GP") or envelope >= len(ENVELOPE_BYTES):
        return b"?"
    return blob[8 + ENVELOPE_BYTES[envelope] :]
