"""Erasing people: every version of a household's row leaves the file for good; that there was one can be proved.

In place of each row stands its leaf in the hash chain, a hash that tells nothing because the row held a random nonce, and a
salted hash of the household's id, by which "which grid was it in" is answered "erased". Backups made earlier keep the rows.
"""

from __future__ import annotations

import random
import sqlite3
import time
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geogrid.errors import BusyError
from geogrid.words import Text
from geogrid.workspace import chain
from geogrid.workspace.access import SLEEP_S, WAITS, code_of
from geogrid.workspace.content import columns_of, data_rows
from geogrid.workspace.definitions import DATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from geogrid.workspace.definitions import Definitions

ABOUT = {"households": "household_id", "events": "household_id", "staff": "of_id"}
"""Tables with rows about a household, which go with it, by the column that names it."""
ONLY = {"staff": ("of_kind", "households")}
"""Where that column names other things too: the column and the value that say which rows are about households."""

TRACES = Text(
    "这些住户已抹除，但另有程序正在读取，文件里仍有旧页的痕迹（已等待 {seconds} 秒）；请关闭它，再执行一次抹除。",
    "these households are erased, but another program is reading, so old pages still hold traces of them (waited {seconds} s); "
    "close it and erase once more.",
)
AT_ONCE = 5_000
"""How many ids one statement names."""


def erase(
    connection: sa.Connection, definitions: Definitions, household_ids: Iterable[str], *, version: int, effective: date, salt: str
) -> dict[str, int]:
    """Take all rows of households out of every version, leaving their leaves.

    Parameters
    ----------
    connection
        In the transaction that writes ``version``, before its content is hashed. Afterwards `scrub` the file.
    definitions
        The tables of the workspace.
    household_ids : iterable of str
        Ids that no row has are passed over.
    version, effective
        In which rows that still hold end.
    salt : str
        Of the workspace.

    Returns
    -------
    dict
        By table, how many rows were erased; tables without any are left out.
    """
    erased = dict.fromkeys(ABOUT, 0)
    for ids in _batches(sorted(set(household_ids))):
        for name in ABOUT:
            table = definitions[name]
            mine = _about(table, ids)
            ends = {"version_to": version, "valid_to": effective}
            connection.execute(table.update().where(mine, table.c.version_to.is_(None)).values(ends))
            stones = _tombstones(connection, table, mine, salt)
            if stones:
                connection.execute(definitions["erased"].insert(), [{**stone, "erased_in": version} for stone in stones])
                connection.execute(table.delete().where(mine))
            erased[name] += len(stones)
    connection.execute(definitions["travel_statuses"].delete())
    return {table: rows for table, rows in erased.items() if rows}


def _about(table: sa.Table, ids: list[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a row is about one of these households."""
    named = table.c[ABOUT[table.name]].in_(ids)
    if table.name not in ONLY:
        return named
    column, value = ONLY[table.name]
    return sa.and_(named, table.c[column] == value)


def is_erased(connection: sa.Connection, definitions: Definitions, household_id: str, salt: str) -> bool:
    """Return whether rows of this household were erased."""
    erased = definitions["erased"]
    known = chain.salted(salt, [household_id])[0]
    found = sa.select(erased.c.id_hash).where(erased.c.table_name == "households", erased.c.id_hash == known).limit(1)
    return connection.execute(found).first() is not None


def scrub(connection: sqlite3.Connection, *, wait_s: float) -> None:
    """Write a file anew, so that no page of it, and no log beside it, holds a trace of what was erased.

    Parameters
    ----------
    connection
        Of the driver, outside any transaction.
    wait_s : float
        How long to wait for others that write, or still read an old state.

    Raises
    ------
    BusyError
        When they did not end in that time.
    """
    until = time.monotonic() + wait_s
    for work in (_is_written_anew, _is_log_empty):
        while not work(connection):
            if time.monotonic() >= until:
                raise BusyError(TRACES.fill(seconds=f"{wait_s:g}"))
            time.sleep(random.uniform(*SLEEP_S))  # noqa: S311 - to be unlike others that wait, not secret


def _is_written_anew(connection: sqlite3.Connection) -> bool:
    """Return whether the file could be written anew now."""
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if code_of(error) not in WAITS:
            raise
        return False
    return True


def _is_log_empty(connection: sqlite3.Connection) -> bool:
    """Return whether the log beside the file could be emptied now; nobody may still read an old state for that."""
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _tombstones(connection: sa.Connection, table: sa.Table, mine: sa.ColumnElement[bool], salt: str) -> list[dict[str, object]]:
    """Return what rows leave behind."""
    leaves = data_rows(table, columns_of(connection, table, mine)).leaves
    dated = connection.execute(sa.select(table.c[ABOUT[table.name]], *(table.c[name] for name in DATED)).where(mine)).all()
    hashes = chain.salted(salt, [row[0] for row in dated])
    return [
        {"table_name": table.name, **dict(zip(DATED, row[1:], strict=True)), "leaf": leaf.hex(), "id_hash": known}
        for leaf, known, row in zip(leaves, hashes, dated, strict=True)
    ]


def _batches(ids: list[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some
