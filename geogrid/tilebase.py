"""The database that encodes vector tiles: DuckDB in memory with its spatial extension from the installed package.

It reads no file and no network: both are switched off, and that cannot be undone. What is asked of it are the queries of
`geogrid.vectortiles` alone; values go in as parameters, tables as Arrow.
"""

from __future__ import annotations

import itertools
import weakref
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

SAFE: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "1",
}
"""One thread a tile: many are made at once."""
MEMORY = "2GiB"
"""What all tables and queries may take."""


class Kept:
    """A table of a `TileBase`; it is dropped when nobody holds this any more, and so never while it is asked."""

    def __init__(self, base: TileBase, name: str) -> None:
        self.name = name
        weakref.finalize(self, base.drop, name).atexit = False


class TileBase:
    """Tables in memory, each under a name of its own that is never used again; safe to ask from several threads."""

    def __init__(self, memory: str = MEMORY) -> None:
        self._plain = duckdb.connect(":memory:", config={**SAFE, "memory_limit": memory})
        self._plain.load_extension(_extension())
        self._plain.execute("SET enable_external_access = false")
        self._plain.execute("SET lock_configuration = true")
        self._numbers = itertools.count(1)

    def store(self, columns: Mapping[str, Any], *, select: str = "*", order: str = "") -> Kept:
        """Keep a table for as long as what this returns is held.

        Parameters
        ----------
        columns : mapping
            Of Arrow arrays, by name.
        select, order : str
            Our own SQL: what is kept of it, and in which order.
        """
        number = next(self._numbers)
        with self._plain.cursor() as cursor:
            cursor.register(f"given_{number}", pa.table(dict(columns)))
            ordered = f" ORDER BY {order}" if order else ""
            cursor.execute(f"CREATE TABLE kept_{number} AS SELECT {select} FROM given_{number}{ordered}")  # noqa: S608 -- our own names
            cursor.unregister(f"given_{number}")
        return Kept(self, f"kept_{number}")

    def drop(self, name: str) -> None:
        """Let go of a table."""
        with self._plain.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")

    def ask(self, query: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the first row of what a query of ours answers."""
        with self._plain.cursor() as cursor:
            return cursor.execute(query, dict(values)).fetchone() or ()


@cache
def tile_base() -> TileBase:
    """Return the database of this process, opened when first asked for."""
    return TileBase()


def _extension() -> str:
    """Return where the installed package keeps the extension for this version of DuckDB."""
    folder = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}"
    return str(folder / "spatial.duckdb_extension")


def arrow(column: pd.Series) -> pa.Array:
    """Return a column as tiles can carry it: numbers, yes or no, or text; lists become text with commas.

    Examples
    --------
    >>> arrow(pd.Series([["a", "b"], None])).to_pylist(), arrow(pd.Series([1, None], dtype="Int64")).to_pylist()
    (['a,b', None], [1, None])
    """
    if pd.api.types.is_bool_dtype(column):
        return pa.array(column, pa.bool_(), from_pandas=True)
    if pd.api.types.is_integer_dtype(column):
        return pa.array(column, pa.int64(), from_pandas=True)
    if pd.api.types.is_float_dtype(column):
        return pa.array(column, pa.float64(), from_pandas=True)
    return pa.array([_text(value) for value in column], pa.string())


def _text(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return None if pd.isna(value) else str(value)
