"""Which rows of a table those rejected from a newer file were: read from what the file said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.rows.cells import cell_text, read_cells
from geogrid.rows.headers import match_headers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from geogrid.rows.spec import Column, TableSpec

Key = tuple[str, ...]
Row = Mapping[str, Sequence[Any]]
"""The cells of a row under the headers of each column."""


def rejected_keys(rejected: pd.DataFrame, spec: TableSpec, held: Collection[Key]) -> frozenset[Key]:
    """Return which keys of a table rejected rows have, as far as they can be read.

    Parameters
    ----------
    rejected : DataFrame
        As `results.ReadResult.rejected`; what is no row of cells in it is passed over.
    spec : TableSpec
        Of the table.
    held : collection of tuple
        The keys that the table has: its key columns' values as text.

    Examples
    --------
    >>> from geogrid.rows.tables import HOUSEHOLDS
    >>> rejected = pd.DataFrame({"row": ['{"户编号": " H1", "人口": "三"}', '{"户编号": "H2"}', "[1]"]})
    >>> sorted(rejected_keys(rejected, HOUSEHOLDS, {("H1",), ("H3",)}))
    [('H1',)]
    """
    if rejected.empty or not held:
        return frozenset()
    rows = _rows(rejected["row"].drop_duplicates(), spec)
    readings = [_readings(column, rows) for column in spec.key_columns or (spec.id_column,)]
    keys = (next((key for key in product(*texts) if key in held), None) for texts in zip(*readings, strict=True))
    return frozenset(key for key in keys if key is not None)


def _rows(texts: Iterable[Any], spec: TableSpec) -> list[Row]:
    """Return by column the cells of the rows that can be taken apart."""
    headers: dict[Key, Mapping[str, Key]] = {}
    rows: list[Row] = []
    for cells in map(_parsed, texts):
        if isinstance(cells, dict):
            names = tuple(cells)
            if names not in headers:
                headers[names] = match_headers(names, spec).used
            rows.append({column: [cells[name] for name in used] for column, used in headers[names].items()})
    return rows


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _readings(column: Column, rows: Sequence[Row]) -> list[list[str]]:
    """Return what each row may have in a column, the likeliest first: what its file says, or what stands in for it."""
    cells = [_filled(next((row[name] for name in (column.name, *column.fallback) if name in row), ())) for row in rows]
    read = read_cells(pd.Series(cells, dtype=object), column)
    texts = ["" if pd.isna(value) else str(value) for value in read.parsed]
    texts = [str(column.default or "") if blank else text for text, blank in zip(texts, read.blank, strict=True)]
    return [list(filter(None, (text, text.removesuffix(".0") if column.kind == "id" else ""))) for text in texts]


def _filled(cells: Sequence[Any]) -> Any:
    """Return the first of some cells that is not blank."""
    return next((cell for cell in cells if (cell_text(cell) or "").strip()), None)
