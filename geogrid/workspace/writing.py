"""New versions of tables: rows that are no longer there end, new ones begin, all others stay as they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.workspace.definitions import FID, NONCE
from geogrid.workspace.reading import held, stored_rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from geogrid.workspace.definitions import Definitions

NONCE_BYTES = 16
AT_ONCE = 50_000


def replace_rows(
    connection: sa.Connection,
    definitions: Definitions,
    table: str,
    rows: Sequence[tuple[Any, ...]],
    *,
    version: int,
    effective: dt.date,
) -> dict[str, int]:
    """Make a table hold exactly these rows from a version on.

    Parameters
    ----------
    rows : sequence of tuples
        As stored, from `coding.to_rows`. A row that is there already stays, with the version in which it began.
    version : int
        The one that is being written.
    effective : date
        Its day.

    Returns
    -------
    dict
        How many rows ``began``, ``ended``, and hold now (``rows``).
    """
    ended, began = _difference(stored_rows(connection, definitions, table, None), rows)
    end_rows(connection, definitions[table], ended, version=version, effective=effective)
    _begin_rows(connection, definitions, table, began, (version, effective.isoformat()))
    return {"began": len(began), "ended": len(ended), "rows": len(rows)}


def end_rows(connection: sa.Connection, table: sa.Table, fids: Collection[int], *, version: int, effective: dt.date) -> None:
    """Let rows end with a version; nothing else of a row is ever changed."""
    values = {"version_to": version, "valid_to": effective}
    if fids and len(fids) == connection.execute(sa.select(sa.func.count()).where(held(table, None)).select_from(table)).scalar():
        connection.execute(table.update().where(held(table, None)).values(values))
        return
    query = table.update().where(table.c[FID] == sa.bindparam("row")).values(values)
    if fids:
        connection.execute(query, [{"row": fid} for fid in fids])


def _difference(old: Sequence[tuple[Any, ...]], new: Sequence[tuple[Any, ...]]) -> tuple[list[int], list[tuple[Any, ...]]]:
    """Return the numbers of old rows that are not among the new, and the new rows that are not among the old."""
    if not old:
        return [], list(new)
    there: dict[tuple[Any, ...], list[int]] = {}
    for row in old:
        there.setdefault(row[1:], []).append(row[0])
    began = []
    for row in new:
        same = there.get(row)
        if same:
            same.pop()
        else:
            began.append(row)
    return sorted(fid for left in there.values() for fid in left), began


def _begin_rows(
    connection: sa.Connection, definitions: Definitions, table: str, rows: Sequence[tuple[Any, ...]], since: tuple[int, str]
) -> None:
    private = NONCE in definitions[table].columns
    names = [*definitions.row_columns(table), "version_from", "valid_from", *[NONCE] * private]
    query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own names
    cursor = connection.connection.cursor()
    try:
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            nonces = _nonces(len(part)) if private else [()] * len(part)
            cursor.executemany(query, [row + since + nonce for row, nonce in zip(part, nonces, strict=True)])
    finally:
        cursor.close()


def _nonces(count: int) -> list[tuple[bytes, ...]]:
    """Return random bytes for each of a number of rows, so that nobody can guess a row that was erased from its hash."""
    random = os.urandom(NONCE_BYTES * count)
    return [(random[at : at + NONCE_BYTES],) for at in range(0, len(random), NONCE_BYTES)]
