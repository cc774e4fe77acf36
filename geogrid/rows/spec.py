"""What a table is made of: a column, a check across a row, the table itself. ``geogrid.rows.tables`` holds the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Text

Kind = Literal["id", "text", "int", "float", "bool", "choice", "list", "services", "date", "period"]
"""How a cell is read; ``list`` is free text, ``services`` are ids of the profile, both separated by ; , 、 / | or newlines.
``date`` is ISO text, ``period`` a year or a part of one (2026Q2)."""


@dataclass(frozen=True)
class Column:
    """One column of a table; names in ``aliases``, ``weak`` and ``choices`` are separated by ``|``.

    ``aliases`` are names that mean this column and nothing else; ``weak`` ones (编号, id, type) count only where no better
    header exists, the first listed winning. ``choices`` maps each value to its other names; ``is_open`` lets other values
    through as they are. Without the column, ``fallback`` names others to take its values from (the first that has no blank);
    ``default`` fills blank cells, which is said in a note unless ``is_default_obvious``; ``blank_from`` names a required column
    of the same kind whose value a blank cell takes, which is said too. ``minimum`` and ``maximum`` are inclusive, in the column's
    own unit; ``max_length`` is in characters.
    """

    name: str
    kind: Kind
    label: Text
    aliases: str = ""
    weak: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    max_length: int = 200
    default: str | int | None = None
    is_default_obvious: bool = False
    fallback: tuple[str, ...] = ()
    blank_from: str = ""


@dataclass(frozen=True)
class PartsCheck:
    """A check across a row: the sum of ``parts`` (blank ones count 0) must not exceed ``total``."""

    code: str
    parts: tuple[str, ...]
    total: str


@dataclass(frozen=True)
class OrderCheck:
    """A check across a row: the day in ``last`` must not come before the day in ``first``."""

    code: str
    first: str
    last: str


@dataclass(frozen=True)
class TableSpec:
    """A canonical table.

    ``geometry`` lists the kinds of geometry it takes ("point", "line", "polygon"); a table of none has no shapes, and where one
    does not need a place, a row without one is good. Rows of a table without ``is_id_unique`` may share an id (pieces of one
    street), but not all columns of its ``key``. A private table drops columns that it does not know.
    """

    name: str
    label: Text
    geometry: tuple[str, ...]
    columns: tuple[Column, ...]
    is_id_unique: bool = True
    key: tuple[str, ...] = ()
    needs_place: bool = True
    is_private: bool = False
    row_checks: tuple[PartsCheck | OrderCheck, ...] = ()

    @property
    def id_column(self) -> Column:
        """Return the column that names a row."""
        return self.columns[0]

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """Return the columns that no two rows may share all of; none where rows may be pieces of one thing."""
        if self.is_id_unique:
            return (self.id_column,)
        return tuple(column for name in self.key for column in self.columns if column.name == name)
