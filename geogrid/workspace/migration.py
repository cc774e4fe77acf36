"""Bringing a workspace of an older format to the current one: all steps in one transaction, after a copy was kept.

A migration is a version of its own in the ledger. It changes no row that was written: a new column of an old row is null, which
leaves its hash as it was. Another program that has the file open sees the old format or the new one, and nothing between.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from geogrid.errors import StoreError
from geogrid.replacing import PRIVATE_FILE, replacing
from geogrid.words import Text
from geogrid.workspace.access import connect, meaning
from geogrid.workspace.definitions import FORMAT
from geogrid.workspace.gpkg_layout import finish_layout, touch, undo_layout
from geogrid.workspace.ledger import Act, head_of, next_entry, record
from geogrid.workspace.opening import OLDER, format_of, profile_of, read_meta, tables_of
from geogrid.workspace.redrawing import note_codes
from geogrid.workspace.vouching import require_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from geogrid.workspace.access import Access
    from geogrid.workspace.definitions import Definitions
    from geogrid.workspace.ledger import Entry


class Step(NamedTuple):
    """From one format to the next: what is done when all tables and columns of the current format are there, and why."""

    what: Text
    work: Callable[[sa.Connection, Definitions, Entry], None]


def _note_all_codes(connection: sa.Connection, definitions: Definitions, entry: Entry) -> None:
    """Note every code that a grid ever had as used."""
    note_codes(connection, definitions, entry.version, since=0)


def _only_columns(connection: sa.Connection, definitions: Definitions, entry: Entry) -> None:
    """Do nothing more: the new columns are there."""


STEPS: Mapping[int, Step] = {
    1: Step(
        Text("记下所有用过的网格编码，缓存通行状态", "codes that grids ever had are noted as used; travel statuses are kept"),
        _note_all_codes,
    ),
    2: Step(Text("候选点有费用和容量", "candidates have a cost and a capacity"), _only_columns),
}
"""By the format that a step starts from; one for every format before `FORMAT`."""

REASON = Text("文件格式 {old} → {new}：{what}", "format {old} → {new}: {what}")


def migrate(access: Access, meta: dict[str, str], *, key: bytes | None, is_wanted: bool) -> dict[str, str]:
    """Bring a file to the current format, and return what it says of itself then.

    Parameters
    ----------
    access : Access
        The file.
    meta : dict
        What it says of itself.
    key : bytes or None
        Of the HMACs.
    is_wanted : bool
        Whether somebody asked for it; without, an older file is refused.

    Raises
    ------
    StoreError
        When it is not wanted, or there is no room for the copy.
    InputError
        Without the key of the newest version.
    """
    name, old = access.path.name, format_of(meta, access.path.name)
    if not is_wanted:
        raise StoreError(OLDER.fill(file=name, found=old, own=FORMAT))
    definitions = tables_of(meta, name)
    with access.reading() as connection:
        require_key(head_of(connection, definitions), key)
    keep_copy(access.path, copy_of(access.path, old))
    with access.writing() as connection:
        found = connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'format_version'").scalar_one()
        if int(found) == old:  # nobody else was faster
            _carry_out(connection, definitions, old, meta, key)
    return read_meta(access)


def copy_of(path: Path, old: int) -> Path:
    """Return where the file as it was before a migration is kept.

    Examples
    --------
    >>> from pathlib import Path
    >>> copy_of(Path("贵溪.gpkg"), 1).name
    '贵溪.format-1.gpkg'
    """
    return path.with_name(f"{path.stem}.format-{old}{path.suffix}")


def keep_copy(path: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whole or not at all; its owner's alone."""
    with (
        meaning(target),
        replacing(target, mode=PRIVATE_FILE) as part,
        closing(connect(path)) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _carry_out(connection: sa.Connection, definitions: Definitions, old: int, meta: dict[str, str], key: bytes | None) -> None:
    steps = [STEPS[number] for number in range(old, FORMAT)]
    what = Text("；".join(step.what.zh for step in steps), "; ".join(step.what.en for step in steps))
    reason = REASON.zh.format(old=old, new=FORMAT, what=what.zh) + " / " + REASON.en.format(old=old, new=FORMAT, what=what.en)
    head, zone = head_of(connection, definitions), profile_of(meta).time_zone
    act = Act("geogrid", head.effective, reason)  # no row begins or ends
    entry = next_entry(head, "migrate", act, base=None, time_zone=zone)
    undo_layout(connection)
    complete(connection, definitions)
    for step in steps:
        step.work(connection, definitions, entry)
    finish_layout(connection, definitions)
    touch(connection, definitions, definitions.specs)
    table = definitions["meta"]
    connection.execute(table.update().where(table.c.key == "format_version").values(value=str(FORMAT)))
    record(connection, definitions, entry, tables=(), key=key)


def complete(connection: sa.Connection, definitions: Definitions) -> None:
    """Make the tables and columns of the current format that a file does not have; what is there stays as it is."""
    there = set(sa.inspect(connection).get_table_names())
    for name, table in definitions.metadata.tables.items():
        if name in there:
            _add_columns(connection, table)
    definitions.metadata.create_all(connection)


def _add_columns(connection: sa.Connection, table: sa.Table) -> None:
    known = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    quote = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name not in known:
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}")
