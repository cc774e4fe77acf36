"""Workbooks: one sheet as rows of text and numbers, with the sheet's own row numbers."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from geogrid.errors import InputError
from geogrid.files.archive import DAMAGED, checked_members, refuse_doctype
from geogrid.files.csvtable import FORMULA_STARTS, MAX_COLUMNS
from geogrid.files.raw import Fits, RawTable, column_names, empty_file, pick_layer, unreadable
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openpyxl.workbook import Workbook

MAX_CELLS = 60_000_000
HEADER_ROWS = 10
BROKEN_WORKBOOK = (*DAMAGED, KeyError, TypeError, AttributeError, IndexError, InvalidFileException, ParseError)
"""What openpyxl raises for parts that are missing or malformed."""

Row = tuple[int, list[Any]]


def read_xlsx(path: Path, *, name: str, layer: str | None = None, fits: Fits | None = None) -> RawTable:
    """Return the rows of one sheet, indexed by the sheet's row number.

    Parameters
    ----------
    path : a checked path
    name : the file's name, for messages
    layer : sheet to read; needed when several sheets have data and not exactly one fits
    fits : tells from column names whether a sheet is the wanted one

    Raises
    ------
    InputError
        A damaged or hostile workbook, an unclear choice of sheet, or a sheet without data rows.
    """
    refuse_doctype(path, checked_members(path, name=name), name=name)
    try:
        with path.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            header_row, rows = _sheet(book, name=name, layer=layer, fits=fits)
            frame = _frame(header_row, rows)
            book.close()
    except BROKEN_WORKBOOK as error:
        if isinstance(error, InputError):
            raise
        raise unreadable(name, "XLSX") from error
    if frame.empty:
        raise empty_file(name)
    return RawTable(frame, "xlsx")


def _sheet(book: Workbook, *, name: str, layer: str | None, fits: Fits | None) -> tuple[Row, list[Row]]:
    headers = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        header = _header(list(islice(_rows(sheet, name=name), HEADER_ROWS)))
        if header is not None:
            headers[sheet.title] = header
    if not headers:
        raise empty_file(name)
    chosen = pick_layer({title: [str(cell) for cell in row] for title, (_, row) in headers.items()}, layer, fits, name=name)
    return headers[chosen], list(_rows(book[chosen], name=name))


def _header(rows: Sequence[Row]) -> Row | None:
    """Return the first row with more than one cell (a title above the table has one), else the first row."""
    return next((row for row in rows if sum(cell is not None for cell in row[1]) > 1), rows[0] if rows else None)


def _rows(sheet: Any, *, name: str) -> Iterator[Row]:
    """Yield rows that hold anything, with their numbers; the number of cells is capped, since a sheet can claim any."""
    cells = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells += len(values) or 1
        if cells > MAX_CELLS or len(values) > MAX_COLUMNS:
            raise InputError(
                Text(
                    f"{name} 的工作表过大（超过 {MAX_COLUMNS} 列或 {MAX_CELLS} 个单元格）；请删去空白区域或改用 CSV。",
                    f"a sheet of {name} is too large (over {MAX_COLUMNS} columns or {MAX_CELLS} cells); clear it or use CSV.",
                )
            )
        row = [_plain(value) for value in values]
        if any(value is not None for value in row):
            yield number, row


def _plain(value: Any) -> Any:
    """Return a cell as text or number: dates as ISO text, blank text as None, the guard of formula-like text taken back."""
    if isinstance(value, str):
        return _unguarded(value) if value.strip() else None
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return (
        value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value) if isinstance(value, dt.timedelta) else value
    )


def _unguarded(text: str) -> str:
    return text[1:] if text[0] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _frame(header: Row, rows: list[Row]) -> pd.DataFrame:
    used = [place for place, cell in enumerate(header[1]) if cell is not None]
    width = max(used) + 1
    body = [(number, row) for number, row in rows if number > header[0] and any(cell is not None for cell in row[:width])]
    names = column_names(header[1][place] for place in used)
    columns = {key: [row[place] if place < len(row) else None for _, row in body] for key, place in zip(names, used, strict=True)}
    index = pd.Index([number for number, _ in body], dtype="int64", name="source_line")
    return pd.DataFrame({key: pd.Series(values, index=index, dtype=object) for key, values in columns.items()}, index=index)
