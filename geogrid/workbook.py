"""Tables as one XLSX workbook that opens well in Excel and WPS, its text safe from being run as formulas."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geogrid.io import safe_cell
from geogrid.labels import CODED, SHEETS, code_label, column_label
from geogrid.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from geogrid.words import Lang, Text

HEADER_FONT = Font(bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", fgColor="2F5D62")
WIDTHS = (9, 48)
"""Narrowest and widest column, in characters."""
LISTS = {"services": code_label, "roles": code_label, "details": column_label}
"""Columns whose lists hold names of things, and what those are called."""
SHARE_COLUMNS = ("share", "borderline_share")
SHARE_PREFIXES = ("share_", "deviation")
MAX_SHEET_ROWS = 1_048_575
"""Rows below the header that an XLSX sheet can hold."""


def write_workbook(tables: Mapping[str, pd.DataFrame], path: Path, *, lang: Lang, services: Mapping[str, Text]) -> None:
    """Write one sheet per table.

    Parameters
    ----------
    tables : mapping of DataFrame
        By the keys of `labels.SHEETS`; a ``geometry`` column is left out.
    path : Path
        Where to.
    lang : "zh" or "en"
        Language of sheet names, headers and coded values.
    services : mapping
        Names of the services.
    """
    book = Workbook(write_only=True)
    for key, table in tables.items():
        _sheet(book.create_sheet(SHEETS[key].say(lang)), table, lang, services)
    stream = io.BytesIO()
    book.save(stream)  # on a full disk a half-written file would complain when it is thrown away
    path.write_bytes(stream.getvalue())


def _sheet(sheet: WriteOnlyWorksheet, table: pd.DataFrame, lang: Lang, services: Mapping[str, Text]) -> None:
    """Write a header that stays in view, then the rows."""
    columns = [c for c in table.columns if c != "geometry"]
    titles = [column_label(c, lang, services) for c in columns]
    rows = [
        [_shown(c, v, lang, services) for c, v in zip(columns, row, strict=True)]
        for row in table[columns].head(MAX_SHEET_ROWS).itertuples(index=False, name=None)
    ]
    for number, title in enumerate(titles, start=1):
        longest = max([_width(title), *(_width(row[number - 1]) for row in rows[:200])])
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, WIDTHS[0]), WIDTHS[1])
    sheet.freeze_panes = "A2"
    if rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    sheet.append([_header(sheet, title) for title in titles])
    for row in rows:
        sheet.append([_cell(sheet, column, value) for column, value in zip(columns, row, strict=True)])


def _header(sheet: WriteOnlyWorksheet, title: str) -> Any:
    cell = WriteOnlyCell(sheet, value=title)
    cell.font, cell.fill, cell.alignment = HEADER_FONT, HEADER_FILL, Alignment(wrap_text=True, vertical="center")
    return cell


def _shown(column: str, value: Any, lang: Lang, services: Mapping[str, Text]) -> Any:
    """Return a value as a cell shows it: codes by name, lists joined, yes and no in words, text that is never a formula."""
    value = plain(value)
    if column in CODED:
        value = code_label(value, lang, services)
    if isinstance(value, list):
        naming = LISTS.get(column)
        shown = [naming(v, lang, services) if naming else v for v in value]
        value = "、".join(map(str, shown)) if lang == "zh" else ", ".join(map(str, shown))
    if isinstance(value, bool):
        value = {"zh": "是" if value else "否", "en": "yes" if value else "no"}[lang]
    return safe_cell(value)


def _cell(sheet: WriteOnlyWorksheet, column: str, value: Any) -> Any:
    """Give shares a percent format; everything else is its value."""
    if isinstance(value, float) and (column in SHARE_COLUMNS or column.startswith(SHARE_PREFIXES)):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = "0.0%"
        return cell
    return value


def _width(value: object) -> int:
    """Return a text's width in characters, Chinese ones counting twice."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in str(value or ""))  # noqa: PLR2004 - where CJK begins
