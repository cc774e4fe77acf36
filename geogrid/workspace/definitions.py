"""The tables of a workspace, defined once from the canonical ones, for SQLite and for PostgreSQL.

Every data table has its canonical columns and four more: the version in which a row began and the one in which it ended (null
while it holds), and the effective days of both, half-open. The versions themselves are the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.rows.tables import TABLES
from geogrid.schema import PLACED_BY
from geogrid.words import Text
from geogrid.workspace.geometry import of_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.profile import Profile
    from geogrid.rows.spec import TableSpec

FORMAT = 3
"""Number of the layout; `geogrid.workspace.migration` has a step from every earlier one."""

CHINA = "Asia/Shanghai"

FID, SHAPE, NONCE = "fid", "geom", "nonce"
DATED = ("version_from", "version_to", "valid_from", "valid_to")
NOT_KEPT = ("points",)
"""Canonical tables that no workspace has: points only serve to draft grids."""

TEXT_OF = {"versions": Text("台账", "ledger"), "succession": Text("网格沿革", "succession of grids")}
"""Names of tables that are not canonical ones."""

TYPES: Mapping[str, Any] = {
    "id": sa.Text(),
    "text": sa.Text(),
    "choice": sa.Text(),
    "list": sa.Text(),
    "services": sa.Text(),
    "int": sa.Integer(),
    "float": sa.Double(),
    "bool": sa.Boolean(),
    "date": sa.Text(),
    "period": sa.Text(),
}
"""The type of a column by its kind; lists are one text, their entries separated by semicolons; dates of rows are ISO text."""


@dataclass(frozen=True, eq=False)
class Definitions:
    """The tables of one workspace.

    Attributes
    ----------
    metadata : MetaData
        All of them.
    specs : mapping
        The canonical tables kept, by name.
    srs_id : int
        Number of the workspace's CRS in the database.
    time_zone : str
        The profile's, which says what day it is.
    """

    metadata: sa.MetaData
    specs: Mapping[str, TableSpec]
    srs_id: int
    time_zone: str

    def __getitem__(self, table: str) -> sa.Table:
        """Return a table by its name."""
        return self.metadata.tables[table]

    @property
    def data(self) -> dict[str, sa.Table]:
        """Return the data tables by name, in the order of the canonical ones."""
        return {name: self.metadata.tables[name] for name in self.specs}

    def row_columns(self, table: str) -> tuple[str, ...]:
        """Return the columns that say what a row is, in order: the canonical ones, then the geometry."""
        skipped = {FID, NONCE, *DATED}
        return tuple(column.name for column in self[table].columns if column.name not in skipped)


@lru_cache(maxsize=16)
def definitions_of(srs_id: int, seasons: tuple[str, ...] = (), time_zone: str = CHINA) -> Definitions:
    """Return the tables of workspaces with this CRS number and these seasons.

    Parameters
    ----------
    srs_id : int
        Number of the CRS in the database; its EPSG code where it has one.
    seasons : tuple of str
        Ids of the profile's seasons; households have a count of people for each.
    time_zone : str
        The profile's.

    Examples
    --------
    >>> tables = definitions_of(4548, ("winter",))
    >>> tables.row_columns("households")[-3:]
    ('persons_winter', 'placed_by', 'geom')
    """
    metadata = sa.MetaData()
    specs = {name: spec for name, spec in TABLES.items() if name not in NOT_KEPT}
    for spec in specs.values():
        _data_table(metadata, spec, srs_id, seasons)
    for define in (_ledger, _plans, _codes, _rest):
        define(metadata)
    return Definitions(metadata, specs, srs_id, time_zone)


def stored(column: str) -> str:
    """Return the name under which a canonical column is stored: a closure states days of its own, beside those of its versions.

    Examples
    --------
    >>> stored("name"), stored("valid_from")
    ('name', 'stated_valid_from')
    """
    return f"stated_{column}" if column in DATED else column


def season_ids(profile: Profile) -> tuple[str, ...]:
    """Return the ids of a profile's seasons, in order."""
    return tuple(season.id for season in profile.seasons)


def _version_key() -> sa.ForeignKey:
    """Return a reference to the ledger, checked when a version is whole: its rows are written before its hash is known."""
    return sa.ForeignKey("versions.version", deferrable=True, initially="DEFERRED")


def _data_table(metadata: sa.MetaData, spec: TableSpec, srs_id: int, seasons: tuple[str, ...]) -> None:
    columns: list[sa.Column[Any]] = [sa.Column(FID, sa.Integer, primary_key=True)]
    columns += [sa.Column(stored(each.name), TYPES[each.kind]) for each in spec.columns]
    if any(each.name == "persons" for each in spec.columns):
        columns += [sa.Column(f"persons_{season}", sa.Integer) for season in seasons]
        columns.append(sa.Column(PLACED_BY, sa.Text))
    if spec.geometry:
        columns.append(sa.Column(SHAPE, of_kinds(spec.geometry, srs_id)))
    if spec.is_private:
        columns.append(sa.Column(NONCE, sa.LargeBinary, nullable=False))
    columns += [
        sa.Column("version_from", sa.Integer, _version_key(), nullable=False),
        sa.Column("version_to", sa.Integer, _version_key()),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
    ]
    table = sa.Table(spec.name, metadata, *columns)
    ended = table.c.version_to.is_not(None)
    sa.Index(f"ix_{spec.name}_id", table.c[stored(spec.id_column.name)])
    sa.Index(f"ix_{spec.name}_from", table.c.version_from)
    sa.Index(f"ix_{spec.name}_to", table.c.version_to, sqlite_where=ended, postgresql_where=ended)


def _ledger(metadata: sa.MetaData) -> None:
    texts = ("who", "recorded_at", "reason", "approval", "plan_id", "tables", "counts", "operations")
    sa.Table(
        "versions",
        metadata,
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("effective", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("content_sha256", "previous_hash", "hash", "hmac")),
    )
    sa.Table(
        "erased",
        metadata,
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("version_from", sa.Integer, nullable=False),
        sa.Column("version_to", sa.Integer),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("id_hash", sa.Text, nullable=False, index=True),
        sa.Column("erased_in", sa.Integer, nullable=False),
    )


def _plans(metadata: sa.MetaData) -> None:
    sa.Table(
        "plans",
        metadata,
        sa.Column("plan_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("locked", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("adopted_in", sa.Integer, _version_key()),
    )
    sa.Table(
        "operations",
        metadata,
        sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.plan_id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
    )


def _codes(metadata: sa.MetaData) -> None:
    texts = ("from_code", "from_id", "to_code", "to_id", "kind")
    sa.Table(
        "succession",
        metadata,
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, _version_key(), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("valid_from", sa.Date, nullable=False),
    )
    sa.Table(
        "codes_used",
        metadata,
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("grid_id", sa.Text, primary_key=True),
        sa.Column("first_version", sa.Integer, _version_key(), nullable=False),
    )


def _rest(metadata: sa.MetaData) -> None:
    sa.Table("meta", metadata, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    sa.Table(
        "travel_statuses",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("codes", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
    )
