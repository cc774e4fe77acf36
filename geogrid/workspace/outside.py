"""What the chain does not cover and could still mislead: indexes, by which rows are found, and what other programs are told.

A row is looked up through an index; one that was forged answers with another row although every row is what it was. A GIS shows
the tables that ``gpkg_contents`` lists, where their CRS says: another table could stand there for the record.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.words import Text
from geogrid.workspace.access import code_of
from geogrid.workspace.definitions import SHAPE
from geogrid.workspace.gpkg_layout import layers, wkt
from geogrid.workspace.verification import Problem, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from geogrid.workspace.definitions import Definitions
    from geogrid.workspace.verification import Verification

CONTENTS, SHAPES, SYSTEMS = "gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"
FEATURES, STYLES = "features", "layer_styles"
"""The kind of layer that has shapes; the table in which QGIS keeps how layers are drawn."""

FILE = Text(
    "数据库文件损坏，或索引与各行不符（{why}）；查询会答错，请用备份恢复",
    "the database is damaged, or an index does not fit the rows ({why}): questions would be answered wrongly; restore a backup",
)
LISTED = Text(
    "给其他程序看的图层清单被改动（{names}）：QGIS 等显示的可能不是账本里的；请用备份恢复",
    "the list of layers for other programs was changed ({names}): what QGIS shows may not be the record; restore a backup",
)
SYSTEM = Text(
    "给其他程序看的坐标系定义被改动：QGIS 等会把图层画到别处；请用备份恢复",
    "the definition of the CRS for other programs was changed: QGIS would draw layers elsewhere; restore a backup",
)
NAMED = 5


def verify_all(connection: sa.Connection, definitions: Definitions, crs: CRS, **known: Any) -> Verification:
    """Verify the chain, and what lies around the rows that it covers.

    Parameters
    ----------
    connection
        In a transaction, so that it sees one state.
    definitions
        The tables of the workspace.
    crs : CRS
        The workspace's.
    **known
        ``key`` and ``expected_head``, as for `verification.verify`.
    """
    found = verify(connection, definitions, **known)
    why = damage(connection.connection.driver_connection)
    more = [Problem(None, "sqlite_master", FILE.fill(why=why))] if why else []
    more += _unlike(connection, definitions, crs)
    return replace(found, ok=found.ok and not more, problems=(*found.problems, *more))


def damage(connection: Any) -> str:
    """Return the first thing that is wrong with a database file; "" when it is whole and its indexes fit the rows.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of the driver.

    Examples
    --------
    >>> damage(sqlite3.connect(":memory:"))
    ''
    """
    try:
        found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        lost = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return why_damaged(error)
    if found != "ok":
        return _one_line(found)
    return f"{lost[0]}: foreign key" if lost else ""


def why_damaged(error: sqlite3.DatabaseError) -> str:
    """Return what an error says of a damaged file; any other is raised."""
    if code_of(error) not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        raise error
    return _one_line(str(error))


def _one_line(told: str) -> str:
    """Return a driver's words on one line: it may quote a part of the damaged schema, line ends and all."""
    return " ".join(told.split())


def _unlike(connection: sa.Connection, definitions: Definitions, crs: CRS) -> Iterator[Problem]:
    """Yield the lists for other programs that are not those of a workspace."""
    own = {name: (name, kind, definitions.srs_id if kind == FEATURES else None) for name, kind, *_ in layers(definitions)}
    shown = _rows(connection, f"SELECT table_name, data_type, srs_id, identifier FROM {CONTENTS}")  # noqa: S608 - our names
    strange = {name for name, row in shown.items() if name != STYLES and (row[:3] != own.get(name) or not _is_named(row))}
    if strange or own.keys() - shown.keys():
        yield Problem(None, CONTENTS, LISTED.fill(names=_few(strange | (own.keys() - shown.keys()))))
    placed = {
        name: (name, SHAPE, shape, definitions.srs_id, 0, 0)
        for name, kind, _, _, shape in layers(definitions)
        if kind == FEATURES
    }
    found = _rows(connection, f"SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM {SHAPES}")  # noqa: S608 - our names
    if found != placed:
        names = {name for name in {*found, *placed} if found.get(name) != placed.get(name)}
        yield Problem(None, SHAPES, LISTED.fill(names=_few(names)))
    systems = _rows(connection, f"SELECT srs_id, definition FROM {SYSTEMS}")  # noqa: S608 - our names
    if not _is_same(systems.get(definitions.srs_id, (0, ""))[1], crs):
        yield Problem(None, SYSTEMS, SYSTEM)


def _rows(connection: sa.Connection, query: str) -> dict[Any, tuple[Any, ...]]:
    """Return rows by their first column."""
    return {row[0]: tuple(row) for row in connection.exec_driver_sql(query)}


def _is_named(row: tuple[Any, ...]) -> bool:
    """Return whether a layer is shown under a name that ends with its table's; the words before it may have changed since."""
    return str(row[3]).endswith(f" {row[0]}")


def _is_same(definition: object, crs: CRS) -> bool:
    try:
        return bool(CRS.from_wkt(str(definition)).equals(CRS.from_wkt(wkt(crs)), ignore_axis_order=True))
    except CRSError:
        return False


def _few(names: set[Any]) -> str:
    return ", ".join(sorted(map(str, names))[:NAMED])
