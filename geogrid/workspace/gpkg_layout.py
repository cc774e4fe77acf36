"""What makes a workspace's database a GeoPackage that a GIS opens.

GeoPackage 1.3 (OGC 12-128r17). Beside every table, which holds all versions, stands a view of the rows in force today (see
`ledger.InForce`): that is what a GIS user opens. Guards refuse any program that would write rows past the ledger. There is no
R-tree: tables are read whole, and an index of places would keep those of people who were erased.

This module and those that open files (`access`, `opening`, `migration`, `backup`) know SQLite; the others say what they want with
SQLAlchemy, as it is said to PostgreSQL too, but for two bulk paths (`reading.raw_columns`, `writing`) that hand whole tables to
the driver.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from geogrid.workspace.definitions import CHINA, FID, SHAPE, TEXT_OF
from geogrid.workspace.geometry import KINDS, from_blobs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import sqlalchemy as sa

    from geogrid.workspace.definitions import Definitions

DIALECT: sa.Dialect = sqlite.dialect()
APPLICATION_ID = 0x47504B47
"""GPKG."""
USER_VERSION = 10300
OWN_SRS = 100_000
"""Number of a CRS that has no EPSG code."""

NOW = "_now"
GUARDED = ("versions", "succession", "codes_used", "erased")
"""Tables that are guarded beside those of data."""
ATTRIBUTES = ("versions", "succession")
"""Tables without shapes that a GIS lists beside those of data."""

TODAY = {CHINA: "date('now', '+8 hours')"}
"""What day it is in a time zone, in SQL, which knows no zones: China has one offset and no summer time."""
ELSEWHERE = "date('now', 'localtime')"
"""The same for other zones: the day of the computer that looks."""
IN_FORCE = (
    "valid_from <= (SELECT max({today}, min(effective)) FROM versions) "
    "AND (valid_to IS NULL OR valid_to > (SELECT max({today}, min(effective)) FROM versions))"
)

CORE = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE,
  max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
"""
"""The tables of the standard itself (annex C)."""

GUARD = (
    "CREATE TRIGGER guard_{table}_{event} BEFORE {event} ON {table} WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'writing') "
    "BEGIN SELECT RAISE(ABORT, '{table}: 请用 geogrid 修改，其他程序的修改不会进入台账 / "
    "change it with geogrid: what another program writes is not in the ledger'); END"
)


def srs_number(crs: CRS) -> int:
    """Return the number of a CRS in the database: its EPSG code, or `OWN_SRS`.

    Examples
    --------
    >>> srs_number(CRS.from_epsg(4548)), srs_number(CRS.from_proj4("+proj=tmerc +lon_0=117.1"))
    (4548, 100000)
    """
    authority = crs.to_authority(min_confidence=100)
    return int(authority[1]) if authority and authority[0] == "EPSG" else OWN_SRS


