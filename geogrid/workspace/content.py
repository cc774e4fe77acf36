"""The rows that the hash chain covers, read back as they are stored.

Every data table is covered, and what a version leaves beside them: the plan that it adopts with its operations, successions,
codes, and what stands for erased rows. Not covered are plans that are not adopted (anyone may still edit them) and what is only
kept for speed (``travel_statuses``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from geogrid.workspace import chain
from geogrid.workspace.definitions import DATED, SHAPE
from geogrid.workspace.geometry import HEADER_BYTES
from geogrid.workspace.reading import raw_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.workspace.definitions import Definitions

    Columns = dict[str, list[Any]]

DATED_ONCE = {"succession": "version", "codes_used": "first_version", "erased": "erased_in"}
"""Tables whose rows begin with a version and never end, by the column that holds it."""

META_HASH = "meta_sha256"
"""Key among the counts of a version under which it says the hash of ``meta``."""

NOT_META = ("writing",)
"""Keys of ``meta`` that come and go inside a transaction."""

_FLAGS = 3
"""Where the header of a GeoPackage geometry says how long it is."""


class Rows(NamedTuple):
    """Rows of one table: their leaves, the versions in which they begin and end, and the dates that they claim for these."""

    table: str
    leaves: list[bytes]
    began: Sequence[int | None]
    ended: Sequence[int | None]
    dates: frozenset[tuple[int | None, str]] = frozenset()


class Content(NamedTuple):
    """What a version began and ended: the hash of it all; by table, the numbers ``began`` and ``ended`` and the ``sha256``."""

    sha256: str
    tables: dict[str, dict[str, int | str]]


def content_of(connection: sa.Connection, definitions: Definitions, version: int) -> Content:
    """Return what a version began and ended, from its rows.

    Parameters
    ----------
    connection
        In the transaction that writes the version, when all its rows are written and its row of the ledger is not yet.
    definitions
        The tables of the workspace.
    """
    return contents(covered_rows(connection, definitions, version)).get(version, Content(chain.version_content({}), {}))


def contents(groups: Iterable[Rows]) -> dict[int | None, Content]:
    """Return what every version began and ended, by version; rows that name none are under None."""
    began: dict[Any, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    ended: dict[Any, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for rows in groups:
        for leaf, first, last in zip(rows.leaves, rows.began, rows.ended, strict=True):
            began[first][rows.table].append(leaf)
            if last is not None:
                ended[last][rows.table].append(leaf)
    return {version: _content(began[version], ended[version]) for version in {*began, *ended}}


def _content(began: dict[str, list[bytes]], ended: dict[str, list[bytes]]) -> Content:
    tables: dict[str, dict[str, int | str]] = {}
    for table in sorted({*began, *ended}):
        new, old = began.get(table, []), ended.get(table, [])
        tables[table] = {"began": len(new), "ended": len(old), "sha256": chain.table_content(table, new, old)}
    return Content(chain.version_content({table: str(each["sha256"]) for table, each in tables.items()}), tables)


def covered_rows(connection: sa.Connection, definitions: Definitions, version: int) -> Iterator[Rows]:
    """Yield the covered rows that begin or end with one version, table by table."""
    for table in definitions.data.values():
        yield data_rows(table, columns_of(connection, table, _touched(table, version)))
    yield from other_rows(connection, definitions, version)


def other_rows(connection: sa.Connection, definitions: Definitions, version: int | None = None) -> Iterator[Rows]:
    """Yield the covered rows that lie outside the data tables; all of them, or only those that begin or end with one version."""
    erased = definitions["erased"]
    yield from _tombstones(columns_of(connection, erased, sa.true() if version is None else _touched(erased, version)))
    for name, dated in DATED_ONCE.items():
        once = definitions[name]
        yield _once(name, columns_of(connection, once, _is(once.c[dated], version)), dated)
    yield from _plans(connection, definitions, version)


def data_rows(table: sa.Table, columns: Columns) -> Rows:
    """Return rows of a data table from what is stored in its columns."""
    dates = {*zip(columns["version_from"], map(str, columns["valid_from"]), strict=True)}
    dates |= {*zip(columns["version_to"], columns["valid_to"], strict=True)} - {(None, None)}
    plain = {**columns, SHAPE: _bodies(columns[SHAPE])} if SHAPE in columns else columns
    leaves = chain.leaves(table.name, plain)
    return Rows(table.name, leaves, columns["version_from"], columns["version_to"], frozenset(dates))


def columns_of(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> Columns:
    """Return the stored values of every column, untouched."""
    cells = raw_columns(connection, sa.select(table).where(where))
    return dict(zip(table.columns.keys(), cells, strict=True))


def _bodies(blobs: list[Any]) -> list[Any]:
    """Return `wkb_of` them all, fast where all are geometries."""
    try:
        return [blob[HEADER_BYTES[blob[_FLAGS] >> 1 & 7] :] for blob in blobs]
    except (TypeError, IndexError):
        return list(map(wkb_of, blobs))


def wkb_of(blob: Any) -> Any:
    """Return the WKB of a stored geometry; what is none is returned as it is.

    Examples
    --------
    >>> wkb_of(bytes.fromhex("4750000100000000") + b"WKB"), wkb_of(None)
    (b'WKB', None)
    """
    if isinstance(blob, bytes) and len(blob) > _FLAGS:
        return blob[HEADER_BYTES[min(blob[_FLAGS] >> 1 & 7, len(HEADER_BYTES) - 1)] :]
    return blob


def meta_hash(connection: sa.Connection, definitions: Definitions, *, but: Sequence[str] = NOT_META) -> str:
    """Return the hash of what the workspace says of itself (its CRS, profile, name, format …), ``but`` for some keys."""
    meta = definitions["meta"]
    return chain.table_hash("meta", columns_of(connection, meta, meta.c.key.not_in(but)))


def _touched(table: sa.Table, version: int) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.version_from == version, table.c.version_to == version)


def _is(column: sa.Column[Any], version: int | None) -> sa.ColumnElement[bool]:
    return sa.true() if version is None else column == version


def _once(name: str, columns: Columns, dated: str) -> Rows:
    """Return rows that never end: whatever they say of versions and dates is part of them, under a name of its own."""
    leaves = chain.leaves(name, {f"of_{column}" if column in DATED else column: cells for column, cells in columns.items()})
    return Rows(name, leaves, columns[dated], [None] * len(leaves))


def _tombstones(columns: Columns) -> Iterator[Rows]:
    """Yield what is left of erased rows as rows of the tables that they were in."""
    rows = list(zip(*(columns[name] for name in ("table_name", "leaf", *DATED)), strict=True))
    for table in sorted({row[0] for row in rows}, key=str):
        _, leaves, first, last, valid_from, valid_to = zip(*(row for row in rows if row[0] == table), strict=True)
        dates = {*zip(first, map(str, valid_from), strict=True), *zip(last, valid_to, strict=True)}
        yield Rows(str(table), list(map(_bytes, leaves)), first, last, frozenset(dates))


def _bytes(leaf: object) -> bytes:
    """Return a leaf that is stored as text; one that is none is taken for its own text, which fits no hash."""
    try:
        return bytes.fromhex(str(leaf))
    except ValueError:
        return str(leaf).encode(errors="surrogatepass")


def _plans(connection: sa.Connection, definitions: Definitions, version: int | None) -> Iterator[Rows]:
    """Yield adopted plans and their operations as rows that begin with the version that adopted them."""
    plans, operations = definitions["plans"], definitions["operations"]
    adopted = sa.and_(plans.c.adopted_in.is_not(None), _is(plans.c.adopted_in, version))
    columns = columns_of(connection, plans, adopted)
    yield _once("plans", columns, "adopted_in")
    versions = dict(zip(columns["plan_id"], columns["adopted_in"], strict=True))
    steps = columns_of(connection, operations, operations.c.plan_id.in_(sa.select(plans.c.plan_id).where(adopted)))
    leaves = chain.leaves("operations", steps)
    yield Rows("operations", leaves, [versions[plan] for plan in steps["plan_id"]], [None] * len(leaves))
