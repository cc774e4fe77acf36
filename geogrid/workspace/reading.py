"""Rows of a workspace as they were in a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import NotFoundError
from geogrid.words import Text
from geogrid.workspace.coding import to_frame
from geogrid.workspace.definitions import FID, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from pyproj import CRS

    from geogrid.workspace.definitions import Definitions

ROWS_AT_ONCE = 1_000
NO_TABLE = Text("工作区没有名为“{table}”的表；可用：{known}。", "a workspace has no table {table!r}; it has: {known}.")


def require_table(definitions: Definitions, table: str) -> sa.Table:
    """Return a data table.

    Raises
    ------
    NotFoundError
        When there is none of this name.
    """
    if table not in definitions.specs:
        raise NotFoundError(NO_TABLE.fill(table=table, known=", ".join(definitions.specs)))
    return definitions[table]


def read_table(connection: sa.Connection, definitions: Definitions, table: str, *, version: int | None, crs: CRS) -> pd.DataFrame:
    """Return a table as it was in a version, in the order in which its rows were written.

    Parameters
    ----------
    version : int or None
        None for the newest, which is faster.
    crs : CRS
        The workspace's.
    """
    query = _held_rows(require_table(definitions, table), definitions.row_columns(table), version)
    return to_frame(definitions, table, raw_columns(connection, query), crs)


def key_names(definitions: Definitions, table: str) -> tuple[str, ...]:
    """Return the canonical columns that name a row of a table: those that no two rows share, else its id."""
    spec = definitions.specs[table]
    return tuple(column.name for column in spec.key_columns or (spec.id_column,))


def held_keys(connection: sa.Connection, definitions: Definitions, table: str) -> list[tuple[str, ...]]:
    """Return the values of `key_names`, as text, of each row of the newest version."""
    data = require_table(definitions, table)
    columns = [data.c[stored(name)] for name in key_names(definitions, table)]
    rows = raw_rows(connection, sa.select(*columns).where(held(data, None)).order_by(data.c.fid))
    return [tuple(map(str, row)) for row in rows]


def stored_rows(connection: sa.Connection, definitions: Definitions, table: str, version: int | None) -> list[tuple[Any, ...]]:
    """Return the rows of a version as they are stored: the number of the row, then `Definitions.row_columns`."""
    return raw_rows(connection, _held_rows(definitions[table], (FID, *definitions.row_columns(table)), version))


def _held_rows(table: sa.Table, names: Sequence[str], version: int | None) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in names)).where(held(table, version)).order_by(table.c.fid)


def raw_rows(connection: sa.Connection, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """Return what a query finds, values as the driver gives them: for many rows, several times faster."""
    text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    cursor = connection.connection.cursor()
    try:
        found: list[tuple[Any, ...]] = cursor.execute(text).fetchall()
    finally:
        cursor.close()
    return found


def raw_columns(connection: sa.Connection, query: sa.Select[Any]) -> list[list[Any]]:
    """Return what a query finds, column by column, values as the driver gives them.

    Rows are turned in small parts, which the processor's cache holds. (Aggregating each column to one JSON text is no faster.)
    """
    columns: list[list[Any]] = [[] for _ in query.selected_columns]
    with connection.execute(query) as found:
        while part := found.cursor.fetchmany(ROWS_AT_ONCE):
            for column, cells in zip(columns, zip(*part, strict=True), strict=True):
                column.extend(cells)
    return columns


def held(table: sa.Table, version: int | None) -> sa.ColumnElement[bool]:
    """Return the condition that a row held in a version; in the newest, for none."""
    if version is None:
        return table.c.version_to.is_(None)
    ended = table.c.version_to
    return sa.and_(table.c.version_from <= version, sa.or_(ended.is_(None), ended > version))
