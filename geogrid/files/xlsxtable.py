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
from geogrid.files.archive import DAMAGED, checked_members, refuse_hostile_xml
from geogrid.files.csvtable import FORMULA_STARTS
from geogrid.files.raw import (
    MAX_COLUMNS,
    Fits,
    RawTable,
    column_names,
    empty_file,
    header_place,
    passed_over,
    pick_layer,
    show,
    unreadable,
)
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openpyxl.workbook import Workbook

MAX_DATA_ROWS = 200_000
MAX_ROW_NUMBER = 1 << 20
"""The last row that the format has; a sheet can claim any."""

HEADER_ROWS = 20
TOP_ROWS = 500
LARGEST_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number."""

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
    refuse_hostile_xml(path, checked_members(path, name=name), name=name)
    try:
        with path.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            chosen, header_row, notes = _sheet(book, name=name, layer=layer, fits=fits)
            frame = _frame(header_row, list(_rows(chosen, name=name)))
            book.close()
    except BROKEN_WORKBOOK as error:
        if isinstance(error, InputError):
            raise
        raise unreadable(name, "XLSX") from error
    if frame.empty:
        raise empty_file(name)
    return RawTable(frame, "xlsx", notes=notes)


def _sheet(book: Workbook, *, name: str, layer: str | None, fits: Fits | None) -> tuple[Any, Row, tuple[Text, ...]]:
    """Choose a sheet and its header; hidden sheets count only when asked for, or when no other has anything."""
    tops: dict[str, list[Row]] = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        if top := list(islice(_rows(sheet, name=name, last=TOP_ROWS), HEADER_ROWS)):
            tops[sheet.title] = top
    if not tops:
        raise empty_file(name)
    shown = [title for title in tops if book[title].sheet_state == "visible" or title == layer] or list(tops)
    headers = {title: _header(tops[title], fits) for title in shown}
    chosen = pick_layer({title: [str(cell) for cell in row] for title, (_, row) in headers.items()}, layer, fits, name=name)
    header = headers[chosen]
    notes = (passed_over(header[0]),) if header[0] > tops[chosen][0][0] else ()
    hidden = [show(title) for title in tops if title not in shown]
    left_out = Text("隐藏的工作表没有读取：{names}", "hidden sheets are not read: {names}").fill(names=", ".join(hidden))
    return book[chosen], header, (*notes, left_out) if hidden else notes


def _header(rows: Sequence[Row], fits: Fits | None) -> Row:
    return rows[header_place([cells for _, cells in rows], fits)]


def _rows(sheet: Any, *, name: str, last: int | None = None) -> Iterator[Row]:
    """Yield rows that hold anything, with their numbers; how many is capped, since a sheet can claim any."""
    filled = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True, max_row=last), start=1):
        row = [_plain(value) for value in values]
        is_filled = any(value is not None for value in row)
        filled += is_filled
        if filled > MAX_DATA_ROWS or number > MAX_ROW_NUMBER or len(values) > MAX_COLUMNS:
            raise InputError(
                Text(
                    f"{name} 的工作表过大（超过 {MAX_DATA_ROWS} 行或 {MAX_COLUMNS} 列）；请删去空白区域，或另存为 CSV。",
                    f"a sheet of {name} is too large (over {MAX_DATA_ROWS} rows or {MAX_COLUMNS} columns); save it as CSV.",
                )
            )
        if is_filled:
            yield number, row


def _plain(value: Any) -> Any:
    """Return a cell as text or number: dates as ISO text, blank text as None, the guard of formula-like text taken back."""
    if isinstance(value, str):
        return _unguarded(value) if value.strip() else None
    if isinstance(value, int) and abs(value) >= LARGEST_EXACT:
        return float(value)
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
    names = column_names((header[1][place] for place in used), rows=len(body))
    columns = {key: [row[place] if place < len(row) else None for _, row in body] for key, place in zip(names, used, strict=True)}
    index = pd.Index([number for number, _ in body], dtype="int64", name="source_line")
    return pd.DataFrame({key: pd.Series(values, index=index, dtype=object) for key, values in columns.items()}, index=index)