def set_header(connection: Any) -> None:
    """Mark an empty database as a GeoPackage whose writers do not keep readers waiting."""
    for pragma in (f"application_id = {APPLICATION_ID}", f"user_version = {USER_VERSION}", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")


def lay_out(connection: sa.Connection, definitions: Definitions, crs: CRS) -> None:
    """Make the tables of a new workspace; `finish_layout` comes after its first rows."""
    for statement in CORE.split(";"):
        connection.exec_driver_sql(statement)
    definitions.metadata.create_all(connection)
    _write_crs(connection, definitions.srs_id, crs)


def finish_layout(connection: sa.Connection, definitions: Definitions) -> None:
    """Make views and guards, and list the layers: what can be made again from the definitions at any time."""
    for _, statement in own_code(definitions):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("DELETE FROM gpkg_geometry_columns")
    connection.exec_driver_sql("DELETE FROM gpkg_contents")
    for entry in layers(definitions):
        connection.exec_driver_sql(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (*entry[:4], _now(), definitions.srs_id if entry[1] == "features" else None),
        )
        if entry[1] == "features":
            place = (entry[0], SHAPE, entry[4], definitions.srs_id)
            connection.exec_driver_sql("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)", place)


def undo_layout(connection: sa.Connection) -> None:
    """Drop every view and trigger of the file, whoever made it; nothing of them is run."""
    found = connection.exec_driver_sql("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')").all()
    for kind, name in found:
        quoted = str(name).replace('"', '""')
        connection.exec_driver_sql(f'DROP {kind.upper()} IF EXISTS "{quoted}"')


def own_code(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """Yield the name and the SQL of every view and trigger that a workspace has."""
    holds = IN_FORCE.format(today=TODAY.get(definitions.time_zone, ELSEWHERE))
    for name in definitions.specs:
        columns = ", ".join([FID, *definitions.row_columns(name), "version_from", "valid_from", "valid_to"])
        yield f"{name}{NOW}", f"CREATE VIEW {name}{NOW} AS SELECT {columns} FROM {name} WHERE {holds}"  # noqa: S608 - our names
    for name in (*definitions.specs, *GUARDED):
        for event in ("INSERT", "UPDATE", "DELETE"):
            yield f"guard_{name}_{event}", GUARD.format(table=name, event=event)


def own_tables(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """Yield the name and the SQL of every table and index that a new workspace has."""
    for statement in CORE.split(";"):
        yield statement.split()[2], statement
    for table in definitions.metadata.tables.values():
        yield table.name, str(CreateTable(table).compile(dialect=DIALECT))
        for index in table.indexes:
            yield str(index.name), str(CreateIndex(index).compile(dialect=DIALECT))


def touch(connection: sa.Connection, definitions: Definitions, tables: Collection[str]) -> None:
    """Say in the list of layers that tables changed, and where their shapes lie."""
    for name in tables:
        box: tuple[Any, ...] = (None,) * 4
        if SHAPE in definitions[name].columns:
            box = _extent(connection, name)
        for layer in (name, f"{name}{NOW}"):
            connection.exec_driver_sql(
                "UPDATE gpkg_contents SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?",
                (_now(), *box, layer),
            )


def layers(definitions: Definitions) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, kind, identifier, description and kind of geometry of every layer."""
    for name, spec in definitions.specs.items():
        kind = "features" if spec.geometry else "attributes"
        shape = KINDS.get(spec.geometry, "GEOMETRY")
        zh, en = spec.label
        yield f"{name}{NOW}", kind, f"{zh}（现行） {name}{NOW}", f"{zh}，今天有效的各行 / {en}, the rows in force today", shape
        yield name, kind, f"{zh}（全部版本） {name}", f"{zh}，全部版本 / {en}, all versions", shape
    for name in ATTRIBUTES:
        zh, en = TEXT_OF[name]
        yield name, "attributes", f"{zh} {name}", f"{zh} / {en}", ""


def _extent(connection: sa.Connection, table: str) -> tuple[Any, ...]:
    """Return the box around all shapes of a table, of every version; nulls for none."""
    blobs = connection.exec_driver_sql(f"SELECT {SHAPE} FROM {table} WHERE {SHAPE} IS NOT NULL").scalars().all()  # noqa: S608 - our names
    if not blobs:
        return (None,) * 4
    box = shapely.total_bounds(from_blobs(blobs))
    return tuple(box.tolist()) if np.isfinite(box).all() else (None,) * 4


def _write_crs(connection: sa.Connection, srs_id: int, crs: CRS) -> None:
    nowhere = [
        ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined cartesian coordinate reference system"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    ]
    degrees = CRS.from_epsg(4326)
    rows = [*nowhere, ("WGS 84 geodetic", 4326, "EPSG", 4326, wkt(degrees), "longitude/latitude coordinates in decimal degrees")]
    if srs_id != 4326:  # noqa: PLR2004 - the code itself
        known = "EPSG" if srs_id != OWN_SRS else "NONE"
        rows.append((crs.name, srs_id, known, srs_id, wkt(crs), crs.name))
    for row in rows:
        connection.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", row)


def wkt(crs: CRS) -> str:
    """Return a CRS as WKT 1, which the standard asks for; as WKT 2 where it cannot be said otherwise."""
    try:
        return str(crs.to_wkt("WKT1_GDAL"))
    except CRSError:
        return str(crs.to_wkt())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
